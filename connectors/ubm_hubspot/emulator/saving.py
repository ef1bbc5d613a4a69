"""A portal in a file, so that a demo survives being killed. One JSON document, no code in it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from ubm_hubspot.emulator.definitions import Definition
from ubm_hubspot.emulator.furniture import OBJECT_TYPES
from ubm_hubspot.emulator.pipelines import Pipeline, Stage
from ubm_hubspot.emulator.portal import Group, Owner, Portal
from ubm_hubspot.emulator.records import Record, Revision, Source
from ubm_hubspot.emulator.webhooks import Webhooks

FORMAT = 2


def dump(portal: Portal, webhooks: Webhooks) -> bytes:
    """Return the whole state as JSON."""
    return orjson.dumps(_portal_out(portal, webhooks), option=orjson.OPT_NON_STR_KEYS)


def restore(portal: Portal, webhooks: Webhooks, saved: bytes) -> None:
    """Fill an empty portal from what ``dump`` returned; raises ValueError for anything else."""
    try:
        state = orjson.loads(saved)
    except ValueError as error:
        raise ValueError(f"it is not JSON ({error})") from None
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise ValueError("it is not of this version")
    try:
        _portal_in(portal, state)
        url, wanted = state["webhooks"]
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise ValueError(f"it is damaged ({type(error).__name__}: {error})") from None
    webhooks.subscribe(
        url, [{"type": kind, "property": name} if name else {"type": kind} for kind, name in wanted]
    )


def write_whole(path: Path, content: bytes) -> None:
    """Write a file; a reader sees the old one or the new one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _portal_out(portal: Portal, webhooks: Webhooks) -> dict[str, Any]:
    sources: dict[Source, int] = {}
    return {
        "format": FORMAT,
        "position": portal.position(),
        "records": [_record_out(one, sources) for one in portal.records.values()],
        "sources": list(map(list, sources)),
        "properties": {
            kind: [_definition_out(one) for one in (*live.values(), *archived.values())]
            for kind in OBJECT_TYPES
            for live, archived in [(portal.definitions[kind], portal.archived_definitions[kind])]
        },
        "groups": {kind: list(groups.values()) for kind, groups in portal.groups.items()},
        "pipelines": {kind: list(found.values()) for kind, found in portal.pipelines.items()},
        "owners": list(portal.owners.values()),
        "links": portal.associations.links,
        "revoked": portal.revoked,
        "webhooks": [webhooks.url, list(webhooks.subscriptions)],
    }


def _definition_out(definition: Definition) -> dict[str, Any]:
    shown = asdict(definition)
    del shown["allowed"]
    return shown


def _record_out(record: Record, sources: dict[Source, int]) -> list[Any]:
    revisions = [
        [one.at, sources.setdefault(one.source, len(sources)), one.names, one.values]
        for one in record.revisions
    ]
    return [
        record.id,
        record.kind,
        record.created,
        record.modified,
        record.values,
        revisions,
        record.archived_at,
        record.merged_into,
    ]


def _portal_in(portal: Portal, state: dict[str, Any]) -> None:
    portal.resume(state["position"])
    portal.revoked = state["revoked"]
    for kind in OBJECT_TYPES:
        found = [Definition(**one) for one in state["properties"][kind]]
        portal.definitions[kind] = {one.name: one for one in found if not one.archived_at}
        portal.archived_definitions[kind] = {one.name: one for one in found if one.archived_at}
        portal.groups[kind] = {one["name"]: Group(**one) for one in state["groups"][kind]}
        pipelines = [_pipeline_in(one) for one in state["pipelines"][kind]]
        portal.pipelines[kind] = {one.id: one for one in pipelines}
    portal.owners = {one["id"]: Owner(**one) for one in state["owners"]}
    portal.associations.links = {
        int(source): {int(target): tuple(types) for target, types in targets.items()}
        for source, targets in state["links"].items()
    }
    _records_in(portal, state["records"], [Source(*one) for one in state["sources"]])


def _pipeline_in(saved: dict[str, Any]) -> Pipeline:
    stages = {ref: Stage(**stage) for ref, stage in saved.pop("stages").items()}
    return Pipeline(stages=stages, **saved)


def _records_in(portal: Portal, saved: Iterable[list[Any]], sources: list[Source]) -> None:
    unique = {kind: portal.unique_names(kind) for kind in OBJECT_TYPES}
    found = [_record_in(portal, one, sources) for one in saved]
    for record in found:
        shelf = portal.shelves[record.kind]
        portal.records[record.id] = record
        shelf.add(record)
        held = portal.switches.archived_holds_unique_value and not record.merged_into
        if not record.archived_at or held:
            shelf.claim(record.id, record.values, unique[record.kind])
        if record.archived_at:
            shelf.put_away(record)
    for record in sorted(found, key=lambda one: (one.modified, one.id)):
        if not record.archived_at:
            index = portal.shelves[record.kind].index
            index.note(record.id, record.snapshot(), visible_at=0, now=0)


def _record_in(portal: Portal, saved: list[Any], sources: list[Source]) -> Record:
    ref, kind, created, modified, values, revisions, archived_at, merged_into = saved
    history = []
    for at, source, given, texts in revisions:
        names = tuple(given)
        shared = portal.shapes.setdefault(names, names)
        history.append(Revision(at, sources[source], shared, tuple(texts)))
    return Record(ref, kind, created, modified, values, history, archived_at, merged_into)
