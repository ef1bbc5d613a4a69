"""What was typed while that counted goes on to count once the record is accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from tests.engine_house import ACME, MAPPINGS, SimpleFlow

from ubm_sync.mapping.rules import Policy
from ubm_sync.model import Observation, Outcome, Result
from ubm_sync.sync import notebook as book
from ubm_sync.sync.merge import Merged
from ubm_sync.sync.plan import RecordPlan, Subject, merge_subject, plan_record
from ubm_sync.sync.rules import Rules, compile_rules
from ubm_sync.sync.settle import settle

RULES = compile_rules(MAPPINGS["location"])
TICKET_WINS = replace(
    RULES, shared=tuple(replace(one, policy=Policy.OWNER, owner="ticket") for one in RULES.shared)
)
FLOW = SimpleFlow()
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ACCEPTED = {"approved": "yes"}
COUNTS = {f"{book.COUNTS}row.account_number": "22"}


def shows(place: str, number: str | None, **others: str) -> Observation:
    values = others if number is None else {**others, "account_number": number}
    return Observation(place, f"{place}-1", "id", "", "1", values)


def a_record(
    row: str,
    ticket: str,
    *,
    memory: Mapping[str, str] | None = None,
    notebook: Mapping[str, str] | None = None,
    **places: str,
) -> Subject:
    seen = {place: shows(place, number) for place, number in places.items()}
    seen |= {"row": shows("row", row), "ticket": shows("ticket", ticket, approval="approve")}
    base = {"account_number": "11"}
    return Subject("id", ACME, NOON, base, memory or {}, notebook or {}, seen, {})


def planned(subject: Subject, rules: Rules = RULES) -> RecordPlan:
    return plan_record(rules, FLOW, subject, merge_subject(rules, FLOW, subject), NOON)


def after(subject: Subject, *landed: str, rules: Rules = RULES) -> Subject:
    """Return the record after a cycle in which only the writes to these places landed."""
    plan = planned(subject, rules)
    sent = {write.place: write for write in plan.writes if write.place in landed}
    outcomes = {
        place: Outcome(place, "id", Result.LANDED, ref=f"{place}-1", version="2") for place in sent
    }
    settled = settle(rules, plan, sent, outcomes, NOON)
    memory, notebook = book.split(settled.memory)
    there = {**subject.seen, **{one.place: one for one in settled.observations}}
    return subject._replace(base=settled.base, memory=memory, notebook=notebook, seen=there)


def merged(subject: Subject) -> Merged:
    return merge_subject(RULES, FLOW, subject)


def typed(subject: Subject, place: str, number: str) -> Subject:
    return subject._replace(seen={**subject.seen, place: shows(place, number)})


def test_an_account_keeps_the_number_it_was_made_with() -> None:
    subject = after(a_record("22", "11"), "account")  # as where the flow looks again first

    assert subject.memory == ACCEPTED
    assert subject.base["account_number"] == "11"
    assert merged(subject).values["account_number"] == "22"
    assert merged(subject).edits == []


def test_it_counts_though_the_account_could_not_be_made() -> None:
    assert merged(after(a_record("22", "11"))).values["account_number"] == "22"


def test_it_counts_until_it_is_everywhere() -> None:
    subject = after(after(a_record("22", "11"), "account"), "ticket", "account", "row")

    assert subject.base["account_number"] == "22"
    assert COUNTS.items().isdisjoint(subject.notebook.items())


def test_what_is_typed_after_the_acceptance_is_put_back() -> None:
    at_rest = a_record("22", "11", account="11", memory=ACCEPTED)
    on_its_way = typed(after(a_record("22", "11"), "account"), "row", "33")

    assert [(one.typed, one.kept) for one in merged(at_rest).edits] == [("22", "11")]
    assert [(one.typed, one.kept) for one in merged(on_its_way).edits] == [("33", "22")]
    assert [(one.typed, one.kept) for one in merged(typed(on_its_way, "row", "11")).edits] == [
        ("11", "22")
    ]


def test_a_manager_who_typed_another_one_is_asked() -> None:
    asked = typed(after(a_record("22", "11")), "ticket", "33")
    (conflict,) = merged(asked).conflicts
    over = merged(typed(asked, "row", "44"))

    assert conflict.values == {"row": "22", "ticket": "33"}
    assert not over.conflicts  # nobody sees the 22 any more
    assert [(one.typed, one.kept) for one in over.edits] == [("44", "33")]


def test_it_is_over_once_a_person_decided() -> None:
    chosen = {f"{book.DECIDE}account_number": "ticket", f"{book.CONFLICT}account_number": ""}
    subject = a_record("22", "33", memory=ACCEPTED, notebook={**COUNTS, **chosen})

    assert merged(subject).values["account_number"] == "33"
    assert COUNTS.items().isdisjoint(after(subject).notebook.items())


def test_it_is_over_once_another_value_was_written_there() -> None:
    subject = a_record("22", "33", memory=ACCEPTED, notebook=COUNTS)
    waits = after(subject, rules=TICKET_WINS)
    written = after(subject, "row", rules=TICKET_WINS)

    assert COUNTS.items() <= waits.notebook.items()
    assert written.seen["row"].values["account_number"] == "33"
    assert COUNTS.items().isdisjoint(written.notebook.items())
