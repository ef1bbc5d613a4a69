from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from ubm_sync.scheduler import Job, Service


def test_the_first_job_runs_at_once_and_then_at_its_time() -> None:
    stop, done = threading.Event(), threading.Semaphore(0)
    service = Service([Job("sync", done.release, seconds=0.05)], stop)
    service.start()

    try:
        for _ in range(3):
            assert done.acquire(timeout=5)
    finally:
        service.finish()
    assert stop.is_set()


def test_jobs_of_one_service_never_run_at_the_same_time() -> None:
    stop, at_work, met = threading.Event(), threading.Lock(), threading.Semaphore(0)
    together = []

    def work() -> None:
        together.append(not at_work.acquire(blocking=False))
        time.sleep(0.03)
        at_work.release()
        met.release()

    service = Service([Job("a", work, seconds=0.02), Job("b", work, seconds=0.02)], stop)
    service.start()
    try:
        for _ in range(6):
            assert met.acquire(timeout=5)
    finally:
        service.finish()
    assert not any(together)


def test_a_job_that_fails_is_tried_again_at_its_next_time() -> None:
    stop, tries = threading.Event(), threading.Semaphore(0)

    def fail() -> None:
        tries.release()
        raise OSError("the disk is full")

    service = Service([Job("sync", fail, seconds=0.05)], stop)
    service.start()
    try:
        for _ in range(3):
            assert tries.acquire(timeout=5)
    finally:
        service.finish()


def test_a_clock_that_was_set_back_stops_nothing() -> None:
    stop, done = threading.Event(), threading.Semaphore(0)
    service = Service([Job("sync", done.release, seconds=60)], stop)
    service.start()
    try:
        assert done.acquire(timeout=5)
        service.catch_up()
        assert not done.acquire(timeout=0.2)  # in its time, not before

        later = datetime.now(UTC) + timedelta(minutes=11)  # what was a minute away before
        service._scheduler.modify_job("sync", next_run_time=later)
        service.catch_up()
        assert done.acquire(timeout=5)
    finally:
        service.finish()


def test_finishing_waits_for_the_job_in_hand_and_begins_no_other() -> None:
    stop, begun = threading.Event(), threading.Semaphore(0)
    ended: list[int] = []

    def work() -> None:
        begun.release()
        time.sleep(0.08)
        ended.append(1)

    service = Service([Job("sync", work, seconds=0.01)], stop)
    service.start()
    assert begun.acquire(timeout=5)
    service.finish()
    after = len(ended)
    time.sleep(0.05)

    assert after >= 1
    assert len(ended) == after


@pytest.mark.parametrize(
    ("job", "shown"),
    [
        (Job("sync", lambda: None, seconds=20), "interval[0:00:20]"),
        (Job("full", lambda: None, at="02:30"), "cron[hour='2', minute='30']"),
    ],
)
def test_a_job_says_when_it_runs(job: Job, shown: str) -> None:
    assert str(job.trigger()) == shown


def test_a_job_without_a_time_is_refused() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        Job("never", lambda: None).trigger()


def test_another_cadence_is_kept_to_without_a_restart() -> None:
    stop, done = threading.Event(), threading.Semaphore(0)
    service = Service([Job("sync", done.release, seconds=3600)], stop)
    service.start()
    try:
        assert done.acquire(timeout=5)
        service.follow([Job("sync", done.release, seconds=0.05)])
        for _ in range(3):
            assert done.acquire(timeout=5)
    finally:
        service.finish()


def test_a_job_whose_time_stays_is_not_put_off_by_other_edits() -> None:
    stop, done = threading.Event(), threading.Semaphore(0)
    job = Job("sync", done.release, seconds=0.2)
    service = Service([job], stop)
    service.start()
    try:
        assert done.acquire(timeout=5)
        ends = time.monotonic() + 5
        while not done.acquire(blocking=False):  # more often than the job is due
            assert time.monotonic() < ends
            service.follow([job])
            time.sleep(0.02)
    finally:
        service.finish()
