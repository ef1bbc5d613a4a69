"""The UBM account store: customers, vendors, locations, accounts and bills in a SQL database."""

from __future__ import annotations

from ubm_sync.ports import Connection, Connector


def connect(connection: Connection) -> Connector:
    """Return the connector of the store at ``UBM_DATABASE_URL``; nothing is opened yet.

    With ``systems.store.table`` in the configuration the accounts are those of a table of
    somebody else's database (see ``ubm_store.mapped``).
    """
    # SQLAlchemy takes a third of a second to load: only who uses the store waits for it
    from ubm_store.connector import StoreConnector, store_url  # noqa: PLC0415
    from ubm_store.mapped.connector import ForeignConnector  # noqa: PLC0415
    from ubm_store.mapped.table import Names  # noqa: PLC0415

    place = connection.places[0] if connection.places else None
    names = Names.of(connection.settings, place.settings) if place else None
    if place is None or names is None:
        return StoreConnector(connection)
    return ForeignConnector(connection, place, store_url(connection), names)
