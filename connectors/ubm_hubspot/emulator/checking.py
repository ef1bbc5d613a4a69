"""Which property values a record may take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ubm_hubspot.emulator.definitions import LONGEST_TEXT, BadValue, Definition, accept
from ubm_hubspot.emulator.furniture import OBJECT_TYPES
from ubm_hubspot.emulator.portal import Portal
from ubm_hubspot.emulator.records import Record
from ubm_hubspot.emulator.refusals import Flaw, Refusal, invalid, invalid_values


class Checker:
    """Checks the values of one request; two records of it cannot claim one unique value."""

    def __init__(self, portal: Portal, kind: str) -> None:
        self._portal = portal
        self._kind = kind
        self._definitions = portal.definitions[kind]
        self._unique = portal.unique_names(kind)
        self._trims = portal.switches.trims_text
        self._plain = {  # writable text: most of what is written needs no more than its length
            name
            for name, one in self._definitions.items()
            if one.type == "string" and not one.read_only and not self._trims
        }
        self._claimed: dict[tuple[str, str], int | None] = {}

    def check(self, given: Mapping[str, Any], record: Record | None) -> dict[str, str]:
        """Return the values to store, empty text to clear; ``record`` None: it is to be created.

        Raises Refusal.
        """
        if not isinstance(given, dict):
            raise invalid("Invalid input JSON: properties must be an object.")
        flaws: list[Flaw] = []
        accepted = self._accept(given, record, flaws)
        if self._portal.pipelines[self._kind]:
            self._check_stage(accepted, record, flaws)
        if flaws:
            raise invalid_values(flaws)
        if record is None:
            self._check_required(accepted)
        self._check_unique(accepted, record)
        return accepted

    def _accept(
        self, given: dict[str, Any], record: Record | None, flaws: list[Flaw]
    ) -> dict[str, str]:
        accepted: dict[str, str] = {}
        definitions = self._definitions
        plain = self._plain
        for name, value in given.items():
            if name in plain and value.__class__ is str and len(value) <= LONGEST_TEXT:
                accepted[name] = value
                continue
            definition = definitions.get(name)
            if definition is None or definition.read_only:
                self._not_writable(name, definition, flaws)
                continue
            text = value if isinstance(value, str) else _text(value)
            if self._trims:
                text = text.strip()
            if text and (definition.type != "string" or len(text) > LONGEST_TEXT):
                try:
                    text = accept(definition, text, _before(record, name))
                except BadValue as error:
                    flaws.append(error.flaw)
                    continue
                if name == "hubspot_owner_id":
                    self._check_owner(text, flaws)
            accepted[name] = text
        return accepted

    def _not_writable(self, name: str, definition: Definition | None, flaws: list[Flaw]) -> None:
        switches = self._portal.switches
        if definition is None:
            if switches.unknown_property == "error":
                message = f'Property "{name}" does not exist'
                flaws.append(Flaw(name, "PROPERTY_DOESNT_EXIST", message))
        elif switches.read_only_property == "error":
            message = f'"{name}" is a read only property; its value cannot be set.'
            flaws.append(Flaw(name, "READ_ONLY_VALUE", message))

    def _check_owner(self, text: str, flaws: list[Flaw]) -> None:
        owner = self._portal.owners.get(int(text)) if text.isdigit() else None
        left = owner is not None and owner.archived
        if owner is None or (left and self._portal.switches.deactivated_owner == "reject"):
            message = f"{text} is not a valid owner id."
            flaws.append(Flaw("hubspot_owner_id", "INVALID_OWNER_ID", message))

    def _check_stage(
        self, accepted: dict[str, str], record: Record | None, flaws: list[Flaw]
    ) -> None:
        moved = "hs_pipeline" in accepted or "hs_pipeline_stage" in accepted
        if record is not None and not moved:
            return
        pipelines = self._portal.pipelines[self._kind]
        first = min(pipelines.values(), key=lambda pipeline: pipeline.display_order)
        wanted = accepted.get("hs_pipeline") or _before(record, "hs_pipeline") or first.id
        pipeline = pipelines.get(wanted)
        if pipeline is None:
            message = f"{wanted} was not one of the allowed options: {sorted(pipelines)}"
            flaws.append(Flaw("hs_pipeline", "INVALID_OPTION", message))
            return
        stage = accepted.get("hs_pipeline_stage") or _before(record, "hs_pipeline_stage")
        if not stage and self._portal.switches.create_without_stage == "default":
            stage = pipeline.ordered()[0].id
        if stage and stage not in pipeline.stages:
            message = f"{stage} is not a valid pipeline stage of the pipeline {pipeline.id}."
            code = self._portal.switches.stage_error
            flaws.append(Flaw("hs_pipeline_stage", code, message))
        elif stage:
            accepted["hs_pipeline"], accepted["hs_pipeline_stage"] = pipeline.id, stage
            if stage != _before(record, "hs_pipeline_stage"):
                flaws.extend(_lacking(pipeline.stages[stage].required, accepted, record))

    def _check_required(self, accepted: dict[str, str]) -> None:
        kind = OBJECT_TYPES[self._kind]
        missing = [name for name in kind.required if not accepted.get(name)]
        if missing:
            singular = kind.singular.upper()
            raise Refusal(
                400,
                "VALIDATION_ERROR",
                f"Cannot create object with type: {singular}. The following required properties "
                f"were missing: {missing}",
                context={"properties": missing},
            )

    def _check_unique(self, accepted: dict[str, str], record: Record | None) -> None:
        own = record.id if record is not None else None
        for name in self._unique:
            value = accepted.get(name)
            if not value:
                continue
            holder = self._portal.shelves[self._kind].unique.get(name, {}).get(value)
            if holder is not None and holder != own:
                raise self.taken(name, value, str(holder))
            claimed = (name, value) in self._claimed
            if claimed and (own is None or self._claimed[name, value] != own):
                raise self.taken(name, value, "another record of this batch")
            self._claimed[name, value] = own

    def taken(self, name: str, value: str, holder: str) -> Refusal:
        """Return the refusal of a unique value that another record holds."""
        singular = OBJECT_TYPES[self._kind].singular
        if self._portal.switches.unique_conflict == "conflict":
            message = f"A {singular} with {name} {value} already exists. Existing ID: {holder}"
            return Refusal(409, "CONFLICT", message)
        message = f"{holder} already has that value."
        return invalid_values([Flaw(name, "CONFLICTING_UNIQUE_VALUE", message)])


def _lacking(
    required: Iterable[str], accepted: Mapping[str, str], record: Record | None
) -> Iterator[Flaw]:
    """Yield what a stage requires and a ticket that moves there lacks (HubSpot, 2026-09)."""
    for name in required:
        if not accepted.get(name, _before(record, name)):
            message = f'Property "{name}" is required in this stage.'
            yield Flaw(name, "MISSING_CONDITIONAL_REQUIRED_PROPERTY", message)


def _before(record: Record | None, name: str) -> str:
    return "" if record is None else record.values.get(name, "")


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise invalid("Invalid input JSON: property values must be text, numbers or booleans.")
