"""What an admin may set under ``systems`` for this connector; every key has a default."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.engine import make_url

from ubm_sync.errors import ConfigError, Flaw

STATE_URL = "UBM_SYNC_STATE_URL"
DEFAULT_STATE = "sqlite:///var/state.db"


class Settings(BaseModel):
    """Settings of the connector; an unknown key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    settle_seconds: float = Field(default=10.0, ge=0, le=3600)
    """A file is read once it did not change for so long: until then it may still be copied."""

    patience_seconds: float = Field(default=60.0, ge=0, le=86_400)
    """A file that cannot be read is called unreadable once it did not change for so long."""

    most_megabytes: float = Field(default=20.0, gt=0, le=500)
    """A larger file is not read."""

    most_unpacked_megabytes: float = Field(default=200.0, gt=0, le=2000)
    """A workbook that unpacks to more is not read."""

    most_rows: int = Field(default=20_000, ge=1, le=200_000)
    """A file with more rows is not read."""

    register_url: str = ""
    """The database that keeps the rows; empty: beside the service's own state."""


def read_settings(given: Mapping[str, object]) -> Settings:
    """Return the settings; raises ConfigError naming every wrong one."""
    try:
        return Settings.model_validate(dict(given))
    except ValidationError as error:
        flaws = [
            Flaw("service.yaml", 0, 0, f"systems.files.{_where(each['loc'])}: {each['msg']}")
            for each in error.errors()
        ]
        raise ConfigError(flaws) from None


def register_address(settings: Settings, environment: Mapping[str, str]) -> str:
    """Return the URL of the database of rows.

    With a state in SQLite it is a file of its own beside it (``state.intake.db``), so that taking
    files in never waits for a transaction of the engine; else the database of the state.
    """
    if settings.register_url:
        return settings.register_url
    url = environment.get(STATE_URL) or DEFAULT_STATE
    if not url.startswith("sqlite"):
        return url
    parsed = make_url(url)
    if parsed.database in {None, "", ":memory:"}:
        return url
    beside = Path(parsed.database or "").with_suffix(".intake.db")
    return parsed.set(database=str(beside)).render_as_string(hide_password=False)


def _where(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location)
