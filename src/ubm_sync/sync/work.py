"""One portion of records from plan to settled state: the part of a cycle that writes.

A portion is planned (``prepare``), sent and settled; ``pipeline`` plans the next one meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog

from ubm_sync.flow import Flow, Site
from ubm_sync.model import NOTHING, Customer, Observation, Outcome, Result, Write
from ubm_sync.ports import Connector
from ubm_sync.state import Doubt, RecordState, State, Tx
from ubm_sync.sync import notebook as book
from ubm_sync.sync.asking import Asking, Late
from ubm_sync.sync.causes import decider
from ubm_sync.sync.decisions import taken
from ubm_sync.sync.gate import Gate
from ubm_sync.sync.guard import Booking
from ubm_sync.sync.ingest import Ingest
from ubm_sync.sync.logbook import Logbook, keep_of_gone, keep_typed, queue_notes
from ubm_sync.sync.merge import Merged
from ubm_sync.sync.neighbours import Neighbours, settle_sites
from ubm_sync.sync.plan import (
    RecordPlan,
    Subject,
    creates_first,
    digest,
    key_once_accepted,
    plan_record,
)
from ubm_sync.sync.recording import Recorder
from ubm_sync.sync.rivals import Rivals
from ubm_sync.sync.rules import Rules
from ubm_sync.sync.sending import Sender, Tally
from ubm_sync.sync.settle import Settled, settle
from ubm_sync.sync.sight import Sight
from ubm_sync.sync.subjects import merge_subject
from ubm_sync.sync.typed import doubts

log = structlog.get_logger(__name__)

#: Problems that mend themselves, and those that people know of: approved, or to be rolled out.
_PASSING = frozenset({"not_read", "column_exempt", "column_awaited"})


@dataclass(slots=True)
class Portion:
    """Some records on their way: planned, with their intents written down, and then sent."""

    now: datetime
    plans: list[RecordPlan]
    records: Mapping[str, RecordState]
    intents: Mapping[str, int]
    booking: Booking
    sent: dict[str, dict[str, Write]] = field(default_factory=dict)
    outcomes: dict[str, dict[str, Outcome]] = field(default_factory=dict)


class Work:
    """Plans, writes and settles portions of records of one kind."""

    def __init__(
        self,
        *,
        state: State,
        rules: Rules,
        flow: Flow,
        connectors: Mapping[str, Connector],
        customers: Mapping[str, Customer],
        sight: Sight,
        gate: Gate,
        tally: Tally,
        run: str,
        only: frozenset[str] | None = None,
        ingest: Ingest,
        decided: Mapping[str, Mapping[str, str]] = NOTHING,
        recorder: Recorder | None = None,
    ) -> None:
        self._recorder = recorder
        self.rules = rules
        self.flow = flow
        self._state = state
        self._connectors = connectors
        self._customers = customers
        self._sight = {
            key: sight.of(rules, customer) if sight.blind or sight.shut else ({}, frozenset())
            for key, customer in customers.items()
        }
        self._gate = gate
        self._tally = tally
        self._logbook = Logbook(rules, run)
        self._only = only
        self._decided = decided
        self._sender = Sender(rules, connectors, tally, sight.unread)
        self._asking = Asking(state, rules, connectors, ingest)

    def plans(
        self, tx: Tx, ids: Sequence[str], now: datetime, under_way: Sequence[RecordPlan] = ()
    ) -> tuple[list[RecordPlan], dict[str, RecordState]]:
        """Return the plans of these records; a record that cannot be planned is set aside.

        ``under_way`` are the plans of other records that are decided and not in the state yet.
        """
        records = tx.records.load(ids)
        seen = tx.observations.load(ids)
        subjects: dict[str, tuple[Subject, Merged, str]] = {}
        sites: dict[str, Site] = {}
        keys_once: dict[str, str] = {}
        for sync_id in ids:
            record = records.get(sync_id)
            if record is None or record.customer not in self._customers:
                continue
            try:
                subject = self._subject(record, seen.get(sync_id, {}))
                merged = merge_subject(self.rules, self.flow, subject, now)
                key = self.flow.account_key(subject.customer, merged.filled)
                if once := key_once_accepted(self.rules, self.flow, subject, merged, now):
                    keys_once[sync_id] = once
                sites[sync_id] = self.flow.site(subject.customer, merged.filled)
            except Exception as error:  # noqa: BLE001 - one poison record delays no other
                self._poison(tx, record, error, now)
                continue
            subjects[sync_id] = (subject, merged, key)
        keys = {sync_id: key for sync_id, (_, _, key) in subjects.items() if key}
        rivals = Rivals(tx, records, keys, under_way, keys_once.values())
        neighbours = Neighbours(tx, records, sites, under_way)
        is_onboarding = self.rules.kind == "onboarding"
        counts = self._counts(tx) if is_onboarding else {}
        notices = self._notices(tx) if is_onboarding else {}
        delays = tx.cases.headlines(ids) if is_onboarding else {}
        plans = []
        for sync_id, (subject, merged, key) in subjects.items():
            try:
                plan = plan_record(
                    self.rules,
                    self.flow,
                    subject,
                    merged,
                    now,
                    rivals=rivals.of(sync_id, key),
                    rivals_once=rivals.of(sync_id, keys_once.get(sync_id, key)),
                    counts=counts.get(subject.customer.key, {}),
                    problems=notices.get(subject.customer.container, {}),
                    elsewhere=neighbours.of(sites[sync_id]),
                    delays=delays.get(sync_id, {}),
                )
            except Exception as error:  # noqa: BLE001 - as above
                self._poison(tx, records[sync_id], error, now)
                continue
            plans.append(plan)
            rivals.decided(plan)
        self._tally.planned += len(plans)
        return plans, records

    def prepare(self, ids: Sequence[str], now: datetime, before: Portion | None = None) -> Portion:
        """Plan these records and write down what will be sent.

        ``before`` is the portion that is under way meanwhile; it holds other records.
        """
        with self._state.transaction() as tx:
            plans, records = self.plans(tx, ids, now, before.plans if before else ())
            plans = self._wanted([creates_first(plan) for plan in self._gate.judge(plans)])
            booking = self._gate.book(tx, plans, now)
            intents = self._logbook.intend(tx, plans, now)
            if self._recorder is not None:
                self._recorder.keep(tx, self.rules, plans, records, now)
            keep_typed(tx, self.rules, plans, records, now)
        return Portion(now, plans, records, intents, booking)

    def send(self, portion: Portion) -> None:
        """Send what was planned; touches no state, so that others may work on it meanwhile."""
        portion.sent, portion.outcomes = self._sender.send(portion.plans)

    def settle(self, portion: Portion) -> list[str]:
        """Store what came of a portion; return the records whose flow wants to follow up.

        Nothing may be on its way meanwhile: reading positions are stored, and late writes asked
        about.
        """
        now, outcomes = portion.now, portion.outcomes
        with self._state.transaction() as tx:
            met, late = self._settle(tx, portion)
            self._logbook.conclude(tx, portion.intents, portion.plans, outcomes, now)
            self._gate.conclude(tx, portion.booking, outcomes, now)
            for connector in self._connectors.values():
                tx.cursors.put(connector.name, connector.cursor())
        if late:
            met |= self._asking.ask(late, now)
        met |= self._gate.prove(now, portion.booking)
        return [
            plan.subject.sync_id
            for plan in portion.plans
            if plan.subject.sync_id in met or self._goes_on(plan, outcomes[plan.subject.sync_id])
        ]

    def _goes_on(self, plan: RecordPlan, outcomes: Mapping[str, Outcome]) -> bool:
        """Return whether the flow should look again at once: at what it asked for, or answered.

        A signal that we changed ourselves must be seen by the flow before a person sets it again,
        or the person's next word would be taken for the old one. So it is due until then, also
        for the next process.
        """
        for write in plan.writes:
            outcome = outcomes.get(write.place)
            if outcome is None or outcome.result is not Result.LANDED:
                continue
            if plan.decision.follow_up:
                return True
            signals = self.rules.places[write.place].signals
            if write.ref is not None and not signals.isdisjoint(write.values):
                return True
        return False

    def _subject(self, record: RecordState, seen: Mapping[str, Any]) -> Subject:
        memory, notebook = book.split(record.memory)
        if record.sync_id in self._decided:
            notebook = taken(notebook, self._decided[record.sync_id])
        blind, shut = self._sight[record.customer]
        return Subject(
            record.sync_id,
            self._customers[record.customer],
            record.created_at,
            record.base,
            memory,
            notebook,
            seen,
            blind,
            shut,
        )

    def _counts(self, tx: Tx) -> Mapping[str, Mapping[str, int]]:
        return tx.records.counts(kind="location")

    def _notices(self, tx: Tx) -> Mapping[str, Mapping[str, str]]:
        """Return what people must mend in each container: event -> text."""
        found: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for problem in tx.problems.list():
            _, _, rest = problem.scope.partition("/")
            container = rest.partition("/")[0]
            if container and problem.code not in _PASSING:
                since = problem.since.isoformat()
                found[container][f"problem:{problem.code}:{rest}:{since}"] = problem.text
        return found

    def _poison(self, tx: Tx, record: RecordState, error: Exception, now: datetime) -> None:
        log.error("record set aside", sync_id=record.sync_id, exc_info=error)
        reason = (
            f"This record could not be worked on ({type(error).__name__}); nothing of it is lost."
        )
        record.quarantined = reason
        tx.records.save([record])
        tx.quarantine.put(
            "engine", self.rules.main, record.sync_id, record.sync_id, reason, {}, now
        )
        self._tally.quarantined += 1

    def _wanted(self, plans: list[RecordPlan]) -> list[RecordPlan]:
        """Leave only the writes a person looked at, where only those are to be done."""
        only = self._only
        if only is None:
            return plans
        chosen = []
        for plan in plans:
            writes = tuple(write for write in plan.writes if digest(write) in only)
            withheld = plan.withheld or writes != plan.writes  # the guard may have taken some out
            chosen.append(plan._replace(writes=writes, withheld=withheld))
        return chosen

    def _settle(self, tx: Tx, portion: Portion) -> tuple[set[str], list[Late]]:
        """Store what is known now; return whom a change of a rival concerns, and late writes."""
        records, sent, outcomes = portion.records, portion.sent, portion.outcomes
        now = portion.now
        late: list[Late] = []
        doubtful: list[Doubt] = []
        save: list[RecordState] = []
        observations: list[tuple[str, Observation]] = []
        stirred: defaultdict[str, set[str]] = defaultdict(set)
        for plan in portion.plans:
            sync_id = plan.subject.sync_id
            settled = settle(self.rules, plan, sent[sync_id], outcomes[sync_id], now)
            record = records[sync_id]
            if self._only is not None:
                self._tally.done.update(_landed(plan, outcomes[sync_id]))
            self._stir(record, plan, stirred)
            observations.extend((sync_id, one) for one in settled.observations)
            self._remember(tx, plan, settled, record, now)
            doubtful.extend(doubts(self.rules, plan, sent[sync_id], outcomes[sync_id]))
            for place, write in settled.ask.items():
                late.append(Late(sync_id, write, outcomes[sync_id][place]))
            again = self._goes_on(plan, outcomes[sync_id])
            save.append(_moved(record, plan, settled, again=again))
        tx.observations.save(observations)
        tx.records.save(save)
        tx.doubts.add(doubtful)
        return self._stir_rivals(tx, stirred) | settle_sites(tx, portion.plans), late

    def _stir(
        self, record: RecordState, plan: RecordPlan, stirred: defaultdict[str, set[str]]
    ) -> None:
        """Note the account keys whose other records must be decided again."""
        decision = plan.decision
        if (record.status, record.label, record.accepted, record.account_key) == (
            decision.status,
            decision.label,
            decision.accepted,
            decision.account_key,
        ):
            return
        self._tally.touched.add(record.customer)
        for key in (record.account_key, decision.account_key, plan.key_before):
            if key:
                stirred[key].add(record.sync_id)

    def _stir_rivals(self, tx: Tx, stirred: Mapping[str, set[str]]) -> set[str]:
        """Have the other records of these account keys decided again; return their ids."""
        if not stirred:
            return set()
        concerned = {
            one.sync_id
            for key, group in tx.records.rivals(sorted(stirred)).items()
            for one in group
            if stirred[key] - {one.sync_id}
        }
        if concerned:
            tx.records.mark_dirty(sorted(concerned))
        return concerned

    def _remember(
        self, tx: Tx, plan: RecordPlan, settled: Settled, record: RecordState, now: datetime
    ) -> None:
        """Store what is rare: conflicts, kept values, refusals, notes."""
        sync_id = record.sync_id
        for _ in plan.merged.edits:
            self._tally.restored += 1
        for name in settled.closed:
            left = keep_of_gone(tx, self.rules, plan, name, now)
            how, by = (left, "") if left else _ending(plan, name)
            tx.conflicts.close(sync_id, name, how, by, now)
            self._tally.conflicts.discard((sync_id, name))
        for conflict in plan.merged.conflicts:
            tx.conflicts.open(sync_id, conflict.field, conflict.base, conflict.values, now)
            self._tally.conflicts.add((sync_id, conflict.field))
        for place, reason in settled.refusals:
            self._tally.refused += 1
            system = self.rules.places[place.partition(".")[0]].system
            tx.quarantine.put(system, place, record.sync_id, sync_id, reason, {}, now)
        if settled.mended:
            tx.quarantine.mended(sync_id, settled.mended)
        queue_notes(tx, plan, now)


def _moved(record: RecordState, plan: RecordPlan, settled: Settled, *, again: bool) -> RecordState:
    decision = plan.decision
    owners_change = record.accepted != decision.accepted
    record.base = settled.base
    record.memory = settled.memory
    record.status = decision.status
    record.label = decision.label
    record.accepted = decision.accepted
    record.account_key = decision.account_key
    resting = plan.merged.resting.values()
    record.wake_at = min((one for one in (decision.wake_at, *resting) if one), default=None)
    record.dirty = again or settled.again or owners_change
    return record


def _landed(plan: RecordPlan, outcomes: Mapping[str, Outcome]) -> set[str]:
    return {
        digest(write)
        for write in plan.writes
        if (outcome := outcomes.get(write.place)) is not None and outcome.result is Result.LANDED
    }


def _ending(plan: RecordPlan, name: str) -> tuple[str, str]:
    """Return how a conflict ended, and by whom."""
    for lost in plan.merged.lost:
        if lost.field == name:
            return f"{lost.reason}: {plan.merged.values.get(name)!r} stays", decider(plan, name)
    if name in plan.merged.restored:
        return plan.merged.restored[name].why, plan.merged.restored[name].by
    return "both sides agree again", "a person"
