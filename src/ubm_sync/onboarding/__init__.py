"""The onboarding of a customer: one ticket that carries the counts of its rows."""

from ubm_sync.onboarding.flow import OnboardingFlow, OnboardingRules

__all__ = ["OnboardingFlow", "OnboardingRules"]
