"""Changes to records: create, update, archive, restore, merge, with history and events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ubm_hubspot.emulator.associations import LINKS
from ubm_hubspot.emulator.furniture import OBJECT_TYPES
from ubm_hubspot.emulator.instants import iso, parse_instant
from ubm_hubspot.emulator.portal import Event, Portal
from ubm_hubspot.emulator.records import Record, Revision, Source

ACTIVITIES = frozenset({"notes", "tasks", "meetings", "emails"})
_NOT_TOLD = ("hs_v2_", "hs_merged_object_ids")  # HubSpot: calculated properties fire no event


@dataclass(frozen=True, slots=True)
class Writer:
    """Makes the changes of one request: one source, one instant (milliseconds)."""

    portal: Portal
    source: Source
    at: int
    unique: dict[str, list[str]] = field(default_factory=dict)  # by kind, once asked for

    def create(self, kind: str, accepted: Mapping[str, str]) -> Record:
        """Create a record with checked values."""
        portal = self.portal
        record = Record(portal.next_id(), kind, self.at, self.at, {})
        portal.records[record.id] = record
        portal.shelves[kind].add(record)
        self._tell("creation", record, {"changeFlag": "NEW"})
        self._change(record, {name: value for name, value in accepted.items() if value})
        return record

    def update(self, record: Record, accepted: Mapping[str, str]) -> None:
        """Write checked values; the modification time moves even where nothing differs."""
        record.modified = self.at
        self.calculate(record, accepted)

    def calculate(self, record: Record, accepted: Mapping[str, str]) -> None:
        """Write values that HubSpot works out itself: the modification time stays."""
        values = record.values
        changed = {name: value for name, value in accepted.items() if values.get(name, "") != value}
        self._change(record, changed)

    def touch(self, record: Record) -> None:
        """Move the modification time, as a write of a hidden property does."""
        self.update(record, {})

    def archive(self, record: Record) -> None:
        """Put a record into the recycle bin; its modification time stays."""
        portal = self.portal
        record.archived_at = self.at
        shelf = portal.shelves[record.kind]
        shelf.put_away(record)
        if not portal.switches.archived_holds_unique_value:
            shelf.release(record.id, record.values, portal.unique_names(record.kind))
        portal.show(record)
        self._tell("deletion", record, {"changeFlag": "DELETED"})

    def restore(self, record: Record) -> None:
        """Take a record out of the recycle bin."""
        portal = self.portal
        record.archived_at = 0
        shelf = portal.shelves[record.kind]
        shelf.bring_back(record)
        free = [
            name
            for name in portal.unique_names(record.kind)
            if record.values.get(name, "") not in shelf.unique.get(name, {})
        ]
        shelf.claim(record.id, record.values, free)
        portal.show(record)
        self._tell("restore", record, {})

    def merge(self, primary: Record, other: Record) -> Record:
        """Merge ``other`` into ``primary``; returns the record that remains.

        The primary's values win; the other's fill what is empty, or nothing. The old ids keep
        resolving for single calls.
        """
        self.archive(other)
        given = other.values if self.portal.switches.merge_fills_empty else {}
        taken = {
            name: value
            for name, value in given.items()
            if name not in primary.values and not name.startswith("hs_v2_")
        }
        remaining = primary
        if self.portal.switches.merge_makes_new_record:
            self.archive(primary)
            values = {k: v for k, v in primary.values.items() if not k.startswith("hs_v2_")}
            remaining = self.create(primary.kind, values)
            self.portal.associations.move(primary.id, remaining.id)
            primary.merged_into = remaining.id
        other.merged_into = remaining.id
        gone = [str(one.id) for one in (primary, other) if one is not remaining]
        before = primary.values.get("hs_merged_object_ids", "")
        taken["hs_merged_object_ids"] = ";".join([*filter(None, before.split(";")), *gone])
        self.update(remaining, taken)
        self.portal.associations.move(other.id, remaining.id)
        self._tell(
            "merge",
            remaining,
            {
                "primaryObjectId": primary.id,
                "mergedObjectIds": [other.id],
                "newObjectId": remaining.id,
                "numberOfPropertiesMoved": len(taken) - 1,
            },
        )
        return remaining

    def associate(self, source: int, target: int, types: list[int]) -> bool:
        """Link two records by type ids (of the direction source -> target)."""
        new = self.portal.associations.link(source, target, [LINKS[one] for one in types])
        if new:
            self._associated(source, target, types, removed=False)
        return new

    def dissociate(self, source: int, target: int, types: list[int] | None = None) -> None:
        """Take associations away; None: all between the two."""
        links = None if types is None else [LINKS[one] for one in types]
        there = list(self.portal.associations.of(source).get(target, ()))
        if self.portal.associations.unlink(source, target, links):
            self._associated(source, target, types or there, removed=True)

    def _associated(self, source: int, target: int, types: list[int], *, removed: bool) -> None:
        portal = self.portal
        portal.changes += 1
        for record, type_ids in (
            (source, types),
            (target, [LINKS[one].inverse for one in types]),
        ):
            one = portal.records[record]
            primary = any(LINKS[type_id].label for type_id in type_ids)
            if primary and one.kind == "tickets":
                other = target if record == source else source
                values = {k: v for k, v in one.values.items() if k != "hs_primary_company_id"}
                one.values = values if removed else values | {"hs_primary_company_id": str(other)}
                portal.show(one)
            self._tell_association(one, source, target, primary=primary, removed=removed)
        self._touch_activity(source, target)

    def _touch_activity(self, source: int, target: int) -> None:
        if not self.portal.switches.activity_touches_record:
            return
        pair = [self.portal.records[source], self.portal.records[target]]
        if any(one.kind in ACTIVITIES for one in pair):
            for one in pair:
                if one.kind == "tickets":
                    self.touch(one)

    def _tell_association(
        self, record: Record, source: int, target: int, *, primary: bool, removed: bool
    ) -> None:
        other = target if record.id == source else source
        names = [
            OBJECT_TYPES[self.portal.records[one].kind].singular.upper()
            for one in (record.id, other)
        ]
        detail = {
            "associationType": "_TO_".join(names),
            "fromObjectId": record.id,
            "toObjectId": other,
            "associationRemoved": removed,
            "isPrimaryAssociation": primary,
        }
        self._tell("associationChange", record, detail)

    def _change(self, record: Record, changed: dict[str, str]) -> None:
        portal = self.portal
        if changed:
            names = tuple(changed)
            shared = portal.shapes.setdefault(names, names)
            record.revisions.append(Revision(self.at, self.source, shared, tuple(changed.values())))
            self._keep_unique(record, changed)
            effects = self._effects(record, changed)
            kept = {**record.values, **changed, **effects}
            record.values = {k: v for k, v in kept.items() if v} if "" in kept.values() else kept
            if portal.watched:
                self._tell_changes(record, {**changed, **effects})
        portal.show(record)

    def _keep_unique(self, record: Record, changed: Mapping[str, str]) -> None:
        unique = self.unique.get(record.kind)
        if unique is None:
            unique = self.unique[record.kind] = self.portal.unique_names(record.kind)
        names = [name for name in unique if name in changed]
        if names:
            shelf = self.portal.shelves[record.kind]
            shelf.release(record.id, record.values, names)
            shelf.claim(record.id, dict(changed), names)

    def _effects(self, record: Record, changed: Mapping[str, str]) -> dict[str, str]:
        effects = {}
        if changed.get("hubspot_owner_id"):
            effects["hubspot_owner_assigneddate"] = iso(self.at)
        stage = changed.get("hs_pipeline_stage")
        if stage and record.kind == "tickets":
            effects |= self._entered(record, stage)
            effects |= self._closing(record, stage, changed)
        return effects

    def _entered(self, record: Record, stage: str) -> dict[str, str]:
        now = iso(self.at)
        effects = {f"hs_v2_date_entered_{stage}": now}
        left = record.values.get("hs_pipeline_stage")
        entered = record.values.get(f"hs_v2_date_entered_{left}") if left else None
        if left and entered:
            spent = self.at - parse_instant(entered)
            total = int(record.values.get(f"hs_v2_cumulative_time_in_{left}", "0")) + spent
            effects[f"hs_v2_date_exited_{left}"] = now
            effects[f"hs_v2_latest_time_in_{left}"] = str(spent)
            effects[f"hs_v2_cumulative_time_in_{left}"] = str(total)
        return effects

    def _closing(self, record: Record, stage: str, changed: Mapping[str, str]) -> dict[str, str]:
        switches = self.portal.switches
        found = self.portal.stage_of(record.kind, stage)
        closed = found is not None and found[1].closed
        before = self.portal.stage_of(record.kind, record.values.get("hs_pipeline_stage", ""))
        was_closed = before is not None and before[1].closed
        effects: dict[str, str] = {}
        if switches.ticket_is_closed:
            effects["hs_is_closed"] = "true" if closed else "false"
        if closed == was_closed or switches.closed_date == "off":
            return effects
        if closed:
            spent = self.at - record.created
            spent = spent if switches.time_to_close_unit == "ms" else spent // 1000
            effects["hs_last_closed_date"] = iso(self.at)
            effects["time_to_close"] = str(spent)
            if "closed_date" not in changed:
                effects["closed_date"] = iso(self.at)
        else:
            effects["hs_ticket_reopened_at"] = iso(self.at)
            if switches.closed_date == "clear":
                effects |= {"closed_date": "", "time_to_close": ""}
        return effects

    def _tell_changes(self, record: Record, changed: Mapping[str, str]) -> None:
        for name, value in changed.items():
            if not name.startswith(_NOT_TOLD):
                self._tell("propertyChange", record, {"propertyName": name, "propertyValue": value})

    def _tell(self, what: str, record: Record, detail: dict[str, object]) -> None:
        if self.portal.watched:
            singular = OBJECT_TYPES[record.kind].singular
            self.portal.tell(
                Event(f"{singular}.{what}", record.id, self.at, self.source.type, detail)
            )
