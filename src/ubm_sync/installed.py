"""The connectors that are installed, and configuration files read as they ask for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from ubm_sync.assembly import NEEDS, wrong_words
from ubm_sync.config import Configuration, load_configuration
from ubm_sync.errors import ConfigError, Flaw
from ubm_sync.ports import Connection, Connector, Dialect

CONNECTORS = "ubm_sync.connectors"
DIALECTS = "ubm_sync.dialects"


def read_configuration(
    config: Path, mappings: Path, home: Path | None = None, *, tolerant: bool = True
) -> Configuration:
    """Return what files say; raises ConfigError.

    ``tolerant``: mistakes of single customers stand beside it. ``home``: where the files of
    ``config`` really stand, where these are a copy.
    """
    return load_configuration(
        config, mappings, home=home, tolerant=tolerant, needs=NEEDS, dialects=dialects(),
        also=wrong_words,
    )  # fmt: skip


@cache
def dialects() -> Mapping[str, Dialect]:
    """Return what configuration files may say about each system that has a connector."""
    return {name: entry.load() for name, entry in sorted(_entries(DIALECTS).items())}


def connector_of(system: str) -> Callable[[Connection], Connector]:
    """Return what makes a connector of a system; raises ConfigError where none is installed."""
    found = _entries(CONNECTORS)
    if system not in found:
        known = ", ".join(sorted(found)) or "none"
        text = (
            f'no connector "{system}" is installed (there are: {known}); correct the system\'s name'
        )
        raise ConfigError([Flaw("service.yaml", 0, 0, text)])
    make: Callable[[Connection], Connector] = found[system].load()
    return make


@cache
def _entries(group: str) -> Mapping[str, EntryPoint]:
    """Return what is installed; looking takes as long as opening a connector."""
    return {entry.name: entry for entry in entry_points(group=group)}
