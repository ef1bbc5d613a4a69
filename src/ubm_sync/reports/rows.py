"""What customers were shown about their rows, as facts: from the service's own record of writes.

A row was shown to need information when that was written into it; it was right again when another
status was. What a sheet says of itself proves nothing, what was written and answered does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from ubm_sync.evidence import Evidence, Kind, Side
from ubm_sync.model import split_key
from ubm_sync.ports import Asked, Hearing, Testimony
from ubm_sync.reports.told import Written, writes_of
from ubm_sync.state import State, Told

SYSTEM = "ubm-sync"
WRONG = "Needs information"
OURS = "Problem on our side"
_LONGEST = 500  # characters of the message that are kept
_FACTS = 10_000  # about as many are told at once, and no more are in memory


class Shown(NamedTuple):
    """Where a row's status and its message are written: the place and its two fields."""

    place: str = "row"
    status: str = "sync_status"
    message: str = "sync_message"


class RowFact(NamedTuple):
    """A fact of one record."""

    sync_id: str
    fact: Evidence


def row_facts(told: Told, shown: Shown) -> Iterator[RowFact]:
    """Yield what one intent showed in rows; only what is known to have arrived. Pure."""
    writes = told.body if isinstance(told.body, dict) else {}
    for name in sorted({*writes.get("updates", ()), *writes.get("creates", ())}):
        place, _, key = name.partition(" ")
        if place != shown.place:
            continue
        here = {name: place}
        for one in writes_of([told], here, shown.status):
            if one.landed and one.after is not None and one.after != one.before:
                text = next((each.after for each in writes_of([told], here, shown.message)), None)
                sync_id, _ = split_key(key)
                yield from (RowFact(sync_id, each) for each in _facts(sync_id, one, text, shown))


def _facts(sync_id: str, one: Written, text: str | None, shown: Shown) -> Iterator[Evidence]:
    said = {"text": (text or "")[:_LONGEST], "entry": str(one.intent)}
    yield _fact(sync_id, Kind.ROW, one.at, one.after or "", shown, **said)
    if one.after == OURS:
        yield _fact(sync_id, Kind.ERROR, one.at, "open", shown, **said)
    elif one.before == OURS:
        yield _fact(sync_id, Kind.ERROR, one.at, "fixed", shown, **said)


def _fact(
    sync_id: str, kind: Kind, at: datetime, value: str, shown: Shown, **said: str
) -> Evidence:
    details = {name: text for name, text in said.items() if text}
    record = f"records/{sync_id}"
    side = Side.US if value == WRONG else Side.UNKNOWN
    return Evidence(
        kind, at, sync_id, value, SYSTEM, record, shown.status, SYSTEM, side, details=details
    )


class RowWitness:
    """Tells of customers' rows; see ``ubm_sync.ports.Witness``. The mark is an intent's number."""

    name = SYSTEM

    def __init__(self, state: State, shown: Shown | None = None) -> None:
        self._state = state
        self._shown = shown or Shown()

    def testify(self, asked: Sequence[Asked], mark: str | None) -> Iterator[Hearing]:
        """Yield what was shown in the rows of these customers since ``mark``.

        What is not answered yet is told when it is. Of an onboarding that was never told of before
        all rows are told.
        """
        tickets = {one.customer: one.ticket for one in asked}
        after = int(mark or 0)
        intents = self._answered(after, [one.customer for one in asked if not one.known])
        told: set[str] = set()
        for rows in self._look(intents):
            part = self._by_ticket(rows, tickets)
            told |= part.keys()
            if part:
                yield Hearing(_testimonies(part))
        quiet: dict[str, list[Evidence]] = {
            one.ticket: [] for one in asked if not one.known and one.ticket not in told
        }
        last = max([*intents, after])
        gone = self._by_ticket(self._gone(), tickets)
        yield Hearing(_testimonies(quiet | gone), mark=str(last))

    def _answered(self, after: int, new: Sequence[str]) -> list[int]:
        """Return the intents to look at, up to the first one that nobody answered yet."""
        with self._state.reading() as tx:
            waiting = min((one.id for one in tx.journal.open_intents()), default=None)
            found = set(tx.journal.later(after))
            if new and after:
                found.update(tx.journal.later(0, tx.records.of(new)))
        return sorted(one for one in found if waiting is None or one < waiting)

    def _look(self, intents: Iterable[int]) -> Iterator[list[RowFact]]:
        """Yield what these intents showed: one of a first sync tells of thousands of records."""
        rows: list[RowFact] = []
        for one in intents:
            with self._state.reading() as tx:
                rows += row_facts(tx.journal.told(one), self._shown)
            if len(rows) >= _FACTS:
                yield rows
                rows = []
        yield rows

    def _gone(self) -> list[RowFact]:
        """Return that rows are not in their sheets any more: nobody waits for them to be right."""
        with self._state.reading() as tx:
            absent = tx.observations.absent(self._shown.place).values()
        return [
            RowFact(one.sync_id, _fact(one.sync_id, Kind.ROW, one.since, "gone", self._shown))
            for one in absent
        ]

    def _by_ticket(
        self, rows: Sequence[RowFact], tickets: Mapping[str, str]
    ) -> dict[str, list[Evidence]]:
        found: dict[str, list[Evidence]] = {}
        with self._state.reading() as tx:
            customers = tx.records.customers(one.sync_id for one in rows)
        for one in rows:
            ticket = tickets.get(customers.get(one.sync_id, ""))
            if ticket is not None:
                found.setdefault(ticket, []).append(one.fact)
        return found


def _testimonies(facts: Mapping[str, Sequence[Evidence]]) -> tuple[Testimony, ...]:
    return tuple(Testimony(ticket, "told", tuple(some)) for ticket, some in facts.items())
