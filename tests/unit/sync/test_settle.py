"""What is known of a record after its writes decides what is done with it next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from tests.engine_house import ACME, MAPPINGS, SimpleFlow

from ubm_sync.flow import Decision, Situation
from ubm_sync.model import NOTHING, Mark, Observation, Outcome, Result
from ubm_sync.sync import notebook as book
from ubm_sync.sync.merge import Merged
from ubm_sync.sync.plan import RecordPlan, Subject, plan_record
from ubm_sync.sync.rules import Rules, compile_rules
from ubm_sync.sync.settle import Settled, settle
from ubm_sync.sync.subjects import merge_subject
from ubm_sync.sync.typed import doubts, has_not_seen_it

RULES = compile_rules(MAPPINGS["location"])
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ROW, TICKET = "row", "ticket"


class Spells(SimpleFlow):
    """Corrects one misspelled city."""

    def decide(self, situation: Situation, now: datetime) -> Decision:
        decision = super().decide(situation, now)
        if situation.values.get("city") == "Elign":
            return decision._replace(fixes={"city": "Elgin"})
        return decision


def seen(
    place: str, city: str | None, version: str = "1", marks: Mapping[str, str] = NOTHING
) -> Observation:
    values = {} if city is None else {"city": city}
    return Observation(place, f"{place}-1", "id", "", version, values, marks=marks)


def a_record(
    row: str | None,
    ticket: str | None,
    base: str | None = "Joliet",
    notebook: Mapping[str, str] | None = None,
) -> Subject:
    start = {} if base is None else {"city": base}
    there = {ROW: seen(ROW, row), TICKET: seen(TICKET, ticket)}
    return Subject("id", ACME, NOON, start, {}, notebook or {}, there, {})


def planned(subject: Subject, rules: Rules = RULES) -> RecordPlan:
    flow = Spells()
    return plan_record(rules, flow, subject, merge_subject(rules, flow, subject), NOON)


def merged(subject: Subject) -> Merged:
    return merge_subject(RULES, Spells(), subject)


def written(plan: RecordPlan) -> dict[str, str | None]:
    """Return what the plan writes as city, by place."""
    return {
        write.place: value if isinstance(value := write.values["city"], str) else None
        for write in plan.writes
        if "city" in write.values
    }


def after(subject: Subject, **ends: Result) -> tuple[Subject, Settled]:
    """Return the record after a cycle in which only these writes had an answer, or none came."""
    plan = planned(subject)
    outcomes = {place: Outcome(place, "id", end, version="2") for place, end in ends.items()}
    sent = {write.place: write for write in plan.writes if write.place in ends}
    settled = settle(RULES, plan, sent, outcomes, NOON)
    there = {**subject.seen, **{one.place: one for one in settled.observations}}
    _, notebook = book.split(settled.memory)
    return subject._replace(base=settled.base, notebook=notebook, seen=there), settled


def shows(subject: Subject, place: str, city: str | None) -> Subject:
    """Return the record after a place was read again."""
    return subject._replace(seen={**subject.seen, place: seen(place, city, "9")})


def test_a_corrected_value_is_its_authors_while_another_place_lacks_it() -> None:
    subject, _ = after(a_record("Elign", "Joliet"), row=Result.LANDED)

    assert merged(subject).values["city"] == "Elgin"


def test_a_corrected_value_is_its_authors_although_no_answer_came() -> None:
    subject, _ = after(a_record("Elign", "Joliet"), row=Result.UNKNOWN)

    assert merged(shows(subject, ROW, "Elgin")).values["city"] == "Elgin"


def test_a_secret_stays_masked_although_no_answer_came() -> None:
    subject = a_record("••••••", "Joliet")
    secret = seen(ROW, "••••••", marks={"city": Mark.SECRET})
    subject = subject._replace(seen={**subject.seen, ROW: secret})
    subject, _ = after(subject, row=Result.UNKNOWN)

    assert merged(shows(subject, ROW, "••••••")).values["city"] == "••••••"


def test_what_a_person_typed_stays_theirs_where_it_is_written_once_more() -> None:
    unsure = {f"{book.SENT}row.city": "Elgin"}
    subject = a_record(None, "Joliet", notebook=unsure)
    subject = subject._replace(seen={**subject.seen, ROW: seen(ROW, None, "1?")})
    assert written(planned(subject)) == {ROW: None, TICKET: None}
    subject, _ = after(subject, row=Result.LANDED)

    assert "city" not in merged(subject).values


def test_what_was_written_over_is_its_authors_again_once_it_is_back() -> None:
    over = {f"{book.OVER}row.city": book.packed("Aurora", "Elgin", "customer")}
    subject, _ = after(a_record("Elgin", "Joliet", notebook=over), row=Result.LANDED)

    assert merged(subject).values["city"] == "Aurora"


def test_nothing_is_agreed_on_while_a_typed_value_waits_to_come_back() -> None:
    waiting = {
        f"{book.OVER}row.city": book.packed("Aurora", "Elgin", "customer"),
        f"{book.CONFLICT}city": "open",
        f"{book.DECIDE}city": book.packed("=Elgin", "dana"),
    }
    subject = a_record("Elgin", "Elgin", notebook=waiting)
    plan = planned(subject)._replace(writes=(), withheld=True)

    settled = settle(RULES, plan, {}, {}, NOON)

    assert settled.base == {"city": "Joliet"}


def test_a_value_that_we_write_again_does_not_bring_back_what_it_once_replaced() -> None:
    over = {f"{book.OVER}row.city": book.packed("Aurora", "Elgin", "customer")}
    subject = a_record("Cicero", "Elgin", base="Cicero", notebook=over)
    assert written(planned(subject)) == {ROW: "Elgin"}
    subject, _ = after(subject, row=Result.LANDED)

    assert not dict(book.entries(subject.notebook, book.OVER))
    assert merged(subject).values["city"] == "Elgin"


def test_a_value_is_refused_the_same_way_with_others_and_by_itself() -> None:
    plan = planned(a_record("Elgin", "Joliet"))
    sent = {write.place: replace(write, values={"city": "Elgin"}) for write in plan.writes}
    reasons = {"city": "too long"}
    no = Outcome(TICKET, "id", Result.REFUSED, permanent=True, reason="x", reasons=reasons)
    with_others = no._replace(result=Result.LANDED, landed=frozenset(), at_fault=("city",))

    by_itself = settle(RULES, plan, sent, {TICKET: no._replace(at_fault=("city",))}, NOON)

    assert by_itself.refusals == [("ticket.city", "too long")]
    assert by_itself.refusals == settle(RULES, plan, sent, {TICKET: with_others}, NOON).refusals
    assert f"{book.HELD}ticket.city" in by_itself.memory


def test_a_write_of_which_not_every_field_is_at_fault_is_refused_as_a_whole() -> None:
    plan = planned(a_record("Elgin", "Joliet"))
    sent = {write.place: write for write in plan.writes}
    no = Outcome(TICKET, "id", Result.REFUSED, permanent=True, reason="a twin", at_fault=("zip",))

    settled = settle(RULES, plan, sent, {TICKET: no}, NOON)

    assert settled.refusals == [("ticket", "a twin")]


def test_what_is_never_read_back_is_sent_until_an_answer_comes() -> None:
    place = RULES.places[TICKET]
    rules = replace(
        RULES, places={**RULES.places, TICKET: replace(place, write_only=frozenset({"city"}))}
    )
    unsure = {f"{book.SENT}ticket.city": "Elgin"}

    plan = planned(a_record("Joliet", "Joliet", notebook=unsure), rules)

    assert written(plan) == {TICKET: "Joliet"}


def test_what_is_typed_over_a_chosen_value_takes_its_place() -> None:
    chosen = {
        f"{book.DECIDE}city": book.chosen("Elgin", "dana"),
        f"{book.PUT}row.city": "Elgin",
    }
    subject = a_record("Aurora", "Cicero", notebook=chosen)
    subject, _ = after(subject, row=Result.LANDED)

    assert merged(subject).values["city"] == "Aurora"
    assert not merged(subject).conflicts


def test_what_takes_the_place_of_a_side_that_lost_is_kept_too() -> None:
    """Where it is what had been agreed before, it looks as if nobody had typed anything there."""
    open_ = {f"{book.CONFLICT}city": "open", f"{book.DECIDE}city": book.packed(ROW, "dana")}
    decided, _ = after(a_record("Elgin", "Aurora", None, open_))  # the ticket changed meanwhile
    emptied = decided._replace(seen={**decided.seen, TICKET: seen(TICKET, None, "2")})

    plan = planned(emptied)

    assert written(plan) == {TICKET: "Elgin"}
    assert [(one.place, one.value) for one in plan.merged.lost] == [(TICKET, None)]
    assert not merged(after(emptied, ticket=Result.LANDED)[0]).lost
    assert not dict(book.entries(after(emptied, ticket=Result.LANDED)[0].notebook, book.LOST))


def test_a_side_that_lost_is_forgotten_where_a_corrected_value_stands_instead() -> None:
    chosen = {f"{book.DECIDE}city": book.packed("=Elign", "dana")}
    subject, _ = after(a_record("Aurora", "Cicero", notebook=chosen), row=Result.LANDED)

    assert [one for one, _ in book.entries(subject.notebook, book.LOST)] == ["ticket.city"]
    subject, _ = after(subject, ticket=Result.LANDED)
    assert not dict(book.entries(subject.notebook, book.LOST))


def test_a_conflict_waits_for_a_side_that_cannot_be_read() -> None:
    open_ = {f"{book.CONFLICT}city": "open"}
    subject = a_record("Elgin", "Aurora", notebook=open_)
    hidden = subject._replace(blind={ROW: frozenset({"city"})})

    assert [one.field for one in merged(hidden).conflicts] == ["city"]


def test_what_was_agreed_on_is_a_side_where_it_is_typed_during_a_conflict() -> None:
    torn, _ = after(a_record("Elgin", "Aurora"))
    typed = shows(torn, TICKET, "Joliet")

    assert [one.values for one in merged(typed).conflicts] == [{ROW: "Elgin", TICKET: "Joliet"}]
    again, _ = after(typed)
    assert [one.values for one in merged(again).conflicts] == [{ROW: "Elgin", TICKET: "Joliet"}]
    choice = {f"{book.DECIDE}city": book.packed(TICKET, "dana")}
    decided = merged(again._replace(notebook={**again.notebook, **choice}))
    assert decided.values == {"city": "Joliet"}
    assert [(one.place, one.value) for one in decided.lost] == [(ROW, "Elgin")]


def test_a_conflict_is_over_where_its_sides_say_the_same() -> None:
    torn, _ = after(a_record("Elgin", "Aurora"))

    for city in ("Aurora", "Joliet"):  # the other's value, and the one agreed on before
        both = shows(shows(torn, ROW, city), TICKET, city)
        assert merged(both).values == {"city": city}
        assert not merged(both).conflicts


def test_what_merely_stands_as_agreed_is_no_side_once_the_conflict_is_known() -> None:
    torn, _ = after(a_record("Joliet", "Elgin", notebook=UNFILLED))  # the row was not touched

    assert dict(book.entries(torn.notebook, book.CONFLICT)) == {"city": "ticket"}


def test_who_empties_a_side_again_gives_way() -> None:
    torn, _ = after(a_record("Elgin", "Aurora", None))

    assert merged(torn).conflicts
    assert merged(shows(torn, TICKET, None)).values == {"city": "Elgin"}


def test_what_is_written_half_is_not_taken_back_where_its_origin_cannot_be_read() -> None:
    subject = a_record("Elgin", "Elgin", notebook={f"{book.PUT}ticket.city": "Elgin"})
    hidden = subject._replace(blind={ROW: frozenset({"city"})})

    assert merged(hidden).values["city"] == "Elgin"


def test_an_earlier_value_does_not_come_back_where_a_place_cannot_take_it() -> None:
    place = RULES.places[TICKET]
    writable = place.writable - {"city"}
    rules = replace(RULES, places={**RULES.places, TICKET: replace(place, writable=writable)})
    wanted = {f"{book.RESTORE}city": book.Restore("Elgin", "Joliet", "priya", "undo").entry()}
    subject = a_record("Joliet", "Joliet", notebook=wanted)

    assert merge_subject(RULES, Spells(), subject).restored
    assert not merge_subject(rules, Spells(), subject).restored


UNFILLED = {f"{book.PUT}ticket.city": book.UNFILLED}


def test_what_is_typed_over_a_value_once_it_came_is_newer() -> None:
    subject = a_record("Joliet", None, notebook=UNFILLED)
    assert written(planned(subject)) == {TICKET: "Joliet"}
    assert [one.field for one in merged(shows(subject, TICKET, "Elgin")).conflicts] == ["city"]

    subject, settled = after(subject, ticket=Result.LANDED)

    assert not dict(book.entries(subject.notebook, book.PUT))
    assert settled.base == {"city": "Joliet"}
    assert merged(shows(subject, TICKET, "Elgin")).values["city"] == "Elgin"


def test_who_types_where_the_agreed_value_is_being_filled_in_has_not_seen_it() -> None:
    plan = planned(a_record("Joliet", None, notebook=UNFILLED))
    (write,) = (one for one in plan.writes if one.place == TICKET)
    outcomes = {TICKET: Outcome(TICKET, "id", Result.LANDED, contested=True)}

    (doubt,) = doubts(RULES, plan, {TICKET: write}, outcomes)

    assert (doubt.field, doubt.seen, doubt.written) == ("city", "", "Joliet")
    assert has_not_seen_it(doubt)


def test_a_value_that_was_refused_is_not_held_once_the_field_was_cleared() -> None:
    held = {f"{book.HELD}ticket.city": book.packed("Elgin", "HubSpot takes no Elgin")}
    subject = a_record("Elgin", "Joliet", base="Joliet", notebook=held)
    kept, _ = after(subject)
    cleared, _ = after(shows(subject, ROW, None), ticket=Result.LANDED)

    assert kept.notebook[f"{book.HELD}ticket.city"]
    assert f"{book.HELD}ticket.city" not in cleared.notebook


def test_a_value_that_was_refused_is_not_held_once_somebody_put_it_there() -> None:
    where = f"{book.HELD}ticket.city"
    held = {where: book.packed("Elgin", "HubSpot takes no Elgin")}
    subject = a_record("Elgin", "Joliet", base="Joliet", notebook=held)
    there, settled = after(shows(subject, TICKET, "Elgin"))

    assert where not in there.notebook
    assert settled.mended == ["ticket.city"]
