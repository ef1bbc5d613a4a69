"""How much passes without an approval, whatever way the changes arrive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubm_sync.flow import Decision
from ubm_sync.mapping import load_mappings
from ubm_sync.model import Customer, Observation, Outcome, Result, Write
from ubm_sync.sync.guard import Guard
from ubm_sync.sync.limits import Group, GuardRule, GuardSettings, Kind, Threshold
from ubm_sync.sync.merge import Merged
from ubm_sync.sync.plan import RecordPlan, Subject
from ubm_sync.sync.rules import compile_rules
from ubm_sync.sync.stops import Held, compare, sentence

RULES = compile_rules(load_mappings(Path(__file__).parents[3] / "mappings")["location"])
DESK = RULES.places["ticket"].system
ACME = Customer("acme", "Acme Foods")
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CHANGED = Group("acme", DESK, "gl_code", Kind.CHANGE)
CLEARED = CHANGED._replace(kind=Kind.CLEAR)


def limits(changes: int, clears: int = 100, creates: int | None = None) -> GuardSettings:
    return GuardSettings(
        default=GuardRule(
            changes=Threshold(0.0, changes), clears=Threshold(0.0, clears), creates=creates
        )
    )


def a_plan(sync_id: str, after: str | None = "6410", *, creates: bool = False) -> RecordPlan:
    """Return the plan of a record whose ticket is to hold another ``gl_code``."""
    there = Observation("ticket", f"t-{sync_id}", sync_id, "", "1", {"gl_code": "1"})
    seen = {} if creates else {"ticket": there}
    subject = Subject(sync_id, ACME, NOON, {}, {}, {}, seen, {})
    write = Write("ticket", sync_id, None if creates else there.ref, "", {"gl_code": after})
    decision = Decision(frozenset(), {}, {}, "", sync_id)
    return RecordPlan(subject, Merged(), decision, (write,), ())


def a_guard(settings: GuardSettings, **given: object) -> Guard:
    return Guard(RULES.places, settings, {"acme": 10}, **{"now": NOON, **given})  # type: ignore[arg-type]


def passed(guard: Guard, *plans: RecordPlan) -> list[str]:
    """Send what the guard lets pass; return its records."""
    let = guard.judge(plans)
    booking = guard.book(let)
    sent = [plan for plan in let if plan.writes]
    guard.conclude(
        booking,
        {
            plan.subject.sync_id: {
                one.place: Outcome(one.place, one.key, Result.LANDED, f"t-{one.key}")
                for one in plan.writes
            }
            for plan in let
        },
    )
    return [plan.subject.sync_id for plan in sent]


def again(guard: Guard, **given: object) -> Guard:
    """Return the guard of the next cycle, on what the last one left."""
    known = {
        "stops": [one.stop for one in guard.stops if not one.over],
        "items": {one.stop.id: one.items for one in guard.stops},
        "used": guard.spent,
    }
    return a_guard(guard.settings, **{**known, **given})


def approved(guard: Guard, **given: object) -> Guard:
    """Return the guard of the next cycle, after a person approved every stop."""
    stops = [
        replace(one.stop, approved_at=NOON, approved_by="Priya N.", canary=[])
        for one in guard.stops
    ]
    return again(guard, stops=stops, **given)


cycles = st.lists(
    st.tuples(
        st.integers(0, 45),  # minutes since the cycle before
        st.lists(st.sets(st.integers(0, 40), min_size=1, max_size=12), max_size=4),  # portions
    ),
    max_size=8,
)


@given(cycles=cycles, limit=st.integers(0, 15))
def test_no_window_holds_more_than_its_threshold_however_changes_arrive(
    cycles: list[tuple[int, list[set[int]]]], limit: int
) -> None:
    written: list[tuple[datetime, str]] = []
    guard, now, stopped = a_guard(limits(limit)), NOON, set[str]()
    for minutes, portions in cycles:
        now += timedelta(minutes=minutes)
        hour = now - timedelta(hours=1)
        recent = sum(at > hour for at, _ in written)
        guard = again(guard, now=now, used={CHANGED: recent})
        for portion in portions:
            ids = [str(number) for number in sorted(portion)]
            gone = passed(guard, *(a_plan(sync_id) for sync_id in ids))
            written += [(now, sync_id) for sync_id in gone]
            assert stopped.isdisjoint(gone), "a change that was stopped passed unapproved"
            stopped |= set(ids) - set(gone)
        assert sum(at > hour for at, _ in written) <= limit


def test_all_of_a_change_waits_as_one_stop_whatever_its_portions() -> None:
    whole, parts = a_guard(limits(2)), a_guard(limits(2))
    names = [f"r{number}" for number in range(6)]

    assert passed(whole, *map(a_plan, names)) == []
    for first in (0, 3):
        assert passed(parts, *map(a_plan, names[first : first + 3])) == []

    assert [one.stop.count for one in parts.stops] == [6]
    assert parts.stops[0].stop.fingerprint == whole.stops[0].stop.fingerprint


def test_exactly_the_threshold_passes() -> None:
    assert passed(a_guard(limits(2)), a_plan("a"), a_plan("b")) == ["a", "b"]


def test_clearing_has_a_lower_threshold_of_its_own() -> None:
    guard = a_guard(limits(2, clears=1))

    assert passed(guard, a_plan("a"), a_plan("b", None), a_plan("c", None)) == ["a"]
    assert [one.group for one in guard.stops] == [CLEARED]


def test_creating_is_free_unless_a_number_is_given() -> None:
    plans = [a_plan(str(number), creates=True) for number in range(5)]

    assert len(passed(a_guard(limits(0)), *plans)) == 5
    held = a_guard(limits(0, creates=4))
    assert passed(held, *plans) == []
    assert "5 new records (ticket)" in sentence(held.stops[0].stop)


def test_a_portion_that_is_under_way_is_counted() -> None:
    guard = a_guard(limits(2))
    guard.book(guard.judge([a_plan("a"), a_plan("b")]))

    assert passed(guard, a_plan("c")) == []


def test_what_did_not_land_is_not_counted() -> None:
    guard = a_guard(limits(2))
    booking = guard.book(guard.judge([a_plan("a"), a_plan("b")]))
    guard.conclude(booking, {"a": {}, "b": {"ticket": Outcome("ticket", "b", Result.REFUSED)}})

    assert guard.spent[CHANGED] == 0
    assert passed(guard, a_plan("c"), a_plan("d")) == ["c", "d"]


def test_an_answer_that_was_lost_is_counted() -> None:
    guard = a_guard(limits(2))
    booking = guard.book(guard.judge([a_plan("a")]))
    guard.conclude(booking, {"a": {"ticket": Outcome("ticket", "a", Result.UNKNOWN)}})

    assert guard.spent[CHANGED] == 1


def test_an_approval_lets_a_canary_pass_and_then_the_rest() -> None:
    plans = [a_plan(f"r{number}") for number in range(8)]
    guard = a_guard(limits(2))
    passed(guard, *plans)
    guard = approved(guard)

    assert passed(guard, *plans) == ["r0", "r1", "r2", "r3", "r4"]
    assert passed(guard, *plans[5:]) == []
    guard.stops[0].prove(agreed=True)
    assert passed(guard, *plans[5:]) == ["r5", "r6", "r7"]
    assert guard.stops[0].over


def test_an_approval_is_used_once_and_for_nothing_else() -> None:
    plans = [a_plan(f"r{number}") for number in range(3)]
    guard = a_guard(limits(0))
    passed(guard, *plans)
    guard = approved(guard)

    others = [a_plan("r0", "7000"), a_plan("new"), *plans[1:]]
    assert passed(guard, *others) == ["r1", "r2"]
    guard.stops[0].prove(agreed=True)
    assert passed(guard, *plans) == []


def test_a_stop_that_grows_is_another_one_and_one_that_shrinks_is_not() -> None:
    guard = a_guard(limits(0))
    passed(guard, a_plan("a"), a_plan("b"))
    first = guard.stops[0].stop.fingerprint
    passed(guard, a_plan("a")._replace(writes=()))
    shrunk = guard.stops[0].stop
    passed(guard, a_plan("c"))

    assert (shrunk.fingerprint, shrunk.count) == (first, 1)
    assert guard.stops[0].stop.fingerprint != first


def test_a_few_edits_pass_while_a_stop_waits() -> None:
    guard = a_guard(limits(2))
    passed(guard, *(a_plan(name) for name in "abc"))

    assert passed(guard, a_plan("a"), a_plan("d")) == ["d"]


def test_an_approval_ends_with_its_time_and_with_its_mapping() -> None:
    guard = a_guard(limits(0))
    passed(guard, a_plan("a"))

    late = approved(guard, now=NOON + timedelta(hours=24))
    other = approved(guard, mapping="location 2")

    assert "was not used in time" in late.stops[0].stop.revoked
    assert "the mapping was changed" in other.stops[0].stop.revoked
    assert passed(late, a_plan("a")) == passed(other, a_plan("a")) == []
    assert other.stops[0].stop.fingerprint != guard.stops[0].stop.fingerprint


def test_a_threshold_that_was_raised_ends_its_stops() -> None:
    guard = a_guard(limits(0))
    passed(guard, a_plan("a"))

    raised = again(guard, used={})
    assert not raised.stops[0].over
    known = {one.stop.id: one.items for one in guard.stops}
    raised = a_guard(limits(1), stops=[guard.stops[0].stop], items=known)

    assert raised.stops[0].over
    assert passed(raised, a_plan("a")) == ["a"]


@pytest.mark.parametrize(
    ("group", "limit"),
    [
        (("acme", "desk", "city", Kind.CHANGE), 300),
        (("acme", "desk", "city", Kind.CLEAR), 100),
        (("acme", "desk", "zip", Kind.CHANGE), 50),
        (("acme", "desk", "zip", Kind.CLEAR), 7),
        (("beta", "desk", "zip", Kind.CHANGE), 500),
        (("beta", "sheet", "zip", Kind.CHANGE), 3),
        (("beta", "sheet", "zip", Kind.CLEAR), 7),
        (("beta", "desk", "row", Kind.CREATE), 9),
        (("acme", "desk", "row", Kind.CREATE), None),
    ],
)
def test_the_most_specific_threshold_wins_and_leaves_the_rest_to_others(
    group: tuple[str, str, str, Kind], limit: int | None
) -> None:
    settings = GuardSettings(
        (
            GuardRule(field="zip", changes=Threshold(0.05), clears=Threshold(0.0, 7)),
            GuardRule(customer="beta", changes=Threshold(0.5), creates=9),
            GuardRule("beta", "sheet", "zip", changes=Threshold(0.0, 3)),
            GuardRule(changes=Threshold(0.3, 50), field="zip"),
        )
    )

    assert settings.limit(Group(*group), 1000) == limit


def canary(landed: bool, values: Mapping[str, list[str | None]]) -> list[dict[str, object]]:
    return [
        {"record": "a", "label": "Row 1", "place": "ticket", "ref": "t-a",
         "landed": landed, "values": values}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("there", "landed", "agreed", "wrong"),
    [
        ("6410", True, 1, ""),
        (" 6410 ", True, 1, ""),
        ("1", True, 0, 'was meant to be "6410" and is "1" there'),
        (None, True, 0, 'was meant to be "6410" and is empty there'),
        ("1", False, 0, ""),
        ("6410", False, 1, ""),
        ("9", False, 0, 'was meant to be "6410" and is "9" there'),
    ],
)
def test_a_canary_is_compared_as_values_mean(
    there: str | None, landed: bool, agreed: int, wrong: str
) -> None:
    values = {} if there is None else {"location_name": there}
    seen = {("ticket", "t-a"): Observation("ticket", "t-a", "a", "", "2", values)}
    entry = canary(landed, {"location_name": ["1", "6410"]})

    found = compare(entry, seen, RULES.places)

    assert found[0] == agreed
    assert wrong in found[1]
    assert bool(found[1]) == bool(wrong)


def test_a_record_that_is_not_shown_proves_nothing() -> None:
    assert compare(canary(True, {"city": [None, "Joliet"]}), {}, RULES.places) == (0, "")


def test_a_stop_says_what_is_in_it_and_what_to_do() -> None:
    guard = a_guard(limits(1))
    passed(guard, *(a_plan(name) for name in "ab"))
    stop = guard.stops[0].stop

    assert sentence(stop) == (
        f"2 changes of gl_code in {DESK} for acme wait: 1 may be written without an approval. "
        'For example a: "1" -> "6410". '
        f"See ubm-sync status, then: ubm-sync approve {stop.fingerprint}"
    )
    assert isinstance(guard.stops[0], Held)

    alone = sentence(replace(stop, count=1, used=1, revoked="x is y there"))
    assert alone == (
        f"1 change of gl_code in {DESK} for acme waits: 1 may be written without an approval and "
        '1 was written just before. For example a: "1" -> "6410". It was approved before, but x '
        f"is y there. See ubm-sync status, then: ubm-sync approve {stop.fingerprint}"
    )
    approved = replace(stop, count=1, approved_at=guard.now, approved_by="Priya N.")
    assert sentence(approved) == (
        f"1 change of gl_code in {DESK} for acme is approved by Priya N.; the next cycle writes it."
    )


def test_a_text_that_repeats_a_value_waits_with_it() -> None:
    plans = []
    for sync_id in ("a", "b"):
        plan = a_plan(sync_id)
        (write,) = plan.writes
        told = replace(write, values={**write.values, "content": "GL 6410", "sync_status": "x"})
        decision = plan.decision._replace(retold=frozenset({"ticket.content"}))
        plans.append(plan._replace(writes=(told,), decision=decision))
    guard = a_guard(limits(1))
    held = [plan.writes[0].values for plan in guard.judge(plans)]
    assert held == [{"sync_status": "x"}, {"sync_status": "x"}]
    let = approved(guard).judge(plans)
    assert all("content" in plan.writes[0].values for plan in let)


def test_a_text_that_repeats_values_is_written_where_none_of_them_waits() -> None:
    plan = a_plan("a")
    (write,) = plan.writes
    told = replace(write, values={"content": "GL 6410"})
    decision = plan.decision._replace(retold=frozenset({"ticket.content"}))
    plan = plan._replace(writes=(told,), decision=decision)
    assert a_guard(limits(0)).judge([plan]) == [plan]


def test_a_stop_that_shrank_says_that_there_were_more() -> None:
    guard = a_guard(limits(1))
    guard.judge([a_plan("a"), a_plan("b")])
    (held,) = guard.stops
    held.drop(["b"])
    assert "1 may be written without an approval, and there were more when" in sentence(held.stop)
