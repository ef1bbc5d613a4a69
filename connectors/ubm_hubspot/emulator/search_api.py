"""The search of one object type, over its delayed copy."""

from __future__ import annotations

from typing import Any

import orjson

from ubm_hubspot.emulator.api import Answer, Call, next_page, shown_names, shown_record
from ubm_hubspot.emulator.index import Position, SearchIndex, Snapshot, Test
from ubm_hubspot.emulator.instants import parse_instant
from ubm_hubspot.emulator.portal import Portal
from ubm_hubspot.emulator.refusals import invalid
from ubm_hubspot.emulator.searching import (
    MODIFIED,
    compile_groups,
    sort_key,
    words_test,
)

LARGEST_PAGE = 200
_QUERIED = {
    "tickets": ("subject", "content"),
    "companies": ("name", "domain", "phone"),
    "contacts": ("firstname", "lastname", "email", "phone"),
    "notes": ("hs_note_body",),
    "tasks": ("hs_task_body", "hs_task_subject"),
    "meetings": ("hs_meeting_title", "hs_meeting_body"),
    "emails": ("hs_email_subject", "hs_email_text"),
}


def search(call: Call, kind: str) -> Answer:
    """Answer one page of what the search copy holds; archived records never appear."""
    portal, body = call.portal, call.json()
    if len(call.request.body) > portal.switches.search_body_limit:
        raise invalid("The request body is too long: a search takes at most 3000 characters.")
    limit, after = _page(portal, body)
    index = portal.shelves[kind].index
    index.settle(portal.now())
    found = _found(portal, kind, index, body)
    page = [index.shown[record] for _, record in found[after : after + limit]]
    if every := portal.switches.search_repeats:
        page += page[::every]
    names = shown_names(portal, kind, body.get("properties") or ())
    answer: dict[str, Any] = {
        "total": len(found),
        "results": call.shortened([shown_record(one, names) for one in page]),
    }
    if after + limit < len(found):
        answer["paging"] = next_page(call.request, str(after + limit))
    return 200, answer


def _page(portal: Portal, body: dict[str, Any]) -> tuple[int, int]:
    limit = body.get("limit")
    limit = 10 if limit is None else int(limit)
    if not 1 <= limit <= LARGEST_PAGE:
        raise invalid(f"The limit of a search is {LARGEST_PAGE}, was {limit}.")
    text = str(body.get("after") or "0")
    if not text.isdigit():
        raise invalid(f"after must be an integer, was {text}.")
    after = int(text)
    if after + limit > portal.switches.search_cap:
        raise invalid(
            f"A search returns at most {portal.switches.search_cap} results in all; "
            "paging beyond that is not supported."
        )
    return limit, after


def _found(portal: Portal, kind: str, index: SearchIndex, body: dict[str, Any]) -> list[Position]:
    groups = body.get("filterGroups") or []
    test = compile_groups(
        groups, portal.definitions[kind], lambda name, record: _associated(portal, name, record)
    )
    if body.get("query"):
        test = _both(test, words_test(str(body["query"]), _QUERIED[kind]))
    query = orjson.dumps([groups, body.get("query"), _outside(portal, groups)])
    found = index.find(query, _earliest(groups), test)
    name, descending = _sort(body)
    if name in MODIFIED:
        return found[::-1] if descending else found
    key = sort_key(name, portal.definitions[kind].get(name))
    matching = sorted((index.shown[record] for _, record in found), key=key, reverse=descending)
    return [(one.modified, one.id) for one in matching]


def _outside(portal: Portal, groups: list[dict[str, Any]]) -> int:
    """Return what an answer depends on besides the copy: associations are looked up live."""
    names = (one.get("propertyName") for group in groups for one in group.get("filters") or [])
    linked = any(str(name).startswith("associations.") for name in names)
    return portal.changes if linked else 0


def _both(one: Test, other: Test) -> Test:
    def test(snapshot: Snapshot) -> bool:
        return one(snapshot) and other(snapshot)

    return test


def _sort(body: dict[str, Any]) -> tuple[str, bool]:
    sorts = body.get("sorts") or []
    if len(sorts) > 1:
        raise invalid("A search takes one sort.")
    if not sorts:
        return "hs_object_id", False
    if isinstance(sorts[0], str):  # the client's model allows "-name"
        return sorts[0].lstrip("-"), sorts[0].startswith("-")
    return str(sorts[0].get("propertyName")), sorts[0].get("direction") == "DESCENDING"


def _earliest(groups: list[dict[str, Any]]) -> int | None:
    """Return the earliest modification every group asks for, where each asks for one."""
    earliest = []
    for group in groups:
        bounds = [
            parse_instant(str(one["value"]))
            for one in group.get("filters") or []
            if one.get("propertyName") in MODIFIED
            and one.get("operator") in {"GT", "GTE", "BETWEEN", "EQ"}
        ]
        if not bounds:
            return None
        earliest.append(max(bounds))
    return min(earliest) if earliest else None


def _associated(portal: Portal, name: str, record: int) -> set[str]:
    kind = portal.kind(name)
    return {
        str(other)
        for other in portal.associations.of(record)
        if portal.records[other].kind == kind and not portal.records[other].archived_at
    }
