"""What an admin may set under ``systems`` for this connector; every key has a default."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ubm_sync.errors import ConfigError, Flaw


class Settings(BaseModel):
    """Settings of the connector; an unknown key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    template_name: str = Field(default="UBM locations template", min_length=1, max_length=50)
    """Name of the sheet that new customers' sheets are made from."""

    id_column: str = Field(default="UBM Sync ID", min_length=1, max_length=50)
    """Title of the column that holds a record's identity, where the mapping names none."""

    change_agent: str = Field(default="ubm-sync", min_length=1, max_length=512)
    """Sent as ``Smartsheet-Change-Agent`` with every write, so that its echo can be told apart."""

    page_size: int = Field(default=1000, ge=1, le=10_000)
    """Rows per request when a whole sheet is read: as many are in memory at once."""

    modified_overlap: float = Field(default=120.0, ge=2.0)
    """Seconds (of the vendor's clock) that are read again, because its times are whole seconds."""

    writer_info: bool = True
    """Whether rows are read with the name of the person who changed them last."""

    rows_per_write: int = Field(default=500, ge=1, le=500)
    """Rows per write request; the vendor takes at most 500."""

    rows_per_fetch: int = Field(default=100, ge=1, le=400)
    """Single rows read again per request; the length of the address is the limit."""

    rows_proven: int = Field(default=10, ge=1, le=100)
    """Rows missing from full listings that are asked for one by one before a person is asked."""

    cells_looked_up: int = Field(default=4, ge=0, le=25)
    """Cell histories read in a cycle at most; each counts as ten requests. Only where somebody
    saved the sheet between a look and a write, or an answer was lost. 0: never."""

    writers: int = Field(default=4, ge=1, le=16)
    """Sheets written at the same time; one sheet is always written by one request at a time.

    With 1, no page of a sheet is read ahead either: there is one request at any time.
    """

    connect_timeout: float = Field(default=5.0, gt=0)
    """Seconds to wait for a connection."""

    read_timeout: float = Field(default=60.0, gt=0)
    """Seconds to wait for the answer to a read."""

    write_timeout: float = Field(default=400.0, gt=0)
    """Seconds to wait for the answer to a write: 500 rows were seen to take over six minutes."""

    attempts: int = Field(default=5, ge=1, le=20)
    """How often one request is tried before its failure is reported."""

    rate_limit_wait: float = Field(default=60.0, ge=0)
    """Seconds to pause after "too many requests" where the answer names no time itself."""

    maintenance_wait: float = Field(default=180.0, ge=0)
    """Seconds to pause while the vendor says that it is under maintenance."""

    longest_wait: float = Field(default=90.0, ge=0)
    """Seconds one call may wait at most; a longer pause is left to the next cycle."""


def read_settings(values: Mapping[str, object]) -> Settings:
    """Return the checked settings; raises ConfigError naming every wrong key at once."""
    try:
        return Settings.model_validate(dict(values))
    except ValidationError as error:
        flaws = [
            Flaw(
                "config/service.yaml",
                0,
                0,
                f"systems.smartsheet.{'.'.join(map(str, one['loc']))}: {one['msg']}",
            )
            for one in error.errors()
        ]
        raise ConfigError(flaws) from error
