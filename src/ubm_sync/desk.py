"""What the disconnection flow asks of the system in which people answer tickets: its help desk.

The engine's records are made by this service and live in several places. A ticket at the desk is
not: anybody may open it, in any pipeline, and it is read whoever made it. So the desk has a port
of its own, beside the places, and its fields are those of the mapping of kind ``disconnection``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from ubm_sync.model import Note, Outcome, Problem, Values, nothing
from ubm_sync.ports import Change

KIND = "disconnection"  # the mapping whose one place is the desk
DESK = "desk"  # that place
RELATED = "related"  # names the links of a filing in what landed and what did not


class Channel(StrEnum):
    """How a ticket came in; ``OTHER``: nobody says."""

    EMAIL = "email"
    CHAT = "chat"
    FORM = "form"
    PHONE = "phone"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a ticket's conversation; ``automatic``: a machine answered or returned it."""

    ref: str
    at: datetime
    sender: str  # an e-mail, "" where nobody knows
    subject: str
    text: str  # plain text
    inbound: bool
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as last seen, in canonical words.

    ``version`` changes with every change and sorts by time. ``stage`` is the key of one of the
    desk's own stages, "" in another pipeline; ``stage_name`` and ``pipeline`` are what people
    read. ``owner`` is an e-mail, "" where there is none; ``owner_active`` says whether that person
    can still sign in. ``key`` is the identity a ticket made by this service carries. ``values``
    are the desk's fields of the mapping. ``written_at`` is when somebody of ours last wrote to the
    customer, ``heard_at`` when the customer last wrote.
    """

    ref: str
    version: str
    created: datetime
    changed: datetime
    subject: str
    content: str
    pipeline: str = ""
    stage: str = ""
    stage_name: str = ""
    closed: bool = False
    owner: str = ""
    owner_active: bool = False
    priority: str = ""  # low, medium, high, urgent or one of the portal's own; "" for none
    channel: Channel = Channel.OTHER
    key: str = ""
    values: Values = field(default_factory=nothing)
    written_at: datetime | None = None
    heard_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dossier:
    """A ticket with what stands beside it: read before it is judged or written.

    ``companies`` are ids, the primary one first; ``contacts`` e-mails. ``messages`` are the newest
    first, a few of them. ``changes`` tells of some fields (``owner``, ``stage``, ``priority`` and
    the desk's signals) who gave them their values, newest first; a field of which nothing is known
    is left out. ``merged`` are the tickets that live on in this one.
    """

    ticket: Ticket
    companies: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()
    changes: Mapping[str, Sequence[Change]] = field(default_factory=nothing)
    merged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeskPage:
    """A part of what changed at the desk; ``problems`` replaces what was known of ``checked``.

    ``cursor`` is the reading position after this page: stored together with what came of it.
    """

    tickets: tuple[Ticket, ...] = ()
    cursor: str = ""
    problems: tuple[Problem, ...] = ()
    checked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Filing:
    """What one ticket should hold: only the fields to change, in canonical words.

    ``values`` may name ``owner`` (an e-mail), ``priority`` and ``stage`` besides the desk's fields;
    None clears one. ``company`` is linked where it is not yet, and so are the tickets ``related``:
    those that stand for the accounts named. ``key`` names it in its outcome.
    """

    key: str
    ref: str
    values: Mapping[str, str | None] = field(default_factory=nothing)
    company: str = ""
    related: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """A ticket to make at the desk, at most once for its ``key``, its identity there."""

    key: str
    values: Mapping[str, str]  # with ``subject`` and ``content``
    company: str = ""
    channel: Channel = Channel.OTHER


@dataclass(frozen=True, slots=True)
class Task:
    """Something a person should do, shown in the person's own list and on the ticket; made once."""

    key: str
    ref: str  # the ticket
    owner: str  # an e-mail
    subject: str
    body: str  # plain text
    due: datetime
    urgent: bool = False


@runtime_checkable
class Desk(Protocol):
    """A connector of a system with a help desk.

    Every call goes before everything else where a rate limit makes some wait. One thread at a time
    uses it. All methods raise NoAccess and Temporary where nothing more can be done now.
    """

    def arrivals(self, cursor: str | None) -> Iterator[DeskPage]:
        """Yield tickets that are new or changed since ``cursor``, new ones first.

        Tickets that this service made count only where a customer wrote on them, or where their
        type or their case makes them the desk's. A ticket may come more than once. ``cursor`` None:
        open tickets of the last days as the settings say. One page at least, with a cursor.
        """
        ...

    def dossiers(self, refs: Sequence[str]) -> Mapping[str, Dossier]:
        """Return tickets with what stands beside them, read now; those not there are left out.

        Asked by an id that was merged away, the one that remains is returned under that id.
        """
        ...

    def abandoned(self) -> Iterator[Ticket]:
        """Yield the open tickets whose owner cannot sign in any more."""
        ...

    def file(self, filings: Sequence[Filing]) -> Iterable[Outcome]:
        """Write fields and links of tickets; yield one outcome each.

        A priority the portal does not have becomes the next one below it. A field it does not
        take fails alone: ``landed`` and ``at_fault`` say so, and of links ``RELATED`` in them.
        """
        ...

    def open(self, openings: Sequence[Opening]) -> Iterable[Outcome]:
        """Make tickets, or find those that carry the same key already; yield one outcome each."""
        ...

    def assign(self, tasks: Sequence[Task]) -> Iterable[Outcome]:
        """Make tasks; an outcome's ``key`` is the task's; UNKNOWN is followed by ``assigned``."""
        ...

    def assigned(self, tasks: Sequence[Task]) -> frozenset[str]:
        """Return the keys of those tasks that are there already (read back, not remembered)."""
        ...

    def annotate(self, notes: Sequence[Note]) -> Iterable[Outcome]:
        """Attach notes; see ``Connector.annotate``."""
        ...

    def noted(self, notes: Sequence[Note]) -> frozenset[str]:
        """Return the keys of those notes that are attached already."""
        ...

    def knows(self, email: str) -> bool:
        """Return whether somebody with this e-mail can be given work there."""
        ...

    def close(self) -> None:
        """Release connections."""
        ...
