"""``coverage.yaml``: who works when and who stands in, with every mistake named."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tests.unit.config.folders import SERVICE, Folders, make

from ubm_sync.calendars import Coverage, Daily, Period, Person, Team, Turn
from ubm_sync.calendars.presence import STANDARD, moment
from ubm_sync.config import load_configuration
from ubm_sync.config.coverage import CoverageFile, examine_coverage
from ubm_sync.errors import Flaw

ROOT = Path(__file__).parents[3]
DENVER = "America/Denver"
DANA, PRIYA = "dana.lee@example.com", "priya.shah@example.com"
TWO_TURNS = f"""\
on_call:
  turns:
    - {{from: 2026-12-21, to: 2026-12-28, who: {DANA}}}
    - {{from: 2026-12-28, to: 2027-01-03, who: {PRIYA}}}
"""
NOW = datetime(2026, 11, 30, 15, tzinfo=UTC)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return make(tmp_path)


def write(folders: Folders, text: str) -> None:
    (folders.root / "config" / "coverage.yaml").write_text(text, encoding="utf-8")


def read(folders: Folders, text: str) -> Team:
    write(folders, text)
    return folders.load().coverage.team


def at(day: int, minute: int, zone: str = "America/Chicago") -> datetime:
    return moment(date(2026, 12, day), minute, zone)


def examined(folders: Folders, now: datetime = NOW) -> list[Flaw]:
    found = folders.load()
    return examine_coverage(found.coverage, found.coverage_source, found.customers, now)


def test_without_the_file_it_is_as_the_service_has_it(folders: Folders) -> None:
    folders.service(f"{SERVICE}people: {{on_call: [{PRIYA}], lead: lead@example.com}}\n")

    assert folders.load().coverage == Coverage(
        Team(zone=DENVER, on_call=(PRIYA,), lead="lead@example.com")
    )


def test_the_file_that_is_shipped_says_what_is_so_anyway() -> None:
    assert load_configuration(ROOT / "config", ROOT / "mappings").coverage == Coverage()


def test_the_examples_in_the_shipped_file_are_right(folders: Folders) -> None:
    text = (ROOT / "config" / "coverage.yaml").read_text()
    for key in ("people: {}", "quiet: []", "closures: []"):
        text = text.replace(f"\n{key}", "")
    lines = text.splitlines()
    keys = ("# people:", "# on_call:", "# quiet:", "# lead:", "# director:")
    shown = [
        line.removeprefix("# ") if line.startswith((*keys, "#   ")) and "  a " not in line else line
        for line in lines
    ]
    team = read(folders, "\n".join(shown).replace("#  - ", "#   - "))

    assert [person.email for person in team.people] == [DANA, PRIYA]
    assert len(team.people[0].absences) == len(team.turns) == len(team.quiet) == 2
    assert team.director == "robin.diaz@example.com"


def test_every_key_is_in_the_shipped_file_and_in_the_reference() -> None:
    shipped = (ROOT / "config" / "coverage.yaml").read_text()
    table = (ROOT / "docs" / "reference.md").read_text().partition("## Who covers whom")[2]
    keys = set(re.findall(r"^\| `(\w+)` \|", table.partition("\n## ")[0], re.MULTILINE))

    assert keys == set(CoverageFile.model_fields)
    assert all(re.search(rf"^(# )?{key}:", shipped, re.MULTILINE) for key in keys)


def test_everything_can_be_said(folders: Folders) -> None:
    team = read(
        folders,
        f"""\
zone: America/Chicago
hours: {{mon-fri: "09:00-12:00, 13:00-17:00", fri: 9:00-12:00}}
closures: [2026-11-27]
states: [IL]
open: [2026-11-11]
people:
  {DANA}:
    name: Dana Lee
    zone: {DENVER}
    hours: {{tue: 08:00-24:00, wed: off}}
    backup: {PRIYA}
    works: [2026-12-24]
    absences:
      - {{from: 2026-12-21, to: 2026-12-31, reason: vacation}}
      - {{from: 2026-12-03 13:00, to: 2026-12-03 15:30}}
on_call:
  order: [{PRIYA}, {DANA}]
  turns: [{{from: 2026-12-21, to: 2026-12-27, who: {DANA}}}]
lead: lead@example.com
director: director@example.com
quiet:
  - {{from: 2026-12-24 12:00, to: 2026-12-28 08:00, reason: holidays}}
  - {{daily: "18:00-07:00", from: 2026-12-01, to: 2026-12-02, reason: nights}}
""",
    )
    zone = "America/Chicago"
    split = ((540, 720), (780, 1020))

    assert team == Team(
        zone=zone,
        hours=(split, split, split, split, ((540, 720),), (), ()),
        closures=frozenset({date(2026, 11, 27)}),
        opened=frozenset({date(2026, 11, 11)}),
        states=("IL",),
        quiet=(
            Period(
                at(24, 720), at(28, 480), "holidays"
            ),
            Daily(1080, 420, zone, date(2026, 12, 1), date(2026, 12, 2), "nights"),
        ),
        on_call=(PRIYA, DANA),
        turns=(Turn(at(21, 0), at(28, 0), DANA),),
        lead="lead@example.com",
        director="director@example.com",
        people=(
            Person(
                DANA, "Dana Lee", DENVER,
                ((), ((480, 1440),), (), (), (), (), ()),
                (
                    Period(
                        at(21, 0, DENVER), at(31, 1440, DENVER),
                        "vacation",
                    ),
                    Period(
                        at(3, 780, DENVER), at(3, 930, DENVER)
                    ),
                ),
                PRIYA,
                frozenset({date(2026, 12, 24)}),
            ),
        ),
    )  # fmt: skip


def test_hours_that_are_not_given_are_the_usual_ones(folders: Folders) -> None:
    assert read(folders, "closures: []\n").hours == STANDARD


@pytest.mark.parametrize(
    ("text", "spot", "message"),
    [
        ("leed: a@example.com\n", (1, 1), 'unknown key "leed"; did you mean "lead"?'),
        ("lead: alex\n", (1, 7), '"alex" is not an e-mail address'),
        ("people:\n  dana:\n    name: D\n", (2, 3), '"dana" is no good name: "dana" is not an e-'),
        (f"people:\n  {DANA}: {{backup: priya}}\n", (2, 34), '"priya" is not an e-mail address'),
        (f"people:\n  {DANA}: {{backup: {DANA}}}\n", (2, 34), "nobody is their own backup"),
        (f"people:\n  {DANA}: {{}}\n  Dana.Lee@example.com: {{}}\n", (3, 3), "keep one of the two"),
        (f"people:\n  {DANA}: {{zone: CT}}\n", (2, 32), 'write "America/Chicago"'),
        (
            f"people:\n  {DANA}:\n    absences: [{{from: 2026-12-31, to: 2026-12-21}}]\n",
            (3, 16),
            'this ends ("2026-12-21") before it begins ("2026-12-31")',
        ),
        (
            f"people:\n  {DANA}:\n    absences: [{{from: 2026-12-31, to: 2026-12-31, form: x}}]\n",
            (3, 51),
            'unknown key "form"; did you mean "from"?',
        ),
        (
            f"people:\n  {DANA}:\n    absences: [{{from: 12/21/2026, to: 2026-12-31}}]\n",
            (3, 23),
            '"12/21/2026" is neither a day nor a time; write it as 2026-12-24',
        ),
        ("hours: {mon-fri: 8-17}\n", (1, 18), '"8" is no time of day; write one like 08:00'),
        ("hours: {mon-fri: 17:00-08:00}\n", (1, 18), "ends before it begins; split a night shift"),
        ("hours: {mon: '8:00-12:00, 11:00-13:00'}\n", (1, 14), "hours that overlap"),
        ("hours: {mond: 8:00-12:00}\n", (1, 9), 'did you mean "mon"?'),
        ("hours: {fri-mon: 8:00-12:00}\n", (1, 9), "runs backwards"),
        ("hours: {sat: off}\n", (1, 8), "the team works on no day"),
        ("quiet: [{from: 2026-12-24}]\n", (1, 9), "give `from` and `to`, or a `daily` time"),
        ("quiet: [{daily: 08:00-08:00}]\n", (1, 17), "begins when it ends"),
        (
            "quiet: [{daily: 18:00-07:00, from: 2026-12-24 10:00}]\n",
            (1, 9),
            "with a `daily` time, `from` and `to` are days",
        ),
        (
            TWO_TURNS,
            (4, 7),
            f"this turn of {PRIYA} begins before the one of {DANA} is over",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(
    folders: Folders, text: str, spot: tuple[int, int], message: str
) -> None:
    write(folders, text)

    (flaw,) = folders.flaws()

    assert (flaw.file, flaw.line, flaw.column) == ("config/coverage.yaml", *spot)
    assert message in flaw.message


def test_mistakes_of_the_service_and_of_this_file_are_named_together(folders: Folders) -> None:
    folders.service("systems: {}\nguard: {shar: 1}\n")
    write(folders, "leed: a@example.com\n")

    assert {flaw.file for flaw in folders.flaws()} >= {
        "config/service.yaml", "config/coverage.yaml"
    }  # fmt: skip


def test_a_day_without_anybody_is_found_at_the_managers_absence(folders: Folders) -> None:
    write(
        folders,
        "people:\n"
        f"  {DANA}:\n"
        "    absences:\n"
        "      - {from: 2026-12-03, to: 2026-12-03}\n"
        "      - {from: 2026-12-21, to: 2026-12-31, reason: vacation}\n"
        f"  {PRIYA}:\n"
        "    name: Priya Shah\n"
        "    absences: [{from: 2026-12-24, to: 2026-12-25, reason: vacation}]\n",
    )

    (flaw,) = examined(folders)

    assert (Path(flaw.file).name, flaw.line, flaw.column) == ("coverage.yaml", 5, 9)
    assert flaw.message == (
        "nobody covers Halsted Foods on Thu Dec 24: Dana Lee (account manager) away until "
        "Mon Jan 4 (vacation); Priya Shah (backup) away until Mon Dec 28 (vacation); add a backup, "
        "somebody on call or a lead who is there, or move an absence (and every day until "
        "Fri Dec 25)"
    )
    assert folders.flaws() == ()  # the service goes on


def test_somebody_on_call_or_a_lead_fills_the_hole(folders: Folders) -> None:
    away = f"people:\n  {DANA}: {{absences: [{{from: 2026-12-24, to: 2026-12-25}}]}}\n"
    alone = (folders.customers / "halsted.yaml").read_text().replace(f"backup: {PRIYA}\n", "")
    folders.customer(alone)
    write(folders, away)
    assert len(examined(folders)) == 1

    for more in ("lead: lead@example.com\n", "on_call: {order: [sam@example.com]}\n"):
        write(folders, away + more)
        assert examined(folders) == []


def test_an_absence_of_hours_or_beyond_sixty_days_is_no_hole(folders: Folders) -> None:
    folders.customer(
        (folders.customers / "halsted.yaml").read_text().replace(f"backup: {PRIYA}\n", "")
    )
    write(
        folders,
        f"people:\n  {DANA}:\n    absences:\n"
        "      - {from: 2026-12-03 09:00, to: 2026-12-03 17:00}\n"
        "      - {from: 2027-02-08, to: 2027-02-12}\n",
    )

    assert examined(folders) == []


def test_a_quiet_window_that_was_over_a_year_ago_is_left_over(folders: Folders) -> None:
    write(
        folders,
        "quiet:\n"
        "  - {from: 2025-11-26, to: 2025-11-28}\n"
        "  - {from: 2025-12-24, to: 2025-12-26}\n"
        "  - {daily: 18:00-07:00, to: 2025-11-01}\n"
        "  - {daily: 18:00-07:00}\n",
    )

    assert [(flaw.line, flaw.column) for flaw in examined(folders)] == [(2, 5), (4, 5)]
