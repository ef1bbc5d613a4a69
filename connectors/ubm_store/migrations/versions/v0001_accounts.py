"""Customers, vendors, locations, accounts, meters and their history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ubm_store.migrations.columns import NUMBER, required, tags, text
from ubm_sync.database import Instant

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    _customer()
    _vendor()
    _vendor_alias()
    _location()
    _account()
    _meter()
    _data_services_link()
    _account_event()
    _change_counter()


def _customer() -> None:
    op.create_table(
        "customer",
        required("key"),
        required("name"),
        *tags(),
        sa.PrimaryKeyConstraint("key", name="pk_customer"),
    )


def _vendor() -> None:
    op.create_table(
        "vendor",
        required("canonical"),
        text("commodities"),
        text("states"),
        text("note"),
        sa.Column("needs_review", sa.Boolean(), server_default=sa.false(), nullable=False),
        *tags(),
        sa.PrimaryKeyConstraint("canonical", name="pk_vendor"),
    )


def _vendor_alias() -> None:
    op.create_table(
        "vendor_alias",
        sa.Column("id", NUMBER, nullable=False),
        required("alias"),
        sa.Column("state", sa.Text(), server_default="", nullable=False),
        required("vendor_canonical"),
        *tags(),
        sa.ForeignKeyConstraint(
            ["vendor_canonical"],
            ["vendor.canonical"],
            name="fk_vendor_alias_vendor_canonical_vendor",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_vendor_alias"),
        sa.UniqueConstraint(
            "alias",
            "state",
            "vendor_canonical",
            name="uq_vendor_alias_alias_state_vendor_canonical",
        ),
    )
    op.create_index(
        "ix_vendor_alias_vendor_canonical", "vendor_alias", ["vendor_canonical"], unique=False
    )


def _location() -> None:
    op.create_table(
        "location",
        required("customer_key"),
        required("code"),
        text("name"),
        text("address_1"),
        text("address_2"),
        text("city"),
        text("state"),
        text("zip"),
        sa.Column("changed_at", Instant(), nullable=True),
        *tags(),
        sa.ForeignKeyConstraint(
            ["customer_key"], ["customer.key"], name="fk_location_customer_key_customer"
        ),
        sa.PrimaryKeyConstraint("customer_key", "code", name="pk_location"),
    )


def _account() -> None:
    op.create_table(
        "account",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column(
            "id",
            sa.Text(),
            sa.Computed(
                "'UBM-' || substr('0000000', length(cast(number as varchar)) + 1)"
                " || cast(number as varchar)",
                persisted=True,
            ),
            nullable=False,
        ),
        text("sync_id"),
        required("customer_key"),
        text("request_type"),
        text("location_code"),
        text("location_name"),
        text("address_1"),
        text("address_2"),
        text("city"),
        text("state"),
        text("zip"),
        text("vendor"),
        text("vendor_canonical"),
        text("commodity"),
        text("account_number"),
        text("account_key"),
        text("meter_numbers"),
        text("bill_type"),
        text("name_on_account"),
        sa.Column("service_start", sa.Date(), nullable=True),
        sa.Column("service_end", sa.Date(), nullable=True),
        text("bill_delivery"),
        text("online_access"),
        text("gl_code"),
        text("notes"),
        text("status"),
        text("approved_by"),
        sa.Column("approved_at", Instant(), nullable=True),
        text("data_services"),
        text("data_services_ref"),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("changed_at", Instant(), nullable=True),
        text("changed_by"),
        sa.Column("changed_source", sa.Text(), server_default="MANUAL", nullable=False),
        text("changed_run"),
        *tags(),
        sa.CheckConstraint(
            "data_services IN ('not_requested', 'requested', 'enrolled', 'problem')",
            name="ck_account_data_services",
        ),
        sa.CheckConstraint("source IN ('SYNC', 'DSS', 'MANUAL', 'SCAN')", name="ck_account_source"),
        sa.CheckConstraint(
            "status IN ('setting_up', 'active', 'closing', 'closed')", name="ck_account_status"
        ),
        sa.ForeignKeyConstraint(
            ["customer_key", "location_code"],
            ["location.customer_key", "location.code"],
            name="fk_account_customer_key_location_code_location",
        ),
        sa.ForeignKeyConstraint(
            ["customer_key"], ["customer.key"], name="fk_account_customer_key_customer"
        ),
        sa.ForeignKeyConstraint(
            ["vendor_canonical"],
            ["vendor.canonical"],
            name="fk_account_vendor_canonical_vendor",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", name="pk_account"),
        sa.UniqueConstraint("id", name="uq_account_id"),
        sa.UniqueConstraint("sync_id", name="uq_account_sync_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_account_location", "account", ["customer_key", "location_code"], unique=False
    )
    op.create_index("ix_account_revision", "account", ["revision"], unique=False)
    op.create_index("ix_account_vendor_canonical", "account", ["vendor_canonical"], unique=False)
    op.create_index(
        "uq_account_live",
        "account",
        ["customer_key", "vendor_canonical", sa.text("coalesce(state, '')"), "account_key"],
        unique=True,
        sqlite_where=sa.text("coalesce(status, '') <> 'closed'"),
        postgresql_where=sa.text("coalesce(status, '') <> 'closed'"),
    )


def _meter() -> None:
    op.create_table(
        "meter",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("account_number", NUMBER, nullable=False),
        required("meter_number"),
        sa.Column("multiplier", sa.Double(), nullable=True),
        text("service_point"),
        sa.Column("removed_at", Instant(), nullable=True),
        *tags(),
        sa.ForeignKeyConstraint(
            ["account_number"], ["account.number"], name="fk_meter_account_number_account"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_meter"),
        sa.UniqueConstraint(
            "account_number", "meter_number", name="uq_meter_account_number_meter_number"
        ),
    )


def _data_services_link() -> None:
    op.create_table(
        "data_services_link",
        sa.Column("account_number", NUMBER, autoincrement=False, nullable=False),
        required("state"),
        text("ref"),
        sa.Column("requested_at", Instant(), nullable=True),
        sa.Column("enrolled_at", Instant(), nullable=True),
        sa.Column("changed_at", Instant(), nullable=True),
        required("source"),
        text("run_id"),
        sa.CheckConstraint(
            "state IN ('not_requested', 'requested', 'enrolled', 'problem')",
            name="ck_data_services_link_state",
        ),
        sa.ForeignKeyConstraint(
            ["account_number"],
            ["account.number"],
            name="fk_data_services_link_account_number_account",
        ),
        sa.PrimaryKeyConstraint("account_number", name="pk_data_services_link"),
    )


def _account_event() -> None:
    op.create_table(
        "account_event",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("account_number", sa.BigInteger(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        required("kind"),
        text("field"),
        text("old_value"),
        text("new_value"),
        required("source"),
        text("actor"),
        text("run_id"),
        text("note_key"),
        sa.CheckConstraint(
            "kind IN ('created', 'changed', 'deleted', 'remark')", name="ck_account_event_kind"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_account_event"),
        sa.UniqueConstraint("note_key", name="uq_account_event_note_key"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_account_event_account_number", "account_event", ["account_number"], unique=False
    )


def _change_counter() -> None:
    op.create_table(
        "change_counter",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        required("identity"),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_change_counter"),
    )
