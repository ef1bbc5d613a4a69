"""The onboardings whose delays are watched: what was seen of each, and when to look again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from dataclasses import field as default
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Boolean, Column, Index, Table, Text, and_, bindparam, or_, select, text

from ubm_sync.database import upsert
from ubm_sync.model import nothing
from ubm_sync.state.observations import observation
from ubm_sync.state.repository import Repository
from ubm_sync.state.schema import JsonText, Moment, metadata

DUE = text("due")

delay_case = Table(
    "delay_case",
    metadata,
    Column("onboarding", Text, primary_key=True),
    Column("customer", Text, nullable=False),
    Column("ticket", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("due", Boolean, nullable=False),
    Column("wake_at", Moment),
    Column("started", Moment),
    Column("over", Moment),
    Column("outcome", Text, nullable=False),
    Column("said", JsonText, nullable=False),
    Column("people", JsonText, nullable=False),
    Column("headline", JsonText, nullable=False),
    Column("doubts", JsonText, nullable=False),
    Index("ix_delay_case_due", "onboarding", sqlite_where=DUE, postgresql_where=DUE),
    Index("ix_delay_case_wake_at", "wake_at"),
)
delay_witness = Table(
    "delay_witness",
    metadata,
    Column("system", Text, primary_key=True),
    Column("onboarding", Text, primary_key=True),
    Column("version", Text, nullable=False),
)


@dataclass(slots=True)
class DelayCase:
    """What the service remembers of one onboarding while it watches its delays.

    ``onboarding`` is the record's id, ``ticket`` its id in the ticket system, ``version`` the one
    last looked at. ``settings`` is the hash of the rules it was judged by. ``due``: look at the
    next chance; ``wake_at``: look then. ``outcome`` is "" while it is under way, ``live`` or
    ``cancelled``. ``said`` are the words of people as they stand on the ticket, ``people`` what
    they mean, with names and times. ``headline`` is what stands in the ticket's fields (None:
    empty), ``doubts`` what a person should look at.
    """

    onboarding: str
    customer: str
    ticket: str
    version: str = ""
    settings: str = ""
    due: bool = True
    wake_at: datetime | None = None
    started: datetime | None = None
    over: datetime | None = None
    outcome: str = ""
    said: Mapping[str, str] = default(default_factory=nothing)
    people: Mapping[str, Any] = default(default_factory=nothing)
    headline: Mapping[str, str | None] = default(default_factory=nothing)
    doubts: tuple[str, ...] = ()


class Ticket(NamedTuple):
    """The ticket of an onboarding as it is there now, and the version last looked at."""

    onboarding: str
    ref: str
    version: str
    looked_at: str | None  # None: never


NAMES = tuple(one.name for one in fields(DelayCase))
_cases = delay_case.c
_many: Any = bindparam("many", expanding=True)
LOAD = select(*(_cases[name] for name in NAMES)).where(_cases.onboarding.in_(_many))
HEADLINES = select(_cases.onboarding, _cases.headline).where(_cases.onboarding.in_(_many))
SAVE = upsert(delay_case, ["onboarding"])
STIR = delay_case.update().where(_cases.onboarding.in_(_many)).values(due=True)
TICKETS = (
    select(observation.c.sync_id, observation.c.ref, observation.c.version, _cases.version)
    .join_from(
        observation,
        delay_case,
        and_(_cases.onboarding == observation.c.sync_id, _cases.ticket == observation.c.ref),
        isouter=True,
    )
    .where(observation.c.place == bindparam("at_place"), observation.c.gone == "")
    .order_by(observation.c.created_at, observation.c.ref)
)
WANTED = select(_cases.onboarding).where(or_(DUE, _cases.wake_at <= bindparam("now", type_=Moment)))
OTHERWISE = select(_cases.onboarding).where(
    _cases.outcome == "", _cases.settings != bindparam("by_now"), _cases.settings != "", ~_cases.due
)
HEARD = select(delay_witness.c.onboarding, delay_witness.c.version).where(
    delay_witness.c.system == bindparam("by_system")
)
HEAR = upsert(delay_witness, ["system", "onboarding"])


class DelayCases(Repository):
    """The onboardings, by the id of their record."""

    def tickets(self, place: str) -> list[Ticket]:
        """Return the ticket of every onboarding that is there; of two, the one made last."""
        rows = self._connection.execute(TICKETS, {"at_place": place})
        return list({row[0]: Ticket(*row) for row in rows}.values())

    def load(self, onboardings: Iterable[str]) -> dict[str, DelayCase]:
        """Return the known ones among these."""
        return {row.onboarding: _case(row) for row in self._rows_in(LOAD, onboardings)}

    def all(self) -> list[DelayCase]:
        """Return every onboarding, by customer."""
        statement = select(*(_cases[name] for name in NAMES)).order_by(_cases.customer)
        return [_case(row) for row in self._connection.execute(statement)]

    def headlines(self, onboardings: Iterable[str]) -> dict[str, Mapping[str, str | None]]:
        """Return what the tickets of these should tell of their delays, where it is known."""
        return {row.onboarding: row.headline for row in self._rows_in(HEADLINES, onboardings)}

    def save(self, cases: Iterable[DelayCase]) -> None:
        """Insert or replace them as a whole."""
        self._write(SAVE, [{name: getattr(one, name) for name in NAMES} for one in cases])

    def due(self, now: datetime) -> list[str]:
        """Return the onboardings to look at: the due ones, and those whose wake-up time came."""
        found = self._connection.scalars(WANTED, {"now": now})
        return sorted(found)  # as no database's own order has it

    def stir(self, onboardings: Iterable[str]) -> None:
        """Have these looked at at the next chance; unknown ones are ignored."""
        self._change_in(STIR, onboardings)

    def judged_otherwise(self, settings: str) -> list[str]:
        """Return those that are under way and were judged by other rules."""
        return list(self._connection.scalars(OTHERWISE, {"by_now": settings}))

    def heard(self, system: str) -> dict[str, str]:
        """Return the version of what a system told last of each onboarding."""
        rows = self._connection.execute(HEARD, {"by_system": system})
        return {row.onboarding: row.version for row in rows}

    def hear(self, system: str, versions: Mapping[str, str]) -> None:
        """Remember the version of what a system told of onboardings."""
        rows = [
            {"system": system, "onboarding": onboarding, "version": version}
            for onboarding, version in versions.items()
        ]
        self._write(HEAR, rows)


def _case(row: Any) -> DelayCase:
    found = DelayCase(*row)
    found.doubts = tuple(found.doubts)
    return found
