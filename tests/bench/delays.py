"""How long onboardings take to be judged: ``python -m tests.bench.delays [ONBOARDINGS [FACTS]]``.

2,000 onboardings of 200 facts each, unless told otherwise, in one process on a SQLite file. The
systems are in memory, so that what is measured is ours: keeping facts, judging them, writing down
what came of them. A report, not a test; that a quiet look writes nothing is a test of its own
(``tests/integration/engine/test_delay_scale.py``).
"""

from __future__ import annotations

import gc
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, event
from tests.engine_house import DESK, MAPPINGS
from tests.unit.delays.facts import at

from ubm_sync.clock import VirtualClock
from ubm_sync.delays.rules import DelayRules
from ubm_sync.evidence import Evidence, Kind, Side
from ubm_sync.memory import MemoryConnector, MemorySystem
from ubm_sync.model import Customer, Observation
from ubm_sync.ports import Asked, Hearing, Testimony
from ubm_sync.state import State, open_state
from ubm_sync.sync.delaying import Delaying, DelayPolicy
from ubm_sync.sync.rules import compile_rules

STARTED, NOW = at("2026-06-01"), at("2026-11-16 12:00")
SEED = 4
_STAGES = (
    "contract_signed", "kickoff_scheduling", "kickoff_held", "gathering_documents",
    "waiting_on_customer", "account_setup", "waiting_on_customer", "data_services_enrolment",
    "waiting_on_utility", "first_bills",
)  # fmt: skip
_ZONES = ("America/Chicago", "America/New_York", "America/Los_Angeles", "America/Phoenix")


@dataclass
class Office:
    """Onboardings in a state, and a system that tells of them."""

    state: State
    customers: dict[str, Customer]
    facts: dict[str, list[Evidence]]
    told: list[str] = field(default_factory=list)  # customers that were told of
    asked: list[tuple[str, str]] = field(default_factory=list)  # statements, and with what

    @classmethod
    def open(cls, url: str, onboardings: int, facts: int) -> Office:
        """Return an office whose onboardings have a ticket each and many facts."""
        chance = random.Random(SEED)  # noqa: S311 - a bench, not a secret
        customers = {
            key: Customer(key, key.title(), zone=_ZONES[n % len(_ZONES)], csm="dana@example.com")
            for n in range(onboardings)
            if (key := f"customer-{n:04}")
        }
        story = {key: list(_story(chance, key, facts)) for key in customers}
        office = cls(open_state(url), customers, story)
        with office.state.transaction() as tx:
            tx.observations.save(
                (
                    f"onboarding-{key}",
                    Observation("onboarding", f"{n}", f"onboarding-{key}", "", "1", {},
                                created_at=STARTED, modified_at=STARTED),
                )
                for n, key in enumerate(customers)
            )  # fmt: skip
        return office

    def watch(self) -> Delaying:
        """Return what watches them."""
        places = MAPPINGS["onboarding"].places_of(DESK)
        system = MemorySystem(DESK, places, VirtualClock(NOW))
        rules = compile_rules(MAPPINGS["onboarding"])
        connectors = {DESK: _Telling(system, self)}
        policy = DelayPolicy(DelayRules(), "usual")
        return Delaying(self.state, connectors, rules, self.customers, policy)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Remember what the database is asked meanwhile."""
        self.asked.clear()
        self.told.clear()

        def note(_c: object, _k: object, statement: str, given: object, *_more: object) -> None:
            is_question = statement.lstrip().startswith("SELECT")
            self.asked.append((statement, str(given) if is_question else ""))

        event.listen(Engine, "before_cursor_execute", note)
        try:
            yield
        finally:
            event.remove(Engine, "before_cursor_execute", note)

    @property
    def writes(self) -> list[str]:
        """The statements that wrote."""
        verbs = ("INSERT", "UPDATE", "DELETE")
        return [statement for statement, _ in self.asked if statement.lstrip().startswith(verbs)]

    def count(self) -> dict[str, int]:
        """Return how many rows there are, by table."""
        tables = ("delay_revision", "delay_fact", "delay_case", "outbox", "audit")
        with self.state.reading() as tx:
            connection = tx.delays._raw
            return {
                name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one()  # noqa: S608
                for name in tables
            }


class _Telling(MemoryConnector):
    """Tells of the onboardings that have more facts than were told."""

    def __init__(self, system: MemorySystem, office: Office) -> None:
        super().__init__(system)
        self._office = office

    def testify(self, asked: Sequence[Asked], mark: str | None) -> Iterator[Hearing]:
        moved = [one for one in asked if one.known != str(len(self._office.facts[one.customer]))]
        for start in range(0, len(moved), 50):
            part = moved[start : start + 50]
            self._office.told += [one.customer for one in part]
            yield Hearing(
                tuple(
                    Testimony(one.ticket, str(len(facts)), tuple(facts))
                    for one in part
                    if (facts := self._office.facts[one.customer])
                )
            )
        if mark is None:
            yield Hearing(mark="looked")


def _story(chance: random.Random, customer: str, facts: int) -> Iterator[Evidence]:
    """Yield what happened in one onboarding: about so many facts as people leave."""
    day = 0.0

    def fact(kind: Kind, when: float, value: str, subject: str = "", **details: str) -> Evidence:
        at = STARTED + timedelta(days=min(when, 167.0))
        record = f"{kind}s/{customer}-{subject or round(when * 1e5)}"
        link = f"https://app.example.com/{record}"
        side = Side.CLIENT if kind is Kind.RECEIVED else Side.US
        return Evidence(kind, at, subject, value, "desk", record, kind, "dana@example.com", side,
                        link, details)  # fmt: skip

    length = chance.uniform(80, 160)
    for number, key in enumerate(_STAGES):
        yield fact(Kind.STAGE, day + number * length / 10, key)
    left = facts - len(_STAGES)
    for number in range(left // 4):
        when = chance.uniform(1, length)
        yield fact(Kind.SENT, when, "delivered", channel="email", text=f"Question {number}")
        if number % 2:
            answer = when + chance.expovariate(0.3)
            yield fact(Kind.RECEIVED, answer, "reply", channel="email", text=f"Re: {number}")
        else:
            yield fact(Kind.RECEIVED, when + 0.01, "automatic", channel="email", text="Away")
    for number in range(left // 12):
        when = chance.uniform(5, length)
        due = (STARTED + timedelta(days=when + 7)).date().isoformat()
        name = f"document {number}"
        came = when + chance.uniform(2, 20)
        yield fact(Kind.ITEM, when, "requested", name, due=due, text=name)
        yield fact(Kind.ITEM, came, "received", name)
        yield fact(Kind.ITEM, came + chance.uniform(0, 4), "accepted", name)
    for number in range(left // 16):
        when = chance.uniform(10, length)
        yield fact(Kind.ROW, when, "Needs information", f"row {number}")
        yield fact(Kind.ROW, when + chance.uniform(0.1, 20), "Waiting for CSM", f"row {number}")
    for number in range(left // 24):
        when = chance.uniform(5, length)
        slot = (STARTED + timedelta(days=when + 5)).isoformat()
        yield fact(Kind.MEETING, when, "scheduled", f"meeting {number}", slot=slot)
        yield fact(Kind.MEETING, when + 5, "no_show", f"meeting {number}", slot=slot)
        yield fact(Kind.MEETING, when + 9, "completed", f"meeting {number}")


def main(onboardings: int = 2_000, facts: int = 200) -> None:
    """Print what each look took."""
    with tempfile.TemporaryDirectory() as folder:
        office = Office.open(f"sqlite:///{Path(folder) / 'state.db'}", onboardings, facts)
        gc.freeze()  # what stands for another system is no burden of ours
        own = _memory()
        items = sum(map(len, office.facts.values()))
        _say(f"{onboardings:,} onboardings, {items:,} facts, one process, SQLite file")
        delaying = office.watch()
        _look(office, delaying, "first look: facts kept, judged, written down", NOW, items)
        _look(office, delaying, "again, nothing changed", NOW + timedelta(minutes=5), 0)
        _look(office, delaying, "a new day: every one judged anew", NOW + timedelta(days=1), items)
        changed = next(iter(office.facts))
        office.facts[changed] += [*_story(random.Random(5), changed, 20)]  # noqa: S311
        _look(office, delaying, "one of them changed", NOW + timedelta(days=1, minutes=5), 0)
        peak = _memory()
        size = (Path(folder) / "state.db").stat().st_size / 1e6
        _say(
            f"peak memory {peak:.0f} MB, {own:.0f} MB of them the system that tells; "
            f"file {size:.0f} MB"
        )
        begun = time.perf_counter()
        with office.state.reading() as tx:
            whole = tx.delays.verify() is None
        _say(f"ledger of {office.count()['delay_revision']:,} entries verified in "
             f"{time.perf_counter() - begun:.1f} s: {'whole' if whole else 'BROKEN'}")  # fmt: skip
        office.state.close()


def _look(office: Office, delaying: Delaying, what: str, now: datetime, items: int) -> None:
    before = office.count()
    with office.listening():
        begun, spent = time.perf_counter(), time.process_time()
        wrong = delaying.look("run", now)
        took, spent = time.perf_counter() - begun, time.process_time() - spent
    after = office.count()
    grown = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    _say(
        f"{what}: {took:.2f} s ({spent:.2f} s of the processor)",
        f"  told of {len(office.told):,}; {len(office.asked):,} statements, {len(office.writes):,} "
        f"of them writes; more rows: {grown or 'none'}",
        *wrong,
    )
    if items:
        _say(f"  {len(office.customers) / spent:,.0f} onboardings/s, {items / spent:,.0f} facts/s")


def _memory() -> float:
    """Return the most memory there was so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
