"""What the help desk asks HubSpot's search for; pure.

The engine's own writes move thousands of tickets at once. So a ticket that carries an identity of
this service comes into view only where a customer wrote on it, or where its type makes it the
desk's. All this is one query: groups are ORed, the filters of one are ANDed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ubm_hubspot.decode import MODIFIED
from ubm_hubspot.desk_schema import DeskSchema
from ubm_hubspot.searching import PAGE

_MOST_HEARD = 3  # of HubSpot's 5 groups two are taken

Filter = dict[str, Any]


class DeskQuery:
    """Builds the bodies of one walk over the tickets that pass one of ``groups``.

    A group that looks at messages says itself since when; the walk's own beginning is no filter
    there (``since``, epoch ms), because a message may not move the ticket's time of change.
    """

    def __init__(
        self,
        groups: Sequence[Sequence[Filter]],
        properties: Sequence[str],
        *,
        heard: Sequence[Sequence[Filter]] = (),
        since: int = 0,
        limit: int = PAGE,
    ) -> None:
        self._groups = list(groups)
        self._heard = list(heard)
        self._properties = list(properties)
        self._since = since
        self.limit = limit

    def body(
        self, *filters: tuple[str, str, str], sort: str = MODIFIED, offset: int = 0
    ) -> dict[str, Any]:
        """Return the body for the tickets that pass ``filters`` (property, operator, value)."""
        more = [{"propertyName": p, "operator": o, "value": v} for p, o, v in filters]
        begun = [one for one in more if not self._is_beginning(one)]
        groups = [
            *([*group, *more] for group in self._groups),
            *([*group, *begun] for group in self._heard),
        ]
        body: dict[str, Any] = {
            "filterGroups": [{"filters": group} for group in groups],
            "sorts": [{"propertyName": sort, "direction": "ASCENDING"}],
            "properties": self._properties,
            "limit": self.limit,
        }
        if offset:
            body["after"] = str(offset)
        return body

    def _is_beginning(self, one: Filter) -> bool:
        told = (one["propertyName"], one["operator"])
        return told == (MODIFIED, "GTE") and int(one["value"]) <= self._since


def changed(schema: DeskSchema, identity: str, properties: Sequence[str], since: int) -> DeskQuery:
    """Return the query for what changed, or was written to, at ``since`` (epoch ms) or later."""
    groups = [_unmade(schema, identity)]
    if groups[0] and schema.types:
        groups.append([{"propertyName": schema.type, "operator": "IN", "values": schema.types}])
    heard = [
        [{"propertyName": name, "operator": "GTE", "value": str(since)}]
        for name in schema.heard[:_MOST_HEARD]
    ]
    return DeskQuery(groups, properties, heard=heard, since=since)


def made(schema: DeskSchema, identity: str, properties: Sequence[str]) -> DeskQuery:
    """Return the query for new tickets that this service did not make."""
    return DeskQuery([_unmade(schema, identity)], properties)


def owned(owners: Sequence[str], closed: Sequence[str], properties: Sequence[str]) -> DeskQuery:
    """Return the query for the tickets of some owners that lie in none of ``closed`` stages."""
    group: list[Filter] = [
        {"propertyName": "hubspot_owner_id", "operator": "IN", "values": list(owners)}
    ]
    if closed:
        group.append(
            {"propertyName": "hs_pipeline_stage", "operator": "NOT_IN", "values": list(closed)}
        )
    return DeskQuery([group], properties)


def _unmade(schema: DeskSchema, identity: str) -> list[Filter]:
    # Before the first set-up no ticket can carry our identity, and HubSpot refuses to be asked.
    if not schema.searchable(identity):
        return []
    return [{"propertyName": identity, "operator": "NOT_HAS_PROPERTY"}]
