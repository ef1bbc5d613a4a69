"""Forward migrations of the store, shipped in the package and run by ``migrate``."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from ubm_sync.database import open_engine, safe_address
from ubm_sync.errors import Refused

VERSION_TABLE = "ubm_store_version"
_LOCK = 7_021_446_301  # any number, the same for every instance


def migrate(url: str) -> tuple[str, ...]:
    """Bring the store's tables up to date and return the revisions that were applied.

    All steps are one transaction under a lock: of two programs that start at once, one migrates
    and the other finds nothing left to do. Raises as ``open_engine``; Refused where the database
    was made by a newer version of this program.
    """
    engine = open_engine(url)
    try:
        return migrate_engine(engine, safe_address(url))
    finally:
        engine.dispose()


def migrate_engine(engine: Engine, address: str) -> tuple[str, ...]:
    """Do as ``migrate`` on an open engine."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":  # SQLite's transaction is the lock already
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        missing = pending(connection, address)
        if missing:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    return missing


def pending(connection: Connection, address: str) -> tuple[str, ...]:
    """Return the revisions that the database lacks, oldest first."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    current = context.get_current_revision()
    known = [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]
    known.reverse()
    if current is None:
        return tuple(known)
    if current not in known:
        raise Refused(
            f'The store "{address}" was set up by a newer version of ubm-sync '
            f"(its revision is {current}, this version knows {known[-1]}); update ubm-sync."
        )
    return tuple(known[known.index(current) + 1 :])


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
