"""The onboarding of a customer: one ticket that carries the counts of its rows."""

from ubm_sync.onboarding.flow import NEEDS, OnboardingFlow, OnboardingRules

__all__ = ["NEEDS", "OnboardingFlow", "OnboardingRules"]
