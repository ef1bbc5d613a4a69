"""The first tables."""

from __future__ import annotations

from alembic import op

from ubm_sync.state import store  # noqa: F401 - declares every table
from ubm_sync.state.schema import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything."""
    metadata.create_all(op.get_bind())
