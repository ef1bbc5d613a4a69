"""The UBM account store: customers, vendors, locations, accounts and bills in a SQL database."""

from __future__ import annotations

from ubm_sync.ports import Connection, Connector


def connect(connection: Connection) -> Connector:
    """Return the connector of the store at ``UBM_DATABASE_URL``; nothing is opened yet."""
    from ubm_store.connector import StoreConnector  # noqa: PLC0415 - SQLAlchemy loads on first use

    return StoreConnector(connection)
