"""Every mistake in the service's and the customers' files is refused where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.config.folders import CUSTOMER, MAPPING, SERVICE, make
from tests.unit.mapping.samples import located, replaced

from ubm_sync.errors import ConfigError

# what is wrong -> the words to replace, with what (§ right before the mistake), part of the message
CUSTOMERS = {
    "an unknown key": ("backup: ", "§bakup: ", 'unknown key "bakup"; did you mean "backup"?'),
    "a name of another letter case": ("zone: ", "§Zone: ", 'did you mean "zone"?'),
    "no manager": (
        "csm:\n  email: dana.lee@example.com   # since May\n  name: Dana Lee\n",
        "",
        '"csm" is missing here',
    ),
    "a manager without a name": (
        "csm:\n  email: dana.lee@example.com   # since May\n  name: Dana Lee\n",
        "§csm:\n  email: dana.lee@example.com\n",
        '"name" is missing here',
    ),
    "an e-mail without a domain": (
        "dana.lee@example.com",
        "§dana.lee@example",
        "is not an e-mail address",
    ),
    "an e-mail with a name": (
        "priya.shah@example.com",
        "§Priya <priya.shah@example.com>",
        "is not an e-mail address",
    ),
    "a zone with a letter wrong": (
        "America/Chicago",
        "§America/Chigaco",
        'no time zone "America/Chigaco"; did you mean "America/Chicago"?',
    ),
    "a city for a zone": ("America/Chicago", "§Chicago", 'did you mean "America/Chicago"?'),
    "a zone nobody knows": ("America/Chicago", "§Qqqq", 'write it as "America/Chicago"'),
    "a zone without summer time": ("America/Chicago", "§EST", 'write "America/New_York"'),
    "an id with blanks": ("18840211", "§' 18840211'", "has blanks around it"),
    "yes or no for a name": ("Halsted Foods", "§true", 'put it in quotes: "true"'),
    "a block for a name": (
        "Halsted Foods",
        "\n  §short: Halsted",
        "text belongs here, not a block",
    ),
    "a day in another order": ("2026-11-27", "§11/27/2026", "is not a day of the calendar"),
    "a day that does not exist": ("2026-11-27", "§2026-02-30", "is not a day of the calendar"),
    "a state by its name": ("[IL]", "[§Illinois]", "not the two letters of a US state"),
    "a state in small letters": ("[IL]", "[§il]", 'did you mean "IL"?'),
    "closures that are no list": (
        "closures:\n  - 2026-11-27",
        "closures: §2026-11-27",
        'a list belongs here, not "2026-11-27"',
    ),
    "a key with a blank": ("key: halsted", "key: §Halsted Foods", "use lower-case letters"),
    "a key without end": ("key: halsted", "key: §" + "h" * 61, "at most 60 characters"),
    "a number for a name": ("Halsted Foods", "§99", 'put it in quotes: "99"'),
    "a negative number": ("240", "§-1", "this must be at least 0 (found -1)"),
    "a fraction of an account": ("240", "§240.5", "a whole number belongs here, not 240.5"),
    "a word for a number": ("240", "§many", 'a whole number belongs here, not "many"'),
    "nothing for a name": ("name: Halsted Foods", "name:§", "text belongs here, not nothing"),
    "an unknown intake": (
        "contracted",
        "intake: §fax\ncontracted",
        "is not one of sheet, csv, csm",
    ),
    "no sheet": ("sheet: 4583173393803140\n", "", "which sheet?"),
    "a sheet that is not read": (
        "sheet: 4583173393803140\n",
        "intake: csm\nsheet: §4583173393803140\n",
        "`intake: csm` means that no sheet is read",
    ),
    "a folder that is not read": (
        "contracted",
        "folder: §/srv/drop\ncontracted",
        "`intake: sheet` reads no files",
    ),
    "a backup that is the manager": (
        "priya.shah@example.com",
        "§Dana.Lee@example.com",
        "the backup is the manager",
    ),
    "a title of an unknown field": (
        "city: Town",
        "§citty: Town",
        'no column holds a field "citty"; did you mean "city"?',
    ),
    "a title that another column has": (
        "city: Town",
        "city: §State",
        '"State" is the title of "state" already',
    ),
    "a key twice": (
        "contracted: 240",
        "contracted: 240\n§name: Halsted",
        '"name" is here twice (first on line 3)',
    ),
    "broken YAML": ("key: halsted", "key: a§: b", "not valid YAML"),
}
SERVICES = {
    "an unknown key": ("sync_every", "§synch_every", 'did you mean "sync_every"?'),
    "an unknown block": ("cadence:", "§cadense:", 'did you mean "cadence"?'),
    "too fast": ("sync_every: 20", "sync_every: §0", "this must be at least 1 (found 0)"),
    "a time without quotes that is none": (
        "sync_every: 20",
        "full_read_at: §25:00",
        'write a time of day as "02:30"',
    ),
    "an unknown phase": ("phase: internal", "phase: §interal", 'did you mean "internal"?'),
    "an unknown zone": ("America/Denver", "§America/Denber", 'did you mean "America/Denver"?'),
    "a limit without calls": ("{calls: 100, ", "{", '"calls" is missing here'),
    "a limit in no time": ("seconds: 60", "seconds: §0", "this must be more than 0"),
    "an unknown part of a limit": (
        "burst: 10",
        "§brust: 10",
        'unknown key "brust"; did you mean "burst"?',
    ),
    "a burst of all calls": (
        "{calls: 100, seconds: 60, burst: 10}",
        "§{calls: 10, seconds: 60, burst: 10}",
        "a burst of 10 must be less than the 10 calls",
    ),
    "a system without a name": ("    name: The desk", "    colour: red", '"name" is missing here'),
    "an unknown customer in the pilot": (
        "pilot: []",
        "pilot: [halsted, §halstead]",
        'there is no customer "halstead"; did you mean "halsted"?',
    ),
    "a share of more than all": (
        "cadence:",
        "guard: {share: §1.5}\ncadence:",
        "this must be at most 1 (found 1.5)",
    ),
    "a rule of the guard for everything": (
        "cadence:",
        "guard: {rules: [§{floor: 5}]}\ncadence:",
        "name a customer, a system or a field",
    ),
    "a rule of the guard without a limit": (
        "cadence:",
        "guard: {rules: [§{field: city}]}\ncadence:",
        "give a share, a floor, clears or creates",
    ),
    "a rule of the guard for an unknown field": (
        "cadence:",
        "guard: {rules: [{field: §ctiy, floor: 5}]}\ncadence:",
        'no mapping shares a field "ctiy"; did you mean "city"?',
    ),
    "a rule of the guard that limits what changes in a place": (
        "cadence:",
        "guard: {rules: [{field: ticket, floor: §5}]}\ncadence:",
        '"ticket" is a place, where only creates counts; name a shared field',
    ),
    "a rule of the guard that limits new records of a field": (
        "cadence:",
        "guard: {rules: [{field: city, creates: §5}]}\ncadence:",
        'creates counts new records of a place; name one (row, ticket), not "city"',
    ),
    "a rule of the guard for a place of another system": (
        "cadence:",
        "guard: {rules: [{system: desk, field: §row, creates: 5}]}\ncadence:",
        '"row" is not in desk',
    ),
    "a rule of the guard for an unknown system": (
        "cadence:",
        "guard: {rules: [{system: §desks, floor: 5}]}\ncadence:",
        '"desks" is not among the systems above; did you mean "desk"?',
    ),
    "a rule of the guard for an unknown customer": (
        "cadence:",
        "guard: {rules: [{customer: §halstead, floor: 5}]}\ncadence:",
        'there is no customer "halstead"; did you mean "halsted"?',
    ),
}


@pytest.mark.parametrize("name", CUSTOMERS)
def test_a_mistake_in_a_customers_file_is_named_where_it_stands(tmp_path: Path, name: str) -> None:
    old, new, part = CUSTOMERS[name]
    text, line, column = located(replaced(old, new, CUSTOMER))
    folders = make(tmp_path)
    folders.customer(text)

    (flaw,) = folders.flaws()

    assert flaw.file == "config/customers/halsted.yaml"
    assert part in flaw.message
    assert "§" not in new or (flaw.line, flaw.column) == (line, column)


@pytest.mark.parametrize("name", SERVICES)
def test_a_mistake_in_the_services_file_is_named_where_it_stands(tmp_path: Path, name: str) -> None:
    old, new, part = SERVICES[name]
    text, line, column = located(replaced(old, new, SERVICE))
    folders = make(tmp_path)
    folders.service(text)

    (flaw,) = folders.flaws()

    assert flaw.file == "config/service.yaml"
    assert part in flaw.message
    assert "§" not in new or (flaw.line, flaw.column) == (line, column)


def test_a_place_in_a_system_that_is_not_configured_is_named(tmp_path: Path) -> None:
    text, line, column = located(replaced("{system: desk", "{system: §desc", MAPPING))
    folders = make(tmp_path)
    folders.mapping(text)

    (flaw,) = folders.flaws()

    assert (flaw.file, flaw.line, flaw.column) == ("mappings/site.yaml", line, column)
    assert '"desc" is not among the systems of service.yaml; did you mean "desk"?' in flaw.message


@pytest.mark.parametrize("part", ["key", "company", "sheet"])
def test_two_customers_cannot_share_what_is_ones_own(tmp_path: Path, part: str) -> None:
    folders = make(tmp_path)
    other = CUSTOMER.replace("halsted", "other").replace("18840211", "2").replace("4583173", "9")
    kept = {"key": ("key: other", "key: halsted"), "company": ("company: 2", "company: 18840211"),
            "sheet": ("sheet: 9393803140", "sheet: 4583173393803140")}  # fmt: skip
    folders.customer(replaced(*kept[part], other), "other")

    flaws = folders.flaws()

    assert [flaw.file for flaw in flaws] == [
        "config/customers/halsted.yaml",
        "config/customers/other.yaml",
    ]
    assert all("each customer has its own" in flaw.message for flaw in flaws)


def test_flaws_of_all_files_are_named_at_once(tmp_path: Path) -> None:
    folders = make(tmp_path)
    folders.service(SERVICE.replace("phase: internal", "phase: later"))
    folders.customer(CUSTOMER.replace("[IL]", "[XX]").replace("240", "none"))
    folders.mapping(MAPPING.replace("role: shared", "role: common"))

    files = [flaw.file for flaw in folders.flaws()]

    assert (
        files
        == ["config/customers/halsted.yaml"] * 2
        + ["config/service.yaml"]
        + ["mappings/site.yaml"] * 2
    )


def test_a_wrong_customer_stops_nobody_else(tmp_path: Path) -> None:
    folders = make(tmp_path)
    folders.customer("key: [", "broken")
    good = folders.load(tolerant=True)

    assert [customer.key for customer in good.customers] == ["halsted"]
    assert [Path(flaw.file).name for flaw in good.flaws] == ["broken.yaml"]


def test_two_customers_with_one_sheet_are_both_left_out(tmp_path: Path) -> None:
    folders = make(tmp_path)
    other = CUSTOMER.replace("halsted", "other").replace("18840211", "2")
    folders.customer(other, "other")
    alone = CUSTOMER.replace("halsted", "alone").replace("18840211", "3").replace("4583", "1")
    folders.customer(alone, "alone")

    good = folders.load(tolerant=True)

    assert [customer.key for customer in good.customers] == ["alone"]
    assert len(good.flaws) == 2


def test_a_wrong_service_file_or_mapping_is_never_tolerated(tmp_path: Path) -> None:
    folders = make(tmp_path)
    folders.mapping("kind: 1")

    with pytest.raises(ConfigError):
        folders.load(tolerant=True)


def test_missing_files_are_named(tmp_path: Path) -> None:
    folders = make(tmp_path)
    (tmp_path / "config" / "service.yaml").unlink()
    (tmp_path / "mappings" / "site.yaml").unlink()

    texts = [f"{flaw.file} {flaw.message}" for flaw in folders.flaws()]

    assert texts[0].startswith("config/service.yaml this file does not exist")
    assert texts[1].startswith("mappings no mapping (*.yaml) in this folder")


def test_a_customer_file_that_nothing_reads_is_named(tmp_path: Path) -> None:
    folders = make(tmp_path)
    (folders.customers / "late.yml").write_text(CUSTOMER)

    (flaw,) = folders.flaws()

    assert (flaw.file, flaw.message) == (
        "config/customers/late.yml",
        "this file is not read; rename it to .yaml",
    )
