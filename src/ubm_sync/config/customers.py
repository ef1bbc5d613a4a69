"""``config/customers/*.yaml``: one file for each customer."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ubm_sync.config.exceptions import ExceptionBlock, examine_exceptions
from ubm_sync.config.kinds import Address, Day, Id, State, Zone
from ubm_sync.errors import Flaw
from ubm_sync.mapping import Located, Mapping, nearest
from ubm_sync.mapping.wording import Line
from ubm_sync.model import Customer

Key: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$", max_length=60)]


class Person(BaseModel):
    """A customer support manager."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )

    email: Address
    """Of somebody who can be given tickets."""

    name: Line
    """As the customer reads it in messages."""


class CustomerFile(BaseModel):
    """What one file may hold; the shipped example explains each key."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )

    key: Key
    """Ours; never change it once in use."""

    name: Line
    """What people call the customer."""

    company: Id | None = None
    """The company's id in the ticket system."""

    intake: Literal["sheet", "csv", "csm"] = "sheet"
    """``sheet``: the customer types; ``csv``: a file is imported; ``csm``: the manager types."""

    sheet: Id | None = None
    """The id of the customer's own sheet."""

    folder: Line | None = None
    """Where files are dropped; relative to this file."""

    csm: Person
    """The customer support manager: owns the tickets."""

    backup: Address | None = None
    """Who stands in."""

    zone: Zone | None = None
    """The customer's time zone; the service's without it."""

    closures: list[Day] = []
    """The customer's own days off."""

    states: list[State] = []
    """States whose holidays count besides the federal ones."""

    titles: dict[str, Line] = {}
    """Columns that have another title in this customer's sheet: field -> title."""

    exceptions: list[ExceptionBlock] = []
    """Approved ways in which this customer's sheet differs from the template."""

    contracted: int = Field(default=0, ge=0)
    """Accounts contracted; 0 where it is not known."""

    paused: bool = False
    """Whether nothing is read or written for this customer."""

    match: Literal["only", "off"] = "off"
    """``only``: what exists is matched, and nothing is written before a person lets it begin."""

    def customer(self, zone: str, beside: Path | str = "") -> Customer:
        """Return the customer; ``zone`` is for one without a zone of its own.

        A relative folder is relative to ``beside``, the folder of the file.
        """
        return Customer(
            key=self.key,
            name=self.name,
            company=self.company or "",
            intake=self.intake,
            sheet=self.sheet or "",
            folder=self.folder_in(beside),
            csm=self.csm.email,
            csm_name=self.csm.name,
            backup=self.backup or "",
            zone=self.zone or zone,
            closures=tuple(self.closures),
            states=tuple(self.states),
            titles=MappingProxyType(dict(self.titles)),
            contracted=self.contracted,
            paused=self.paused,
            match_only=self.match == "only",
            exceptions=tuple(one.deviation() for one in self.exceptions),
        )

    def folder_in(self, beside: Path | str) -> str:
        """Return the path of the folder, "" where there is none; ``beside`` as above."""
        if self.folder is None:
            return ""
        # the one of os.path leaves the name of an unknown user as it is
        return os.path.normpath(Path(beside).absolute() / os.path.expanduser(self.folder))  # noqa: PTH111


def examine_customer(
    file: CustomerFile, located: Located, mappings: Sequence[Mapping]
) -> list[Flaw]:
    """Return what does not fit together in one file, or does not fit the mappings."""
    flaws: list[Flaw] = []
    if file.intake == "sheet" and file.sheet is None:
        text = "which sheet? add `sheet` with its id, or say `intake: csv` or `intake: csm`"
        flaws.append(located.flaw(text, "intake"))
    if file.intake != "sheet" and file.sheet is not None:
        text = f"`intake: {file.intake}` means that no sheet is read; delete this or the intake"
        flaws.append(located.flaw(text, "sheet"))
    if file.match == "only" and file.intake != "sheet":
        text = "without a sheet there is nothing to match with, so nothing would ever begin"
        flaws.append(located.flaw(f"{text}; delete this", "match"))
    flaws += _folder(file, located, mappings)
    if file.backup and file.backup.casefold() == file.csm.email.casefold():
        text = "the backup is the manager; name somebody else, or nobody"
        flaws.append(located.flaw(text, "backup"))
    return [*flaws, *_titles(file, located, mappings)]


def compare_customers(
    files: Sequence[tuple[CustomerFile, Located]], beside: Path | str
) -> dict[str, list[Flaw]]:
    """Return file -> what it shares with another customer although it must be its own.

    ``beside`` is the folder that the customers' folders are relative to.

    Both files are at fault: nobody can tell which of them is right, and guessing would show one
    customer's data to another.
    """
    found: dict[str, list[Flaw]] = {}
    for part, what in (("key", "key"), ("company", "company"), ("sheet", "sheet")):
        users: dict[str, list[tuple[CustomerFile, Located]]] = {}
        for file, located in files:
            value = getattr(file, part)
            if value:
                users.setdefault(value, []).append((file, located))
        for value, several in users.items():
            for _, located in several:
                others = [other.file for _, other in several if other is not located]
                if others:
                    text = f'{what} "{value}" is also in {others[0]}; each customer has its own'
                    found.setdefault(located.file, []).append(located.flaw(text, part))
    for located, other, same, linked in _shared_folders(files, beside):
        through = " through a link" if linked else ""
        if same:
            text = f"this folder is also in {other}{through}; each customer has its own"
        else:
            text = f"one of this folder and the one in {other} lies inside the other{through}"
            text += "; each customer has its own, where no other one looks"
        found.setdefault(located.file, []).append(located.flaw(text, "folder"))
    return found


def _folder(file: CustomerFile, located: Located, mappings: Sequence[Mapping]) -> list[Flaw]:
    """Files need a folder, and a system that keeps their rows."""
    flaws: list[Flaw] = []
    if file.intake == "csv" and file.folder is None:
        text = "which folder? add `folder` with the path where the customer's files are put"
        flaws.append(located.flaw(text, "intake"))
    if file.intake != "csv" and file.folder is not None:
        text = f"`intake: {file.intake}` reads no files; delete this or say `intake: csv`"
        flaws.append(located.flaw(text, "folder"))
    if file.intake == "csv" and mappings and not any(_keeps_rows(one) for one in mappings):
        text = "no mapping says where rows without a sheet are kept; add `without_sheet: files`"
        flaws.append(located.flaw(f"{text} to the place with `intake: true`", "intake"))
    return flaws


def _keeps_rows(mapping: Mapping) -> bool:
    return any(place.settings.get("without_sheet") for place in mapping.places)


def _shared_folders(
    files: Sequence[tuple[CustomerFile, Located]], beside: Path | str
) -> Iterator[tuple[Located, str, bool, bool]]:
    """Yield the files whose folder is another customer's too, or lies inside it or around it.

    With the file of the other customer, whether it is the same folder, and whether only symbolic
    links make it so: their paths differ.
    """
    folders = sorted(
        (Path(real_folder(path)).parts, located.file, path, located)
        for file, located in files
        if (path := file.folder_in(beside))
    )
    around: list[tuple[tuple[str, ...], str, str, Located]] = []  # what lies inside follows at once
    for parts, name, path, located in folders:
        while around and parts[: len(around[-1][0])] != around[-1][0]:
            around.pop()
        if around:
            outer, outer_name, outer_path, outer_located = around[-1]
            linked = Path(path) != Path(outer_path) and Path(outer_path) not in Path(path).parents
            yield outer_located, name, outer == parts, linked
            yield located, outer_name, outer == parts, linked
        around.append((parts, name, path, located))


def real_folder(path: str) -> str:
    """Return where a folder really is, symbolic links followed; what is not there stays as it is.

    "" for "". Reads the disk, changes nothing.
    """
    return os.path.realpath(path) if path else ""


def _titles(file: CustomerFile, located: Located, mappings: Sequence[Mapping]) -> list[Flaw]:
    """Titles may be renamed, not given a new meaning: fields must exist, titles stay unique."""
    flaws: list[Flaw] = []
    known = {field: title for mapping in mappings for field, title in mapping.titles.items()}
    if not known:  # the mappings are flawed themselves
        return []
    flaws += examine_exceptions(file.exceptions, located, known)
    for field in file.titles:
        if field not in known:
            text = f'no column holds a field "{field}"{nearest(field, known)}'
            flaws.append(located.flaw(text, "titles", field, key=True))
    taken = {_folded(title): "the identity" for one in mappings for title in _identities(one)}
    for field in sorted(known, key=lambda each: each in file.titles):
        title = file.titles.get(field, known[field])
        other = taken.setdefault(_folded(title), field)
        if other != field:
            text = f'"{title}" is the title of "{other}" already; two columns need two titles'
            flaws.append(located.flaw(text, "titles", field))
    return flaws


def _folded(title: str) -> str:
    return " ".join(title.split()).casefold()


def _identities(mapping: Mapping) -> Iterator[str]:
    """Yield the titles of the columns that carry identities where customers type."""
    for place in mapping.places:
        if place.intake:
            yield place.settings["identity"]
