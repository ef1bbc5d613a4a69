"""What the help desk asks HubSpot's search for; pure.

The engine's own writes move thousands of tickets at once. So a ticket that carries an identity of
this service comes into view only where a customer wrote on it, or where its type or its case makes
it the desk's. All this is one query: groups are ORed, the filters of one are ANDed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ubm_hubspot.decode import MODIFIED
from ubm_hubspot.desk_schema import DeskSchema
from ubm_hubspot.searching import PAGE

_DELAYED = 3_600_000  # milliseconds: a mail may be dated so long before it is noted

Filter = dict[str, Any]
Group = list[Filter]


class DeskQuery:
    """Builds the bodies of one walk over the tickets that pass one of ``groups``.

    ``free`` groups say themselves since when: the walk's own beginning (``since``, epoch ms) is no
    filter of theirs, because a message may not move the ticket's time of change.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        properties: Sequence[str],
        *,
        free: Sequence[Group] = (),
        since: int = 0,
        limit: int = PAGE,
    ) -> None:
        self._groups = list(groups)
        self._free = list(free)
        self._properties = list(properties)
        self._since = since
        self.limit = limit

    def body(
        self, *filters: tuple[str, str, str], sort: str = MODIFIED, offset: int = 0
    ) -> dict[str, Any]:
        """Return the body for the tickets that pass ``filters`` (property, operator, value)."""
        more = [_filter(*one) for one in filters]
        later = [_filter(*one) for one in filters if not self._is_beginning(*one)]
        groups = [
            *([*group, *more] for group in self._groups),
            *([*group, *later] for group in self._free),
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

    def _is_beginning(self, name: str, operator: str, value: str) -> bool:
        return (name, operator) == (MODIFIED, "GTE") and int(value) <= self._since


def changed(schema: DeskSchema, identity: str, properties: Sequence[str], since: int) -> DeskQuery:
    """Return the query for what changed, or was written to, at ``since`` (epoch ms) or later.

    HubSpot: at most 5 groups, of 6 filters each, and 18 filters in all.
    """
    groups = [_unmade(schema, identity)]
    if not groups[0]:  # then that is every ticket
        return DeskQuery(groups, properties)
    if schema.types:
        groups.append([{"propertyName": schema.type, "operator": "IN", "values": schema.types}])
    if schema.case and schema.searchable(schema.case):
        groups.append([{"propertyName": schema.case, "operator": "HAS_PROPERTY"}])
    free: list[Group] = []
    if schema.heard:
        groups.append([_filter(schema.heard, "GTE", str(max(0, since - _DELAYED)))])
        free.append([_filter(schema.heard, "GTE", str(since))])
    return DeskQuery(groups, properties, free=free, since=since)


def made(schema: DeskSchema, identity: str, properties: Sequence[str]) -> DeskQuery:
    """Return the query for new tickets that this service did not make."""
    return DeskQuery([_unmade(schema, identity)], properties)


def owned(owners: Sequence[str], closed: Sequence[str], properties: Sequence[str]) -> DeskQuery:
    """Return the query for the tickets of some owners that lie in none of ``closed`` stages."""
    group: Group = [{"propertyName": "hubspot_owner_id", "operator": "IN", "values": list(owners)}]
    if closed:
        group.append(
            {"propertyName": "hs_pipeline_stage", "operator": "NOT_IN", "values": list(closed)}
        )
    return DeskQuery([group], properties)


def _filter(name: str, operator: str, value: str) -> Filter:
    return {"propertyName": name, "operator": operator, "value": value}


def _unmade(schema: DeskSchema, identity: str) -> Group:
    # Before the first set-up no ticket can carry our identity, and HubSpot refuses to be asked.
    if not schema.searchable(identity):
        return []
    return [{"propertyName": identity, "operator": "NOT_HAS_PROPERTY"}]
