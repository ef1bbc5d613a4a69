"""Which value of a history was typed unseen and written over."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.engine_house import MAPPINGS

from ubm_sync.model import Past
from ubm_sync.state import Doubt
from ubm_sync.sync.notebook import UNFILLED
from ubm_sync.sync.rules import compile_rules
from ubm_sync.sync.typed import had_seen_ours, overwritten

ROW = compile_rules(MAPPINGS["location"]).places["row"]
DOUBT = Doubt("id", "row", "1", "S1", "city", "Joliet", "Elgin")
VALUES = st.sampled_from([None, "Joliet", "Elgin", "Aurora", "Cicero"])


def found(*values: str | None, doubt: Doubt = DOUBT) -> str | None:
    """Return what was lost of a history, the newest first; "nothing" where nothing was."""
    past = overwritten(doubt, [Past(value) for value in values], ROW)
    return "nothing" if past is None else past.value


def test_a_value_between_the_seen_and_the_written_one_was_lost() -> None:
    assert found("Elgin", "Aurora", "Joliet") == "Aurora"


def test_a_cell_that_was_emptied_in_between_was_lost() -> None:
    assert found("Elgin", None, "Joliet") is None


def test_a_value_that_was_cleared_by_us_is_told_too() -> None:
    assert found(None, "Aurora", "Joliet", doubt=DOUBT._replace(written="")) == "Aurora"


def test_what_was_seen_or_written_is_no_loss() -> None:
    assert found("Elgin", "Joliet") == "nothing"
    assert found("Elgin") == "nothing"
    assert found("Joliet") == "nothing"  # ours never came
    assert found() == "nothing"


def test_a_write_that_was_sent_twice_hides_nothing() -> None:
    assert found("Elgin", "Elgin", "Aurora", "Joliet") == "Aurora"
    assert found("Elgin", "Aurora", "Elgin", "Joliet") == "Aurora"


def test_what_was_there_before_our_value_was_seen_is_no_loss() -> None:
    again = DOUBT._replace(seen="Elgin")  # sent once more, to be sure

    assert found("Elgin", "Joliet", doubt=again) == "nothing"
    assert found("Elgin", "Aurora", "Elgin", doubt=again) == "Aurora"


def test_our_own_step_to_a_value_that_had_stood_before_is_no_loss() -> None:
    again = DOUBT._replace(seen="Elgin")
    ours, step, long_ago = Past("Elgin", "us"), Past("Joliet", "us"), Past("Elgin", "dana")

    assert overwritten(again, [ours, step, long_ago], ROW) is None
    typed = Past("Joliet", "dana")
    assert overwritten(again, [ours, typed, long_ago], ROW) == typed


def test_a_step_of_ours_that_a_person_took_back_is_no_loss() -> None:
    again = DOUBT._replace(seen="Elgin")  # what the person set, sent once more
    step, person = Past("Joliet"), Past("Elgin", "dana")  # HubSpot names no one for an integration

    assert overwritten(again, [person, step, Past("Elgin")], ROW) is None
    assert overwritten(again, [Past("Elgin"), step, person], ROW) == step
    assert overwritten(DOUBT._replace(seen="Cicero"), [person, step, Past("Elgin")], ROW) == step


def test_who_typed_over_ours_had_seen_it() -> None:
    def is_newer(*past: Past) -> bool:
        typed = overwritten(DOUBT, past, ROW)
        assert typed is not None
        return had_seen_ours(DOUBT, past, typed, ROW)

    ours, aurora, joliet = Past("Elgin", "us"), Past("Aurora", "dana"), Past("Joliet", "dana")
    assert is_newer(ours, aurora, ours, joliet)
    assert not is_newer(ours, aurora, joliet)
    assert not is_newer(ours, ours, aurora, joliet)
    assert not is_newer(ours, aurora)
    either = Past("Elgin", "dana")  # the service may go by the name of dana
    assert not is_newer(either, aurora, either, joliet)


def test_who_typed_over_ours_and_then_ours_again_has_settled_it() -> None:
    ours, again = Past("Elgin", "us"), Past("Elgin", "dana")
    aurora, joliet = Past("Aurora", "dana"), Past("Joliet", "dana")

    assert overwritten(DOUBT, [again, aurora, ours, joliet], ROW) is None
    assert overwritten(DOUBT._replace(seen=""), [again, aurora, Past("Elgin")], ROW) is None
    assert overwritten(DOUBT, [ours, aurora, ours, joliet], ROW) == aurora  # sent twice
    assert overwritten(DOUBT, [again, aurora, joliet], ROW) == aurora  # the service may be dana
    assert overwritten(DOUBT, [again, aurora, again, joliet], ROW) == aurora
    assert overwritten(DOUBT, [again, aurora, ours, Past("Cicero")], ROW) == aurora


def test_who_types_what_was_seen_there_over_a_write_that_nobody_knew_of_is_heard() -> None:
    unfilled = DOUBT._replace(seen="", origin=UNFILLED)
    ours, emptied = Past("Elgin", "us"), Past(None, "dana")

    assert overwritten(unfilled, [ours, emptied, ours], ROW) == emptied
    assert had_seen_ours(unfilled, [ours, emptied, ours], emptied, ROW)
    assert overwritten(unfilled, [ours, emptied], ROW) is None
    assert overwritten(unfilled, [ours, emptied, Past("Aurora", "dana"), ours], ROW) is None
    assert overwritten(unfilled, [ours, Past(None, "us"), ours], ROW) is None  # our own step
    assert overwritten(unfilled, [ours, Past(None), ours], ROW) is None
    assert overwritten(DOUBT._replace(seen=""), [ours, emptied, ours], ROW) is None


def test_a_later_edit_hides_nothing() -> None:
    assert found("Cicero", "Elgin", "Aurora", "Joliet") == "Aurora"


@given(st.lists(VALUES, max_size=6))
def test_only_what_nobody_of_us_knew_is_ever_told(values: list[str | None]) -> None:
    past = overwritten(DOUBT, [Past(value) for value in values], ROW)

    if past is not None:
        assert past.value not in {"Joliet", "Elgin"}
        assert past.value in values
    assert (past is None) or "Elgin" in values


@given(st.lists(VALUES, max_size=4), VALUES.filter(lambda one: one not in {"Joliet", "Elgin"}))
def test_what_our_write_replaced_is_found_whatever_followed(
    later: list[str | None], typed: str | None
) -> None:
    after = [value for value in later if value != "Elgin"]

    assert found(*after, "Elgin", typed, "Joliet") == typed
