"""The intake sheets: rows that customers type, and the service's columns beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ubm_smartsheet.connector import SheetConnector
    from ubm_sync.ports import Connection

__all__ = ["connect"]


def connect(connection: Connection) -> SheetConnector:
    """Return the connector for the sheets that ``connection.customers`` are bound to.

    The vendor's client is imported at the first request only. Raises ConfigError for a wrong
    setting and NoAccess where no token is given.
    """
    from ubm_smartsheet.connector import SheetConnector  # noqa: PLC0415 - keep discovery light

    return SheetConnector(connection)
