"""The cases of the disconnection flow, and which tickets are about them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Column, Index, Table, Text, bindparam, or_, select, text

from ubm_sync.database import upsert
from ubm_sync.disconnection.values import Category, DeadlineKind, ServiceState
from ubm_sync.routing.case import Case, Told
from ubm_sync.state.repository import Repository
from ubm_sync.state.schema import JsonText, Moment, metadata

DUE = text("due")

disconnection = Table(
    "disconnection",
    metadata,
    Column("id", Text, primary_key=True),
    Column("customer", Text, nullable=False, index=True),
    Column("ticket", Text, nullable=False, index=True),
    Column("category", Text, nullable=False),
    Column("outcome", Text, nullable=False, index=True),
    Column("arrived", Moment, nullable=False),
    Column("routed_at", Moment),
    Column("due", Boolean, nullable=False),
    Column("wake_at", Moment, index=True),
    Column("body", JsonText, nullable=False),
    Index("ix_disconnection_due", "id", sqlite_where=DUE, postgresql_where=DUE),
)
ticket_of = Table(
    "disconnection_ticket",
    metadata,
    Column("ref", Text, primary_key=True),
    Column("case_id", Text, nullable=False, index=True),
)

_cases = disconnection.c
_many: Any = bindparam("many", expanding=True)
LOAD = select(_cases.body).where(_cases.id.in_(_many))
SAVE = upsert(disconnection, ["id"])
BIND = upsert(ticket_of, ["ref"])
OF_TICKETS = select(ticket_of.c.ref, ticket_of.c.case_id).where(ticket_of.c.ref.in_(_many))
OPEN = ("", "acknowledged")
_COLUMNS = ("id", "customer", "ticket", "category", "outcome", "arrived", "routed_at", "due",
            "wake_at")  # fmt: skip
_NAMES = tuple(one.name for one in fields(Case))
_INSTANTS = ("arrived", "routed_at", "since", "acknowledged_at", "closed_at", "held", "wake_at")
_DAYS = ("deadline", "pay_by")
_LISTS = ("keys", "numbers", "ids", "facts", "others", "linked")


class Disconnections(Repository):
    """Cases by their id."""

    def load(self, ids: Iterable[str]) -> dict[str, Case]:
        """Return the known ones among these."""
        found = [_case(row.body) for row in self._rows_in(LOAD, ids)]
        return {one.id: one for one in found}

    def save(self, cases: Iterable[Case]) -> None:
        """Insert or replace cases as a whole, and bind their tickets to them."""
        several = list(cases)
        rows = [
            {**{name: getattr(one, name) for name in _COLUMNS}, "body": _body(one)}
            for one in several
        ]
        self._write(SAVE, rows)
        bound = [
            {"ref": ref, "case_id": one.id}
            for one in several
            for ref in (one.ticket, *one.others)
            if ref
        ]
        self._write(BIND, bound)

    def bind(self, ref: str, case: str) -> None:
        """Have a ticket belong to a case."""
        self._write(BIND, [{"ref": ref, "case_id": case}])

    def of_tickets(self, refs: Iterable[str]) -> dict[str, str]:
        """Return the case of each ticket that has one."""
        return {row.ref: row.case_id for row in self._rows_in(OF_TICKETS, refs)}

    def due(self, now: datetime) -> list[Case]:
        """Return the cases to look at now: the due ones, and those whose time has come."""
        statement = select(_cases.body).where(or_(DUE, _cases.wake_at <= now))
        found = [_case(body) for body in self._connection.scalars(statement)]
        return sorted(found, key=lambda one: (one.urgency, one.id))

    def standing(self, customer: str | None = None) -> list[Case]:
        """Return the cases that are not closed and were not answered with "no"; most urgent first.

        Of one customer where it is given.
        """
        statement = select(_cases.body).where(_cases.outcome.in_(OPEN))
        if customer is not None:
            statement = statement.where(_cases.customer == customer)
        found = [_case(body) for body in self._connection.scalars(statement)]
        return sorted(found, key=lambda one: (one.urgency, one.id))

    def all(self) -> list[Case]:
        """Return every case, the newest first."""
        statement = select(_cases.body).order_by(_cases.arrived.desc(), _cases.id)
        return [_case(body) for body in self._connection.scalars(statement)]

    def stir(self, ids: Iterable[str]) -> None:
        """Have these looked at at the next chance."""
        found = self.load(ids)
        for one in found.values():
            one.due = True
        self.save(found.values())


def _body(case: Case) -> dict[str, Any]:
    body = {name: getattr(case, name) for name in _NAMES}
    return {**body, "told": [list(one) for one in case.told]}


def _case(body: dict[str, Any]) -> Case:
    known = {name: body[name] for name in _NAMES if name in body}
    for name in _INSTANTS:
        known[name] = datetime.fromisoformat(known[name]) if known.get(name) else None
    for name in _DAYS:
        known[name] = date.fromisoformat(known[name]) if known.get(name) else None
    for name in _LISTS:
        known[name] = tuple(known.get(name) or ())
    known["told"] = tuple(
        Told(level, email, role, datetime.fromisoformat(at), name)
        for level, email, role, at, name in known.get("told") or ()
    )
    known["category"] = Category(known["category"])
    known["state"] = ServiceState(known["state"])
    known["deadline_kind"] = DeadlineKind(known["deadline_kind"])
    return Case(**known)
