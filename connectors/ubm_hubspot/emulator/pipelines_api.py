"""Pipelines and stages: list, get, create, replace, patch, archive."""

from __future__ import annotations

from typing import Any

from ubm_hubspot.emulator.api import Answer, Call
from ubm_hubspot.emulator.furniture import stage_metadata
from ubm_hubspot.emulator.pipelines import Pipeline, Stage
from ubm_hubspot.emulator.portal import Portal
from ubm_hubspot.emulator.refusals import Refusal, invalid, not_found

MOST_STAGES = 100


def pipelines(call: Call, kind: str, rest: list[str]) -> Answer:
    """Answer a request below ``/crm/v3/pipelines/{type}``."""
    method = call.request.method
    match rest:
        case []:
            return _list(call, kind) if method == "GET" else _create(call, kind)
        case [ref]:
            return _one(call, kind, _find(call.portal, kind, ref))
        case [ref, "audit"]:
            _find(call.portal, kind, ref)
            return 200, {"results": []}
        case [ref, "stages"]:
            return _stages(call, kind, _find(call.portal, kind, ref))
        case [ref, "stages", stage]:
            return _stage(call, kind, _find(call.portal, kind, ref), stage)
        case [ref, "stages", _, "audit"]:
            _find(call.portal, kind, ref)
            return 200, {"results": []}
        case _:
            raise not_found()


def _list(call: Call, kind: str) -> Answer:
    shown = sorted(call.portal.pipelines[kind].values(), key=lambda one: one.display_order)
    return 200, {"results": [pipeline.as_json() for pipeline in shown]}


def _find(portal: Portal, kind: str, ref: str) -> Pipeline:
    found = portal.pipelines[kind].get(ref)
    if found is None:
        raise not_found(f"Pipeline with ID {ref} does not exist.")
    return found


def _create(call: Call, kind: str) -> Answer:
    portal, body, now = call.portal, call.json(), call.portal.stamp()
    label = _label(body)
    if any(one.label == label for one in portal.pipelines[kind].values()):
        raise Refusal(409, "CONFLICT", f"A pipeline with the label {label} already exists.")
    order = int(body.get("displayOrder") or 0)
    pipeline = Pipeline(portal.next_stage_id(), label, order, created=now, updated=now)
    _fill(portal, pipeline, body)
    portal.add_pipeline(kind, pipeline)
    return 201, pipeline.as_json()


def _fill(portal: Portal, pipeline: Pipeline, body: dict[str, Any]) -> None:
    stages = body.get("stages")
    if not isinstance(stages, list) or not 1 <= len(stages) <= MOST_STAGES:
        raise invalid(f"A pipeline needs 1 to {MOST_STAGES} stages.")
    labels = [_label(one) for one in stages]
    if len(set(labels)) < len(labels):
        raise invalid("Stage labels must be unique within a pipeline.")
    made = [_new_stage(portal, one) for one in stages]
    pipeline.stages = {stage.id: stage for stage in made}


def _label(body: dict[str, Any]) -> str:
    label = body.get("label")
    if not isinstance(label, str) or not label.strip():
        raise invalid("A label is required.")
    return label


def _new_stage(portal: Portal, body: dict[str, Any]) -> Stage:
    now = portal.stamp()
    order = int(body.get("displayOrder") or 0)
    metadata = stage_metadata(body.get("metadata"))
    return Stage(portal.next_stage_id(), _label(body), order, metadata, now, now)


def _one(call: Call, kind: str, pipeline: Pipeline) -> Answer:
    portal = call.portal
    match call.request.method:
        case "GET":
            return 200, pipeline.as_json()
        case "PATCH":
            _change(portal, pipeline, call.json())
            return 200, pipeline.as_json()
        case "PUT":
            body = call.json()
            _label(body)
            for stage in list(pipeline.stages):
                portal.drop_stage(kind, pipeline, stage)
            _fill(portal, pipeline, body)
            _change(portal, pipeline, body)
            portal.add_pipeline(kind, pipeline)
            return 200, pipeline.as_json()
        case "DELETE":
            _refuse_if_used(call, kind, "hs_pipeline", pipeline.id, "PIPELINE_ID_IN_USE")
            for stage in list(pipeline.stages):
                portal.drop_stage(kind, pipeline, stage)
            del portal.pipelines[kind][pipeline.id]
            portal.changes += 1
            return 204, None
        case _:
            raise not_found()


def _change(portal: Portal, thing: Pipeline | Stage, body: dict[str, Any]) -> None:
    if body.get("label") is not None:
        thing.label = _label(body)
    if body.get("displayOrder") is not None:
        thing.display_order = int(body["displayOrder"])
    if isinstance(thing, Stage) and body.get("metadata"):
        thing.metadata = stage_metadata(_joined(thing.metadata, body["metadata"]))
    thing.updated = portal.stamp()


def _joined(before: dict[str, str], given: dict[str, Any]) -> dict[str, Any]:
    return given if {"ticketState", "isClosed"} & set(given) else before


def _refuse_if_used(call: Call, kind: str, name: str, value: str, code: str) -> None:
    always = "/2026-09/" in call.request.path  # the newest version refuses by itself
    if not (always or call.flag("validateReferencesBeforeDelete")):
        return
    portal = call.portal
    used = [
        str(ref)
        for ref in portal.shelves[kind].live
        if portal.records[ref].values.get(name) == value
    ]
    if used:
        message = f"{value} is referenced by {len(used)} objects and cannot be deleted."
        raise Refusal(
            400,
            "VALIDATION_ERROR",
            message,
            sub_category=f"PipelineError.{code}",
            context={"objectIds": used[:10]},
        )


def _stages(call: Call, kind: str, pipeline: Pipeline) -> Answer:
    if call.request.method == "GET":
        return 200, {"results": [stage.as_json() for stage in pipeline.ordered()]}
    body = call.json()
    if len(pipeline.stages) >= MOST_STAGES:
        raise invalid(f"A pipeline takes at most {MOST_STAGES} stages.")
    if any(stage.label == _label(body) for stage in pipeline.stages.values()):
        raise Refusal(409, "CONFLICT", f"A stage with the label {body['label']} already exists.")
    stage = _new_stage(call.portal, body)
    call.portal.add_stage(kind, pipeline, stage)
    return 201, stage.as_json()


def _stage(call: Call, kind: str, pipeline: Pipeline, ref: str) -> Answer:
    stage = pipeline.stages.get(ref)
    if stage is None:
        raise not_found(f"Stage with ID {ref} does not exist in pipeline {pipeline.id}.")
    match call.request.method:
        case "PATCH" | "PUT":
            _change(call.portal, stage, call.json())
        case "DELETE":
            _refuse_if_used(call, kind, "hs_pipeline_stage", ref, "STAGE_ID_IN_USE")
            call.portal.drop_stage(kind, pipeline, ref)
            call.portal.changes += 1
            return 204, None
        case _:
            pass
    return 200, stage.as_json()
