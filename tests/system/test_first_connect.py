"""First connect as people do it: sheet, tickets and accounts are there, then the service comes."""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from tests.stack import MANAGER
from tests.system.commands import Office

DONE, FAILED, UNDECIDED = 0, 1, 3

MATTESON = {
    "Location Code": "0413",
    "Location Name": "Matteson #0413",
    "Address 1": "4300 W Lincoln Hwy",
    "City": "Matteson",
    "ZIP": "60443",
    "Account Number": "7788120031",
}
AURORA = {
    "Location Code": "0414",
    "Location Name": "Aurora #0414",
    "Address 1": '=HYPERLINK("http://evil.example") 12 Main St',
    "City": "Aurora",
    "ZIP": "60505",
    "Account Number": "5500119987",
}


class Before:
    """What existed before the service: rows, tickets and accounts of the first customer."""

    def __init__(self, office: Office) -> None:
        self.office = office
        world = office.world
        path = world.folder / "config" / "customers" / "halsted.yaml"
        path.write_text(path.read_text(encoding="utf-8") + "match: only\n", encoding="utf-8")
        self.rows = [world.type_row(), world.type_row(MATTESON), world.type_row(AURORA)]
        self.sql("INSERT INTO customer (key, name) VALUES ('halsted', 'Halsted Foods')")
        self.joliet = self.account("00 4471-908-023", "0412", "1450 West Jefferson Street", "60435")
        self.matteson = self.account("7788120031", "413", "4300 W. Lincoln Highway", "60443")
        self.other = self.account("9999000011", "0999", "1 Nowhere Rd", "60601")
        self.ticket = self.make_ticket()

    def sql(self, statement: str, *values: object) -> Any:
        path = self.office.world.variables["UBM_DATABASE_URL"].removeprefix("sqlite:///")
        with sqlite3.connect(path) as connection:
            found = connection.execute(statement, values).fetchall()
        connection.close()
        return found

    def account(self, number: str, code: str, address: str, zip_code: str) -> str:
        self.sql("INSERT OR IGNORE INTO location (customer_key, code) VALUES ('halsted', ?)", code)
        self.sql(
            "INSERT INTO account (customer_key, location_code, address_1, state, zip, vendor,"
            " commodity, account_number, meter_numbers, status, data_services)"
            " VALUES ('halsted', ?, ?, 'IL', ?, 'Commonwealth Edison', 'Electric', ?,"
            " '230114477', 'active', 'enrolled')",
            code, address, zip_code, number,
        )  # fmt: skip
        return str(self.sql("SELECT id FROM account ORDER BY number DESC LIMIT 1")[0][0])

    def make_ticket(self) -> str:
        world = self.office.world
        made = world.desk(
            "create_ticket",
            MANAGER,
            pipeline="New locations",
            stage="Active",
            company=world.clients[0].company,
            properties={
                "subject": "Joliet ComEd",
                "ubm_account_number": "4471908023",
                "ubm_vendor": "ComEd",
                "ubm_state": "IL",
                "ubm_location_code": "0412",
                "ubm_gl_code": "6410",
            },
        )
        return str(made["id"])

    def account_row(self, ref: str) -> dict[str, Any]:
        names = ("sync_id", "account_number", "address_1", "meter_numbers", "status",
                 "data_services", "approved_by", "location_code")  # fmt: skip
        (row,) = self.sql(f"SELECT {', '.join(names)} FROM account WHERE id = ?", ref)  # noqa: S608 - constants
        return dict(zip(names, row, strict=True))


@pytest.fixture
def before(office: Office) -> Before:
    return Before(office)


def writes(office: Office) -> Counter[str]:
    """Return the writing requests so far, but those of people."""
    return office.world.writes()


def test_nothing_is_written_before_it_is_approved(before: Before) -> None:
    office, run = before.office, before.office.run
    run("sync")  # the other customer's onboarding
    accounts = before.sql("SELECT * FROM account")
    start = writes(office)

    for words in (
        ("sync",), ("sync", "--full"), ("match", "--customer", "halsted"),
        ("match", "--customer", "halsted", "--approve-above", "0.9", "--by", "Dana"),
        ("sync",), ("plan",),
    ):  # fmt: skip
        done = run(*words)
        assert done.code in {DONE, UNDECIDED}, done.text

    assert writes(office) == start
    assert before.sql("SELECT * FROM account") == accounts
    assert run("sync").code == UNDECIDED
    assert "being matched" in run("sync").text
    assert office.world.row(before.rows[0]).get("Sync Status", "") == ""


def test_setting_up_adds_the_service_s_columns_to_a_sheet_that_is_being_matched(
    before: Before,
) -> None:
    office, run = before.office, before.office.run
    office.world.admin_does("delete_column", title="UBM Account ID")
    rows = [office.world.row(one) | {"UBM Account ID": ""} for one in before.rows]

    shown = run("setup", "smartsheet", "--dry-run")
    done = run("setup", "smartsheet")
    again = run("setup", "smartsheet")

    for told in (shown, done):
        assert told.code == DONE, told.text
        assert 'column "UBM Account ID"' in told.text
    assert "nothing was changed" in again.text
    assert [office.world.row(one) | {"UBM Account ID": ""} for one in before.rows] == rows
    assert run("sync").code == UNDECIDED  # it is held all the same


def test_a_row_with_two_that_it_may_be_is_one_row(before: Before) -> None:
    before.make_ticket()

    told = before.office.run("match", "--customer", "halsted").text

    assert "2 without a link. Rows: 0 same, 0 probable, 1 person must decide, 2 new." in " ".join(
        told.split()
    )


def test_a_conflict_of_a_link_is_counted_once(before: Before) -> None:
    office, run = before.office, before.office.run
    office.world.edit_ticket({"id": before.ticket}, ubm_city="Aurora", ubm_zip="60505")
    run("match", "--customer", "halsted")
    begun = run("match", "--customer", "halsted", "--approve-above", "0.9", "--begin", "--by", "D")
    assert begun.code == DONE, begun.text

    done = run("sync")

    waiting = len(run("conflicts", "list", "--json").json)
    assert waiting > 1
    assert f"{waiting} conflicts wait for a decision" in [
        " ".join(line.split()[:6]) for line in done.text.splitlines()
    ]


def test_what_was_approved_is_linked_as_one_record(before: Before) -> None:
    office, run = before.office, before.office.run
    found = run("match", "--customer", "halsted", "--json")
    assert found.code == UNDECIDED, found.text
    (told,) = found.json
    pairs = {(one["place"], one["partner"]): one for one in told["matches"] if one["id"]}
    assert pairs["account", before.joliet]["kind"] == "same", pairs
    assert pairs["account", before.matteson]["score"] >= 0.95
    assert pairs["ticket", before.ticket]["score"] >= 0.95
    assert [one["ref"] for one in told["unmatched"]["account"]] == [before.other]

    done = run("match", "--customer", "halsted", "--approve-above", "0.95", "--begin", "--by", "D")
    assert done.code == DONE, done.text
    assert "The next cycle links what was accepted." in done.out
    assert run("sync").code in {DONE, UNDECIDED}
    assert "Nothing waits to be linked." in run("match", "--customer", "halsted").out

    world = office.world
    keys = {one["id"]: one["properties"].get("ubm_sync_id") for one in world.tickets()}
    row = world.row(before.rows[0])
    assert keys[before.ticket] == row["UBM Sync ID"] == before.account_row(before.joliet)["sync_id"]
    assert len(before.sql("SELECT id FROM account")) == 3
    assert len([one for one in keys.values() if one == keys[before.ticket]]) == 1
    assert row["HubSpot Ticket"] == f"#{before.ticket}"
    assert row["UBM Account ID"] == before.joliet
    assert row["Sync Status"] == "Active"
    assert row["GL / Cost Center"] == "6410"  # only the ticket knew it
    assert row["Meter Number(s)"] == "230114477"  # only the account knew it
    account = before.account_row(before.joliet)
    assert account["status"] == "active"
    assert account["data_services"] == "enrolled"
    assert account["approved_by"] is None
    assert world.tickets("Data Services") == []
    assert before.account_row(before.other)["sync_id"] is None
    assert world.row(before.rows[2])["Sync Status"] == "Waiting for CSM"


def test_a_closed_account_that_is_linked_stays_closed(before: Before) -> None:
    run, world = before.office.run, before.office.world
    before.sql("UPDATE account SET status = 'closed' WHERE id = ?", before.matteson)
    found = run("match", "--customer", "halsted", "--json").json[0]["matches"]
    (pair,) = (one["id"] for one in found if one["partner"] == before.matteson)
    run("match", "--customer", "halsted", "--accept", str(pair), "--by", "Dana")
    run("match", "--customer", "halsted", "--approve-above", "0.9", "--begin", "--by", "Dana")
    run("sync")

    account, row = before.account_row(before.matteson), world.row(before.rows[1])
    assert (account["status"], row["Sync Status"]) == ("closed", "Closed")
    assert account["sync_id"] == row["UBM Sync ID"]
    assert row["Sync Message"].endswith("This account is closed.")
    assert run("quarantine", "list", "--json").json == []


def test_what_differs_is_asked_about_and_never_written_over_unseen(before: Before) -> None:
    run, world = before.office.run, before.office.world
    world.edit_ticket({"id": before.ticket}, ubm_location_name="Joliet old")
    run("match", "--customer", "halsted", "--approve-above", "0.9", "--begin", "--by", "D")
    run("sync")

    told = world.tickets(ubm_location_code="0412")[0]["properties"]
    assert told["ubm_location_name"] == "Joliet old"
    assert world.row(before.rows[0])["Location Name"] == "Joliet #0412"
    assert "Joliet old" in told["ubm_conflict"]
    assert run("conflicts", "list").code == DONE
    kept = run("why", "store", before.joliet, "address_1")
    assert kept.code == DONE
    with world.app.state.reading() as tx:
        assert "1450 West Jefferson Street" in [one.value for one in tx.kept.list()]


def test_decisions_are_made_one_by_one_and_survive_another_look(before: Before) -> None:
    run = before.office.run
    (told,) = run("match", "--customer", "halsted", "--json").json
    by_partner = {one["partner"]: one["id"] for one in told["matches"] if one["id"]}
    joliet, matteson = by_partner[before.joliet], by_partner[before.matteson]

    run("match", "--customer", "halsted", "--reject", str(joliet), "--by", "Dana Lee")
    done = run(
        "match", "--customer", "halsted", "--accept", str(matteson), "--by", "Priya", "--json"
    )

    (told,) = done.json
    decided = {
        one["id"]: (one["decision"], one["decided_by"]) for one in told["matches"] if one["id"]
    }
    assert decided[joliet] == ("rejected", "Dana Lee")
    assert decided[matteson] == ("accepted", "Priya")
    assert done.code == UNDECIDED
    refused = run("match", "--customer", "halsted", "--begin", "--by", "Dana")
    assert refused.code == UNDECIDED
    assert "for a decision" in refused.text
    assert run("match", "--accept", "9999").code == FAILED


def test_all_at_once_accepts_only_what_an_earlier_look_had_shown(before: Before) -> None:
    run, world = before.office.run, before.office.world
    approve = ("match", "--customer", "halsted", "--approve-above", "0.95", "--json")
    (seen,) = run("match", "--customer", "halsted", "--json").json
    same = {one["id"] for one in seen["matches"] if one["id"] and one["score"] >= 0.95}
    changed = {one["id"] for one in seen["matches"] if one["partner"] == before.matteson}
    world.edit_row(before.rows[1], {"Location Name": "Matteson Mall"})
    row = world.type_row({**AURORA, "Location Code": "0415", "Account Number": "6600119988"})
    fresh = before.account("6600119988", "0415", "12 Main St", "60505")

    first = run(*approve)

    (told,) = first.json
    accepted = {one["id"] for one in told["matches"] if one["decision"] == "accepted"}
    new = {one["id"] for one in told["matches"] if one["partner"] == fresh}
    assert world.row(row)["Account Number"] == "6600119988"
    assert (first.code, told["left"]) == (UNDECIDED, 2)
    assert "Halsted Foods: 2 are new or changed since the last look and were left" in first.err
    assert changed <= same
    assert accepted == same - changed

    second = run(*approve)

    (told,) = second.json
    assert told["left"] == 0
    assert second.err == ""
    assert {one["id"] for one in told["matches"] if one["decision"]} == same | new


def test_a_look_that_found_nothing_was_a_look_too(before: Before) -> None:
    run = before.office.run
    before.sql("UPDATE account SET customer_key = 'nobody'")
    before.office.world.edit_ticket(
        {"id": before.ticket}, ubm_account_number="1", ubm_location_code="9", subject="Other"
    )
    (nothing,) = run("match", "--customer", "halsted", "--json").json
    assert [one for one in nothing["matches"] if one["id"]] == []
    before.sql("UPDATE account SET customer_key = 'halsted'")

    done = run("match", "--customer", "halsted", "--approve-above", "0.95", "--json")

    assert done.json[0]["left"] == 2
    assert done.json[0]["undecided"] == 2


def test_what_was_approved_stands_where_it_may_not_begin_yet(before: Before) -> None:
    run = before.office.run
    run("match", "--customer", "halsted")
    before.account("5500119987", "0414", "12 Main St", "60505")

    done = run(
        "match", "--customer", "halsted", "--approve-above", "0.95", "--begin", "--by", "Dana"
    )
    (told,) = run("match", "--customer", "halsted", "--json").json

    assert done.code == UNDECIDED
    assert "3 accepted by Dana" in done.out
    assert "A match of Halsted Foods waits for a decision" in done.err
    assert len([one for one in told["matches"] if one["decision"] == "accepted"]) == 3
    assert told["begun_by"] is None


def test_the_review_is_a_workbook_or_a_page_and_no_cell_is_a_formula(before: Before) -> None:
    run, folder = before.office.run, before.office.run.folder
    assert run("match", "--customer", "halsted", "--report", "review.xlsx").code == UNDECIDED
    assert run("match", "--customer", "halsted", "--report", "review.html").code == UNDECIDED

    with ZipFile(folder / "review.xlsx") as book:
        parts = {name: book.read(name).decode() for name in book.namelist() if ".xml" in name}
    assert "=HYPERLINK" in parts["xl/sharedStrings.xml"]
    assert not [name for name, text in parts.items() if "<f>" in text or "<hyperlink" in text]
    page = Path(folder / "review.html").read_text(encoding="utf-8")
    assert "same account number" in page
    assert "<script" not in page
    assert run("match", "--customer", "halsted", "--report", "review.pdf").code == FAILED


def test_a_running_service_takes_up_who_was_let_begin(before: Before) -> None:
    from ubm_sync.live import Live  # noqa: PLC0415

    run, world = before.office.run, before.office.world
    live = Live(world.app)
    live.cycle()
    assert world.row(before.rows[0]).get("Sync Status", "") == ""

    run("match", "--customer", "halsted", "--approve-above", "0.9", "--begin", "--by", "D")
    live.cycle()
    live.cycle()

    assert world.row(before.rows[0])["Sync Status"] == "Active"
    live.close()


def test_a_roll_out_of_the_template_leaves_who_is_being_matched_alone(before: Before) -> None:
    world = before.office.world
    world.admin_does("unlock_column", title="Sync Message")
    sheet = world.smartsheet.state.sheets[world.clients[0].sheet]
    version = sheet.version

    told = before.office.run("template", "apply")
    assert told.code == DONE, told.text
    assert sheet.version == version
    assert before.office.run("template", "plan", "--json").json[0]["customer"] == "oakmont"

    assert before.office.run("template", "status").code == DONE
    named = before.office.run("template", "apply", "--customer", "halsted")
    assert named.code == FAILED
    assert "halsted is being matched" in named.err
    assert sheet.version == version
