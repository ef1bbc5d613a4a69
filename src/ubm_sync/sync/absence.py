"""Rows that a system does not show any more: a question to a person, never a deletion.

Three things must agree before anybody is asked: a full listing that misses the row, another one at
least the quiet time later, and the system's own word about this very row, from a container that is
readable at that moment. Whenever the row is shown again, whoever was asked need not answer, and
everything begins anew. Where a great many rows of one container go at once there is one question
for all of them, as a problem of the container.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from ubm_sync.errors import SyncError
from ubm_sync.model import Customer, Observation, Problem
from ubm_sync.ports import Connector, ProvesAbsence
from ubm_sync.state import State, Tx
from ubm_sync.state.observations import Absent
from ubm_sync.sync import notebook as book

log = structlog.get_logger(__name__)

AGREEING_LISTINGS = 2  # full listings that must agree before a vanished record is asked about
FEW = 2  # rows that are always asked about one by one, however small their sheet
CODE = "rows_vanished"


@dataclass(frozen=True, slots=True)
class Patience:
    """When a missing row becomes a question, and when many of them become one question.

    ``quiet`` is the time between the first listing without the row and the question. More than
    ``many`` rows of a container at once, or more than the ``share`` of its rows, are asked about
    together.
    """

    quiet: timedelta = timedelta(minutes=10)
    many: int = 10
    share: float = 0.2


class Absence:
    """Follows the rows of the intake that are missing, by what the state remembers of them."""

    def __init__(
        self,
        state: State,
        places: Mapping[str, str],
        by_container: Mapping[str, Customer],
        patience: Patience,
    ) -> None:
        self._state = state
        self._places = places  # places whose records may vanish -> system
        self._by_container = by_container
        self._patience = patience

    def look(
        self,
        connector: Connector,
        listed: Mapping[tuple[str, str], Collection[str]],
        complete: Collection[str],
        now: datetime,
    ) -> int:
        """Take in what full listings of ``complete`` containers did not show; ask what is certain.

        ``listed`` are the refs that were shown, by place and container. Returns how many rows
        became a question. One statement where nothing is missing.
        """
        asked = 0
        for place, system in self._places.items():
            if system != connector.name:
                continue
            with self._state.transaction() as tx:
                for container in complete:
                    shown = set(listed.get((place, container), ()))
                    missing = tx.observations.refs_in(place, container) - shown
                    tx.observations.missing(place, sorted(missing), now)
                absent = tx.observations.absent(place)
            if absent and isinstance(connector, ProvesAbsence):
                asked += self._follow(connector, place, absent, complete, now)
        return asked

    def returned(self, tx: Tx, place: str, shown: Iterable[Observation], now: datetime) -> None:
        """Take back the questions about rows that are shown again."""
        absent = tx.observations.absent(place)
        back = [absent[one.ref] for one in shown if one.ref in absent and not one.gone]
        if not back:
            return
        tx.observations.seen(place, [one.ref for one in back])
        forget(tx, place, [one.sync_id for one in back if one.asked_at is not None])
        for container in sorted({one.container for one in back}):
            self._sum_up(tx, place, container, now)

    def _follow(
        self,
        connector: ProvesAbsence,
        place: str,
        absent: Mapping[str, Absent],
        complete: Collection[str],
        now: datetime,
    ) -> int:
        """Ask about what is missing long enough; have the rest listed again in time."""
        due: dict[str, list[Absent]] = {}
        for one in absent.values():
            if one.asked_at is None and now - one.since >= self._patience.quiet:
                due.setdefault(one.container, []).append(one)
        asked = 0
        for container, rows in sorted(due.items()):
            if container not in complete:
                connector.list_again(place, container)
                continue
            ripe = [one for one in rows if one.listings >= AGREEING_LISTINGS]
            asked += self._prove(connector, place, container, ripe, now) if ripe else 0
        with self._state.transaction() as tx:  # people answer on the tickets meanwhile
            known = {one.scope for one in tx.problems.list()}
            for container in sorted({one.container for one in absent.values()}):
                if _scope(place, container) in known:
                    self._sum_up(tx, place, container, now)
        return asked

    def _prove(
        self,
        connector: ProvesAbsence,
        place: str,
        container: str,
        ripe: Sequence[Absent],
        now: datetime,
    ) -> int:
        refs = [one.ref for one in ripe]
        try:
            proven = connector.absent(place, container, refs)
        except SyncError as error:
            log.warning("missing rows not read again", container=container, error=str(error))
            return 0
        if proven is None:
            return 0  # nothing can be told now; they are listed and read again
        with self._state.transaction() as tx:
            tx.observations.seen(place, sorted(set(refs) - proven))
            gone = [one for one in ripe if one.ref in proven]
            if gone:
                self._question(tx, place, container, gone, now)
        return len(gone)

    def _question(
        self, tx: Tx, place: str, container: str, gone: Sequence[Absent], now: datetime
    ) -> None:
        tx.observations.asked(place, [one.ref for one in gone], now)
        known = len(tx.observations.refs_in(place, container))
        together = any(one.scope == _scope(place, container) for one in tx.problems.list())
        kind = book.MANY if together or self._is_many(len(gone), known) else book.ALONE
        records = tx.records.load([one.sync_id for one in gone])
        for one in gone:
            record = records.get(one.sync_id)
            if record is not None:
                entry = book.packed(kind, str(one.listings), one.since.isoformat(), "")
                record.memory = {**record.memory, book.VANISHED + place: entry}
                record.dirty = True
        tx.records.save(records.values())
        self._sum_up(tx, place, container, now)
        log.info("rows vanished", container=container, rows=len(gone), asked=kind)

    def _is_many(self, gone: int, known: int) -> bool:
        patience = self._patience
        return gone > patience.many or gone > max(FEW, patience.share * known)

    def _sum_up(self, tx: Tx, place: str, container: str, now: datetime) -> None:
        """Say how many rows that vanished together are still a question."""
        absent = [
            one
            for one in tx.observations.absent(place).values()
            if one.container == container and one.asked_at is not None
        ]
        records = tx.records.load([one.sync_id for one in absent])
        where = book.VANISHED + place
        entries = [book.unpacked(one.memory.get(where, ""), 4) for one in records.values()]
        left = sum(kind == book.MANY and not answer for kind, _, _, answer in entries)
        customer = self._by_container.get(container)
        name = (customer.name or customer.key) if customer is not None else container
        text = (
            f"{left} rows of {name} vanished from their sheet together. Nothing was closed. If "
            'they are needed, restore them there; if not, set "Row decision" on their tickets, all '
            "at once from a list."
        )
        scope = _scope(place, container)
        found = [Problem(scope, CODE, text)] if left else []
        fresh, cleared = tx.problems.replace({scope}, found, now)
        if (fresh or cleared) and customer is not None:
            tx.records.mark_dirty([f"onboarding-{customer.key}"])


def forget(tx: Tx, place: str, sync_ids: Sequence[str]) -> None:
    """Forget that these records vanished from a place: what they had there is there again."""
    if not sync_ids:
        return
    records = tx.records.load(sync_ids)
    where = book.VANISHED + place
    for record in records.values():
        record.memory = {key: value for key, value in record.memory.items() if key != where}
        record.dirty = True
    tx.records.save(records.values())


def _scope(place: str, container: str) -> str:
    return f"{place}/{container}/@vanished"
