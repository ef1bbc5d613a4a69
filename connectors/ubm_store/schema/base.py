"""What all tables of the store share."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, FetchedValue, Integer, MetaData, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from ubm_sync.database import Instant

# Alembic can only change a constraint it can name, on SQLite above all.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# Who wrote a row: this service, the Data Services system, a person, a scanner (reserved).
SOURCES = ("SYNC", "DSS", "MANUAL", "SCAN")


# SQLite counts up by itself only where the type is called INTEGER.
NUMBER = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """Every table of the store; UTC instants and plain text by default."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Instant, str: Text, int: BigInteger}


class Tagged:
    """Who wrote a row, in which run, when: automations can be cleaned up after by tag and run.

    ``created_at`` and ``source`` have defaults in the database, so that a plain INSERT by a person
    is tagged as one.
    """

    source: Mapped[str] = mapped_column(server_default="MANUAL")
    run_id: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=FetchedValue())


def one_of(column: str, values: tuple[str, ...], *, name: str) -> CheckConstraint:
    """Return a check that ``column`` is empty or one of ``values``."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name)
