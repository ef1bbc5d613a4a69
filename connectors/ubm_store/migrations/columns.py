"""Column shapes the migrations repeat; a released migration keeps using what it used."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from ubm_sync.database import Instant

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SQLITE_NOW = "strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'"  # as the type Instant writes it
POSTGRESQL_NOW = "clock_timestamp()"


def text(name: str) -> sa.Column[Any]:
    """Return a text column that may be empty."""
    return sa.Column(name, sa.Text(), nullable=True)


def required(name: str) -> sa.Column[Any]:
    """Return a text column that may not be empty."""
    return sa.Column(name, sa.Text(), nullable=False)


def tags() -> list[sa.Column[Any]]:
    """Return the columns that say who wrote a row; a plain INSERT is a person's."""
    now = SQLITE_NOW if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_NOW
    return [
        sa.Column("source", sa.Text(), server_default="MANUAL", nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("created_at", Instant(), server_default=sa.text(f"({now})"), nullable=False),
    ]
