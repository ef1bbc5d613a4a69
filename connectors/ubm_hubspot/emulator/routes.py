"""From a path to what answers it; v3/v4 paths and their date versions share one table."""

from __future__ import annotations

import re
from urllib.parse import unquote

from ubm_hubspot.emulator import associations_api, batch_api, objects_api, search_api
from ubm_hubspot.emulator.api import Answer, Call
from ubm_hubspot.emulator.owners_api import owners
from ubm_hubspot.emulator.pipelines_api import pipelines
from ubm_hubspot.emulator.properties_api import properties
from ubm_hubspot.emulator.refusals import Refusal, not_found

DATE_VERSION = re.compile(r"20\d\d-\d\d(-beta)?")
VERSIONS = ("2025-09", "2026-03", "2026-09")
_FEATURES = ("objects", "associations", "owners", "pipelines", "properties")


def segments(path: str) -> list[str]:
    """Return ``[feature, ...]`` of a path below ``/crm``; empty where there is none such.

    ``/crm/v3/objects/tickets`` and ``/crm/objects/2026-03/tickets`` are the same.
    """
    parts = [unquote(part) for part in path.strip("/").split("/")]
    match parts:
        case ["crm", "v3" | "v4", feature, *rest] if feature in _FEATURES:
            return [feature, *rest]
        case ["crm", feature, version, *rest] if feature in _FEATURES and (
            version in VERSIONS or version == "v4"
        ):
            return [feature, *rest]
    return []


def is_search(path: str) -> bool:
    """Return whether a path is that of a search."""
    return path.rstrip("/").endswith("/search")


def counted_as(path: str) -> str:
    """Return the name under which calls of a path are counted: without ids."""
    parts = path.strip("/").split("/")
    shown = ["{id}" if part.isdigit() and len(part) > len("104000") else part for part in parts]
    return "/" + "/".join(shown)


def dispatch(call: Call) -> Answer:
    """Answer one API request; raises Refusal."""
    parts = segments(call.request.path)
    match parts:
        case ["objects", kind, *rest]:
            return _objects(call, call.portal.kind(kind), rest)
        case ["associations", source, target, "batch", *rest] if call.request.method == "POST":
            kinds = call.portal.kind(source), call.portal.kind(target)
            return associations_api.batch(call, *kinds, rest)
        case ["associations", source, target, "labels"]:
            return associations_api.labels(call, call.portal.kind(source), call.portal.kind(target))
        case ["owners", *rest]:
            return owners(call, [part for part in rest if part])
        case ["pipelines", kind, *rest]:
            return pipelines(call, call.portal.kind(kind), rest)
        case ["properties", kind, *rest]:
            return properties(call, call.portal.kind(kind), rest)
        case _:
            return _nothing()


def _objects(call: Call, kind: str, rest: list[str]) -> Answer:
    match rest, call.request.method:
        case [], "GET":
            return objects_api.list_records(call, kind)
        case [], "POST":
            return objects_api.create_record(call, kind)
        case ["search" | "merge" | "batch" as first, *more], "POST":
            action = _ACTIONS.get("/".join([first, *more]))
            return action(call, kind) if action else _nothing()
        case [ref, "associations", *more], _:
            return associations_api.of_record(call, kind, ref, more)
        case [ref], method:
            return _object(call, kind, ref, method)
        case _:
            return _nothing()


def _object(call: Call, kind: str, ref: str, method: str) -> Answer:
    match method:
        case "GET":
            return objects_api.get_record(call, kind, ref)
        case "PATCH":
            return objects_api.update_record(call, kind, ref)
        case "DELETE":
            return objects_api.archive_record(call, kind, ref)
        case _:
            raise Refusal(405, "", "HTTP method not allowed for this resource.")


def _nothing() -> Answer:
    raise not_found("The requested resource could not be found.")


_ACTIONS = {
    "search": search_api.search,
    "merge": objects_api.merge_records,
    "batch/create": batch_api.create_batch,
    "batch/read": batch_api.read_batch,
    "batch/update": batch_api.update_batch,
    "batch/upsert": batch_api.upsert_batch,
    "batch/archive": batch_api.archive_batch,
}
