"""A stage of the demo: a folder with the service's settings, and outside systems to act in."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import orjson
import requests

from ubm_sync.errors import Refused

EMULATORS = "ubm_sync.emulators"


class Stage:
    """What every stage has; subclasses raise the curtain: they start the emulators."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env_file = folder / "demo.env"
        self._addresses: dict[str, str] = {}

    def act(self, system: str, who: str, do: str, **order: object) -> Any:
        """Act as a person in one emulated system; return what the person sees.

        Raises Refused where the system does not let this person do that.
        """
        acting = {"who": who} if who else {}  # nobody of ours: a customer's mail, say
        body = orjson.dumps({**acting, "do": do, **order})
        answer = requests.post(
            f"{self._addresses[system]}/_control/act", data=body, timeout=(5, 60)
        )
        content = answer.json()
        if answer.status_code != 200:  # noqa: PLR2004 - HTTP OK
            raise Refused(f"{who} could not {do} in {system}: {content.get('error')}")
        return content

    def address_of(self, system: str) -> tuple[str, str]:
        """Return an emulated system's name and address."""
        return system, self._addresses[system]

    def _furnish(self, config: Path, mappings: Path, variables: Mapping[str, str]) -> None:
        """Copy the settings and write the file that points a command at this stage.

        ``variables`` are those of the emulators; customers of ``config`` are left out.
        """
        own = self.folder / "config"
        if not own.exists():
            shutil.copytree(config, own, ignore=shutil.ignore_patterns("*.yaml.bak"))
            for file in (own / "customers").glob("*.yaml"):
                file.unlink()
        rules = self.folder / "mappings"  # a copy too: what is tried on the demo stays in the demo
        if not rules.exists():
            shutil.copytree(mappings, rules)
        given = {
            **variables,
            "UBM_DATABASE_URL": f"sqlite:///{self.folder / 'ubm.db'}",
            "UBM_SYNC_STATE_URL": f"sqlite:///{self.folder / 'state.db'}",
            "UBM_SYNC_CONFIG": str(own),
            "UBM_SYNC_MAPPINGS": str(rules),
        }
        text = "".join(f"{name}={value}\n" for name, value in given.items())
        self.env_file.write_text(text, encoding="utf-8")


def emulators() -> list[EntryPoint]:
    """Return the installed emulators by name."""
    return sorted(entry_points(group=EMULATORS), key=lambda one: one.name)
