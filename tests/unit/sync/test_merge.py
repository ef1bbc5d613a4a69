"""Laws of the three-way merge, checked on generated records."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubm_sync.mapping.equality import same
from ubm_sync.mapping.rules import Policy
from ubm_sync.model import FieldType, Mark, Observation
from ubm_sync.sync.merge import Merged, agreed, merge
from ubm_sync.sync.own import Own
from ubm_sync.sync.rules import Rules, SharedRule

NOON = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
PLACES = ("row", "ticket", "account")
VALUES = st.sampled_from([None, "a", "b", "c", " a ", "A"])


def rule(
    name: str = "notes",
    *,
    writers: tuple[str, ...] = ("row", "ticket"),
    once_accepted: tuple[str, ...] | None = None,
    policy: Policy = Policy.ASK,
    owner: str | None = None,
) -> SharedRule:
    return SharedRule(
        name,
        PLACES,
        frozenset(writers),
        frozenset(writers if once_accepted is None else once_accepted),
        policy,
        owner,
        partial(same, FieldType.TEXT),
    )


def rules(*shared: SharedRule) -> Rules:
    return Rules("location", shared, {}, (), "")


def seen(minutes: dict[str, int] | None = None, /, **values: str | None) -> dict[str, Observation]:
    return {
        place: Observation(
            place, "1", None, "", "1",
            {} if value is None else {"notes": value},
            modified_at=NOON + timedelta(minutes=(minutes or {}).get(place, 0)),
        )
        for place, value in values.items()
    }  # fmt: skip


def merged(
    one: SharedRule,
    base: str | None,
    observations: dict[str, Observation],
    *,
    accepted: bool = False,
    blind: dict[str, frozenset[str]] | None = None,
    decided: dict[str, str] | None = None,
    own: Own | None = None,
) -> Merged:
    start = {} if base is None else {"notes": base}
    return merge(
        rules(one),
        start,
        observations,
        accepted=accepted,
        blind=blind or {},
        decided=decided or {},
        own=own,
    )


def test_a_change_on_one_side_wins_everywhere() -> None:
    result = merged(rule(), "a", seen(row="b", ticket="a", account="a"))

    assert result.values == {"notes": "b"}
    assert result.changed == {"notes": ("row",)}
    assert not result.conflicts


def test_emptying_a_field_is_a_change() -> None:
    result = merged(rule(), "a", seen(row=None, ticket="a"))

    assert result.values == {}
    assert result.changed == {"notes": ("row",)}


def test_different_changes_on_two_sides_wait_for_a_person() -> None:
    result = merged(rule(), "a", seen(row="b", ticket="c"))

    assert result.values == {"notes": "a"}
    assert result.conflicts[0].values == {"row": "b", "ticket": "c"}


def test_a_field_in_conflict_before_anything_was_agreed_counts_as_filled_in() -> None:
    result = merged(rule(), None, seen(row="b", ticket="c"))

    assert result.conflicts
    assert (result.values, result.filled) == ({}, {"notes": "b"})


def test_a_field_in_conflict_counts_with_what_was_agreed_before() -> None:
    assert merged(rule(), "a", seen(row="b", ticket="c")).filled == {"notes": "a"}


def test_a_decision_ends_a_conflict_and_keeps_the_losing_value() -> None:
    result = merged(rule(), "a", seen(row="b", ticket="c"), decided={"*": "ticket"})

    assert result.values == {"notes": "c"}
    assert not result.conflicts
    assert [(lost.place, lost.value) for lost in result.lost] == [("row", "b")]


def test_a_decision_for_a_place_that_changed_nothing_takes_what_it_shows() -> None:
    may = rule(writers=("ticket", "account"))
    there = seen(row="d", ticket="c", account="d")
    assert merged(may, None, there).conflicts

    result = merged(may, None, there, decided={"*": "row"})

    assert (result.values, result.conflicts) == ({"notes": "d"}, [])
    assert {(one.place, one.value) for one in result.lost} == {("ticket", "c")}
    as_agreed = merged(may, "a", {**there, **seen(row="a")}, decided={"*": "row"})
    assert as_agreed.values == {"notes": "a"}
    hidden = {**there, "row": replace(there["row"], marks={"notes": Mark.UNSEEN})}
    assert merged(may, None, hidden, decided={"*": "row"}).conflicts


def test_no_decision_makes_a_value_count_that_was_typed_where_it_does_not() -> None:
    may = rule(writers=("ticket", "account"))
    there = seen(row="b", ticket="c", account="d")

    assert merged(may, "a", there, decided={"*": "row"}).values == {"notes": "a"}
    assert merged(may, None, there, decided={"*": "row"}).conflicts


def test_a_decision_may_name_a_third_value() -> None:
    result = merged(rule(), "a", seen(row="b", ticket="c"), decided={"notes": "=d"})

    assert result.values == {"notes": "d"}
    assert {lost.value for lost in result.lost} == {"b", "c"}


def test_the_owner_wins_where_the_policy_says_so() -> None:
    one = rule(policy=Policy.OWNER, owner="ticket")

    assert merged(one, "a", seen(row="b", ticket="c")).values == {"notes": "c"}


def test_the_newest_edit_wins_where_the_policy_says_so() -> None:
    one = rule(policy=Policy.NEWEST)

    result = merged(one, "a", seen({"row": 2, "ticket": 1}, row="b", ticket="c"))

    assert result.values == {"notes": "b"}


def test_equally_new_edits_wait_for_a_person_even_under_newest() -> None:
    result = merged(rule(policy=Policy.NEWEST), "a", seen(row="b", ticket="c"))

    assert result.conflicts


def test_an_edit_where_nobody_may_edit_is_put_back_and_told() -> None:
    result = merged(rule(), "a", seen(row="a", ticket="a", account="z"))

    assert result.values == {"notes": "a"}
    assert [(edit.place, edit.typed, edit.kept) for edit in result.edits] == [("account", "z", "a")]


def test_ownership_changes_hands_once_the_record_is_accepted() -> None:
    one = rule(writers=("row", "ticket"), once_accepted=("ticket", "account"))

    before = merged(one, "a", seen(row="b", ticket="a"))
    after = merged(one, "a", seen(row="b", ticket="a", account="a"), accepted=True)

    assert before.values == {"notes": "b"}
    assert after.values == {"notes": "a"}
    assert after.edits[0].typed == "b"


def test_a_place_that_already_shows_the_merged_value_made_no_illegal_edit() -> None:
    result = merged(rule(), "a", seen(row="b", ticket="a", account="b"))

    assert not result.edits


def test_a_missing_column_is_not_an_emptied_cell() -> None:
    blind = {"row": frozenset({"notes"})}

    result = merged(rule(), "a", seen(row=None, ticket="a"), blind=blind)

    assert result.values == {"notes": "a"}
    assert not result.changed


def test_the_base_waits_while_one_place_cannot_be_seen() -> None:
    blind = {"row": frozenset({"notes"})}
    observations = seen(row=None, ticket="b", account="b")

    result = merged(rule(), "a", observations, blind=blind)

    assert agreed(rules(rule()), {"notes": "a"}, result, observations, blind=blind) == {
        "notes": "a"
    }


@given(st.none() | VALUES, VALUES, VALUES)
def test_values_that_mean_the_same_never_conflict(
    base: str | None, row: str | None, ticket: str | None
) -> None:
    one = rule()

    result = merged(one, base, seen(row=row, ticket=ticket))

    if one.equal(row, ticket):
        assert not result.conflicts


@given(VALUES, VALUES, VALUES, VALUES, st.booleans())
def test_every_typed_value_is_merged_waits_or_is_kept(
    base: str | None, row: str | None, ticket: str | None, account: str | None, accepted: bool
) -> None:
    one = rule(once_accepted=("ticket", "account"))

    observations = seen(row=row, ticket=ticket, account=account)
    result = merged(one, base, observations, accepted=accepted)

    value = result.values.get("notes")
    waiting = [v for conflict in result.conflicts for v in conflict.values.values()]
    kept = [edit.typed for edit in result.edits] + [lost.value for lost in result.lost]
    for place in PLACES:
        typed = observations[place].values.get("notes")
        if one.equal(typed, base):
            continue
        legal = one.may_write(place, accepted=accepted)
        assert (
            one.equal(typed, value) or typed in waiting or typed in kept or
            (not legal and bool(result.conflicts))
        )  # fmt: skip


@given(VALUES, VALUES, VALUES, VALUES)
def test_writing_the_merged_value_everywhere_settles_the_field(
    base: str | None, row: str | None, ticket: str | None, account: str | None
) -> None:
    one = rule()
    result = merged(one, base, seen(row=row, ticket=ticket, account=account))
    if result.conflicts:
        return
    value = result.values.get("notes")
    after = seen(row=value, ticket=value, account=value)
    start = {} if base is None else {"notes": base}

    settled = agreed(rules(one), start, result, after, blind={})
    again = merged(one, settled.get("notes"), after)

    assert not again.changed
    assert not again.edits
    assert again.values.get("notes") == value or one.equal(again.values.get("notes"), value)


def test_a_value_of_our_own_that_is_not_everywhere_yet_is_nobodys_edit() -> None:
    own = Own({"ticket.notes": "b"}, {})
    result = merged(rule(), "a", seen(row="c", ticket="b", account="a"), own=own)

    assert result.values == {"notes": "c"}
    assert not result.conflicts


def test_taking_a_value_of_ours_back_is_an_edit() -> None:
    own = Own({"ticket.notes": "b"}, {})
    result = merged(rule(), "a", seen(row="b", ticket="a"), own=own)

    assert result.values == {"notes": "a"}
    assert result.changed == {"notes": ("ticket",)}


GONE_AGAIN = Own({"row.notes": "b", "account.notes": "b"}, {})
MANAGED = rule(writers=("ticket", "account"))


def test_what_somebody_typed_stays_when_their_ticket_goes() -> None:
    result = merged(MANAGED, "a", seen(row="b", account="b"), own=GONE_AGAIN)

    assert result.values == {"notes": "b"}
    assert not result.changed
    late = merged(MANAGED, "a", seen(row="a", account="b"), own=Own({"account.notes": "b"}, {}))
    assert late.values == {"notes": "b"}  # nobody takes anything back in the row


def test_what_was_emptied_on_a_ticket_that_goes_stays_empty() -> None:
    emptied = Own({"row.notes": "", "account.notes": ""}, {})

    assert merged(MANAGED, "a", seen(row=None, account=None), own=emptied).values == {}


def test_a_value_of_ours_goes_where_somebody_may_have_taken_it_back() -> None:
    for there in (
        seen(row="b", ticket="a", account="b"),
        seen(row="b", account="a"),
    ):
        assert merged(MANAGED, "a", there, own=GONE_AGAIN).values == {"notes": "a"}


def test_a_field_left_out_of_an_unanswered_create_is_emptied_nowhere() -> None:
    sent = Own({}, {"ticket.notes": ""})

    assert merged(MANAGED, "a", seen(row="a", ticket=None), own=sent).values == {"notes": "a"}


def test_what_merely_stood_on_a_ticket_is_no_value_of_ours() -> None:
    one = rule(writers=("ticket",))
    stood = Own({"ticket.notes": "b"}, {}, frozenset({"ticket.notes"}))

    assert merged(one, "a", seen(row="a", ticket="b"), own=stood).values == {"notes": "a"}


def test_an_edit_of_what_was_visible_there_replaces_it() -> None:
    own = Own({"ticket.notes": "b"}, {})
    result = merged(rule(), "a", seen(row="b", ticket="c"), own=own)

    assert result.values == {"notes": "c"}
    assert not result.conflicts


def test_a_value_without_an_answer_may_be_there_or_not() -> None:
    own = Own({}, {"ticket.notes": "b"})
    for there in ("a", "b"):
        result = merged(rule(), "a", seen(row="c", ticket=there), own=own)
        assert result.values == {"notes": "c"}
        assert not result.conflicts


UNFILLED = Own({"ticket.notes": ""}, {}, frozenset({"ticket.notes"}))


def test_what_is_typed_where_the_agreed_value_never_came_waits_for_a_person() -> None:
    result = merged(rule(), "a", seen(row="a", ticket="b", account="a"), own=UNFILLED)

    assert [(one.base, one.values) for one in result.conflicts] == [
        (None, {"row": "a", "ticket": "b"})
    ]
    assert result.values == result.filled == {"notes": "a"}


def test_a_value_that_was_replaced_where_it_stood_is_no_side() -> None:
    one = rule(writers=PLACES)
    result = merged(one, "a", seen(row="a", ticket="b", account="c"), own=UNFILLED)

    assert [(one.base, one.values) for one in result.conflicts] == [
        ("a", {"ticket": "b", "account": "c"})
    ]


def test_what_is_typed_over_what_we_emptied_replaces_it() -> None:
    cleared = Own({"ticket.notes": ""}, {})

    assert merged(rule(), "a", seen(row="a", ticket="b"), own=cleared).values == {"notes": "b"}


def test_emptying_does_not_lose_to_what_is_typed_where_nobody_could_see_either() -> None:
    result = merged(rule(), "a", seen(row=None, ticket="b"), own=UNFILLED)

    assert result.conflicts[0].values == {"row": None, "ticket": "b"}


@pytest.mark.parametrize("typed", ["a", " a ", None])
def test_the_agreed_value_typed_where_it_never_came_is_agreed(typed: str | None) -> None:
    result = merged(rule(), "a", seen(row="a", ticket=typed), own=UNFILLED)

    assert not result.conflicts
    assert rule().equal(result.values["notes"], "a")


def test_a_decision_about_it_keeps_the_value_that_loses() -> None:
    there = seen(row="a", ticket="b", account="a")
    result = merged(rule(), "a", there, own=UNFILLED, decided={"notes": "ticket"})

    assert result.values == {"notes": "b"}
    assert [(lost.place, lost.value) for lost in result.lost] == [("row", "a")]


def test_where_only_one_side_may_write_it_has_the_word() -> None:
    one = rule(writers=("ticket",))
    result = merged(one, "a", seen(row="a", ticket="b"), own=UNFILLED)

    assert result.values == {"notes": "b"}


def test_what_we_wrote_where_only_we_write_is_not_put_back() -> None:
    own = Own({"account.notes": "b"}, {})
    result = merged(rule(), "a", seen(row="c", account="b"), own=own)

    assert not result.edits


LOST = Own({}, {}, lost={"ticket.notes": "c"})


def test_a_side_that_lost_and_went_back_to_what_was_agreed_loses_again() -> None:
    result = merged(rule(), "a", seen(row="b", ticket="a"), own=LOST, decided={"notes": "~b"})

    assert result.values == {"notes": "b"}
    assert [(one.place, one.value, one.reason) for one in result.lost] == [
        ("ticket", "a", "decided")
    ]


@pytest.mark.parametrize("ticket", ["b", "c"])
def test_a_side_that_lost_is_lost_once(ticket: str) -> None:
    """It stands there still, or what was chosen does."""
    result = merged(rule(), "a", seen(row="b", ticket=ticket), own=LOST, decided={"notes": "~b"})

    assert result.values == {"notes": "b"}
    assert {one.value for one in result.lost} <= {"c"}


def test_what_we_wrote_over_a_side_that_lost_is_nobodys() -> None:
    there = seen(row="b", ticket="a")
    for own in (replace(LOST, landed={"ticket.notes": "a"}), replace(LOST, unsure=LOST.lost)):
        assert not merged(rule(), "a", there, own=own, decided={"notes": "~b"}).lost


def test_a_side_that_cannot_be_read_went_nowhere() -> None:
    blind = {"ticket": frozenset({"notes"})}
    there = seen(row="b", ticket=None)

    result = merged(rule(), "a", there, own=LOST, decided={"notes": "~b"}, blind=blind)

    assert not result.lost
