"""What finds an account by its number, the end of its number, or a meter; and bills by their day.

An account that a person typed has no key: it is found by its number, folded as the key is.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

FOLDED = (
    "ltrim(upper(replace(replace(replace(replace(replace(replace({}"
    ", ' ', ''), '-', ''), '.', ''), '/', ''), '_', ''), '#', '')), '0')"
)
KEY = f"coalesce(account_key, {FOLDED.format('account_number')})"
TAIL = f"substr({KEY}, length({KEY}) - 3)"
OPEN = sa.text("processed_at IS NULL")


def upgrade() -> None:
    """Create the indexes."""
    op.create_index("ix_account_known", "account", [sa.text(KEY)])
    op.create_index("ix_account_tail", "account", [sa.text(TAIL)])
    op.create_index("ix_meter_known", "meter", [sa.text(FOLDED.format("meter_number"))])
    op.create_index("ix_bill_open", "bill", ["due_date"], sqlite_where=OPEN, postgresql_where=OPEN)
