"""Walking HubSpot's search without losing records between its pages; pure but for ``ask``.

HubSpot: at most 200 results a page, 10,000 a query, one sort, a body of 3,000 characters. Paging
is by offset over a moving list: a record changed meanwhile moves to the end and pulls the next one
over the page's edge. So each page begins with the last record of the page before; where it does
not, the list has moved and the walk starts again from the last change seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

import orjson

from ubm_hubspot.decode import CREATED, MODIFIED, PIPELINE, modified_of

PAGE = 200
DEEPEST = 9_800  # re-anchor before HubSpot's 10,000
BODY_LIMIT = 3_000
OBJECT_ID = "hs_object_id"

Record: TypeAlias = dict[str, Any]
Ask: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]


class Found(NamedTuple):
    """One page of results; ``whole`` is False where the search left records out of it."""

    records: list[Record]
    whole: bool = True
    total: int = 0  # results of the whole query, by HubSpot's count
    more: bool = False  # whether another page follows


class Asking(Protocol):
    """Builds the bodies of one walk; ``limit`` results a page."""

    limit: int

    def body(
        self, *filters: tuple[str, str, str], sort: str = MODIFIED, offset: int = 0
    ) -> dict[str, Any]:
        """Return the body for the tickets that pass ``filters`` (property, operator, value)."""
        ...


class Query:
    """Builds the bodies of walks over our tickets.

    ``pipeline`` returns the id of a pipeline whose tickets count without our identity too, or "".
    """

    def __init__(
        self,
        identity: str,
        properties: Sequence[str],
        *,
        limit: int = PAGE,
        pipeline: Callable[[], str] = lambda: "",
    ) -> None:
        self._identity = identity
        self._properties = list(properties)
        self.limit = limit
        self._pipeline = pipeline

    def body(
        self, *filters: tuple[str, str, str], sort: str = MODIFIED, offset: int = 0
    ) -> dict[str, Any]:
        """Return the body for our tickets that pass ``filters`` (property, operator, value).

        Other tickets come into view by a second filter group: groups are ORed.
        """
        ours = {"propertyName": self._identity, "operator": "HAS_PROPERTY"}
        more = [{"propertyName": p, "operator": o, "value": v} for p, o, v in filters]
        groups: list[dict[str, Any]] = [{"filters": [*more, ours]}]
        if pipeline := self._pipeline():
            without = {"propertyName": self._identity, "operator": "NOT_HAS_PROPERTY"}
            there = {"propertyName": PIPELINE, "operator": "EQ", "value": pipeline}
            groups.append({"filters": [*more, there, without]})
        body: dict[str, Any] = {
            "filterGroups": groups,
            "sorts": [{"propertyName": sort, "direction": "ASCENDING"}],
            "properties": self._properties,
            "limit": self.limit,
        }
        if offset:
            body["after"] = str(offset)
        return body

    def fits(self) -> bool:
        """Return whether the longest body stays within HubSpot's 3,000 characters."""
        body = self.body((MODIFIED, "EQ", "0" * 13), (OBJECT_ID, "GT", "0" * 20), offset=DEEPEST)
        return len(orjson.dumps(body)) <= BODY_LIMIT


def by_change(ask: Ask, query: Asking, anchor: int) -> Iterator[Found]:
    """Yield tickets changed at ``anchor`` (epoch ms) or later, oldest change first.

    Records may come twice. ``ask`` sends one search body.
    """
    offset, last = 0, ""
    while True:
        body = query.body((MODIFIED, "GTE", str(anchor)), offset=offset)
        answer, whole = _asked(ask, body, offset)
        records: list[Record] = answer["results"]
        moved = bool(offset) and (not records or str(records[0]["id"]) != last)
        fresh = [] if moved else records[1:] if offset else records
        if fresh or not whole:
            yield Found(fresh, whole, int(answer.get("total") or 0), bool(_next(answer)))
        if not moved:
            if not _next(answer) or not records:
                return
            latest, last = modified_of(records[-1]), str(records[-1]["id"])
            offset += len(records) - 1
            if len(records) > 1 and offset + query.limit <= DEEPEST:
                continue
        # Start again from the last change seen; where it fills all we saw, walk it by id.
        if latest == anchor:
            yield from by_id(ask, query, (MODIFIED, "EQ", str(anchor)))
            anchor += 1
        else:
            anchor = latest
        offset = 0


def newest(ask: Ask, query: Asking, since: int, pages: int) -> Iterator[Found]:
    """Yield tickets created at ``since`` (epoch ms) or later, the newest first.

    Not all of them where there are more than fit on ``pages``, or where some left meanwhile.
    """
    offset = 0
    for _ in range(pages):
        body = query.body((CREATED, "GTE", str(since)), sort=CREATED, offset=offset)
        body["sorts"][0]["direction"] = "DESCENDING"
        answer, whole = _asked(ask, body, offset)
        yield Found(answer["results"], whole, int(answer.get("total") or 0), bool(_next(answer)))
        if not _next(answer) or offset + 2 * query.limit > DEEPEST:
            return
        offset += query.limit


def by_id(ask: Ask, query: Asking, *filters: tuple[str, str, str]) -> Iterator[Found]:
    """Yield tickets that pass ``filters`` in the order of their ids, each once."""
    anchor, offset, last = 0, 0, 0
    while True:
        after = (OBJECT_ID, "GT", str(anchor))
        body = query.body(*filters, after, sort=OBJECT_ID, offset=offset)
        answer, whole = _asked(ask, body, offset)
        records: list[Record] = answer["results"]
        moved = bool(offset) and (not records or int(records[0]["id"]) != last)
        fresh = [] if moved else records[1:] if offset else records
        if fresh or not whole:
            yield Found(fresh, whole, int(answer.get("total") or 0))
        if not moved:
            if not records or not _next(answer):
                return
            last = int(records[-1]["id"])
            offset += len(records) - 1
            if len(records) > 1 and offset + query.limit <= DEEPEST:
                continue
        anchor, offset = last, 0


def _asked(ask: Ask, body: dict[str, Any], offset: int) -> tuple[dict[str, Any], bool]:
    """Ask, and once more where fewer records came than the answer itself counts."""
    answer: dict[str, Any] = {}
    for _ in range(2):
        answer = ask(body)
        total = int(answer.get("total") or 0)
        if len(answer["results"]) >= min(body["limit"], total - offset):
            return answer, True
    return answer, False


def _next(answer: dict[str, Any]) -> str:
    return str(((answer.get("paging") or {}).get("next") or {}).get("after") or "")
