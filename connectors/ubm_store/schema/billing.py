"""Bills, logins, invoice clearance and contracts: filled by others, reported on by this service."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from ubm_store.schema.base import NUMBER, Base, Tagged, one_of

# An estimated reading is an actual bill; a mock is a placeholder and never one.
ORIGINS = ("actual", "estimated", "mock", "void", "adjustment", "historical")
LOGIN_STATES = ("valid", "invalid", "locked", "mfa", "not_provided", "unknown")


class Bill(Tagged, Base):
    """One statement of an account; a re-issued one is a new version of the same statement date."""

    __tablename__ = "bill"
    __table_args__ = (
        Index("ix_bill_account_statement", "account_number", "statement_date"),
        Index(
            "ix_bill_open",
            "due_date",
            sqlite_where=text("processed_at IS NULL"),
            postgresql_where=text("processed_at IS NULL"),
        ),
        one_of("origin", ORIGINS, name="origin"),
        one_of("hold", ("none", "held", "approved", "overridden"), name="hold"),
    )

    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    account_number: Mapped[int] = mapped_column(ForeignKey("account.number"))
    origin: Mapped[str] = mapped_column(server_default="actual")
    is_mock: Mapped[bool] = mapped_column(Boolean, server_default=false())
    version: Mapped[int] = mapped_column(server_default=text("1"))
    fingerprint: Mapped[str | None]  # of the file
    statement_date: Mapped[date | None]
    service_from: Mapped[date | None]
    service_to: Mapped[date | None]
    due_date: Mapped[date | None]
    received_at: Mapped[datetime | None]
    processed_at: Mapped[datetime | None]
    amount_cents: Mapped[int | None]  # whole cents: no database rounds them
    currency: Mapped[str] = mapped_column(server_default="USD")
    hold: Mapped[str] = mapped_column(server_default="none")
    hold_decided_by: Mapped[str | None]
    hold_reason: Mapped[str | None]


class BillLine(Tagged, Base):
    """One line of a bill: usage of a meter, or a charge."""

    __tablename__ = "bill_line"
    __table_args__ = (UniqueConstraint("bill_id", "line"),)

    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    bill_id: Mapped[int] = mapped_column(ForeignKey("bill.id"))
    line: Mapped[int]
    meter_id: Mapped[int | None] = mapped_column(ForeignKey("meter.id"), index=True)
    description: Mapped[str | None]
    period_from: Mapped[date | None]
    period_to: Mapped[date | None]
    usage: Mapped[float | None]
    unit: Mapped[str | None]
    multiplier: Mapped[float | None]
    amount_cents: Mapped[int | None]


class CredentialReference(Tagged, Base):
    """Where a vendor login is kept and whether it works: a reference, never the secret."""

    __tablename__ = "credential_reference"
    __table_args__ = (
        # exactly one place is the authority for a login
        Index(
            "uq_credential_authority",
            "customer_key",
            "vendor_canonical",
            "login",
            unique=True,
            sqlite_where=text("authoritative"),
            postgresql_where=text("authoritative"),
        ),
        one_of("state", LOGIN_STATES, name="state"),
    )

    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    customer_key: Mapped[str] = mapped_column(ForeignKey("customer.key"))
    vendor_canonical: Mapped[str] = mapped_column(
        ForeignKey("vendor.canonical", onupdate="CASCADE")
    )
    login: Mapped[str]  # the user name
    kept_in: Mapped[str]  # which system holds the secret
    reference: Mapped[str | None]  # the secret's path or item number there
    authoritative: Mapped[bool] = mapped_column(Boolean, server_default=false())
    to_retire: Mapped[bool] = mapped_column(Boolean, server_default=false())
    state: Mapped[str] = mapped_column(server_default="unknown")
    checked_at: Mapped[datetime | None]


class OperatorClearance(Tagged, Base):
    """One invoice cleared by one operator; an undone one is kept and not counted."""

    __tablename__ = "operator_clearance"

    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    operator: Mapped[str]
    bill_id: Mapped[int | None] = mapped_column(ForeignKey("bill.id"), index=True)
    cleared_at: Mapped[datetime] = mapped_column(index=True)
    undone_at: Mapped[datetime | None]


class ServiceContract(Tagged, Base):
    """A service a customer pays for; without an invoice for a cycle and ten days it has lapsed."""

    __tablename__ = "service_contract"
    __table_args__ = (UniqueConstraint("customer_key", "service", "started_on"),)

    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    customer_key: Mapped[str] = mapped_column(ForeignKey("customer.key"))
    service: Mapped[str]
    started_on: Mapped[date]
    ended_on: Mapped[date | None]
    cycle_days: Mapped[int | None]
    last_invoiced_on: Mapped[date | None]
