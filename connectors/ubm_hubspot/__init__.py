"""HubSpot as an external system: tickets are the places records live in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ubm_hubspot.connector import HubSpotConnector
    from ubm_sync.ports import Connection

__all__ = ["connect"]


def connect(connection: Connection) -> HubSpotConnector:
    """Return the connector for ``connection``; nothing is sent yet.

    Reads ``HUBSPOT_ACCESS_TOKEN`` and ``HUBSPOT_BASE_URL`` from the connection's environment and
    ``Settings`` from its settings. Raises ConfigError where a setting is unknown or out of range.
    """
    from ubm_hubspot.connector import HubSpotConnector  # noqa: PLC0415 - the client is heavy

    return HubSpotConnector(connection)
