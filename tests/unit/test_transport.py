from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import requests

from ubm_sync.clock import VirtualClock
from ubm_sync.errors import (
    LeaseLost,
    NoAccess,
    NotThere,
    Refused,
    Stopping,
    SyncError,
    Temporary,
    Throttled,
    UnknownOutcome,
)
from ubm_sync.ports import Lane
from ubm_sync.transport import (
    FINE,
    Kind,
    LongPause,
    Outdated,
    Patience,
    Reply,
    Transport,
    Unseen,
    Verdict,
)

START = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
OK = Reply(200, {}, b"{}")


class Budget:
    """Notes what is booked; says how long to wait."""

    def __init__(self, *pauses: float) -> None:
        self.pauses = list(pauses)
        self.booked: list[tuple[str, int, Lane]] = []
        self.penalties: list[tuple[str, float]] = []

    def reserve(self, key: str, *, cost: int = 1, lane: Lane = Lane.PERSON) -> float:
        self.booked.append((key, cost, lane))
        return self.pauses.pop(0) if self.pauses else 0.0

    def penalise(self, key: str, seconds: float) -> None:
        self.penalties.append((key, seconds))


class Line:
    """A transport, and the answers that come over it in turn."""

    def __init__(
        self,
        *answers: Verdict | Exception,
        budget: Budget | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.clock = VirtualClock(START)
        self.budget = budget or Budget()
        self.stop = threading.Event()
        self.sent = 0
        self.lost = False
        self._answers = list(answers)
        self.transport = Transport(
            "Vendor",
            self._read,
            budget=self.budget,
            clock=self.clock,
            patience=patience or Patience(),
            stop=self.stop,
            permit=self._permit,
        )

    def _permit(self) -> None:
        if self.lost:
            raise LeaseLost("another instance is at work")

    def _read(self, reply: Reply) -> Verdict:
        del reply
        return self._last

    def send(self) -> Reply:
        self.sent += 1
        answer = self._answers.pop(0) if self._answers else FINE
        if isinstance(answer, Exception):
            raise answer
        self._last = answer
        return OK

    def call(self, *, safe: bool = True, until: datetime | None = None) -> Reply:
        return self.transport.call("look", self.send, budget="vendor:1", safe=safe, until=until)

    @property
    def waited(self) -> float:
        return (self.clock.now() - START).total_seconds()


def test_a_call_that_succeeds_is_sent_and_counted_once() -> None:
    line = Line()

    assert line.call() is OK
    assert (line.sent, line.transport.calls["look"], line.waited) == (1, 1, 0.0)
    assert line.budget.booked == [("vendor:1", 1, Lane.PERSON)]


def test_what_was_refused_before_any_effect_is_sent_again_with_growing_pauses() -> None:
    again = Verdict(Kind.AGAIN, "busy")
    line = Line(again, again, again, patience=Patience(attempts=4, first_wait=1.0))

    assert line.call(safe=False) is OK
    assert line.sent == 4
    assert 3.5 <= line.waited <= 10.5  # 1 + 2 + 4 seconds, each with half to one and a half


def test_patience_ends() -> None:
    line = Line(*[Verdict(Kind.AGAIN, "busy")] * 9, patience=Patience(attempts=3))

    with pytest.raises(Temporary, match="busy"):
        line.call()
    assert line.sent == 3


def test_a_pause_asked_for_holds_up_everybody_who_uses_the_key() -> None:
    line = Line(Verdict(Kind.AGAIN, "slow down", 7.0), budget=Budget(0.0, 7.0))

    assert line.call() is OK
    assert line.budget.penalties == [("vendor:1", 7.0)]
    assert line.waited == 7.0


def test_what_relies_on_a_look_is_not_sent_once_the_look_is_too_old() -> None:
    line = Line(Verdict(Kind.AGAIN, "slow down", 7.0), budget=Budget(0.0, 7.0))

    with pytest.raises(Outdated) as caught:
        line.call(until=line.transport.look_holds_until())
    assert (line.sent, line.waited, caught.value.unsure) == (1, 7.0, False)


def test_what_relies_on_a_look_is_sent_again_while_the_look_holds() -> None:
    line = Line(Verdict(Kind.AGAIN, "slow down", 2.0), budget=Budget(0.0, 2.0))

    assert line.call(until=line.transport.look_holds_until()) is OK
    assert line.sent == 2


def test_an_outdated_write_whose_first_answer_was_lost_may_have_landed() -> None:
    line = Line(Verdict(Kind.UNSURE, "who knows"), budget=Budget(0.0, 7.0))

    with pytest.raises(Outdated) as caught:
        line.call(until=line.transport.look_holds_until())
    assert caught.value.unsure


def test_what_may_have_taken_effect_is_looked_at_before_it_is_sent_again() -> None:
    line, looks = Line(Verdict(Kind.AGAIN, "busy"), requests.ConnectionError("cut")), [0]

    def look() -> None:
        looks.append(line.sent)

    reply = line.transport.call("write", line.send, budget="vendor:1", before_repeat=look)
    assert (reply, line.sent, looks) == (OK, 3, [0, 2])


@pytest.mark.parametrize(
    ("found", "raised"), [(Outdated("gone"), Outdated), (Temporary("not now"), Unseen)]
)
def test_what_a_look_at_an_attempt_finds_ends_the_call(
    found: SyncError, raised: type[SyncError]
) -> None:
    line = Line(requests.ConnectionError("cut"))

    def look() -> None:
        raise found

    with pytest.raises(raised) as caught:
        line.transport.call("write", line.send, budget="vendor:1", before_repeat=look)
    assert (line.sent, caught.value.unsure) == (1, True)


def test_a_pause_longer_than_one_call_may_wait_is_left_to_the_caller() -> None:
    line = Line(Verdict(Kind.AGAIN, "tomorrow", 900.0), patience=Patience(longest_wait=90.0))

    with pytest.raises(LongPause, match="tomorrow") as caught:
        line.call()
    assert (caught.value.wait, line.sent, line.waited) == (900.0, 1, 0.0)


def test_what_waits_for_a_long_pause_says_why_until_an_answer_comes() -> None:
    why = Verdict(Kind.AGAIN, "The day's calls are used up.", 900.0)
    line = Line(why, Verdict(Kind.FINE), budget=Budget(0.0, 840.0, 0.0, 900.0))
    with pytest.raises(LongPause):
        line.call()

    with pytest.raises(LongPause) as caught:
        line.call()
    assert str(caught.value) == (
        "The day's calls are used up. Vendor takes no calls for another 840 seconds; they wait."
    )
    line.call()
    with pytest.raises(LongPause, match=r"^Vendor takes no calls for another 900 seconds"):
        line.call()


def test_a_budget_booked_far_ahead_does_not_stop_the_service_silently() -> None:
    line = Line(budget=Budget(172_800.0))

    with pytest.raises(Throttled, match="Vendor takes no calls for another 172800 seconds"):
        line.call()
    assert (line.sent, line.waited) == (0, 0.0)


@pytest.mark.parametrize(
    ("failure", "safe", "error", "sent"),
    [
        (requests.ConnectionError("reset"), True, Temporary, 5),
        (requests.ConnectionError("reset"), False, UnknownOutcome, 1),
        (requests.ReadTimeout("late"), False, UnknownOutcome, 1),
        (requests.ConnectTimeout("nobody there"), False, Temporary, 5),
        (Verdict(Kind.UNSURE, "500"), True, Temporary, 5),
        (Verdict(Kind.UNSURE, "500"), False, UnknownOutcome, 1),
        (Verdict(Kind.NO_ACCESS, "token"), True, NoAccess, 1),
        (Verdict(Kind.NOT_THERE, "gone"), True, NotThere, 1),
        (Verdict(Kind.NO, "no"), True, Refused, 1),
    ],
    ids=str,
)
def test_each_failure_is_named_by_its_remedy(
    failure: Verdict | Exception, safe: bool, error: type[SyncError], sent: int
) -> None:
    line = Line(*[failure] * 9)

    with pytest.raises(error) as caught:
        line.call(safe=safe)
    assert type(caught.value) is error
    assert line.sent == sent


def test_a_refusal_carries_what_the_vendor_said() -> None:
    line = Line(Verdict(Kind.NO, "not that", None, "VALIDATION", {"field": "zip"}))

    with pytest.raises(Refused) as caught:
        line.call()
    known = caught.value
    assert (known.status, known.code, known.detail) == (200, "VALIDATION", {"field": "zip"})


def test_nothing_is_sent_once_the_service_is_stopping() -> None:
    line = Line()
    line.stop.set()

    with pytest.raises(Stopping):
        line.call()
    assert line.sent == 0


def test_an_instance_that_lost_its_lease_while_it_waited_sends_nothing_again() -> None:
    line = Line()

    def lose_then_fail() -> Reply:
        line.sent += 1
        line.lost = True
        raise requests.ConnectionError("cut")

    with pytest.raises(LeaseLost):
        line.transport.call("write", lose_then_fail, budget="vendor:1")
    assert line.sent == 1


def test_a_repeat_ends_when_the_service_stops() -> None:
    line = Line(*[Verdict(Kind.AGAIN, "busy")] * 9)
    send: Callable[[], Reply] = line.send

    def stop_then_send() -> Reply:
        line.stop.set()
        return send()

    with pytest.raises(Stopping):
        line.transport.call("look", stop_then_send, budget="vendor:1")
    assert line.sent == 1


def test_every_request_has_a_timeout_and_the_client_repeats_none() -> None:
    transport = Line(patience=Patience(connect=3.0, read=4.0)).transport
    adapter = transport.session.get_adapter("https://vendor.example")
    assert adapter._timeout == (3.0, 4.0)  # type: ignore[attr-defined]
    assert adapter.max_retries.total == 0  # type: ignore[attr-defined]
