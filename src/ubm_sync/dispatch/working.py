"""The cases that are due: decide, remember, write the ticket's fields; most urgent first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from traceback import format_exc

import structlog

from ubm_sync.calendars.coverage import Active, Coverage
from ubm_sync.desk import RELATED, Desk, Dossier, Filing, Opening
from ubm_sync.dispatch.closing import close_row
from ubm_sync.dispatch.gathering import Gatherer
from ubm_sync.dispatch.handovers import list_handovers
from ubm_sync.dispatch.hearing import rank_of
from ubm_sync.dispatch.related import account_tickets
from ubm_sync.model import Outcome, Result
from ubm_sync.routing import signals
from ubm_sync.routing.case import ARCHIVED, ROW, Case
from ubm_sync.routing.decide import Step, World, decide, renew
from ubm_sync.routing.fields import move
from ubm_sync.state import Entry, Errand, ErrandKind, State, Tx

TOGETHER = 50  # cases decided at once: the most urgent ones are told before the others are read
ACTOR = "disconnections"
_AGAIN = timedelta(minutes=5)  # until a case that could not be decided is tried again
_HOUR = timedelta(hours=1)
_MISSING = "missing since "
_PATIENCE = timedelta(minutes=10)  # until a ticket that is not there is taken for removed
log = structlog.get_logger(__name__)


class Working:
    """Takes due cases a step further."""

    def __init__(
        self,
        state: State,
        desk: Desk,
        gatherer: Gatherer,
        coverage: Coverage,
        *,
        active: Active,
        visible: Callable[[str], bool],
        run: str,
    ) -> None:
        self._state = state
        self._desk = desk
        self._gather = gatherer
        self._coverage = coverage
        self._active = active
        self._visible = visible
        self._run = run
        self._stood_at: datetime | None = None

    def work(self, now: datetime, told: Callable[[], None]) -> int:
        """Take every due case a step further; return how many. ``told`` is called in between."""
        with self._state.reading() as tx:
            due = tx.disconnections.due(now) or self._standing(tx, now)
        for start in range(0, len(due), TOGETHER):
            some = self._opened(due[start : start + TOGETHER])
            if some:
                self._step(some, now)
                told()
        return len(due)

    def _standing(self, tx: Tx, now: datetime) -> list[Case]:
        """Return, once an hour, the open cases that nothing wakes: a ticket may be archived."""
        if self._stood_at is not None and timedelta() <= now - self._stood_at < _HOUR:
            return []
        self._stood_at = now
        return [one for one in tx.disconnections.standing() if one.is_open and not one.wake_at]

    def _opened(self, cases: Sequence[Case]) -> list[Case]:
        """Return the cases that have a ticket, after opening those that are missing."""
        missing = {one.id: one for one in cases if not one.ticket}
        if missing:
            openings = [self._opening(one) for one in missing.values()]
            for outcome in self._desk.open(openings):
                case = missing[outcome.key]
                if outcome.result is Result.LANDED and outcome.ref:
                    case.ticket = outcome.ref
                else:
                    case.trouble = outcome.reason
            with self._state.transaction() as tx:
                tx.disconnections.save(missing.values())
        return [one for one in cases if one.ticket]

    def _opening(self, case: Case) -> Opening:
        values = {"subject": case.title, "content": case.text, "customer_key": case.customer}
        return Opening(case.id, values, case.company)

    def _step(self, cases: Sequence[Case], now: datetime) -> None:
        refs = [ref for case in cases for ref in (case.ticket, *case.others)]
        dossiers = self._desk.dossiers(list(dict.fromkeys(refs)))
        steps: list[Step] = []
        gone: list[Case] = []
        odd: list[Case] = []
        with self._state.reading() as tx:
            for case in cases:
                mine = _present(case, dossiers)
                if not mine:
                    gone.append(case)
                    continue
                if case.trouble.startswith(_MISSING):
                    case.trouble = ""
                try:
                    steps.append(decide(case, mine, self._world(tx, case), now))
                # One odd case must not keep all others waiting.
                except Exception as error:  # noqa: BLE001 - whatever it is
                    log.error("case not decided", case=case.name, trace=format_exc())  # noqa: TRY400 - as text
                    case.trouble = f"the service could not decide ({type(error).__name__})"
                    case.due, case.wake_at = False, now + _AGAIN
                    odd.append(case)
        with self._state.transaction() as tx:
            for step in steps:
                step.case.due = bool(step.values or step.links)
                self._remember(tx, step, now)
            tx.disconnections.save(one.case for one in steps)
            tx.disconnections.save(self._lost(tx, one, now) for one in gone)
            tx.disconnections.save(odd)
        self._file([one for one in steps if one.values or one.links], now)

    def _world(self, tx: Tx, case: Case) -> World:
        customer = self._gather.named(case.customer)
        return World(
            customer,
            self._coverage,
            self._gather.rules,
            self._active,
            self._visible(case.customer),
            close_row(tx, case, customer, self._gather.key_of),
            account_tickets(tx, case.ids),
        )

    def _remember(self, tx: Tx, step: Step, now: datetime) -> None:
        """Queue what must be sent, and write down what happened."""
        case, rank = step.case, rank_of(step.case)
        errands = [
            Errand(
                f"{case.id}:{draft.event}",
                case.id,
                ErrandKind.NOTE,
                case.ticket,
                rank,
                {"text": draft.text},
                now,
            )
            for draft in step.notes
        ]
        errands += [
            Errand(
                f"{case.id}:{draft.event}",
                case.id,
                ErrandKind.TASK,
                case.ticket,
                rank,
                {
                    "owner": draft.owner,
                    "subject": draft.subject,
                    "body": draft.body,
                    "due": draft.due.isoformat(),
                    "urgent": draft.urgent,
                },
                now,
            )
            for draft in step.tasks
        ]
        tx.errands.queue(errands)
        if case.source.startswith(ROW):
            for reply in step.replies:
                record = case.source.removeprefix(ROW)
                tx.outbox.queue(f"{case.id}:{reply.event}", record, "row", reply.text, now)
        tx.audit.append(
            Entry(now, self._run, ACTOR, action, case.id, {"ticket": case.ticket, **details})
            for action, details in step.events
        )

    def _lost(self, tx: Tx, case: Case, now: datetime) -> Case:
        """Return what becomes of a case whose tickets are not there: asked again, then closed."""
        if not case.trouble.startswith(_MISSING):
            case.trouble = f"{_MISSING}{now.isoformat()}"
        since = datetime.fromisoformat(case.trouble.removeprefix(_MISSING))
        case.due = False
        case.wake_at = now + _PATIENCE
        if now - since >= _PATIENCE:
            case.outcome, case.closed_at, case.wake_at = "closed", now, None
            case.acknowledged_how = ARCHIVED
            entry = Entry(now, self._run, ACTOR, "ticket gone", case.id, {"ticket": case.ticket})
            tx.audit.append([entry])
        return case

    def _file(self, steps: Iterable[Step], now: datetime) -> None:
        by_key = {one.case.id: one for one in steps}
        if not by_key:
            return
        filings = [
            Filing(one.case.id, one.case.ticket, one.values, one.case.company, one.links)
            for one in by_key.values()
        ]
        for outcome in self._desk.file(filings):
            step = by_key[outcome.key]
            self._landed(step, outcome, now)
        taken = [
            (one.case.ticket, one.left, one.case.owner)
            for one in by_key.values()
            if one.left and one.case.owner and one.case.filed.get(signals.OWNER) == one.case.owner
        ]
        with self._state.transaction() as tx:
            tx.disconnections.save(one.case for one in by_key.values())
            list_handovers(tx, taken, now)

    def _landed(self, step: Step, outcome: Outcome, now: datetime) -> None:
        case = step.case
        if outcome.result is Result.LANDED:
            landed = step.values.keys() if outcome.landed is None else outcome.landed
            now_there = {name: step.values[name] or "" for name in landed if name in step.values}
            case.filed = {**case.filed, **now_there}
        settled = outcome.result is Result.LANDED or outcome.permanent
        case.trouble = "" if outcome.result is Result.LANDED else outcome.reason
        if outcome.at_fault:
            case.trouble = outcome.reason
        if signals.OWNER in outcome.at_fault and case.owner:
            log.warning("owner not taken", ticket=case.ticket, owner=case.owner)
            renew(case, f"{case.owner} could not be given the ticket")
            case.owner = ""
        elif settled:
            case.due = False
        if step.links and outcome.result is Result.LANDED:
            _linked(step, outcome, now)


def _linked(step: Step, outcome: Outcome, now: datetime) -> None:
    """Remember the links that are there; those that can never be are not asked for again."""
    case = step.case
    if outcome.landed is None or RELATED in (*outcome.landed, *outcome.at_fault):
        case.linked = (*case.linked, *step.links)
    else:
        again = now + _AGAIN
        case.wake_at = again if case.wake_at is None else min(case.wake_at, again)


def _present(case: Case, dossiers: Mapping[str, Dossier]) -> dict[str, Dossier]:
    """Return a case's tickets that are there, by ref; a merged one is the ticket it lives on in."""
    found = {
        dossiers[ref].ticket.ref: dossiers[ref]
        for ref in (case.ticket, *case.others)
        if ref in dossiers
    }
    if case.ticket in dossiers:
        move(case, dossiers[case.ticket].ticket)
    elif found:
        move(case, next(iter(found.values())).ticket)
    case.others = tuple(ref for ref in found if ref != case.ticket)
    return found
