"""A state database as an earlier version of this program left it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

import ubm_sync.state
from ubm_sync.database import open_engine


def older(url: str, revision: str) -> None:
    """Make the tables of an empty database as they were at a migration."""
    config = Config()
    config.set_main_option(
        "script_location", str(Path(ubm_sync.state.__file__).parent / "migrations")
    )
    engine = open_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()
