"""What is installed is what was meant: entry points, declared needs, data, version."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import distribution, entry_points, packages_distributions
from importlib.resources import files
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ROOTS = (ROOT / "src", ROOT / "connectors")
PACKAGES = sorted(path.parent.name for root in ROOTS for path in root.glob("*/__init__.py"))
COVERED = {
    "psycopg",  # of the extra `postgres`
    "pydantic_core",  # pydantic pins it to the version it was made for
}


def imported(path: Path) -> Iterator[str]:
    """Yield the top-level names a module imports when it is loaded or run."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_everything_that_is_imported_is_declared() -> None:
    declared = {normal(re.split(r"[^\w.-]", one, maxsplit=1)[0]) for one in PROJECT["dependencies"]}
    providers = packages_distributions()
    own = set(PACKAGES)
    undeclared = {
        f"{path.relative_to(ROOT)}: {name}"
        for root in ROOTS
        for path in root.rglob("*.py")
        for name in imported(path)
        if name not in own | COVERED and name not in sys.stdlib_module_names
        if not declared & {normal(one) for one in providers.get(name, [])}
    }

    assert undeclared == set()


def test_shipped_code_needs_no_test_tool() -> None:
    tools = {"pytest", "hypothesis", "responses", "tests", "coverage", "grimp"}
    found = {
        str(path.relative_to(ROOT))
        for root in ROOTS
        for path in root.rglob("*.py")
        if tools & set(imported(path))
    }

    assert found == set()


def test_every_entry_point_loads() -> None:
    groups = ("ubm_sync.connectors", "ubm_sync.emulators")
    points = [one for group in groups for one in entry_points(group=group)]

    assert {one.name for one in points} == {"files", "hubspot", "smartsheet", "store"}
    assert all(callable(one.load()) for one in points)


def test_the_command_is_installed() -> None:
    (script,) = entry_points(group="console_scripts", name="ubm-sync")

    assert callable(script.load())


def test_the_installed_version_is_the_projects_and_the_changelogs() -> None:
    version = PROJECT["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text()

    assert distribution("ubm-sync").version == version
    assert re.findall(r"^## \[(\d+\.\d+\.\d+)\]", changelog, re.MULTILINE)[0] == version


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_says_that_it_is_typed(name: str) -> None:
    assert (files(name) / "py.typed").is_file()


def test_every_folder_of_code_is_a_package() -> None:
    """A folder without ``__init__`` works in this tree and is lost to tools that look for one."""
    odd = {
        str(path.parent.relative_to(ROOT))
        for root in ROOTS
        for path in root.glob("*/**/*.py")
        if not (path.parent / "__init__.py").exists()
    }

    assert odd == set()


def test_the_python_floor_is_the_one_the_pages_name() -> None:
    floor = PROJECT["requires-python"].removeprefix(">=")

    assert f"Python {floor}" in (ROOT / "README.md").read_text()
    assert f"Python {floor}" in (ROOT / "Makefile").read_text()
