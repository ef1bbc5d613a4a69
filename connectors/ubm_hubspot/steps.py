"""The stages of all pipelines of a portal, as people read them; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

Pair = tuple[str, str]  # ids of a pipeline and a stage


class Step(NamedTuple):
    """A stage of any pipeline."""

    pipeline: str
    stage: str
    closed: bool


def steps_of(pipelines: Iterable[Mapping[str, Any]]) -> dict[Pair, Step]:
    """Return every stage by the ids of pipeline and stage, in the order people see."""
    return {
        (str(each["id"]), str(stage["id"])): Step(
            str(each["label"]), str(stage["label"]), is_closed(stage)
        )
        for each in sorted(pipelines, key=_order)
        for stage in sorted(each.get("stages") or [], key=_order)
        if not stage.get("archived")
    }


def is_closed(stage: Mapping[str, Any]) -> bool:
    """Return whether a stage ends a ticket: HubSpot says it in either of two ways."""
    metadata = stage.get("metadata") or {}
    return (
        str(metadata.get("ticketState", "")).upper() == "CLOSED"
        or str(metadata.get("isClosed", "")).lower() == "true"
    )


def _order(each: Mapping[str, Any]) -> int:
    return int(each.get("displayOrder") or 0)
