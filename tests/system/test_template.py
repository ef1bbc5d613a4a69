"""Drift from the template, as admins of sheets cause it, over HTTP and from the command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
import requests
from tests.stack import ONBOARDINGS, Client
from tests.system.commands import Office
from tests.system.conftest import office_in

from ubm_smartsheet.emulator.model import Cell, Level
from ubm_smartsheet.emulator.state import SERVICE_EMAIL as SERVICE

SNAPSHOT = dict[tuple[int, int, int], Cell]


@dataclass
class House:
    """Two customers with a row each, and the person who may change the sheets' columns."""

    office: Office
    rows: list[int] = field(default_factory=list)

    @property
    def mine(self) -> Client:
        return self.office.world.clients[0]

    def template(self, *words: str) -> Any:
        done = self.office.run("template", *words, "--json")
        assert done.code == 0, done.text
        return done.json

    def sheet(self, number: int = 0) -> Any:
        """Return how one sheet stands, as the command tells it."""
        key = self.office.world.clients[number].key
        return next(one for one in self.template("status")["sheets"] if one["customer"] == key)

    def api(self, method: str, path: str, body: object = None) -> Any:
        """Ask the vendor as an admin of the sheet does in a program."""
        variables = self.office.world.variables
        url = f"{variables['SMARTSHEET_BASE_URL']}/sheets/{self.mine.sheet}{path}"
        token = {"Authorization": f"Bearer {variables['SMARTSHEET_ACCESS_TOKEN']}"}
        answer = requests.request(method, url, json=body, headers=token, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def column(self, title: str) -> dict[str, Any]:
        columns = self.api("GET", "?level=2")["columns"]
        return next(one for one in columns if one["title"] == title)

    def change(self, title: str, **body: object) -> None:
        self.api("PUT", f"/columns/{self.column(title)['id']}", body)

    def cells(self) -> SNAPSHOT:
        """Return every cell of every sheet, whatever its column is called now."""
        return {
            (sheet.id, row.id, column): cell
            for sheet in self.office.world.smartsheet.state.sheets.values()
            for row in sheet.order
            for column, cell in row.cells.items()
        }

    def told(self) -> list[str]:
        """Return the notes on the first customer's onboarding ticket."""
        where = {"ubm_customer_key": self.mine.key}
        (ticket,) = self.office.world.tickets(ONBOARDINGS, **where)
        return [str(one) for one in ticket["notes"]]

    def calls_at_rest(self) -> tuple[int, int]:
        """Return what one cycle with nothing to do asks of both vendors."""
        systems = self.office.world.smartsheet, self.office.world.hubspot
        before = [sum(one.counts.values()) for one in systems]
        assert not self.office.world.rests()
        sheets, tickets = (
            sum(one.counts.values()) - count for one, count in zip(systems, before, strict=True)
        )
        return sheets, tickets

    def ticket(self, number: int = 0) -> dict[str, Any]:
        where = {"ubm_customer_key": self.office.world.clients[number].key}
        (ticket,) = self.office.world.tickets(**where)
        return ticket


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The service at rest; each test mends what it did."""
    with office_in(tmp_path_factory.mktemp("w"), prepared=True) as office:
        world = office.world
        mine = world.type_row({"Address 2": "Suite 200", "Notes": "Ring the bell"})
        other = {"Location Code": "'0500", "Account Number": "5582016634"}
        theirs = world.type_row(other, world.clients[1])
        world.admin_does("add_column", column={"title": "Remarks", "type": "TEXT_NUMBER"})
        world.edit_row(mine, {"Remarks": "ours alone"})
        world.settle()
        house = House(office, [mine, theirs])
        yield house


@pytest.fixture(autouse=True)
def mended(house: House) -> Iterator[None]:
    """Leave the sheets as they should be, also after a test that failed."""
    yield
    house.office.run("template", "apply")
    house.office.world.settle()


@dataclass(frozen=True)
class Case:
    """One thing that an admin does; ``paused`` is what it holds up."""

    name: str
    orders: tuple[Mapping[str, Any], ...]
    paused: tuple[str, ...]
    kinds: frozenset[str]
    said: str  # part of the note
    typed: Mapping[str, str] = field(default_factory=dict)  # by the customer meanwhile
    arrives: Mapping[str, str] = field(default_factory=dict)  # on the ticket, once it is mended
    notes: int = 1  # one for each column


def rename(title: str, to: str) -> Mapping[str, Any]:
    return {"do": "rename_column", "title": title, "to": to}


def delete(title: str) -> Mapping[str, Any]:
    return {"do": "delete_column", "title": title}


PAUSING = [
    Case(
        "missing",
        (delete("Address 2"),),
        ("address_2",),
        frozenset({"missing"}),
        'Column "Address 2" is missing',
    ),
    Case(
        "another column under its title",
        (delete("Notes"), rename("Remarks", "Notes")),
        ("notes",),
        frozenset({"missing"}),
        'Another column, "Remarks" before, has its title now',
    ),
    Case(
        "titles swapped",
        (rename("Notes", "-"), rename("Address 2", "Notes"), rename("-", "Address 2")),
        ("address_2", "notes"),
        frozenset({"confused"}),
        "people would type into the wrong one",
        {"Address 2": "Dock 5"},
        {"ubm_notes": "Dock 5"},
        notes=2,
    ),
    Case(
        "another column got its title",
        (rename("Notes", "Old notes"), rename("Remarks", "Notes")),
        ("notes",),
        frozenset({"confused"}),
        'another column is called "Notes" now',
        {"Old notes": "Ring twice"},
        {"ubm_notes": "Ring twice"},
    ),
    Case(
        "retyped",
        ({"do": "retype_column", "title": "Bill Delivery", "type": "TEXT_NUMBER"},),
        ("bill_delivery",),
        frozenset({"retyped"}),
        "is of type Text/Number but should be Dropdown",
        {"Bill Delivery": "Email"},
        {"ubm_bill_delivery": "Email"},
    ),
    Case(
        "date as text",
        ({"do": "retype_column", "title": "Service Start", "type": "TEXT_NUMBER"},),
        ("service_start",),
        frozenset({"retyped"}),
        "is of type Text/Number but should be Date",
        {"Service Start": "'2026-12-15"},
        {"ubm_service_start": "2026-12-15"},
    ),
    Case(
        "option removed",
        ({"do": "drop_option", "title": "Bill Delivery", "option": "EDI"},),
        ("bill_delivery",),
        frozenset({"options"}),
        'The value "EDI" of dropdown "Bill Delivery"',
        {"Bill Delivery": "Paper mail"},
        {"ubm_bill_delivery": "Paper mail"},
    ),
    Case(
        "the service's own status",
        (delete("Sync Status"),),
        ("sync_status",),
        frozenset({"missing"}),
        'Column "Sync Status" is missing',
    ),
]


@pytest.mark.parametrize("case", PAUSING, ids=lambda case: case.name)
def test_drift_holds_up_its_field_alone_until_it_is_mended(house: House, case: Case) -> None:
    world = house.office.world
    notes, before = len(house.told()), house.ticket()["properties"]
    for order in case.orders:
        world.admin_does(**order)
    world.cycle()

    standing = house.sheet()
    assert tuple(standing["paused"]) == case.paused
    assert {one["kind"] for one in standing["drift"] if one["pauses"]} == case.kinds
    assert house.sheet(1)["paused"] == house.sheet(1)["drift"] == []

    if case.typed:
        world.edit_row(house.rows[0], case.typed)
    gl_code, number = f"7{len(case.name)}", f"9{len(case.name)}"
    world.edit_row(house.rows[0], {"GL / Cost Center": gl_code})
    world.edit_ticket(house.ticket(), ubm_meter_numbers=f"23011{number}")
    second = house.ticket(1)
    world.edit_ticket(second, ubm_address_2=f"Floor {number}")
    world.edit_row(house.rows[1], {"Notes": f"Gate {number}"}, world.clients[1])
    world.settle()

    seen = house.ticket()["properties"]
    assert seen["ubm_gl_code"] == gl_code
    assert world.row(house.rows[0])["Meter Number(s)"] == f"23011{number}"
    assert world.row(house.rows[1], world.clients[1])["Address 2"] == f"Floor {number}"
    assert house.ticket(1)["properties"]["ubm_notes"] == f"Gate {number}"
    for name in case.paused:
        assert seen.get(f"ubm_{name}") == before.get(f"ubm_{name}")
    told = house.told()[notes:]
    assert len([one for one in told if case.said in one]) == case.notes

    sheets, tickets = zip(*(house.calls_at_rest() for _ in range(4)), strict=True)
    # Now and then evidence of delays is looked for, and what a column that was paused looks like.
    assert (min(sheets), min(tickets)) == (1, 1)

    cells = house.cells()
    house.template("apply", "--customer", house.mine.key)
    after = house.cells()
    assert after == cells
    assert all(type(after[spot]) is type(cell) for spot, cell in cells.items())
    assert {one["state"] for one in house.template("apply")} == {"ok"}
    world.settle()

    standing = house.sheet()
    assert [one["kind"] for one in standing["drift"]] == ["extra"]
    assert (standing["paused"], standing["version"]) == ([], 1)
    for name, value in case.arrives.items():
        assert house.ticket()["properties"][name] == value
    row = world.row(house.rows[0])
    assert row["Address 2"] == house.ticket()["properties"]["ubm_address_2"]
    assert row["Notes"] == house.ticket()["properties"]["ubm_notes"]
    assert row["Remarks"] == "ours alone"
    assert row["Sync Status"] == "Waiting for CSM"
    assert len([one for one in house.told()[notes:] if case.said in one]) == case.notes


def test_what_can_be_followed_holds_up_nothing(house: House) -> None:
    world = house.office.world
    notes = len(house.told())
    options = house.column("Bill Delivery")["options"]
    house.change("Bill Delivery", type="PICKLIST", options=[*reversed(options), "Fax"])
    house.change("Address 2", index=0)
    house.change("City", hidden=True)
    house.change("State", validation=False)
    house.change("Notes", description="Anything")
    world.admin_does("unlock_column", title="Sync Message")
    world.admin_does("rename_column", title="GL / Cost Center", to="Cost Center")
    world.cycle()

    standing = house.sheet()
    found = {(one["kind"], one["field"]) for one in standing["drift"]}
    assert found == {
        ("options", "bill_delivery"),
        ("moved", ""),
        ("altered", "city"),
        ("unrestricted", "state"),
        ("altered", "notes"),
        ("unlocked", "sync_message"),
        ("renamed", "gl_code"),
        ("extra", ""),
    }
    assert standing["paused"] == []
    world.edit_row(house.rows[0], {"Bill Delivery": "Email", "Cost Center": "4410", "Notes": "Hi"})
    world.settle()
    seen = house.ticket()["properties"]
    assert (seen["ubm_bill_delivery"], seen["ubm_gl_code"]) == ("Email", "4410")
    told = house.told()[notes:]
    assert sorted(one.split('"')[1] for one in told) == [
        "GL / Cost Center",
        "State",
        "Sync Message",
    ]
    sheets, _ = house.calls_at_rest()
    assert sheets == 1

    cells = house.cells()
    house.template("apply", "--order")
    assert house.cells() == cells
    world.settle()
    left = {(one["kind"], one["field"]) for one in house.sheet()["drift"]}
    assert left == {("extra", ""), ("options", "bill_delivery")}  # what the sheet offers more stays
    assert house.told()[notes:] == told
    house.change("Bill Delivery", type="PICKLIST", options=options)


def test_a_deleted_identity_column_comes_back_with_every_identity(house: House) -> None:
    world = house.office.world
    column = house.column("UBM Sync ID")["id"]
    before = {row: cell for (_, row, at), cell in house.cells().items() if at == column}
    world.admin_does("delete_column", title="UBM Sync ID")
    world.edit_row(house.rows[0], {"City": "Joliet", "Notes": "While it was away"})
    world.settle()
    assert house.ticket()["properties"]["ubm_notes"] == "While it was away"
    assert house.sheet()["paused"] == ["sync_id"]
    tickets, accounts = len(world.tickets()), len(world.accounts())

    house.template("apply", "--sheet", str(house.mine.sheet))
    world.settle()

    again = house.column("UBM Sync ID")
    assert (again["locked"], again["hidden"]) == (True, True)
    after = {row: cell for (_, row, at), cell in house.cells().items() if at == again["id"]}
    assert after == before
    assert (len(world.tickets()), len(world.accounts())) == (tickets, accounts)


def test_an_identity_that_was_edited_is_put_back(house: House) -> None:
    world = house.office.world
    column = house.column("UBM Sync ID")["id"]
    before = house.cells()[house.mine.sheet, house.rows[0], column]
    world.edit_row(
        house.rows[0], {"UBM Sync ID": "mine"}, Client("", "", SERVICE, "", house.mine.sheet)
    )
    tickets = len(world.tickets())
    world.settle()

    assert house.cells()[house.mine.sheet, house.rows[0], column] == before
    assert len(world.tickets()) == tickets


def test_a_sheet_that_may_only_be_edited_says_whom_to_ask(house: House) -> None:
    world = house.office.world
    world.admin_does("delete_column", title="Address 2")
    sheet = world.smartsheet.state.sheets[house.mine.sheet]
    owner, sheet.owner = sheet.owner, 0
    sheet.shares[owner] = Level.EDITOR
    done = house.office.run("template", "apply", "--customer", house.mine.key, "--json")
    sheet.owner = owner

    assert done.code == 1
    assert "share it with the account as Admin" in done.text


def test_what_cannot_be_chosen_is_named(house: House) -> None:
    done = house.office.run("template", "apply", "--customer", "nobody")

    assert done.code == 1
    assert "There is no customer nobody with a sheet" in done.err


def test_cells_that_another_type_might_change_keep_their_column(house: House) -> None:
    world = house.office.world
    world.admin_does("retype_column", title="Service Start", type="TEXT_NUMBER")
    world.edit_row(house.rows[0], {"Service Start": "46000"})
    cells = house.cells()

    done = house.office.run("template", "apply", "--json")

    assert done.code == 1
    assert "1 row holds what might be changed by it" in done.text
    assert house.cells() == cells
    world.edit_row(house.rows[0], {"Service Start": "'2026-12-01"})


def test_a_newer_template_is_rolled_out_by_plan(house: House) -> None:
    world = house.office.world
    notes = len(house.told())
    file = world.folder / "mappings" / "locations.yaml"
    old = file.read_text(encoding="utf-8")
    new = old.replace("Paper mail, EDI", "Paper mail, Courier, EDI").replace(
        "  notes:\n",
        "  region:\n    type: text\n    role: shared\n    writers: [row, ticket]\n"
        "    label: Region\n    description: Which of your regions.\n    at:\n"
        "      row: {name: Region, settings: {column: TEXT_NUMBER}}\n"
        "      ticket: ubm_region\n\n  notes:\n",
        1,
    )
    assert new != old
    file.write_text(new, encoding="utf-8")
    world.stop()
    assert house.office.run("setup", "hubspot").code == 0
    world.settle()
    assert house.template("status")["template"] == 2
    assert [house.sheet(number)["version"] for number in (0, 1)] == [1, 1]
    assert [house.sheet(number)["paused"] for number in (0, 1)] == [["region"], ["region"]]
    assert house.told()[notes:] == []

    plan = world.folder / "roll-out.json"
    house.template("plan", "--out", str(plan))
    steps = orjson.loads(plan.read_bytes())["steps"]
    assert {one["sheet"] for one in steps} == {str(one.sheet) for one in world.clients}
    world.admin_does("delete_column", title="Address 2")  # after the plan was made
    cells = house.cells()
    house.template("apply", str(plan), "--sheet", str(world.clients[1].sheet))
    told = house.template("apply", str(plan))
    left = {(one["sheet"], one["key"]) for one in told if one["state"] == "left"}
    assert left == {(str(world.clients[0].sheet), "address_2/add")}
    assert (
        "1 of 2 sheets are as they should be"
        in house.office.run("template", "apply", str(plan)).text
    )
    assert house.cells() == cells
    world.settle()
    assert [house.sheet(number)["version"] for number in (0, 1)] == [2, 2]
    assert [house.sheet(number)["paused"] for number in (0, 1)] == [["address_2"], []]

    house.template("apply")
    assert {one["state"] for one in house.template("apply")} == {"ok"}
    world.edit_row(house.rows[0], {"Region": "Midwest", "Bill Delivery": "Courier"})
    world.settle()
    seen = house.ticket()["properties"]
    assert (seen["ubm_region"], seen["ubm_bill_delivery"]) == ("Midwest", "Courier")
    titles = [one["title"] for one in house.api("GET", "?level=2")["columns"]]
    assert titles.index("Region") == titles.index("Notes") - 1
    newest = house.template("versions")[0]
    assert "region/column" in newest["added"]
    assert newest["removed"] == []


def test_an_exception_counts_until_its_day_is_over(house: House) -> None:
    world = house.office.world
    file = world.folder / "config" / "customers" / f"{house.mine.key}.yaml"
    before, notes = file.read_text(encoding="utf-8"), len(house.told())
    day = world.clock.now().date().isoformat()
    approved = "{field: bill_delivery, drift: options, owner: dana@example.com, until: %s}"
    file.write_text(f"{before}exceptions:\n  - {approved % day}\n", encoding="utf-8")
    world.stop()
    world.admin_does("drop_option", title="Bill Delivery", option="EDI")
    world.settle()

    assert house.sheet()["paused"] == []
    assert house.told()[notes:] == []
    assert {one["state"] for one in house.template("apply")} == {"ok"}
    (listed,) = house.office.run("report", "template-exceptions", "--json").json["exceptions"]
    assert (listed["state"], listed["owner"]) == ("in use", "dana@example.com")

    world.wait(2 * 24 * 3600)
    world.settle()
    assert [one.split('"')[1] for one in world.problems()] == ["EDI"]
    assert len(house.told()[notes:]) == 1
    file.write_text(before, encoding="utf-8")
    world.stop()
