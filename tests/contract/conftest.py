"""Every system the contract is played on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.contract.files_system import Files
from tests.contract.hubspot_system import Portal
from tests.contract.memory_system import Memory
from tests.contract.smartsheet_system import Sheet
from tests.contract.store_system import Store
from tests.contract.system import Remote, System

REMOTE: dict[str, Callable[[], Remote]] = {Portal.name: Portal, Sheet.name: Sheet}
STORES = {
    f"{system}-{database}": url
    for system in (Store.name, Files.name)
    for database, url in (("sqlite", "sqlite_url"), ("postgresql", "postgres_url"))
}


@pytest.fixture(params=[Memory.name, *REMOTE, *STORES])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[System]:
    """A system in which nothing was set up."""
    name = str(request.param)
    if name.startswith(Files.name):
        (tmp_path / "drop").mkdir()
        system: System = Files(request.getfixturevalue(STORES[name]), tmp_path / "drop")
    elif name in STORES:
        system = Store(request.getfixturevalue(STORES[name]))
    else:
        system = REMOTE[name]() if name in REMOTE else Memory()
    yield system
    system.close()


@pytest.fixture
def system(bare: System) -> System:
    """A system that is ready for records."""
    bare.set_up()
    return bare


@pytest.fixture(params=REMOTE)
def remote(request: pytest.FixtureRequest) -> Iterator[Remote]:
    """A system behind HTTP that is ready for records."""
    system = REMOTE[str(request.param)]()
    system.set_up()
    yield system
    system.close()
