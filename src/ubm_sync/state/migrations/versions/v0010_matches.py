"""First connect: proposals which row is which ticket and account, and what people decided."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_WAITING = "decision = 'accepted' AND linked_at IS NULL AND void = ''"


def upgrade() -> None:
    """Create the tables."""
    first = ("customer", "place", "row_ref", "ref", "kind")
    texts = ("reasons", "row_name", "name", "row_values", "other_values")
    op.create_table(
        "match_proposal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in first),
        sa.Column("score", sa.Float(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger()),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("linked_at", sa.BigInteger()),
        sa.Column("void", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_proposal")),
    )
    op.create_index(
        op.f("uq_match_proposal_pair"),
        "match_proposal",
        ["customer", "place", "row_ref", "ref"],
        unique=True,
    )
    op.create_index(
        op.f("ix_match_proposal_waiting"),
        "match_proposal",
        ["customer"],
        sqlite_where=sa.text(_WAITING),
        postgresql_where=sa.text(_WAITING),
    )
    op.create_table(
        "match_start",
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("begun_by", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("customer", name=op.f("pk_match_start")),
    )
