"""Bugs of reading and remembering: recovery, pages, identities, late writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

from tests.simulation.seeded.mutation import (
    Mutation,
    acts,
    copied,
    disturbed,
    either,
    errand,
    killed,
    troubles,
)
from tests.simulation.seeded.patching import around, both, instead

from ubm_smartsheet.listing import Listing
from ubm_sync.sync import binder, ingest
from ubm_sync.sync import cycle as cycling
from ubm_sync.sync import work as working
from ubm_sync.sync.absence import Absence
from ubm_sync.sync.asking import Asking
from ubm_sync.sync.binder import Binder
from ubm_sync.sync.ingest import Ingest
from ubm_sync.sync.lookback import LookBack

# ----------------------------------------------------------------------------- journal and recovery


def _only_resume(_recover: object, tx: Any, connectors: Mapping[str, Any], _rules: object) -> int:
    for name, connector in connectors.items():
        connector.resume(tx.cursors.get(name))
    return 0


journal_not_replayed = around(cycling, "recover", _only_resume)

# ------------------------------------------------------------------------------------------ reading


def _cursor_first(take: Callable[..., None], self: Ingest, page: Any, connector: Any, *rest: Any,
                  **named: Any) -> None:  # fmt: skip
    with self._state.transaction() as tx:
        tx.cursors.put(connector.name, connector.cursor())
    take(self, page, connector, *rest, **named)


def _same_version_only(take: Callable[..., None], *some: Any, **named: Any) -> None:
    take(*some, **{**named, "again": False})


def _no_news(_differs: object, old: Any, new: Any) -> bool:
    return bool(old.gone != new.gone)


def _believed_at_once(self: Absence, connector: Any, listed: Any, complete: Any, now: Any) -> int:
    for place, system in self._places.items():
        if system == connector.name:
            for container in complete:
                with self._state.transaction() as tx:
                    shown = set(listed.get((place, container), ()))
                    missing = sorted(tx.observations.refs_in(place, container) - shown)
                    tx.observations.missing(place, missing, now)
                    gone = [one for one in tx.observations.absent(place).values()
                            if one.ref in missing]  # fmt: skip
                    self._question(tx, place, container, gone, now)
    return 0


def _is_any(_self: Listing) -> bool:
    return True


cursor_saved_too_early = around(Ingest, "take", _cursor_first)
asked_again_in_vain = around(Ingest, "take", _same_version_only)
changes_not_noticed = around(ingest, "differs", _no_news)
short_listing_believed = both(
    instead(Absence, "look", _believed_at_once),
    instead(Listing, "is_whole", property(_is_any)),
)
service_edits_not_noticed = instead(ingest, "service_edits", lambda *_some: {})

# ------------------------------------------------------------------------------------------ binding


def _always_moved(_moved: object, self: Binder, key: str, old: str, new: str) -> str:
    self._tx.observations.alias(self._place, old, new, key)
    self._tx.observations.forget(self._place, [old])
    return key


class _Nobody:
    """A customer that is everybody's."""

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = None  # type: ignore[assignment]


def _keeps_identity(bind: Callable[..., Any], self: Binder, fresh: Any, now: datetime) -> Any:
    tx = self._tx

    class Records:
        def load(self, keys: Any) -> Any:
            return {key: _Anyones() for key in tx.records.load(keys)}

    class _Anyones:
        customer = _Nobody()

    class Tx:
        records = Records()
        observations = tx.observations

    self._tx = Tx()  # type: ignore[assignment]
    try:
        return bind(self, fresh, now)
    finally:
        self._tx = tx


_numbers = count(1)


def _random_identity(_place: str, _ref: str, created_at: datetime) -> str:
    milliseconds = int(created_at.timestamp() * 1000) & (1 << 48) - 1
    return str(UUID(int=milliseconds << 80 | 0x7 << 76 | 0b10 << 62 | next(_numbers)))


copy_taken_for_move = around(Binder, "_moved", _always_moved)
move_taken_for_copy = instead(Binder, "_moved", lambda *_some: None)
identity_crosses_customers = around(Binder, "bind", _keeps_identity)
identity_not_deterministic = instead(binder, "mint", _random_identity)

# ----------------------------------------------------------------------- asking again, looking back


def _dropped(settle: Callable[..., Any], *some: Any) -> Any:
    settled = settle(*some)
    if settled.ask:
        settled.ask = {}
        settled.again = False
    return settled


def _nobody_answers(_self: Asking, late: Any, _now: datetime) -> set[str]:
    return {one.sync_id for one in late}


late_writes_dropped = around(working, "settle", _dropped)
late_writes_not_read_again = instead(Asking, "ask", _nobody_answers)
races_not_looked_back = instead(LookBack, "look", lambda *_some: 0)

READING: tuple[Mutation, ...] = (
    Mutation(
        "the journal is not replayed",
        "after a crash nobody asks what became of the writes",
        journal_not_replayed,
        killed,
    ),
    Mutation(
        "the cursor is saved too early",
        "a page that was read and not stored is never read again",
        cursor_saved_too_early,
        either(killed, troubles("disk full", "locked")),
    ),
    Mutation("changes are not noticed", "what people change makes no work", changes_not_noticed),
    Mutation(
        "an edit of our fields is not noticed",
        "what was typed over the service's own field is not kept",
        service_edits_not_noticed,
        acts("edit_owned_cell", "edit_owned_property"),
    ),
    Mutation(
        "a short listing is believed",
        "a listing that leaves rows out has them asked about as deleted",
        short_listing_believed,
        troubles("short"),
    ),
    Mutation(
        "a copied row keeps the identity",
        "two rows are one record",
        copy_taken_for_move,
        acts("copy_row"),
    ),
    Mutation(
        "a moved row is a copy",
        "a restored row is a new record",
        move_taken_for_copy,
        errand("a deleted row is taken back"),
    ),
    Mutation(
        "an identity crosses customers",
        "a row moved to another customer's sheet brings its record along",
        identity_crosses_customers,
        acts("move_row"),
    ),
    Mutation(
        "identities are not deterministic",
        "a record that is seen first twice is two",
        identity_not_deterministic,
        either(killed, copied),
    ),
    Mutation(
        "late writes are dropped",
        "a write that came too late is never decided again",
        late_writes_dropped,
        disturbed,
    ),
    Mutation(
        "late writes are not read again",
        "a write that came too late is decided on the old values",
        late_writes_not_read_again,
        disturbed,
    ),
    Mutation(
        "nobody looks back",
        "what was typed between look and write is gone",
        races_not_looked_back,
        errand("somebody types into a ticket meanwhile", "somebody types into a row meanwhile"),
    ),
)
