"""Writes that came too late: their records are read again, outside of any transaction.

Neither vendor can compare and set, so a connector looks before it writes over what people set too,
and refuses what was decided on values that are not there any more. What is there is read at once
and planned anew in the same cycle; a record that nobody can tell about waits as refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from ubm_sync.errors import SyncError
from ubm_sync.model import Observation, Outcome, Write
from ubm_sync.ports import Connector
from ubm_sync.state import State
from ubm_sync.sync import notebook as book
from ubm_sync.sync.ingest import Ingest, Seen
from ubm_sync.sync.rules import Rules
from ubm_sync.sync.settle import refusal

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Late:
    """One write that came too late, and what its system said."""

    sync_id: str
    write: Write
    outcome: Outcome

    @property
    def ref(self) -> str:
        """The record that is read again: a create may have met one."""
        return self.write.ref or self.outcome.ref or ""


class Asking:
    """Asks the systems about the records of refused writes."""

    def __init__(
        self,
        state: State,
        rules: Rules,
        connectors: Mapping[str, Connector],
        ingest: Ingest,
    ) -> None:
        self._state = state
        self._rules = rules
        self._connectors = connectors
        self._ingest = ingest

    def ask(self, late: Sequence[Late], now: datetime) -> set[str]:
        """Read these records again; return the ids of those that were answered."""
        answered: set[str] = set()
        for place in dict.fromkeys(one.write.place for one in late):
            here = {one.ref: one for one in late if one.write.place == place}
            system = self._rules.places[place].system
            try:
                found = self._fetch(self._connectors[system], place, here, now)
            except SyncError as error:  # they are asked again in the next cycle
                log.warning("records not read again", system=system, error=str(error))
                continue
            answered |= {here[ref].sync_id for ref in here.keys() & found}
            self._unknown([one for ref, one in here.items() if ref not in found])
        return answered

    def _fetch(
        self, connector: Connector, place: str, late: Mapping[str, Late], now: datetime
    ) -> set[str]:
        found: set[str] = set()
        for page in connector.fetch(place, sorted(late)):
            seen = tuple(_identified(one, late.get(one.ref)) for one in page.observations)
            self._ingest.take(replace(page, observations=seen), connector, now, Seen(), again=True)
            found |= {one.ref for one in seen if _is_meant(one, late.get(one.ref))}
        return found

    def _unknown(self, late: Sequence[Late]) -> None:
        """Remember writes to records that their system does not show: they are not sent again.

        People delete rows and tickets; that is no failure an admin could mend. The flow tells who
        is concerned. Once such a record is shown again, it is due whatever it shows: without a
        version it counts as changed.
        """
        if not late:
            return
        with self._state.transaction() as tx:
            records = tx.records.load([one.sync_id for one in late])
            for one in late:
                place, reason = one.write.place, one.outcome.reason
                record = records[one.sync_id]
                entry = {book.REFUSED + place: refusal(replace(one.write, expected=""), reason)}
                record.memory = {**record.memory, **entry}
            tx.records.save(records.values())
            seen = tx.observations.load(list(records))
            lost = [(one.sync_id, seen[one.sync_id].get(one.write.place)) for one in late]
            tx.observations.save(
                [(sync_id, replace(there, version="")) for sync_id, there in lost if there]
            )


def _identified(seen: Observation, late: Late | None) -> Observation:
    """Return what a create met, with the identity that it holds.

    What was merged away does not show it any more; that it holds it is why the create was refused.
    """
    if late is None or late.write.ref is not None or seen.key is not None or not seen.gone:
        return seen
    return replace(seen, key=late.write.key)


def _is_meant(seen: Observation, late: Late | None) -> bool:
    """Return whether this answers a late write: what a create met must be its own record."""
    return late is None or late.write.ref is not None or seen.key == late.write.key
