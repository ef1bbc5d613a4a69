"""Carries out what people approved in a first connect: existing records become one.

A row was bound to its record when it was read; the ticket and the account that a person said are
the same are read again now and bound to that record too, before it is planned for the first time.
What differs between them is then the merge's ordinary first meeting. Nothing is written here: the
plan that follows gives them their identity.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from ubm_sync.errors import SyncError
from ubm_sync.existing import Adopts, ShowsUnlinked
from ubm_sync.flow import Flow
from ubm_sync.model import Observation, record_key
from ubm_sync.ports import Connector
from ubm_sync.state import Entry, Pair, State, Tx
from ubm_sync.sync.attaching import meet_all
from ubm_sync.sync.noticed import Mask, without_secrets
from ubm_sync.sync.rules import Rules

log = structlog.get_logger(__name__)

KIND = "location"
GONE = "it is not there any more"
TAKEN = "it belongs to another record already"
OCCUPIED = "the row has another one already"


class Linking:
    """Binds approved tickets and accounts to the records of their rows."""

    def __init__(
        self,
        state: State,
        connectors: Mapping[str, Connector],
        rules: Mapping[str, Rules],
        flows: Mapping[str, Flow],
        mask: Mask,
    ) -> None:
        self._state = state
        self._connectors = connectors
        self._rules = rules[KIND]
        self._flow = flows[KIND]
        self._mask = mask

    def link(self, customers: Collection[str], now: datetime) -> tuple[frozenset[str], list[str]]:
        """Return the customers that must wait, because theirs could not be read, and why.

        To plan their records now would create again what exists.
        """
        with self._state.reading() as tx:
            waiting = tx.matches.waiting(customers) if customers else []
            known = tx.observations.known(self._rules.main, [one.row_ref for one in waiting])
        by_place: defaultdict[str, list[Pair]] = defaultdict(list)
        for one in waiting:
            if one.row_ref in known:  # else its row was not read yet, or is gone: nothing to bind
                by_place[one.place].append(one)
        held: set[str] = set()
        problems: list[str] = []
        found: dict[tuple[str, str], Observation] = {}
        for place, pairs in by_place.items():
            system = self._rules.places[place].system
            try:
                found.update(self._read(place, system, [one.ref for one in pairs]))
            except SyncError as error:
                held |= {one.customer for one in pairs}
                problems.append(f"{system}: what was matched could not be read. {error}")
        due = [one for pairs in by_place.values() for one in pairs if one.customer not in held]
        if due:
            with self._state.transaction() as tx:
                self._bind(tx, due, {ref: entry[0] for ref, entry in known.items()}, found, now)
        return frozenset(held), problems

    def _read(
        self, place: str, system: str, refs: Sequence[str]
    ) -> dict[tuple[str, str], Observation]:
        connector = self._connectors[system]
        if not isinstance(connector, ShowsUnlinked):
            return {}
        pages = connector.unlinked_again(place, refs)
        seen = (without_secrets(one, self._mask) for page in pages for one in page.observations)
        return {(place, one.ref): one for one in seen}

    def _bind(
        self,
        tx: Tx,
        pairs: Sequence[Pair],
        records: Mapping[str, str],
        found: Mapping[tuple[str, str], Observation],
        now: datetime,
    ) -> None:
        ids = [records[one.row_ref] for one in pairs]
        there = tx.observations.load(ids)
        bound: list[tuple[str, Observation]] = []
        done: list[Pair] = []
        for one in pairs:
            sync_id = records[one.row_ref]
            seen = found.get((one.place, one.ref))
            key = record_key(sync_id, self._rules.places[one.place].suffix)
            before = there.get(sync_id, {}).get(one.place)
            reason = _obstacle(seen, key, before)
            if reason or seen is None:
                tx.matches.void([one.id], reason or GONE)
                log.warning("match not carried out", match=one.id, why=reason)
                continue
            if before is None:
                there.setdefault(sync_id, {})[one.place] = seen
                bound.append((sync_id, seen))
            done.append(one)
        tx.observations.save(bound)
        self._meet(tx, {sync_id for sync_id, _ in bound}, there, bound)
        tx.matches.linked([one.id for one in done], now)
        tx.audit.append(
            [
                Entry(now, "", one.decided_by, "linked", records[one.row_ref], _told(one))
                for one in done
            ]
        )

    def _meet(
        self,
        tx: Tx,
        ids: Collection[str],
        there: Mapping[str, Mapping[str, Observation]],
        bound: Sequence[tuple[str, Observation]],
    ) -> None:
        records = tx.records.load(ids)
        if isinstance(self._flow, Adopts):
            for sync_id, seen in bound:
                if (record := records.get(sync_id)) is not None:
                    record.memory = self._flow.adopted(record.memory, seen)
        for sync_id, record in records.items():
            live = {place: one for place, one in there[sync_id].items() if not one.gone}
            accepted = self._flow.accepted(record.memory)
            record.base, record.memory = meet_all(
                self._rules, live, record.base, record.memory, accepted=accepted
            )
            record.dirty = True
        tx.records.save(records.values())


def _obstacle(seen: Observation | None, key: str, before: Observation | None) -> str:
    """Return why a pair cannot be carried out, "" where it can."""
    if seen is None or seen.gone:
        return GONE
    if seen.key is not None and seen.key != key:
        return TAKEN
    return OCCUPIED if before is not None and before.ref != seen.ref else ""


def _told(one: Pair) -> dict[str, object]:
    plain = replace(one, row_values={}, other_values={})
    return {
        "match": plain.id,
        "row": plain.row_name or plain.row_ref,
        plain.place: plain.name or plain.ref,
        "score": plain.score,
        "reasons": list(plain.reasons),
    }
