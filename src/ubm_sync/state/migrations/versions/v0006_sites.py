"""Where each record's location is, by the customer's code for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the table; it is filled as the records are decided again, which they now are."""
    op.create_table(
        "site",
        sa.Column("sync_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("sync_id", name=op.f("pk_site")),
    )
    op.create_index(op.f("ix_site_key"), "site", ["key"])
    op.execute("UPDATE record SET dirty = true WHERE kind = 'location' AND quarantined = ''")
