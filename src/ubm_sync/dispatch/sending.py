"""What must be sent for cases, each once, whatever is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from ubm_sync.desk import DESK, Desk, Dossier, Filing, Task
from ubm_sync.model import Note, Outcome, Result
from ubm_sync.routing import signals, words
from ubm_sync.routing.case import Case
from ubm_sync.state import Errand, ErrandKind, NoteState, State

TOGETHER = 100


class Sending:
    """Sends errands, most urgent first."""

    def __init__(self, state: State, desk: Desk, now: Callable[[], datetime]) -> None:
        self._state = state
        self._desk = desk
        self._now = now

    def deliver(self) -> int:
        """Send what waits; return how much arrived. Raises NoAccess, Temporary.

        What was sent without an answer is looked for before it is sent again.
        """
        arrived = 0
        tried: set[str] = set()
        while True:
            with self._state.reading() as tx:
                waiting = [
                    one for one in tx.errands.waiting(TOGETHER + len(tried)) if one.key not in tried
                ]
            if not waiting:
                return arrived
            tried.update(one.key for one in waiting)
            arrived += self._joined([one for one in waiting if one.kind is ErrandKind.JOINING])
            arrived += self._notes([one for one in waiting if one.kind is ErrandKind.NOTE])
            arrived += self._tasks([one for one in waiting if one.kind is ErrandKind.TASK])

    def _notes(self, errands: Sequence[Errand]) -> int:
        notes = [Note(one.key, DESK, one.ref, one.body["text"], one.at) for one in errands]
        unsure = {one.key for one in errands if one.state is NoteState.UNKNOWN}
        there = self._desk.noted([one for one in notes if one.key in unsure]) if unsure else set()
        self._mark(there, NoteState.SENT)
        send = [one for one in notes if one.key not in there]
        self._mark([one.key for one in send], NoteState.UNKNOWN)
        return len(there) + self._ended(self._desk.annotate(send) if send else ())

    def _tasks(self, errands: Sequence[Errand]) -> int:
        tasks = [_task(one) for one in errands]
        unsure = {one.key for one in errands if one.state is NoteState.UNKNOWN}
        there = (
            self._desk.assigned([one for one in tasks if one.key in unsure]) if unsure else set()
        )
        self._mark(there, NoteState.SENT)
        send = [one for one in tasks if one.key not in there]
        self._mark([one.key for one in send], NoteState.UNKNOWN)
        return len(there) + self._ended(self._desk.assign(send) if send else ())

    def _joined(self, errands: Sequence[Errand]) -> int:
        """Tell the other tickets of a case that it is handled; setting this twice is no harm."""
        if not errands:
            return 0
        with self._state.reading() as tx:
            cases = tx.disconnections.load({one.case_id for one in errands})
        ready = [one for one in errands if cases[one.case_id].routed_at is not None]
        dossiers = self._desk.dossiers([one.ref for one in ready])
        there = [one for one in ready if one.ref in dossiers]
        self._mark([one.key for one in ready if one.ref not in dossiers], NoteState.FAILED)
        filings = [_joining(one, cases[one.case_id], dossiers[one.ref]) for one in there]
        outcomes = self._desk.file(filings) if filings else ()
        landed = {one.key for one in outcomes if one.result is Result.LANDED}
        self._told_of([one for one in there if one.key in landed], cases)
        self._mark(landed, NoteState.SENT)
        return len(landed)

    def _told_of(self, errands: Iterable[Errand], cases: dict[str, Case]) -> None:
        notes = [
            Errand(
                f"{one.key}:note",
                one.case_id,
                ErrandKind.NOTE,
                one.ref,
                one.rank,
                {"text": words.joined(cases[one.case_id], one.ref)},
                self._now(),
            )
            for one in errands
        ]
        with self._state.transaction() as tx:
            tx.errands.queue(notes)

    def _ended(self, outcomes: Iterable[Outcome]) -> int:
        arrived = 0
        for outcome in outcomes:
            if outcome.result is Result.LANDED:
                arrived += 1
                self._mark([outcome.key], NoteState.SENT)
            elif outcome.result is Result.REFUSED and outcome.permanent:
                waits = signals.OWNER in outcome.at_fault and self._still_wanted(outcome.key)
                state = NoteState.QUEUED if waits else NoteState.FAILED
                self._mark([outcome.key], state, outcome.reason)
            elif outcome.result is Result.REFUSED:
                self._mark([outcome.key], NoteState.QUEUED, outcome.reason)
        return arrived

    def _still_wanted(self, key: str) -> bool:
        """Return whether the person of a task should still be told: they may sign in again."""
        id_, turn, *_ = key.split(":")
        with self._state.reading() as tx:
            case = tx.disconnections.load([id_]).get(id_)
        return case is not None and case.is_open and str(case.turn) == turn

    def _mark(self, keys: Iterable[str], state: NoteState, reason: str = "") -> None:
        several = list(keys)
        if not several:
            return
        done = self._now() if state is NoteState.SENT else None
        with self._state.transaction() as tx:
            tx.errands.mark(several, state, reason, done)


def _joining(errand: Errand, case: Case, dossier: Dossier) -> Filing:
    """Return what another ticket about the same notice should hold."""
    values: dict[str, str | None] = {
        "case": case.name,
        "customer_key": case.customer or None,
        signals.TYPE: case.category.value,
    }
    if case.owner and not (dossier.ticket.owner_active and signals.chosen_owner(dossier)):
        values[signals.OWNER] = case.owner
    return Filing(errand.key, errand.ref, values, case.company)


def _task(errand: Errand) -> Task:
    body = errand.body
    return Task(
        errand.key,
        errand.ref,
        body["owner"],
        body["subject"],
        body["body"],
        datetime.fromisoformat(body["due"]),
        body["urgent"],
    )
