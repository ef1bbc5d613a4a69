from __future__ import annotations

from dataclasses import replace

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.hubspot.index import Index

from ubm_hubspot.decode import modified_of
from ubm_hubspot.searching import Query, by_change
from ubm_hubspot.window import KEPT, MOST_KEPT, Rules, Window

QUERY = Query("ubm_sync_id", [], limit=7)
RULES = Rules(overlap_min=50, overlap_max=300, page_known=5, settle_every=1_000, settle_lag=400)
CALM = replace(RULES, settle_every=1_000_000)
MINUTE = 60_000
NOW = 1_800_000_000_000


class World:
    """Records that people change, an index that lags, and a reader with a window."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.window = Window(rules)
        self.now = NOW
        self.truth: dict[str, int] = {}
        self.handed: dict[str, int] = {}
        self.index = Index()
        self.coming: list[tuple[int, str, int]] = []

    def edit(self, ref: str, lag: int) -> int:
        self.now = max(self.now, self.truth.get(ref, 0)) + 1
        self.truth[ref] = self.now
        self.coming.append((self.now + lag, ref, self.now))
        return self.now

    def cycle(self) -> int:
        """Read once and return how many searches that took."""
        for due, ref, modified in sorted(self.coming):
            if due <= self.now:
                self.index.records[ref] = max(modified, self.index.records.get(ref, 0))
        self.coming = [one for one in self.coming if one[0] > self.now]
        before, window = len(self.index.asked), self.window
        whole = True
        for found in by_change(self.index.ask, QUERY, window.begin(self.now)):
            for record in found.records:
                ref, modified = str(record["id"]), modified_of(record)
                if window.is_news(ref, modified):
                    window.took(ref, modified)
                    assert modified >= self.handed.get(ref, 0), "older than handed over before"
                    self.handed[ref] = modified
            whole = whole and found.whole
            if whole and found.records:
                window.covered(modified_of(found.records[-1]))
        window.end(self.now, consistent=whole)
        return len(self.index.asked) - before

    def restart(self) -> None:
        state = orjson.loads(orjson.dumps(self.window.dump()))
        self.window = Window(self.window.rules)
        self.window.load(state)


TIGHT = Rules(overlap_min=10, overlap_max=60, page_known=2, settle_every=200, settle_lag=400)
SELDOM = Rules(overlap_min=10, overlap_max=60, page_known=2, settle_every=1_000, settle_lag=400)
STEP = st.one_of(
    st.tuples(st.just("edit"), st.integers(1, 12), st.integers(0, 390)),
    st.tuples(st.just("write"), st.integers(1, 12), st.integers(0, 390)),
    st.tuples(st.just("create"), st.integers(50, 90), st.integers(0, 390)),
    st.tuples(st.just("cycle"), st.integers(1, 400), st.just(0)),
    st.tuples(st.just("restart"), st.just(0), st.just(0)),
)


@settings(max_examples=400)
@given(st.sampled_from([TIGHT, SELDOM]), st.lists(STEP, min_size=10, max_size=80))
def test_every_change_is_handed_over_however_late_it_is_indexed(
    rules: Rules,
    steps: list[tuple[str, int, int]],
) -> None:
    world = World(rules)
    for what, number, lag in steps:
        ref = str(number)
        if what == "edit":
            world.edit(ref, lag)
        elif what == "write":
            world.window.updated(ref, world.edit(ref, lag))
        elif what == "create" and ref not in world.truth:
            modified = world.edit(ref, lag)
            world.handed[ref] = modified
            world.window.created(ref, modified)
        elif what == "restart":
            world.restart()
        else:
            world.now += number
            world.cycle()
    for _ in range(12):
        world.now += 300
        world.cycle()

    assert world.handed == world.truth


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 100)), max_size=40))
def test_a_quiet_cycle_is_one_search_that_hands_over_nothing(
    edits: list[tuple[int, int]],
) -> None:
    world = World()
    for ref, pause in edits:
        world.now += pause
        world.edit(str(ref), 0)
    for _ in range(6):
        world.now += 300
        world.cycle()
    handed = dict(world.handed)

    for _ in range(8):
        world.now += 300
        assert world.cycle() == 1
    assert world.handed == handed


def test_a_bulk_edit_of_one_instant_is_not_read_for_ever() -> None:
    world = World()
    for ref in range(1, 200):
        world.edit(str(ref), 0)
        world.now -= 1
    for _ in range(8):
        world.now += 2_000
        world.cycle()

    assert len(world.handed) == 199


def test_the_first_search_begins_at_the_beginning() -> None:
    assert Window(RULES).begin(NOW) == 0


def test_the_overlap_reaches_back_as_far_as_one_page() -> None:
    rules = Rules(page_known=3)
    window = Window(rules)
    window.begin(NOW)
    for ref, at in {"1": 100, "2": 400, "3": 500, "4": 600}.items():
        window.took(ref, NOW - MINUTE + at)
    window.covered(NOW - MINUTE + 600)
    window.end(NOW, consistent=True)

    assert window.begin(NOW + 1) == NOW - MINUTE + 600 - rules.overlap_min  # at least this far
    window.end(NOW + 1, consistent=True)
    window.begin(NOW + 2)
    window.end(NOW + 2, consistent=True)
    assert window.begin(NOW + 3) == NOW - MINUTE + 400  # quiet by now: one page of 3


def test_a_search_that_left_something_out_settles_nothing() -> None:
    world = World()
    world.edit("1", 0)
    world.index.lose = lambda *_: []
    world.cycle()

    assert world.window.settled == 0
    assert world.window.scanned == 0


def test_our_own_update_is_read_back_once() -> None:
    window = Window(RULES)
    window.updated("1", NOW)

    assert not window.is_news("1", NOW - 1)  # the index is older than our write
    assert window.is_news("1", NOW)
    window.took("1", NOW)
    assert not window.is_news("1", NOW)
    assert not window.ours


def test_a_ticket_we_made_is_news_only_when_somebody_changed_it() -> None:
    window = Window(RULES)
    window.created("1", NOW)

    assert not window.is_news("1", NOW)
    assert window.is_news("1", NOW + 1)


def test_a_ticket_that_left_is_news_when_it_comes_back() -> None:
    window = Window(RULES)
    window.took("1", NOW)
    window.updated("1", NOW + 5)
    window.forget("1", NOW)

    assert window.is_news("1", NOW)
    assert not window.ours


def test_a_ticket_that_left_is_in_doubt_until_no_index_can_be_so_late() -> None:
    window = Window(RULES)
    window.took("1", NOW)
    window.took("2", NOW)
    window.forget("1", NOW)
    window.forget("2", NOW)
    window.met("2", NOW)  # it is back

    state = orjson.loads(orjson.dumps(window.dump()))
    window = Window(RULES)
    window.load(state)

    for later, left in ((RULES.settle_lag, ["1"]), (RULES.settle_lag + 1, [])):
        window.end(NOW + later, consistent=True)
        assert list(window.left) == left


def test_many_writes_of_our_own_or_a_restart_make_the_search_lean() -> None:
    window = Window(RULES)
    window.begin(NOW)
    assert not window.lean()
    for ref in range(150):
        window.created(str(ref), NOW)
        window.updated(str(1_000 + ref), NOW)
    window.begin(NOW)
    assert window.lean()

    fresh = Window(RULES)
    fresh.load(Window(RULES).dump())
    fresh.begin(NOW)
    assert fresh.lean()
    fresh.end(NOW, consistent=True)
    fresh.begin(NOW)
    assert not fresh.lean()


def test_the_cursor_keeps_the_newest_pairs_only() -> None:
    window = Window(RULES)
    for ref in range(5_000):
        window.took(str(ref), NOW + ref)
    window.covered(NOW + 5_000)

    state = window.dump()

    assert set(state["known"]) == {str(ref) for ref in range(5_000 - KEPT, 5_000)}
    assert len(orjson.dumps(state)) < 12_000


def test_the_cursor_keeps_what_the_next_search_shows_again() -> None:
    window = Window(RULES)
    for ref in range(6_000):
        window.created(str(ref), NOW + ref // 1_000)
    window.covered(NOW + 5)

    assert len(window.dump()["known"]) == MOST_KEPT


def test_processes_that_follow_each_other_become_quiet_as_one_does() -> None:
    world = World(CALM)
    world.edit("99", 0)
    world.cycle()
    for ref in range(1, 31):
        world.window.updated(str(ref), world.edit(str(ref), 0))
    calls = []
    for _ in range(5):
        world.restart()
        world.now += 1_000
        calls.append(world.cycle())

    assert calls[0] > 1
    assert calls[1:] == [1, 1, 1, 1]
    assert world.handed == world.truth


def test_reading_our_own_update_back_is_no_news() -> None:
    window = Window(CALM)
    window.begin(NOW - 500)
    window.covered(NOW - 1_000)
    window.end(NOW - 500, consistent=True)
    window.updated("1", NOW)
    window.begin(NOW + 1_000)
    window.took("1", NOW)
    window.covered(NOW)
    window.end(NOW + 1_000, consistent=True)

    assert window.begin(NOW + 2_000) == NOW - CALM.overlap_max  # quiet: as far as a page reaches


def test_a_clock_that_was_set_back_does_not_put_the_settled_pass_off() -> None:
    world = World()
    world.edit("1", 0)
    world.cycle()
    world.now -= 50 * RULES.settle_every
    anchor = world.window.begin(world.now)

    assert anchor <= world.window.settled


def test_old_pairs_are_dropped_once_they_have_settled() -> None:
    window = Window(RULES)
    window.begin(NOW)
    for ref in range(2_000):
        window.took(str(ref), NOW + ref)
    window.covered(NOW + 2_000)
    window.end(NOW + 2_000, consistent=True)
    later = NOW + 10_000
    window.begin(later)
    window.end(later, consistent=True)

    assert 0 < len(window.known) < 500


def test_after_a_full_reading_the_search_begins_where_that_began() -> None:
    window = Window(RULES)
    window.start(NOW)

    assert window.begin(NOW) == NOW - RULES.settle_lag


def test_what_changed_in_a_whole_second_is_read_again_once_that_is_over() -> None:
    window = Window(RULES)
    window.begin(NOW)
    window.took("1", NOW)  # a whole second
    window.took("2", NOW + 1)
    window.covered(NOW + 1)
    window.end(NOW + 5, consistent=True)

    assert window.doubtful(NOW + 900) == []
    assert window.doubtful(NOW + 1_005) == ["1"]
    window.sure(["1"])
    window.took("1", NOW)  # as it was: nothing to doubt any more
    window.end(NOW + 1_006, consistent=True)
    assert window.doubtful(NOW + 5_000) == []


def test_a_ticket_made_in_a_whole_second_is_read_again_too() -> None:
    window = Window(RULES)
    window.begin(NOW)
    window.end(NOW, consistent=True)
    window.created("1", NOW)
    window.begin(NOW + 20)
    state = orjson.loads(orjson.dumps(window.dump()))
    window = Window(RULES)
    window.load(state)

    assert window.doubtful(NOW + 1_019) == []
    assert window.doubtful(NOW + 1_020) == ["1"]
    window.forget("1", NOW)
    assert window.doubtful(NOW + 1_020) == []


def test_what_the_index_must_show_by_now_is_no_doubt() -> None:
    window = Window(RULES)
    window.begin(NOW)
    window.took("1", NOW)
    window.covered(NOW + 60_000)
    window.end(NOW + 60_000, consistent=True)

    assert window.doubtful(NOW + 90_000) == []


def test_a_reader_that_looks_again_by_itself_doubts_nothing() -> None:
    window = Window(replace(RULES, doubts=False))
    window.begin(NOW)
    window.took("1", NOW)
    window.end(NOW, consistent=True)

    assert window.doubtful(NOW + MINUTE) == []
