"""When the service works: cycles on a clock, one at a time, until it is told to stop.

APScheduler only ticks. What is due stands in the state, so a tick that is missed, doubled or late
changes nothing but the moment.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any, cast

import structlog
from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_MAX_INSTANCES,
    EVENT_JOB_MISSED,
)
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

log = structlog.get_logger(__name__)

_SLACK = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Job:
    """One thing that happens again and again: every ``seconds``, or daily at ``at`` in ``zone``.

    Jobs with the same ``turn`` wait for each other, others do not.
    """

    name: str
    work: Callable[[], object]
    seconds: float | None = None
    at: str = ""  # HH:MM
    zone: str = "UTC"
    turn: str = ""

    @property
    def when(self) -> str:
        """Return when it happens, in words."""
        return f"every {self.seconds:g} s" if self.seconds is not None else f"{self.at} {self.zone}"

    def trigger(self) -> Any:
        """Return APScheduler's trigger; raises ValueError where neither time is given."""
        if self.seconds is not None:
            return IntervalTrigger(seconds=self.seconds, timezone="UTC")
        hour, _, minute = self.at.partition(":")
        return CronTrigger(hour=int(hour), minute=int(minute), timezone=self.zone)


class Service:
    """Runs jobs until ``stop`` is set; of those with one turn never two at the same time."""

    def __init__(self, jobs: list[Job], stop: threading.Event) -> None:
        self._stop = stop
        self._turns = {job.turn: threading.Lock() for job in jobs}
        self._when = {job.name: job.when for job in jobs}
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(max(2, len(jobs)))},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone="UTC",
        )
        self._scheduler.add_listener(
            self._notice, EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES
        )
        for job in jobs:
            # Due at once: a job of its own for that is missed where the scheduler is stopped
            # while it runs.
            begin = {"next_run_time": datetime.now(UTC)} if job.seconds is not None else {}
            self._scheduler.add_job(
                self._one_at_a_time, job.trigger(), args=[job], id=job.name, name=job.name, **begin
            )

    def run(self) -> None:
        """Work until SIGTERM or SIGINT: the write in hand is finished, nothing new is begun."""
        previous = {
            number: signal.signal(number, self._on_signal)
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            self.start()
            while not self._stop.wait(0.5):
                self.catch_up()
            self.finish()
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def catch_up(self) -> None:
        """Begin at once what is further away than it ever may be: the clock was set back.

        APScheduler plans by the clock of the machine: one corrected by ten minutes would let
        nothing happen for ten minutes.
        """
        now = datetime.now(UTC)
        for job in self._scheduler.get_jobs():
            every = getattr(job.trigger, "interval", None)
            if every is not None and job.next_run_time - now > every + _SLACK:
                log.warning("clock was set back", job=job.id, due=job.next_run_time.isoformat())
                self._scheduler.modify_job(job.id, next_run_time=now)

    def follow(self, jobs: list[Job]) -> None:
        """Keep the times of ``jobs`` from now on; their work is that of the same names."""
        for job in jobs:
            if self._when.get(job.name) != job.when:
                self._scheduler.reschedule_job(job.name, trigger=job.trigger())
                log.info("cadence taken over", job=job.name, when=job.when)
                self._when[job.name] = job.when

    def start(self) -> None:
        """Begin: what happens every so many seconds at once, then each at its time."""
        log.info("service started", jobs=[job.id for job in self._scheduler.get_jobs()])
        self._scheduler.start()

    def finish(self) -> None:
        """Let the job in hand come to its end, then stop."""
        self._stop.set()
        self._scheduler.shutdown(wait=True)
        log.info("service stopped")

    def _one_at_a_time(self, job: Job) -> None:
        with self._turns[job.turn]:
            if not self._stop.is_set():
                job.work()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        log.info("service asked to stop", signal=signal.Signals(number).name)
        self._stop.set()

    def _notice(self, event: Any) -> None:
        kind = {
            EVENT_JOB_ERROR: "job failed",
            EVENT_JOB_MISSED: "job missed",
            EVENT_JOB_MAX_INSTANCES: "job still running",
        }[event.code]
        error = cast("BaseException | None", getattr(event, "exception", None))
        if error is not None:
            log.error(kind, job=event.job_id, exc_info=error)
        else:
            log.debug(kind, job=event.job_id)
