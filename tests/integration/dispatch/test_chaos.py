"""Random days at the desk: people do anything at any moment, answers are lost, processes die.

What must hold whatever happens: nobody is told twice of one thing, an urgent notice that nobody
takes reaches everybody in turn, one that somebody took reaches nobody else, and what a person chose
stays. The same seed plays the same day.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.integration.dispatch.lane import DANA, DREW, LEA, MORNING, OMAR, PRIYA, Lane

from ubm_sync.clock import VirtualClock
from ubm_sync.routing.case import Case
from ubm_sync.state import Tx, open_state

SEEDS = 60
PEOPLE = (DANA, PRIYA, OMAR, LEA, DREW)
CALLS = ("annotate", "assign", "file", "open")
LONGEST_LOOK = timedelta(minutes=12)


class Killed(BaseException):
    """The process ends here."""


class Day:
    """One random day."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a test
        clock = VirtualClock(MORNING)
        self.lane = Lane(open_state(f"sqlite:///{folder / 'state.db'}", clock), clock)
        self.desk = self.lane.desk
        self.urgent: list[str] = []
        self.others: list[str] = []
        self.chosen: dict[str, str] = {}  # owners that a person chose
        self.taken: dict[str, datetime] = {}  # when somebody took a ticket
        self.holders = 0

    def play(self) -> None:
        for _ in range(self.chance.randint(15, 40)):
            self.chance.choice(
                (self.notice, self.notice, self.other, self.take, self.choose, self.fault,
                 self.talk, self.wait, self.wait, self.wait)
            )()  # fmt: skip
            self.look()
        self.desk.down = False
        self.desk.lost.clear()
        for _ in range(30):
            self.lane.clock.advance(timedelta(minutes=10))
            self.look(calm=True)

    # ------------------------------------------------------------------ what happens

    def notice(self) -> None:
        number = 4_471_900_000 + len(self.urgent)
        day = self.chance.randint(1, 20)
        text = (
            f"ComEd disconnect notice for acct {number}, shutoff is scheduled for 12/{day:02}/2026."
        )
        owner = self.chance.choice(("", "", LEA, OMAR))
        by_person = bool(owner) and self.chance.random() < 0.5
        ref = self.desk.write_in(
            "NOTICE", text, company=self.chance.choice(("77", "78", "")), owner=owner,
            by_person=by_person,
        )  # fmt: skip
        self.urgent.append(ref)
        if by_person:
            self.chosen[ref] = owner

    def other(self) -> None:
        self.others.append(self.desk.write_in("Bill copy", "Please send the October bill."))

    def take(self) -> None:
        routed = [ref for ref in self.urgent if self.desk.tasks_of(ref) and ref not in self.taken]
        if not routed:
            return
        ref, who = self.chance.choice(routed), self.chance.choice(PEOPLE)
        self.lane.clock.advance(timedelta(seconds=30))
        if self.chance.random() < 0.5:
            self.desk.answer(ref, who)
        else:
            self.desk.move(ref, "in_progress", who)
        self.taken[ref] = self.lane.clock.now()

    def choose(self) -> None:
        if self.urgent:
            ref = self.chance.choice(self.urgent)
            owner = self.chance.choice((LEA, OMAR))
            self.desk.set(ref, "owner", owner, DREW)
            self.chosen[ref] = owner

    def talk(self) -> None:
        if self.urgent:
            self.desk.reply(self.chance.choice(self.urgent), "Any news? Thanks.")

    def fault(self) -> None:
        what = self.chance.random()
        if what < 0.4:
            self.desk.lost.add(self.chance.choice(CALLS))
        elif what < 0.7:
            self.desk.down = not self.desk.down
        else:
            with killed_at(self.chance.randint(1, 9)), suppress(Killed):
                self.lane.round()
            self.holders += 1
            self.lane.clock.advance(timedelta(minutes=6))  # the lease of the dead one runs out
            self.lane.dispatcher = self.lane.another(f"holder {self.holders}")

    def wait(self) -> None:
        self.lane.clock.advance(timedelta(minutes=self.chance.randint(1, 12)))

    def look(self, *, calm: bool = False) -> None:
        done = self.lane.round()
        assert not calm or not done.problems

    # ------------------------------------------------------------------ what must hold

    def check(self) -> None:
        with self.lane.reading() as tx:
            cases = {ref: case for case in tx.disconnections.all() for ref in (case.ticket,)}
            read = tx.inquiries.load(f"ticket:{ref}" for ref in (*self.urgent, *self.others))
        assert len(read) == len(self.urgent) + len(self.others)
        for ref in self.urgent:
            self.once(ref)
            self.told(ref, cases[ref])
        for ref in self.others:
            assert not self.desk.notes_of(ref)
        for ref, owner in self.chosen.items():
            assert self.desk.pages[ref].ticket.owner == owner

    def once(self, ref: str) -> None:
        notes = Counter(self.desk.notes_of(ref))
        tasks = Counter((one.owner, one.subject) for one in self.desk.pages[ref].tasks)
        assert not [text for text, count in notes.items() if count > 1]
        assert not [who for who, count in tasks.items() if count > 1]

    def told(self, ref: str, case: Case) -> None:
        page = self.desk.pages[ref]
        assert page.ticket.priority == "urgent"
        assert page.ticket.owner
        told = [one.email for one in case.told]
        assert [one.owner for one in page.tasks] == told
        assert len(set(told)) == len(told)
        if ref in self.taken:
            assert case.outcome == "acknowledged"
            late = [one for one in case.told if one.at > self.taken[ref] + LONGEST_LOOK]
            assert late == []
        else:
            assert case.outcome == ""
            assert DREW in told  # the last one there is
            assert case.wake_at is None


@contextmanager
def killed_at(commit: int) -> Iterator[None]:
    """Let the process die at its n-th commit."""
    count, flush = 0, Tx.flush

    def killing(tx: Tx) -> None:
        nonlocal count
        count += 1
        if count == commit:
            raise Killed
        flush(tx)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tx, "flush", killing)
        yield


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_random_day(seed: int, tmp_path: Path) -> None:
    day = Day(seed, tmp_path)
    day.play()
    day.check()
