"""Which records each intent is about, and what people decided for the next cycle."""

from __future__ import annotations

import orjson
import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# SQLite numbers rows by itself only in a column that is declared INTEGER
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create both tables and look through the log once for the first."""
    records = op.create_table(
        "journal_record",
        sa.Column("sync_id", sa.Text(), nullable=False),
        sa.Column("intent", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("sync_id", "intent", name=op.f("pk_journal_record")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "decision",
        sa.Column("number", ROW_NUMBER, nullable=False),
        sa.Column("sync_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_decision")),
    )
    op.create_index(op.f("ix_decision_sync_id"), "decision", ["sync_id"])
    _look_through(op.get_bind(), records)


def _look_through(connection: sa.Connection, records: sa.Table) -> None:
    """Name the records of every intent of the log, one intent at a time."""
    audit = sa.table("audit", sa.column("seq"), sa.column("body"), sa.column("action"))
    intents = sa.select(audit.c.seq).where(audit.c.action == "intent")
    for number in connection.scalars(intents).all():
        body = connection.scalar(sa.select(audit.c.body).where(audit.c.seq == number))
        writes = orjson.loads(body or "{}").get("writes") or {}
        names = [*writes.get("creates", ()), *writes.get("updates", {})]
        ids = dict.fromkeys(name.partition(" ")[2].partition(":")[0] for name in names)
        if ids:
            rows = [{"sync_id": sync_id, "intent": number} for sync_id in ids]
            connection.execute(records.insert(), rows)
