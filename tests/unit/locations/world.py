"""A record and its places, moved by hand: what the engine does around a flow, without systems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ubm_sync.flow import Conflict, Decision, Edit, Flow, Rival, Situation
from ubm_sync.locations import LocationFlow, LocationRules
from ubm_sync.model import Customer, Mark, Observation, Ref

NOW = datetime(2026, 11, 20, 15, 12, tzinfo=UTC)  # Friday 09:12 in Chicago
HALSTED = Customer(
    "halsted",
    "Halsted Foods",
    company="55",
    sheet="9",
    csm="dana@ubm.example",
    csm_name="Dana Lee",
)
PLAIN = {
    "request_number": "LOC-00142",
    "request_type": "Add location",
    "location_code": "0412",
    "location_name": "Joliet #0412",
    "address_1": "1450 W Jefferson St",
    "city": "Joliet",
    "state": "IL",
    "zip": "60435",
    "vendor": "ComEd",
    "commodity": "Electric",
    "account_number": "4471908023",
    "bill_type": "Full service",
    "name_on_account": "Halsted Foods LLC",
    "service_start": "2026-12-01",
    "bill_delivery": "Online portal",
    "online_access": "Provided via secure link",
}
REFS = {"row": "1", "ticket": "18840211", "account": "UBM-0091234", "enrolment": "77"}


def rival(
    label: str = "LOC-00098",
    status: str = "Active",
    *,
    accepted: bool = True,
    age: int = 10,
    customer: str = "halsted",
    sync_id: str = "other",
) -> Rival:
    """Return another record with the same account, ``age`` days older than ``NOW``."""
    return Rival(sync_id, customer, label, status, accepted, NOW - timedelta(days=age))


class World:
    """One record; ``cycle`` decides and puts the decision into its places."""

    def __init__(
        self,
        values: Mapping[str, str] | None = None,
        *,
        rules: LocationRules | None = None,
        customer: Customer = HALSTED,
        marks: Mapping[str, Mark] | None = None,
        age_minutes: int = 0,
    ) -> None:
        self.flow: Flow = LocationFlow(rules or LocationRules())
        self.customer = customer
        self.values = dict(PLAIN if values is None else values)
        self.marks = dict(marks or {})
        self.now = NOW
        self.created_at = NOW - timedelta(minutes=age_minutes)
        self.memory: dict[str, str] = {}
        self.rivals: tuple[Rival, ...] = ()
        self.vanished: Mapping[str, str] = {}
        self.conflicts: tuple[Conflict, ...] = ()
        self.troubles: dict[str, str] = {}
        self.notes: list[str] = []
        self.observed: dict[str, Observation] = {}
        self._see("row", {})
        self.observed["row"] = replace(self.observed["row"], modified_by="jsmith@halsted")

    def situation(
        self, *, edits: Iterable[Edit] = (), changed: Mapping[str, tuple[str, ...]] | None = None
    ) -> Situation:
        return Situation(
            sync_id="record",
            kind="location",
            customer=self.customer,
            created_at=self.created_at,
            values=self.values,
            marks=self.marks,
            observed=dict(self.observed),
            base={},
            memory=dict(self.memory),
            changed=changed or {},
            edits=tuple(edits),
            conflicts=self.conflicts,
            rivals=self.rivals,
            vanished=self.vanished,
            troubles=self.troubles,
        )

    def cycle(
        self,
        *,
        edits: Iterable[Edit] = (),
        changed: Mapping[str, tuple[str, ...]] | None = None,
        lands: Iterable[str] = ("row", "ticket", "account", "enrolment"),
    ) -> Decision:
        """Decide once and write everything that lands."""
        decision = self.flow.decide(self.situation(edits=edits, changed=changed), self.now)
        self.memory = dict(decision.memory)
        self.notes += [note.text for note in decision.notes]
        self.values.update(decision.fixes)
        for _ in range(2):  # references to places made in this cycle are known in the second round
            for place in lands:
                seen = self.observed.get(place)
                if place in decision.present if seen is None else not seen.gone:
                    self._see(place, decision.values.get(place, {}))
        return decision

    def settle(self, cycles: int = 4) -> Decision:
        """Cycle until nothing can change any more; return the last decision."""
        return [self.cycle() for _ in range(cycles)][-1]

    def edit(self, **fields: str | None) -> Decision:
        """Let the customer change cells of the row, and cycle."""
        for field, value in fields.items():
            if value is None:
                self.values.pop(field, None)
            else:
                self.values[field] = value
        decision = self.cycle(changed=dict.fromkeys(fields, ("row",)))
        self.cycle()
        return decision

    def person(self, place: str = "ticket", **fields: str | None) -> None:
        """Let a person change properties of a ticket."""
        self._see(place, fields)

    def later(self, **spans: float) -> None:
        self.now += timedelta(**spans)

    def approve(self) -> Decision:
        self.person(approval="approve")
        return self.settle()

    def active(self) -> Decision:
        """Take a fresh record all the way."""
        self.cycle()
        self.approve()
        self.person("enrolment", stage="enrolled")
        return self.settle()

    @property
    def status(self) -> str:
        return self.observed["row"].values.get("sync_status", "")

    @property
    def message(self) -> str:
        return self.observed["row"].values.get("sync_message", "")

    @property
    def stage(self) -> str:
        return self.observed["ticket"].values.get("stage", "")

    def differences(self, decision: Decision) -> dict[str, dict[str, object]]:
        """Return what a decision would still write."""
        found: dict[str, dict[str, object]] = {}
        for place, values in decision.values.items():
            have = self.observed[place].values if place in self.observed else {}
            for field, value in values.items():
                wanted = self._plain(value)
                if wanted != have.get(field) and field != "company":
                    found.setdefault(place, {})[field] = wanted
        return found

    def _see(self, place: str, values: Mapping[str, object]) -> None:
        before = self.observed.get(place)
        merged = dict(before.values) if before is not None else {}
        for field, value in values.items():
            text = self._plain(value)
            if text is None:
                merged.pop(field, None)
            else:
                merged[field] = text
        if before is not None:
            self.observed[place] = replace(before, values=merged)
        else:
            self.observed[place] = Observation(
                place, REFS[place], "record", "c", "1", merged, created_at=self.now
            )

    def _plain(self, value: object) -> str | None:
        if isinstance(value, Ref):
            return REFS[value.place] if value.place in self.observed else None
        return None if value is None else str(value)
