"""What a record is accepted with: what its ticket showed, not what was typed just then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from tests.engine_house import ACME, MAPPINGS, SimpleFlow

from ubm_sync.flow import Decision, Situation
from ubm_sync.model import Observation, Outcome, Result
from ubm_sync.sync import notebook as book
from ubm_sync.sync.plan import RecordPlan, Subject, key_once_accepted, plan_record
from ubm_sync.sync.rules import compile_rules
from ubm_sync.sync.settle import settle
from ubm_sync.sync.subjects import merge_subject

RULES = compile_rules(MAPPINGS["location"])
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NUMBER = "account_number"


class WaitsForAnother(SimpleFlow):
    """Accepts no record with the number 11."""

    def decide(self, situation: Situation, now: datetime) -> Decision:
        decision = super().decide(situation, now)
        if situation.values.get(NUMBER) == "11" and not self.accepted(situation.memory):
            return decision._replace(memory=situation.memory, accepted=False)
        return decision


def shows(place: str, number: str, **others: str) -> Observation:
    return Observation(place, f"{place}-1", "id", "", "1", {**others, NUMBER: number})


def approved(
    row: str,
    ticket: str,
    base: str = "11",
    notebook: Mapping[str, str] | None = None,
    choice: str = "",
    **places: str,
) -> Subject:
    """Return a record whose ticket was just approved, and what its places show."""
    seen = {place: shows(place, number) for place, number in places.items()}
    signs = {"approval": "approve"} | ({"conflict_decision": choice} if choice else {})
    seen |= {"row": shows("row", row), "ticket": shows("ticket", ticket, **signs)}
    agreed = {NUMBER: base} if base else {}
    return Subject("id", ACME, NOON, agreed, {}, notebook or {}, seen, {})


def planned(subject: Subject, flow: SimpleFlow | None = None) -> RecordPlan:
    flow = flow or SimpleFlow()
    return plan_record(RULES, flow, subject, merge_subject(RULES, flow, subject), NOON)


def after(subject: Subject, *landed: str, flow: SimpleFlow | None = None) -> Subject:
    """Return the record after a cycle in which only the writes to these places landed."""
    plan = planned(subject, flow)
    sent = {write.place: write for write in plan.writes if write.place in landed}
    outcomes = {
        place: Outcome(place, "id", Result.LANDED, ref=f"{place}-1", version="2") for place in sent
    }
    settled = settle(RULES, plan, sent, outcomes, NOON)
    memory, notebook = book.split(settled.memory)
    there = {**subject.seen, **{one.place: one for one in settled.observations}}
    return subject._replace(base=settled.base, memory=memory, notebook=notebook, seen=there)


def written(plan: RecordPlan) -> dict[str, object]:
    return {write.place: write.values[NUMBER] for write in plan.writes if NUMBER in write.values}


def told(plan: RecordPlan) -> list[tuple[str | None, str | None]]:
    return [(one.typed, one.kept) for one in plan.edits]


def test_an_account_is_made_with_what_the_ticket_showed() -> None:
    plan = planned(approved("22", "11"))

    assert plan.decision.accepted
    assert written(plan) == {"account": "11", "row": "11"}
    assert told(plan) == [("22", "11")]


def test_it_is_the_same_after_a_kill_right_after_the_account_was_made() -> None:
    plan = planned(approved("22", "11", account="11"))

    assert written(plan) == {"row": "11"}
    assert told(plan) == [("22", "11")]


def test_what_the_manager_typed_before_approving_is_what_the_ticket_showed() -> None:
    plan = planned(approved("22", "33"))

    assert plan.merged.conflicts == []
    assert written(plan) == {"account": "33", "row": "33"}
    assert told(plan) == [("22", "33")]


def test_what_was_never_agreed_on_stands_where_the_ticket_shows_it() -> None:
    sent = {f"{book.SENT}ticket.{NUMBER}": "11"}  # by a create that a kill left unanswered
    subject = after(approved("22", "11", base="", notebook=sent), "account")

    assert subject.seen["account"].values[NUMBER] == "11"
    assert written(planned(subject)) == {"row": "11"}
    assert told(planned(subject)) == [("22", "11")]
    assert after(subject, "row").base == {NUMBER: "11"}


def test_a_number_that_was_decided_on_is_the_accounts() -> None:
    torn = {f"{book.CONFLICT}{NUMBER}": "row ticket"}
    plan = planned(approved("22", "33", notebook=torn, choice="keep_row"))

    assert written(plan) == {"account": "22", "ticket": "22"}
    assert [(one.place, one.value) for one in plan.merged.lost] == [("ticket", "33")]


def test_what_the_approval_waited_for_stands_until_it_is_everywhere() -> None:
    flow = WaitsForAnother()
    first = after(approved("22", "11"), "account", flow=flow)
    rest = after(first, "ticket", flow=flow)

    assert first.memory == {"approved": "yes"}
    assert first.seen["account"].values[NUMBER] == "22"
    assert written(planned(first, flow)) == {"ticket": "22"}
    assert told(planned(first, flow)) == []
    assert rest.base == {NUMBER: "22"}
    assert book.DECIDE + NUMBER not in rest.notebook


def test_only_a_record_that_may_be_accepted_with_another_number_has_another_key() -> None:
    def key(subject: Subject) -> str:
        flow = SimpleFlow()
        return key_once_accepted(RULES, flow, subject, merge_subject(RULES, flow, subject), NOON)

    typed = approved("22", "11")
    assert key(typed) == "acme|11"
    assert key(approved("11", "22")) == ""
    assert key(typed._replace(memory={"approved": "yes"})) == ""
    assert key(typed._replace(seen={"row": typed.seen["row"]})) == ""
