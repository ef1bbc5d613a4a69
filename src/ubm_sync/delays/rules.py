"""The settings of the delay rules, as values: what an admin may change in the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from ubm_sync.delays.codes import CODES, Party


class Clock(StrEnum):
    """Whose move it is while a ticket stands in a stage."""

    CLIENT = "client"
    INTERNAL = "internal"
    VENDOR = "vendor"
    SHARED = "shared"  # ours until the client was asked, then the client's
    NOBODY = "nobody"  # the onboarding is over


class StageRule(NamedTuple):
    """One stage of the onboarding: whose move it is, and how many business days it may take.

    ``longest`` None: no limit. In a stage that is ``waiting`` a message of ours is a question.
    """

    clock: Clock
    longest: int | None = None
    waiting: bool = False
    hold: bool = False  # the client asked to pause
    live: bool = False  # the onboarding is done


class CodeRule(NamedTuple):
    """One code: whether it is used, its threshold in business days, who bears it."""

    on: bool
    threshold: int
    party: Party


def _stages() -> Mapping[str, StageRule]:
    return {
        "contract_signed": StageRule(Clock.INTERNAL, 3),
        "kickoff_scheduling": StageRule(Clock.SHARED, 7),
        "kickoff_held": StageRule(Clock.INTERNAL, 1),
        "gathering_documents": StageRule(Clock.SHARED, 15),
        "waiting_on_customer": StageRule(Clock.CLIENT, waiting=True),
        "account_setup": StageRule(Clock.INTERNAL, 15),
        "data_services_enrolment": StageRule(Clock.INTERNAL, 10),
        "waiting_on_utility": StageRule(Clock.VENDOR),
        "first_bills": StageRule(Clock.SHARED, 25),
        "live": StageRule(Clock.NOBODY, live=True),
        "on_hold": StageRule(Clock.CLIENT, hold=True),
        "cancelled": StageRule(Clock.NOBODY),
    }


def _codes() -> Mapping[str, CodeRule]:
    return {key: CodeRule(True, one.threshold, one.party) for key, one in CODES.items()}


@dataclass(frozen=True, slots=True)
class DelayRules:
    """All settings.

    ``review_days``: business days in which we look at a document before the delay is ours.
    ``bill_days``: days after the last statement (or the enrolment) in which a bill is normal.
    ``scope_share``: how far the scope may grow before it counts. ``day_ends``: the local hour at
    which a business day is over. ``goal_days``: the portfolio's goal. ``pause_days``: how long
    before a ticket is put on hold (or taken up again) the client may have asked for it.
    ``mail_minutes``: how far a request and the mail that carries it may lie apart.
    """

    stages: Mapping[str, StageRule] = field(default_factory=_stages)
    codes: Mapping[str, CodeRule] = field(default_factory=_codes)
    review_days: int = 2
    bill_days: int = 35
    scope_share: float = 0.05
    day_ends: int = 17
    deduct_concurrent: bool = False
    goal_days: int = 90
    pause_days: int = 7
    mail_minutes: int = 60
