"""JSON Schemas of the files an admin edits, so that an editor can complete and check them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from ubm_sync.config.coverage import CoverageFile
from ubm_sync.config.customers import CustomerFile
from ubm_sync.config.delays import DelayFile
from ubm_sync.config.disconnections import DisconnectionFile
from ubm_sync.config.phrases import PhraseFile
from ubm_sync.config.service import Service, System
from ubm_sync.mapping import MappingFile
from ubm_sync.model import NOTHING
from ubm_sync.ports import Dialect

MODELS: Mapping[str, type[BaseModel]] = {
    "mapping": MappingFile,
    "service": Service,
    "delays": DelayFile,
    "disconnections": DisconnectionFile,
    "coverage": CoverageFile,
    "disconnection_phrases": PhraseFile,
    "customer": CustomerFile,
}


def schemas(dialects: Mapping[str, Dialect] = NOTHING) -> dict[str, dict[str, Any]]:
    """Return file name -> JSON Schema (draft 2020-12) for each kind of file.

    ``dialects`` add what each system understands to the schema of the service's file.
    """
    found = {f"{name}.schema.json": _schema(model) for name, model in MODELS.items()}
    if dialects:
        _add_systems(found["service.schema.json"], dialects)
    return found


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}


def _add_systems(schema: dict[str, Any], dialects: Mapping[str, Dialect]) -> None:
    """Describe each system by name: the keys all have, and its own."""
    common = System.model_json_schema(ref_template="#/$defs/{model}")
    systems = schema["properties"]["systems"]
    properties = {}
    for name, dialect in dialects.items():
        own = dialect.system.model_json_schema(ref_template="#/$defs/{model}")
        schema["$defs"].update(own.pop("$defs", {}))
        properties[name] = {
            "type": "object",
            "properties": {**common["properties"], **own["properties"]},
            "required": common["required"],
            "additionalProperties": False,
        }
    systems.pop("additionalProperties", None)
    schema["properties"]["systems"] = {
        **systems, "properties": properties, "additionalProperties": False,
    }  # fmt: skip
