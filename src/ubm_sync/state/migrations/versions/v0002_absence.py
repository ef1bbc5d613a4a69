"""Since when a record is missing, and when a person was asked about it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the instants; what is missing already begins to be so at its next full listing."""
    op.add_column("observation", sa.Column("missing_since", sa.BigInteger(), nullable=True))
    op.add_column("observation", sa.Column("asked_at", sa.BigInteger(), nullable=True))
    op.execute("UPDATE observation SET missing = 0 WHERE missing > 0")
    op.create_index(
        "ix_observation_missing",
        "observation",
        ["place"],
        sqlite_where=sa.text("missing > 0"),
        postgresql_where=sa.text("missing > 0"),
    )
