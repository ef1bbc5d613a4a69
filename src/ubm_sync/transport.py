"""One place through which every call to an external system goes.

The vendors' clients build the request; this module decides how long it may take, whether the
budget allows it now, and whether it may be sent again. A connector supplies the reading of an
answer (``Reader``), because only it knows what its vendor means by a status and a body.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple, TypeAlias

import requests
import structlog
from requests.adapters import BaseAdapter, HTTPAdapter
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from urllib3.exceptions import NewConnectionError

from ubm_sync.clock import Clock
from ubm_sync.errors import (
    NoAccess,
    NotThere,
    Refused,
    Stopping,
    SyncError,
    Temporary,
    Throttled,
    UnknownOutcome,
)
from ubm_sync.ports import Budget, Lane

log = structlog.get_logger(__name__)


class Kind(Enum):
    """What an answer means for the request that caused it."""

    FINE = "fine"
    AGAIN = "again"  # refused before any effect: the same request may be sent again
    UNSURE = "unsure"  # it may have taken effect
    NO = "no"  # understood and refused
    NO_ACCESS = "no access"
    NOT_THERE = "not there"


class Verdict(NamedTuple):
    """A connector's reading of one answer; ``wait`` in seconds where one was asked for."""

    kind: Kind
    message: str = ""
    wait: float | None = None
    code: str = ""
    detail: object = None


class Reply(NamedTuple):
    """An answer as it came: header names in lower case, body in bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Reader: TypeAlias = Callable[[Reply], Verdict]

FINE = Verdict(Kind.FINE)
LOOK_HOLDS = timedelta(seconds=5)  # how long after a look a write may go out that relies on it


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one call may take. All in seconds but ``attempts``."""

    connect: float = 5.0
    read: float = 60.0
    attempts: int = 5
    first_wait: float = 0.5
    longest_wait: float = 90.0  # a longer pause is handed to the caller as Throttled


class _Timed(HTTPAdapter):
    """Puts a timeout on every request and never sends one twice by itself."""

    def __init__(self, patience: Patience, connections: int) -> None:
        self._timeout = (patience.connect, patience.read)
        super().__init__(max_retries=0, pool_connections=2, pool_maxsize=connections)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        """Send with our timeout where the caller gave none."""
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = self._timeout
        return super().send(request, *args, **kwargs)


class Transport:
    """Sends calls for one system: timeouts, budget, retries, counting."""

    def __init__(
        self,
        system: str,
        read: Reader,
        *,
        budget: Budget,
        clock: Clock,
        patience: Patience | None = None,
        connections: int = 8,
        seed: int = 0,
        stop: threading.Event | None = None,
        permit: Callable[[], None] = lambda: None,
    ) -> None:
        self.system = system
        self.patience = patience or Patience()
        self.calls: Counter[str] = Counter()  # by the caller's name for the operation
        self._asked: dict[str, str] = {}  # budget -> its words when it asked for a long pause
        self._read = read
        self._budget = budget
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311 - jitter, not secrecy
        self._stop = stop or threading.Event()
        self._permit = permit
        self._lock = threading.Lock()
        self.session = requests.Session()
        self.session.trust_env = True
        self.mount(_Timed(self.patience, connections))

    def mount(self, adapter: BaseAdapter, session: requests.Session | None = None) -> None:
        """Send everything through ``adapter``; on a client's own session where one is given."""
        for scheme in ("https://", "http://"):
            (session or self.session).mount(scheme, adapter)

    def adopt(self, session: requests.Session) -> None:
        """Make a client's own session send through this transport's adapter."""
        for scheme in ("https://", "http://"):
            session.mount(scheme, self.session.get_adapter(scheme))

    def call(
        self,
        name: str,
        send: Callable[[], Reply],
        *,
        budget: str,
        cost: int = 1,
        lane: Lane = Lane.PERSON,
        safe: bool = True,
        until: datetime | None = None,
        before_repeat: Callable[[], None] | None = None,
    ) -> Reply:
        """Send until answered, refused, or out of patience.

        ``send`` makes one request and returns its answer whatever the status; network errors leave
        it as ``requests`` exceptions. ``safe`` says that sending twice does no harm. ``budget`` is
        the rate-limit key, ``cost`` how many calls it counts as. No attempt begins after ``until``:
        what was looked at before may have changed while the call waited. ``before_repeat`` is
        called before a request is sent again that may have taken effect; what it raises ends the
        call.

        Raises Outdated (it is after ``until``), Throttled (pause longer than our patience),
        Temporary (still failing, no effect),
        UnknownOutcome (only if not ``safe``), NoAccess, NotThere, Refused, and LeaseLost from
        ``permit``, which is asked before each attempt. ``unsure`` of the error
        says whether an earlier attempt may have taken effect.
        """
        retrying = Retrying(
            stop=stop_after_attempt(self.patience.attempts),
            wait=self._wait,
            retry=retry_if_exception(_may_repeat),
            sleep=self._clock.sleep,
            before_sleep=lambda state: self._say(name, state),
            reraise=True,
        )
        doubts: list[str] = []
        try:
            return retrying(
                self._once, name, send, budget, cost, lane, safe, until, before_repeat, doubts
            )
        except SyncError as error:
            error.unsure = bool(doubts)
            raise

    def _once(
        self,
        name: str,
        send: Callable[[], Reply],
        budget: str,
        cost: int,
        lane: Lane,
        safe: bool,
        until: datetime | None,
        before_repeat: Callable[[], None] | None,
        doubts: list[str],
    ) -> Reply:
        if self._stop.is_set():
            raise Stopping(self.system)
        pause = self._budget.reserve(budget, cost=cost, lane=lane)
        if pause > self.patience.longest_wait:
            text = f"{self.system} takes no calls for another {pause:.0f} seconds; they wait."
            raise LongPause(f"{self._asked.get(budget, '')} {text}".lstrip(), wait=pause)
        if pause > 0:
            self._clock.sleep(pause)
        if doubts and before_repeat is not None:
            _look(before_repeat)
        if until is not None and self.has_passed(until):
            raise Outdated(f"{self.system} was busy for too long; what is there is read again.")
        self._permit()  # last: the process may have been frozen at any moment before
        with self._lock:
            self.calls[name] += 1
        try:
            reply = send()
        except requests.RequestException as error:
            if not _is_unsent(error):
                doubts.append(name)
            raise self._lost(error, safe=safe) from error
        verdict = self._read(reply)
        if verdict.kind is Kind.FINE:
            self._asked.pop(budget, None)
            return reply
        if verdict.kind is Kind.UNSURE:
            doubts.append(name)
        raise self._failure(verdict, reply, budget, safe=safe)

    def look_holds_until(self) -> datetime:
        """Return until when a write may go out that relies on what was read just now."""
        return self._clock.now() + LOOK_HOLDS

    def has_passed(self, instant: datetime) -> bool:
        """Return whether an instant lies in the past."""
        return self._clock.now() > instant

    def _lost(self, error: requests.RequestException, *, safe: bool) -> Exception:
        if _is_unsent(error):
            return Temporary(f"{self.system} cannot be reached; nothing was sent.")
        kind = type(error).__name__
        text = f"The connection to {self.system} ended before the answer came ({kind})."
        return Temporary(text) if safe else UnknownOutcome(text)

    def _failure(self, verdict: Verdict, reply: Reply, budget: str, *, safe: bool) -> Exception:
        message = verdict.message or f"{self.system} answered {reply.status}."
        known = {"status": reply.status, "code": verdict.code, "detail": verdict.detail}
        if verdict.kind is Kind.AGAIN:
            if verdict.wait is None:
                return Temporary(message)
            self._budget.penalise(budget, verdict.wait)
            if verdict.wait > self.patience.longest_wait:
                self._asked[budget] = message
                return LongPause(message, wait=verdict.wait)
            return Throttled(message, wait=verdict.wait)
        if verdict.kind is Kind.UNSURE:
            return Temporary(message) if safe else UnknownOutcome(message)
        if verdict.kind is Kind.NO_ACCESS:
            return NoAccess(message, **known)  # type: ignore[arg-type]
        if verdict.kind is Kind.NOT_THERE:
            return NotThere(message, **known)  # type: ignore[arg-type]
        return Refused(message, **known)  # type: ignore[arg-type]

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, Throttled):
            return 0.0  # the budget makes everyone wait, this call included
        backoff: float = self.patience.first_wait * 2.0 ** (state.attempt_number - 1)
        return min(backoff * (0.5 + self._random.random()), self.patience.longest_wait)

    def _say(self, name: str, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        log.info(
            "call repeated",
            system=self.system,
            call=name,
            attempt=state.attempt_number,
            error=str(error),
        )


class LongPause(Throttled):
    """A pause longer than one call may wait; not repeated here, the caller's next cycle does."""


class Outdated(Temporary):
    """A write waited so long that what it was decided on must be looked at again first."""


class Unseen(Temporary):
    """What a request without an answer left behind is there, or could not be looked at now."""


def _look(before_repeat: Callable[[], None]) -> None:
    """Look at what an attempt left behind; that has had a call's patience of its own."""
    try:
        before_repeat()
    except Temporary as error:
        if _may_repeat(error):
            raise Unseen(str(error)) from error
        raise


def _is_unsent(error: requests.RequestException) -> bool:
    """Return whether a request never left: no connection was made."""
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    return isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)


def _may_repeat(error: BaseException) -> bool:
    return isinstance(error, Temporary) and not isinstance(
        error, LongPause | Outdated | Stopping | Unseen
    )
