"""Who may import whom, and who may name a vendor: the house as a test."""

from __future__ import annotations

import re
from importlib.metadata import entry_points
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
ENGINE = ROOT / "src" / "ubm_sync"
CONNECTORS = sorted(
    {entry.value.partition(":")[0] for entry in entry_points(group="ubm_sync.connectors")}
)
OUR_OWN = {"ubm_files", "ubm_store"}  # systems without a vendor: their names are plain words
VALUES = {
    "model",
    "errors",
    "clock",
    "ports",
    "flow",
    "evidence",
    "desk",
    "spelling",
    "existing",
    "template",
}
ROOMS = {
    "model": set[str](),
    "errors": set[str](),
    "clock": set[str](),
    "ports": {"clock", "evidence", "model"},
    "flow": {"model"},
    "existing": {"model"},
    "evidence": {"model"},
    "desk": {"model", "ports"},
    "spelling": set[str](),
    "template": {"model", "ports"},
    "database": {"errors"},
    "transport": {"clock", "errors", "ports"},
    "emulation": {"clock"},
    "mapping": VALUES,
    "config": VALUES | {"mapping", "delays", "calendars", "disconnection", "routing"},
    "calendars": VALUES,
    "locations": VALUES | {"calendars"},
    "matching": VALUES | {"locations"},
    "onboarding": VALUES | {"calendars"},
    "delays": VALUES | {"calendars"},
    "disconnection": VALUES | {"calendars"},
    "routing": VALUES | {"calendars", "disconnection"},
    "state": VALUES | {"database", "delays", "disconnection", "routing"},
    "dispatch": VALUES | {"state", "calendars", "disconnection", "routing"},
    "sync": VALUES | {"intakes", "mapping", "state", "delays", "calendars"},
    "versions": VALUES | {"config", "mapping", "state", "sync"},
    "memory": VALUES,
    "intakes": VALUES,
}
FOR_CONNECTORS = VALUES | {"database", "transport", "emulation"}
PURE = [
    "sync.identity",
    "sync.merge",
    "sync.own",
    "sync.plan",
    "sync.guard",
    "sync.limits",
    "sync.stops",
    "sync.fresh",
    "versions.effect",
    "versions.words",
    "versions.replay",
    "sync.settle",
    "sync.rules",
    "sync.notebook",
    "mapping.equality",
    "locations",
    "matching",
    "onboarding",
    "delays",
    "disconnection",
    "calendars",
    "disconnection",
    "routing",
    "model",
    "flow",
    "evidence",
    "spelling",
    "template",
]
IMPURE = {
    "time", "random", "os", "io", "socket", "threading", "subprocess", "requests",
    "sqlalchemy", "logging", "structlog", "secrets", "uuid4",
}  # fmt: skip


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(
        "ubm_sync", *CONNECTORS, include_external_packages=True, cache_dir=None
    )


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def test_each_room_imports_only_what_it_may(graph: grimp.ImportGraph) -> None:
    broken = []
    for module in graph.modules:
        here = room(module)
        if not module.startswith("ubm_sync.") or here not in ROOMS:
            continue
        for other in graph.find_modules_directly_imported_by(module):
            there = room(other)
            if other.startswith("ubm_sync.") and there not in ROOMS[here] | {here}:
                broken.append(f"{module} imports {other}")

    assert broken == []


def test_the_engine_imports_no_connector(graph: grimp.ImportGraph) -> None:
    broken = [
        f"{module} imports {other}"
        for module in graph.modules
        if module.startswith("ubm_sync")
        for other in graph.find_modules_directly_imported_by(module)
        if other.split(".")[0] in CONNECTORS
    ]

    assert broken == []


def test_connectors_import_neither_each_other_nor_the_engine(graph: grimp.ImportGraph) -> None:
    broken = []
    for module in graph.modules:
        mine = module.split(".")[0]
        if mine not in CONNECTORS:
            continue
        for other in graph.find_modules_directly_imported_by(module):
            theirs = other.split(".")[0]
            if theirs in CONNECTORS and theirs != mine:
                broken.append(f"{module} imports {other}")
            if theirs == "ubm_sync" and room(other) not in FOR_CONNECTORS:
                broken.append(f"{module} imports {other}")

    assert broken == []


def test_pure_modules_import_no_clock_no_chance_and_no_io(graph: grimp.ImportGraph) -> None:
    pure = tuple(f"ubm_sync.{name}" for name in PURE)
    broken = [
        f"{module} imports {other}"
        for module in graph.modules
        if module in pure or module.startswith(tuple(f"{name}." for name in pure))
        for other in graph.find_modules_directly_imported_by(module)
        if other in IMPURE
    ]

    assert broken == []


def test_nothing_but_a_connector_names_a_vendor() -> None:
    vendors = re.compile(
        "|".join(name.removeprefix("ubm_") for name in CONNECTORS if name not in OUR_OWN),
        re.IGNORECASE,
    )
    named = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted(ENGINE.rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if vendors.search(line)
    ]

    assert named == []


def test_a_connector_names_no_other_vendor() -> None:
    vendors = {name: name.removeprefix("ubm_") for name in CONNECTORS if name not in OUR_OWN}
    named = [
        f"{path.relative_to(ROOT)}:{number}"
        for mine in CONNECTORS
        for path in sorted((ROOT / "connectors" / mine).rglob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        for other, word in vendors.items()
        if other != mine and word in line.lower()
    ]

    assert named == []


def test_modules_stay_small() -> None:
    large = [
        f"{path.relative_to(ROOT)}: {count} lines"
        for root in (ENGINE, ROOT / "connectors")
        for path in sorted(root.rglob("*.py"))
        if (count := len(path.read_text().splitlines())) > 400
    ]

    assert large == []
