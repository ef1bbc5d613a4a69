"""The values everything speaks in: records, places, observations, writes.

A *record* is one thing that must agree everywhere (a requested utility account at a location, a
customer's onboarding). A *place* is one spot a record can live in: a row of the intake sheet, a
ticket, an account, a ticket in another team's queue. Several places may be in the same *system*.

Canonical values are text, and an empty value is absent: no ``None``, no ``""``, no numbers and no
booleans inside a record, so that ``True == 1`` or ``1 == 1.0`` can never make two values agree.
Dates are ``YYYY-MM-DD``, instants ISO 8601 in UTC with ``Z``, booleans ``true`` / ``false``,
numbers their shortest decimal form, several values in one field are joined by ``"; "``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as default
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, TypeAlias

Values: TypeAlias = Mapping[str, str]
NOTHING: Mapping[str, Any] = MappingProxyType({})


def nothing() -> Mapping[str, Any]:
    """Return the empty mapping, for defaults (Python 3.11 takes no mapping proxy as one)."""
    return NOTHING


class FieldType(StrEnum):
    """How a field's canonical text is to be read."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    IDENTIFIER = "identifier"  # text whose every character counts: account numbers, codes, ZIPs
    CHOICE = "choice"
    DATE = "date"
    INSTANT = "instant"
    NUMBER = "number"
    BOOLEAN = "boolean"
    PERSON = "person"  # an e-mail address
    STAGE = "stage"  # the step of a pipeline, by its key in the mapping
    LINK = "link"  # the external id of an associated object; written, never read back


class Mark(StrEnum):
    """What a connector noticed about one observed value besides its text."""

    NUMERIC = "numeric"  # an identifier came as a number: digits may be lost
    FORMULA = "formula"  # the cell holds a formula: its value is data, the cell is not writable
    LINKED = "linked"  # the cell is linked from elsewhere: not writable
    LOCKED = "locked"  # the record is locked for this token
    UNTYPED = "untyped"  # free text where a date, a checkbox or a listed option belongs
    FOREIGN = "foreign"  # a stage or option that the mapping does not know
    SYSTEM = "system"  # filled by the vendor, never writable
    UNSEEN = "unseen"  # its column cannot be read now; the value is the one last seen
    UNMAPPED = "unmapped"  # the value map does not know it, and says that it is put back
    SECRET = "secret"  # noqa: S105 - what is there looks like a password, the value is masked


@dataclass(frozen=True, slots=True)
class Ref:
    """A value known only once another write has landed: the external id of ``place``."""

    place: str


Written: TypeAlias = str | Ref | None  # None clears the field


@dataclass(frozen=True, slots=True)
class Observation:
    """One record as last seen in one place.

    ``ref`` is the system's own id; ``key`` the identity the record itself carries (see
    ``record_key``), None where it carries none. ``container`` is what the record lies in (a sheet,
    a pipeline, a customer). ``version`` is opaque text that changes when the record changes.
    ``gone`` says how it left: ``""`` (it is there), ``archived``, ``merged:REF``.
    """

    place: str
    ref: str
    key: str | None
    container: str
    version: str
    values: Values
    marks: Mapping[str, str] = default(default_factory=nothing)
    created_at: datetime | None = None
    modified_at: datetime | None = None
    modified_by: str | None = None
    gone: str = ""


class Problem(NamedTuple):
    """Something a person should know about one part of a system: a renamed column, a lost token.

    ``scope`` names the part (``system``, ``system/container`` or ``system/container/field``);
    ``code`` is a constant word; ``blocks`` says that nothing may be written there until it is gone;
    ``fields`` are the canonical fields that cannot be read or written meanwhile. ``emptied`` are
    fields whose values went away with what held them: finding them empty now is nobody's edit.
    """

    scope: str
    code: str
    text: str
    blocks: bool = False
    fields: tuple[str, ...] = ()
    emptied: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A part of what a system shows.

    ``complete`` names the containers of which this page ended a full and consistent listing:
    only a record missing from such a listing may be asked about. ``problems`` replaces what was
    known about the scopes in ``checked``.
    """

    observations: tuple[Observation, ...] = ()
    complete: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()
    checked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Write:
    """What one place of one record should hold; only the fields to change.

    ``ref`` is None where the record does not exist there yet. ``key`` identifies the write in the
    outcome. ``expected`` is the version the decision was made on. ``careful`` are the fields of the
    write that people set there too, with the values the decision saw: neither vendor can compare
    and set, so a connector looks at them before it writes, and refuses as stale a write of which
    one shows another value by now, be it the wanted one in whatever spelling. ``doubtful``: an
    earlier answer to this create was lost, or the state that knew of it, so the record may be there
    and people may have changed it: it is looked for first, also among what was archived, and where
    it is there the write is refused as stale, with its ref. ``claims``: the record is there,
    without an identity of this service; the write gives it ``key``, even where no field has to
    change.
    """

    place: str
    key: str
    ref: str | None
    container: str
    values: Mapping[str, Written]
    expected: str = ""
    careful: Mapping[str, str | None] = default(default_factory=nothing)
    doubtful: bool = False
    claims: bool = False


class Result(StrEnum):
    """How a write ended."""

    LANDED = "landed"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # it may have landed: read back before sending again


class Outcome(NamedTuple):
    """How one write ended.

    ``landed`` are the fields that are known to be there now (all of the write's, or fewer where
    the system took only a part). ``permanent`` means that the same write cannot succeed.
    ``at_fault`` names canonical fields the system complained about, where it said so, and
    ``reasons`` says of each why, where ``reason`` speaks of several. ``stale``: the record is not
    there any more as the write was decided on; it must be read again first.
    ``contested``: somebody may have set a careful field between the connector's look and its write,
    or a field of a record that was to be made and was there already; the system's history tells.
    """

    place: str
    key: str
    result: Result
    ref: str | None = None
    version: str = ""
    landed: frozenset[str] | None = None  # None: every field of the write
    reason: str = ""
    permanent: bool = False
    at_fault: tuple[str, ...] = ()
    reasons: Mapping[str, str] = NOTHING
    created: bool = False
    stale: bool = False
    contested: bool = False


class Spot(NamedTuple):
    """One field of one record, as its system knows it."""

    ref: str
    container: str
    field: str


class Past(NamedTuple):
    """One value that a field holds or held; ``by`` is the system's own word for who set it."""

    value: str | None
    by: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A text for a person, attached to a record's place, said once."""

    key: str  # the event: a note with this key is written at most once
    place: str
    ref: str  # where it is attached
    text: str  # plain text, lines separated by "\n"
    at: datetime


class Translation(Protocol):
    """How one field's values differ between the two sides beyond words for options."""

    def read(self, text: str) -> tuple[str, str]:
        """Return our value of what stands there, and a ``Mark`` or ""; never raises."""
        ...

    def write(self, value: str) -> str:
        """Return what is to stand there; raises ValueError with a sentence where it cannot."""
        ...


@dataclass(frozen=True, slots=True)
class Binding:
    """Where one canonical field lives in one place.

    ``external`` is the vendor's name of it (a column title, a property name, a column of a table).
    ``decode`` / ``encode`` translate option values where the two sides use different words;
    values missing from them pass unchanged. ``shape`` is a format with one ``{}`` put around the
    canonical value when written and taken off when read (``"#{}"``). A ``translation`` takes the
    place of ``decode`` and ``encode`` for values: it reads what is inside the shape, and writes
    what goes into it. ``settings`` is for the connector that owns the place.
    """

    field: str
    external: str
    type: FieldType = FieldType.TEXT
    label: str = ""
    choices: tuple[str, ...] = ()  # canonical values, in order
    encode: Mapping[str, str] = default(default_factory=nothing)
    decode: Mapping[str, str] = default(default_factory=nothing)
    shape: str = ""
    translation: Translation | None = None
    readable: bool = True
    writable: bool = True
    locked: bool = False  # people must not edit it there
    required: bool = False
    unique: bool = False
    description: str = ""
    settings: Mapping[str, str] = default(default_factory=nothing)


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a pipeline, addressed by ``key`` in this service and by ``label`` outside."""

    key: str
    label: str
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """One spot a record can live in, with its fields."""

    name: str  # "row", "ticket", "account", "enrolment", "onboarding"
    kind: str  # the kind of record that lives there
    system: str  # the connector's name
    suffix: str  # what ``record_key`` adds for this place; "" for the record's main identity
    bindings: tuple[Binding, ...]
    pipeline: str = ""  # label of the pipeline, where the system has pipelines
    stages: tuple[Stage, ...] = ()
    settings: Mapping[str, str] = default(default_factory=nothing)

    @property
    def intake(self) -> bool:
        """Return whether customers type here."""
        return self.settings.get("intake") == "true"


class Deviation(NamedTuple):
    """An approved exception: one way in which a customer's sheet may differ from the template.

    ``drift`` is a ``Kind`` of ``ubm_sync.template``, ``owner`` the e-mail of who answers for it,
    ``until`` its last day (YYYY-MM-DD, in the customer's zone).
    """

    field: str
    drift: str
    owner: str
    until: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as configured in ``config/customers/NAME.yaml``."""

    key: str
    name: str
    company: str = ""  # id of the company in the ticket system
    sheet: str = ""  # id of the intake sheet
    csm: str = ""  # e-mail
    csm_name: str = ""
    backup: str = ""  # e-mail
    zone: str = "America/Chicago"
    closures: tuple[str, ...] = ()  # extra days off, YYYY-MM-DD
    states: tuple[str, ...] = ()  # states whose holidays count besides the federal ones
    titles: Mapping[str, str] = default(
        default_factory=nothing
    )  # canonical field -> this customer's column title
    contracted: int = 0  # accounts contracted; 0 where not known
    paused: bool = False
    intake: str = "sheet"  # where rows come from: "sheet", "csv" (files in a folder), "csm"
    folder: str = ""  # where files with rows are dropped, for "csv"
    match_only: bool = False  # what exists is matched and approved before anything is written
    exceptions: tuple[Deviation, ...] = ()  # from the template

    @property
    def has_sheet(self) -> bool:
        """Return whether the customer types into a sheet of its own."""
        return self.intake == "sheet"

    @property
    def container(self) -> str:
        """Return what the customer's rows lie in: the sheet, or a list of its own without one.

        Empty where no rows can come from anywhere.
        """
        return self.sheet if self.has_sheet else self.own_list

    @property
    def own_list(self) -> str:
        """Return what its rows lie in where they come without a sheet."""
        return f"intake-{self.key}"


def record_key(sync_id: str, suffix: str) -> str:
    """Return the identity a record carries in a place: ``sync_id``, or ``sync_id:suffix``."""
    return f"{sync_id}:{suffix}" if suffix else sync_id


def split_key(key: str) -> tuple[str, str]:
    """Return ``(sync_id, suffix)`` of an identity made by ``record_key``."""
    sync_id, _, suffix = key.partition(":")
    return sync_id, suffix
