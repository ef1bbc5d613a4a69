"""Pipelines and their stages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ubm_hubspot.emulator.furniture import DEFAULT_STAGES, stage_metadata
from ubm_hubspot.emulator.instants import iso


@dataclass(slots=True)
class Stage:
    """One step of a pipeline; instants in milliseconds."""

    id: str
    label: str
    display_order: int
    metadata: dict[str, str]
    created: int = 0
    updated: int = 0
    required: list[str] = field(default_factory=list)  # properties that must be filled in there

    @property
    def closed(self) -> bool:
        """Whether a ticket in this stage counts as closed."""
        return self.metadata["isClosed"] == "true"

    def as_json(self) -> dict[str, Any]:
        """Return the stage as the API shows it."""
        return {
            "id": self.id,
            "label": self.label,
            "displayOrder": self.display_order,
            "metadata": self.metadata,
            "createdAt": iso(self.created),
            "updatedAt": iso(self.updated),
            "archived": False,
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
        }


@dataclass(slots=True)
class Pipeline:
    """One pipeline of one object type."""

    id: str
    label: str
    display_order: int
    stages: dict[str, Stage] = field(default_factory=dict)
    created: int = 0
    updated: int = 0

    def ordered(self) -> list[Stage]:
        """Return the stages in the order people see."""
        return sorted(self.stages.values(), key=lambda stage: stage.display_order)

    def as_json(self) -> dict[str, Any]:
        """Return the pipeline as the API shows it."""
        return {
            "id": self.id,
            "label": self.label,
            "displayOrder": self.display_order,
            "stages": [stage.as_json() for stage in self.ordered()],
            "createdAt": iso(self.created),
            "updatedAt": iso(self.updated),
            "archived": False,
        }

    def stage_by_label(self, label: str) -> Stage:
        """Return the stage people call ``label``; raises KeyError."""
        for stage in self.stages.values():
            if stage.label == label:
                return stage
        raise KeyError(f"no stage {label!r} in pipeline {self.label!r}")


def support_pipeline() -> Pipeline:
    """Return the ticket pipeline every portal starts with; created at the epoch."""
    stages = {
        stage: Stage(stage, label, position, stage_metadata({"ticketState": state}))
        for position, (stage, label, state) in enumerate(DEFAULT_STAGES)
    }
    return Pipeline("0", "Support Pipeline", 0, stages)
