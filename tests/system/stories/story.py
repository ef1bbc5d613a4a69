"""One story: people at both ends, faults on the line, and a service that dies again and again.

Everything follows from the seed and hangs on the number of requests and statements, not on time.
"""

from __future__ import annotations

import signal
import time
from collections import deque
from dataclasses import asdict, dataclass, field

import orjson
from tests.system.stories import errands, oracle
from tests.system.stories.exchange import Exchange, Moment, Pass, When
from tests.system.stories.house import FIRST, SECOND, Databases, House
from tests.system.stories.lives import FAR, Command, Lives
from tests.system.stories.people import People
from tests.system.stories.plans import LATE, Plan

from ubm_sync.emulation.emulator import CONTROL
from ubm_sync.emulation.faults import Fault, Faults, Rule
from ubm_sync.emulation.messages import Request

PATIENCE = 240.0  # seconds until a story counts as stuck, on a machine with other things to do
REST = 3  # cycles without a write
MOST = 14  # cycles until they must have begun
STANDBY = 8  # cycles of the other instance that one waits for its turn, or for its end
AHEAD = 700.0  # seconds: longer than a lease


@dataclass
class Story:
    """Plays one plan; ``told`` is what happened, in order."""

    house: House
    kind: str  # of the databases
    plan: Plan
    told: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.exchange = Exchange(self.say, self._watch)
        self.people = People(self.house.emulators, self.house.clients, self.say)
        name = f"story-{self.plan.seed}-{self.kind}"
        self.lives = Lives(self.house, name, (), self.say)
        self._acts = deque(self.plan.acts)
        self._since_act = 0
        self._since_start = 0  # cycles when the first instance started, or woke up
        self._until = 0.0
        if self.plan.errand == "setup":  # there is nothing yet for people to do something with
            self._acts.clear()

    def play(self) -> list[str]:
        """Play it to its end; return what is not as promised."""
        self.say(f"seed {self.plan.seed} on {self.kind} {self.plan.errand}")
        self._until = time.monotonic() + PATIENCE
        empty = self.plan.errand in {"setup", "migrate"}
        story = self.house.story(self.kind, self.exchange, empty=empty, lane=self.plan.lane)
        with story as databases:
            try:
                return self._play(databases)
            finally:
                self.exchange.released.set()
                self.lives.stop_all()
                self.lives.log.unlink(missing_ok=True)

    def say(self, words: str) -> None:
        """Add to what is told."""
        self.told.append(words)

    def _play(self, databases: Databases) -> list[str]:
        before, after = errands.around(self.plan.errand)
        said = before(self, databases)
        if said or self.plan.errand == "setup":
            return said
        self.lives.plan(self.plan.ends)
        said = self.serve(databases) or after(self, databases)
        return said or self._judge(databases)

    # -------------------------------------------------------------------------------- the service

    def serve(self, databases: Databases) -> list[str]:
        """Let the service work until all acts are done and all planned ends have come, and rest."""
        self._break()
        self._start(databases)
        if self.plan.two:
            self.lives.start(SECOND, databases)
        while self._acts or not self.lives.over:
            if said := self._look(databases):
                return said
        self._mend()
        if Fault.SHORT not in self.faults:
            return self._rest(databases)
        # What a listing left out with status 200 is found by the nightly reading of everything.
        said = self._rest(databases)
        if said:
            return said
        code, output = self.ask(databases, ("sync", "--full"))
        if code not in {0, 3}:
            return [f"sync --full ends with {code}: {output}"]
        self.lives.start(FIRST, databases)
        self.exchange.begin_rest()
        return self._rest(databases)

    def _rest(self, databases: Databases) -> list[str]:
        """Wait until nothing is written any more, then ask every instance to stop."""
        begun = self.exchange.cycles
        while self.exchange.idle < REST:
            if self.exchange.cycles - begun > MOST:
                return [f"no rest after {MOST} cycles"]
            if said := self._look(databases):
                return said
        return self.lives.end_well()

    def _start(self, databases: Databases) -> None:
        self._since_start = self.exchange.cycles
        self.lives.start(FIRST, databases)

    def _look(self, databases: Databases) -> list[str]:
        """See how the first instance is; start it again where it was killed."""
        if self.exchange.broken:
            return self.exchange.broken
        if time.monotonic() > self._until:
            return [f"stuck: {len(self._acts)} acts left, {self.lives.end}"]
        how, code = self.lives.look(FIRST, 0.02)
        if how == "runs":
            self._end_the_wait()
            return []
        if how == "stopped":
            return self._outlast(databases)
        if code != -signal.SIGKILL:
            return [f"the service ended by itself with {code}", *self.lives.last_words()]
        self.say(f"== {FIRST} is dead")
        self._start(databases)
        return []

    def _end_the_wait(self) -> None:
        """Kill the first instance where it waits for the lease of another until its end comes."""
        waited = self.exchange.cycles - self._since_start
        if self.lives.end is not None and SECOND in self.lives.running and waited > STANDBY:
            self.say(f"== {FIRST} is killed where it waits")
            self.lives.kill()

    def _outlast(self, databases: Databases) -> list[str]:
        """Let another instance take over while the first is frozen, then wake the first."""
        while databases.is_held():  # who stands still inside a transaction keeps everybody out
            self.lives.nudge()
        self.say(f"== {FIRST} is frozen, its lease runs out")
        self.lives.start(SECOND, databases, ahead=AHEAD)
        begun = self.exchange.cycles
        while (passed := self.exchange.cycles - begun) < STANDBY:
            if passed >= REST and self.exchange.idle >= 1:
                break
            how, code = self.lives.look(SECOND, 0.02)
            if how != "runs" or time.monotonic() > self._until:
                return [f"the second instance does not take over: {how} {code}"]
        self.say(f"== {FIRST} wakes up")
        self.exchange.released.set()
        self._since_start = self.exchange.cycles
        self.lives.wake()
        return []

    # ------------------------------------------------------------------------------ on the line

    def _watch(self, moment: Moment) -> Pass:
        """Let people act, and let the first instance end, at their moment."""
        if moment.when is When.BEFORE:
            self._since_act += 1
        while self._acts and self._since_act >= self._acts[0][0] and not moment.is_before_a_write:
            if self.lives.holds_a_write:  # what it writes over is not seen by anybody in time
                break
            if self._acts[0][1] is not moment.when and self._since_act < FAR:
                break
            self._since_act = 0
            self.people.do(self._acts.popleft()[2])
        return self.lives.pass_by(moment) if moment.caller == FIRST else Pass.ON

    def _break(self) -> None:
        for name, rules in self.plan.faults.items():
            fresh = [Rule(**asdict(one)) for one in rules]
            self.house.emulators[name].faults = Faults(seed=self.plan.seed, rules=fresh)
            words = ", ".join(f"{one.fault.value} {one.rate}" for one in rules)
            self.say(f"== {name} fails with: {words or 'nothing'}")

    def _mend(self) -> None:
        for emulator in self.house.emulators.values():
            self.faults += [fault.value for _, fault in emulator.faults.struck]
            emulator.faults = Faults()
            order = {"advance": LATE}  # the slowest write is over
            emulator.handle(Request("POST", f"{CONTROL}clock", body=orjson.dumps(order)))
        self.exchange.begin_rest()
        self.say("== everything is mended and people stop")

    # -------------------------------------------------------------------------------------- the end

    def _judge(self, databases: Databases) -> list[str]:
        said = oracle.complaints(self.people, databases)
        code, answers = self.ask(databases, ("verify-log",), ("status", "--json"))
        log, _, status = answers.partition("\x1e")
        verified, _, status = status.partition("\n")
        if verified != "0":
            said.append(f"verify-log ends with {verified}: {log}")
        torn = bool(oracle.Ending.of(self.people, databases).conflicts)
        return [*said, *oracle.status_said(code, status, torn=torn)]

    def ask(self, databases: Databases, *commands: Command) -> tuple[int, str]:
        """Run commands undisturbed; return the last one's code and all output."""
        self.lives.plan(())
        return self.lives.insist(databases, commands)
