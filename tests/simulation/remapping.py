"""What an administrator changes in the mapping: before the story begins, or while the service runs.

Each change is one edit of ``locations.yaml``; a second one of the same name takes it back. The
content that comes of it is checked as every mapping's is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from tests.simulation.fields import OUTSIDE
from tests.simulation.template import template

from ubm_sync.mapping import check_mappings, yaml_files
from ubm_sync.mapping.located import Located, load_yaml

Fields = dict[str, Any]
FILE = "locations.yaml"


@dataclass(frozen=True, slots=True)
class Remap:
    """One change of the mapping, or its end."""

    change: str


def _writers(name: str, *places: str) -> Callable[[Fields], None]:
    def change(fields: Fields) -> None:
        fields[name]["writers"] = list(places)

    return change


def _settled(name: str, policy: str, owner: str = "") -> Callable[[Fields], None]:
    def change(fields: Fields) -> None:
        fields[name]["conflict"] = policy
        if owner:
            fields[name]["owner"] = owner

    return change


def _without(name: str, place: str = "") -> Callable[[Fields], None]:
    def change(fields: Fields) -> None:
        if place:
            del fields[name]["at"][place]
            fields[name]["writers"].remove(place)
        else:
            del fields[name]

    return change


def _otherwise(fields: Fields) -> None:
    encode = {ours: theirs for theirs, ours in OUTSIDE.items()}
    fields["bill_delivery"]["at"]["account"] = {"name": "bill_delivery", "encode": encode}


CHANGES: Mapping[str, Callable[[Fields], None]] = {
    "only customers may change notes": _writers("notes", "row"),
    "only managers may change gl_code": _writers("gl_code", "ticket"),
    "the store may change gl_code": _writers("gl_code", "row", "ticket", "account"),
    "the newest of two notes wins": _settled("notes", "newest"),
    "the ticket's gl_code wins": _settled("gl_code", "owner", "ticket"),
    "address_2 is taken away": _without("address_2"),
    "meter_numbers leave the ticket": _without("meter_numbers", "ticket"),
    "the store has other words for bill_delivery": _otherwise,
}
# Fields that are not kept the same while a change holds, and where.
UNMAPPED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "address_2 is taken away": ("address_2", ("row", "ticket", "account")),
    "meter_numbers leave the ticket": ("meter_numbers", ("ticket",)),
}


@cache
def mappings(changes: frozenset[str]) -> Mapping[str, Any]:
    """Return the mappings of the template with some changes."""
    return check_mappings([_changed(one, changes) for one in _files()])


@cache
def _files() -> tuple[Located, ...]:
    """Return the files of the template, read once: parsing takes longer than a story."""
    return tuple(map(load_yaml, yaml_files(template().variables["UBM_SYNC_MAPPINGS"])))


def _changed(file: Located, changes: frozenset[str]) -> Located:
    if Path(file.file).name != FILE:
        return file
    data = deepcopy(file.data)
    for name in sorted(changes):
        CHANGES[name](data["fields"])
    return replace(file, data=data)
