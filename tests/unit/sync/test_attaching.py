"""What is agreed once a record is found in a place that was not there when the others agreed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ubm_sync.model import Mark, Observation
from ubm_sync.state import RecordState
from ubm_sync.sync import notebook as book
from ubm_sync.sync.attaching import (
    arrived,
    first_seen,
    held_before,
    leave,
    made_without,
    meet,
    typed_over,
    typed_unseen,
)
from ubm_sync.sync.rules import PlaceRule

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOTHING: frozenset[str] = frozenset()
FIELDS = frozenset({"notes"})


def rule() -> PlaceRule:
    same = {"notes": lambda a, b: a.strip() == b.strip()}
    fields = frozenset(same)
    return PlaceRule(
        name="ticket",
        system="desk",
        suffix="",
        writable=fields,
        write_only=NOTHING,
        shared=("notes",),
        service=NOTHING,
        signals=NOTHING,
        people=fields,
        same=same,
        fields=fields,
    )


def ticket(**values: str) -> Observation:
    return Observation("ticket", "9", "record", "1", "desk", values)


def test_what_is_empty_there_was_emptied_by_nobody() -> None:
    base, memory = meet(rule(), ticket(), {"notes": "typed"}, {"step": "1"}, FIELDS)

    assert base == {"notes": "typed"}
    assert memory == {"step": "1", f"{book.PUT}ticket.notes": book.UNFILLED}


@pytest.mark.parametrize(
    ("held", "memory"),
    [
        ("typed ", {}),  # it was seen there
        ("older", {f"{book.PUT}ticket.notes": f"{book.UNFILLED}older"}),  # something else was
    ],
)
def test_what_the_merged_ticket_held_was_emptied_by_somebody(
    held: str, memory: dict[str, str]
) -> None:
    base = {"notes": "typed"}

    assert meet(rule(), ticket(), base, {}, FIELDS, {"notes": held}) == (base, memory)


def test_only_of_what_was_merged_and_read_is_known_what_it_held() -> None:
    merged = replace(ticket(notes="typed"), gone="merged:9")
    never = replace(rule(), write_only=FIELDS)

    assert held_before(rule(), merged) == {"notes": "typed"}
    assert held_before(rule(), replace(merged, gone="archived")) == {}
    assert held_before(rule(), replace(merged, marks={"notes": Mark.UNSEEN})) == {}
    assert held_before(never, merged) == held_before(rule(), None) == {}


def test_two_values_of_which_neither_was_seen_in_the_other_place_are_not_agreed() -> None:
    assert meet(rule(), ticket(notes="other"), {"notes": "typed"}, {}, FIELDS) == ({}, {})


@pytest.mark.parametrize("shown", ["typed", " typed "])
def test_what_is_the_same_stays_agreed(shown: str) -> None:
    agreed = meet(rule(), ticket(notes=shown), {"notes": "typed"}, {}, FIELDS)

    assert agreed == ({"notes": "typed"}, {})


def test_where_an_old_log_does_not_tell_what_we_sent_it_counts_as_what_is_agreed() -> None:
    memory = {f"{book.MADE}ticket": "sent"}

    assert meet(rule(), ticket(notes="newer"), {"notes": "typed"}, memory, FIELDS) == (
        {"notes": "typed"},
        memory,
    )


LEFT, PUT = f"{book.LEFT}ticket.notes", f"{book.PUT}ticket.notes"


def test_what_leaves_a_place_is_known_by_what_was_agreed_there() -> None:
    base = {"notes": "agreed", "city": "Joliet"}

    assert leave("ticket", ticket(notes="typed"), base, {"step": "1"}, FIELDS) == {
        "step": "1",
        LEFT: "agreed",
    }
    assert leave("ticket", ticket(), {}, {LEFT: "older"}, FIELDS) == {}


def test_what_never_came_to_a_place_was_not_agreed_there() -> None:
    waits = {PUT: book.UNFILLED}
    unread = replace(ticket(), marks={"notes": Mark.UNSEEN})

    assert leave("ticket", ticket(), {"notes": "agreed"}, waits, FIELDS) == waits
    assert leave("ticket", unread, {"notes": "newer"}, {LEFT: "agreed"}, FIELDS) == {LEFT: "agreed"}


@pytest.mark.parametrize("shown", ["agreed", "agreed ", "typed"])
def test_what_comes_back_is_compared_with_what_was_agreed(shown: str) -> None:
    back = meet(rule(), ticket(notes=shown), {"notes": "agreed"}, {LEFT: "agreed"}, FIELDS)

    assert back == ({"notes": "agreed"}, {})


@pytest.mark.parametrize("base", [{"notes": "newer"}, {}])
def test_what_is_left_over_from_before_was_typed_by_nobody(base: dict[str, str]) -> None:
    back = meet(rule(), ticket(notes="agreed"), base, {LEFT: "agreed"}, FIELDS)

    assert back == (base, {PUT: f"{book.UNFILLED}agreed"})


def test_who_typed_meanwhile_has_not_seen_what_the_others_agreed_on() -> None:
    back = meet(rule(), ticket(notes="typed"), {"notes": "newer"}, {LEFT: "agreed"}, FIELDS)

    assert back == ({}, {})


def test_what_was_agreed_with_another_ticket_is_forgotten() -> None:
    assert arrived(rule(), ticket(notes="typed"), {LEFT: "agreed", "step": "1"}) == {"step": "1"}


SENT = f"{book.SENT}ticket.notes"
MAYBE = {f"{book.MADE}ticket": "sent", SENT: book.also("", "typed")}  # it may have been left out


def test_what_was_sent_and_is_there_had_arrived() -> None:
    memory = arrived(rule(), ticket(notes="typed"), MAYBE)

    assert memory == {f"{book.MADE}ticket": "sent", f"{book.PUT}ticket.notes": "typed"}


@pytest.mark.parametrize("shown", [{}, {"notes": "other"}])
def test_of_anything_else_nobody_knows_whether_it_had_arrived(shown: dict[str, str]) -> None:
    assert arrived(rule(), ticket(**shown), MAYBE) == MAYBE


MESSAGE = f"{book.SENT}ticket.message"


def own() -> PlaceRule:
    """Return a place with a field that only the service fills."""
    same = {"message": lambda a, b: a.strip() == b.strip()}
    fields = frozenset(same)
    return replace(rule(), shared=(), service=fields, people=NOTHING, same=same, fields=fields)


@pytest.mark.parametrize("sent", ["", "ours", book.also("", "ours")])
def test_over_the_fields_of_the_service_was_typed_what_it_was_not_made_with(sent: str) -> None:
    seen = replace(ticket(message="mine"), modified_by="dana")
    memory = {f"{book.MADE}ticket": "sent", MESSAGE: sent}
    before = "ours" if sent else ""

    found = typed_unseen(own(), seen, memory, own().fields)

    assert {where: book.unpacked(one, 3) for where, one in found.items()} == {
        "ticket.message": ["mine", before, "dana"]
    }
    assert not typed_unseen(own(), seen, memory, NOTHING)
    assert not typed_unseen(replace(own(), write_only=own().fields), seen, memory, own().fields)


@pytest.mark.parametrize(
    "memory",
    [
        {f"{book.MADE}ticket": "sent", MESSAGE: book.also("", "ours")},
        {f"{book.MADE}ticket": "sent", MESSAGE: book.LATER},  # nobody wrote down what it was
        {f"{book.MADE}ticket": "sent"},  # an old state does not tell
        {MESSAGE: "another"},  # others made it
    ],
)
def test_what_may_be_ours_was_typed_by_nobody(memory: dict[str, str]) -> None:
    assert not typed_unseen(own(), ticket(message="ours "), memory, own().fields)


def test_of_the_fields_of_the_service_nothing_is_open_once_they_show_what_was_sent() -> None:
    made = {f"{book.MADE}ticket": "sent"}

    assert arrived(own(), ticket(message="ours"), {**made, MESSAGE: book.also("", "ours")}) == made
    for open_ in ({MESSAGE: book.also("older", "ours")}, {MESSAGE: "other"}):
        assert arrived(own(), ticket(message="ours"), {**made, **open_}) == {**made, **open_}


def test_what_it_was_made_without_cannot_come_any_more() -> None:
    without = {f"{book.MADE}ticket": "sent", SENT: ""}
    never = replace(rule(), write_only=FIELDS)

    assert made_without(rule(), without, FIELDS) == {f"{book.MADE}ticket": "sent"}
    assert made_without(rule(), MAYBE, FIELDS) == MAYBE
    assert made_without(rule(), without, NOTHING) == without
    assert made_without(never, without, FIELDS) == without
    assert made_without(rule(), {SENT: ""}, FIELDS) == {SENT: ""}


def test_what_was_seen_of_a_ticket_that_others_made_says_nothing_of_ours() -> None:
    assert arrived(rule(), ticket(notes="typed"), {SENT: "typed"}) == {SENT: "typed"}


@pytest.mark.parametrize("shown", [{}, {"notes": "other"}])
def test_the_history_is_asked_what_was_typed_over_or_left_out(shown: dict[str, str]) -> None:
    record = RecordState("id", "location", "c", NOW, {}, MAYBE)

    (doubt,) = typed_over(rule(), ticket(**shown), record)

    assert (doubt.field, doubt.seen, doubt.written) == ("notes", "", "typed")


def test_the_history_is_not_asked_about_what_is_there_as_it_was_sent() -> None:
    record = RecordState("id", "location", "c", NOW, {}, MAYBE)

    assert not [*typed_over(rule(), ticket(notes="typed"), record)]


@pytest.mark.parametrize("sent", ["", "older", f"{book.OR}older"])
def test_what_was_typed_before_our_value_could_be_seen_there_is_not_newer(sent: str) -> None:
    memory = {f"{book.MADE}ticket": "sent", f"{book.SENT}ticket.notes": sent}

    assert meet(rule(), ticket(notes="other"), {"notes": "typed"}, memory, FIELDS) == ({}, memory)


@pytest.mark.parametrize("sent", ["typed", f"{book.OR}typed", f"older{book.OR}typed "])
def test_only_the_history_tells_whether_what_is_agreed_was_typed_over(sent: str) -> None:
    memory = {f"{book.MADE}ticket": "sent", f"{book.SENT}ticket.notes": sent}
    base = {"notes": "typed"}

    met = meet(rule(), ticket(notes="newer"), base, memory, FIELDS)

    assert met == (base, {**memory, PUT: book.UNFILLED})


@pytest.mark.parametrize("ours", [{SENT: f"{book.OR}ours"}, {SENT: "ours"}, {PUT: "ours"}])
def test_what_we_may_have_created_it_with_is_ours_and_never_was_what_is_agreed(
    ours: dict[str, str],
) -> None:
    memory = {f"{book.MADE}ticket": "sent", **ours}
    base = {"notes": "typed"}

    met = meet(rule(), ticket(notes="ours"), base, memory, FIELDS)

    assert met == (base, {**memory, PUT: f"{book.UNFILLED}ours"})


def test_what_cannot_be_seen_there_says_nothing() -> None:
    agreed = meet(rule(), ticket(), {"notes": "typed"}, {}, NOTHING)

    assert agreed == ({"notes": "typed"}, {})


def test_a_field_that_was_never_read_is_seen_for_the_first_time() -> None:
    unread = replace(ticket(), marks={"notes": Mark.UNSEEN})

    assert first_seen(unread, ticket(notes="there")) == FIELDS
    assert first_seen(unread, unread) == NOTHING
    assert first_seen(ticket(), ticket(notes="typed")) == NOTHING
