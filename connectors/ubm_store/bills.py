"""Bills as the store has them: the last one of an account, those to be paid, those on hold.

A mock or a void is no bill (domain A10), and of a bill that was issued again only the newest
version counts. SQLite lets a person store anything in any column: a day that is none is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    cast,
    exists,
    false,
    or_,
    select,
    type_coerce,
)

from ubm_store.schema import Account, Bill, table
from ubm_sync.ports import DueBill

HOLD_LIMIT = 2_400_000  # cents; more than this is held (domain A23)
NO_BILLS = ("mock", "void")
_CHUNK = 500
_ACCOUNT, _BILL = table(Account), table(Bill)
_NEWER = _BILL.alias("newer")


def is_real(bill: Any = _BILL) -> ColumnElement[bool]:
    """Return the condition that a row is a bill somebody may have to pay."""
    return and_(bill.c.is_mock == false(), bill.c.origin.not_in(NO_BILLS))


def bills_of(connection: Connection, numbers: Sequence[int]) -> dict[int, list[Any]]:
    """Return the bills of some accounts, newest first, by the account's number."""
    found: dict[int, list[Any]] = {}
    for start in range(0, len(numbers), _CHUNK):
        statement = select(
            _BILL.c.account_number,
            *_days(connection),
            _BILL.c.hold,
            _BILL.c.version,
            _BILL.c.id,
            cast(_BILL.c.amount_cents, Text).label("amount"),
            _BILL.c.processed_at.is_not(None).label("processed"),
        ).where(_BILL.c.account_number.in_(numbers[start : start + _CHUNK]), is_real())
        for row in connection.execute(statement):
            found.setdefault(row.account_number, []).append(row)
    for rows in found.values():
        rows.sort(key=lambda row: (str(row.statement or ""), row.version, row.id), reverse=True)
    return found


def due_between(
    connection: Connection, start: date, end: date, customers: Sequence[str]
) -> Iterator[DueBill]:
    """Yield the bills that nobody processed and that are due in a span, by day."""
    wanted = _open_bills(connection, customers).where(
        _BILL.c.due_date >= start, _BILL.c.due_date <= end
    )
    yield from _told(connection, wanted)


def held_until(connection: Connection, day: date, customers: Sequence[str]) -> Iterator[DueBill]:
    """Yield the bills on hold that are due up to a day, and those of which nobody knows when."""
    wanted = _open_bills(connection, customers).where(
        _BILL.c.hold == "held", or_(_BILL.c.due_date <= day, _BILL.c.due_date.is_(None))
    )
    yield from _told(connection, wanted)


def _open_bills(connection: Connection, customers: Sequence[str]) -> Select[Any]:
    replaced = exists().where(
        _NEWER.c.account_number == _BILL.c.account_number,
        _NEWER.c.statement_date == _BILL.c.statement_date,
        _NEWER.c.version > _BILL.c.version,
        is_real(_NEWER),
    )
    wanted = (
        select(
            _ACCOUNT.c.id,
            _ACCOUNT.c.customer_key,
            _ACCOUNT.c.vendor_canonical,
            _ACCOUNT.c.vendor,
            _ACCOUNT.c.account_number,
            _ACCOUNT.c.location_code,
            _ACCOUNT.c.location_name,
            _ACCOUNT.c.city,
            *_days(connection),
            cast(_BILL.c.amount_cents, Text).label("amount"),
            _BILL.c.hold,
        )
        .select_from(_BILL.join(_ACCOUNT, _ACCOUNT.c.number == _BILL.c.account_number))
        .where(_BILL.c.processed_at.is_(None), is_real(), ~replaced)
        .order_by(_BILL.c.due_date, _BILL.c.amount_cents.desc(), _BILL.c.id)
    )
    return wanted.where(_ACCOUNT.c.customer_key.in_(customers)) if customers else wanted


def _days(connection: Connection) -> tuple[Any, Any]:
    columns = _BILL.c.statement_date, _BILL.c.due_date
    if connection.dialect.name == "sqlite":
        columns = tuple(type_coerce(column, Text) for column in columns)  # type: ignore[assignment] # read as text
    return columns[0].label("statement"), columns[1].label("due")


def _told(connection: Connection, wanted: Select[Any]) -> Iterator[DueBill]:
    for row in connection.execute(wanted):
        yield DueBill(
            account=row.id,
            customer=row.customer_key,
            vendor=row.vendor_canonical or row.vendor or "",
            number=row.account_number or "",
            location=place_text(row.location_code, row.location_name, row.city),
            due=as_day(row.due),
            statement=as_day(row.statement),
            amount_cents=as_cents(row.amount),
            hold=row.hold,
        )


def place_text(code: str | None, name: str | None, city: str | None) -> str:
    """Return a site as people call it: ``0412 Joliet #0412``, else with its city."""
    return " ".join(filter(None, (code, name or city)))


def as_day(value: object) -> date | None:
    """Return a day, None where the cell holds none."""
    if isinstance(value, date):
        return value
    with suppress(ValueError, TypeError):
        return date.fromisoformat(str(value)[:10])
    return None


def as_cents(value: object) -> int | None:
    """Return an amount in cents, None where the cell holds none."""
    with suppress(ValueError, TypeError):
        return int(str(value))
    return None
