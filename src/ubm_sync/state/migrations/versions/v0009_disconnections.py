"""Disconnections: what was read, the cases, what must be sent for them, and remarks in rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_OPEN = "state IN ('queued', 'unknown')"
_WORK = "due"


def upgrade() -> None:
    """Create the tables."""
    _inquiry()
    _disconnection()
    _errand()
    op.create_table(
        "remark",
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("sync_id", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger()),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("place", "sync_id", "field", name=op.f("pk_remark")),
    )
    op.create_index(
        op.f("ix_remark_waiting"),
        "remark",
        ["place", "sync_id"],
        sqlite_where=sa.text("waiting"),
        postgresql_where=sa.text("waiting"),
    )


def _inquiry() -> None:
    texts = ("ref", "digest", "version", "category", "phrase", "customer", "case_id", "reason")
    op.create_table(
        "inquiry",
        sa.Column("source", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("arrived", sa.BigInteger(), nullable=False),
        sa.Column("heard_at", sa.BigInteger()),
        sa.Column("read_at", sa.BigInteger()),
        sa.Column("messages", sa.Text(), nullable=False),
        sa.Column("again_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_inquiry")),
    )
    op.create_index(op.f("ix_inquiry_case_id"), "inquiry", ["case_id"])
    for name in ("arrived", "again_at"):
        op.create_index(op.f(f"ix_inquiry_{name}"), "inquiry", [name])


def _disconnection() -> None:
    op.create_table(
        "disconnection",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("arrived", sa.BigInteger(), nullable=False),
        sa.Column("routed_at", sa.BigInteger()),
        sa.Column("due", sa.Boolean(), nullable=False),
        sa.Column("wake_at", sa.BigInteger()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disconnection")),
    )
    for name in ("ticket", "customer", "outcome", "wake_at"):
        op.create_index(op.f(f"ix_disconnection_{name}"), "disconnection", [name])
    op.create_index(
        op.f("ix_disconnection_due"),
        "disconnection",
        ["id"],
        sqlite_where=sa.text(_WORK),
        postgresql_where=sa.text(_WORK),
    )
    op.create_table(
        "disconnection_ticket",
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_disconnection_ticket")),
    )
    op.create_index(op.f("ix_disconnection_ticket_case_id"), "disconnection_ticket", ["case_id"])


def _errand() -> None:
    op.create_table(
        "errand",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("rank", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("done_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_errand")),
    )
    op.create_index(
        op.f("ix_errand_open"),
        "errand",
        ["rank", "at", "key"],
        sqlite_where=sa.text(_OPEN),
        postgresql_where=sa.text(_OPEN),
    )
    op.create_index(op.f("ix_errand_case_id"), "errand", ["case_id"])
