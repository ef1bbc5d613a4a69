"""Versions of what is configured: edits of the running service, rollback, a second name, plans."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.system.commands import Office
from tests.system.test_service import Service, running

MAPPING = "locations.yaml"
NEW_FIELD = """
  cost_center:
    type: text
    role: shared
    label: Cost center
    writers: [row, ticket]
    at:
      row: {name: Cost Center}
      ticket: {name: ubm_cost_center, label: Cost center}

"""


WORDS = "{Online portal: Email, Email: Online portal}"
SWAPPED = (
    "      ticket: ubm_bill_delivery\n",
    f"      ticket: {{name: ubm_bill_delivery, encode: {WORDS}}}\n",
)

RENAMED = (("    label: GL / cost center\n", "    label: GL code or cost center\n"),)
STRICTER = ((" EDI, We upload]\n", " EDI, We upload, Fax]\n"),)


def edit(path: Path, *changes: tuple[str, str]) -> str:
    """Change a file as an editor does, by rename; return what it held before."""
    before = text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    save(path, text)
    return before


def save(path: Path, text: str) -> None:
    """Write a file as an editor does: another one takes its name."""
    other = path.with_name(f".{path.name}.swp")
    other.write_text(text, encoding="utf-8")
    other.replace(path)


def service_file(office: Office) -> Path:
    """Return the service's own file."""
    return office.run.folder / "config" / "service.yaml"


def mapping_file(office: Office) -> Path:
    """Return the mapping of locations."""
    return office.run.folder / "mappings" / MAPPING


def versions(office: Office) -> list[dict[str, Any]]:
    """Return the versions, newest first."""
    found: list[dict[str, Any]] = office.run("mapping", "history", "--json").json
    return found


def in_force(office: Office) -> int:
    """Return the number of the version in force."""
    return int(office.run("status", "--json").json["version"]["in_force"]["version"])


def events(service: Service, name: str) -> list[dict[str, Any]]:
    """Return the entries of the log with an event."""
    return [line for line in service.lines() if line["event"] == name]


def test_a_good_edit_is_used_a_bad_one_is_refused_and_an_old_one_comes_back(
    office: Office,
) -> None:
    notice = office.run.folder / "config" / "NOT-IN-USE.txt"
    with running(office) as service:
        service.until(lambda: "cycle done" in service.events())
        first = in_force(office)

        good = edit(service_file(office), ("quiet_minutes: 30 ", "quiet_minutes: 31 "))
        began = time.time()
        service.until(lambda: events(service, "configuration taken over"))
        assert in_force(office) == first + 1
        service.until(lambda: events(service, "cycle done")[-1]["version"] == first + 1)
        took = service_file(office).stat().st_mtime
        assert began - took < 30

        edit(service_file(office), ("quiet_minutes: 31 ", "quiet_minute: 31 "))
        service.until(lambda: events(service, "configuration not taken over"))
        told = office.run("status")
        assert "config/service.yaml:" in told.text
        assert "quiet_minute" in told.text
        assert "service.yaml:" in notice.read_text(encoding="utf-8")
        assert in_force(office) == first + 1
        cycles = len(events(service, "cycle done"))
        service.until(lambda: len(events(service, "cycle done")) > cycles)
        assert events(service, "cycle done")[-1]["version"] == first + 1
        assert office.run("sync", "--once", "--json").json[0]["version"] in {first + 1, 0}

        back = office.run("mapping", "rollback", str(first), "--by", "kim")
        assert back.code == 0, back.text
        assert service_file(office).read_text(encoding="utf-8") == good
        service.until(lambda: events(service, "cycle done")[-1]["version"] == in_force(office))
        assert in_force(office) > first + 1
        service.until(lambda: not notice.exists())
        assert service.stop()[0] == 0
    history = versions(office)
    assert [one["standing"] for one in history].count("in force") == 1
    assert history[0]["how"] == f"rollback to {first}"
    assert history[0]["by"] == "kim"
    assert any(one["standing"] == "set aside" for one in history)
    assert office.run("check").code == 0
    assert "The files are that version" in office.run("check").text
    assert office.run("verify-log").code == 0


def test_files_saved_one_after_the_other_are_taken_over_together(office: Office) -> None:
    customer = office.run.folder / "config" / "customers" / "oakmont.yaml"
    with running(office) as service:
        service.until(lambda: "cycle done" in service.events())
        first = in_force(office)
        edit(service_file(office), ("notice_days: 7 ", "notice_days: 8 "))
        time.sleep(0.7)  # the second save comes while the first is not settled
        edit(customer, ("Oakmont Schools", "Oakmont School District"))
        service.until(lambda: in_force(office) == first + 1)
        service.until(lambda: events(service, "cycle done")[-1]["version"] == first + 1)
        assert service.stop()[0] == 0
    newest = versions(office)[0]
    assert newest["version"] == first + 1  # one version, not two
    diff = office.run("mapping", "diff", str(first), str(first + 1)).text
    assert "notice_days: 8" in diff
    assert "Oakmont School District" in diff


def test_a_killed_service_starts_with_the_last_good_version(office: Office) -> None:
    assert office.run("sync", "--once").code == 0
    first = in_force(office)
    edit(mapping_file(office), ("fields:", "feilds:"))
    with running(office) as service:
        service.until(lambda: "cycle done" in service.events())
        assert events(service, "cycle done")[-1]["version"] == first
        service.process.kill()
        service.process.wait()
    assert "locations.yaml:" in office.run("status").text
    assert office.run("why", "smartsheet", "1", "city").code == 1  # asked, not broken
    assert office.run("check").code == 1


def test_a_large_change_waits_for_a_second_name(office: Office) -> None:
    world = office.world
    for number in range(4):
        world.type_row({"Account Number": f"447190{number}023", "Location Name": f"Store {number}"})
    edit(
        service_file(office),
        ("  floor: 100\n", "  floor: 2\n"),
        ("  share: 0.3\n", "  share: 0.01\n"),
        ("second_name: false", "second_name: true"),
    )
    office.run("sync")
    first = in_force(office)
    with running(office) as service:
        service.until(lambda: "cycle done" in service.events())
        first = in_force(office)
        edit(mapping_file(office), SWAPPED)
        service.until(lambda: events(service, "configuration waits for a second name"))
        status = office.run("status", "--json")
        assert status.code == 3
        waiting = status.json["version"]["waiting"]
        assert status.json["version"]["in_force"]["version"] == first
        assert "in smartsheet for halsted" in str(waiting["effect"]["over"])
        assert office.run("sync", "--once", "--json").json[0]["version"] in {first, 0}

        for name in (waiting["by"], f"{waiting['by']}\u200b", "  "):
            same = office.run("mapping", "approve", str(waiting["version"]), "--by", name)
            assert same.code == 1
            assert "second person" in same.text
        done = office.run("mapping", "approve", str(waiting["version"]), "--by", "Priya N.")
        assert done.code == 0, done.text
        service.until(lambda: events(service, "cycle done")[-1]["version"] == waiting["version"])
        assert service.stop()[0] == 0
    newest = versions(office)[0]
    assert (newest["second_by"], newest["standing"]) == ("Priya N.", "in force")


def test_the_rule_of_the_second_name_cannot_be_switched_off_by_one(office: Office) -> None:
    edit(service_file(office), ("second_name: false", "second_name: true"))
    assert office.run("sync").code == 0
    first = in_force(office)
    edit(service_file(office), ("second_name: true", "second_name: false"))
    office.run("sync")
    assert in_force(office) == first
    waits = office.run("status").text
    assert "it ends the rule of the second name" in waits
    edit(service_file(office), ("second_name: false", "second_name: true"))
    assert office.run("sync").code == 0
    assert [one["standing"] for one in versions(office)][:2] == ["withdrawn", "in force"]


def test_a_diff_counts_what_would_change_and_writes_nothing(office: Office) -> None:
    world, run = office.world, office.run
    rows = [
        world.type_row({"Account Number": f"447190{number}023", "Location Name": f"Store {number}"})
        for number in range(3)
    ]
    run("sync")
    assert all(world.row(row)["Sync Status"] == "Waiting for CSM" for row in rows)
    new = copied_mappings(office)
    edit(new / MAPPING, SWAPPED)
    writes = world.writes()
    before = in_force(office)

    found = run("mapping", "diff", str(new), "--json")

    assert found.code == 0, found.text
    told = found.json
    assert told["rows"] == 3
    assert told["owners"] == ["dana@example.com"]
    assert any(one["cause"] == "value map" for one in told["rules"])
    change = next(one for one in told["changes"] if one["field"] == "bill_delivery")
    assert (change["system"], change["customer"], change["count"]) == ("smartsheet", "halsted", 3)
    assert change["samples"][0]["after"] == "Email"
    assert world.writes() == writes
    assert in_force(office) == before
    assert "3 rows, 1 owner" in run("mapping", "diff", str(new)).text


def test_a_plan_of_a_changed_mapping_is_carried_out_once_it_is_in_force(office: Office) -> None:
    world, run = office.world, office.run
    world.type_row({"Notes": "Gate code at the front desk"})
    run("sync")
    new = copied_mappings(office)
    edit(new / MAPPING, *RENAMED)
    made = run("plan", "--mapping", str(new), "--out", "plan.json")
    assert made.code == 0, made.text

    refused = run("apply", "plan.json")
    assert refused.code == 1
    assert "Make a new plan" in refused.text

    save(mapping_file(office), (new / MAPPING).read_text(encoding="utf-8"))
    done = run("apply", "plan.json")
    assert "Make a new plan" not in done.text


def test_what_was_seen_is_decided_again_under_a_changed_mapping(office: Office) -> None:
    world, run = office.world, office.run
    for number in range(3):
        world.type_row({"Account Number": f"447190{number}023", "Location Name": f"Store {number}"})
    run("sync")
    writes = world.writes()
    new = copied_mappings(office)
    edit(new / MAPPING, SWAPPED, *STRICTER)

    found = run("plan", "--mapping", str(new), "--replay", "7", "--json")

    assert found.code == 0, found.text
    causes = {one["cause"] for one in found.json["groups"]}
    assert found.json["records"] >= 3
    assert "value map" in causes
    group = next(one for one in found.json["groups"] if one["field"] == "bill_delivery")
    assert group["cause"] == "value map"
    assert group["records"] == 3
    assert world.writes() == writes
    same = run("plan", "--replay", "7", "--json")
    assert same.json["groups"] == []


def copied_mappings(office: Office) -> Path:
    """Return a folder with a copy of the mappings."""
    new = office.run.folder / "next"
    new.mkdir()
    for path in mapping_file(office).parent.glob("*.yaml"):
        (new / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    return new
