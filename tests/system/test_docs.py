"""The pages say what is so: commands, options, variables, links, targets, statuses."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
import typer

from ubm_sync.cli.main import app
from ubm_sync.config.environment import DEFAULTS
from ubm_sync.locations import states

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
REFERENCE = (ROOT / "docs" / "reference.md").read_text()
VARIABLE = re.compile(r"\b(?:HUBSPOT|SMARTSHEET|UBM)(?:_SYNC)?_(?:[A-Z]+_)*[A-Z]+\b")
FOREIGN = {"HUBSPOT_DEFINED"}  # a word of the vendor's


def commands(group: Any = None, path: str = "ubm-sync") -> Iterator[tuple[str, Any]]:
    """Yield ``(full name, command)`` of everything the command line offers."""
    top: Any = group or typer.main.get_command(app)
    for name, one in top.commands.items():
        if hasattr(one, "commands"):
            yield from commands(one, f"{path} {name}")
        else:
            yield f"{path} {name}", one


def options(command: Any) -> set[str]:
    return {
        option
        for one in command.params
        if one.param_type_name == "option"
        for option in (*one.opts, *one.secondary_opts)
        if option != "--help"
    }


def documented() -> dict[str, str]:
    """Return command -> its section of the reference."""
    parts = re.split(r"^### `(ubm-sync [^`]*)`$", REFERENCE, flags=re.MULTILINE)[1:]
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    return {re.sub(r" [\[A-Z].*", "", head): text for head, text in sections.items()}


def command_lines(page: Path) -> Iterator[str]:
    """Yield the lines of shell blocks that call the command."""
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL):
        for line in block.splitlines():
            text = line.strip().partition(" #")[0].strip()
            if text.startswith("ubm-sync "):
                yield text


def test_every_command_is_in_the_reference_and_nothing_else() -> None:
    assert set(documented()) == {name for name, _ in commands()}


@pytest.mark.parametrize("name", sorted(name for name, _ in commands()))
def test_every_option_of_a_command_is_in_the_reference_and_nothing_else(name: str) -> None:
    section = documented()[name]
    rows = set(re.findall(r"^\| `(--[a-z-]+)", section.partition("\n## ")[0], re.MULTILINE))

    assert rows == options(dict(commands())[name])


def test_the_options_before_a_command_are_in_the_reference() -> None:
    top = REFERENCE.partition("## Commands")[0]

    assert set(re.findall(r"^\| `(--[a-z-]+)", top, re.MULTILINE)) == options(
        typer.main.get_command(app)
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_line_on_a_page_can_be_typed(page: Path) -> None:
    known = dict(commands())
    for line in command_lines(page):
        words = shlex.split(line)
        name = next((" ".join(words[:n]) for n in (3, 2) if " ".join(words[:n]) in known), "")
        given = {word.partition("=")[0] for word in words if word.startswith("--")}

        assert name, line
        assert given <= options(known[name]), line
        known[name].make_context(name, words[len(name.split()) :], resilient_parsing=False).close()


def test_every_command_has_an_example_in_its_help() -> None:
    without = [name for name, one in commands() if "Example: ubm-sync" not in (one.help or "")]

    assert without == []


def test_the_variables_in_the_reference_are_those_the_code_knows() -> None:
    code = [*(ROOT / "src").rglob("*.py"), *(ROOT / "connectors").rglob("*.py")]
    known = {name for path in code for name in VARIABLE.findall(path.read_text())} - FOREIGN
    table = REFERENCE.partition("## Variables")[2].partition("## Emulators")[0]

    assert set(re.findall(r"^\| `([A-Z_]+)`", table, re.MULTILINE)) == known


def test_the_defaults_in_the_reference_are_those_of_the_code() -> None:
    table = dict(re.findall(r"^\| `([A-Z_]+)` \|.*\| `([^`]+)` \|$", REFERENCE, re.MULTILINE))

    assert table == dict(DEFAULTS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_on_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        path, _, anchor = target.partition("#")
        file = (page.parent / path) if path else page

        assert target.startswith("https://") or file.exists(), target
        if anchor and file.suffix == ".md":
            heads = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
            slugs = {re.sub(r"[^a-z0-9 -]", "", one.lower()).replace(" ", "-") for one in heads}
            assert anchor in slugs, target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_only_files_and_targets_that_are_there(page: Path) -> None:
    text = page.read_text()
    makefile = (ROOT / "Makefile").read_text()
    paths = re.findall(r"`((?:src|connectors|tests|docs|config|mappings|\.ci)/[\w./-]*)`", text)
    made = {"config/customers/halsted.yaml", "config/NOT-IN-USE.txt"}  # by what the page tells of

    assert [one for one in paths if one not in made and not (ROOT / one).exists()] == []
    for target in re.findall(r"`make ([a-z]+)", text):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_customers_page_explains_every_status() -> None:
    table = (ROOT / "docs" / "customer.md").read_text().partition("| Sync Status")[2]
    rows = re.findall(r"^\| ([A-Z][A-Za-z ]+?) \|", table, re.MULTILINE)
    (choices,) = re.findall(
        r"^  sync_status:.*?choices: \[(.*?)\]",
        (ROOT / "mappings" / "locations.yaml").read_text(),
        re.MULTILINE | re.DOTALL,
    )

    assert rows == [one.strip() for one in choices.split(",")]
    assert set(rows) >= {states.DRAFT, states.WAITING, states.ACTIVE, states.OUR_PROBLEM}


def test_the_pages_name_every_installed_system() -> None:
    everything = "".join(page.read_text() for page in PAGES).lower()

    assert all(one.name in everything for one in entry_points(group="ubm_sync.connectors"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_is_about_no_particular_machine(page: Path) -> None:
    private = re.compile(r"/(?:home|root|work|Users)/|file:///|\bpypi\.org|localhost:\d|/tmp/")

    assert private.findall(page.read_text()) == []
