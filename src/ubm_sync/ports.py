"""What the engine asks of the outside: Protocols, no code."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum
from typing import Any, NamedTuple, Protocol, TypeAlias, runtime_checkable

from ubm_sync.clock import Clock
from ubm_sync.evidence import Evidence
from ubm_sync.model import (
    NOTHING,
    Binding,
    Customer,
    Note,
    Observation,
    Outcome,
    Page,
    Past,
    Place,
    Problem,
    Spot,
    Values,
    Write,
)


class Lane(IntEnum):
    """Who goes first when a rate limit makes some wait (design section 5)."""

    URGENT = 0  # disconnections
    PERSON = 1  # an edit somebody is waiting for
    RETRY = 2
    BACKFILL = 3
    AUDIT = 4


class Budget(Protocol):
    """A rate limit shared by all threads and processes that use one token."""

    def reserve(self, key: str, *, cost: int = 1, lane: Lane = Lane.PERSON) -> float:
        """Book ``cost`` calls on ``key`` and return the seconds to wait before sending them."""
        ...

    def penalise(self, key: str, seconds: float) -> None:
        """Make every user of ``key`` wait ``seconds``: the other side said stop."""
        ...


@dataclass(frozen=True, slots=True)
class SetupStep:
    """One thing ``setup`` found or did.

    ``state`` is ``ok``, ``note`` (it works, and ``detail`` is worth knowing), ``created``,
    ``changed`` or ``problem``; on a dry run ``would create`` or ``would change``.
    """

    system: str
    what: str  # 'ticket property "ubm_sync_id"'
    state: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """Everything a connector is given: it reads nothing else, no clock, no environment."""

    places: tuple[Place, ...]  # the places of records that live in this system
    customers: tuple[Customer, ...]
    settings: Mapping[str, object]  # `systems.<name>` of config/service.yaml
    environment: Mapping[str, str]  # secrets and addresses, by the names of the contract
    clock: Clock
    budget: Budget
    seed: int = 0  # for jitter
    stop: threading.Event = field(default_factory=threading.Event)
    stand_ins: tuple[str, ...] = ()  # e-mails: who owns work when manager and backup cannot
    permit: Callable[[], None] = lambda: None  # raises LeaseLost: asked before each request
    desk: Place | None = None  # where people answer tickets, if that is in this system
    mask: Callable[[Values], Values] = lambda _values: NOTHING  # values that hold a secret, masked


class Connector(Protocol):
    """One external system. All blocking; safe to use from one thread at a time.

    A connector keeps its reading position itself (``cursor``/``resume``): its own writes move it
    too, so the engine stores ``cursor()`` in the same transaction as what it learned.
    """

    name: str

    def ensure(self, *, dry_run: bool) -> Iterator[SetupStep]:
        """Create or mend what the places need; doing it again changes nothing."""
        ...

    def resume(self, cursor: str | None) -> None:
        """Continue reading at ``cursor`` (None: from the beginning)."""
        ...

    def cursor(self) -> str:
        """Return the reading position after the last page taken and the last write answered."""
        ...

    def observe(self, *, full: bool) -> Iterator[Page]:
        """Yield what changed since the cursor, or everything if ``full``; pages stay small.

        Raises NoAccess, Temporary. A part of the system that cannot be read is a ``Problem`` of
        a page, not an error, so that it delays nobody else.
        """
        ...

    def fetch(self, place: str, refs: Sequence[str]) -> Iterator[Page]:
        """Read single records again: the ones with an unknown or refused write.

        A ref that is not there any more is observed as ``gone`` only on the system's own word;
        otherwise it is left out.
        """
        ...

    def apply(self, writes: Sequence[Write]) -> Iterable[Outcome]:
        """Send writes in batches and yield one outcome each, in any order.

        Never raises for a single record; raises NoAccess or Temporary when nothing more can be
        sent, and the writes without an outcome by then were not sent.
        """
        ...

    def annotate(self, notes: Sequence[Note]) -> Iterable[Outcome]:
        """Attach notes; an outcome's ``key`` is the note's; UNKNOWN is followed by ``noted``."""
        ...

    def noted(self, notes: Sequence[Note]) -> frozenset[str]:
        """Return the keys of those notes that are already attached (read back, not remembered)."""
        ...

    def close(self) -> None:
        """Release connections."""
        ...


@runtime_checkable
class Learns(Protocol):
    """A connector that a command may teach what the service would have to ask for."""

    def learned(self, cursor: str | None) -> str:
        """Return ``cursor`` with what this process learned: names, a schema just set up.

        Raises NoAccess, Temporary.
        """
        ...


class Change(NamedTuple):
    """One value a field was given: when, and by whom."""

    value: str | None  # canonical; None: emptied
    at: datetime
    by: str  # an e-mail where it is known; what the system calls a program, this service too
    is_person: bool


Changes: TypeAlias = Mapping[str, Sequence[Change]]  # field -> its values, newest first


@runtime_checkable
class KnowsAuthors(Protocol):
    """A connector of a system that remembers who gave each field of a record its values."""

    def authors(
        self, seen: Sequence[Observation], fields: Mapping[str, Sequence[str]]
    ) -> Mapping[str, Changes]:
        """Return, by ref, what became of some fields: ``fields`` names them for each ref.

        Records and fields of which nothing is known are left out. Raises NoAccess, Temporary.
        """
        ...


@runtime_checkable
class ProvesAbsence(Protocol):
    """A connector of a system whose records may leave without a word: the intake."""

    def list_again(self, place: str, container: str) -> None:
        """Have the next ``observe`` list this container in full, whether it changed or not."""
        ...

    def absent(self, place: str, container: str, refs: Sequence[str]) -> frozenset[str] | None:
        """Return which of the refs the system itself says are not in the container now.

        Each is asked for directly, not taken from a listing. None where nothing can be told: the
        container is not readable at this moment. Raises NoAccess, Temporary.
        """
        ...


@runtime_checkable
class Remembers(Protocol):
    """A connector of a system that keeps what its fields held before."""

    def history(self, place: str, spots: Sequence[Spot]) -> Iterable[tuple[Spot, Sequence[Past]]]:
        """Yield the values of fields, the newest first; nothing for a record that is not there.

        Answers as many of the first ones as one cycle can afford; the others are asked for again.
        Raises NoAccess, Temporary.
        """
        ...

    def person(self, by: str) -> str | None:
        """Return the e-mail of somebody named in a history. Raises NoAccess, Temporary."""
        ...


@runtime_checkable
class KnowsPeople(Protocol):
    """A connector of a system that people sign in to."""

    def knows(self, email: str) -> bool:
        """Return whether somebody with this e-mail can be given work there.

        Raises NoAccess, Temporary.
        """
        ...


class Asked(NamedTuple):
    """An onboarding whose facts are wanted: its ticket, the ticket's place, and its customer.

    ``version`` is the one of the ticket's observation, ``known`` the ``Testimony.version`` that
    this witness gave last ("" where it never told of the ticket).
    """

    ticket: str
    place: str
    customer: str
    version: str = ""
    known: str = ""


@dataclass(frozen=True, slots=True)
class Testimony:
    """What one system tells of an onboarding now.

    A fact takes the place of those told before with its ``ref``. Facts that are not told any more
    were not undone (histories are cut off, records deleted): whoever keeps them, keeps them.
    ``merged`` are the tickets that live on in this one: that they do is a fact of its own, and
    their facts are among these as far as they can still be read.
    """

    ticket: str
    version: str  # to be given back as ``Asked.known``
    facts: tuple[Evidence, ...]
    merged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hearing:
    """A part of what a witness tells.

    ``problems`` replaces what was known about the scopes in ``checked``. ``mark`` is how far the
    system was looked through; only the last part has one.
    """

    testimonies: tuple[Testimony, ...] = ()
    problems: tuple[Problem, ...] = ()
    checked: frozenset[str] = frozenset()
    mark: str = ""


@runtime_checkable
class Witness(Protocol):
    """A connector of a system that knows what was done in an onboarding, by whom and when."""

    def testify(self, asked: Sequence[Asked], mark: str | None) -> Iterator[Hearing]:
        """Yield the facts of those onboardings of which something may have changed.

        ``mark`` is the last one returned (None: look at everything). Onboardings that did not
        move cost nothing and are left out. What cannot be read (an object, a property, a
        permission) makes fewer facts and a ``Problem``. Raises NoAccess where nothing can be
        read at all, and Temporary; what was yielded by then stays true.
        """
        ...


@runtime_checkable
class KnowsCompanies(Protocol):
    """A connector of a system in which each customer is a company."""

    def has_company(self, company: str) -> bool:
        """Return whether there is a company with this id, and this service may see it.

        Raises NoAccess, Temporary, Refused.
        """
        ...


class KnownAccount(NamedTuple):
    """An account of the store that a text names, with its last actual bill (no mock, no void).

    ``vendor`` is the canonical name where it is known. ``hold`` is ``none``, ``held``,
    ``approved`` or ``overridden``: ``held`` as soon as one bill that was not processed is, else as
    the last one has it. ``over_limit``: the last bill is over the amount from which bills are held
    (domain A23). ``unpaid`` is None where no bill is known.
    """

    id: str
    customer: str  # its key
    vendor: str
    number: str  # as it is shown
    location_code: str
    location_name: str
    city: str
    state: str
    status: str
    how: str  # by what it was recognised, in plain words
    statement: date | None = None
    amount_cents: int | None = None
    due: date | None = None
    hold: str = "none"
    over_limit: bool = False
    unpaid: bool | None = None


@runtime_checkable
class KnowsAccounts(Protocol):
    """A connector of a system that can say which account a text means."""

    def accounts_named(
        self,
        customer: str,
        numbers: Sequence[str],
        vendors: Sequence[str],
        meters: Sequence[str],
        text: str = "",
    ) -> Sequence[KnownAccount]:
        """Return the accounts that a text names, by what was read in it, each once.

        ``customer`` is a key, "" where nobody knows whose text it is: then only long numbers
        count, and with a vendor that agrees where one is named. Numbers, vendors and meters are
        as typed; in ``text`` a site is looked for where none of those leads to an account. Raises
        NoAccess, Temporary.
        """
        ...


class DueBill(NamedTuple):
    """A bill that was not processed yet; ``due`` is None where nobody knows the day."""

    account: str  # its id
    customer: str  # its key
    vendor: str
    number: str
    location: str  # as people call it: 0412 Joliet
    due: date | None
    statement: date | None
    amount_cents: int | None
    hold: str
    processed: bool = False


@runtime_checkable
class KnowsBills(Protocol):
    """A connector of a system that keeps bills.

    Mocks, voids and versions that were replaced are no bills. ``customers`` are keys; none means
    all of them. Both raise NoAccess, Temporary.
    """

    @property
    def without_bills(self) -> str:
        """Say why this system knows of no bill at all, "" where it may know some."""
        ...

    def due_between(
        self, start: date, end: date, customers: Sequence[str] = ()
    ) -> Iterable[DueBill]:
        """Yield bills that are not processed and due from ``start`` to ``end``, both included."""
        ...

    def held_until(self, day: date, customers: Sequence[str] = ()) -> Iterable[DueBill]:
        """Yield bills on hold that are due up to and on ``day``, or on a day nobody knows."""
        ...


class Dialect(NamedTuple):
    """What the configuration files may say about one system, in its own words.

    ``system`` is the pydantic model of ``systems.<name>`` (without ``name`` and ``limits``),
    ``field`` the one of the ``settings`` of a field in a mapping. ``objection`` says why a field
    cannot live where a mapping puts it, "" where it can; it is given the settings of the system.
    """

    system: type[Any]
    field: type[Any]
    objection: Callable[[Place, Binding, Mapping[str, object]], str]
