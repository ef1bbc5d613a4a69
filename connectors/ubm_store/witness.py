"""What the account store knows of onboardings: enrolments, bills, logins, accounts too many.

One query a kind for all customers asked about. The store keeps how a login stands, not how it came
to it: each look tells the newest, and whoever keeps the facts has the rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, false, func, or_, select

from ubm_store.schema import Account, Bill, CredentialReference, DataServicesLink, table
from ubm_sync.evidence import Evidence, Kind, Side
from ubm_sync.model import Customer
from ubm_sync.ports import Asked, Testimony

SYSTEM = "store"
CHUNK = 500  # values of one IN (...)
ACTUAL = ("actual", "estimated")  # an estimated reading is an actual bill, a mock never is

_ACCOUNT, _BILL = table(Account), table(Bill)
_LINK, _LOGIN = table(DataServicesLink), table(CredentialReference)


def testimonies(
    connection: Connection, asked: Sequence[Asked], customers: Iterable[Customer]
) -> Iterator[Testimony]:
    """Yield what the store knows of these onboardings; nothing where that is what was known."""
    tickets = {one.customer: one for one in asked}
    contracted = {one.key: one.contracted for one in customers}
    facts: dict[str, list[Evidence]] = {key: [] for key in tickets}
    keys = sorted(tickets)
    for start in range(0, len(keys), CHUNK):
        some = keys[start : start + CHUNK]
        for customer, fact in (
            *_bills(connection, some),
            *_logins(connection, some),
            *_scope(connection, some, contracted),
        ):
            facts[customer].append(fact)
    for customer, one in tickets.items():
        told = tuple(sorted(facts[customer], key=lambda each: (each.at, each.identity)))
        version = hashlib.sha256(repr(told).encode()).hexdigest()[:16]
        if version != one.known:
            yield Testimony(one.ticket, version, told)


def _bills(connection: Connection, keys: Sequence[str]) -> Iterator[tuple[str, Evidence]]:
    """Yield of each enrolled account its enrolment and the first actual bill after it."""
    for _, rows in groupby(connection.execute(_bill_rows(keys)), key=lambda row: row.number):
        listed = list(rows)
        account = listed[0]
        statements = [
            row.statement_date
            for row in listed
            if row.statement_date and row.statement_date <= account.enrolled_at.date()
        ]
        last = max(statements, default=None)
        yield account.customer_key, _enrolled(account, last)
        came = [row for row in listed if row.bill and row.came_at >= account.enrolled_at]
        if came:
            first = min(came, key=lambda row: (row.came_at, row.bill))
            yield account.customer_key, _came(account, first)


def _bill_rows(keys: Sequence[str]) -> Select[Any]:
    came_at = func.coalesce(_BILL.c.received_at, _BILL.c.created_at).label("came_at")
    joined = _LINK.join(_ACCOUNT, _ACCOUNT.c.number == _LINK.c.account_number).outerjoin(
        _BILL,
        (_BILL.c.account_number == _ACCOUNT.c.number)
        & (_BILL.c.is_mock == false())
        & _BILL.c.origin.in_(ACTUAL),
    )
    return (
        select(
            _ACCOUNT.c.customer_key,
            _ACCOUNT.c.number,
            _ACCOUNT.c.id.label("account"),
            _LINK.c.enrolled_at,
            _BILL.c.id.label("bill"),
            _BILL.c.statement_date,
            came_at,
        )
        .select_from(joined)
        .where(_ACCOUNT.c.customer_key.in_(keys), _LINK.c.enrolled_at.is_not(None))
        .order_by(_ACCOUNT.c.number)
    )


def _enrolled(row: Any, last: date | None) -> Evidence:
    details = {"last_statement": last.isoformat()} if last else {}
    return _fact(
        Kind.BILL, row.enrolled_at, row.account, "enrolled", f"accounts/{row.account}",
        "data_services", Side.US, details,
    )  # fmt: skip


def _came(account: Any, row: Any) -> Evidence:
    return _fact(
        Kind.BILL, row.came_at, account.account, "actual", f"bills/{row.bill}", "received_at",
        Side.OTHER, {},
    )  # fmt: skip


def _logins(connection: Connection, keys: Sequence[str]) -> Iterator[tuple[str, Evidence]]:
    """Yield how each login stood when it was last tried; only the place that is its authority."""
    statement = select(
        _LOGIN.c.id,
        _LOGIN.c.customer_key,
        _LOGIN.c.vendor_canonical,
        _LOGIN.c.state,
        _LOGIN.c.checked_at,
    ).where(
        _LOGIN.c.customer_key.in_(keys),
        _LOGIN.c.authoritative,
        _LOGIN.c.checked_at.is_not(None),
        _LOGIN.c.state != "unknown",
    )
    for row in connection.execute(statement):
        yield row.customer_key, _fact(
            Kind.CREDENTIAL, row.checked_at, row.vendor_canonical, row.state,
            f"credentials/{row.id}", "state", Side.UNKNOWN, {},
        )  # fmt: skip


def _scope(
    connection: Connection, keys: Sequence[str], contracted: Mapping[str, int]
) -> Iterator[tuple[str, Evidence]]:
    """Yield how many accounts there were at the end of each day they were more than agreed on."""
    agreed = [key for key in keys if contracted.get(key)]
    if not agreed:
        return
    statement = (
        select(_ACCOUNT.c.customer_key, _ACCOUNT.c.created_at)
        .where(
            _ACCOUNT.c.customer_key.in_(agreed),
            or_(_ACCOUNT.c.status.is_(None), _ACCOUNT.c.status != "closed"),
        )
        .order_by(_ACCOUNT.c.customer_key, _ACCOUNT.c.created_at)
    )
    rows = connection.execute(statement)
    for customer, listed in groupby(rows, key=lambda row: str(row.customer_key)):
        by_day: dict[date, tuple[int, datetime]] = {}
        for number, row in enumerate(listed, start=1):
            if number > contracted[customer]:
                by_day[row.created_at.astimezone(UTC).date()] = (number, row.created_at)
        for number, at in by_day.values():
            yield customer, _fact(
                Kind.SCOPE, at, "accounts", str(number), f"customers/{customer}", "accounts",
                Side.UNKNOWN, {},
            )  # fmt: skip


def _fact(
    kind: Kind,
    at: datetime,
    subject: str,
    value: str,
    record: str,
    field: str,
    side: Side,
    details: Mapping[str, str],
) -> Evidence:
    return Evidence(kind, at, subject, value, SYSTEM, record, field, "", side, details=details)
