"""One round of the lane: hear what is new, tell whoever must know, follow up on the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from ubm_sync.calendars.coverage import Coverage
from ubm_sync.clock import Clock
from ubm_sync.desk import Desk
from ubm_sync.dispatch.gathering import Gatherer
from ubm_sync.dispatch.hearing import Hearing
from ubm_sync.dispatch.leavers import Leavers
from ubm_sync.dispatch.rows import Rows
from ubm_sync.dispatch.sending import Sending
from ubm_sync.dispatch.unrouted import LOOKED, SCOPE, Unrouted, unrouted
from ubm_sync.dispatch.working import Working
from ubm_sync.errors import LeaseLost, Stopping, SyncError
from ubm_sync.model import Problem
from ubm_sync.state import Lease, State, Tx

LEASE = "disconnections"
LEASE_SECONDS = 300.0
TROUBLE = "disconnections"
_KNOWN_FOR = timedelta(seconds=60)  # how long somebody is taken for active without asking again
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Round:
    """What one round did."""

    seconds: float = 0.0
    seen: int = 0  # tickets that are new or changed
    read: int = 0  # of them, and of remarks in rows
    cases: int = 0  # taken a step further
    sent: int = 0  # notes and tasks that arrived
    handed_over: int = 0
    unrouted: int = 0
    problems: list[str] = field(default_factory=list)
    skipped: str = ""


class Dispatcher:
    """Runs rounds over the help desk; one instance works at a time, guarded by a lease."""

    def __init__(
        self,
        *,
        state: State,
        desk: Desk,
        gatherer: Gatherer,
        coverage: Coverage,
        visible: Callable[[str], bool],
        clock: Clock,
        holder: str,
        system: str,
        is_gone: Callable[[str], bool] = lambda _holder: False,
        should_stop: Callable[[], bool] = lambda: False,
        release: Callable[[], None] = lambda: None,
    ) -> None:
        self._state = state
        self._fenced = state.fenced(self._check)
        self._desk = desk
        self._clock = clock
        self._holder = holder
        self._is_gone = is_gone
        self._stop = should_stop
        self._release = release
        self._lease: Lease | None = None
        self._looked: datetime | None = None
        self._active: dict[str, tuple[datetime, bool]] = {}
        self._gatherer = gatherer
        run = f"{LEASE}:{holder}"
        self._cursor = f"{system}:desk"
        self._hearing = Hearing(self._fenced, desk, gatherer, self._cursor)
        self._rows = Rows(self._fenced, gatherer)
        self._working = Working(
            self._fenced,
            desk,
            gatherer,
            coverage,
            active=self.is_active,
            visible=visible,
            run=run,
        )
        self._sending = Sending(self._fenced, desk, clock.now)
        self._leavers = Leavers(self._fenced, desk, gatherer, coverage, self.is_active, run)

    def round(self) -> Round:
        """Run one round; what could not be done is told, and done in the next one.

        Raises LeaseLost where another instance takes over meanwhile.
        """
        started = self._clock.now()
        done = Round()
        if not self._take_lease(started):
            done.skipped = "Another instance of the service is at work."
            return done
        try:
            self._go(done)
        finally:
            self._give_back()
        done.seconds = (self._clock.now() - started).total_seconds()
        if done.read or done.cases or done.sent or done.handed_over or done.problems:
            log.info(
                "disconnections looked at",
                seconds=round(done.seconds, 3),
                seen=done.seen,
                read=done.read,
                cases=done.cases,
                sent=done.sent,
                handed_over=done.handed_over,
                unrouted=done.unrouted,
                problems=done.problems,
            )
        return done

    def _go(self, done: Round) -> None:
        """Do one thing after the other; one that cannot be done keeps no other from it."""
        for what in (
            self._follow_up,
            self._hear,
            self._read_rows,
            self._follow_up,
            self._hand_over,
        ):
            if self._stop():
                break
            try:
                what(done)
            except LeaseLost:
                raise
            except Stopping:  # the next start goes on here; nothing is wrong
                return
            except SyncError as error:
                log.warning("disconnections not complete", error=str(error))
                done.problems.append(str(error))
        self._report(done)

    def _hear(self, done: Round) -> None:
        with self._state.reading() as tx:
            cursor = tx.cursors.get(self._cursor)
        for page in self._desk.arrivals(cursor):
            done.seen += len(page.tickets)
            read = self._hearing.take(page, self._clock.now())
            done.read += read
            if read:
                self._follow_up(done)
            if self._stop():
                return
        done.read += self._hearing.again(self._clock.now())
        self._looked = self._clock.now()

    def _read_rows(self, done: Round) -> None:
        done.read += self._rows.take(self._clock.now())

    def _follow_up(self, done: Round) -> None:
        """Take due cases a step further and send what that asks for."""

        def send() -> None:
            done.sent += self._sending.deliver()

        done.cases += self._working.work(self._clock.now(), send)
        send()

    def _hand_over(self, done: Round) -> None:
        done.handed_over += self._leavers.hand_over(self._clock.now())

    def _report(self, done: Round) -> None:
        """Keep ``status`` right about what is not where it should be."""
        now = self._clock.now()
        with self._fenced.transaction() as tx:
            if self._looked is not None:
                tx.meta.put(LOOKED, self._looked.isoformat())
            left = unrouted(tx, now, self._gatherer.rules.overdue)
            done.unrouted = len(left)
            problems = [Problem(SCOPE, "unrouted", f"{one.what}: {one.why}.") for one in left[:1]]
            if len(left) > 1:
                text = (
                    f"{problems[0].text} So are {len(left) - 1} more; `ubm-sync report unrouted`."
                )
                problems = [Problem(SCOPE, "unrouted", text)]
            if done.problems:
                text = f"Disconnections cannot be looked at completely: {done.problems[0]}"
                problems.append(Problem(TROUBLE, "desk_trouble", text))
            tx.problems.replace({SCOPE, TROUBLE}, problems, now)

    def daily(self) -> list[Unrouted]:
        """Say once a day what is unrouted, by name, or that nothing is (domain A29).

        First everything of the last days is read again: what no look brought in is taken in then.
        """
        missed = self._look_back()
        now = self._clock.now()
        with self._state.reading() as tx:
            left = unrouted(tx, now, self._gatherer.rules.overdue)
            counts = tx.inquiries.counts(now - timedelta(days=1))
        said = [f"{one.what}: {one.why}" for one in left]
        if missed:
            log.warning("tickets that no look brought in", count=len(missed), tickets=missed)
        (log.warning if left else log.info)("unrouted", count=len(left), what=said, read=counts)
        return left

    def _look_back(self) -> list[str]:
        """Compare the ledger with the desk; return the tickets that were not in it."""
        missed: list[str] = []
        if not self._take_lease(self._clock.now()):
            return missed
        try:
            limit = self._clock.now() - self._gatherer.rules.overdue
            for page in self._desk.arrivals(None):
                new = self._hearing.unknown(page)
                if new.tickets:
                    self._hearing.take(new, self._clock.now())
                missed += [one.ref for one in new.tickets if one.created < limit]
            if missed:
                self._follow_up(Round())
        except SyncError as error:
            log.warning("help desk not compared", error=str(error))
        finally:
            self._give_back()
        return missed

    def is_active(self, email: str) -> bool:
        """Return whether somebody can be given work; asked at most once a minute."""
        now = self._clock.now()
        key = email.strip().casefold()
        at, known = self._active.get(key, (None, False))
        if at is None or not timedelta(0) <= now - at < _KNOWN_FOR:
            known = self._desk.knows(email)
            self._active[key] = now, known
        return known

    def permitted(self) -> None:
        """Raise LeaseLost where another instance took over: asked before anything is sent."""
        lease = self._lease
        if lease is not None:
            with self._state.reading() as tx:
                tx.leases.confirm(lease)

    def _check(self, tx: Tx) -> None:
        if self._lease is not None:
            self._lease = tx.leases.renew(self._lease, LEASE_SECONDS, self._clock.now())

    def _take_lease(self, now: datetime) -> bool:
        with self._state.transaction() as tx:
            holder = tx.leases.holder(LEASE)
            if holder and holder != self._holder and self._is_gone(holder):
                log.warning("lease taken over", holder=holder, lease=LEASE)
                tx.leases.evict(LEASE, holder)
            self._lease = tx.leases.acquire(LEASE, self._holder, LEASE_SECONDS, now)
        return self._lease is not None

    def _give_back(self) -> None:
        lease, self._lease = self._lease, None
        if lease is not None:
            with self._state.transaction() as tx:
                tx.leases.release(lease)

    def close(self) -> None:
        """Release connections."""
        self._desk.close()
        self._release()
