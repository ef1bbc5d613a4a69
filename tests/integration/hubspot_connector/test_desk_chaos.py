"""A help desk that goes wrong for hours: nobody's call for help is lost, nothing is made twice."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import timedelta

import pytest
from tests.integration.hubspot_connector.helpdesk import BO, JO, HelpDesk

from ubm_hubspot.connector import HubSpotConnector
from ubm_sync.desk import Desk, Filing, Opening, Task, Ticket
from ubm_sync.emulation.faults import Fault, Rule
from ubm_sync.emulation.server import Server
from ubm_sync.errors import Temporary
from ubm_sync.model import Result
from ubm_sync.ports import Connection

FAULTS = [fault for fault in Fault if fault is not Fault.STALL]


class Service:
    """What a service does with a desk, told by a seed; it keeps what it knows across restarts."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a repeatable play
        self.desk = HelpDesk(
            search_lag=self.chance.choice([0.0, 2.0, 20.0]),
            search_lag_jitter=self.chance.choice([0.0, 10.0]),
            activity_touches_record=self.chance.random() < 0.5,
            message_properties=self.chance.random() < 0.7,
        )
        self.seen: dict[str, Ticket] = {}
        self.wanted: dict[str, str] = {}  # ticket -> what its content ends with
        self.tasks: dict[str, Task] = {}
        self.unsure: set[str] = set()
        self.openings: dict[str, Opening] = {}

    def people(self, turn: int) -> None:
        """Let customers and colleagues do something."""
        for index in range(self.chance.randint(0, 4)):
            ref = self.desk.write_in(f"{turn}/{index}", contact=JO)
            self.wanted[ref] = ""
        for ref in self.chance.sample(sorted(self.wanted), min(3, len(self.wanted))):
            self.wanted[ref] = f"said at {turn}"
            self.desk.act("edit_ticket", id=ref, properties={"content": self.wanted[ref]})

    def listen(self) -> None:
        """Read on; a page that does not come is read another time."""
        with suppress(Temporary):
            for page in self.desk.connector.arrivals(self.desk.stored):
                refs = [one.ref for one in page.tickets]
                told = self.desk.connector.dossiers(refs)
                self.desk.take(page)
                self.seen |= {one.ref: one for one in page.tickets}
                self.seen |= {ref: one.ticket for ref, one in told.items()}
                if self.chance.random() < 0.1:
                    return

    def write(self, turn: int) -> None:
        """Assign a task, file and open something."""
        for ref in self.chance.sample(sorted(self.seen), min(2, len(self.seen))):
            key = f"{turn}:{ref}"
            due = self.desk.clock.now() + timedelta(minutes=turn)
            self.tasks[key] = Task(key, ref, BO, f"Look at {turn}", "now", due)
            self.unsure.add(key)
        self.openings[f"disconnection-{turn}"] = Opening(
            f"disconnection-{turn}", {"subject": f"opened {turn}", "content": "-", "case": "c"}
        )
        self.send()

    def send(self) -> None:
        """Send what is not known to be there, after looking for it."""
        with suppress(Temporary):
            there = self.desk.connector.assigned([self.tasks[key] for key in sorted(self.unsure)])
            self.unsure -= there
            left = [self.tasks[key] for key in sorted(self.unsure)]
            for outcome in self.desk.connector.assign(left):
                if outcome.result is Result.LANDED:
                    self.unsure.discard(outcome.key)
            for outcome in self.desk.connector.open(list(self.openings.values())):
                assert outcome.result is not Result.REFUSED or not outcome.permanent
            filings = [Filing(ref, ref, {"priority": "high"}) for ref in sorted(self.seen)[:5]]
            list(self.desk.connector.file(filings))


@pytest.mark.parametrize("seed", range(12))
def test_no_call_for_help_is_lost_and_nothing_is_made_twice(seed: int) -> None:
    service = Service(seed)
    desk, chance = service.desk, service.chance
    for turn in range(20):
        rule = Rule(chance.choice(FAULTS), rate=chance.choice([0.0, 0.1, 0.4]))
        desk.emulator.faults.rules[:] = [rule]
        service.people(turn)
        desk.later(chance.choice([1, 10, 60]))
        service.listen()
        service.write(turn)
        if chance.random() < 0.2:
            desk.begin_again()
    desk.heal()
    for _ in range(12):
        desk.later(60)
        service.listen()
    service.send()

    missed = {
        ref: service.seen.get(ref)
        for ref, content in service.wanted.items()
        if ref not in service.seen or not service.seen[ref].content.endswith(content)
    }
    assert missed == {}
    found = [str(one["properties"].get("ubm_sync_id", "")) for one in desk.act("find_tickets")]
    opened = [key for key in found if key.startswith("disconnection-")]
    assert sorted(opened) == sorted(service.openings)
    made = [
        (ref, task["hs_task_subject"])
        for ref in {one.ref for one in service.tasks.values()}
        for task in desk.see(ref)["tasks"]
    ]
    assert len(made) == len(set(made)) == len(service.tasks)


def test_over_real_sockets_the_same_is_told_and_written() -> None:
    desk = HelpDesk()
    ref = desk.write_in("Notice", "Shut off!", contact=JO)
    with Server(desk.emulator) as server:
        connector = HubSpotConnector(
            Connection(
                places=desk.places,
                customers=(),
                settings={"concurrency": 4},
                environment=desk.emulator.environment(server.url),
                clock=desk.clock,
                budget=desk.budget,
                desk=desk.desk,
            )
        )
        assert isinstance(connector, Desk)
        pages = list(connector.arrivals(None))
        dossier = connector.dossiers([ref])[ref]
        (filed,) = connector.file([Filing("f", ref, {"owner": BO, "priority": "urgent"})])
        (opened,) = connector.open([Opening("disconnection-1", {"subject": "s", "content": "c"})])
        due = desk.clock.now() + timedelta(hours=1)
        (assigned,) = connector.assign([Task("t", ref, BO, "Call", "now", due)])
        assert connector.assigned([Task("t", ref, BO, "Call", "now", due)]) == {"t"}
        connector.close()

    assert [one.ref for page in pages for one in page.tickets] == [ref]
    assert dossier.messages[0].text == "Shut off!"
    assert {filed.result, opened.result, assigned.result} == {Result.LANDED}
    assert desk.see(ref)["owner"] == BO
