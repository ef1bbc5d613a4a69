"""Which other records concern the same account, and which of them it belongs to."""

from __future__ import annotations

from ubm_sync.flow import Rival
from ubm_sync.locations.case import Case
from ubm_sync.locations.states import (
    CLOSED,
    CLOSING,
    DUPLICATE,
    NOT_ACCEPTED,
    is_request_label,
)

_OUT = frozenset({CLOSED, NOT_ACCEPTED, DUPLICATE})  # these hold no account


def winner(case: Case) -> Rival | None:
    """Return the record this one is a duplicate of, None where the account is its own.

    An accepted record wins; among the others the one that was there first. A closed account may
    be opened again by a new row.
    """
    situation = case.situation
    mine = (situation.created_at, situation.sync_id)
    best: Rival | None = None
    for rival in situation.rivals:
        if rival.customer != case.customer.key or is_request_label(rival.label):
            continue
        if rival.status in _OUT or rival.sync_id == situation.sync_id:
            continue
        if not rival.accepted and (rival.created_at, rival.sync_id) >= mine:
            continue
        if best is None or _rank(rival) < _rank(best):
            best = rival
    return best


def later(case: Case) -> Rival | None:
    """Return a row of the same account that was typed after this one, None where there is none."""
    mine = (case.situation.created_at, case.situation.sync_id)
    for rival in case.situation.rivals:
        same = rival.customer == case.customer.key and not is_request_label(rival.label)
        if same and not rival.accepted and (rival.created_at, rival.sync_id) > mine:
            return rival
    return None


def target(case: Case) -> Rival | None:
    """Return the open account that a close or change request is about."""
    for rival in case.situation.rivals:
        if (
            rival.accepted
            and rival.customer == case.customer.key
            and rival.status != CLOSED
            and not is_request_label(rival.label)
        ):
            return rival
    return None


def former(case: Case) -> Rival | None:
    """Return the row whose closed account this is once more, the newest one; None where none is."""
    closed = [
        rival
        for rival in case.situation.rivals
        if rival.status == CLOSED
        and rival.accepted
        and rival.customer == case.customer.key
        and not is_request_label(rival.label)
    ]
    return max(closed, key=lambda one: (one.created_at, one.sync_id), default=None)


def closer(case: Case) -> Rival | None:
    """Return the agreed close request about this account, None where there is none."""
    for rival in case.situation.rivals:
        if rival.customer != case.customer.key or not is_request_label(rival.label, "close"):
            continue
        later = rival.created_at > case.situation.created_at
        known = case.memory.get("closed_by") == rival.sync_id
        if rival.status == CLOSING or (rival.status == CLOSED and (known or later)):
            return rival
    return None


def foreign(case: Case) -> bool:
    """Return whether another customer has the same account."""
    return any(rival.customer != case.customer.key for rival in case.situation.rivals)


def _rank(rival: Rival) -> tuple[bool, object, str]:
    return (not rival.accepted, rival.created_at, rival.sync_id)
