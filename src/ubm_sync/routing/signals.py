"""What people did about a case, read from its ticket: taken it, answered it, corrected it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from ubm_sync.desk import Dossier
from ubm_sync.disconnection.values import Category
from ubm_sync.ports import Change
from ubm_sync.routing.case import Case

OWNER, STAGE, PRIORITY, TYPE, ACKNOWLEDGED = (
    "owner", "stage", "priority", "ticket_type", "acknowledged_at"
)  # fmt: skip


class Acknowledged(NamedTuple):
    """Who has a case in hand, since when, and how that is known."""

    at: datetime
    by: str  # an e-mail or a name, "" where nobody knows
    how: str


def acknowledged(case: Case, dossier: Dossier, grace: timedelta) -> Acknowledged | None:
    """Return the first sign that somebody has taken the case since it was routed, None without.

    Signs are those of domain C.6: an answer by one of ours, a stage changed by a person, the field
    for it; and somebody who made the ticket their own. A stage moved by the system itself, or a
    receipt it sent, is none.
    """
    if case.routed_at is None:
        return None
    found = [
        *_by_hand(case, dossier),
        *_moved(case, dossier),
        *_took(case, dossier),
        *_answered(case, dossier, grace),
    ]
    return min(found, default=None, key=lambda one: one.at)


def _by_hand(case: Case, dossier: Dossier) -> Iterable[Acknowledged]:
    value = dossier.ticket.values.get(ACKNOWLEDGED, "")
    if value and value != case.filed.get(ACKNOWLEDGED):
        newest = _newest(dossier, ACKNOWLEDGED)
        at = newest.at if newest is not None else dossier.ticket.changed
        if case.turn == 1 or _since(case, at):
            yield Acknowledged(at, newest.by if newest is not None else "", "set it by hand")


def _moved(case: Case, dossier: Dossier) -> Iterable[Acknowledged]:
    changes = dossier.changes.get(STAGE)
    if changes is None:  # nobody can tell who moved it: that it moved must do
        ticket = dossier.ticket
        if ticket.stage_name != case.stage and _since(case, ticket.changed):
            yield Acknowledged(ticket.changed, "", f'moved it to "{ticket.stage_name}"')
        return
    for one in changes:
        if one.is_person and _since(case, one.at):
            yield Acknowledged(one.at, one.by, f'moved it to "{dossier.ticket.stage_name}"')


def _took(case: Case, dossier: Dossier) -> Iterable[Acknowledged]:
    for one in dossier.changes.get(OWNER, ()):
        if one.is_person and _since(case, one.at) and one.value and _same(one.value, one.by):
            yield Acknowledged(one.at, one.by, "made it their own")


def _answered(case: Case, dossier: Dossier, grace: timedelta) -> Iterable[Acknowledged]:
    sent = [one for one in dossier.messages if not one.inbound]
    for one in sent:
        if not one.automatic and _since(case, one.at):
            yield Acknowledged(one.at, one.sender, "answered")
    written = dossier.ticket.written_at
    if not sent and written is not None and written >= _routed(case) + grace:
        yield Acknowledged(written, "", "answered")


def verdict(case: Case, dossier: Dossier) -> Category | None:
    """Return what a person says the ticket is, None where nobody says anything.

    A person's word goes before the reading: what somebody chose as the request type answers the
    question whether it is a disconnection. It says nothing of what was written afterwards.
    """
    for one in dossier.changes.get(TYPE, ()):
        if one.is_person:
            is_about_this = case.turn == 1 or one.at >= case.arrived
            return _category(one.value) if is_about_this else None
    said = dossier.ticket.values.get(TYPE, "")
    if said and said != case.filed.get(TYPE) and TYPE not in dossier.changes:
        return _category(said)
    return None


def chosen_owner(dossier: Dossier) -> str:
    """Return the owner if a person chose that one, or nobody can say that none did; else ""."""
    ticket = dossier.ticket
    if not ticket.owner:
        return ""
    newest = _newest(dossier, OWNER)
    if newest is None:
        return ticket.owner
    return ticket.owner if newest.is_person else ""


def chosen_priority(case: Case, dossier: Dossier, *, ever: bool = False) -> bool:
    """Return whether a person set the priority after this service did, or at any time (``ever``).

    What nobody can say who set counts as a person's then.
    """
    newest = _newest(dossier, PRIORITY)
    if ever:
        return newest is None or newest.is_person
    return PRIORITY in case.filed and newest is not None and newest.is_person


def _category(value: str | None) -> Category | None:
    if not value:
        return None
    try:
        return Category(value)
    except ValueError:  # a billing question, say
        return Category.OTHER


def _newest(dossier: Dossier, name: str) -> Change | None:
    return next(iter(dossier.changes.get(name, ())), None)


def _routed(case: Case) -> datetime:
    assert case.routed_at is not None  # noqa: S101 - asked only of routed ones
    return case.routed_at


def _since(case: Case, at: datetime) -> bool:
    """Return whether something happened after the case was routed, by the desk's own clock."""
    return at > (case.since or _routed(case))


def newest(dossiers: Iterable[Dossier]) -> datetime | None:
    """Return when the last thing happened that tickets tell of."""
    return max(
        (
            at
            for one in dossiers
            for at in (
                one.ticket.changed,
                one.ticket.written_at,
                one.ticket.heard_at,
                *(each.at for each in one.messages),
                *(each.at for some in one.changes.values() for each in some),
            )
            if at is not None
        ),
        default=None,
    )


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()
