"""Stops of the change guard, and who approved them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Integer, Select, Table, Text, bindparam, delete, select, update

from ubm_sync.database import upsert
from ubm_sync.errors import NotThere, Refused
from ubm_sync.state.repository import Repository
from ubm_sync.state.schema import CleanText, Json, JsonText, Moment, metadata

guard_stop = Table(
    "guard_stop",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("customer", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("allowed", Integer, nullable=False),
    Column("sample", JsonText, nullable=False),
    Column("stopped_at", Moment, nullable=False),
    Column("approved_at", Moment),
    Column("approved_by", CleanText),
)


@dataclass(frozen=True, slots=True)
class GuardStop:
    """More changes of one field than the guard lets pass; ``sample`` shows some of them."""

    fingerprint: str
    customer: str
    system: str
    field: str
    count: int
    limit: int
    sample: Json
    stopped_at: datetime
    approved_at: datetime | None = None
    approved_by: str | None = None


STOP = upsert(guard_stop, ["fingerprint"], update=[])
ALL = select(guard_stop).order_by(guard_stop.c.stopped_at, guard_stop.c.fingerprint)
OPEN = ALL.where(guard_stop.c.approved_at.is_(None))
APPROVED = select(guard_stop.c.fingerprint).where(guard_stop.c.approved_at.is_not(None))
REMOVE = delete(guard_stop).where(guard_stop.c.fingerprint.in_(bindparam("many", expanding=True)))


class GuardStops(Repository):
    """Stops by fingerprint: the same set of changes has the same one."""

    def stop(
        self,
        fingerprint: str,
        customer: str,
        system: str,
        field: str,
        count: int,
        limit: int,
        sample: Json,
        at: datetime,
    ) -> None:
        """Note a stop; a known fingerprint keeps its date and its approval."""
        row = {
            "fingerprint": fingerprint,
            "customer": customer,
            "system": system,
            "field": field,
            "count": count,
            "allowed": limit,
            "sample": sample,
            "stopped_at": at,
        }
        self._later(STOP, row)

    def approve(self, prefix: str, by: str, at: datetime) -> GuardStop:
        """Let the changes of one stop pass; ``prefix`` is enough of its fingerprint.

        Raises NotThere if no open stop begins so, Refused if several do.
        """
        matching = [one for one in self.list() if one.fingerprint.startswith(prefix)]
        if not matching:
            raise NotThere(f'No stop that waits for approval begins with "{prefix}".')
        if len(matching) > 1:
            names = ", ".join(one.fingerprint for one in matching)
            raise Refused(f'"{prefix}" could mean {names}; give more of the fingerprint.')
        self._connection.execute(
            update(guard_stop)
            .where(guard_stop.c.fingerprint == matching[0].fingerprint)
            .values(approved_at=at, approved_by=by)
        )
        return matching[0]

    def approved(self, fingerprints: Iterable[str] | None = None) -> set[str]:
        """Return the approved ones among ``fingerprints`` (None: all approved)."""
        found = set(self._connection.scalars(APPROVED))
        return found if fingerprints is None else found.intersection(fingerprints)

    def list(self) -> Sequence[GuardStop]:
        """Return the stops that wait for approval, oldest first."""
        return self._found(OPEN)

    def keep_only(self, fingerprints: Iterable[str]) -> None:
        """Remove open stops that were not met again: the changes behind them are gone."""
        current = set(fingerprints)
        gone = [one.fingerprint for one in self.list() if one.fingerprint not in current]
        self._change_in(REMOVE, gone)

    def _found(self, statement: Select[*tuple[Any, ...]]) -> Sequence[GuardStop]:
        return [GuardStop(*tuple(row)) for row in self._connection.execute(statement)]
