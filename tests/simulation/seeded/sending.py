"""Bugs of sending and telling, and of who may work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.simulation.seeded.mutation import (
    Mutation,
    acts,
    either,
    errand,
    killed,
    lost_answers,
    troubles,
)
from tests.simulation.seeded.patching import around, both, instead

from ubm_sync.model import Result
from ubm_sync.state import NoteState
from ubm_sync.state.leases import Lease, Leases
from ubm_sync.state.outbox import Outbox
from ubm_sync.sync import decisions, logbook
from ubm_sync.sync.cycle import Engine
from ubm_sync.sync.notes import NoteClerk
from ubm_sync.sync.sending import Sender
from ubm_sync.sync.work import Work

# ------------------------------------------------------------------------------------------ sending


def _refused_landed(send: Callable[..., Any], self: Sender, plans: Any) -> Any:
    sent, outcomes = send(self, plans)
    for by_place in outcomes.values():
        for place, one in by_place.items():
            if one.result is Result.REFUSED and not one.stale:
                by_place[place] = replace(one, result=Result.LANDED, landed=None)
    return sent, outcomes


refused_taken_for_landed = around(Sender, "send", _refused_landed)


def _half_intended(explained: Callable[..., Any], *some: Any) -> Any:
    told = explained(*some)
    return dict(list(told.items())[:1])


def _reraise(_self: Work, _tx: object, _record: object, error: Exception, _now: object) -> None:
    raise error


poison_stops_everybody = instead(Work, "_poison", _reraise)
intent_tells_half = around(logbook, "explained", _half_intended)
follow_up_forgotten = instead(Work, "_goes_on", lambda *_some: False)

# -------------------------------------------------------------------------------------------- notes


def _marked_as_sent(mark: Callable[..., None], self: Outbox, keys: Any, state: str,
                    reason: str = "") -> None:  # fmt: skip
    mark(self, keys, NoteState.SENT if state == NoteState.UNKNOWN else state, reason)


def _not_marked(mark: Callable[..., None], self: Outbox, keys: Any, state: str,
                reason: str = "") -> None:  # fmt: skip
    if state != NoteState.UNKNOWN:
        mark(self, keys, state, reason)


def _nothing_unsure(deliver: Callable[..., int], self: NoteClerk, limit: int) -> int:
    send = self._send
    self._send = lambda system, notes, _unsure: send(system, notes, set())  # type: ignore[method-assign,assignment]
    return deliver(self, limit)


note_lost = around(Outbox, "mark", _marked_as_sent)
note_sent_before_marked = around(Outbox, "mark", _not_marked)
note_said_twice = around(NoteClerk, "deliver", _nothing_unsure)

# --------------------------------------------------------------------------------- lease, decisions


def _unfenced(_self: Engine, _tx: object) -> None:
    pass


def _anyones_lease(self: Leases, name: str, holder: str, _seconds: float, now: datetime) -> Lease:
    del self
    return Lease(name, holder, 1, now)


def _renewed(_self: Leases, lease: Lease, _seconds: float, _now: datetime) -> Lease:
    return lease


def _inbox_lost(_take: object, state: Any, *_rest: object) -> None:
    with state.transaction() as tx:
        decided = tx.decisions.next(decisions.PORTION)
        if decided:
            tx.decisions.done(decided[-1].number)


# Asked in each transaction and before each request: either alone keeps the other one's work safe,
# and who has no lease finds out there.
fence_not_checked = both(
    instead(Engine, "_fence", _unfenced), instead(Engine, "permitted", lambda _self: None)
)
lease_not_asked_for = both(
    instead(Leases, "acquire", _anyones_lease),
    instead(Leases, "renew", _renewed),
    instead(Leases, "confirm", lambda *_some: None),
)
inbox_lost = around(decisions, "take", _inbox_lost)

SENDING: tuple[Mutation, ...] = (
    Mutation("an intent tells half", "the log does not say what was meant", intent_tells_half),
    Mutation(
        "a refused write counts as landed",
        "the base moves without the value",
        refused_taken_for_landed,
    ),
    Mutation(
        "a poison record stops everybody",
        "one bad row ends the cycle",
        poison_stops_everybody,
        acts("poison"),
    ),
    Mutation(
        "nobody follows up",
        "a record waits a cycle between two steps",
        follow_up_forgotten,
        errand("the last request is approved late"),
    ),
    Mutation(
        "a note is lost",
        "a note whose answer was lost counts as sent",
        note_lost,
        either(killed, lost_answers, troubles("error", "html", "throttle", "reset", "partial")),
    ),
    Mutation(
        "a note is sent before it is marked",
        "after a crash it is said twice",
        note_sent_before_marked,
        either(killed, lost_answers),
    ),
    Mutation(
        "a note is not looked for",
        "a note whose answer was lost is said twice",
        note_said_twice,
        either(killed, lost_answers),
    ),
    Mutation(
        "the fence is not checked",
        "an instance that stood still writes over the other one's work",
        fence_not_checked,
        errand("an instance stands still while the other one works"),
    ),
    Mutation(
        "no lease is asked for",
        "two instances work at once",
        lease_not_asked_for,
        errand("an instance stands still while the other one works"),
    ),
    Mutation(
        "the inbox is lost",
        "what an admin decided by command is never done",
        inbox_lost,
        errand("a conflict is decided by command"),
    ),
)
