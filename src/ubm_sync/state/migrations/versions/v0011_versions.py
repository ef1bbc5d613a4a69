"""Whole versions of what is configured, and what was seen lately, to rehearse a change on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Replace the history that nothing was ever written into."""
    op.drop_table("mapping_version")
    op.create_table(
        "configuration_version",
        sa.Column("number", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger()),
        sa.Column("second_by", sa.Text()),
        sa.Column("second_at", sa.BigInteger()),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("written", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_configuration_version")),
    )
    op.create_index(
        op.f("ix_configuration_version_standing"), "configuration_version", ["standing"]
    )
    op.create_table(
        "configuration_file",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_configuration_file")),
    )
    op.create_table(
        "seen_lately",
        sa.Column("number", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_seen_lately")),
    )
    op.create_index(op.f("ix_seen_lately_at"), "seen_lately", ["at"])
