"""What is there to see: pages as people see them, the vendors' histories, the service's tables."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.fields import (
    ENROLMENTS,
    ID_COLUMN,
    ID_PROPERTY,
    LOCATIONS,
    NAMES,
    OF_COLUMN,
    OF_PROPERTY,
    ONBOARDINGS,
    OUTSIDE,
)
from tests.simulation.model import Change, Ending, Kept, Thing
from tests.simulation.telling import ACCOUNT_COLUMN
from tests.simulation.world import World
from tests.stack import MANAGER

PLACES = {LOCATIONS: "ticket", ENROLMENTS: "enrolment", ONBOARDINGS: "onboarding"}
READS = ("/search", "/batch/read")


def writes(world: World) -> int:
    """Return how often the service wrote so far, over all systems."""
    total = world.store.raw.total_changes
    for emulator in world.emulators.values():
        for route, count in emulator.counts.items():
            method, _, path = route.partition(" ")
            if method != "GET" and not path.endswith(READS):
                total += count
    return total


def intents(world: World) -> int:
    """Return how often the service meant to write so far, by its log."""
    asked = world.state.raw.execute("SELECT count(*) FROM audit WHERE action = 'intent'")
    return int(asked.fetchone()[0])


@dataclass(slots=True)
class Memory:
    """What the service's tables say, earlier ones that a backup replaced included."""

    kept: list[Kept] = field(default_factory=list)
    put_aside: list[Kept] = field(default_factory=list)
    announced: Counter[tuple[str, str]] = field(default_factory=Counter)
    held: set[tuple[str, str, str]] = field(default_factory=set)
    meant: set[tuple[str, str, str]] = field(default_factory=set)

    def read(self, world: World, *, replaced: bool = False) -> None:
        """Take in what stands there now; ``replaced``: it will be gone."""
        ask = world.state.raw.execute
        told = ask("SELECT sync_id, field, place, value FROM kept_value")
        for record, name, place, value in told:
            self.kept.append(Kept(record, name, value or "", open=False))
            self.put_aside.append(Kept(record, name, value or "", open=False, place=place))
        for record, name, sides, closed in ask(
            "SELECT sync_id, field, sides, closed_at FROM conflict"
        ):
            waits = closed is None and not replaced
            for place, value in json.loads(sides).items():
                self.kept.append(Kept(record, name, value or "", open=waits, place=place))
        said: Counter[tuple[str, str]] = Counter()
        for record, place in ask("SELECT sync_id, place FROM outbox"):
            said[record, place] += 1
        self.announced |= said
        for (body,) in ask("SELECT body FROM audit WHERE action = 'intent'"):
            meant = json.loads(body)["writes"]
            for name, (values, *_) in meant.get("creates", {}).items():
                self.held.update((name, one, value) for one, value in values.items())
            for name, fields in meant.get("updates", {}).items():
                self.meant.update(
                    (name, one, after or "") for one, (_, after, *_) in fields.items()
                )


def gather(world: World, memory: Memory, resting: list[int], broke: list[str]) -> Ending:
    """Return how everything looks now."""
    found = Memory(
        list(memory.kept),
        list(memory.put_aside),
        Counter(memory.announced),
        set(memory.held),
        set(memory.meant),
    )
    found.read(world)
    ask = world.state.raw.execute
    with world.memory.reading() as tx:
        chain = tx.audit.verify()
    (stops,) = ask("SELECT count(*) FROM guard_stop WHERE approved_at IS NULL").fetchone()
    aside = ask("SELECT place, coalesce(sync_id, ''), reason FROM quarantine ORDER BY id")
    return Ending(
        things=things(world),
        kept=found.kept,
        put_aside=found.put_aside,
        set_aside=[(place, record, why) for place, record, why in aside],
        changes=[*_row_changes(world), *_ticket_changes(world)],
        creations=_creations(world),
        deletions=_deletions(world),
        resting=resting,
        announced=found.announced,
        intents={(name, one) for name, one, _ in found.meant},
        held=found.held,
        meant=found.meant,
        chain="" if chain is None else str(chain),
        broke=broke,
        ended=world.clock.now(),
        stops=stops,
        archived=_archived(world),
    )


def things(world: World) -> list[Thing]:
    """Return every row, ticket and account as people see them."""
    return [*_rows(world), *_tickets(world), *_accounts(world)]


def not_told(world: World) -> frozenset[str]:
    """Return the records that have an account which their row does not name."""
    accounts = {one.record: one.ref for one in _accounts(world)}
    return frozenset(
        one.record
        for one in _rows(world)
        if one.record in accounts and one.shown.get(ACCOUNT_COLUMN) != accounts[one.record]
    )


def _rows(world: World) -> Iterator[Thing]:
    for client in world.clients:
        order = {"do": "see_sheet", "sheet": client.sheet, "who": client.person}
        seen: Any = world.smartsheet.act(order)
        for one in seen:
            cells = one["cells"]
            fields = {n: cells[t[0]] or "" for n, t in NAMES.items() if t[0] in cells}
            key = cells.get(ID_COLUMN) or ""
            yield Thing("row", str(one["row"]), key, client.key, fields, cells)


def _tickets(world: World) -> Iterator[Thing]:
    found: Any = world.hubspot.act({"do": "find_tickets", "who": MANAGER})
    for one in found:
        properties = one["properties"]
        place = PLACES.get(one["pipeline"], "elsewhere")
        fields = {n: properties.get(t[1]) or "" for n, t in NAMES.items()}
        key = properties.get(ID_PROPERTY) or ""
        shown = {**properties, "stage": one["stage"]}
        notes = tuple(one["notes"])
        yield Thing(place, one["id"], key, one["pipeline"], fields, shown, notes)


def _accounts(world: World) -> Iterator[Thing]:
    cursor = world.store.raw.execute("SELECT * FROM account ORDER BY number")
    titles = [one[0] for one in cursor.description]
    for values in cursor:
        shown = {t: "" if v is None else str(v) for t, v in zip(titles, values, strict=True)}
        fields = {n: OUTSIDE.get(shown[t[2]], shown[t[2]]) for n, t in NAMES.items()}
        yield Thing("account", shown["id"], shown["sync_id"], shown["customer_key"], fields, shown)


def _row_changes(world: World) -> Iterator[Change]:
    service = world.smartsheet.state.service.id
    for client in world.clients:
        sheet = world.smartsheet.state.sheets[client.sheet]
        names = {one.id: OF_COLUMN.get(one.title) for one in sheet.columns}
        for (row, column), past in sheet.history.items():
            name = names.get(column)
            if name is None:
                continue
            for one in past:
                yield Change("row", str(row), name, _text(one.cell), one.at, one.by == service)


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(getattr(cell, "value", cell))


def _ticket_changes(world: World) -> Iterator[Change]:
    for record in world.hubspot.portal.records.values():
        if record.kind != "tickets":
            continue
        place = _place(world, record.revisions[0])
        for revision in record.revisions[1:]:  # the first one creates it
            ours = revision.source.type == "INTEGRATION"
            for name, value in zip(revision.names, revision.values, strict=True):
                if name in OF_PROPERTY:
                    known = OF_PROPERTY[name]
                    at = revision.at / 1000
                    yield Change(place, str(record.id), known, value, at, ours)


def _place(world: World, revision: Any) -> str:
    given = dict(zip(revision.names, revision.values, strict=True))
    pipeline = world.hubspot.portal.pipelines["tickets"].get(given.get("hs_pipeline", ""))
    return PLACES.get(pipeline.label, "elsewhere") if pipeline else "elsewhere"


def _creations(world: World) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for record in world.hubspot.portal.records.values():
        if record.kind == "tickets" and record.revisions[0].source.type == "INTEGRATION":
            first = record.revisions[0]
            given = dict(zip(first.names, first.values, strict=True))
            found["ticket", given.get(ID_PROPERTY, "")] += 1
    return found


def _archived(world: World) -> frozenset[str]:
    return frozenset(
        str(one.values.get(ID_PROPERTY, ""))
        for one in world.hubspot.portal.records.values()
        if one.kind == "tickets" and one.archived_at
    )


def _deletions(world: World) -> int:
    return sum(
        count
        for emulator in world.emulators.values()
        for route, count in emulator.counts.items()
        if route.startswith("DELETE") or route.endswith("/archive")
    )
