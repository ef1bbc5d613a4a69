"""Bills, logins, invoice clearance and contracts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ubm_store.migrations.columns import NUMBER, required, tags, text
from ubm_sync.database import Instant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables."""
    _bill()
    _bill_line()
    _credential_reference()
    _operator_clearance()
    _service_contract()


def _bill() -> None:
    op.create_table(
        "bill",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("account_number", NUMBER, nullable=False),
        sa.Column("origin", sa.Text(), server_default="actual", nullable=False),
        sa.Column("is_mock", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        text("fingerprint"),
        sa.Column("statement_date", sa.Date(), nullable=True),
        sa.Column("service_from", sa.Date(), nullable=True),
        sa.Column("service_to", sa.Date(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("received_at", Instant(), nullable=True),
        sa.Column("processed_at", Instant(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), server_default="USD", nullable=False),
        sa.Column("hold", sa.Text(), server_default="none", nullable=False),
        text("hold_decided_by"),
        text("hold_reason"),
        *tags(),
        sa.CheckConstraint(
            "hold IN ('none', 'held', 'approved', 'overridden')", name="ck_bill_hold"
        ),
        sa.CheckConstraint(
            "origin IN ('actual', 'estimated', 'mock', 'void', 'adjustment', 'historical')",
            name="ck_bill_origin",
        ),
        sa.ForeignKeyConstraint(
            ["account_number"], ["account.number"], name="fk_bill_account_number_account"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_bill"),
    )
    op.create_index(
        "ix_bill_account_statement", "bill", ["account_number", "statement_date"], unique=False
    )


def _bill_line() -> None:
    op.create_table(
        "bill_line",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("bill_id", NUMBER, nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("meter_id", NUMBER, nullable=True),
        text("description"),
        sa.Column("period_from", sa.Date(), nullable=True),
        sa.Column("period_to", sa.Date(), nullable=True),
        sa.Column("usage", sa.Double(), nullable=True),
        text("unit"),
        sa.Column("multiplier", sa.Double(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=True),
        *tags(),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name="fk_bill_line_bill_id_bill"),
        sa.ForeignKeyConstraint(["meter_id"], ["meter.id"], name="fk_bill_line_meter_id_meter"),
        sa.PrimaryKeyConstraint("id", name="pk_bill_line"),
        sa.UniqueConstraint("bill_id", "line", name="uq_bill_line_bill_id_line"),
    )
    op.create_index("ix_bill_line_meter_id", "bill_line", ["meter_id"], unique=False)


def _credential_reference() -> None:
    op.create_table(
        "credential_reference",
        sa.Column("id", NUMBER, nullable=False),
        required("customer_key"),
        required("vendor_canonical"),
        required("login"),
        required("kept_in"),
        text("reference"),
        sa.Column("authoritative", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("to_retire", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("state", sa.Text(), server_default="unknown", nullable=False),
        sa.Column("checked_at", Instant(), nullable=True),
        *tags(),
        sa.CheckConstraint(
            "state IN ('valid', 'invalid', 'locked', 'mfa', 'not_provided', 'unknown')",
            name="ck_credential_reference_state",
        ),
        sa.ForeignKeyConstraint(
            ["customer_key"], ["customer.key"], name="fk_credential_reference_customer_key_customer"
        ),
        sa.ForeignKeyConstraint(
            ["vendor_canonical"],
            ["vendor.canonical"],
            name="fk_credential_reference_vendor_canonical_vendor",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_credential_reference"),
    )
    op.create_index(
        "uq_credential_authority",
        "credential_reference",
        ["customer_key", "vendor_canonical", "login"],
        unique=True,
        sqlite_where=sa.text("authoritative"),
        postgresql_where=sa.text("authoritative"),
    )


def _operator_clearance() -> None:
    op.create_table(
        "operator_clearance",
        sa.Column("id", NUMBER, nullable=False),
        required("operator"),
        sa.Column("bill_id", NUMBER, nullable=True),
        sa.Column("cleared_at", Instant(), nullable=False),
        sa.Column("undone_at", Instant(), nullable=True),
        *tags(),
        sa.ForeignKeyConstraint(
            ["bill_id"], ["bill.id"], name="fk_operator_clearance_bill_id_bill"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_operator_clearance"),
    )
    op.create_index(
        "ix_operator_clearance_bill_id", "operator_clearance", ["bill_id"], unique=False
    )
    op.create_index(
        "ix_operator_clearance_cleared_at", "operator_clearance", ["cleared_at"], unique=False
    )


def _service_contract() -> None:
    op.create_table(
        "service_contract",
        sa.Column("id", NUMBER, nullable=False),
        required("customer_key"),
        required("service"),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("cycle_days", sa.BigInteger(), nullable=True),
        sa.Column("last_invoiced_on", sa.Date(), nullable=True),
        *tags(),
        sa.ForeignKeyConstraint(
            ["customer_key"], ["customer.key"], name="fk_service_contract_customer_key_customer"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_service_contract"),
        sa.UniqueConstraint(
            "customer_key",
            "service",
            "started_on",
            name="uq_service_contract_customer_key_service_started_on",
        ),
    )
