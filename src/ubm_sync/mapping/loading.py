"""Reading ``mappings/``: files in, checked mappings out, every flaw of every file at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ubm_sync.errors import ConfigError, Flaw
from ubm_sync.mapping.build import build
from ubm_sync.mapping.doctor import compare, examine
from ubm_sync.mapping.language import MappingFile
from ubm_sync.mapping.located import Located, load_yaml
from ubm_sync.mapping.rules import Mapping
from ubm_sync.mapping.validation import in_order, inspect


@dataclass(frozen=True, slots=True)
class Sound:
    """A mapping without a flaw of its own, and where each part of it stands."""

    mapping: Mapping
    file: MappingFile
    source: Located


def yaml_files(folder: Path | str) -> list[Path]:
    """Return the ``.yaml`` files of a folder by name; none where there is no such folder.

    Hidden ones are notes that editors keep of what they have open.
    """
    return sorted(
        path
        for path in Path(folder).glob("*.yaml")
        if path.is_file() and not path.name.startswith(".")
    )


def misnamed(folder: Path | str) -> list[Flaw]:
    """Return a flaw for each ``.yml`` and the like, and each link that leads nowhere.

    Nothing reads them, and their author would never know.
    """
    flaws = []
    for path in sorted(Path(folder).glob("*")):
        if path.name.startswith(".") or path.suffix.casefold() not in {".yaml", ".yml"}:
            continue
        if path.is_symlink() and not path.exists():
            flaws.append(Flaw(str(path), 1, 1, "this link leads to no file; delete or correct it"))
        elif path.suffix != ".yaml":
            flaws.append(Flaw(str(path), 1, 1, "this file is not read; rename it to .yaml"))
    return flaws


def load_mappings(folder: Path | str) -> dict[str, Mapping]:
    """Return the mappings of a folder by kind.

    Raises ConfigError with all flaws of all files; paths in it begin with ``folder`` as given.
    """
    sound, flaws = read_mappings(folder)
    if flaws:
        raise ConfigError(flaws)
    return {one.mapping.kind: one.mapping for one in sound}


def read_mappings(folder: Path | str) -> tuple[list[Sound], list[Flaw]]:
    """Return the mappings of a folder that have no flaw, and every flaw of the others."""
    paths = yaml_files(folder)
    if not paths:
        text = "no mapping (*.yaml) in this folder; put one there or correct the folder"
        return [], [Flaw(str(folder), 0, 0, text), *misnamed(folder)]
    sound, flaws = _examined(load_yaml(path) for path in paths)
    return sound, in_order([*flaws, *misnamed(folder)])


def check_mappings(located: Iterable[Located], flaws: Iterable[Flaw] = ()) -> dict[str, Mapping]:
    """Return mappings by kind from files already read; raises ConfigError with every flaw."""
    sound, found = _examined(located)
    found = in_order([*flaws, *found])
    if found:
        raise ConfigError(found)
    return {one.mapping.kind: one.mapping for one in sound}


def _examined(located: Iterable[Located]) -> tuple[list[Sound], list[Flaw]]:
    found: list[Flaw] = []
    files: list[tuple[MappingFile, Located]] = []
    for each in located:
        file, flaws_of_file = inspect(MappingFile, each, droppable="fields")
        found.extend(flaws_of_file)
        if file is not None:
            files.append((file, each))
            found.extend(examine(file, each))
    found.extend(compare(files))
    flawed = {flaw.file for flaw in found}
    sound = [Sound(build(file), file, one) for file, one in files if one.file not in flawed]
    return sound, found
