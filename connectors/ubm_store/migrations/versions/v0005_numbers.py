"""An account is found by its number, whoever made it.

The key of an account that the service made holds its customer, vendor and state besides, so that
no number that a text names was ever equal to it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

KEY = (
    "ltrim(upper(replace(replace(replace(replace(replace(replace(account_number"
    ", ' ', ''), '-', ''), '.', ''), '/', ''), '_', ''), '#', '')), '0')"
)
TAIL = f"substr({KEY}, length({KEY}) - 3)"


def upgrade() -> None:
    """Create the indexes anew."""
    for name, what in (("ix_account_known", KEY), ("ix_account_tail", TAIL)):
        op.drop_index(name, "account")
        op.create_index(name, "account", [sa.text(what)])
