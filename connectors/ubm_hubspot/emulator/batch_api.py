"""Batches of records: create, read, update, upsert, archive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ubm_hubspot.emulator.api import Answer, Call, shown_names, shown_whole
from ubm_hubspot.emulator.checking import Checker
from ubm_hubspot.emulator.furniture import OBJECT_TYPES
from ubm_hubspot.emulator.instants import iso
from ubm_hubspot.emulator.objects_api import (
    associate_new,
    inline_associations,
    require_unique,
    unlocked,
    written_names,
)
from ubm_hubspot.emulator.portal import Portal
from ubm_hubspot.emulator.records import Record
from ubm_hubspot.emulator.refusals import Refusal, invalid
from ubm_hubspot.emulator.writing import Writer

LARGEST_BATCH = 100
LARGEST_BATCH_WITH_HISTORY = 50


def envelope(
    call: Call, results: list[Any], errors: list[dict[str, Any]], success: int = 200
) -> Answer:
    """Return a batch answer: ``success``, or 207 where there are errors."""
    now = iso(call.portal.now())
    answer = {
        "status": "COMPLETE",
        "results": results,
        "requestedAt": now,
        "startedAt": now,
        "completedAt": now,
    }
    if not errors:
        return success, answer
    return 207, {**answer, "numErrors": len(errors), "errors": errors}


def read_batch(call: Call, kind: str) -> Answer:
    """Answer records by id or by a unique property; missing ones are one error in a 207."""
    portal = call.portal
    body = call.json()
    with_history = body.get("propertiesWithHistory") or []
    message = (
        "The maximum number of inputs supported in a batch request for property histories is "
        f"{LARGEST_BATCH_WITH_HISTORY}"
    )
    inputs = (
        call.inputs(LARGEST_BATCH_WITH_HISTORY, message=message)
        if with_history
        else call.inputs(LARGEST_BATCH)
    )
    lookup = _lookup(portal, kind, body.get("idProperty"), archived=call.flag("archived"))
    names = shown_names(portal, kind, body.get("properties") or ())
    struck = call.struck(len(inputs))
    results, missing, failed = [], [], []
    for position, ref in enumerate({str(one.get("id")): one for one in inputs}):
        record = lookup(ref)
        if position in struck:
            failed.append(INTERNAL.item({"ids": [ref]}))
        elif record is None:
            missing.append(ref)
        else:
            results.append(shown_whole(portal, record, names, with_history))
    return envelope(call, _shuffled(call, results), failed + _not_there(kind, missing))


def _not_there(kind: str, missing: list[str]) -> list[dict[str, Any]]:
    if not missing:
        return []
    message = (
        f"Could not get some {OBJECT_TYPES[kind].singular.upper()} objects, they may be deleted "
        "or not exist. Check that ids are valid."
    )
    return [Refusal(404, "OBJECT_NOT_FOUND", message).item({"ids": missing})]


def _lookup(
    portal: Portal, kind: str, id_property: str | None, *, archived: bool = False
) -> Callable[[str], Record | None]:
    """Return how to find a record; ids merged away do not resolve in a batch."""
    if not id_property or id_property == "hs_object_id":

        def by_id(ref: str) -> Record | None:
            record = portal.records.get(int(ref)) if ref.isdigit() else None
            if record is None or record.kind != kind or bool(record.archived_at) != archived:
                return None
            return record if archived is portal.in_bin(record) else None

        return by_id
    require_unique(portal, kind, id_property, "read")
    known = portal.shelves[kind].unique.setdefault(id_property, {})

    def by_value(ref: str) -> Record | None:
        found = known.get(ref)
        record = None if found is None else portal.records[found]
        return record if record and bool(record.archived_at) == archived else None

    return by_value


def create_batch(call: Call, kind: str) -> Answer:
    """Create records; with distinct trace ids the valid ones are written and a 207 names the rest.

    Without them one invalid record rejects the whole batch.
    """
    inputs = call.inputs(LARGEST_BATCH)
    checker = Checker(call.portal, kind)

    def prepare(one: dict[str, Any]) -> Callable[[Writer], dict[str, Any]]:
        accepted = checker.check(one.get("properties") or {}, None)
        wanted = inline_associations(call.portal, kind, one)

        def write(writer: Writer) -> dict[str, Any]:
            record = writer.create(kind, accepted)
            associate_new(writer, record, wanted)
            return shown_whole(call.portal, record, written_names(call.portal, record, accepted))

        return write

    return _write_all(call, inputs, prepare, 201)


def update_batch(call: Call, kind: str) -> Answer:
    """Write properties of records that exist; ids merged away do not resolve here."""
    portal = call.portal
    inputs = call.inputs(LARGEST_BATCH)
    _require_distinct(inputs)
    checker = Checker(portal, kind)
    lookups = {
        name: _lookup(portal, kind, name) for name in {one.get("idProperty") for one in inputs}
    }

    def prepare(one: dict[str, Any]) -> Callable[[Writer], dict[str, Any]]:
        record = lookups[one.get("idProperty")](str(one.get("id")))
        if record is None:
            raise _Missing(kind, str(one.get("id")))
        accepted = checker.check(one.get("properties") or {}, unlocked(portal, record))
        return lambda writer: _updated(writer, record, accepted)

    return _write_all(call, inputs, prepare, 200)


def _updated(writer: Writer, record: Record, accepted: dict[str, str]) -> dict[str, Any]:
    writer.update(record, accepted)
    return shown_whole(writer.portal, record, written_names(writer.portal, record, accepted))


def upsert_batch(call: Call, kind: str) -> Answer:
    """Write records found by a unique property, and create those that are not there."""
    portal = call.portal
    inputs = call.inputs(LARGEST_BATCH)
    _require_distinct(inputs)
    for name in {str(one.get("idProperty")) for one in inputs}:
        require_unique(portal, kind, name, "update/upsert")
    checker = Checker(portal, kind)

    def prepare(one: dict[str, Any]) -> Callable[[Writer], dict[str, Any]]:
        name, value = str(one["idProperty"]), str(one.get("id") or "")
        if not value:
            raise invalid("Every input of an upsert needs an id.")
        record = _by_unique(portal, kind, name, value, checker)
        given = one.get("properties") or {}
        if not portal.definitions[kind][name].read_only:
            given = {name: value, **given}
        accepted = checker.check(given, record)
        return lambda writer: _upserted(writer, kind, record, accepted)

    return _write_all(call, inputs, prepare, 200)


def _by_unique(portal: Portal, kind: str, name: str, value: str, checker: Checker) -> Record | None:
    if name == "hs_object_id":
        return _lookup(portal, kind, None)(value)
    found = portal.shelves[kind].unique.get(name, {}).get(value)
    if found is None:
        return None
    record = portal.records[found]
    if record.archived_at:
        raise checker.taken(name, value, str(found))
    return unlocked(portal, record)


def _upserted(
    writer: Writer, kind: str, record: Record | None, accepted: dict[str, str]
) -> dict[str, Any]:
    if record is not None:
        return {**_updated(writer, record, accepted), "new": False}
    made = writer.create(kind, accepted)
    shown = shown_whole(writer.portal, made, written_names(writer.portal, made, accepted))
    return {**shown, "new": True}


def archive_batch(call: Call, kind: str) -> Answer:
    """Archive records; what is gone already is no error."""
    lookup = _lookup(call.portal, kind, None)
    found = {str(one.get("id")): lookup(str(one.get("id"))) for one in call.inputs(LARGEST_BATCH)}
    writer = call.writer()
    for record in found.values():
        if record is not None:
            writer.archive(record)
    return 204, None


class _Missing(Refusal):
    """A batch names a record that is not there."""

    def __init__(self, kind: str, ref: str) -> None:
        error = _not_there(kind, [ref])[0]
        super().__init__(400, error["category"], error["message"], context={"ids": [ref]})


def _require_distinct(inputs: list[dict[str, Any]]) -> None:
    seen: set[tuple[str, str]] = set()
    for one in inputs:
        ref = str(one.get("id"))
        key = (str(one.get("idProperty")), ref)
        if key in seen:
            raise Refusal(
                400,
                "VALIDATION_ERROR",
                f"Duplicate IDs found in batch input: [{ref}]. IDs must be unique",
                context={"ids": [ref]},
            )
        seen.add(key)


def _write_all(
    call: Call,
    inputs: list[dict[str, Any]],
    prepare: Callable[[dict[str, Any]], Callable[[Writer], dict[str, Any]]],
    success: int,
) -> Answer:
    """Check every input, then write: all or nothing unless each has its own trace id."""
    traces = [one.get("objectWriteTraceId") for one in inputs]
    traced = all(traces) and len(set(traces)) == len(traces)
    struck = call.struck(len(inputs))
    ready, errors = [], []
    for position, one in enumerate(inputs):
        context = {"objectWriteTraceId": [str(traces[position])]} if traced else {}
        if position in struck:
            errors.append(INTERNAL.item(context or {"ids": [str(one.get("id"))]}))
            continue
        try:
            ready.append((traces[position], prepare(one)))
        except Refusal as refusal:
            if not traced and not _tolerated(call, refusal):
                raise
            errors.append(refusal.item(context))
    writer = call.writer()
    results = []
    for trace, write in ready:
        shown = write(writer)
        if trace:
            shown["objectWriteTraceId"] = trace
        results.append(shown)
    return envelope(call, _shuffled(call, results), errors, success)


INTERNAL = Refusal(500, "INTERNAL_ERROR", "There was a problem with the request.")


def _tolerated(call: Call, refusal: Refusal) -> bool:
    return isinstance(refusal, _Missing) and not call.portal.switches.missing_rejects_batch


def _shuffled(call: Call, results: list[Any]) -> list[Any]:
    if call.portal.switches.shuffle_results:
        call.portal.random.shuffle(results)
    return results
