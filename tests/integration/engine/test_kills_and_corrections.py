"""Found by generated cases: what a kill, a correction or a race once made of typed values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from tests.engine_house import DESK, INTAKE, House, SimpleFlow

from ubm_sync.errors import Temporary
from ubm_sync.flow import Decision, NoteDraft, Situation
from ubm_sync.model import NOTHING, Observation, Outcome, Page, Result, Values, Write


class Killed(BaseException):
    """The process ends here."""


class Spells(SimpleFlow):
    """Corrects one misspelled city."""

    def decide(self, situation: Situation, now: datetime) -> Decision:
        decision = super().decide(situation, now)
        if situation.values.get("city") == "Elign":
            return decision._replace(fixes={"city": "Elgin"})
        return decision


class Heeds(Spells):
    """Goes by the stage a ticket is moved to, remembers what was corrected, and says both."""

    def decide(self, situation: Situation, now: datetime) -> Decision:
        decision = super().decide(situation, now)
        memory, notes = dict(decision.memory), list(decision.notes)
        ticket = situation.observed.get("ticket")
        if ticket is None:
            return decision
        if ticket.values.get("stage") == "approved":
            memory["moved"] = "yes"
            notes.append(NoteDraft("moved", "ticket", "Noted, and not carried out yet."))
        if decision.fixes:
            memory["corrected"] = "yes"
            notes.append(NoteDraft("corrected", "ticket", "Elign corrected to Elgin."))
        said = " ".join(sorted(memory))
        asked = {**decision.values["ticket"], "stage": "needs_information", "sync_message": said}
        values = {**decision.values, "ticket": asked}
        return decision._replace(memory=memory, notes=tuple(notes), values=values)


class Looks(Heeds):
    """Notes which stages it was shown; dies when it is asked for the ``last`` time."""

    def __init__(self, last: int = 0) -> None:
        self.stages: list[str | None] = []
        self.last = last

    def decide(self, situation: Situation, now: datetime) -> Decision:
        self.stages.append(situation.observed["ticket"].values.get("stage"))
        if len(self.stages) == self.last:
            raise Killed
        return super().decide(situation, now)


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with House(database_url) as house:
        house.engine.flows = {"location": Spells()}
        yield house


def only(found: dict[str, Values]) -> tuple[str, Values]:
    ((ref, values),) = found.items()
    return ref, values


def edit(house: House, system: str, by: str, **values: str | None) -> None:
    place = {INTAKE: "row", DESK: "ticket"}[system]
    ref, _ = only(house.systems[system].see(place))
    house.clock.sleep(1)
    house.systems[system].edit(place, ref, values, by=by)


def kill_in(house: House, system: str, *, landed: bool, flow: type[SimpleFlow] = Spells) -> None:
    """Have the service die while it writes to a system, and start again."""
    connector, target = house.engine.connectors[system], house.systems[system]

    def dies(writes: Sequence[Write]) -> Any:
        for write in writes if landed else ():
            target.write(write)
        raise Killed

    connector.apply = dies  # type: ignore[method-assign]
    with pytest.raises(Killed):
        house.cycle()
    house.clock.sleep(600)
    house.start("second")
    house.engine.flows = {"location": flow()}


def kept(house: House) -> list[tuple[str, str | None]]:
    with house.state.reading() as tx:
        return [(one.place, one.value) for one in tx.kept.list()]


def test_a_correction_that_was_half_written_when_the_service_died_stands(house: House) -> None:
    house.add_row("1001", city="Joliet")
    house.settle()
    edit(house, DESK, "dana", city="Elign")
    house.systems[INTAKE].refuse["row", "city"] = "not now"
    kill_in(house, INTAKE, landed=False)
    house.settle()

    assert only(house.tickets())[1]["city"] == "Elgin"


def test_what_a_killed_create_left_out_was_emptied_by_nobody(house: House) -> None:
    house.add_row(None, city="Joliet")
    house.settle()
    edit(house, INTAKE, "customer", account_number="1001")
    house.systems[DESK].refuse["ticket", "city"] = "not now"
    kill_in(house, DESK, landed=True)
    del house.systems[DESK].refuse["ticket", "city"]
    house.settle()

    assert only(house.rows())[1]["city"] == "Joliet"


def test_a_ticket_that_was_archived_before_it_was_known_comes_back_as_it_was(house: House) -> None:
    house.add_row("1001")
    kill_in(house, DESK, landed=True)
    desk = house.systems[DESK]
    ref = only(house.tickets())[0]
    desk.remove("ticket", ref, gone="archived")
    house.settle()
    assert house.tickets() == {}

    archived = desk.records["ticket", ref]
    desk.records["ticket", ref] = replace(archived, gone="")  # restoring moves no time of change
    desk.changes.append(("ticket", ref))
    edit(house, INTAKE, "customer", city="Elgin")
    house.settle()

    assert only(house.tickets())[1]["city"] == "Elgin"


def test_an_edit_that_does_not_count_never_becomes_what_is_agreed(house: House) -> None:
    house.add_row("1001")
    house.settle()
    house.approve(only(house.tickets())[0])
    house.settle()
    edit(house, INTAKE, "customer", account_number="2002")
    row = house.systems[INTAKE]
    row.meanwhile = lambda: edit(house, INTAKE, "customer", account_number="3003")
    house.settle()

    assert only(house.rows())[1]["account_number"] == "1001"
    assert only(house.tickets())[1]["account_number"] == "1001"
    assert {("row", "2002"), ("row", "3003")} <= set(kept(house))


def test_what_was_typed_back_after_a_race_is_newer(house: House) -> None:
    house.add_row("1001", city="Joliet")
    house.settle()
    edit(house, DESK, "dana", city="Elgin")
    house.systems[INTAKE].meanwhile = lambda: edit(house, INTAKE, "customer", city="Aurora")
    house.cycle()
    edit(house, DESK, "dana", city="Joliet")
    house.settle()

    with house.state.reading() as tx:
        (conflict,) = tx.conflicts.list()
    assert dict(conflict.values) == {"row": "Aurora", "ticket": "Joliet"}


def test_a_secret_from_a_history_is_stored_nowhere(database_url: str) -> None:
    with House(database_url) as house:
        house.engine._mask = lambda values: {
            name: "••••••" for name, value in values.items() if value.startswith("password")
        }
        house.add_row("1001", city="Joliet")
        house.settle()
        edit(house, DESK, "dana", city="Elgin")
        typed = "password: hunter2"
        house.systems[INTAKE].meanwhile = lambda: edit(house, INTAKE, "customer", city=typed)
        house.settle()

        assert kept(house) == [("row", "••••••")]
        assert only(house.rows())[1]["city"] == "••••••"


def notes(house: House) -> list[str]:
    return [one.text for one in house.systems[DESK].notes]


@pytest.mark.parametrize("landed", [True, False])
def test_a_word_that_was_written_over_when_the_service_died_counts(
    house: House, *, landed: bool
) -> None:
    house.engine.flows = {"location": Heeds()}
    house.add_row("1001")
    house.settle()
    edit(house, DESK, "dana", stage="approved")
    kill_in(house, DESK, landed=landed, flow=Heeds)
    house.settle()

    _, ticket = only(house.tickets())
    assert (ticket["stage"], ticket["sync_message"]) == ("needs_information", "moved")
    assert notes(house) == ["Noted, and not carried out yet."]


@pytest.mark.parametrize("system", [DESK, INTAKE])
@pytest.mark.parametrize("landed", [True, False])
def test_what_was_corrected_when_the_service_died_is_told(
    house: House, system: str, *, landed: bool
) -> None:
    house.engine.flows = {"location": Heeds()}
    house.add_row("1001", city="Joliet")
    house.settle()
    edit(house, INTAKE, "customer", city="Elign")
    kill_in(house, system, landed=landed, flow=Heeds)
    house.settle()

    assert only(house.rows())[1]["city"] == only(house.tickets())[1]["city"] == "Elgin"
    assert only(house.tickets())[1]["sync_message"] == "corrected"
    assert notes(house) == ["Elign corrected to Elgin."]


def test_what_the_service_set_itself_is_looked_at_again_after_a_kill(house: House) -> None:
    house.engine.flows = {"location": Heeds()}
    house.add_row("1001")
    house.settle()
    edit(house, DESK, "dana", stage="approved")
    dying, next_one = Looks(last=2), Looks()
    house.engine.flows = {"location": dying}
    with pytest.raises(Killed):
        house.cycle()
    house.clock.sleep(600)
    house.start("second")
    house.engine.flows = {"location": next_one}
    house.settle()

    assert dying.stages == ["approved", "needs_information"]
    assert next_one.stages == ["needs_information"]  # or a move back to it would be no news


def test_what_was_merged_away_before_its_creation_was_known_is_not_set_aside(house: House) -> None:
    house.add_row("1001")
    kill_in(house, DESK, landed=True)
    gone, _ = only(house.tickets())
    house.systems[DESK].remove("ticket", gone)
    sent = []

    def refuses(writes: Sequence[Write]) -> Iterator[Outcome]:
        for one in writes:
            sent.append(one)
            yield Outcome(one.place, one.key, Result.REFUSED, gone, reason="taken", stale=True)

    def merged(place: str, refs: Sequence[str]) -> Iterator[Page]:
        yield Page(
            tuple(Observation(place, ref, None, "", "", NOTHING, gone="merged:9") for ref in refs)
        )

    desk = house.engine.connectors[DESK]
    desk.apply, desk.fetch = refuses, merged  # type: ignore[method-assign]
    house.settle()

    with house.state.reading() as tx:
        seen = tx.observations.load([sent[0].key])[sent[0].key]["ticket"]
        assert (seen.ref, seen.gone) == (gone, "merged:9")
        assert not tx.quarantine.list()
    assert len(sent) == 1


@pytest.mark.parametrize("field", ["subject", "ubm_account_id"])
def test_what_is_typed_over_our_fields_before_a_creation_is_known_is_kept(
    house: House, field: str
) -> None:
    house.add_row("1001")
    kill_in(house, DESK, landed=True)
    edit(house, DESK, "dana", **{field: "mine"})
    house.settle()

    assert kept(house) == [("ticket", "mine")]
    assert only(house.rows())[1]["sync_message"] == f"{field} was put back"


def test_what_is_typed_over_our_fields_while_nobody_answers_a_creation_is_kept(
    house: House,
) -> None:
    house.add_row("1001")
    desk = house.systems[DESK]
    desk.lose_answers = 1
    house.cycle()
    edit(house, DESK, "dana", ubm_account_id="mine")
    house.settle()

    assert kept(house) == [("ticket", "mine")]


def test_what_a_create_met_and_is_another_record_is_not_asked_for_again(house: House) -> None:
    house.add_row("1001")
    other = house.systems[DESK].put("ticket", {}, key="another")
    sent = []

    def refuses(writes: Sequence[Write]) -> Iterator[Outcome]:
        for one in writes:
            sent.append(one)
            yield Outcome(one.place, one.key, Result.REFUSED, other, reason="taken", stale=True)

    house.engine.connectors[DESK].apply = refuses  # type: ignore[method-assign]
    for _ in range(4):
        house.cycle()

    assert len(sent) == 1


def test_after_an_older_state_was_put_back_what_a_row_says_was_made_is_looked_for(
    house: House,
) -> None:
    row = house.add_row("1001")
    house.settle()
    made, _ = only(house.tickets())
    key = house.systems[INTAKE].records["row", row].key
    with House("sqlite://") as restored:  # from before the row was known
        restored.systems = house.systems
        restored.clock = house.clock
        restored.start()
        desk = restored.engine.connectors[DESK]
        looked: list[Write] = []
        apply = desk.apply

        def shows_nothing(*, full: bool) -> Iterator[Page]:
            del full
            return iter(())

        def looks(writes: Sequence[Write]) -> Any:
            looked.extend(one for one in writes if one.ref is None)
            return apply(writes)

        desk.apply = looks  # type: ignore[method-assign]
        desk.observe = shows_nothing  # type: ignore[method-assign]
        restored.cycle()

    assert [(one.key, one.doubtful) for one in looked] == [(key, True)]
    assert [*house.tickets()] == [made]


def takes_nothing(writes: Sequence[Write]) -> Sequence[Outcome]:
    del writes
    return ()


def test_after_an_older_state_was_put_back_nothing_is_made_unseen_where_reading_fails(
    house: House,
) -> None:
    row = house.add_row("1001", city="Elgin")
    with House("sqlite://") as restored:  # knows the row, and nothing of its ticket
        restored.systems, restored.clock = house.systems, house.clock
        restored.start()
        intake, desk = restored.engine.connectors[INTAKE], restored.engine.connectors[DESK]
        intake.apply = desk.apply = takes_nothing  # type: ignore[method-assign]
        restored.cycle()
        house.settle()
        made, _ = only(house.tickets())
        edit(house, DESK, "dana", city="Aurora")
        restored.start()
        intake, desk = restored.engine.connectors[INTAKE], restored.engine.connectors[DESK]

        def fails(*, full: bool) -> Iterator[Page]:
            del full
            raise Temporary("no answer came")

        intake.observe = desk.observe = fails  # type: ignore[method-assign]
        restored.cycle()
        there = house.tickets()
        restored.start()
        restored.settle()

    assert {ref: one["city"] for ref, one in there.items()} == {made: "Aurora"}
    assert house.tickets()[made]["city"] == "Aurora"
    assert house.rows()[row]["city"] == "Elgin"  # nobody knows any more which came later


def test_a_ticket_that_comes_back_after_an_older_state_was_put_back_empties_no_row(
    house: House,
) -> None:
    row = house.add_row("1001")
    house.settle()
    desk, (made, _) = house.systems[DESK], only(house.tickets())
    with House("sqlite://") as restored:  # from before the row was known
        restored.systems, restored.clock = house.systems, house.clock
        restored.start()
        edit(restored, INTAKE, "customer", city="Joliet")
        desk.break_now = "no access for now"
        restored.cycle()
        desk.break_now = ""
        desk.remove("ticket", made, gone="archived")
        restored.settle()
        archived = desk.records["ticket", made]
        desk.records["ticket", made] = replace(archived, gone="")
        desk.changes.append(("ticket", made))
        restored.settle()

    assert house.rows()[row]["city"] == "Joliet"
    assert [(ref, one["city"]) for ref, one in house.tickets().items()] == [(made, "Joliet")]
