"""JSON Schemas of the files an admin edits, so that an editor can complete and check them."""

from __future__ import annotations

from typing import Any

from ubm_sync.config.coverage import CoverageFile
from ubm_sync.config.customers import CustomerFile
from ubm_sync.config.delays import DelayFile
from ubm_sync.config.disconnections import DisconnectionFile
from ubm_sync.config.phrases import PhraseFile
from ubm_sync.config.service import Service
from ubm_sync.mapping import MappingFile


def schemas() -> dict[str, dict[str, Any]]:
    """Return file name -> JSON Schema (draft 2020-12) for each kind of file."""
    return {
        "mapping.schema.json": MappingFile.model_json_schema(),
        "service.schema.json": Service.model_json_schema(),
        "delays.schema.json": DelayFile.model_json_schema(),
        "disconnections.schema.json": DisconnectionFile.model_json_schema(),
        "coverage.schema.json": CoverageFile.model_json_schema(),
        "disconnection_phrases.schema.json": PhraseFile.model_json_schema(),
        "customer.schema.json": CustomerFile.model_json_schema(),
    }
