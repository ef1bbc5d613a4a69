"""The commands about delays on an onboarding of a hundred days, lived through the emulators."""

from __future__ import annotations

import csv
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.integration.hubspot_connector.test_witness import hundred_days
from tests.stack import ONBOARDINGS, ROOT, Stack
from tests.system.commands import Terminal
from tests.unit.delays.facts import at

from ubm_sync.clock import VirtualClock
from ubm_sync.delays.codes import CODES

DONE, FAILED = 0, 1
DOCS = (
    "Client-caused, CL-DOCS: 60 bill copies requested 9/3, due 9/10, received 10/1. "
    "21 days on the calendar, 18 counted."
)
NO_REPLY = (
    "Client-caused, CL-NOREPLY: Asked 9/15 (email), no reply by 9/20 09:00, answered 10/6. "
    "16 days on the calendar, 0 counted."
)
PORTAL = (
    "Utility-caused, VN-PORTAL: The portal of ComEd failed from 9/28 to 10/12. "
    "14 days on the calendar."
)
MISSED = (
    "Client-caused, CL-RESCHED: The meeting of 10/20 was missed by the client, held 10/27. "
    "7 days on the calendar, 7 counted."
)
SENTENCES = (DOCS, NO_REPLY, PORTAL, MISSED)
DAYS = {
    "status": "live", "start": "2026-09-01", "end": "2026-12-10", "gross_days": 100,
    "client_sum": 44, "client_union": 33, "client_exclusive": 25, "client_shared": 8,
    "others_only": 8, "unattributed": 59, "net_days": 75, "vendor": 14, "internal": 5,
    "open": [], "needs_review": [],
}  # fmt: skip


class Lived:
    """The first customer's onboarding, where people do something at some time."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        mapping = stack.app.configuration.mappings["onboarding"]
        self._labels = {one.key: one.label for one in mapping.place("onboarding").stages}
        (ticket,) = stack.tickets(ONBOARDINGS, ubm_customer_key="halsted")
        self.ticket = ticket["id"]

    def do(self, when: str, what: str, ref: str = "", **order: Any) -> str:
        self.wait(when)
        answer = self._stack.desk(what, id=ref or self.ticket, **order)
        return str(answer.get("id", "")) if isinstance(answer, dict) else ""

    def move(self, when: str, key: str) -> None:
        self.do(when, "move_ticket", stage=self._labels[key])

    def wait(self, when: str) -> None:
        self._stack.wait((at(when) - self._stack.clock.now()).total_seconds())


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A customer whose onboarding took a hundred days, and one that has not mended its row yet."""
    folder = tmp_path_factory.mktemp("lived") / "w"
    with Stack(folder, clock=VirtualClock(at("2026-09-01"))) as stack:
        stack.type_row({"ZIP": "123"}, stack.clients[1])
        stack.settle()
        onboarding = Lived(stack)
        hundred_days(onboarding)
        onboarding.wait("2026-12-20")
        stack.settle()
        Terminal(folder).variables(stack.variables)
        stack.stop()
        yield stack


@pytest.fixture
def run(lived: Stack, tmp_path: Path) -> Terminal:
    """A terminal on a copy of that service's memory."""
    shutil.copy(lived.folder / "state.db", tmp_path / "state.db")
    terminal = Terminal(tmp_path)
    state = {"UBM_SYNC_STATE_URL": f"sqlite:///{tmp_path / 'state.db'}"}
    terminal.variables({**lived.variables, **state})
    return terminal


def test_the_list_has_the_days_of_each_and_of_all(run: Terminal) -> None:
    answer = run("delays", "list", "--json")
    shown = run("delays", "list", "--customer", "halsted")
    halsted, oakmont = answer.json["onboardings"]

    assert (answer.code, answer.err, shown.code) == (DONE, "", DONE)
    assert {name: halsted[name] for name in DAYS} == DAYS
    assert halsted["by_code"] == {"CL-RESCHED": 7, "CL-DOCS": 18, "CL-NOREPLY": 0}
    assert (oakmont["customer"], oakmont["status"]) == ("oakmont", "in flight")
    done = answer.json["portfolio"]["completed"]
    assert (done["onboardings"], done["within_goal"]) == (1, 0)
    assert (done["mean_gross"], done["median_net"]) == (100, 75)
    assert answer.json["portfolio"]["in_flight"]["onboardings"] == 1
    assert "Completed: 1, 0 of them within 90 days; gross mean 100" in shown.out
    assert "Days by party: client 33, vendor 14, internal 5" in shown.out
    assert "oakmont" not in shown.out


def test_an_explanation_says_why_in_a_sentence_for_each_delay(run: Terminal) -> None:
    shown = run("delays", "explain", "halsted")
    told = run("delays", "explain", "halsted", "--json").json
    ticket = run("delays", "explain", told["ticket"], "--json").json

    assert (shown.code, shown.err) == (DONE, "")
    words = " ".join(shown.out.split())
    assert "live: day 100, net 75. Client alone 25, shared 8, others alone 8, nobody's 59." in words
    assert all(sentence in words for sentence in SENTENCES)
    assert ticket == told
    assert [one["code"] for one in told["events"]] == [
        "CL-DOCS", "CL-NOREPLY", "VN-PORTAL", "IN-BACKLOG", "CL-RESCHED"
    ]  # fmt: skip
    assert sum(one["counted_days"] for one in told["events"]) == 25
    assert all(one["evidence"] and one["revisions"] for one in told["events"])
    assert all(one["notice"] for one in told["events"] if one["party"] == "client")
    assert sum(one["days"] for one in told["slices"]) == 100


def test_an_export_is_a_table_a_document_and_a_page_for_each_customer(run: Terminal) -> None:
    done = run("delays", "export", "--out", "reports")
    folder = run.folder / "reports"

    assert (done.code, done.err) == (DONE, "")
    assert sorted(path.name for path in folder.iterdir()) == [
        "delays.csv", "delays.json", "halsted.html", "oakmont.html"
    ]  # fmt: skip
    document = orjson.loads((folder / "delays.json").read_bytes())
    told = {one["customer"]: one for one in document["onboardings"]}
    assert {name: told["halsted"][name] for name in DAYS} == DAYS
    assert document["portfolio"]["completed"]["mean_gross"] == 100
    with (folder / "delays.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    rows = [one for one in lines if one["customer"] == "halsted"]
    assert [(one["code"], one["calendar_days"], one["counted_days"]) for one in rows] == [
        ("CL-DOCS", "21", "18"), ("CL-NOREPLY", "16", "0"), ("VN-PORTAL", "14", "0"),
        ("IN-BACKLOG", "5", "0"), ("CL-RESCHED", "7", "7"),
    ]  # fmt: skip
    assert [one["code"] for one in lines if one not in rows] == ["IN-BACKLOG", "CL-LIST"]
    page = (folder / "halsted.html").read_text(encoding="utf-8")
    assert all(sentence in page for sentence in SENTENCES)
    assert "Dec 10, live" in page
    assert "Halsted" not in (folder / "oakmont.html").read_text(encoding="utf-8")


def test_one_customer_s_export_holds_nothing_of_another(run: Terminal) -> None:
    done = run("delays", "export", "--out", "one", "--customer", "oakmont")
    files = sorted((run.folder / "one").iterdir())

    assert done.code == DONE
    assert [path.name for path in files] == ["delays.csv", "delays.json", "oakmont.html"]
    assert not [one.name for one in files if "alsted" in one.read_text(encoding="utf-8")]


def test_no_cell_of_the_table_is_taken_for_a_formula(run: Terminal) -> None:
    evil = '=HYPERLINK("http://evil.example")'
    change(run, "UPDATE delay_case SET ticket = ? WHERE customer = 'halsted'", evil)
    run("delays", "export", "--out", "reports")
    with (run.folder / "reports" / "delays.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    assert {one["ticket"] for one in rows if one["customer"] == "halsted"} == {f"'{evil}"}
    assert not [cell for one in rows for cell in one.values() if cell.startswith(tuple("=+-@"))]


def test_a_folder_that_cannot_be_written_is_one_sentence(run: Terminal) -> None:
    (run.folder / "taken").write_text("a file")
    refused = run("delays", "export", "--out", "taken")

    assert refused.code == FAILED
    assert "give another folder as --out" in " ".join(refused.err.split())
    assert "Traceback" not in refused.text


def test_the_ledger_is_whole(run: Terminal) -> None:
    done = run("verify-log", "--json")

    assert (done.code, done.json["whole"]) == (DONE, True)
    assert run("verify-log", "--noted", done.json["delays"]).code == DONE


@pytest.mark.parametrize(
    ("orders", "entry"),
    [
        (("UPDATE delay_revision SET body = replace(body, '2026-09-10T', '2026-09-11T')",), 1),
        (("UPDATE delay_revision SET number = 7 WHERE seq = 3",), 3),
        (("DELETE FROM delay_revision WHERE seq = 2",), 2),
        (("DELETE FROM delay_revision WHERE seq = (SELECT max(seq) FROM delay_revision)",), 7),
        (
            (
                "UPDATE delay_revision SET seq = 99 WHERE seq = 1",
                "UPDATE delay_revision SET seq = 1 WHERE seq = 2",
                "UPDATE delay_revision SET seq = 2 WHERE seq = 99",
            ),
            1,
        ),
        (("UPDATE delay_fact SET body = replace(body, 'priya', 'nobody')",), None),
        (("DELETE FROM delay_fact",), 1),
        (("UPDATE delay_fact SET body = replace(body, 'dana@', 'nobody@')",), 1),
    ],
    ids=[
        "edited", "renumbered", "dropped", "last one dropped", "reordered", "evidence untouched",
        "evidence dropped", "evidence edited",
    ],
)  # fmt: skip
def test_what_was_done_to_the_ledger_by_sql_is_found(
    run: Terminal, orders: tuple[str, ...], entry: int | None
) -> None:
    for order in orders:
        change(run, order)
    done = run("verify-log", "--json")

    assert done.code == (DONE if entry is None else FAILED)
    assert done.json["whole"] is (entry is None)
    assert done.json.get("entry") == entry
    if entry is not None:
        assert f"The ledger of delays is broken at entry {entry}" in done.err


def test_nothing_a_customer_can_see_tells_of_delays(lived: Stack, run: Terminal) -> None:
    found = run("delays", "explain", "oakmont", "--json").json["events"]
    (row,) = lived.rows(lived.clients[1]).values()
    seen = [repr(lived.smartsheet.state.sheet(client.sheet)) for client in lived.clients]
    mails = lived.hubspot.portal.shelves["emails"].live

    assert "CL-LIST" in [one["code"] for one in found]
    assert row["Sync Status"] == "Needs information"
    assert row["Sync Message"] in seen[1]
    words = [*CODES, "delay", "overdue", "client-caused", "ubm_day", "ubm_net"]
    assert not [word for word in words for one in [*seen, str(row)] if word.lower() in one.lower()]
    assert len(mails) == 2  # what people themselves wrote and got: the service writes to nobody
    places = [
        binding.field
        for binding in lived.app.configuration.mappings["location"].bindings["row"].values()
        if "delay" in f"{binding.field} {binding.external}".lower()
    ]
    assert places == []


def test_the_customer_s_page_does_not_speak_of_delays() -> None:
    page = (ROOT / "docs" / "customer.md").read_text(encoding="utf-8").lower()

    assert not [word for word in (*CODES, "delay", "evidence", "fault") if word.lower() in page]


def change(run: Terminal, order: str, *values: str) -> None:
    """Change the service's memory behind its back."""
    connection = sqlite3.connect(run.folder / "state.db")
    with connection:
        connection.execute(order, values)
    connection.close()
