"""A random play over the whole service: people, faults, a lagging search, kills and restarts.

Everything follows from the seed. ``story`` tells what happened, in order, for a red test.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from ruamel.yaml import YAML
from sqlalchemy import create_engine, select
from tests.integration.stack.mortal import Fuse, Killed, MortalConnector, MortalState
from tests.stack import LOCATIONS, ROW, SERVICES, Client, Stack

from ubm_smartsheet.emulator.errors import Refused
from ubm_sync.emulation.faults import Fault, Rule
from ubm_sync.model import Observation, split_key
from ubm_sync.state.outbox import outbox
from ubm_sync.sync.cycle import Report
from ubm_sync.sync.rules import Rules, compile_rules

TYPED = {
    "gl_code": "GL-{}",
    "notes": "note {}",
    "address_2": "Suite {}",
    "name_on_account": "Halsted {} LLC",
    "location_name": "Store {}",
    "account_number": "88{:06}",
}
EMPTIED = ("gl_code", "notes", "address_2")
WRITES = r"^(POST|PUT|PATCH) .*(/rows|/batch/(update|upsert)|/notes|/discussions)$"


@dataclass(frozen=True, slots=True)
class Typed:
    """One value somebody typed: where, and what it took the place of."""

    field: str
    value: str
    where: str
    before: str


@dataclass(slots=True)
class Truth:
    """What the systems hold, read from the beginning: observations by place and key."""

    places: dict[str, dict[str, Observation]] = field(default_factory=dict)
    doubles: list[str] = field(default_factory=list)

    def take(self, seen: Observation) -> None:
        """Add one record."""
        if seen.gone or not seen.key:
            return
        here = self.places.setdefault(seen.place, {})
        if seen.key in here and here[seen.key].ref != seen.ref:
            self.doubles.append(f"{seen.place} {seen.key}: {here[seen.key].ref} and {seen.ref}")
        here[seen.key] = seen

    def of(self, place: str) -> dict[str, Observation]:
        """Return a place's records by the record they belong to."""
        return {split_key(key)[0]: one for key, one in self.places.get(place, {}).items()}


class Play:
    """One seed's play on one stack."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a repeatable play
        self.story: list[str] = [f"seed {seed}"]
        self.typed: list[Typed] = []
        self.deleted: set[int] = set()
        self.moved: dict[int, int] = {}
        self._number = seed % 7 * 1000
        self._busy = False
        lag = {"search_lag": 2.0, "search_lag_jitter": self.chance.choice([0.0, 10.0, 60.0])}
        free = {"per_ten_seconds": 0, "search_per_second": 0}
        self.stack = Stack(
            folder,
            switches={
                "hubspot": {**lag, **free},
                "smartsheet": {
                    "per_minute": 0,
                    "write_answers_all_cells": self.chance.random() < 0.5,
                    "restored_rows_keep_ids": self.chance.random() < 0.5,
                    "delete_moves_version": self.chance.random() < 0.5,
                },
            },
            prepared=False,
        )
        self.fuse = Fuse(self._meanwhile)

    def __enter__(self) -> Self:
        self.stack.__enter__()
        _one_thread(self.stack.folder / "config" / "service.yaml")
        self.stack.prepare()
        self.stack.configuration = self.stack.app.configuration
        mapping = self.stack.configuration.mappings["location"]
        self.titles = {name: one.external for name, one in mapping.bindings["row"].items()}
        self.properties = {name: one.external for name, one in mapping.bindings["ticket"].items()}
        self.rules: Rules = compile_rules(mapping)
        for emulator in self.stack.emulators.values():
            emulator.faults.seed = self.chance.randrange(1000)
        return self

    def __exit__(self, *error: object) -> None:
        self.fuse.put_out()
        self.stack.__exit__(*error)

    # --------------------------------------------------------------------------------- the service

    def run(self, turns: int) -> None:
        """Play: people, faults, cycles, kills."""
        for _ in range(turns):
            for _ in range(self.chance.randrange(4)):
                self.act()
            self._break()
            self.stack.wait(self.chance.choice([1, 5, 20, 60]))
            self.cycle(full=self.chance.random() < 0.1)

    def cycle(self, *, full: bool = False) -> Report | None:
        """Run one cycle; it may be killed, or begin in a new process."""
        if self.chance.random() < 0.15:
            self.story.append("-- the service is started again")
            self.stack.stop()
        engine = self.stack.engine
        if not isinstance(engine.state, MortalState):
            state: Any = MortalState(engine.state, self.fuse)
            engine.state = state
            engine.connectors = {
                name: MortalConnector(one, self.fuse) for name, one in engine.connectors.items()
            }
        if self.chance.random() < 0.25:
            self.fuse.light(self.chance.randrange(1, 120))
        self._busy = True
        try:
            report = engine.cycle(full=full)
        except Killed as end:
            self.story.append(f"-- killed {end}")
            self.stack.stop()
            return None
        finally:
            self._busy = False
            self.fuse.put_out()
        self.story.append(f"-- cycle {_short(report)}")
        return report

    def _break(self) -> None:
        """Let other things go wrong from now on, or nothing."""
        for name, emulator in self.stack.emulators.items():
            rules = []
            if self.chance.random() < 0.6:
                for fault in self.chance.sample(list(Fault), self.chance.randrange(1, 3)):
                    path = self.chance.choice(["", WRITES])
                    rate = self.chance.choice([0.03, 0.1, 0.5])
                    rules.append(Rule(fault, rate=rate, path=path, seconds=1000.0))
                    self.story.append(f"{name}: {fault.value} {rate} {'writes' if path else ''}")
            emulator.faults.rules[:] = rules

    def rest(self) -> list[Report]:
        """Let everything heal and nobody do anything; return the cycles until and after rest."""
        for emulator in self.stack.emulators.values():
            emulator.faults.rules.clear()
        self.chance = random.Random(0)  # noqa: S311 - nobody acts any more
        self.story.append("-- everything heals, people stop")
        self.stack.wait(7200)
        self.stack.stop()
        reports = []
        for _ in range(6):
            self.stack.wait(60)
            report = self.stack.engine.cycle()
            self.story.append(f"-- cycle {_short(report)}")
            reports.append(report)
        return reports

    # ------------------------------------------------------------------------------------- people

    def _meanwhile(self) -> None:
        """Let people act while the service works."""
        if self._busy and self.chance.random() < 0.02:
            self.act()

    def act(self) -> None:
        """Let somebody do something."""
        busy, self._busy = self._busy, False
        acts: list[tuple[int, Callable[[], None]]] = [
            (6, self._adds),
            (8, self._edits_row),
            (8, self._edits_ticket),
            (4, self._approves),
            (1, self._declines),
            (3, self._enrols),
            (2, self._decides),
            (1, self._copies),
            (1, self._moves),
            (1, self._deletes),
            (1, self._restores),
        ]
        chosen = self.chance.choices([one for _, one in acts], [weight for weight, _ in acts])[0]
        try:
            chosen()
        finally:
            self._busy = busy

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _client(self) -> Client:
        return self.chance.choice(self.stack.clients)

    def _say(self, text: str) -> None:
        self.story.append(f"{self.stack.clock.now():%H:%M:%S} {text}")

    def _adds(self) -> None:
        client = self._client()
        for _ in range(self.chance.choice([1, 1, 1, 4])):
            number = self._next()
            cells: dict[str, str | None] = {
                "Account Number": f"77{number:06}",
                "Location Code": f"'{number:04}",
                "Location Name": f"Store {number}",
            }
            if self.chance.random() < 0.2:
                cells["City"] = None
            row = self.stack.type_row(cells, client)
            self._say(f"{client.key} adds row {row} {cells}")

    def _rows(self) -> list[tuple[Client, int, dict[str, str]]]:
        return [
            (client, row, cells)
            for client in self.stack.clients
            for row, cells in self.stack.rows(client).items()
        ]

    def _value(self, name: str) -> str:
        if name in EMPTIED and self.chance.random() < 0.15:
            return ""
        return TYPED[name].format(self._next())

    def _edits_row(self) -> None:
        if not (rows := self._rows()):
            return
        client, row, cells = self.chance.choice(rows)
        name = self.chance.choice(list(TYPED))
        value, title = self._value(name), self.titles[name]
        self._say(f"{client.key} types {name}={value!r} over {cells.get(title)!r} in row {row}")
        self.stack.edit_row(row, {title: value or None}, client)
        self.typed.append(Typed(name, value, f"row {row}", cells.get(title) or ""))

    def _tickets(self) -> list[dict[str, Any]]:
        return sorted(self.stack.tickets(LOCATIONS), key=lambda one: int(one["id"]))

    def _edits_ticket(self) -> None:
        if not (tickets := self._tickets()):
            return
        ticket = self.chance.choice(tickets)
        name = self.chance.choice(list(TYPED))
        value, before = self._value(name), ticket["properties"].get(self.properties[name]) or ""
        self._say(f"manager types {name}={value!r} over {before!r} in ticket {ticket['id']}")
        self.stack.edit_ticket(ticket, **{self.properties[name]: value})
        self.typed.append(Typed(name, value, f"ticket {ticket['id']}", before))

    def _approves(self) -> None:
        waiting = [one for one in self._tickets() if not one["properties"].get("ubm_approval")]
        some = waiting[: self.chance.randrange(1, 4)]
        if some:
            self._say(f"manager approves {[one['id'] for one in some]}")
            self.stack.approve(*some)

    def _declines(self) -> None:
        waiting = [one for one in self._tickets() if not one["properties"].get("ubm_approval")]
        if waiting:
            ticket = self.chance.choice(waiting)
            self._say(f"manager declines {ticket['id']}")
            self.stack.edit_ticket(
                ticket, ubm_approval="decline", ubm_decline_reason="not in our contract"
            )

    def _enrols(self) -> None:
        asked = [one for one in self.stack.tickets("Data Services") if one["stage"] == "Requested"]
        asked = sorted(asked, key=lambda one: int(one["id"]))[: self.chance.randrange(1, 4)]
        if asked:
            self._say(f"Data Services enrols {[one['id'] for one in asked]}")
            ids = [one["id"] for one in asked]
            self.stack.desk("bulk_move", SERVICES, ids=ids, stage="Enrolled")

    def _decides(self) -> None:
        torn = [one for one in self._tickets() if one["properties"].get("ubm_conflict")]
        if torn:
            ticket, choice = self.chance.choice(torn), self.chance.choice(["row", "ticket"])
            self._say(f"manager keeps the {choice} in ticket {ticket['id']}")
            self.stack.edit_ticket(ticket, ubm_conflict_decision=f"keep_{choice}")

    def _copies(self) -> None:
        if rows := self._rows():
            client, row, _ = self.chance.choice(rows)
            new = self.stack.sheet_does("copy_row", client, row=row)["row"]
            self._say(f"{client.key} copies row {row} to {new}")

    def _moves(self) -> None:
        rows = self._rows()
        if rows:
            client, row, _ = self.chance.choice(rows)
            (to,) = (one for one in self.stack.clients if one is not client)
            new = self.stack.admin_does("move_row", client, row=row, to=to.sheet)["row"]
            self._say(f"an admin moves row {row} from {client.key} to {to.key} as {new}")
            self.moved[row] = new

    def _deletes(self) -> None:
        rows = self._rows()
        if len(rows) > 3:
            client, row, _ = self.chance.choice(rows)
            self._say(f"{client.key} deletes row {row}")
            self.stack.sheet_does("delete_row", client, row=row)
            self.deleted.add(row)

    def _restores(self) -> None:
        if self.deleted:
            row = self.chance.choice(sorted(self.deleted))
            self.deleted.discard(row)
            for client in self.stack.clients:
                try:
                    new = self.stack.sheet_does("restore_row", client, row=row)["row"]
                except (KeyError, Refused):
                    continue
                self._say(f"{client.key} restores row {row} as {new}")

    # ------------------------------------------------------------------------------------- the end

    def truth(self) -> Truth:
        """Read every system from the beginning, by connectors that know nothing."""
        truth = Truth()
        self.stack.stop()
        for connector in self.stack.app.connectors.values():
            connector.resume(None)
            for page in connector.observe(full=True):
                for seen in page.observations:
                    truth.take(seen)
        self.stack.stop()
        return truth

    def complaints(self, reports: list[Report]) -> list[str]:
        """Return everything that is not as promised at the end."""
        truth = self.truth()
        with self.stack.app.state.reading() as tx:
            conflicts = {(one.sync_id, one.field): one for one in tx.conflicts.list()}
            kept = list(tx.kept.list())
            quarantined = [f"{one.place}: {one.reason}" for one in tx.quarantine.list()]
            broken = tx.audit.verify()
        said = [f"two of one record: {one}" for one in truth.doubles]
        said += self._unrest(reports)
        said += self._disagreements(truth, conflicts)
        lost = {one.value for one in kept} | {
            value for one in conflicts.values() for value in one.values.values()
        }
        said += self._lost(lost)
        said += self._invented(kept)
        said += [f"set aside: {one}" for one in quarantined]
        said += [f"said twice: {one}" for one in self._repeated()]
        if broken is not None:
            said.append(f"audit: {broken}")
        return said

    @staticmethod
    def _unrest(reports: list[Report]) -> list[str]:
        busy = [number for number, one in enumerate(reports, 1) if one.landed or one.notes]
        return [f"no rest: cycle {number} of {len(reports)} wrote" for number in busy if number > 3]

    def _disagreements(self, truth: Truth, conflicts: Mapping[tuple[str, str], Any]) -> list[str]:
        rows, said = truth.of("row"), []
        for place in ("ticket", "account", "enrolment"):
            for sync_id, there in truth.of(place).items():
                row = rows.get(sync_id)
                if row is None:
                    continue
                for rule in self.rules.shared:
                    name = rule.name
                    if place not in rule.places or (sync_id, name) in conflicts:
                        continue
                    if not rule.equal(row.values.get(name), there.values.get(name)):
                        said.append(
                            f"row {row.ref} and {place} {there.ref} differ in {name}: "
                            f"{row.values.get(name)!r}, {there.values.get(name)!r}"
                        )
        return said

    def _lost(self, kept: set[str | None]) -> list[str]:
        """Return typed values that are nowhere, though nobody replaced what they showed."""
        shown: set[str] = set()
        for _, _, cells in self._rows():
            shown.update(cells.values())
        for ticket in self._tickets():
            shown.update(str(one) for one in ticket["properties"].values())
        replaced = {one.before for one in self.typed}
        for row, new in reversed(self.moved.items()):
            if new in self.deleted:
                self.deleted.add(row)
        gone = {f"row {row}" for row in self.deleted}
        return [
            f"lost: {one}"
            for one in self.typed
            if one.value and one.value not in shown | replaced | kept and one.where not in gone
        ]

    def _invented(self, kept: list[Any]) -> list[str]:
        typed = {one.value for one in self.typed} | {value.strip("'") for value in ROW.values()}
        first = {f"77{number:06}" for number in range(self._number + 1)}
        return [
            f"put back what nobody typed: {one}"
            for one in kept
            if (one.value or "") not in typed | first | {""}
            and not str(one.value).startswith("Store")
        ]

    def _repeated(self) -> list[str]:
        """Return tickets with more notes than were to be written."""
        statement = select(outbox.c.sync_id, outbox.c.place)
        with create_engine(self.stack.variables["UBM_SYNC_STATE_URL"]).connect() as connection:
            wanted = Counter(tuple(row) for row in connection.execute(statement))
        places = {LOCATIONS: "ticket", "Data Services": "enrolment", "Onboarding": "onboarding"}
        said = []
        for pipeline, place in places.items():
            for ticket in self.stack.tickets(pipeline):
                sync_id, _ = split_key(ticket["properties"]["ubm_sync_id"])
                if len(ticket["notes"]) > wanted[sync_id, place]:
                    said.append(f"{ticket['id']}: {ticket['notes']}")
        return said


def _short(report: Report) -> str:
    summary = report.summary()
    return str({name: value for name, value in summary.items() if value and name != "run"})


def _one_thread(path: Path) -> None:
    """Have the connectors send one request after the other, so that a play is repeatable."""
    yaml = YAML()
    service = yaml.load(path)
    service["systems"]["hubspot"] |= {"concurrency": 1, "settle_every": 120, "settle_lag": 70}
    service["systems"]["smartsheet"] |= {"writers": 1}
    yaml.dump(service, path)
