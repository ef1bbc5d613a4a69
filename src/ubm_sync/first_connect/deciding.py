"""What people decide about matches: in bulk above a score, one by one, and that work may begin.

Each decision is kept with name and time, and stands in the audit log. Where two pairs exclude each
other, accepting one rejects the other, and says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from ubm_sync.errors import PersonNeeded, Refused
from ubm_sync.model import Customer
from ubm_sync.state import Entry, Pair, Tx
from ubm_sync.state.matches import ACCEPTED, REJECTED

_BECAUSE = "because #{} was accepted"


class Approved(NamedTuple):
    """What an approval in bulk accepted, and what it left because no earlier look had shown it."""

    accepted: list[Pair]
    left: list[Pair]


def approve_above(
    tx: Tx,
    customer: str,
    score: float,
    by: str,
    now: datetime,
    shown: Container[int] | None = None,
) -> Approved:
    """Accept every undecided pair of at least this score that has no rival.

    Where a row, or what it may be, stands in several open pairs, a person has to choose. ``shown``
    are the numbers of the pairs that a person may have seen as they are now: others are left, for
    what nobody saw nobody approved. None: all of them.
    """
    pending = [one for one in tx.matches.of([customer]) if one.is_open]
    rows = Counter((one.place, one.row_ref) for one in pending)
    others = Counter((one.place, one.ref) for one in pending)
    chosen = [
        one
        for one in pending
        if one.score >= score
        and rows[one.place, one.row_ref] == 1
        and others[one.place, one.ref] == 1
    ]
    seen = [one for one in chosen if shown is None or one.id in shown]
    why = f"all of at least {score:g}"
    tx.matches.decide([one.id for one in seen], ACCEPTED, by, now, why)
    _log(tx, "match accepted", seen, by, now, why)
    return Approved(seen, [one for one in chosen if shown is not None and one.id not in shown])


def accept(tx: Tx, ids: Sequence[int], by: str, now: datetime) -> list[Pair]:
    """Accept pairs by their numbers; open ones that exclude them are rejected.

    Raises Refused, and decides nothing, for an unknown number, and for a pair whose row or partner
    was accepted in another pair.
    """
    chosen = _known(tx, ids)
    taken: dict[tuple[str, str, str, str], Pair] = {}
    for one in chosen:
        for side in _sides(one):
            if (other := taken.setdefault(side, one)) is not one:
                raise Refused(_excluded(one, other))
    every = tx.matches.of({one.customer for one in chosen})
    for other in every:
        for side in _sides(other):
            mine = taken.get(side)
            stands = other.decision == ACCEPTED and not other.void
            if mine is not None and mine.id != other.id and stands:
                raise Refused(_excluded(mine, other))
    tx.matches.decide([one.id for one in chosen], ACCEPTED, by, now)
    _log(tx, "match accepted", chosen, by, now, "")
    for one in chosen:
        sides = set(_sides(one))
        out = [o for o in every if o.is_open and o.id != one.id and sides & set(_sides(o))]
        why = _BECAUSE.format(one.id)
        tx.matches.decide([other.id for other in out], REJECTED, by, now, why)
        _log(tx, "match rejected", out, by, now, why)
    return chosen


def reject(tx: Tx, ids: Sequence[int], by: str, now: datetime) -> list[Pair]:
    """Reject pairs by their numbers; what had to give way to one of them is open again.

    Raises Refused, and decides nothing, for an unknown number and for a pair that was linked.
    """
    chosen = _known(tx, ids)
    for one in chosen:
        if one.linked_at is not None:
            raise Refused(
                f"#{one.id} was linked already, so it cannot be rejected any more: both carry one "
                "identity. Nothing was decided."
            )
    again = {_BECAUSE.format(one.id) for one in chosen if one.decision == ACCEPTED}
    every = tx.matches.of({one.customer for one in chosen})
    tx.matches.decide([one.id for one in chosen], REJECTED, by, now)
    _log(tx, "match rejected", chosen, by, now, "")
    back = [one for one in every if one.decision == REJECTED and one.why in again]
    tx.matches.reopen([one.id for one in back])
    return chosen


def begin(tx: Tx, customer: Customer, by: str, now: datetime) -> None:
    """Let the work on a customer begin; raises PersonNeeded while pairs are undecided."""
    waiting = [one for one in tx.matches.of([customer.key]) if one.is_open]
    if waiting:
        first, one = f"#{waiting[0].id}", len(waiting) == 1
        raise PersonNeeded(
            f"A match of {customer.name} waits for a decision ({first}); accept or reject it first."
            f" Nothing is written for {customer.key} until then."
            if one
            else f"{len(waiting)} matches of {customer.name} wait for a decision (the first is "
            f"{first}); accept or reject them first. Nothing is written for {customer.key} until "
            "then."
        )
    tx.matches.begin(customer.key, by, now)
    tx.audit.append([Entry(now, "", by, "first connect begun", "", {"customer": customer.key})])


def _sides(one: Pair) -> tuple[tuple[str, str, str, str], tuple[str, str, str, str]]:
    """Return what a pair takes: a row and something else, once each in its place."""
    return (one.customer, one.place, "row", one.row_ref), (one.customer, one.place, "", one.ref)


def _excluded(one: Pair, other: Pair) -> str:
    return (
        f"#{one.id} and #{other.id} exclude each other ({other.row_name} is {other.place} "
        f"{other.name} in the other one); reject #{other.id} first. Nothing was decided."
    )


def _known(tx: Tx, ids: Sequence[int]) -> list[Pair]:
    found = {one.id: one for one in tx.matches.get(ids)}
    missing = ", ".join(f"#{one}" for one in ids if one not in found)
    if missing:
        raise Refused(
            f"There is no match {missing}, so nothing was decided; see ubm-sync match --all."
        )
    return [found[one] for one in dict.fromkeys(ids)]


def _log(tx: Tx, action: str, pairs: Iterable[Pair], by: str, now: datetime, why: str) -> None:
    tx.audit.append(
        [
            Entry(
                now,
                "",
                by,
                action,
                "",
                {
                    "customer": one.customer,
                    "match": one.id,
                    "row": one.row_name,
                    one.place: one.name,
                    "score": one.score,
                    **({"why": why} if why else {}),
                },
            )
            for one in pairs
        ]
    )
