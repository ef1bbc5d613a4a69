"""Every command on good and bad input: exit codes, one sentence, JSON, no traceback."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.bench.rows import TITLES, rows
from tests.stack import MANAGER
from tests.system.commands import Office, Terminal

DONE, FAILED, USAGE, UNDECIDED = 0, 1, 2, 3
COMMANDS = (
    ("demo",), ("setup",), ("check",), ("plan",), ("apply",), ("sync",), ("run",), ("status",),
    ("customer", "add"), ("customer", "list"), ("customer", "pause"), ("customer", "resume"),
    ("conflicts", "list"), ("conflicts", "resolve"), ("quarantine", "list"),
    ("quarantine", "retry"), ("quarantine", "drop"), ("why",), ("verify-log",), ("approve",),
)  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_with_an_example(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    done = Terminal(tmp_path).plain(*words, "--help")

    assert done.code == DONE
    assert f"Example: ubm-sync {' '.join(words)}" in " ".join(done.out.split())


def test_a_customer_is_added_worked_on_and_asked_about(office: Office) -> None:
    run, world = office.run, office.world
    company = world.desk("create_company", name="Third Shift")["id"]
    world.smartsheet.act({"do": "add_user", "email": "kim@third.example"})
    added = run(
        "customer", "add", "third", "--name", "Third Shift", "--csm", MANAGER, "--csm-name",
        "Dana Lee", "--company", str(company), "--share", "kim@third.example",
    )  # fmt: skip
    row = world.type_row()

    assert added.code == DONE
    assert "Added Third Shift" in added.out
    assert added.err == ""
    assert run("check").code == DONE
    assert run("setup").code == DONE
    first = run("sync")
    assert (first.code, first.err) == (DONE, "")
    ticket = world.ticket(row)
    assert "from jsmith@halsted.example" in ticket["notes"][0]
    listed = {one["key"]: one for one in run("customer", "list", "--json").json}
    assert listed["halsted"]["records"] == 1
    assert listed["third"]["state"] == "active"
    found = run("status", "--json")
    assert found.code == DONE
    assert found.json["lag_seconds"] >= 0
    assert {one["trouble"] for one in found.json["systems"].values()} == {None}
    assert found.json["waits_for"] == {"Dana Lee": 1}
    shown = run("status").out
    assert "1 location waits for Dana Lee" in shown
    assert "+00:00" not in shown
    assert re.search(r"HubSpot worked last: \d{4}-\d\d-\d\d \d\d:\d\d CT\n", shown)
    assert re.search(r"Version 1 .* is in force since .* CT, saved by ", shown)
    assert "UTC" not in shown + office.run("mapping", "history").text


def test_after_rest_every_new_process_reads_once_and_writes_nothing(office: Office) -> None:
    world, run = office.world, office.run
    world.type_row()
    world.type_row({"Account Number": "4471908024"})
    assert run("sync").code == DONE
    assert run("sync", "--once").code == DONE
    for _ in range(3):
        for emulator in world.emulators.values():
            emulator.counts.clear()
        assert run("sync", "--once").code == DONE
        assert dict(world.smartsheet.counts) == {"GET /2.0/sheets": 1}
        assert dict(world.hubspot.counts) == {
            "POST /crm/v3/objects/tickets/search": 2,  # one for records, one for the help desk
            "GET /crm/v3/owners": 2,  # whether somebody left
        }


def test_without_the_help_desk_a_quiet_process_makes_two_calls(office: Office) -> None:
    world, run = office.world, office.run
    _turn_off_the_desk(run)
    world.type_row()
    assert run("sync").code == DONE
    assert run("sync", "--once").code == DONE
    for emulator in world.emulators.values():
        emulator.counts.clear()

    assert run("sync", "--once").code == DONE

    assert dict(world.smartsheet.counts) == {"GET /2.0/sheets": 1}
    assert dict(world.hubspot.counts) == {"POST /crm/v3/objects/tickets/search": 1}


def _turn_off_the_desk(run: Terminal) -> None:
    path = run.folder / "config" / "disconnections.yaml"
    path.write_text("on: false\n", encoding="utf-8")


def test_a_first_sync_of_a_thousand_rows_takes_sixteen_calls(fresh: Office) -> None:
    world, run = fresh.world, fresh.run
    _turn_off_the_desk(run)
    world.hubspot.act({"do": "add_owner", "email": MANAGER, "firstName": "Dana"})
    company = world.desk("create_company", name="Third Shift")["id"]
    world.smartsheet.act({"do": "add_user", "email": "kim@third.example"})
    assert run("setup").code == DONE
    run(
        "customer", "add", "third", "--name", "Third Shift", "--csm", MANAGER, "--csm-name",
        "Dana Lee", "--company", str(company), "--share", "kim@third.example",
    )  # fmt: skip
    sheet = int(run("customer", "list", "--json").json[0]["sheet"])
    typed = list(rows(0, 1_000, world.clock.now().date()))
    world.smartsheet.act(
        {"do": "load_rows", "sheet": sheet, "columns": list(TITLES), "rows": typed}
    )
    for emulator in world.emulators.values():
        emulator.counts.clear()

    assert run("sync", "--once").code == DONE

    assert dict(world.smartsheet.counts) == {
        "GET /2.0/sheets": 1, "GET /2.0/sheets/{}": 1, "PUT /2.0/sheets/{}/rows": 2,
    }  # fmt: skip
    assert dict(world.hubspot.counts) == {
        "POST /crm/v3/objects/tickets/search": 1,
        "POST /crm/v3/objects/tickets/batch/upsert": 10,
        "POST /crm/v4/associations/tickets/companies/batch/create": 1,
    }
    assert len(world.tickets()) == len(typed)


def test_a_plan_is_carried_out_exactly_or_refused_by_name(office: Office) -> None:
    world, run = office.world, office.run
    row = world.type_row()
    other = world.type_row({"Account Number": "4471908024"})
    planned = run("plan", "--out", "plan.json", "--json")
    assert planned.code == DONE
    shown = {(one["record"], one["place"]) for one in planned.json["writes"]}
    assert world.tickets() == []

    world.edit_row(other, {"City": "Peoria"})
    refused = run("apply", "plan.json")

    assert refused.code == FAILED
    assert refused.err.count("Not done, because it is not what would be done now") == 2
    assert "2 of" in refused.err
    assert [one["properties"]["ubm_request_number"] for one in world.tickets()] == [
        world.row(row)["Request #"]
    ]
    run("plan", "--out", "again.json")
    assert run("apply", "again.json").code == DONE
    assert len(world.tickets()) == 2
    assert len(shown) == 4 + len([one for one in shown if one[1] == "onboarding"])


def test_a_plan_stays_what_it_shows_when_the_clock_goes_on(office: Office) -> None:
    world, run = office.world, office.run
    world.type_row()
    run("plan", "--out", "plan.json")
    path = run.folder / "plan.json"
    plan = orjson.loads(path.read_bytes())
    shown = {field for one in plan["writes"] for field in one["fields"]}
    assert "last_synced" in shown, "the row names the minute"

    assert run("apply", "plan.json", "--json").json["refused_items"] == []


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("apply", "nothere.json"), FAILED, "nothere.json cannot be read"),
        (("apply", "service.env"), FAILED, "service.env is no plan"),
        (("plan", "--out", "/nowhere/p.json"), FAILED, "cannot be written to /nowhere/p.json"),
        (("setup", "nothing"), FAILED, 'There is no system "nothing"'),
        (("customer", "pause", "nobody"), FAILED, "There is no customer nobody"),
        (("conflicts", "resolve", "x", "city", "--keep", "row"), FAILED, "No conflict of city"),
        (("conflicts", "resolve", "x", "city"), USAGE, "give either --keep PLACE or --value"),
        (("quarantine", "retry", "77"), FAILED, "Nothing is set aside under 77"),
        (("quarantine", "drop", "77"), FAILED, "Nothing is set aside under 77"),
        (("quarantine", "drop", "x"), USAGE, "valid integer"),
        (("why", "nowhere", "1", "city"), FAILED, 'There is no system "nowhere"'),
        (("why", "store", "1", "cty"), FAILED, 'did you mean "city"?\n'),
        (("why", "store", "1", "qqqqq"), FAILED, "the mapping's files name them all."),
        (("why", "store", "UBM-99", "city"), FAILED, "Nothing is known of UBM-99"),
        (("approve", "xyz"), FAILED, 'No stop that waits for approval begins with "xyz"'),
        (("nonsense",), USAGE, "No such command"),
        (("--log-level", "loud", "status"), USAGE, "loud"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_bad_input_ends_in_one_sentence(
    office: Office, words: tuple[str, ...], code: int, says: str
) -> None:
    done = office.run(*words)

    assert done.code == code
    assert says in done.err
    assert done.out == ""
    assert "Traceback" not in done.text
    if code == FAILED:
        assert len(done.err.strip().splitlines()) == 1


def test_a_sheet_of_another_customer_is_not_shared(office: Office) -> None:
    sheet = str(office.world.clients[0].sheet)
    done = office.run(
        "customer", "add", "third", "--name", "Third", "--csm", MANAGER, "--csm-name", "D",
        "--sheet", sheet,
    )  # fmt: skip

    assert done.code == FAILED
    assert "Halsted Foods's (halsted) already" in done.err
    assert office.run("check").code == DONE


def test_no_sheet_is_made_for_a_customer_that_cannot_be(office: Office) -> None:
    before = dict(office.world.smartsheet.counts)
    done = office.run(
        "customer", "add", "Third Shift", "--name", "Third", "--csm", "dana", "--csm-name", "D",
        "--share", "kim@third.example",
    )  # fmt: skip

    assert done.code == FAILED
    assert "use lower-case letters" in done.err
    assert '"dana" is not an e-mail address' in done.err
    assert dict(office.world.smartsheet.counts) == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--folder", "drop/archive"), "lies inside the other"),
        (("--folder", "link"), "Bakery's (bakery) already"),
        (("--folder", "link/new"), "lies inside the other"),
        (("--folder", "."), "lies inside the other"),
        (("--folder", "service.env"), "cannot be made"),
        (("--folder", "~nobody-here/\0"), "a sign that nobody sees"),
        (("--no-sheet", "--backup", "DANA@example.com"), "the backup is the manager"),
        (("--no-sheet", "--match-only"), "nothing to match with"),
        (("--sheet", "https://sheets.example/1"), "is no id"),
    ],
)
def test_a_customer_that_the_check_would_refuse_is_not_added(
    office: Office, words: tuple[str, ...], told: str
) -> None:
    named = ("--csm", "dana@example.com", "--csm-name", "Dana Lee")
    first = ("--name", "Bakery", *named, "--folder", "drop")
    (office.run.folder / "link").symlink_to("drop")
    assert office.run("customer", "add", "bakery", *first).code == DONE

    done = office.run("customer", "add", "diner", "--name", "Diner", *named, *words)

    assert done.code == FAILED, done.text
    assert told in done.err
    assert not (office.run.folder / "config" / "customers" / "diner.yaml").exists()
    assert office.run("customer", "list").code == DONE


def test_a_manager_nobody_knows_is_told_at_once(office: Office) -> None:
    done = office.run(
        "customer", "add", "third", "--name", "Third", "--csm", "who@example.com", "--csm-name",
        "W", "--no-sheet",
    )  # fmt: skip

    assert done.code == DONE
    assert "No active user of HubSpot has the e-mail who@example.com" in done.err


def test_a_company_that_is_not_there_is_refused_and_an_unsure_one_told(office: Office) -> None:
    words = (
        "customer", "add", "third", "--name", "Third", "--csm", MANAGER, "--csm-name", "D",
        "--company", "987654321", "--no-sheet",
    )  # fmt: skip
    refused = office.run(*words)
    known = office.run("customer", "list").out
    good = office.world.variables
    office.run.variables({**good, "HUBSPOT_BASE_URL": "http://127.0.0.1:9"})
    unsure = office.run(*words)

    assert refused.code == FAILED
    assert refused.err.strip() == (
        "HubSpot has no company 987654321, so tickets could not be linked to it; give the id in "
        "the company's address there, or leave --company out. Nothing was added."
    )
    assert "third" not in known
    assert unsure.code == DONE
    assert "Whether HubSpot has the company 987654321 was not checked" in unsure.err


def test_a_sheet_that_cannot_be_read_is_refused_and_an_unsure_one_told(office: Office) -> None:
    run, world = office.run, office.world
    world.smartsheet.act({"do": "add_user", "email": "kim@third.example"})
    column = {"title": "Place", "type": "TEXT_NUMBER", "primary": True}
    made: Any = world.smartsheet.act(
        {"do": "create_sheet", "who": "kim@third.example", "name": "Theirs", "columns": [column]}
    )
    words = ("customer", "add", "third", "--name", "Third", "--csm", MANAGER, "--csm-name", "D")
    file = run.folder / "config" / "customers" / "third.yaml"
    for sheet in ("123456", "abc123", str(made["sheet"])):
        refused = run(*words, "--sheet", sheet)

        assert refused.code == FAILED
        assert refused.err.strip() == (
            f"Smartsheet shows this service no sheet {sheet}, so nothing could be read; give the "
            "id in the sheet's properties, or share the sheet with the service's account as Admin. "
            "Nothing was added."
        )
        assert not file.exists()
    run.variables({**world.variables, "SMARTSHEET_ACCESS_TOKEN": "wrong"})
    unsure = run(*words, "--sheet", "123456")

    assert unsure.code == DONE
    assert "Whether Smartsheet has the sheet 123456 was not checked: " in unsure.err
    assert file.exists()


def test_a_mistake_in_a_file_is_named_by_line_and_status_still_answers(office: Office) -> None:
    file = office.run.folder / "config" / "service.yaml"
    text = file.read_text()
    file.write_text(text.replace("share: 0.3", "shar: 0.3"))

    for words in (("check",), ("sync", "--once"), ("plan",), ("customer", "list")):
        done = office.run(*words)
        assert done.code == FAILED
        assert re.search(r"service\.yaml:\d+:\d+: .*shar", done.err), words
        assert "Traceback" not in done.text
    status = office.run("status", "--json")
    assert status.code == FAILED
    assert "service.yaml" in status.json["configuration"][0]


def test_a_mistake_in_one_customers_file_stops_that_customer_only(office: Office) -> None:
    row = office.world.type_row()
    file = office.run.folder / "config" / "customers" / "oakmont.yaml"
    file.write_text(file.read_text().replace("csm:", "cms:"))

    assert office.run("sync").code == DONE
    assert office.world.row(row)["Sync Status"] == "Waiting for CSM"
    assert office.run("check").code == FAILED
    status = office.run("status")
    assert status.code == DONE
    assert "oakmont.yaml" in status.err


def test_a_paused_customer_is_left_alone_and_taken_up_again(office: Office) -> None:
    world, run = office.world, office.run
    row = world.type_row()
    assert run("customer", "pause", "halsted").code == DONE
    assert "paused already" in run("customer", "pause", "halsted").out
    assert run("sync").code == DONE
    assert world.row(row).get("Sync Status", "") == ""

    assert run("customer", "resume", "halsted").code == DONE
    assert run("sync").code == DONE
    assert world.row(row)["Sync Status"] == "Waiting for CSM"


def test_a_missing_token_a_wrong_one_and_no_server_are_told_apart(office: Office) -> None:
    run, good = office.run, office.world.variables
    cases = {
        "HUBSPOT_ACCESS_TOKEN is not set": {**good, "HUBSPOT_ACCESS_TOKEN": ""},
        "refused the access token": {**good, "HUBSPOT_ACCESS_TOKEN": "pat-na1-wrong-token"},
        "cannot be reached": {**good, "HUBSPOT_BASE_URL": "http://127.0.0.1:9"},
        "Smartsheet.*token": {**good, "SMARTSHEET_ACCESS_TOKEN": "wrong-one"},
    }
    quick = run.folder / "config" / "service.yaml"
    quick.write_text(quick.read_text().replace("name: HubSpot", "name: HubSpot\n    attempts: 1"))
    for says, variables in cases.items():
        run.variables(variables)
        done = run("sync", "--once")
        assert done.code == FAILED, says
        assert re.search(says, done.err), done.err
        assert "Traceback" not in done.text + run.log()
        assert "pat-na1-wrong-token" not in done.text + run.log()

    run.variables(good)
    assert run("sync", "--once").code == DONE
    assert run("status", "--json").json["problems"] == []


def test_a_secret_may_stand_in_a_file_of_its_own(office: Office) -> None:
    run, good = office.run, dict(office.world.variables)
    (run.folder / "token").write_text(good.pop("HUBSPOT_ACCESS_TOKEN") + "\n")
    run.variables({**good, "HUBSPOT_ACCESS_TOKEN_FILE": "token"})
    assert run("sync", "--once").code == DONE

    (run.folder / "token").unlink()
    done = run("sync", "--once")
    assert done.code == FAILED
    assert "HUBSPOT_ACCESS_TOKEN_FILE names token, which cannot be read" in done.err


def test_a_file_of_variables_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = Terminal(tmp_path).plain("--env-file", "typo.env", "status")

    assert done.code == FAILED
    assert "there is no file typo.env" in done.err


def test_a_state_of_a_newer_version_is_not_touched(office: Office) -> None:
    office.run("sync", "--once")
    state = office.world.app.state
    with state.transaction() as tx:
        connection = tx.cursors._connection
        connection.exec_driver_sql("update alembic_version set version_num = '9999'")
    office.world.stop()

    done = office.run("status")

    assert done.code == FAILED
    assert len(done.err.strip().splitlines()) == 1
    assert "newer" in done.err


def test_a_folder_that_cannot_be_written_is_said(office: Office) -> None:
    run, good = office.run, office.world.variables
    run.variables({**good, "UBM_SYNC_STATE_URL": "sqlite:////proc/nowhere/state.db"})

    done = run("sync", "--once")

    assert done.code == FAILED
    assert len(done.err.strip().splitlines()) == 1
    assert "/proc/nowhere" in done.err


def test_an_unexpected_error_is_one_sentence_and_the_log_has_the_rest(office: Office) -> None:
    folder = office.run.folder / "plan.json"
    folder.write_text('{"format": 1, "made_at": 5, "writes": []}')
    done = office.run("apply", "plan.json")

    assert done.code == FAILED
    assert "Traceback" not in done.text


def test_why_names_person_time_and_rule(office: Office) -> None:
    world, run = office.world, office.run
    row = world.type_row()
    run("sync")
    world.edit_row(row, {"GL / Cost Center": "GL-1"})
    run("sync")
    world.edit_ticket(world.ticket(row), ubm_gl_code="GL-2")
    run("sync")
    world.sheet_does("edit_row", row=row, cells={"City": "Peoria"})
    run("sync")

    story = run("why", "smartsheet", str(row), "gl_code", "--json").json
    now = {one["place"]: one for one in story["now"]}
    assert now["row"]["value"] == now["ticket"]["value"] == "GL-2"
    written = [one for one in story["history"] if one["what"] == "written"]
    changes = [(one["place"], one["before"], one["after"], one["why"]) for one in written]
    assert changes == [
        ("row", "GL-1", "GL-2", "changed in ticket by dana@example.com"),
        ("ticket", None, "GL-1", "changed in row by jsmith@halsted.example"),
        ("ticket", None, None, "created from the row of jsmith@halsted.example, without a value"),
    ]
    assert all(
        one["at"] and one["run"] and one["intent"] < one["outcome"] and one["mapping"]
        for one in written
    )
    (typed,) = [one for one in story["history"] if one["what"] == "typed"]
    assert (typed["place"], typed["before"], typed["after"]) == ("ticket", "GL-1", "GL-2")
    assert typed["by"] == now["ticket"]["by"] == now["row"]["by"] == "dana@example.com"
    assert "a person decides" in story["rule"]["text"]
    city = run("why", "hubspot", f"#{world.ticket(row)['id']}", "city", "--json").json["history"]
    assert [(one["after"], one["by"]) for one in city] == [
        ("Peoria", "jsmith@halsted.example"),
        ("Joliet", "jsmith@halsted.example"),
    ]
    assert "Peoria" in run("why", "hubspot", str(world.ticket(row)["id"]), "city").out


def test_why_says_what_is_gone(office: Office) -> None:
    world, run = office.world, office.run
    row = world.type_row()
    run("sync")
    ticket = str(world.ticket(row)["id"])
    assert "is gone" not in run("why", "hubspot", ticket, "city").out
    world.desk("archive_ticket", id=ticket)
    run("sync", "--full")

    shown = run("why", "hubspot", ticket, "city")
    assert f"The ticket {ticket} is gone (archived); so it was last seen." in shown.out


def test_why_tells_what_a_workflow_set_back(office: Office) -> None:
    world, run = office.world, office.run
    row = world.type_row({"GL / Cost Center": "GL-1"})
    run("sync")
    world.edit_row(row, {"GL / Cost Center": "GL-2"})
    run("sync")
    ticket = world.ticket(row)["id"]
    back, source = {"ubm_gl_code": "GL-1"}, "AUTOMATION_PLATFORM"
    world.desk("edit_ticket", who=None, id=ticket, properties=back, source=source)
    run("sync")

    story = run("why", "hubspot", str(ticket), "gl_code", "--json").json
    (typed,) = [one for one in story["history"] if one["what"] == "typed"]
    assert (typed["before"], typed["after"], typed["by"]) == ("GL-2", "GL-1", "automation platform")
    assert typed["why"] == "set here by a program, as the system itself tells"
    now = {one["place"]: one for one in story["now"]}
    assert (now["ticket"]["by"], now["row"]["by"]) == ("automation platform",) * 2


def test_a_run_is_undone_and_the_rest_is_listed(office: Office) -> None:
    world, run = office.world, office.run
    rows = [world.type_row({"Account Number": number}) for number in ("4471908023", "4471908024")]
    run("sync")
    for row in rows:
        world.edit_row(row, {"GL / Cost Center": "GL-1", "Notes": "gate 4"})
    (report, *_) = run("sync", "--json").json
    world.edit_ticket(world.ticket(rows[1]), ubm_gl_code="GL-9")

    dry = run("undo", report["run"], "--dry-run", "--json")
    assert dry.code == UNDECIDED
    assert dry.json["counts"] == {"restore": 3, "left": 1}
    assert world.row(rows[0])["GL / Cost Center"] == "GL-1"

    done = run("undo", report["run"], "--by", "Priya N.", "--json")

    assert done.code == UNDECIDED
    assert done.json["counts"] == {"restored": 3, "left": 1}
    (left,) = [one for one in done.json["fields"] if one["state"] == "left"]
    assert "dana@example.com" in left["why"]
    assert world.row(rows[0]).get("GL / Cost Center", "") == ""
    assert world.row(rows[1])["GL / Cost Center"] == "GL-9"
    assert not world.ticket(rows[0])["properties"].get("ubm_gl_code")
    story = run("why", "smartsheet", str(rows[0]), "gl_code", "--json").json
    assert story["history"][0]["why"] == f"restored by Priya N.: undo of {report['run']}"
    again = run("undo", report["run"])
    assert (again.code, "as they were before" in again.out) == (UNDECIDED, True)
    back = run("undo", done.json["undone_by"], "--json")
    assert (back.code, back.json["counts"]) == (0, {"restored": 3})
    assert world.row(rows[0])["GL / Cost Center"] == "GL-1"
    assert run("verify-log").code == 0
    assert run("undo", "run-999").code == FAILED


def test_an_undo_lists_what_its_run_created(office: Office) -> None:
    office.world.type_row()
    (report, *_) = office.run("sync", "--json").json

    done = office.run("undo", report["run"])

    assert done.code == 0
    assert "nothing is ever deleted" in done.out
    assert office.world.ticket()


def test_a_kept_value_is_listed_and_brought_back(office: Office) -> None:
    world, run = office.world, office.run
    row = world.type_row()
    run("sync")
    world.edit_row(row, {"GL / Cost Center": "GL-row"})
    world.edit_ticket(world.ticket(row), ubm_gl_code="GL-ticket")
    run("sync")
    world.edit_ticket(world.ticket(row), ubm_conflict_decision="keep_ticket")
    run("sync")
    (kept,) = run("kept", "list", "--json").json
    assert (kept["value"], kept["by"]) == ("GL-row", "jsmith@halsted.example")
    (ended,) = run("conflicts", "list", "--all", "--json").json
    assert ended["by"] == "dana@example.com"
    assert "dana@" in run("conflicts", "list", "--all").out

    assert run("kept", "restore", str(kept["id"])).code == 0
    run("sync")

    assert world.row(row)["GL / Cost Center"] == "GL-row"
    assert world.ticket(row)["properties"]["ubm_gl_code"] == "GL-row"
    again = run("kept", "list", "--record", kept["record"], "--json").json
    assert [one["value"] for one in again] == ["GL-ticket", "GL-row"]
    assert run("kept", "restore", "99").code == FAILED
    unknown = run("kept", "list", "--record", "LOC-00001")
    assert unknown.code == FAILED
    assert 'There is no record "LOC-00001"' in unknown.err


def test_why_shows_an_edit_that_was_put_back(office: Office) -> None:
    world, run = office.world, office.run
    row = world.type_row()
    run("sync")
    world.admin_does("edit_row", row=row, cells={"Sync Status": "Active"})
    run("sync")

    assert world.row(row)["Sync Status"] == "Waiting for CSM"
    story = run("why", "smartsheet", str(row), "sync_status", "--json").json
    assert ("row", "Active", "Waiting for CSM") in [
        (one["place"], one["before"], one["after"]) for one in story["history"]
    ]


def test_conflicts_are_decided_from_the_command_line(office: Office) -> None:
    world, run = office.world, office.run
    row = world.type_row()
    run("sync")
    world.edit_row(row, {"GL / Cost Center": "GL-row"})
    world.edit_ticket(world.ticket(row), ubm_gl_code="GL-ticket")

    waiting = run("sync", "--json")
    assert waiting.code == UNDECIDED
    assert waiting.json
    later = run("sync", "--once")
    assert later.code == UNDECIDED
    assert "1 conflict waits for a decision" in later.err
    (conflict,) = run("conflicts", "list", "--json").json
    assert (conflict["field"], conflict["values"]) == (
        "gl_code",
        {"row": "GL-row", "ticket": "GL-ticket"},
    )
    assert run("status").code == UNDECIDED
    decided = run("conflicts", "resolve", conflict["record"], "gl_code", "--keep", "ticket")
    assert decided.code == DONE
    assert run("sync").code == DONE
    assert world.row(row)["GL / Cost Center"] == "GL-ticket"
    assert run("conflicts", "list", "--json").json == []
    (closed,) = run("conflicts", "list", "--all", "--json").json
    assert "GL-ticket" in closed["how"]


def test_the_log_is_verified_and_a_change_in_it_is_found(office: Office) -> None:
    office.world.type_row()
    office.run("sync")
    whole = office.run("verify-log", "--json")
    assert (whole.code, whole.json["whole"]) == (DONE, True)

    with office.world.app.state.transaction() as tx:
        connection = tx.cursors._connection
        connection.exec_driver_sql("update audit set actor = 'somebody' where seq = 1")
    office.world.stop()
    broken = office.run("verify-log", "--json")

    assert (broken.code, broken.json["whole"], broken.json["entry"]) == (FAILED, False, 1)


def test_a_change_in_the_ledger_of_delays_is_found(office: Office) -> None:
    with office.world.app.state.transaction() as tx:
        tx.cursors._connection.exec_driver_sql("update delay_head set count = 1")
    office.world.stop()
    broken = office.run("verify-log")

    assert broken.code == FAILED
    assert "The ledger of delays is broken at entry 1" in broken.err


def test_a_hash_noted_from_the_service_s_log_finds_a_log_rewritten_as_a_whole(
    office: Office,
) -> None:
    office.world.type_row()
    noted = office.run("sync", "--json").json[-1]["audit"]
    assert noted == office.run("verify-log", "--json").json["head"]

    office.world.type_row({"Account Number": "5571908023"})
    office.run("sync")
    known = office.run("verify-log", "--noted", noted)
    foreign = office.run("verify-log", "--noted", "0" * 64, "--json")

    assert known.code == DONE
    assert (foreign.code, foreign.json["whole"], foreign.json["entry"]) == (FAILED, False, None)
    assert "No entry has the hash 0000" in foreign.json["reason"]


def test_a_reader_that_leaves_early_is_no_error(office: Office) -> None:
    process = office.run.process("check", NO_COLOR="1")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()

    said = process.stderr.read()
    process.wait(60)
    process.stderr.close()

    assert said == ""
    assert process.returncode in {DONE, FAILED}


def test_a_narrow_pipe_gets_plain_text_without_bars(office: Office) -> None:
    office.world.type_row()
    process = office.run.process("sync", NO_COLOR="1", COLUMNS="30")
    out, err = process.communicate(timeout=60)

    assert process.returncode == DONE
    assert "\x1b" not in out + err
    assert err == ""
    assert "cycle done" in office.run.log()
