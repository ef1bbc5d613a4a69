"""Single records: list, get, create, patch, archive, merge."""

from __future__ import annotations

import base64
import binascii
from itertools import islice
from typing import Any

from ubm_hubspot.emulator.api import Answer, Call, next_page, shown_names, shown_whole
from ubm_hubspot.emulator.associations import LINKS, between
from ubm_hubspot.emulator.checking import Checker
from ubm_hubspot.emulator.furniture import OBJECT_TYPES
from ubm_hubspot.emulator.portal import Portal
from ubm_hubspot.emulator.records import Record
from ubm_hubspot.emulator.refusals import Refusal, invalid, not_found
from ubm_hubspot.emulator.writing import Writer

LARGEST_PAGE = 100
LARGEST_PAGE_WITH_HISTORY = 50


def list_records(call: Call, kind: str) -> Answer:
    """Answer one page of live records, or of archived ones only."""
    portal = call.portal
    with_history = call.names("propertiesWithHistory")
    limit = call.limit(10, LARGEST_PAGE_WITH_HISTORY if with_history else LARGEST_PAGE)
    archived = call.flag("archived")
    last = _position(call.request.parameter("after"))
    listed = (
        record
        for record in portal.shelves[kind].after(last, archived=archived)
        if not archived or portal.in_bin(portal.records[record])
    )
    ids = list(islice(listed, limit + 1))
    names = shown_names(portal, kind, call.names("properties"))
    results = [_shown(call, portal.records[record], names, with_history) for record in ids[:limit]]
    answer: dict[str, Any] = {"results": call.shortened(results)}
    if len(ids) > limit:
        after = base64.urlsafe_b64encode(str(ids[limit - 1]).encode()).decode().rstrip("=")
        answer["paging"] = next_page(call.request, after)
    return 200, answer


def _position(after: str | None) -> int:
    if not after:
        return 0
    try:
        return int(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
    except (ValueError, binascii.Error):
        raise invalid(f"Invalid paging cursor: {after}") from None


def get_record(call: Call, kind: str, ref: str) -> Answer:
    """Answer one record, by id or by a unique property."""
    portal = call.portal
    record = find(portal, kind, ref, call.request.parameter("idProperty"), call.flag("archived"))
    names = shown_names(portal, kind, call.names("properties"))
    return 200, _shown(call, record, names, call.names("propertiesWithHistory"))


def find(
    portal: Portal, kind: str, ref: str, id_property: str | None, archived: bool = False
) -> Record:
    """Return the record called ``ref``; raises Refusal (404, or 400 for a non-unique property)."""
    if archived:
        record = portal.records.get(int(ref)) if ref.isdigit() else None
        if record is None or record.kind != kind or not portal.in_bin(record):
            raise not_found()
        return record
    if not id_property or id_property == "hs_object_id":
        return portal.record(kind, ref)
    require_unique(portal, kind, id_property, "lookup")
    known = portal.shelves[kind].unique.get(id_property, {}).get(ref)
    if known is None or portal.records[known].archived_at:
        raise not_found()
    return portal.records[known]


def require_unique(portal: Portal, kind: str, name: str, action: str) -> None:
    """Raise Refusal where ``name`` is not a unique property of ``kind``."""
    definition = portal.definitions[kind].get(name)
    if definition is None or not definition.unique:
        type_id = OBJECT_TYPES[kind].type_id
        raise invalid(f"Unable to perform {action} by non-unique {type_id} property {name}")


def _shown(call: Call, record: Record, names: list[str], with_history: list[str]) -> dict[str, Any]:
    shown = shown_whole(call.portal, record, names, with_history)
    for wanted in call.names("associations"):
        _add_associations(call.portal, record, call.portal.kind(wanted), shown)
    return shown


def _add_associations(portal: Portal, record: Record, target: str, shown: dict[str, Any]) -> None:
    found = []
    for other, types in portal.associations.of(record.id).items():
        one = portal.records[other]
        if one.kind != target or one.archived_at:
            continue
        for type_id in types:
            text = f"{OBJECT_TYPES[record.kind].singular}_to_{OBJECT_TYPES[target].singular}"
            suffix = "" if LINKS[type_id].label else "_unlabeled"
            found.append({"id": str(other), "type": text + suffix})
    if found:
        shown.setdefault("associations", {})[target] = {"results": found}


def create_record(call: Call, kind: str) -> Answer:
    """Create one record, with its associations."""
    body = call.json()
    accepted = Checker(call.portal, kind).check(body.get("properties") or {}, None)
    wanted = inline_associations(call.portal, kind, body)
    writer = call.writer()
    record = writer.create(kind, accepted)
    associate_new(writer, record, wanted)
    return 201, shown_whole(call.portal, record, written_names(call.portal, record, accepted))


def written_names(portal: Portal, record: Record, accepted: dict[str, str]) -> list[str]:
    """Return the properties of the answer to a write: what was written, and the system's."""
    return shown_names(portal, record.kind, list(accepted))


def inline_associations(
    portal: Portal, kind: str, body: dict[str, Any]
) -> list[tuple[int, list[int]]]:
    """Return (target id, type ids) of the associations a new record brings; raises Refusal."""
    found = []
    for one in body.get("associations") or []:
        target = portal.records.get(_number(one.get("to", {}).get("id")))
        if target is None or target.archived_at:
            raise invalid(f"Object with id {one.get('to')} does not exist to associate with.")
        found.append((target.id, checked_types(kind, target.kind, one.get("types"))))
    return found


def checked_types(source: str, target: str, given: object) -> list[int]:
    """Return the type ids of association specs; raises Refusal for one of another pair."""
    if not isinstance(given, list) or not given:
        raise invalid("At least one association type is required.")
    possible = {link.type_id for link in between(source, target)}
    types = [_number(one.get("associationTypeId")) for one in given]
    for type_id in types:
        if type_id not in possible:
            raise invalid(
                f"{type_id} is not a valid association type between {source} and {target}."
            )
    return types


def associate_new(writer: Writer, record: Record, wanted: list[tuple[int, list[int]]]) -> None:
    """Make the associations a new record brings."""
    for target, types in wanted:
        writer.associate(record.id, target, types)


def _number(value: object) -> int:
    text = str(value)
    return int(text) if text.isdigit() else -1


def unlocked(portal: Portal, record: Record) -> Record:
    """Return ``record``; raises Refusal 423 while somebody else works on it."""
    left = portal.locks.get(record.id, 0)
    if left:
        portal.locks[record.id] = left - 1
        raise Refusal(
            423, "RECORD_LOCKED", "This record is currently locked. Wait at least 2 seconds."
        )
    return record


def update_record(call: Call, kind: str, ref: str) -> Answer:
    """Write properties of one record."""
    portal = call.portal
    found = find(portal, kind, ref, call.request.parameter("idProperty"))
    record = unlocked(portal, found)
    accepted = Checker(portal, kind).check(call.json().get("properties") or {}, record)
    call.writer().update(record, accepted)
    return 200, shown_whole(portal, record, written_names(portal, record, accepted))


def archive_record(call: Call, kind: str, ref: str) -> Answer:
    """Archive one record; archiving what is gone is no error."""
    record = call.portal.records.get(_number(ref))
    if record is not None and record.kind == kind and not record.archived_at:
        call.writer().archive(unlocked(call.portal, record))
    return 204, None


def merge_records(call: Call, kind: str) -> Answer:
    """Merge one record into another."""
    body = call.json()
    primary = call.portal.record(kind, str(body.get("primaryObjectId")))
    other = call.portal.record(kind, str(body.get("objectIdToMerge")))
    if primary is other:
        raise invalid("Cannot merge an object with itself.")
    remaining = call.writer().merge(primary, other)
    return 200, shown_whole(call.portal, remaining, shown_names(call.portal, kind, ()))
