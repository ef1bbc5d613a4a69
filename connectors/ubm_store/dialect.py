"""What may be set about the store, and which fields its columns can hold."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from pydantic import BaseModel, ConfigDict, Field

from ubm_store.values import COLUMNS, DATES, IDENTITY, INSTANTS, LISTED
from ubm_sync.model import Binding, FieldType, Place
from ubm_sync.ports import Dialect


class ForeignColumns(BaseModel):
    """Columns with a meaning of their own in a table of another database."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    id: str = "id"
    """The key of the table."""

    sync_id: str = "sync_id"
    """The unique column that carries a record's identity."""

    customer_key: str = "customer_key"
    """The column that says whose account it is."""

    changed_at: str = "changed_at"
    """The column that says when a row was changed, if there is one."""


class Settings(BaseModel):
    """Settings of the account store; every key has a default."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    facts_every: float = Field(default=3600.0, ge=0)
    """Seconds between two looks at bills, enrolments and logins."""

    hold_over_cents: int = Field(default=2_400_000, ge=0)
    """The amount in cents over which a bill is held."""

    lock_seconds: float = Field(default=10.0, gt=0)
    """How long a locked database is waited for."""

    table: str | None = None
    """The table of another database that holds the accounts; without it the store's own."""

    columns: ForeignColumns = ForeignColumns()
    """Names of columns in that table."""


class ColumnSettings(BaseModel):
    """A column has no settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def objection(place: Place, binding: Binding, settings: Mapping[str, object]) -> str:
    """Return why a field cannot live in its column, "" where it can; other tables are not known."""
    del place
    if settings.get("table"):
        return ""
    name = binding.external
    if name not in COLUMNS:
        close = get_close_matches(name, COLUMNS, n=1)
        hint = f'; did you mean "{close[0]}"?' if close else "; see the columns in the reference"
        return "" if name == IDENTITY else f'the store has no column "{name}"{hint}'
    if name in DATES and binding.type is not FieldType.DATE:
        return f'the column "{name}" holds days; this field is {binding.type}'
    if name in INSTANTS and binding.type is not FieldType.INSTANT:
        return f'the column "{name}" holds points in time; this field is {binding.type}'
    if name in LISTED:
        theirs = [binding.encode.get(one, one) for one in binding.choices]
        wrong = [one for one in theirs if one not in LISTED[name]]
        if wrong:
            known = ", ".join(LISTED[name])
            return f'the column "{name}" holds only {known}; "{wrong[0]}" is none of them'
    return ""


DIALECT = Dialect(Settings, ColumnSettings, objection)
