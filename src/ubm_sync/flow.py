"""What a flow decides, as values: the engine merges fields, a flow says what should be true next.

A flow (new locations, onboarding) is pure: ``Situation`` and ``now`` in, ``Decision`` out. It never
sees a connector and never remembers anything itself; what it must remember stands in ``memory``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from ubm_sync.model import NOTHING, Customer, Observation, Values, Written


@dataclass(frozen=True, slots=True)
class Edit:
    """A value somebody typed where they may not, which the engine puts back this cycle."""

    field: str
    place: str
    typed: str | None  # None: they emptied it
    kept: str | None  # what is put back
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two places changed one shared field differently; both values stay until a person decides."""

    field: str
    base: str | None
    values: Mapping[str, str | None]  # place -> value


@dataclass(frozen=True, slots=True)
class Rival:
    """Another record with the same account key."""

    sync_id: str
    customer: str
    label: str  # what people call it: "LOC-00098"
    status: str
    accepted: bool
    created_at: datetime


class Site(NamedTuple):
    """Which location a record names, and where that is.

    ``key`` is the same for one location of a customer ("": it names none), ``place`` for one
    address however it is written; ``shown`` is the address for people. ``told``: the record wants
    to know of other addresses.
    """

    key: str = ""
    place: str = ""
    shown: str = ""
    told: bool = False


NOWHERE = Site()


class Situation(NamedTuple):
    """Everything known about one record when its flow decides.

    ``values`` are the shared fields after the merge: a field in conflict has its base value, or,
    where nothing was agreed about it before, what the first place says that fills it in.
    ``observed`` has an entry for each place the record exists in. ``base`` are the last agreed
    shared values, empty for a new record. ``changed`` maps a shared field to the places where a
    person changed it since. ``vanished`` maps places whose record was proven to be missing to
    ``alone``, or to ``many`` where it went with many others. ``rivals`` have the same account
    key. ``counts`` (onboarding only) maps a status to the number of records of this customer that
    have it. ``troubles`` maps a place, or
    ``PLACE.FIELD``, to why its system refused what the service wanted to write there. ``problems``
    (onboarding only) maps an event to what people must mend in this customer's sheet. ``delays``
    (onboarding only) are the fields that tell of its delays, complete; None: to be empty.
    ``elsewhere`` are other addresses at which other records have the same location.
    ``unanswered`` are places of which a create was sent and never answered: what is there may be
    what was to be created.
    """

    sync_id: str
    kind: str
    customer: Customer
    created_at: datetime
    values: Values
    marks: Mapping[str, str]  # field -> Mark of the row's fields
    observed: Mapping[str, Observation]
    base: Values
    memory: Values
    changed: Mapping[str, tuple[str, ...]] = NOTHING
    edits: tuple[Edit, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    rivals: tuple[Rival, ...] = ()
    vanished: Mapping[str, str] = NOTHING
    counts: Mapping[str, int] = NOTHING
    troubles: Mapping[str, str] = NOTHING
    problems: Mapping[str, str] = NOTHING
    elsewhere: tuple[str, ...] = ()
    delays: Mapping[str, str | None] = NOTHING
    unanswered: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class NoteDraft:
    """A note to write once: ``event`` makes it unique within its record."""

    event: str
    place: str
    text: str


class Decision(NamedTuple):
    """What should be true of one record now.

    ``present``: the places it must exist in (others are left as they are; nothing is ever
    deleted). ``values``: per place, the fields the service itself fills, complete: the engine
    writes the ones that differ. ``fixes``: shared fields corrected for the customer (they become
    the merged value everywhere). ``memory`` replaces the old one. ``wake_at``: decide again then
    even if nothing changes. ``status`` / ``label`` / ``accepted`` are what other records see as a
    Rival. ``account_key``: "" or the key under which duplicates meet.
    ``answered``: vanished places about which a person decided, or of which nothing hangs.
    ``follow_up``: first create what is missing, and decide again once it exists, in the same cycle;
    the other writes wait for that decision, so that each place is told once.
    ``retold``: ``PLACE.FIELD`` of texts that only repeat the shared values; while the guard holds
    one of those back, they say what was written.
    """

    present: frozenset[str]
    values: Mapping[str, Mapping[str, Written]]
    memory: Values
    status: str
    label: str
    accepted: bool = False
    account_key: str = ""
    fixes: Mapping[str, str] = NOTHING
    notes: tuple[NoteDraft, ...] = ()
    wake_at: datetime | None = None
    follow_up: bool = False
    answered: frozenset[str] = frozenset()
    site: Site = NOWHERE
    retold: frozenset[str] = frozenset()


class Flow(Protocol):
    """The decisions about one kind of record."""

    kind: str

    def account_key(self, customer: Customer, values: Values) -> str:
        """Return the key under which duplicates meet, "" where there is none yet."""
        ...

    def site(self, customer: Customer, values: Values) -> Site:
        """Return which location the record names and where it is, as its values say."""
        ...

    def accepted(self, memory: Values) -> bool:
        """Return whether the record was accepted into the store: some fields change owner then."""
        ...

    def decide(self, situation: Situation, now: datetime) -> Decision:
        """Return what should be true now; pure, same input same answer."""
        ...


@dataclass(frozen=True, slots=True)
class Needs:
    """What a flow must find in the mapping of its kind, so that nothing it decides is lost.

    ``fields`` are those it fills or reads, by place. ``values`` are the values it gives a field or
    acts on, for fields that are choices; of the fields in ``closed`` there are no others, because
    nothing would ever set them, or act on them. ``stages`` are keys of stages, by place.
    """

    kind: str
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    closed: frozenset[str] = frozenset()
    stages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    wanted: bool = False  # whether the service cannot work without this kind
