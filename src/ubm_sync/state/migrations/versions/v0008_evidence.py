"""A chain over the facts delays rest on, so that none is dropped or slipped in unseen."""

from __future__ import annotations

import hashlib
import json
from itertools import groupby

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the chain, with an entry for what each onboarding's facts are by now."""
    table = op.create_table(
        "delay_told",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("onboarding", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_delay_told")),
    )
    op.create_index(op.f("ix_delay_told_onboarding"), "delay_told", ["onboarding"])
    op.create_table(
        "delay_told_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delay_told_head")),
    )
    connection = op.get_bind()
    known = connection.execute(
        sa.text('SELECT onboarding, digest, "at", used FROM delay_fact ORDER BY onboarding, digest')
    ).all()
    link, rows = "", []
    for number, (onboarding, group) in enumerate(groupby(known, key=lambda one: one[0]), start=1):
        facts = list(group)
        told = {
            "told": [digest for _, digest, _, used in facts if used],
            "retired": [digest for _, digest, _, used in facts if not used],
        }
        body = json.dumps(told, separators=(",", ":"))
        at = max(one[2] for one in facts)
        entry = [number, at, onboarding, body]
        content = json.dumps(entry, separators=(",", ":"), ensure_ascii=False)
        before, link = link, hashlib.sha256((link + content).encode()).hexdigest()
        rows.append(
            {"seq": number, "at": at, "onboarding": onboarding, "body": body,
             "prev_hash": before, "hash": link}
        )  # fmt: skip
    if rows:
        op.bulk_insert(table, rows)
    head = sa.text("INSERT INTO delay_told_head (id, count, hash) VALUES (1, :count, :hash)")
    connection.execute(head, {"count": len(rows), "hash": link})
