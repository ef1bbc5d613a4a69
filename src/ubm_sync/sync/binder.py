"""Which record a newly seen row is: a new one, a moved one, or a copy of another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from ubm_sync.model import Customer, Observation
from ubm_sync.state import Tx
from ubm_sync.sync.identity import is_sync_id, mint


class Binder:
    """Decides which record each newly seen row is."""

    def __init__(
        self,
        tx: Tx,
        place: str,
        alive: frozenset[str],
        by_container: Mapping[str, Customer],
    ) -> None:
        self._tx = tx
        self._place = place
        self._alive = alive
        self._by_container = by_container

    def bind(self, fresh: list[Observation], now: datetime) -> list[tuple[str, Observation]]:
        """Return ``(sync_id, observation)`` for every row of a known customer."""
        keys = [one.key for one in fresh if one.key is not None and is_sync_id(one.key)]
        records = self._tx.records.load(keys) if keys else {}
        holders = self._tx.observations.load(keys) if keys else {}
        claimed: set[str] = set()
        bound = []
        for observation in fresh:
            customer = self._by_container.get(observation.container)
            if customer is None:
                continue
            key = observation.key
            if key is not None and is_sync_id(key) and key not in claimed:
                record = records.get(key)
                holder = holders.get(key, {}).get(self._place)
                if record is not None and record.customer != customer.key:
                    key = None  # a row never brings its identity to another customer
                elif holder is not None and not holder.gone and holder.ref != observation.ref:
                    key = self._moved(key, holder.ref, observation.ref)
            else:
                key = None
            sync_id = key or self._minted(observation, claimed, now)
            claimed.add(sync_id)
            bound.append((sync_id, observation))
        return bound

    def _minted(self, seen: Observation, claimed: set[str], now: datetime) -> str:
        """Return a new identity; a row whose copy took over its first one gets another."""
        sync_id = mint(self._place, seen.ref, seen.created_at or now)
        if sync_id in claimed or sync_id == seen.key:
            return mint(self._place, f"{seen.ref} again", seen.created_at or now)
        return sync_id

    def _moved(self, key: str, old: str, new: str) -> str | None:
        """Return ``key`` if the row that had it is gone (it moved), None if it was copied."""
        if old in self._alive:
            return None
        self._tx.observations.alias(self._place, old, new, key)
        self._tx.observations.forget(self._place, [old])  # or it would be missed for ever
        return key


class Seniority:
    """Tells records of one instant apart, in the order in which their system lists them."""

    def __init__(self) -> None:
        self._last: dict[datetime, int] = {}

    def of(self, instant: datetime) -> datetime:
        """Return ``instant``, a microsecond later for each record before it."""
        number = self._last.get(instant, -1) + 1
        self._last[instant] = number
        return instant + timedelta(microseconds=number)
