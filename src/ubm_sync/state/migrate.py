"""Bring the state's tables up to date with the migrations shipped in this package."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from ubm_sync.database import for_reading
from ubm_sync.errors import Refused

HEAD = "0011"  # the newest of migrations/versions; a test compares the two
LOCK = 0x75626D5374617465  # "ubmState": any number of our own, the same in all processes


def migrate(engine: Engine) -> None:
    """Run what is missing, in one transaction and under a lock; doing it again changes nothing.

    Raises Refused where the tables were made by a newer version of this program.
    """
    with for_reading(engine).connect() as connection:  # a start waits for no writer
        if _revision(connection) == HEAD:
            return
    with engine.begin() as connection:
        if connection.dialect.name != "sqlite":  # there the transaction itself is the lock
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        if _revision(connection) != HEAD:
            _upgrade(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _upgrade(connection: Connection) -> None:
    # takes 0.2 s to import, and nearly every start has nothing to migrate
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))  # it interpolates
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise Refused(
            "The state database was made by a newer version of this program; "
            "update the program, or restore a backup of the database."
        ) from error
