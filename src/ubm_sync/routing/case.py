"""A case: one notice about one account, on however many tickets, until somebody has it in hand."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from ubm_sync.disconnection.values import Category, DeadlineKind, ServiceState
from ubm_sync.model import nothing

ID = "disconnection-"  # begins the identity of a case, and of a ticket opened for one
ARCHIVED = "archived the ticket"  # how a case ended that nobody answered
TICKET, ROW = "ticket:", "row:"  # begin the name of a source


class Told(NamedTuple):
    """Somebody who was told: at which level, and when."""

    level: int
    email: str
    role: str
    at: datetime
    name: str = ""

    @property
    def who(self) -> str:
        """What people call somebody."""
        return self.name or self.email


@dataclass(slots=True)
class Case:
    """What is known of one notice, and what was done about it.

    ``source`` is what it was first read in, ``ticket`` the one people work on ("" until it is
    there), ``others`` more tickets about the same notice. ``keys`` are the accounts named in the
    form in which numbers are compared, ``numbers`` as people read them, ``ids`` those of the store.
    ``pay_by`` is the effective deadline. ``arrived`` is when the text came in, ``turn`` counts how
    often new facts began everything anew. ``since`` is the newest that was seen of its tickets
    when it was routed, by the desk's clock, which need not agree with ours. ``filed`` is what the
    service wrote into the ticket's fields, ``linked`` are the accounts' own tickets it is linked
    to. ``outcome`` is "" while it is open, ``acknowledged``, ``no`` (people say it is none) or
    ``closed``. ``due``: look at the next chance; ``wake_at``: look then. ``held``: nobody is told
    before the end of a quiet window.
    """

    id: str
    source: str
    category: Category
    arrived: datetime
    confidence: float = 0.0
    phrase: str = ""
    state: ServiceState = ServiceState.UNKNOWN
    deadline: date | None = None
    deadline_kind: DeadlineKind = DeadlineKind.UNKNOWN
    pay_by: date | None = None
    customer: str = ""
    company: str = ""
    keys: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    vendor: str = ""
    company_meant: str = ""  # the one utility the vendor's name stands for, "" where that is open
    site: str = ""
    vulnerable: str = ""
    facts: tuple[str, ...] = ()  # what the store knows of the accounts, a sentence each
    off_channel: bool = False
    way: str = ""  # in which it came in, as a ``Channel``; "" for a row
    title: str = ""  # of a ticket that must be opened, and its text
    text: str = ""
    ticket: str = ""
    others: tuple[str, ...] = ()
    turn: int = 1
    news: str = ""  # why everything began anew
    routed_at: datetime | None = None
    since: datetime | None = None
    owner: str = ""
    role: str = ""
    stage: str = ""  # where the ticket was when it was routed
    told: tuple[Told, ...] = ()
    filed: Mapping[str, str] = field(default_factory=nothing)
    linked: tuple[str, ...] = ()
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    acknowledged_how: str = ""
    outcome: str = ""
    closed_at: datetime | None = None
    held: datetime | None = None
    due: bool = True
    wake_at: datetime | None = None
    trouble: str = ""

    @property
    def name(self) -> str:
        """What people call it: ``D-1A2B3C4D5E6F``."""
        return f"D-{self.id.removeprefix(ID).upper()}"

    @property
    def level(self) -> int:
        """The highest level that was told."""
        return max((one.level for one in self.told), default=0)

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to say that it is in hand."""
        return not self.outcome

    @property
    def is_off(self) -> bool:
        """Whether the service is off, or being cut now."""
        return self.state in {ServiceState.ALREADY_OFF, ServiceState.IN_PROGRESS}

    @property
    def urgency(self) -> tuple[int, str, str]:
        """What to do first: by category, then by the last day to pay, then by arrival."""
        rank = {Category.URGENT: 0, Category.POSSIBLE: 1}.get(self.category, 2)
        day = "" if self.is_off else self.pay_by.isoformat() if self.pay_by else ""
        return rank, day, self.arrived.isoformat()


def case_id(source: str, turn: str = "") -> str:
    """Return the identity of the case that begins with ``source``: the same for whoever sees it."""
    digest = hashlib.sha256(f"{source}\0{turn}".encode()).hexdigest()
    return f"{ID}{digest[:12]}"


def plain(case: Case) -> dict[str, Any]:
    """Return a case as JSON values, for programs."""
    names = (
        "id", "name", "source", "ticket", "others", "customer", "category", "confidence", "phrase",
        "state", "deadline", "deadline_kind", "pay_by", "numbers", "ids", "linked", "vendor",
        "site", "vulnerable", "off_channel", "arrived", "routed_at", "owner", "role", "level",
        "acknowledged_at", "acknowledged_by", "acknowledged_how", "outcome", "closed_at", "held",
        "wake_at", "trouble",
    )  # fmt: skip
    found = {name: getattr(case, name) for name in names}
    told = [{"level": t.level, "email": t.email, "role": t.role, "at": t.at} for t in case.told]
    return {**found, "told": told}
