"""What goes in and comes out: a message, and what was read in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum


class Category(StrEnum):
    """What a text is about (domain C.6)."""

    URGENT = "urgent_disconnect"
    POSSIBLE = "possible_disconnect"
    CLOSE = "close_account"
    OTHER = "other"


class DeadlineKind(StrEnum):
    """How a deadline is known (domain B.7)."""

    STATED = "stated"
    ESTIMATED = "estimated"
    ALREADY_OFF = "already_off"
    UNKNOWN = "unknown"


class ServiceState(StrEnum):
    """How the service is, by the text."""

    SCHEDULED = "scheduled"
    ALREADY_OFF = "already_off"
    IN_PROGRESS = "in_progress"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Message:
    """One text as it came in; ``received`` is aware, ``zone`` the customer's IANA zone."""

    subject: str
    body: str
    received: datetime
    zone: str
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one text says.

    ``phrase`` is quoted from the text, ``reasons`` name the rules in plain words. ``deadline`` is
    the legal one, in the customer's zone; ``deadline_text`` the words it came from. ``accounts``,
    ``meters`` and ``vendors`` are as typed. ``effective`` is a close request's date.
    """

    category: Category
    confidence: float  # 0 to 1
    phrase: str = ""
    reasons: tuple[str, ...] = ()
    state: ServiceState = ServiceState.UNKNOWN
    deadline: date | None = None
    deadline_kind: DeadlineKind = DeadlineKind.UNKNOWN
    deadline_text: str = ""
    deadline_time: time | None = None
    accounts: tuple[str, ...] = ()
    meters: tuple[str, ...] = ()
    vendors: tuple[str, ...] = ()
    amounts: tuple[Decimal, ...] = ()
    effective: date | None = None
    vulnerable: str = ""  # "medical", "life_safety" or ""
    language: str = "en"
