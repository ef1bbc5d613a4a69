"""What the guard stops, as an admin sees it and lets it pass, on the command line."""

from __future__ import annotations

from typing import Any

from tests.stack import LOCATIONS
from tests.system.commands import Office

DONE, FAILED, UNDECIDED = 0, 1, 3


def configure(office: Office, old: str, new: str) -> None:
    """Edit ``service.yaml`` as its admin does."""
    file = office.run.folder / "config" / "service.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_a_stop_is_shown_approved_by_name_and_written(office: Office) -> None:
    run, world = office.run, office.world
    configure(office, "  share: 0.3\n  floor: 100\n", "  share: 0\n  floor: 1\n")
    rows = [world.type_row({"Account Number": f"44719080{number}1"}) for number in range(2)]
    assert run("sync").code == DONE
    for row in rows:
        world.edit_row(row, {"GL / Cost Center": "6410"})

    planned = run("plan", "--json").json
    synced = run("sync", "--once")
    shown = run("status")
    found = run("status", "--json")

    (stop,) = found.json["stops"]
    assert (synced.code, shown.code, found.code) == (UNDECIDED, UNDECIDED, UNDECIDED)
    assert (stop["customer"], stop["system"], stop["field"]) == ("halsted", "hubspot", "gl_code")
    assert (stop["kind"], stop["count"], stop["limit"]) == ("change", 2, 1)
    assert {one["after"] for one in stop["samples"]} == {"6410"}
    assert [one["id"] for one in planned["stops"]] == [stop["id"]]
    assert run("sync").err.count(stop["id"]) == 1
    for said in (synced.err, shown.err):
        assert f"ubm-sync approve {stop['id']}" in " ".join(said.split())
    assert "6410" in shown.out

    assert run("approve", stop["id"], "--by", "Priya N.").code == DONE
    assert "approved by Priya N." in run("status").err
    assert run("status").code == DONE
    assert run("sync").code == DONE

    assert {one["properties"]["ubm_gl_code"] for one in world.tickets(LOCATIONS)} == {"6410"}
    assert run("status", "--json").json["stops"] == []
    assert run("approve", stop["id"]).code == FAILED
    assert run("verify-log").code == DONE
    (entry,) = _approvals(office)
    assert (entry.actor, entry.body["count"], entry.body["field"]) == ("Priya N.", 2, "gl_code")
    assert entry.body["sample"] == stop["samples"]
    assert entry.body["mapping"].startswith("location ")


def test_accounts_that_wait_are_shown_as_new_and_their_rows_as_approved(office: Office) -> None:
    run, world = office.run, office.world
    configure(office, "  rules: []", "  rules: [{field: account, creates: 1}]")
    rows = [world.type_row({"Account Number": f"44719080{number}1"}) for number in range(2)]
    run("sync")
    world.approve(*world.tickets(LOCATIONS))
    run("sync")

    assert [world.row(row)["Sync Status"] for row in rows] == ["Approved"] * 2
    stages = {one["properties"]["ubm_sync_status"] for one in world.tickets(LOCATIONS)}
    assert stages == {"Approved"}
    assert world.accounts() == []
    shown = run("status")
    assert "(new)" in shown.out
    assert "(empty)" not in shown.out

    (stop,) = run("status", "--json").json["stops"]
    run("approve", stop["id"], "--by", "Priya N.")
    run("sync")
    assert [world.row(row)["Sync Status"] for row in rows] == ["Setting up"] * 2
    assert len(world.accounts()) == 2


def test_an_undo_that_waits_names_the_stop_and_how_to_approve_it(office: Office) -> None:
    run, world = office.run, office.world
    configure(office, "  clears: {share: 0.1, floor: 25}", "  clears: {share: 0, floor: 1}")
    rows = [world.type_row({"Account Number": f"44719080{number}1"}) for number in range(2)]
    run("sync")
    for row in rows:
        world.edit_row(row, {"GL / Cost Center": "6410"})
    (report, *_) = run("sync", "--json").json

    undone = run("undo", report["run"], "--by", "Priya N.")

    stops = run("status", "--json").json["stops"]
    assert undone.code == UNDECIDED
    assert stops
    said = " ".join(undone.err.split())
    assert all(f"ubm-sync approve {stop['id']}" in said for stop in stops)
    assert "GuardStop" not in undone.err


def _approvals(office: Office) -> list[Any]:
    with office.world.app.state.reading() as tx:
        return [one for one in tx.audit.last(500) if one.action == "changes approved"]
