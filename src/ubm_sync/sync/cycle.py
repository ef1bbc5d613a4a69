"""One cycle: read every system, then plan, guard, write and settle what is due, then say it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from ubm_sync.clock import Clock
from ubm_sync.errors import Temporary
from ubm_sync.flow import Flow
from ubm_sync.model import NOTHING, Customer, nothing
from ubm_sync.ports import Connector
from ubm_sync.state import GuardStop, Lease, State, Tx
from ubm_sync.sync import collecting, decisions
from ubm_sync.sync.absence import Patience
from ubm_sync.sync.answering import answer
from ubm_sync.sync.delaying import Delaying, DelayPolicy
from ubm_sync.sync.gate import Gate, load_guard
from ubm_sync.sync.ingest import Ingest, Seen
from ubm_sync.sync.limits import GuardSettings
from ubm_sync.sync.linking import Linking
from ubm_sync.sync.lookback import LookBack
from ubm_sync.sync.notes import NoteClerk
from ubm_sync.sync.noticed import Mask
from ubm_sync.sync.opening import open_onboardings
from ubm_sync.sync.pipeline import Batch, Due, Pipeline
from ubm_sync.sync.plan import RecordPlan
from ubm_sync.sync.reading import Progress, Reading
from ubm_sync.sync.recording import Recorder
from ubm_sync.sync.recovery import recover
from ubm_sync.sync.remapped import adopt
from ubm_sync.sync.remarks import Listens
from ubm_sync.sync.report import Chosen, Report, report_of
from ubm_sync.sync.rules import Rules
from ubm_sync.sync.sending import Tally
from ubm_sync.sync.sight import Sight, sight_of
from ubm_sync.sync.templates import note_versions
from ubm_sync.sync.work import Work

__all__ = ["LEASE", "Chosen", "Engine", "EngineSettings", "Report"]

log = structlog.get_logger(__name__)

LEASE = "engine"
MOST_NOTES = 100_000  # in one cycle


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How a cycle works; counts are records unless named otherwise."""

    portion: int = 2_500
    lease_seconds: float = 600.0  # longer than the slowest single write
    ahead: bool = True  # plan the next portion while one is being sent
    busy_from: int = 500  # written records from which counts and notes wait for the next cycle
    guard: GuardSettings = field(default_factory=GuardSettings)
    patience: Patience = field(default_factory=Patience)
    delays: DelayPolicy | None = None  # None: nobody watches them
    listens: Listens = field(default_factory=nothing)  # cells whose words another flow reads
    version: int = 0  # of what is configured; 0: it has none
    kept: timedelta = timedelta()  # how long what was seen is kept for rehearsals; zero: not at all


class Engine:
    """Runs cycles over all customers; one instance works at a time, guarded by a lease."""

    def __init__(
        self,
        *,
        state: State,
        connectors: Mapping[str, Connector],
        rules: Mapping[str, Rules],
        flows: Mapping[str, Flow],
        customers: Mapping[str, Customer],
        clock: Clock,
        holder: str,
        settings: EngineSettings | None = None,
        progress: Progress | None = None,
        stop: threading.Event | None = None,
        is_gone: Callable[[str], bool] | None = None,
        mask: Mask = lambda _values: NOTHING,
    ) -> None:
        self.state = state
        self.connectors = connectors
        self.rules = rules
        self.flows = flows
        self.customers = customers
        self.clock = clock
        self.settings = settings or EngineSettings()
        self.stop = stop or threading.Event()
        self._holder = holder
        self._mask = mask
        self._progress = progress or (lambda _what, _done, _total: None)
        self._resumed = False
        self._put_off = False
        self._unlinked = frozenset[str]()  # customers whose matches could not be read
        self._lease: Lease | None = None
        self._epoch = 0  # of the lease this one had last
        self._is_gone = is_gone or (lambda _holder: False)
        self._gives_way = False
        self._recorder = Recorder(self.settings.kept)

    @property
    def active(self) -> dict[str, Customer]:
        """Customers that are neither paused nor held until what exists of theirs can be read."""
        idle = self._unlinked
        return {k: one for k, one in self.customers.items() if not (one.paused or k in idle)}

    def give_way(self) -> None:
        """End the cycle in hand after the portion in hand: what is left is due for the next one."""
        self._gives_way = True

    @collecting.seldom()
    def cycle(self, *, full: bool = False, only: Chosen | None = None) -> Report:
        """Run one cycle; with ``only`` no other writes than those of a plan.

        Errors of single systems and records are in the report and in the state; raises LeaseLost
        if another instance takes over meanwhile.
        """
        started = self.clock.now()
        with self.state.transaction() as tx:
            if not self._take_lease(tx, started):
                self._resumed = False  # the other one goes on from here
                return Report("", skipped="Another instance of the service is at work.")
            run = tx.runs.start(started, "full" if full else "sync")
            if full:  # what was refused may be taken by now, whoever mended it
                decisions.retry(tx, None)
            self._resume(tx)
        decisions.take(self._memory)
        seen, problems = self._observe(full=full, now=started)
        problems += self._link(started)
        LookBack(self._memory, self.connectors, self.rules.values(), self._mask).look(started)
        if only is None:
            problems += self._delays(run, started)
        with self._memory.transaction() as tx:
            self._open_onboardings(tx, started)
            sight = self._sight(tx)
            gate = self._gate(tx, run, started, only.writes if only is not None else frozenset())
        gate.prove(started)  # a canary that was sent before the service was killed
        tally = Tally(problems=problems)
        self._carry_out(run, sight, gate, tally, only)
        notes = 0
        if not self._put_off:
            notes = NoteClerk(self._memory, self.connectors, self.rules).deliver(MOST_NOTES)
        if only is None:
            tally.problems += answer(self.connectors)
        seconds = (self.clock.now() - started).total_seconds()
        report = report_of(run, seconds, seen, tally, notes, gate.waiting, self.settings.version)
        self._finish(report, gate)
        self._resumed = True
        if max(seen.observed, tally.planned, notes) >= self.settings.portion:
            collecting.give_back()
        log.info("cycle done", **report.summary())
        return report

    def _carry_out(
        self, run: str, sight: Sight, gate: Gate, tally: Tally, only: Chosen | None
    ) -> None:
        """Plan, write and settle every kind of record, those of onboardings where there is room."""
        for kind in self.rules:
            if kind == "onboarding" and only is None and self._is_busy(tally):
                continue
            self._drain(self._work(kind, sight, gate, tally, run, only), only)
            if kind == "location" and tally.touched:
                self._recount(tally.touched)
        if self._put_off and only is None:
            self._catch_up(run, sight, gate, tally)
        self._put_off = self._is_busy(tally)

    def _catch_up(self, run: str, sight: Sight, gate: Gate, tally: Tally) -> None:
        """Tell the delays of tickets that a busy cycle put off: two cycles are all there may be."""
        wrong = self._delays(run, self.clock.now())
        tally.problems += [one for one in wrong if one not in tally.problems]
        if "onboarding" in self.rules:
            self._drain(self._work("onboarding", sight, gate, tally, run), None)

    def _finish(self, report: Report, gate: Gate) -> None:
        """Store how the cycle ended and what the guard has to tell; give the lease back."""
        with self._memory.transaction() as tx:
            gate.finish(tx, self.clock.now())
            tx.versions.did(report.version, report.landed)
            self._recorder.forget(tx, self.clock.now())
            report.audit = tx.audit.last_hash()
            tx.runs.finish(
                report.run, self.clock.now(), report.summary(), "; ".join(report.problems)
            )
            if self._lease is not None:
                tx.leases.release(self._lease)
        self._lease = None

    def plans(self, now: datetime) -> list[RecordPlan]:
        """Return the plans of ``preview``."""
        return self.preview(now)[0]

    @collecting.seldom()
    def preview(
        self, now: datetime, *, full: bool = False, overlook: Callable[[str], bool] | None = None
    ) -> tuple[list[RecordPlan], tuple[GuardStop, ...]]:
        """Read every system; return what a cycle would do now, and what of it must be approved.

        Nothing is written outside. The counts of a customer whose records are about to change
        follow in the cycle after. ``overlook`` names the fields whose lack is no hindrance: those
        that a set-up is still to create. With ``full`` everything is read, not only changes.
        """
        self._lease = None  # a look needs none
        with self._memory.transaction() as tx:
            if tx.leases.epoch(LEASE) != self._epoch:
                self._resumed = False  # or what another one wrote meanwhile counts as edits
            self._resume(tx)
        _, problems = self._observe(full=full, now=now)
        problems += self._link(now)
        with self._memory.transaction() as tx:
            self._open_onboardings(tx, now)
            sight, decided = self._sight(tx, overlook), tx.decisions.waiting()
            gate = self._gate(tx, "plan", now)
        found: list[RecordPlan] = []
        tally = Tally(problems=problems)
        for kind in self.rules:
            due = list(iter(self._due(kind).portion, []))  # not inside the transaction below
            with self._memory.transaction() as tx:
                work = self._work(kind, sight, gate, tally, "plan", None, decided)
                moving = {plan.subject.customer.key for plan in found if plan.writes}
                for ids in due:
                    plans = work.plans(tx, ids, now)[0]
                    if kind == "onboarding":
                        plans = [one for one in plans if one.subject.customer.key not in moving]
                    gate.rehearse(plans)
                    found.extend(plans)
        if problems:
            raise Temporary("; ".join(problems))
        self._resumed = True
        return found, gate.waiting

    def _resume(self, tx: Tx) -> None:
        """Go on where the last cycle ended well, this process's or another's.

        After one that did not, connectors may be ahead of what was stored, and writes unanswered.
        """
        self._unlinked = frozenset()
        if not self._resumed:
            recover(tx, self.connectors, self.rules.values())
            adopt(tx, self.rules.values())
            note_versions(tx, self.connectors.values(), self.clock.now())
        self._resumed = False

    def _open_onboardings(self, tx: Tx, now: datetime) -> None:
        if "onboarding" in self.rules:
            open_onboardings(tx, self.active, now)

    def _delays(self, run: str, now: datetime) -> list[str]:
        """Look at the delays of the onboardings; return what went wrong."""
        rules, policy = self.rules.get("onboarding"), self.settings.delays
        if rules is None or policy is None:
            return []
        return Delaying(self._memory, self.connectors, rules, self.active, policy).look(run, now)

    def _recount(self, customers: set[str]) -> None:
        with self._memory.transaction() as tx:
            tx.records.mark_dirty([f"onboarding-{key}" for key in sorted(customers)])

    def _gate(self, tx: Tx, run: str, now: datetime, chosen: frozenset[str] = frozenset()) -> Gate:
        counts = tx.records.counts(kind="location")
        records = {key: sum(one.values()) for key, one in counts.items()}
        places = {name: one for rules in self.rules.values() for name, one in rules.places.items()}
        versions = ", ".join(f"{kind} {one.version[:12]}" for kind, one in self.rules.items())
        hashes = {name: one.version for one in self.rules.values() for name in one.places}
        settings = self.settings.guard
        guard = load_guard(tx, places, settings, records, versions, now, chosen, hashes)
        return Gate(self._memory, guard, self.connectors, run, mask=self._mask, clock=self.clock)

    def _ingest(self) -> Ingest:
        customers, patience = self.active.values(), self.settings.patience
        listens = self.settings.listens
        return Ingest(self._memory, self.rules, customers, self._mask, patience, listens)

    def _observe(self, *, full: bool, now: datetime) -> tuple[Seen, list[str]]:
        reading = Reading(self._memory, self.connectors, self._ingest(), self._progress)
        return reading.round(full=full, now=now)

    def _link(self, now: datetime) -> list[str]:
        """Bring together what people approved as the same; return what went wrong."""
        if "location" not in self.rules:
            return []
        linking = Linking(self._memory, self.connectors, self.rules, self.flows, self._mask)
        self._unlinked, problems = linking.link(self.active.keys(), now)
        return problems

    def _sight(self, tx: Tx, overlook: Callable[[str], bool] | None = None) -> Sight:
        places = {name for rules in self.rules.values() for name in rules.places}
        problems = tx.problems.list()
        if overlook is not None:
            problems = [
                one for one in problems if not (one.fields and all(map(overlook, one.fields)))
            ]
        return sight_of(problems, places)

    def _work(
        self,
        kind: str,
        sight: Sight,
        gate: Gate,
        tally: Tally,
        run: str,
        only: Chosen | None = None,
        decided: Mapping[str, Mapping[str, str]] = NOTHING,
    ) -> Work:
        return Work(
            state=self._memory,
            rules=self.rules[kind],
            flow=self.flows[kind],
            connectors=self.connectors,
            customers=self.active,
            sight=sight,
            gate=gate,
            tally=tally,
            run=run,
            only=None if only is None else only.writes,
            ingest=self._ingest(),
            decided=decided,
            recorder=self._recorder if run != "plan" else None,
        )

    def _due(self, kind: str) -> Due:
        return Due(self._memory, self.clock, kind, set(self.active), self.settings.portion)

    def _drain(self, work: Work, only: Chosen | None) -> None:
        due, done = self._due(work.rules.kind), 0

        def more() -> Batch | None:
            nonlocal done
            while not (self.stop.is_set() or self._gives_way) and (ids := due.portion()):
                done += len(ids)
                self._progress("working", done, None)
                if only is None:
                    return Batch(ids, self.clock.now())
                if chosen := [one for one in ids if one in only.records]:
                    return Batch(chosen, only.at)  # or the times it names would be others
            return None

        Pipeline(work, more, ahead=self.settings.ahead).run()

    def _take_lease(self, tx: Tx, now: datetime) -> bool:
        """Take the lease of the engine; from a process of this machine that ended, at once."""
        seconds = self.settings.lease_seconds
        holder = tx.leases.holder(LEASE)
        if holder and holder != self._holder and self._is_gone(holder):
            log.warning("lease taken over", holder=holder)
            tx.leases.evict(LEASE, holder)
        lease = self._lease = tx.leases.acquire(LEASE, self._holder, seconds, now)
        if lease is None:
            return False
        if lease.epoch > self._epoch + 1:
            self._resumed = False  # another one had it meanwhile, and may not have come to an end
        self._epoch = lease.epoch
        return True

    def permitted(self) -> None:
        """Raise LeaseLost where another instance took over: asked before anything is sent."""
        lease = self._lease
        if lease is not None:
            with self.state.reading() as tx:
                tx.leases.confirm(lease)

    @property
    def _memory(self) -> State:
        """The state, in which only the holder of the lease commits."""
        return self.state.fenced(self._fence)

    def _fence(self, tx: Tx) -> None:
        """Prolong the lease inside a transaction; raises LeaseLost where another took it."""
        if self._lease is not None:
            now = self.clock.now()
            self._lease = tx.leases.renew(self._lease, self.settings.lease_seconds, now)

    def _is_busy(self, tally: Tally) -> bool:
        """Let counts and notes give way to records: in a busy cycle, but not twice in a row."""
        return not self._put_off and sum(tally.landed.values()) >= self.settings.busy_from
