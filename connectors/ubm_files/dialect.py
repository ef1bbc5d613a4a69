"""What may be set about the rows without a sheet; a column of theirs can hold every field."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from ubm_files.settings import Settings
from ubm_sync.model import Binding, Place
from ubm_sync.ports import Dialect


class ColumnSettings(BaseModel):
    """A column's settings: those of a numbered one; a sheet's other settings mean nothing here."""

    model_config = ConfigDict(extra="ignore", frozen=True, use_attribute_docstrings=True)

    column: str | None = None
    """``AUTO_NUMBER`` for the column of request numbers."""

    prefix: str = ""
    """What stands before each number."""

    fill: str = ""
    """As many zeros as a number has digits at least."""


def objection(place: Place, binding: Binding, settings: Mapping[str, object]) -> str:
    """Return "": rows are text, whatever a field means."""
    del place, binding, settings
    return ""


DIALECT = Dialect(Settings, ColumnSettings, objection)
