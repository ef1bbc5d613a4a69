"""HubSpot's search as a list in memory: sorted, capped, paged by offset."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ubm_hubspot.values import instant

CAP = 10_000


class Refusal(Exception):
    """HubSpot's 400 for paging past the cap."""


class Index:
    """Answers search bodies over ``{id: modified}``; ``between`` runs after each answer."""

    def __init__(self, records: dict[str, int] | None = None) -> None:
        self.records = dict(records or {})
        self.asked: list[dict[str, Any]] = []
        self.between: Callable[[], None] = lambda: None
        self.lose: Callable[[int, list[str]], list[str]] = lambda _, ids: ids

    def ask(self, body: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(body)
        (group,) = body["filterGroups"]
        ids = [ref for ref in self.records if all(self._passes(ref, f) for f in group["filters"])]
        (sort,) = body["sorts"]
        by_change = sort["propertyName"] == "hs_lastmodifieddate"
        ids.sort(key=lambda ref: (self.records[ref] if by_change else 0, int(ref)))
        start = int(body.get("after") or 0)
        if start + body["limit"] > CAP:
            raise Refusal(start)
        shown = self.lose(len(self.asked), ids[start : start + body["limit"]])
        answer: dict[str, Any] = {"total": len(ids), "results": [self._shown(ref) for ref in shown]}
        if start + body["limit"] < len(ids):
            answer["paging"] = {"next": {"after": str(start + body["limit"])}}
        self.between()
        return answer

    def _passes(self, ref: str, one: dict[str, str]) -> bool:
        if one["operator"] == "HAS_PROPERTY":
            return True
        value = self.records[ref] if one["propertyName"] == "hs_lastmodifieddate" else int(ref)
        wanted = int(one["value"])
        return {"GTE": value >= wanted, "GT": value > wanted, "EQ": value == wanted}[
            one["operator"]
        ]

    def _shown(self, ref: str) -> dict[str, Any]:
        return {"id": ref, "properties": {"hs_lastmodifieddate": instant(self.records[ref])}}
