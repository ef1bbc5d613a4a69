"""Customers, vendors, locations, accounts, meters, and what happened to them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    Boolean,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from ubm_store.schema.base import NUMBER, SOURCES, Base, Tagged, one_of

STATUSES = ("setting_up", "active", "closing", "closed")
ENROLMENTS = ("not_requested", "requested", "enrolled", "problem")

# UBM-0000001: seven digits or more; the same expression in both databases.
SHOWN_ID = (
    "'UBM-' || substr('0000000', length(cast(number as varchar)) + 1) || cast(number as varchar)"
)

# What is compared of numbers, as ``ubm_sync.spelling.number_key`` makes it; text typed by hand may
# hold more odd characters than this takes away.
FOLDED = (
    "ltrim(upper(replace(replace(replace(replace(replace(replace({}"
    ", ' ', ''), '-', ''), '.', ''), '/', ''), '_', ''), '#', '')), '0')"
)
KNOWN_KEY = FOLDED.format("account_number")  # the account's key holds customer and vendor too
KNOWN_TAIL = f"substr({KNOWN_KEY}, length({KNOWN_KEY}) - 3)"  # the last four
KNOWN_METER = FOLDED.format("meter_number")


class Customer(Tagged, Base):
    """A company whose bills are managed, by the key of its configuration."""

    __tablename__ = "customer"

    key: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class Vendor(Tagged, Base):
    """A utility under its canonical name; ``needs_review`` where a person has not confirmed it."""

    __tablename__ = "vendor"

    canonical: Mapped[str] = mapped_column(primary_key=True)
    commodities: Mapped[str | None]  # separated by "; "
    states: Mapped[str | None]  # two letters each, separated by "; "; empty: everywhere
    note: Mapped[str | None]
    needs_review: Mapped[bool] = mapped_column(Boolean, server_default=false())


class VendorAlias(Tagged, Base):
    """Another name of a vendor within a state ("" = any): "PGE" is two companies in two states."""

    __tablename__ = "vendor_alias"
    __table_args__ = (UniqueConstraint("alias", "state", "vendor_canonical"),)

    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    alias: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="")
    vendor_canonical: Mapped[str] = mapped_column(
        ForeignKey("vendor.canonical", onupdate="CASCADE"), index=True
    )


class Location(Tagged, Base):
    """A site of a customer, by the customer's own code: a building, not a campus."""

    __tablename__ = "location"

    customer_key: Mapped[str] = mapped_column(ForeignKey("customer.key"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    address_1: Mapped[str | None]
    address_2: Mapped[str | None]
    city: Mapped[str | None]
    state: Mapped[str | None]
    zip: Mapped[str | None]
    changed_at: Mapped[datetime | None]


class Account(Tagged, Base):
    """A billing relationship with a vendor.

    ``id`` is what people see and is made from ``number``, so it never changes. An account keeps
    what its own row says, address included: a second account of the location does not change it.
    ``revision`` is the store's change number; the database sets it where a writer did not.
    """

    __tablename__ = "account"
    __table_args__ = (
        ForeignKeyConstraint(
            ["customer_key", "location_code"], ["location.customer_key", "location.code"]
        ),
        # The same number under two vendors, or in two states, is two accounts. A closed account
        # does not stand in the way of a new one.
        Index(
            "uq_account_live",
            "customer_key",
            "vendor_canonical",
            text("coalesce(state, '')"),
            "account_key",
            unique=True,
            sqlite_where=text("coalesce(status, '') <> 'closed'"),
            postgresql_where=text("coalesce(status, '') <> 'closed'"),
        ),
        Index("ix_account_location", "customer_key", "location_code"),
        Index("ix_account_known", text(KNOWN_KEY)),
        Index("ix_account_tail", text(KNOWN_TAIL)),
        one_of("status", STATUSES, name="status"),
        one_of("data_services", ENROLMENTS, name="data_services"),
        one_of("source", SOURCES, name="source"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    id: Mapped[str] = mapped_column(Computed(SHOWN_ID, persisted=True), unique=True)
    sync_id: Mapped[str | None] = mapped_column(unique=True)
    customer_key: Mapped[str] = mapped_column(ForeignKey("customer.key"))
    request_type: Mapped[str | None]
    location_code: Mapped[str | None]
    location_name: Mapped[str | None]
    address_1: Mapped[str | None]
    address_2: Mapped[str | None]
    city: Mapped[str | None]
    state: Mapped[str | None]
    zip: Mapped[str | None]
    vendor: Mapped[str | None]  # as the customer wrote it
    vendor_canonical: Mapped[str | None] = mapped_column(
        ForeignKey("vendor.canonical", onupdate="CASCADE"), index=True
    )
    commodity: Mapped[str | None]
    account_number: Mapped[str | None]  # as it is shown
    account_key: Mapped[str | None]  # as it is compared
    meter_numbers: Mapped[str | None]  # separated by "; "
    bill_type: Mapped[str | None]
    name_on_account: Mapped[str | None]
    service_start: Mapped[date | None]
    service_end: Mapped[date | None]
    bill_delivery: Mapped[str | None]
    online_access: Mapped[str | None]
    gl_code: Mapped[str | None]
    notes: Mapped[str | None]
    status: Mapped[str | None]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    data_services: Mapped[str | None]
    data_services_ref: Mapped[str | None]
    revision: Mapped[int] = mapped_column(server_default=text("0"), index=True)
    changed_at: Mapped[datetime | None]
    changed_by: Mapped[str | None]
    changed_source: Mapped[str] = mapped_column(server_default="MANUAL")
    changed_run: Mapped[str | None]


class Meter(Tagged, Base):
    """A meter of an account; one that is not listed any more is kept with ``removed_at``."""

    __tablename__ = "meter"
    __table_args__ = (
        UniqueConstraint("account_number", "meter_number"),
        Index("ix_meter_known", text(KNOWN_METER)),
    )

    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    account_number: Mapped[int] = mapped_column(ForeignKey("account.number"))
    meter_number: Mapped[str]
    multiplier: Mapped[float | None]
    service_point: Mapped[str | None]  # ESI ID, POD: stays when the meter is swapped
    removed_at: Mapped[datetime | None]


class DataServicesLink(Base):
    """Where an account stands with Data Services; its history is in ``account_event``.

    Kept by the database whenever ``account.data_services`` changes, whoever changes it.
    """

    __tablename__ = "data_services_link"
    __table_args__ = (one_of("state", ENROLMENTS, name="state"),)

    account_number: Mapped[int] = mapped_column(
        NUMBER, ForeignKey("account.number"), primary_key=True, autoincrement=False
    )
    state: Mapped[str]
    ref: Mapped[str | None]
    requested_at: Mapped[datetime | None]  # first asked
    enrolled_at: Mapped[datetime | None]  # last enrolled
    changed_at: Mapped[datetime | None]
    source: Mapped[str]
    run_id: Mapped[str | None]


class AccountEvent(Base):
    """Append-only: what happened to an account. Rows can be neither changed nor deleted.

    ``kind`` is ``created``, ``changed`` (one row per field), ``deleted`` or ``remark``. There is
    no foreign key: the history of a deleted account stays.
    """

    __tablename__ = "account_event"
    __table_args__ = (
        one_of("kind", ("created", "changed", "deleted", "remark"), name="kind"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    account_number: Mapped[int] = mapped_column(index=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    field: Mapped[str | None]
    old_value: Mapped[str | None]
    new_value: Mapped[str | None]
    source: Mapped[str]
    actor: Mapped[str | None]
    run_id: Mapped[str | None]
    note_key: Mapped[str | None] = mapped_column(unique=True)


class ChangeCounter(Base):
    """One row: the change number last given to an account, and which database this is.

    Taking a number locks the row until the end of the transaction, so numbers become visible in
    their order and a reader that remembers the last one misses nothing.
    """

    __tablename__ = "change_counter"

    id: Mapped[int] = mapped_column(NUMBER, primary_key=True, autoincrement=False)
    identity: Mapped[str]  # random; tells a restored or replaced database from this one
    revision: Mapped[int]
