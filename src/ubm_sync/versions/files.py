"""The files an admin edits, taken together: read as they stand, loaded as one, put back as one."""

from __future__ import annotations

import hashlib
import pwd
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, lru_cache
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from ubm_sync.config import Configuration, load_configuration, write_text
from ubm_sync.errors import ConfigError, Flaw
from ubm_sync.mapping import Located, issued_in

CONFIG, MAPPINGS, CUSTOMERS = "config/", "mappings/", "config/customers/"
_PATTERN = "*.y*ml"
_SHORT = 8  # a secret of fewer characters may be a word of the files by chance


@dataclass(frozen=True)
class Folders:
    """Where the files stand; inside the service a path begins with ``config/`` or ``mappings/``."""

    config: Path
    mappings: Path

    def path(self, name: str) -> Path:
        """Return where a file stands."""
        if name.startswith(CONFIG):
            return self.config / name.removeprefix(CONFIG)
        return self.mappings / name.removeprefix(MAPPINGS)

    def paths(self) -> Iterator[tuple[str, Path]]:
        """Yield the files there are: name and path, in the order of their names."""
        found = {
            **dict(_inside(CONFIG, self.config, ("", "*/"))),
            **dict(_inside(MAPPINGS, self.mappings, ("",))),
        }
        yield from sorted(found.items())


@dataclass(frozen=True)
class FileSet:
    """All files at one moment: name -> content."""

    content: Mapping[str, bytes]
    flaws: tuple[Flaw, ...] = field(default=())  # files that cannot be read

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> FileSet:
        """Return stored files."""
        return cls(MappingProxyType({name: text.encode() for name, text in texts.items()}))

    @cached_property
    def hash(self) -> str:
        """Name exactly this content, in hex."""
        digest = hashlib.sha256(repr(self.flaws).encode() if self.flaws else b"")
        for name, content in sorted(self.content.items()):
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
        return digest.hexdigest()

    def texts(self) -> dict[str, str]:
        """Return name -> text; raises UnicodeDecodeError where a file is no text."""
        return {name: content.decode("utf-8") for name, content in self.content.items()}

    def but(self, changes: Mapping[str, bytes | None]) -> FileSet:
        """Return the files with others in some places; None takes one out."""
        content = {**self.content, **changes}
        left = {name: one for name, one in content.items() if one is not None}
        return FileSet(MappingProxyType(left))

    def changed(self, before: FileSet | None) -> list[str]:
        """Return the names of the files that differ, are new or gone."""
        old = before.content if before is not None else {}
        names = sorted(self.content.keys() | old.keys())
        return [name for name in names if self.content.get(name) != old.get(name)]


def read_files(folders: Folders) -> FileSet:
    """Read everything that is there."""
    content, flaws = {}, []
    for name, path in folders.paths():
        try:
            content[name] = path.read_bytes()
        except FileNotFoundError:
            if path.is_symlink():
                text = "this link leads to no file; delete or correct it"
                flaws.append(Flaw(str(path), 1, 1, text))
            continue  # else it has just gone
        except OSError as error:
            flaws.append(Flaw(str(path), 0, 0, f"this file cannot be read: {error.strerror}"))
    return FileSet(MappingProxyType(content), tuple(flaws))


# copies of the folders of config and mappings, and where the first one really stands
Read: TypeAlias = Callable[[Path, Path, Path], Configuration]


def read_tolerantly(config: Path, mappings: Path, home: Path) -> Configuration:
    """Read two folders, with the mistakes of single customers in ``flaws``."""
    return load_configuration(config, mappings, home=home, tolerant=True)


def load(files: FileSet, folders: Folders, read: Read = read_tolerantly) -> Configuration:
    """Return what the files say, with the mistakes of single customers in ``flaws``.

    They are read from a copy, so that nobody edits them meanwhile; mistakes are told with the
    paths of ``folders``. The same files are read once. Raises ConfigError.
    """
    return _load(files.hash, folders, _Carried(files), read)


@dataclass(frozen=True)
class _Carried:
    """Files on their way through a cache that knows them by their hash."""

    files: FileSet = field(compare=False)


@lru_cache(maxsize=8)
def _load(_hash: str, folders: Folders, carried: _Carried, read: Read) -> Configuration:
    files = carried.files
    with tempfile.TemporaryDirectory(prefix="ubm-sync-") as folder:
        root = Path(folder)
        for name in ("config", "mappings"):
            (root / name).mkdir()
        for name, content in files.content.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        names = {
            str(root / "config"): str(folders.config),
            str(root / "mappings"): str(folders.mappings),
        }
        try:
            found = read(root / "config", root / "mappings", folders.config)
        except ConfigError as error:
            told = [*files.flaws, *(_renamed(one, names) for one in error.flaws)]
            raise ConfigError(told) from None
        if files.flaws:
            raise ConfigError(files.flaws)
        return _told(found, names)


def put_back(files: FileSet, folders: Folders) -> list[str]:
    """Make the folders hold exactly these files; return the names of those that changed.

    Each file changes in one step; others of the same kind are removed, files of other kinds stay.
    """
    changed = []
    there = dict(folders.paths())
    for name, content in sorted(files.content.items()):
        path = folders.path(name)
        if name not in there or not path.exists() or path.read_bytes() != content:
            write_text(path, content.decode("utf-8"))
            changed.append(name)
    for name in sorted(there.keys() - files.content.keys()):
        there[name].unlink(missing_ok=True)
        changed.append(name)
    return changed


def secrets_in(files: FileSet, folders: Folders, secrets: Mapping[str, str]) -> list[Flaw]:
    """Return a flaw for each line that holds a secret: files are stored, secrets are not.

    ``secrets`` maps the name of a variable to its value.
    """
    found = []
    for name, content in sorted(files.content.items()):
        for number, line in enumerate(content.splitlines(), start=1):
            for variable, value in secrets.items():
                column = line.find(value.encode()) if len(value) >= _SHORT else -1
                if column >= 0:
                    text = (
                        f"the value of {variable} stands here; secrets are never stored with the "
                        "configuration: take it out and leave it to the variable"
                    )
                    found.append(Flaw(str(folders.path(name)), number, column + 1, text))
    return found


def not_storable(files: FileSet, folders: Folders, secrets: Mapping[str, str]) -> list[str]:
    """Return the names of files that no version may hold: they are no text, or hold a secret."""
    found = {str(folders.path(name)): name for name in files.content}
    leaking = {found[flaw.file] for flaw in secrets_in(files, folders, secrets)}
    for name, content in files.content.items():
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            leaking.add(name)
            continue
        if next(issued_in(text), None):
            leaking.add(name)
    return sorted(leaking)


def keep_beside(names: Iterable[str], folders: Folders) -> list[str]:
    """Copy files to another name in their folder, where nothing reads them; return the paths."""
    kept = []
    for name in names:
        path = folders.path(name)
        for number in count(1):
            copy = path.with_name(f"{path.name}.before-rollback-{number}")
            if not copy.exists():
                break
        shutil.copy2(path, copy)
        kept.append(str(copy))
    return kept


def savers(names: Iterable[str], folders: Folders) -> list[str]:
    """Return whose files these are, as the system tells; who saved one by rename owns it."""
    found = set()
    for name in names:
        with suppress(OSError, KeyError):
            found.add(pwd.getpwuid(folders.path(name).stat().st_uid).pw_name)
    return sorted(found)


def stamp(folders: Folders, more: Iterable[Path] = ()) -> tuple[tuple[str, int, int, int], ...]:
    """Return what changes when a file is saved: path, time, size and number of each."""
    found = []
    for path in (*(path for _, path in folders.paths()), *more):
        with suppress(OSError):
            status = path.stat()
            found.append((str(path), status.st_mtime_ns, status.st_size, status.st_ino))
    return tuple(found)


def _inside(prefix: str, folder: Path, levels: Iterable[str]) -> Iterator[tuple[str, Path]]:
    for level in levels:
        for path in folder.glob(f"{level}{_PATTERN}"):
            inside = path.relative_to(folder)
            is_file = path.is_file() or (path.is_symlink() and not path.exists())
            if is_file and not any(part.startswith(".") for part in inside.parts):
                yield f"{prefix}{inside.as_posix()}", path


def _renamed(flaw: Flaw, names: Mapping[str, str]) -> Flaw:
    return replace(flaw, file=_real(flaw.file, names), message=_real(flaw.message, names))


def _real(text: str, names: Mapping[str, str]) -> str:
    for copy, real in names.items():
        text = text.replace(copy, real)
    return text


def _told(found: Configuration, names: Mapping[str, str]) -> Configuration:
    """Return a configuration that speaks of the real files."""
    changes: dict[str, Any] = {
        one.name: replace(value, file=_real(value.file, names))
        for one in fields(found)
        if isinstance(value := getattr(found, one.name), Located)
    }
    changes["flaws"] = tuple(_renamed(one, names) for one in found.flaws)
    files = {key: Path(_real(str(path), names)) for key, path in found.files.items()}
    changes["files"] = MappingProxyType(files)
    return replace(found, **changes)
