"""Problems, runs, guard stops, leases and settings."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.state.samples import HOUR, NOON

from ubm_sync.clock import VirtualClock
from ubm_sync.errors import LeaseLost, NotThere, Refused
from ubm_sync.model import Problem
from ubm_sync.state import GuardStop, KnownProblem, State

RENAMED = Problem("sheets/1/city", "renamed", "The column City is gone.", fields=("city",))
NO_ACCESS = Problem("sheets/2", "no_access", "The sheet is not shared.", blocks=True)


def test_new_problems_are_told_once_and_keep_their_date(state: State) -> None:
    with state.transaction() as tx:
        fresh, cleared = tx.problems.replace({"sheets"}, [RENAMED, NO_ACCESS], NOON)
        assert (fresh, cleared) == ([RENAMED, NO_ACCESS], [])

        worse = RENAMED._replace(text="Still gone.", blocks=True)
        assert tx.problems.replace({"sheets"}, [worse, NO_ACCESS], NOON + HOUR) == ([], [])
        assert tx.problems.list() == [
            KnownProblem("sheets/1/city", "renamed", "Still gone.", True, ("city",), NOON),
            KnownProblem("sheets/2", "no_access", NO_ACCESS.text, True, (), NOON),
        ]


def test_only_what_was_checked_is_cleared(state: State) -> None:
    with state.transaction() as tx:
        tx.problems.replace(set(), [RENAMED, NO_ACCESS], NOON)

        assert tx.problems.replace({"sheets/3", "sheets/1/zip", "sheet"}, []) == ([], [])
        _, cleared = tx.problems.replace({"sheets/1"}, [])
        assert [one.scope for one in cleared] == ["sheets/1/city"]
        _, cleared = tx.problems.replace({"sheets/2"}, [])
        assert [one.scope for one in cleared] == ["sheets/2"]
        assert tx.problems.list() == []


def test_a_problem_that_comes_back_is_new(state: State, clock: VirtualClock) -> None:
    with state.transaction() as tx:
        tx.problems.replace({"sheets"}, [NO_ACCESS])
        tx.problems.replace({"sheets"}, [])
        clock.advance(HOUR)
        fresh, _ = tx.problems.replace({"sheets"}, [NO_ACCESS])

        assert fresh == [NO_ACCESS]
        assert tx.problems.list()[0].since == NOON + HOUR


def test_runs_are_listed_newest_first(state: State) -> None:
    with state.transaction() as tx:
        good = tx.runs.start(NOON, "sync")
        tx.runs.finish(good, NOON + HOUR, {"observed": 3})
        bad = tx.runs.start(NOON + HOUR, "full")
        tx.runs.finish(bad, NOON + HOUR, {}, "The sheets did not answer.")
        killed = tx.runs.start(NOON + HOUR, "sync")

        assert [one.id for one in tx.runs.last(10)] == [killed, bad, good]
        assert [one.id for one in tx.runs.last(1)] == [killed]
        assert tx.runs.last(1)[0].finished_at is None
        found = tx.runs.last_success()
        assert found is not None
        assert (found.id, found.summary, found.error) == (good, {"observed": 3}, "")
        assert tx.runs.last_success("full") is None


def test_what_is_no_run_cannot_be_finished(state: State) -> None:
    with pytest.raises(ValueError, match="run-17"), state.transaction() as tx:
        tx.runs.finish("plan", NOON, {})


def _stop(state: State, fingerprint: str, **given: Any) -> None:
    with state.transaction() as tx:
        values: dict[str, Any] = {"canary": [], **given}
        tx.guard.save(
            [
                GuardStop(
                    f"id-{fingerprint}", fingerprint, "acme", "sheets", "city", "change",
                    400, 100, 0, ["a", "b"], "v1", NOON, **values,
                )
            ]
        )  # fmt: skip


def test_an_approved_stop_is_no_longer_open(state: State) -> None:
    _stop(state, "abc1")
    _stop(state, "abd2")

    with state.transaction() as tx:
        assert [one.fingerprint for one in tx.guard.list()] == ["abc1", "abd2"]
        approved = tx.guard.approve("abc", "admin@example.com", NOON + HOUR)

        assert (approved.count, approved.limit, approved.sample) == (400, 100, ["a", "b"])
        assert [one.fingerprint for one in tx.guard.list()] == ["abd2"]
        known = {one.fingerprint: one.approved_by for one in tx.guard.list(approved=True)}
        assert known == {"abc1": "admin@example.com", "abd2": None}


def test_an_approval_given_again_forgets_why_the_last_one_ended(state: State) -> None:
    _stop(state, "abc1", revoked="the canary differs", canary=[{"record": "a"}], proven=True)

    with state.transaction() as tx:
        tx.guard.approve("abc1", "admin@example.com", NOON)
        (found,) = tx.guard.list(approved=True)

    assert (found.revoked, found.canary, found.proven) == ("", [], False)


def test_an_approval_must_name_exactly_one_stop(state: State) -> None:
    _stop(state, "abc1")
    _stop(state, "abd2")

    with pytest.raises(Refused, match="abc1, abd2"), state.transaction() as tx:
        tx.guard.approve("ab", "admin@example.com", NOON)
    with pytest.raises(NotThere, match='begins with "x"'), state.transaction() as tx:
        tx.guard.approve("x", "admin@example.com", NOON)


def test_a_stop_keeps_its_changes_and_loses_them_with_it(state: State) -> None:
    _stop(state, "abc1")
    with state.transaction() as tx:
        tx.guard.add_items("id-abc1", {str(number): f"d{number}" for number in range(600)})
        tx.guard.remove_items("id-abc1", ["0", "599"])

        items = tx.guard.items()["id-abc1"]
        assert (len(items), items["1"]) == (598, "d1")

        tx.guard.remove("id-abc1")
        assert (tx.guard.items(), tx.guard.list()) == ({}, [])


def test_what_was_written_counts_for_a_window(state: State) -> None:
    group = ("acme", "sheets", "city", "change")
    with state.transaction() as tx:
        tx.guard.use("run-1", NOON, {group: 40})
        tx.guard.use("run-2", NOON + HOUR, {group: 5})
        tx.guard.use("run-2", NOON + HOUR, {group: 7})

        assert tx.guard.used(NOON - HOUR) == {group: 47}
        assert tx.guard.used(NOON) == {group: 7}
        assert tx.guard.used(NOON - HOUR) == {group: 7}


def test_a_lease_has_one_holder(state: State) -> None:
    with state.transaction() as tx:
        assert tx.leases.epoch("engine") == 0
        lease = tx.leases.acquire("engine", "one", 60, NOON)

        assert lease is not None
        assert (lease.epoch, lease.until) == (1, NOON + HOUR / 60)
        assert tx.leases.acquire("engine", "two", 60, NOON + HOUR / 120) is None
        assert tx.leases.acquire("engine", "one", 60, NOON + HOUR / 120) is not None
        assert tx.leases.acquire("other", "two", 60, NOON) is not None
        assert tx.leases.epoch("engine") == 1


def test_a_frozen_holder_that_comes_back_finds_its_lease_lost(state: State) -> None:
    with state.transaction() as tx:
        old = tx.leases.acquire("engine", "one", 60, NOON)
        new = tx.leases.acquire("engine", "two", 60, NOON + HOUR)
        assert old is not None
        assert new is not None
        assert new.epoch == old.epoch + 1

        tx.leases.check(new, NOON + HOUR)
        with pytest.raises(LeaseLost, match='lease "engine" of one'):
            tx.leases.check(old, NOON)
        with pytest.raises(LeaseLost):
            tx.leases.renew(old, 60, NOON)
        tx.leases.release(old)
        tx.leases.check(new, NOON + HOUR)


def test_a_lease_that_ran_out_is_not_good_until_it_is_renewed(state: State) -> None:
    with state.transaction() as tx:
        lease = tx.leases.acquire("engine", "one", 60, NOON)
        assert lease is not None
        with pytest.raises(LeaseLost):
            tx.leases.check(lease, NOON + HOUR)

        renewed = tx.leases.renew(lease, 60, NOON + HOUR)
        tx.leases.check(renewed, NOON + HOUR)


def test_a_lease_given_back_is_free_and_its_old_epoch_is_over(state: State) -> None:
    with state.transaction() as tx:
        lease = tx.leases.acquire("engine", "one", 60, NOON)
        assert lease is not None
        tx.leases.release(lease)
        again = tx.leases.acquire("engine", "one", 60, NOON)

        assert again is not None
        assert again.epoch == lease.epoch + 1
        with pytest.raises(LeaseLost):
            tx.leases.check(lease, NOON)


def test_settings_are_kept_by_key(state: State) -> None:
    with state.transaction() as tx:
        tx.meta.put("phase", "shadow")
        tx.meta.put("phase", "live")

        assert tx.meta.get("phase") == "live"
        assert tx.meta.get("unknown") is None
