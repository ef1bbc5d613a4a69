"""A small configuration on disk that tests change."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ubm_sync.config import Configuration, load_configuration
from ubm_sync.errors import ConfigError, Flaw

SERVICE = """\
systems:
  sheets:
    name: Sheets
    page: 500
    limits:
      "sheets:": {calls: 100, seconds: 60, burst: 10}
  desk:
    name: The desk
cadence:
  sync_every: 20
  zone: America/Denver
rollout:
  phase: internal
  pilot: []
"""
CUSTOMER = """\
# Halsted, our first customer
key: halsted
name: Halsted Foods
company: 18840211
sheet: 4583173393803140
csm:
  email: dana.lee@example.com   # since May
  name: Dana Lee
backup: priya.shah@example.com
zone: America/Chicago
states: [IL]
closures:
  - 2026-11-27
titles:
  city: Town
contracted: 240
"""
MAPPING = """\
kind: site
places:
  row: {system: sheets, identity: Sync ID, intake: true}
  ticket: {system: desk, identity: sync_id}
fields:
  city:
    type: text
    role: shared
    writers: [row, ticket]
    at: {row: City, ticket: city}
  state:
    type: text
    role: shared
    writers: [row, ticket]
    at: {row: State, ticket: state}
"""


@dataclass(frozen=True)
class Folders:
    """The folders of one configuration."""

    root: Path

    @property
    def customers(self) -> Path:
        return self.root / "config" / "customers"

    def service(self, text: str) -> None:
        """Write config/service.yaml."""
        (self.root / "config" / "service.yaml").write_text(text, encoding="utf-8")

    def customer(self, text: str, name: str = "halsted") -> Path:
        """Write one customer's file."""
        path = self.customers / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    def mapping(self, text: str) -> None:
        """Write mappings/site.yaml."""
        (self.root / "mappings" / "site.yaml").write_text(text, encoding="utf-8")

    def load(self, *, tolerant: bool = False) -> Configuration:
        """Read everything."""
        return load_configuration(self.root / "config", self.root / "mappings", tolerant=tolerant)

    def flaws(self) -> tuple[Flaw, ...]:
        """Return what is wrong, with paths relative to the root."""
        try:
            self.load()
        except ConfigError as error:
            return tuple(
                Flaw(str(Path(f.file).relative_to(self.root)), f.line, f.column, f.message)
                for f in error.flaws
            )
        return ()


def make(root: Path) -> Folders:
    """Return a good configuration under ``root``."""
    (root / "config" / "customers").mkdir(parents=True)
    (root / "mappings").mkdir()
    folders = Folders(root)
    folders.service(SERVICE)
    folders.customer(CUSTOMER)
    folders.mapping(MAPPING)
    return folders
