"""The ledger of delays: revisions in a chain, the evidence they rest on, the cases watched."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the five tables and the end of the empty chain."""
    _create_ledger()
    _create_cases()
    op.execute("INSERT INTO delay_head (id, count, hash) VALUES (1, 0, '')")


def _create_ledger() -> None:
    op.create_table(
        "delay_revision",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("onboarding", sa.Text(), nullable=False),
        sa.Column("delay", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_delay_revision")),
    )
    op.create_index(op.f("ix_delay_revision_onboarding"), "delay_revision", ["onboarding"])
    op.create_table(
        "delay_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delay_head")),
    )
    op.create_table(
        "delay_fact",
        sa.Column("onboarding", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("onboarding", "digest", name=op.f("pk_delay_fact")),
        sqlite_with_rowid=False,
    )


def _create_cases() -> None:
    op.create_table(
        "delay_case",
        sa.Column("onboarding", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("due", sa.Boolean(), nullable=False),
        sa.Column("wake_at", sa.BigInteger(), nullable=True),
        sa.Column("started", sa.BigInteger(), nullable=True),
        sa.Column("over", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("people", sa.Text(), nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("doubts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("onboarding", name=op.f("pk_delay_case")),
    )
    due = sa.text("due")
    op.create_index(
        "ix_delay_case_due",
        "delay_case",
        ["onboarding"],
        sqlite_where=due,
        postgresql_where=due,
    )
    op.create_index("ix_delay_case_wake_at", "delay_case", ["wake_at"])
    op.create_table(
        "delay_witness",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("onboarding", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("system", "onboarding", name=op.f("pk_delay_witness")),
    )
