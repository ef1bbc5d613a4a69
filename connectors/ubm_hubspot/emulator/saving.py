"""A portal in a file, so that a demo survives being killed. One JSON document, no code in it."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from ubm_hubspot.emulator.definitions import Definition
from ubm_hubspot.emulator.emulator import HubSpotEmulator
from ubm_hubspot.emulator.furniture import OBJECT_TYPES
from ubm_hubspot.emulator.pipelines import Pipeline, Stage
from ubm_hubspot.emulator.portal import Group, Owner, Portal
from ubm_hubspot.emulator.records import Record, Revision, Source

FORMAT = 1
EVERY = 2.0  # seconds between saves, at least


def save(emulator: HubSpotEmulator, path: Path) -> None:
    """Write the whole state to ``path``; a reader sees the old file or the new one, never half."""
    with emulator.lock:
        state = orjson.dumps(_portal_out(emulator), option=orjson.OPT_NON_STR_KEYS)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(state)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def load(emulator: HubSpotEmulator, path: Path) -> None:
    """Take over the state in ``path``; raises ValueError for a file of another kind."""
    try:
        state = orjson.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path} holds no portal ({error}); delete it to start anew.") from None
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise ValueError(f"{path} holds no portal of this version; delete it to start anew.")
    with emulator.lock:
        emulator.reset()
        _portal_in(emulator, state)


def _portal_out(emulator: HubSpotEmulator) -> dict[str, Any]:
    portal = emulator.portal
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
        "webhooks": [emulator.webhooks.url, list(emulator.webhooks.subscriptions)],
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


def _portal_in(emulator: HubSpotEmulator, state: dict[str, Any]) -> None:
    portal = emulator.portal
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
    url, wanted = state["webhooks"]
    emulator.webhooks.subscribe(
        url, [{"type": kind, "property": name} if name else {"type": kind} for kind, name in wanted]
    )


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


class Saver:
    """Saves a portal in the background, at most every ``every`` seconds and only after changes."""

    def __init__(self, emulator: HubSpotEmulator, path: Path, every: float = EVERY) -> None:
        self._emulator = emulator
        self._path = path
        self._every = every
        self._saved = self._mark()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hubspot-saver", daemon=True)

    def start(self) -> None:
        """Begin to save."""
        self._thread.start()

    def stop(self) -> None:
        """End, and save once more."""
        self._stop.set()
        self._thread.join()
        self.save_if_changed()

    def save_if_changed(self) -> bool:
        """Save where something changed since the last time; returns whether it was saved."""
        mark = self._mark()
        if mark == self._saved:
            return False
        save(self._emulator, self._path)
        self._saved = mark
        return True

    def _mark(self) -> tuple[int, int]:
        portal = self._emulator.portal
        return id(portal), portal.changes

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            self.save_if_changed()
