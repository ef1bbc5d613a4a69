from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.smartsheet.sheets import ALL, live

from ubm_smartsheet.columns import match
from ubm_smartsheet.cursor import MOST_COUNTED, MOST_LATEST, SheetState, before, restore, store

LATER = "2026-11-21T15:00:09Z"
AT = "2026-11-21T15:00:00Z"


def known_sheet(**changes: object) -> SheetState:
    found = match(ALL, {}, list(live().values()))
    state = SheetState(
        "7", "Halsted Foods", version=5, rows=3, newest=AT, known=found.known, columns=found.columns
    )
    for name, value in changes.items():
        setattr(state, name, value)
    return state


def test_a_cursor_comes_back_as_it_was_stored() -> None:
    state = known_sheet(counted={11: AT}, unsure={"k2", "k1"})

    (again,) = restore(store([state])).values()

    assert again.text() == state.text()
    assert again.columns == state.columns
    assert again.known == state.known
    assert (again.version, again.rows, again.newest, again.counted) == (5, 3, AT, {11: AT})
    assert again.unsure == {"k1", "k2"}


def test_too_many_new_rows_to_remember_survive_a_restart_as_such() -> None:
    assert restore(store([known_sheet(counted=None)]))["7"].counted is None


@pytest.mark.parametrize("text", [None, "", "{}", "[]", "nonsense", '{"format":1,"sheets":[{}]}'])
def test_what_is_no_cursor_means_from_the_beginning(text: str | None) -> None:
    assert restore(text) == {}


@given(st.text(max_size=40))
def test_no_text_breaks_a_restart(text: str) -> None:
    assert restore(text) == {}


def test_the_stored_text_follows_every_change() -> None:
    state = known_sheet()
    first = state.text()
    state.own_write(6, AT, rows=1, sends=1)

    assert state.text() != first
    state.learn_columns({}, {})
    assert b'"columns":{}' in state.text()


def test_a_write_that_was_refused_as_a_whole_moves_no_version() -> None:
    state = SheetState("7", version=5)

    assert not state.own_write(6, AT, rows=0, sends=1)
    assert state.version == 5
    assert state.own_write(5, AT, rows=0, sends=1)


@pytest.mark.parametrize(
    ("version", "sends", "taken"),
    [(6, 1, True), (5, 1, True), (7, 1, False), (6, 2, False), (4, 1, False)],
)
def test_an_own_write_is_taken_over_only_if_nobody_else_wrote(
    version: int, sends: int, taken: bool
) -> None:
    state = known_sheet()

    assert state.own_write(version, "2026-11-21T15:00:09Z", rows=1, sends=sends) is taken
    assert state.version == (version if taken else 5)
    assert state.newest == ("2026-11-21T15:00:09Z" if taken else AT)


def test_nothing_is_concluded_from_a_write_to_a_sheet_never_read() -> None:
    assert not SheetState("7").own_write(1, AT, rows=1, sends=1)


def test_only_new_rows_of_the_overlap_are_remembered() -> None:
    state = known_sheet(counted={1: "2026-11-21T14:00:00Z", 2: "2026-11-21T14:59:00Z"})

    state.count({3: AT}, 120)

    assert state.counted == {2: "2026-11-21T14:59:00Z", 3: AT}


def test_a_flood_of_new_rows_is_not_remembered() -> None:
    state = known_sheet()
    state.count(dict.fromkeys(range(MOST_COUNTED + 1), AT), 120)

    assert state.counted is None


def test_remembered_versions_stay_bounded() -> None:
    state = SheetState("7")
    state.saw((str(number), "v") for number in range(MOST_LATEST + 1))
    state.saw([("new", "v")])

    assert state.latest == {"new": "v"}


def test_a_lost_sheet_is_read_in_full_when_it_is_back() -> None:
    state = known_sheet()
    state.lose()

    assert (state.version, state.rows, state.lost) == (0, None, True)


def test_times_before_another_keep_the_vendors_form() -> None:
    assert before(AT, 120) == "2026-11-21T14:58:00Z"
    assert before("", 120) == ""


def test_own_rows_of_the_overlap_are_counted() -> None:
    state = known_sheet()
    state.own_write(6, "2026-11-21T15:00:09Z", rows=400, sends=1)
    state.own_write(7, "2026-11-21T15:00:09Z", rows=100, sends=1)
    assert state.written_lately(120) == 500

    state.own_write(8, "2026-11-21T16:00:00Z", rows=1, sends=1)

    assert restore(store([state]))["7"].written_lately(120) == 1


@pytest.mark.parametrize(
    ("changed", "explained"),
    [
        pytest.param([], False, id="no row"),
        pytest.param([("7", "2026-11-21T14:59:05Z", "a")], False, id="a row known before"),
        pytest.param([("7", AT, "a")], False, id="a row known, of the second known last"),
        pytest.param([("7", AT, "b")], True, id="a row of that second that says something else"),
        pytest.param([("8", "2026-11-21T15:00:09Z", "c")], True, id="a row changed since"),
    ],
)
def test_a_new_version_is_explained_by_rows_changed_since(
    changed: list[tuple[str, str, str]], explained: bool
) -> None:
    state = SheetState("1", version=5, newest=AT)
    state.saw([("7", "a")])

    assert state.explains(6, state.news(changed)) is explained


def test_a_version_that_is_known_or_was_never_known_needs_no_explanation() -> None:
    assert SheetState("1", version=5, newest=AT).explains(5, [])
    assert SheetState("1", newest=AT).explains(5, [])


@pytest.mark.parametrize(
    ("version", "doubtful"),
    [pytest.param(6, False, id="a step for it"), pytest.param(7, True, id="a step too many")],
)
def test_more_steps_than_rows_leave_a_doubt_until_all_rows_were_listed(
    version: int, doubtful: bool
) -> None:
    state = SheetState("1", version=5, newest=AT)

    state.doubt(version, state.news([("8", LATER, "c")]))

    known = restore(store([state]))["1"]
    assert (known.doubtful, known.again) == (doubtful, AT if doubtful else "")
    known.doubt(5, [])
    assert (known.doubtful, known.again) == (doubtful, "")


def test_rows_of_ours_need_no_step_of_their_own_in_one_request() -> None:
    state = SheetState("1", version=5, newest=AT)
    state.wrote({"8": "", "9": ""})
    news = state.news([("8", LATER, "c"), ("9", LATER, "d")])

    state.doubt(6, news)

    assert state.explains(6, news)
    assert not state.doubtful
