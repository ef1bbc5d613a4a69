"""One portal: everything it holds, without any HTTP."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from ubm_hubspot.emulator.associations import Associations
from ubm_hubspot.emulator.definitions import Definition
from ubm_hubspot.emulator.furniture import (
    MESSAGE_PROPERTIES,
    OBJECT_TYPES,
    TYPE_NAMES,
    default_group,
    stage_properties,
    standard_properties,
)
from ubm_hubspot.emulator.instants import iso, milliseconds
from ubm_hubspot.emulator.pipelines import Pipeline, Stage, support_pipeline
from ubm_hubspot.emulator.records import Record, Shelf
from ubm_hubspot.emulator.refusals import Refusal, invalid, not_found
from ubm_hubspot.emulator.switches import Switches
from ubm_sync.clock import Clock

_FITTING = (
    "urgent_priority",
    "ticket_is_closed",
    "unique_creation_key_writable",
    "task_priority_none",
    "message_properties",
)
_FITTED = (
    "hs_ticket_priority",
    "hs_unique_creation_key",
    "hs_is_closed",
    "hs_task_priority",
    *MESSAGE_PROPERTIES,
)


@dataclass(slots=True)
class Owner:
    """A user who can be given records. ``id`` is what records hold, ``user`` the user's own id."""

    id: int
    user: int
    email: str
    first_name: str
    last_name: str
    created: int
    updated: int
    archived: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the owner as the API shows it; a deactivated one has no userId."""
        return {
            "id": str(self.id),
            "email": self.email,
            "type": "PERSON",
            "firstName": self.first_name,
            "lastName": self.last_name,
            "userId": None if self.archived else self.user,
            "userIdIncludingInactive": self.user,
            "createdAt": iso(self.created),
            "updatedAt": iso(self.updated),
            "archived": self.archived,
        }


@dataclass(slots=True)
class Group:
    """A group of properties."""

    name: str
    label: str
    display_order: int = -1

    def as_json(self) -> dict[str, Any]:
        """Return the group as the API shows it."""
        return {
            "name": self.name,
            "label": self.label,
            "displayOrder": self.display_order,
            "archived": False,
        }


@dataclass(slots=True)
class Event:
    """Something that happened to a record and may be told to subscribers."""

    type: str  # "ticket.propertyChange"
    record: int
    at: int
    source: str
    detail: dict[str, Any] = field(default_factory=dict)


class Portal:
    """The records, definitions, pipelines, owners and associations of one account."""

    def __init__(self, clock: Clock, switches: Switches, seed: int = 0) -> None:
        self.clock = clock
        self.switches = switches
        self.random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self.records: dict[int, Record] = {}
        self.shelves = {kind: Shelf(kind) for kind in OBJECT_TYPES}
        self.definitions: dict[str, dict[str, Definition]] = {
            kind: standard_properties(kind, switches) for kind in OBJECT_TYPES
        }
        self.archived_definitions: dict[str, dict[str, Definition]] = {
            kind: {} for kind in OBJECT_TYPES
        }
        self.groups: dict[str, dict[str, Group]] = {
            kind: {(name := default_group(kind)): Group(name, f"{kind} information", 0)}
            for kind in OBJECT_TYPES
        }
        self.pipelines: dict[str, dict[str, Pipeline]] = {kind: {} for kind in OBJECT_TYPES}
        self.owners: dict[int, Owner] = {}
        self.associations = Associations()
        self.locks: dict[int, int] = {}  # record -> how many more requests find it locked
        self.watched = False  # whether anybody subscribed to events
        self.events: deque[Event] = deque()
        self.changes = 0  # grows with every change, so that a saver knows
        self.revoked = False  # whether the token was taken back
        self.shapes: dict[tuple[str, ...], tuple[str, ...]] = {}
        self.last_id = 18_840_000_000
        self.last_stage = 104_000_000
        self._last_stamp = 0
        self.add_pipeline("tickets", support_pipeline())

    def fit(self, switches: Switches) -> None:
        """Take over new switches, and what they change of the standard properties."""
        if switches is self.switches:
            return
        before, self.switches = self.switches, switches
        if all(getattr(before, name) == getattr(switches, name) for name in _FITTING):
            return
        for kind in ("tickets", "tasks"):
            standard = standard_properties(kind, switches)
            for name in _FITTED:
                self.definitions[kind].pop(name, None)
                if name in standard:
                    self.definitions[kind][name] = standard[name]

    def now(self) -> int:
        """Return the portal's time in milliseconds."""
        return milliseconds(self.clock.now())

    def stamp(self) -> int:
        """Return the time of one write: never before an earlier write's.

        It is never the same either, unless the portal tells its times in whole seconds.
        """
        if self.switches.whole_seconds:
            self._last_stamp = max(self.now() // 1_000 * 1_000, self._last_stamp)
        else:
            self._last_stamp = max(self.now(), self._last_stamp + 1)
        self.changes += 1
        return self._last_stamp

    def position(self) -> dict[str, int]:
        """Return where ids and instants stand, for a saved state."""
        return {
            "last_id": self.last_id,
            "last_stage": self.last_stage,
            "last_stamp": self._last_stamp,
        }

    def resume(self, position: dict[str, int]) -> None:
        """Go on where a saved state ended: ids and instants never come twice."""
        self.last_id = position["last_id"]
        self.last_stage = position["last_stage"]
        self._last_stamp = position["last_stamp"]

    def next_id(self) -> int:
        """Return a new id: ids grow, but not one by one."""
        self.last_id += self.random.randint(1, 9)
        return self.last_id

    def next_stage_id(self) -> str:
        """Return a new id for a pipeline or a stage: numeric text, different in every portal."""
        self.last_stage += self.random.randint(1, 99)
        return str(self.last_stage)

    def kind(self, name: str) -> str:
        """Return the type called ``name`` in a path; raises Refusal."""
        found = TYPE_NAMES.get(name.lower())
        if found is None or found in self.switches.missing_objects:
            raise invalid(f"Unable to infer object type from: {name}")
        scope = OBJECT_TYPES[found].scope
        if scope in self.switches.missing_scopes or found in self.switches.missing_scopes:
            raise missing_scope(scope)
        return found

    def record(self, kind: str, text: str) -> Record:
        """Return a live record by its id or the id of one merged into it; raises Refusal."""
        record = self.records.get(int(text)) if text.isdigit() else None
        while record is not None and record.merged_into:
            record = self.records.get(record.merged_into)
        if record is None or record.kind != kind or record.archived_at:
            raise not_found()
        return record

    def in_bin(self, record: Record) -> bool:
        """Return whether a record is listed as archived; one merged away may not be."""
        hidden = record.merged_into and not self.switches.merged_listed_as_archived
        return bool(record.archived_at) and not hidden

    def show(self, record: Record) -> None:
        """Tell the search copy of a change."""
        now = self.now()
        switches = self.switches
        lag = switches.search_lag
        if switches.search_lag_jitter:
            lag += switches.search_lag_jitter * ((record.id * 2_654_435_761) % 1000) / 1000
        snapshot = None if record.archived_at else record.snapshot()
        self.shelves[record.kind].index.note(record.id, snapshot, now + int(lag * 1000), now)

    def tell(self, event: Event) -> None:
        """Keep an event for the subscribers, if there are any."""
        if self.watched:
            self.events.append(event)

    def unique_names(self, kind: str) -> list[str]:
        """Return the names of a type's unique properties that can be written."""
        return [
            name
            for name, definition in self.definitions[kind].items()
            if definition.unique and not definition.read_only
        ]

    def add_pipeline(self, kind: str, pipeline: Pipeline) -> None:
        """Put a pipeline, with the calculated properties its stages bring."""
        self.pipelines[kind][pipeline.id] = pipeline
        for stage in pipeline.stages.values():
            self.add_stage(kind, pipeline, stage)

    def add_stage(self, kind: str, pipeline: Pipeline, stage: Stage) -> None:
        """Put a stage and its calculated properties; the older kind only in the first pipeline."""
        pipeline.stages[stage.id] = stage
        for one in stage_properties(kind, stage.id, stage.label, old=pipeline.id == "0"):
            self.definitions[kind][one.name] = one

    def drop_stage(self, kind: str, pipeline: Pipeline, stage: str) -> None:
        """Take a stage away; its calculated properties vanish with it."""
        label = pipeline.stages.pop(stage).label
        for one in stage_properties(kind, stage, label, old=True):
            self.definitions[kind].pop(one.name, None)

    def stage_of(self, kind: str, stage: str) -> tuple[Pipeline, Stage] | None:
        """Return the pipeline and stage with this stage id."""
        for pipeline in self.pipelines[kind].values():
            if stage in pipeline.stages:
                return pipeline, pipeline.stages[stage]
        return None

    def owner_by_email(self, email: str) -> Owner:
        """Return an owner by e-mail, deactivated ones included; raises KeyError."""
        for owner in self.owners.values():
            if owner.email.lower() == email.lower():
                return owner
        raise KeyError(f"no owner with the e-mail {email!r}")


def missing_scope(scope: str) -> Refusal:
    """Return the refusal of a token that lacks ``scope``."""
    message = "This app hasn't been granted all required scopes to make this call."
    detail = {"message": message, "context": {"requiredGranularScopes": [scope]}}
    return Refusal(403, "MISSING_SCOPES", message, errors=[detail])
