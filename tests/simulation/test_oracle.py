"""The oracle is independent, and it notices what it is there to notice."""

from __future__ import annotations

import ast
import sqlite3
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from tests.simulation import archive
from tests.simulation.customers import stayed_behind
from tests.simulation.drawing import draw
from tests.simulation.ending import bring_to_rest
from tests.simulation.evidence import Memory
from tests.simulation.fields import NAMES
from tests.simulation.model import Change, Ending, Kept, Model, Thing
from tests.simulation.moments import FULL
from tests.simulation.oracle import complaints
from tests.simulation.trouble import Troubles
from tests.simulation.world import World

from ubm_sync.live import Live
from ubm_sync.sync.cycle import Report

INDEPENDENT = ("oracle.py", "excuses.py", "comparing.py", "telling.py", "model.py", "fields.py")
FOLDER = Path(__file__).parent


@pytest.mark.parametrize("name", INDEPENDENT)
def test_the_oracle_knows_neither_the_service_nor_a_connector(name: str) -> None:
    tree = ast.parse((FOLDER / name).read_text(encoding="utf-8"))
    imported = {
        alias.name if isinstance(node, ast.Import) else str(node.module)
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }

    allowed = {f"tests.simulation.{one.removesuffix('.py')}" for one in INDEPENDENT}
    assert {one for one in imported if "ubm" in one or one.startswith("tests")} <= allowed


def fields(**values: str) -> dict[str, str]:
    return {**dict.fromkeys(NAMES, ""), **values}


def row(**values: str) -> Thing:
    return Thing("row", "1", "r1", "halsted", fields(**values), {})


def ticket(**values: str) -> Thing:
    return Thing("ticket", "9", "r1", "New locations", fields(**values), {}, ("a new request",))


def ending(*things: Thing) -> Ending:
    return Ending(
        things=list(things),
        kept=[],
        set_aside=[],
        changes=[],
        creations=Counter(),
        deletions=0,
        resting=[1, 1, 0, 0],
        announced=Counter({("r1", "ticket"): 1}),
        intents=set(),
        chain="",
        broke=[],
        ended=datetime(2026, 11, 23, 18, tzinfo=UTC),
        stops=0,
    )


def said(model: Model, end: Ending) -> set[str]:
    return {text.partition(":")[0] for text in complaints(model, end)}


def test_a_world_at_rest_is_as_promised() -> None:
    assert not complaints(Model(), ending(row(gl_code="7000"), ticket(gl_code="7000")))


def test_a_third_cycle_that_writes_is_no_rest() -> None:
    assert said(Model(), replace(ending(), resting=[1, 1, 1])) == {"converges"}


def test_after_a_busy_cycle_with_what_waited_for_a_column_the_next_one_says_the_rest() -> None:
    late = replace(ending(row(), ticket()), resting=[0, 5, 1, 0])
    assert said(Model(), late) == {"converges"}
    assert said(Model(busy=True), late) == {"converges"}
    mended = Model(busy=True, damage={("halsted", "City"): ("rename", "")})
    assert not said(mended, late)
    assert said(mended, replace(late, resting=[0, 5, 1, 1])) == {"converges"}


def test_two_values_that_nobody_is_asked_about_do_not_agree() -> None:
    torn = ending(row(gl_code="7000"), ticket(gl_code="6410"))
    assert said(Model(), torn) == {"agrees"}
    torn.kept = [Kept("r1", "gl_code", one, open=True) for one in ("7000", "6410")]
    assert not said(Model(), torn)


def test_a_typed_value_that_is_nowhere_is_lost() -> None:
    model = Model()
    model.typed("row", "1", "gl_code", "7000", "")
    assert said(model, ending(row(), ticket())) == {"no lost update"}


def test_a_value_replaced_where_it_was_visible_is_not_lost() -> None:
    model = Model()
    model.typed("row", "1", "gl_code", "7000", "")
    model.typed("ticket", "9", "gl_code", "6410", "7000")
    assert not said(model, ending(row(gl_code="6410"), ticket(gl_code="6410")))


def test_a_value_replaced_where_it_was_not_visible_is_lost() -> None:
    model = Model()
    model.typed("row", "1", "gl_code", "7000", "")
    model.typed("ticket", "9", "gl_code", "6410", "")
    assert said(model, ending(row(gl_code="6410"), ticket(gl_code="6410"))) == {"no lost update"}


@pytest.mark.parametrize("copied", [True, False])
def test_what_an_older_state_holds_was_typed_by_nobody_it_knows(*, copied: bool) -> None:
    model = Model()
    model.copied_away()
    model.typed("row", "1", "gl_code", "7000", "6410")
    if copied:
        model.put_back(0.0)
    model.typed("row", "1", "gl_code", "6410", "7000")
    end = ending(row(gl_code="7000"), ticket(gl_code="7000"))
    end.changes = [Change("ticket", "9", "gl_code", "7000", 1.0, ours=True)]
    end.intents = {("ticket r1", "gl_code")}
    assert ("no lost update" in said(model, end)) is not copied


@pytest.mark.parametrize("seen", [True, False])
def test_a_copy_of_the_state_holds_no_more_than_the_service_could_see(*, seen: bool) -> None:
    model = Model()
    model.typed("row", "1", "gl_code", "7000", "6410")
    if seen:
        model.worked(whole=False)
    model.copied_away()
    model.put_back(0.0)
    model.typed("row", "1", "gl_code", "6410", "7000")
    end = ending(row(gl_code="7000"), ticket(gl_code="7000"))
    end.changes = [Change("ticket", "9", "gl_code", "7000", 1.0, ours=True)]
    end.intents = {("ticket r1", "gl_code")}
    assert ("no lost update" in said(model, end)) is seen


@pytest.mark.parametrize("when", ["at once", "killed", "later", "copied", "seen", "never"])
def test_nobody_looks_back_whose_state_was_replaced_by_then(when: str) -> None:
    model = Model()
    model.typed("row", "1", "gl_code", "7000", "6410")
    began = model.so_far
    model.typed("ticket", "9", "gl_code", "5000", "6410")  # and 7000 is written over it
    model.worked(whole=False, since=began)
    if when == "killed":
        model.worked(whole=False)
    if when == "later":
        model.worked(whole=False, since=model.so_far)
    if when == "copied":
        model.copied_away()
    if when != "never":
        model.put_back(2.0)
    end = ending(row(gl_code="7000"), ticket(gl_code="7000"))
    written = 3.0 if when == "seen" else 2.0
    end.changes = [
        Change("ticket", "9", "gl_code", "5000", 1.0, ours=False),
        Change("ticket", "9", "gl_code", "7000", written, ours=True),
    ]
    end.intents = {("ticket r1", "gl_code")}
    assert ("no lost update" in said(model, end)) is (when not in {"at once", "killed"})


@pytest.mark.parametrize("when", ["before", "unread", "away", "back"])
def test_who_empties_a_field_that_the_mapping_takes_away_may_find_it_filled(when: str) -> None:
    model = Model()
    model.saw()
    if when in {"before", "unread"}:
        model.typed("ticket", "9", "address_2", "", "Suite 1")
    if when == "before":
        model.saw()
    model.remapped({("address_2", "ticket")})
    if when == "away":
        model.typed("ticket", "9", "address_2", "", "Suite 1")
    model.saw()
    model.remapped(set())
    if when == "back":
        model.typed("ticket", "9", "address_2", "", "Suite 1")
    end = ending(row(address_2="Suite 1"), ticket(address_2="Suite 1"))
    assert ("no lost update" in said(model, end)) is (when in {"before", "back"})


def test_a_value_left_behind_when_a_row_was_moved_is_not_lost() -> None:
    model = Model()
    model.typed("row", "7", "notes", "beware of the dog", "")
    model.moved("7", "1", "", ["notes"])
    assert "no lost update" not in said(model, ending(row(), ticket()))
    model.typed("row", "1", "notes", "beware of the cat", "")
    assert "no lost update" in said(model, ending(row(), ticket()))


def test_a_cell_stays_behind_where_the_other_sheet_has_no_column_like_its_own() -> None:
    shown = {title: f"a {name}" for name, (title, *_) in NAMES.items()}
    gl_code, notes = NAMES["gl_code"][0], NAMES["notes"][0]
    renamed = {title: value for title, value in shown.items() if title != notes}

    assert stayed_behind(shown, shown) == []
    assert stayed_behind(shown, renamed) == stayed_behind(renamed, shown) == ["notes"]
    assert stayed_behind(shown, {**shown, gl_code: ""}) == ["gl_code"]  # it has another type there
    assert stayed_behind({**shown, gl_code: ""}, {**shown, gl_code: ""}) == []


def test_writing_one_value_twice_is_an_echo_and_stands_in_no_intent() -> None:
    end = ending(row(gl_code="7000"), ticket(gl_code="7000"))
    end.changes = [Change("row", "1", "gl_code", "7000", at, ours=True) for at in (1, 2)]
    assert said(Model(), end) == {"no echo", "audit"}


def test_what_a_state_does_not_know_of_that_was_put_back_may_be_written_again() -> None:
    end = ending(row(gl_code="7000"), ticket(gl_code="7000"))
    end.changes = [Change("row", "1", "gl_code", "7000", at, ours=True) for at in (1, 3)]

    assert "no echo" in said(Model(put_back_at=[0.5, 4]), end)
    assert "no echo" not in said(Model(put_back_at=[2]), end)


def test_what_stands_there_is_written_again_where_another_value_may_have_been_written() -> None:
    end = ending(row(gl_code="7000"), ticket(gl_code="7000"))
    end.changes = [Change("row", "1", "gl_code", "7000", at, ours=True) for at in (1, 3)]
    killed = Model(killed=True)
    for meant in (("row r1", "gl_code", "7000"), ("row r2", "gl_code", "8000")):
        end.meant = {meant}
        assert "no echo" in said(killed, end)
    end.meant = {("row r1", "gl_code", "8000")}
    assert "no echo" in said(Model(), end)
    assert "no echo" not in said(killed, end)

    killed.typed("ticket", "9", "gl_code", "7000", "", "r1")
    assert "no echo" not in said(killed, end)
    end.changes.append(Change("row", "1", "gl_code", "7000", 4, ours=True))
    assert "no echo" in said(killed, end)  # once for each such value


def test_what_a_decision_chose_over_a_value_that_was_put_back_is_written_once_more() -> None:
    model = Model()
    model.typed("row", "1", "gl_code", "7000", "", "r1")
    model.typed("ticket", "9", "gl_code", "8000", "", "r1")
    end = ending(row(gl_code="7000"), ticket(gl_code="7000"))
    end.changes = [
        Change("ticket", "9", "gl_code", value, at, ours=True)
        for at, value in enumerate(("7000", "8000", "7000"))
    ]
    assert "no echo" in said(model, end)
    model.decided("r1")
    assert "no echo" not in said(model, end)
    end.changes.append(Change("ticket", "9", "gl_code", "7000", 4, ours=True))
    assert "no echo" in said(model, end)


def test_a_second_ticket_of_one_record_is_noticed() -> None:
    end = ending(row(), ticket(), replace(ticket(), ref="10"))
    assert said(Model(), end) == {"at most one create"}


def test_a_second_creation_is_noticed_unless_nobody_knew_of_the_first_and_it_is_archived() -> None:
    end = ending(row(), ticket())
    end.creations["ticket", "r1"] = 2
    left = replace(end, archived=frozenset({"r1"}))
    for unsure in (Model(lost_answers=1), Model(killed=True)):
        assert said(unsure, end) == {"at most one create"}
        assert not said(unsure, left)
    assert said(Model(), left) == {"at most one create"}


def test_nobody_knows_what_a_cycle_did_that_ended_as_the_disk_was_full() -> None:
    def fails(_service: Live) -> Report:
        raise OperationalError("COMMIT", None, sqlite3.OperationalError(FULL))

    world = World()
    try:
        model, troubles = Model(), Troubles(world, 0)
        world.working(0, fails)
        bring_to_rest(world, troubles, model, Memory(), [], guarded=False)
    finally:
        world.close()
    assert model.killed


def test_a_request_that_nobody_was_told_of_is_noticed() -> None:
    assert said(Model(), ending(row(), replace(ticket(), notes=()))) == {"notes reach people"}


def test_a_note_that_never_came_is_noticed() -> None:
    end = replace(ending(row(), ticket()), announced=Counter({("r1", "ticket"): 2}))
    assert said(Model(), end) == {"notes reach people"}


def test_a_row_that_does_not_name_its_ticket_is_noticed() -> None:
    end = ending(replace(row(), shown={"HubSpot Ticket": "#10"}), ticket())
    assert said(Model(), end) == {"a row names its ticket and account"}


def test_a_conflict_that_waits_though_it_was_decided_is_noticed() -> None:
    model = Model()
    model.resolved_by_command("r1", "notes")
    end = ending(row(), ticket())
    end.kept = [Kept("r1", "notes", "a", open=True), Kept("r1", "notes", "b", open=True)]
    assert said(model, end) == {"decisions are carried out"}


def test_a_time_that_is_yet_to_come_is_noticed() -> None:
    end = ending(replace(row(), shown={"Last Synced": "2026-11-23 18:00 CT"}), ticket())
    assert said(Model(), end) == {"time as people read it"}


def test_a_question_about_a_row_that_is_there_is_noticed() -> None:
    end = ending(row(), replace(ticket(), notes=("The row of R-1 is no longer in Smartsheet.",)))
    end.announced["r1", "ticket"] = 1
    assert said(Model(), end) == {"only what left is missed"}


def test_a_ticket_without_a_row_is_noticed() -> None:
    assert said(Model(), ending(ticket())) == {"identity"}


def test_a_ticket_whose_row_came_back_as_another_one_nobody_can_know_again() -> None:
    for named, new in ((True, "2"), (False, "1"), (False, "2")):
        model = Model()
        model.removed("row", "1")
        model.restored("row", "1", new, named=named)
        unknown = not named and new != "1"
        assert ("identity" in said(model, ending(ticket()))) is not unknown


def test_a_ticket_of_another_customer_is_noticed() -> None:
    end = ending(row(), replace(ticket(), shown={"ubm_customer_key": "oakmont"}))
    assert said(Model(), end) == {"one customer"}


def test_an_approval_that_nobody_reads_is_noticed() -> None:
    waits = replace(row(), shown={"Sync Status": "Waiting for CSM"})
    approved = replace(ticket(), shown={"ubm_approval": "approve"})
    assert said(Model(), ending(waits, approved)) == {"what is approved goes on"}
    model = Model(taken_up={"9"})
    assert not said(model, ending(waits, approved))
    model.accepted("9", "r1")
    assert said(model, ending(waits, approved)) == {"what is approved goes on"}


def test_deleting_is_noticed() -> None:
    assert said(Model(), replace(ending(), deletions=1)) == {"absence is not deletion"}


def test_an_account_nobody_approved_is_noticed() -> None:
    account = Thing("account", "A1", "r1", "halsted", fields(), {})
    assert said(Model(), ending(row(), account)) == {"order of the procedure"}


def test_an_account_of_a_withdrawn_request_is_noticed() -> None:
    account = Thing("account", "A1", "r1", "halsted", fields(), {})
    end = ending(row(), account)
    model = Model()
    model.accepted("9", "r1")
    model.taken_up = {"9"}  # moved back to wait: its stage says no more that there is no account
    model.withdrawn("9", "r1")
    assert not said(model, end)
    model.taken_up = {"8"}
    model.withdrawn("9", "r1")
    assert said(model, end) == {"order of the procedure"}


def test_what_was_typed_and_emptied_again_before_anybody_saw_it_is_no_edit() -> None:
    model = Model()
    for value, before in (("first", ""), ("second", "first"), ("", "second")):
        model.typed("row", "1", "gl_code", value, before)
    end = ending(row(gl_code="1.0"), ticket(gl_code="1.0"))
    assert not said(model, end)

    for value in ("first", "second"):  # was written elsewhere, and so it was seen
        end.changes = [Change("ticket", "9", "gl_code", value, 1.0, ours=True)]
        assert "no lost update" in said(model, end)

    end.changes = []
    model.typings[0] = replace(model.typings[0], before="earlier")
    assert "no lost update" in said(model, end)


def test_what_a_list_of_checkboxes_spelt_anew_is_noticed_elsewhere() -> None:
    model = Model()
    model.typed("ticket", "9", "notes", "True", "")
    end = ending(row(notes="true"), ticket(notes="true"))
    assert "no lost update" in said(model, end)
    model.damaged("oakmont", "retype", NAMES["notes"][0])
    model.damaged("halsted", "rename", NAMES["notes"][0])
    assert "no lost update" in said(model, end)

    model.damage.clear()
    model.damaged("halsted", "retype", NAMES["notes"][0])
    assert "no lost update" not in said(model, end)
    model.typings.clear()
    model.typed("ticket", "9", "notes", "1", "")
    assert "no lost update" not in said(model, end)
    model.typed("ticket", "9", "notes", "0", "1")
    assert "no lost update" in said(model, end)
    model.typings.clear()
    model.typed("ticket", "9", "notes", "a dog", "True")
    assert "no lost update" in said(model, end)


def test_an_account_of_an_approval_that_was_taken_back_in_time_is_noticed() -> None:
    account = Thing("account", "A1", "r1", "halsted", fields(), {})
    for whole in (True, False):  # a cycle that went wrong may not have seen it
        model = Model(untroubled=False)
        model.accepted("9", "r1")
        model.thought_again("9", "r1")
        model.worked(whole=whole)
        model.worked(whole=True)
        assert ("order of the procedure" in said(model, ending(row(), account))) is whole


def test_an_approval_that_was_given_again_or_that_the_stage_says_as_well_stands() -> None:
    again, staged = Model(), Model(stepped={"9"})
    for model in (again, staged):
        model.accepted("9", "r1")
        model.thought_again("9", "r1")
    again.accepted("9", "r1")
    for model in (again, staged):
        model.worked(whole=True)
        assert model.approvals == {"r1"}


def test_an_account_that_its_row_names_a_cycle_late_is_noticed() -> None:
    account = Thing("account", "A1", "r1", "halsted", fields(), {})
    model = Model(approvals={"r1"})
    end = ending(replace(row(), shown={"UBM Account ID": "A1"}), account)
    assert not said(model, end)
    assert said(model, replace(end, waited=frozenset({"r1"}))) == {"one step follows the other"}


def test_who_takes_back_what_nobody_saw_has_changed_nothing() -> None:
    model = Model()
    model.typed("ticket", "9", "notes", "b", "a")
    model.typed("row", "1", "notes", "c", "a")
    model.typed("ticket", "9", "notes", "a", "b")
    end = ending(row(notes="c"), ticket(notes="c"))
    assert not said(model, end)
    end.kept = [Kept("r1", "notes", value, open=False, place=place)
                for place, value in (("row", "c"), ("ticket", "b"))]  # fmt: skip
    assert said(model, end) == {"no lost update"}


def test_what_another_record_says_tells_nobody_of_what_was_taken_back_here() -> None:
    model = Model()
    model.typed("ticket", "9", "notes", " bulk ", "")
    model.typed("ticket", "9", "notes", "", "bulk")
    other = Thing("row", "2", "r2", "halsted", fields(), {})
    end = ending(row(notes="c"), ticket(notes="c"), other)
    end.changes = [Change("row", "2", "notes", "bulk", 1.0, ours=True)]
    assert not said(model, end) & {"no lost update"}
    end.changes = [Change("row", "1", "notes", "bulk", 1.0, ours=True)]
    assert "no lost update" in said(model, end)


def test_who_takes_back_what_a_merge_filled_in_has_changed_nothing() -> None:
    model = Model()
    model.typed("ticket", "9", "notes", "before", "")
    model.typed("ticket", "9", "notes", "", "before")
    model.filled["9", "notes"] = 2
    model.typed("ticket", "9", "notes", "", "merged")
    end = ending(row(notes="c"), ticket(notes="c"))
    assert not said(model, end)
    end.changes = [Change("row", "1", "notes", "merged", 1.0, ours=True)]
    assert "no lost update" in said(model, end)


def test_what_is_written_without_an_intent_is_noticed() -> None:
    end = ending(row(notes="a"), ticket(notes="a"))
    end.changes = [Change("ticket", "9", "notes", "a", 1.0, ours=True)]
    assert said(Model(), end) == {"audit"}
    end.held = {("ticket r1", "notes", "a")}
    assert said(Model(), end) == {"audit"}  # it was created once more, and was known
    assert not said(Model(restorations=1), end)
    end.held = {("ticket r1", "notes", "b"), ("ticket r2", "notes", "a")}
    assert said(Model(restorations=1), end) == {"audit"}


def test_an_instance_that_stood_still_brings_back_what_it_had_read_and_nothing_else() -> None:
    model = Model()
    model.typed("row", "1", "notes", "b", "a")
    model.stood_still(0, 100.0)
    end = ending(row(notes="a"), ticket(notes="a"))
    end.intents = {("ticket r1", "notes")}
    assert said(model, end) == {"no lost update"}
    for late in (
        Change("ticket", "9", "notes", "a", 102.0, ours=True),  # not the request that was late
        Change("ticket", "9", "notes", "c", 100.0, ours=True),  # not what had been read
        Change("ticket", "9", "notes", "a", 100.0, ours=False),
        Change("ticket", "8", "notes", "a", 100.0, ours=True),  # of another record
    ):
        end.changes = [late]
        assert "no lost update" in said(model, end)
    end.changes = [Change("ticket", "9", "notes", "a", 100.0, ours=True)]
    assert not said(model, end)
    end.things[1] = replace(end.things[1], place="elsewhere")  # its manager moved it away
    assert "no lost update" not in said(model, end)
    end.things[1] = replace(end.things[1], place="ticket")
    model.typed("row", "1", "notes", "c", "b")  # after it went on: the edit back could be seen
    end.things[0] = row(notes="b")
    assert said(model, end) == {"no lost update", "agrees"}


def test_a_create_that_comes_late_is_an_upsert() -> None:
    model = Model()
    end = ending(row(notes="a"), ticket(notes="a"))
    end.changes = [Change("ticket", "9", "notes", "a", 100.0, ours=True)]
    end.held = {("ticket r1", "notes", "a")}
    assert said(model, end) == {"audit"}
    model.stood_still(0, 100.0)
    assert not said(model, end)
    model.latecomers = [(0, 0, 200.0)]
    assert said(model, end) == {"audit"}


def test_a_row_that_says_nothing_is_noticed() -> None:
    assert said(Model(), ending(replace(row(), shown={"Sync Status": ""}))) == {
        "every row is answered"
    }


def test_a_value_that_is_written_over_with_the_same_one_spelled_otherwise_is_noticed() -> None:
    end = ending(row(notes="a dog"), ticket(notes="a dog"))
    end.changes = [
        Change("row", "1", "notes", " a  dog", 1.0, ours=False),
        Change("row", "1", "notes", "a dog", 2.0, ours=True),
    ]
    end.intents = {("row r1", "notes")}
    assert said(Model(), end) == {"spelling is no change"}
    assert not said(Model(lost_answers=1), end)


def test_who_types_back_what_a_write_without_an_answer_replaced_has_changed_nothing() -> None:
    end = ending(row(notes="a dog"), ticket(notes="a dog"))
    ours, emptied = Change("row", "1", "notes", "a dog", 1.0, ours=True), ("row", "1", "notes", "")
    end.changes = [ours, ours, Change(*emptied, 2.0, ours=False), replace(ours, at=3.0)]
    end.intents = {("row r1", "notes")}
    unsure = Model(lost_answers=1)
    unsure.typed("row", "1", "notes", "", "a dog")
    assert not said(unsure, end)

    sure = Model()
    sure.typed("row", "1", "notes", "", "a dog")
    assert "no lost update" in said(sure, end)
    end.changes[0] = replace(ours, value="a cat")  # which is what stood there before
    assert "no lost update" in said(unsure, end)


def test_who_types_what_a_late_index_still_shows_on_the_ticket_has_changed_nothing() -> None:
    end = ending(row(notes="a cat"), ticket(notes="a cat"))
    theirs = [Change("ticket", "9", "notes", "a dog", 1.0, ours=False),
              Change("ticket", "9", "notes", "a cat", 60.0, ours=False)]  # fmt: skip
    mine = Change("row", "1", "notes", "a dog", 61.0, ours=False)
    end.changes = [*theirs, mine]
    model = Model(untroubled=False)
    model.typed("ticket", "9", "notes", "a dog", "")
    model.typed("ticket", "9", "notes", "a cat", "a dog")
    model.typed("row", "1", "notes", "a dog", "")
    assert not said(model, end)

    model.untroubled = True  # the ticket's history tells
    assert said(model, end) == {"no lost update"}
    model.untroubled = False
    for other in (replace(mine, at=200.0), replace(mine, at=50.0), replace(mine, ref="2")):
        end.changes = [*theirs, other]
        assert said(model, end) == {"no lost update"}
    end.changes = [replace(theirs[0], value="a bird"), theirs[1], mine]
    assert said(model, end) == {"no lost update"}


def test_a_value_that_is_kept_for_somebody_who_never_typed_it_is_noticed() -> None:
    model = Model()
    model.typed("row", "1", "notes", "a", "")
    end = ending(row(notes="a"), ticket(notes="a"))
    end.put_aside = [Kept("r1", "notes", "a", open=False, place="account")]
    assert said(model, end) == {"only edits are kept"}
    model.typed("account", "A1", "notes", "a", "")
    assert not said(model, end)


def test_a_conflict_with_what_nobody_typed_is_noticed() -> None:
    model = Model()
    model.typed("row", "1", "notes", "a", "")
    end = ending(row(notes="a"), ticket(notes="b"))
    end.kept = [
        Kept("r1", "notes", value, open=True, place=place)
        for place, value in (("row", "a"), ("ticket", "b"))
    ]
    assert said(model, end) == {"no false conflict"}
    model.typed("ticket", "9", "notes", "b", "")
    assert not said(model, end)


def test_another_customers_words_are_noticed() -> None:
    model = Model()
    model.added("1", "oakmont", "77")
    shown = replace(row(), shown={"Location Name": "Place 77"})
    assert said(model, ending(shown)) == {"customers kept apart"}


def test_a_row_may_repeat_what_came_from_another_customer_and_nothing_else() -> None:
    model = Model()
    model.added("5", "oakmont", "77")
    shown = replace(row(), shown={"Location Name": "Place 77"})
    model.copied("5", shown.ref)
    assert said(model, ending(shown)) == {"customers kept apart"}

    model.moved("5", "6", "")
    model.copied("6", "7")
    model.repeated("7", shown.ref)

    assert not said(model, ending(shown))


def test_more_changes_than_were_allowed_or_approved_within_an_hour_are_noticed() -> None:
    model = Model(floor=1)
    things = [
        thing
        for n in range(3)
        for thing in (
            replace(row(gl_code="7000"), ref=f"{n}", key=f"r{n}"),
            replace(ticket(gl_code="7000"), ref=f"9{n}", key=f"r{n}"),
        )
    ]
    end = ending(*things)
    end.changes = [Change("ticket", f"9{n}", "gl_code", "7000", 10.0 * n, True) for n in range(2)]
    end.changes.append(Change("ticket", "92", "gl_code", "7000", 9000.0, ours=True))
    end.intents = {(f"ticket r{n}", "gl_code") for n in range(3)}
    end.announced = Counter({(f"r{n}", "ticket"): 1 for n in range(3)})
    assert said(model, end) == {"guard"}
    model.waved_through("halsted", "hubspot", "gl_code", 1, 0.0)
    assert not said(model, end)


def test_a_write_is_told_as_of_the_second_in_which_it_was_approved() -> None:
    model = Model(floor=1)
    model.waved_through("halsted", "smartsheet", "notes", 2, 100.4)

    assert model.let_through("halsted", "smartsheet", "notes", 100.0) == 2
    assert model.let_through("halsted", "smartsheet", "notes", 99.0) == 0
    assert model.let_through("halsted", "smartsheet", "notes", 100.3) == 0


def test_what_was_typed_over_a_field_of_the_service_is_kept() -> None:
    model = Model()
    model.meddled("row", "1", "mine 5", "")
    end = ending(row())
    assert said(model, end) == {"ownership"}
    end.kept = [Kept("r1", "sync_message", "mine 5", open=False)]
    assert not said(model, end)


def test_what_was_typed_over_before_anybody_read_it_needs_not_be_kept() -> None:
    model = Model()
    model.meddled("row", "0", "mine 5", "")
    model.followers["row", "0"] = "1"  # it was moved to another sheet in between
    end = ending(row())
    end.kept = [Kept("r1", "sync_message", "mine 6", open=False)]
    assert said(model, end) == {"ownership"}
    model.meddled("row", "2", "mine 6", "mine 5")  # another row
    assert said(model, end) == {"ownership"}
    model.meddled("row", "1", "mine 6", "mine 5")
    assert not said(model, end)


def test_a_story_survives_being_stored(tmp_path: Path) -> None:
    for seed in range(30):
        story = draw(seed)
        assert archive.load(archive.save(story, (), (), tmp_path)) == story
