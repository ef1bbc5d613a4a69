"""Rows of customers without a sheet: from files they drop, and from tickets managers enter."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ubm_files.connector import FilesConnector
    from ubm_sync.ports import Connection

__all__ = ["connect"]


def connect(connection: Connection) -> FilesConnector:
    """Return the connector for the customers without a sheet; nothing is opened yet.

    Raises ConfigError for a wrong setting.
    """
    from ubm_files.connector import FilesConnector  # noqa: PLC0415 - keep discovery light

    return FilesConnector(connection)
