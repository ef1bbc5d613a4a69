"""Associations v4: one pair, and batches."""

from __future__ import annotations

from itertools import islice
from typing import Any

from ubm_hubspot.emulator.api import Answer, Call, next_page
from ubm_hubspot.emulator.associations import LINKS, PLAIN, Link, between
from ubm_hubspot.emulator.batch_api import INTERNAL, envelope
from ubm_hubspot.emulator.furniture import OBJECT_TYPES
from ubm_hubspot.emulator.objects_api import checked_types
from ubm_hubspot.emulator.portal import Portal
from ubm_hubspot.emulator.records import Record
from ubm_hubspot.emulator.refusals import Refusal, invalid, not_found

LARGEST_READ = 1_000
LARGEST_WRITE = 2_000
LARGEST_PAGE = 500


def of_record(call: Call, source: str, ref: str, rest: list[str]) -> Answer:
    """Answer a request below ``/crm/v4/objects/{type}/{id}/associations``."""
    portal, method = call.portal, call.request.method
    record = portal.record(source, ref)
    match rest, method:
        case [target], "GET":
            return _page(call, record, portal.kind(target))
        case ["default", target, other], "PUT":
            types = [_plain(source, portal.kind(target)).type_id]
            return 200, _default(call, record, portal.record(portal.kind(target), other), types)
        case [target, other], "PUT":
            kind = portal.kind(target)
            types = checked_types(source, kind, call.json(list))
            return 201, _link(call, record, portal.record(kind, other), types)
        case [target, other], "DELETE":
            there = portal.record(portal.kind(target), other)
            call.writer().dissociate(record.id, there.id)
            return 204, None
        case _:
            raise not_found()


def _plain(source: str, target: str) -> Link:
    link = PLAIN.get((source, target))
    if link is None:
        raise invalid(f"{source} cannot be associated with {target}.")
    return link


def _link(call: Call, source: Record, target: Record, types: list[int]) -> dict[str, Any]:
    call.writer().associate(source.id, target.id, types)
    return {
        "fromObjectTypeId": OBJECT_TYPES[source.kind].type_id,
        "fromObjectId": source.id,
        "toObjectTypeId": OBJECT_TYPES[target.kind].type_id,
        "toObjectId": target.id,
        "labels": [label for type_id in types if (label := LINKS[type_id].label)],
    }


def _default(call: Call, source: Record, target: Record, types: list[int]) -> dict[str, Any]:
    """Return the answer of a default association: both directions are listed."""
    call.writer().associate(source.id, target.id, types)
    results = [
        {
            "from": {"id": str(one.id)},
            "to": {"id": str(other.id)},
            "associationSpec": {
                "associationCategory": "HUBSPOT_DEFINED",
                "associationTypeId": type_id,
            },
        }
        for one, other, type_id in (
            (source, target, types[0]),
            (target, source, LINKS[types[0]].inverse),
        )
    ]
    _, answer = envelope(call, results, [])
    return dict(answer)


def _associated(
    portal: Portal, record: Record, target: str, after: int, most: int
) -> tuple[list[dict[str, Any]], str | None]:
    """Return associated records from ``after`` on, and where the next page begins."""
    found = (
        (other, types)
        for other, types in sorted(portal.associations.of(record.id).items())
        if other > after
        and portal.records[other].kind == target
        and not portal.records[other].archived_at
    )
    page = list(islice(found, most + 1))
    shown = [
        {"toObjectId": other, "associationTypes": [_type(type_id) for type_id in types]}
        for other, types in page[:most]
    ]
    return shown, str(page[most - 1][0]) if len(page) > most else None


def _type(type_id: int) -> dict[str, Any]:
    return {"category": "HUBSPOT_DEFINED", "typeId": type_id, "label": LINKS[type_id].label}


def _page(call: Call, record: Record, target: str) -> Answer:
    limit = call.limit(LARGEST_PAGE, LARGEST_PAGE)
    shown, after = _associated(
        call.portal, record, target, _position(call.request.parameter("after")), limit
    )
    answer: dict[str, Any] = {"results": call.shortened(shown)}
    if after:
        answer["paging"] = next_page(call.request, after)
    return 200, answer


def _position(after: object) -> int:
    text = str(after or "0")
    if not text.isdigit():
        raise invalid(f"Invalid paging cursor: {text}")
    return int(text)


def labels(call: Call, source: str, target: str) -> Answer:
    """Answer the association types between two object types."""
    if call.request.method != "GET":
        raise not_found()
    return 200, {"results": [_type(link.type_id) for link in between(source, target)]}


def batch(call: Call, source: str, target: str, rest: list[str]) -> Answer:
    """Answer a request below ``/crm/v4/associations/{from}/{to}/batch``."""
    match rest:
        case ["read"]:
            return _read(call, source, target)
        case ["create"]:
            return _write(call, source, target, None)
        case ["associate", "default"]:
            return _write(call, source, target, [_plain(source, target).type_id])
        case ["archive"]:
            return _archive(call, source, target, labels_only=False)
        case ["labels", "archive"]:
            return _archive(call, source, target, labels_only=True)
        case _:
            raise not_found()


def _read(call: Call, source: str, target: str) -> Answer:
    """Answer what each record is associated with; those with nothing are errors of a 207."""
    portal = call.portal
    results, errors = [], []
    inputs = call.inputs(LARGEST_READ)
    struck = call.struck(len(inputs))
    for position, one in enumerate(inputs):
        ref = str(one.get("id"))
        record = portal.records.get(int(ref)) if ref.isdigit() else None
        if position in struck:
            errors.append(INTERNAL.item({"fromObjectId": [ref]}))
            continue
        shown: list[dict[str, Any]] = []
        after = None
        if record and record.kind == source and not record.archived_at:
            begin = _position(one.get("after"))
            shown, after = _associated(portal, record, target, begin, LARGEST_PAGE)
        if not shown:
            errors.append(_none_found(source, target, ref))
            continue
        result: dict[str, Any] = {"from": {"id": ref}, "to": shown}
        if after:
            result["paging"] = next_page(call.request, after)
        results.append(result)
    return envelope(call, results, errors)


def _none_found(source: str, target: str, ref: str) -> dict[str, Any]:
    names = [OBJECT_TYPES[kind].singular for kind in (source, target)]
    message = f"No {names[1]} is associated with {names[0]} {ref}."
    context = {
        "fromObjectId": [ref],
        "fromObjectType": [names[0]],
        "toObjectType": [names[1]],
    }
    code = "crm.associations.NO_ASSOCIATIONS_FOUND"
    return Refusal(404, "OBJECT_NOT_FOUND", message, sub_category=code).item(context)


def _write(call: Call, source: str, target: str, default: list[int] | None) -> Answer:
    portal = call.portal
    inputs = call.inputs(LARGEST_WRITE)
    ready, errors = [], []
    struck = call.struck(len(inputs))
    for position, one in enumerate(inputs):
        types = default or checked_types(source, target, one.get("types"))
        ends = {side: [str((one.get(side) or {}).get("id"))] for side in ("from", "to")}
        if position in struck:
            errors.append(INTERNAL.item(ends))
            continue
        try:
            pair = [
                portal.record(kind, ends[side][0])
                for kind, side in ((source, "from"), (target, "to"))
            ]
            ready.append((pair[0], pair[1], types))
        except Refusal as refusal:
            errors.append(refusal.item(ends))
    if default:
        results = [one for pair in ready for one in _default(call, *pair)["results"]]
        return envelope(call, results, errors, 200)
    return envelope(call, [_link(call, *pair) for pair in ready], errors, 201)


def _archive(call: Call, source: str, target: str, *, labels_only: bool) -> Answer:
    portal, writer = call.portal, call.writer()
    for one in call.inputs(LARGEST_WRITE):
        ends = one.get("to")
        types = checked_types(source, target, one.get("types")) if labels_only else None
        for end in ends if isinstance(ends, list) else [ends or {}]:
            first = portal.record(source, str((one.get("from") or {}).get("id")))
            writer.dissociate(first.id, portal.record(target, str(end.get("id"))).id, types)
    return 204, None
