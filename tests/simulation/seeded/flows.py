"""Bugs of the new-location procedure and of its calendar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from tests.simulation.seeded.mutation import Mutation, acts, errand
from tests.simulation.seeded.patching import around, instead

from ubm_sync.locations import duplicates, procedure, signals, vanishing
from ubm_sync.locations.case import Case
from ubm_sync.locations.states import ACCOUNT, ENROLMENT_PLACE


def _every_time(step: Callable[..., bool], self: Case, name: str, at: Any = None) -> bool:
    self.memory.pop(name, None)
    return step(self, name, at)


def _without_approval(present: Callable[..., set[str]], case: Case) -> set[str]:
    found = present(case)
    if "valid_at" in case.memory and ACCOUNT not in case.situation.observed:
        found.add(ACCOUNT)
    return found


def _enrolment_first(present: Callable[..., set[str]], case: Case) -> set[str]:
    found = present(case)
    if "valid_at" in case.memory and ENROLMENT_PLACE not in case.situation.observed:
        found.add(ENROLMENT_PLACE)
    return found


def _closes(read: Callable[..., None], case: Case) -> None:
    read(case)
    if case.situation.vanished:
        case.memory["vanished_answer"] = "close"


def _utc(instant: datetime, _zone: str) -> datetime:
    return instant.astimezone(UTC)


step_happens_again = around(Case, "step", _every_time)
account_without_approval = around(procedure, "_present", _without_approval)
enrolment_without_account = around(procedure, "_present", _enrolment_first)
absence_closes = around(vanishing, "read", _closes)
withdrawal_ignored = instead(signals, "_take_back", lambda _case: None)
duplicates_not_seen = instead(duplicates, "winner", lambda _case: None)
time_zone_slips = instead(import_module("ubm_sync.calendars.local"), "local", _utc)

FLOWS: tuple[Mutation, ...] = (
    Mutation("a step happens again", "the approval moves with each cycle", step_happens_again),
    Mutation(
        "an account without approval",
        "accounts exist that nobody approved",
        account_without_approval,
    ),
    Mutation(
        "enrolment before the account",
        "Data Services are asked about nothing",
        enrolment_without_account,
    ),
    Mutation(
        "absence closes", "a deleted row closes its account", absence_closes, acts("delete_row")
    ),
    Mutation(
        "a withdrawal is ignored",
        "what was approved and withdrawn is set up all the same",
        withdrawal_ignored,
        errand("an approval is withdrawn before anything came of it"),
    ),
    Mutation(
        "duplicates are not seen",
        "the same account is set up twice",
        duplicates_not_seen,
        acts("add_again", "copy_row"),
    ),
    Mutation("a time zone slips", "people read a wrong hour or day", time_zone_slips),
)
