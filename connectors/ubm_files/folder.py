"""A customer's folder: what lies in it, and how files are moved and written in one step."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from ubm_files.tables import TEXTS, WORKBOOKS

ARCHIVE = "archive"
RESULT = ".result"
_PASSING = ("~$", ".", "~")  # what programs leave while a file is open
_LONGEST_NAME = 200  # bytes: archive and result add to it, and 255 is what most disks take
_UNFINISHED = (".part", ".tmp", ".crdownload", ".partial", ".filepart", ".download")


class Lying(NamedTuple):
    """A file in the folder.

    ``name`` is the one it counts as: a result file counts as the file it belongs to. ``trouble``
    says why it is not opened at all.
    """

    path: Path
    name: str
    size: int
    changed: int  # nanoseconds
    stamp: str  # as long as it stays, so does the content
    is_result: bool = False
    trouble: str = ""

    @property
    def suffix(self) -> str:
        """The ending of the name, in small letters."""
        return Path(self.name).suffix.lower()


def lying(folder: Path) -> Iterator[Lying]:
    """Yield the files of a folder by name; what is no file of a person is left out.

    Raises OSError where the folder cannot be read.
    """
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda one: one.name)
    for entry in entries:
        name = entry.name
        if name.startswith(_PASSING) or name.lower().endswith(_UNFINISHED):
            continue
        try:
            seen = entry.stat(follow_symlinks=False)
        except OSError:
            continue  # it has just gone
        if stat.S_ISDIR(seen.st_mode):
            continue
        trouble = ""
        if not stat.S_ISREG(seen.st_mode):
            trouble = "it is a link and no file; put the file itself here."
        elif len(os.fsencode(name)) > _LONGEST_NAME:
            trouble = "its name is too long; give it a shorter one."
        base = base_of(name)
        yield Lying(
            Path(entry.path),
            base or name,
            seen.st_size,
            seen.st_mtime_ns,
            _stamp(seen),
            bool(base),
            trouble,
        )


def base_of(name: str) -> str:
    """Return the name of the file that a result belongs to, "" for any other file."""
    stem, suffix = Path(name).stem, Path(name).suffix
    if suffix.lower() in {".csv", ".xlsx"} and stem.lower().endswith(RESULT):
        return stem[: -len(RESULT)]
    return ""


def result_name(name: str) -> str:
    """Return the name of a file's result: ``locations.csv.result.csv``."""
    suffix = Path(name).suffix.lower()
    return f"{name}{RESULT}{'.xlsx' if suffix in WORKBOOKS else '.csv'}"


def is_table(name: str) -> bool:
    """Return whether a name ends like a file with rows."""
    return Path(name).suffix.lower() in TEXTS | WORKBOOKS


def read(path: Path, most: int) -> bytes:
    """Return a file's content, at most ``most`` bytes and one; a link is not followed.

    Raises OSError.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        return file.read(most + 1)


def digest_of(content: bytes) -> str:
    """Return a content's SHA-256."""
    return hashlib.sha256(content).hexdigest()


def archive(path: Path, stamp: str, digest: str, name: str, now: datetime) -> bool:
    """Move a file into the archive beside it under time, hash and name.

    Returns False where another file has taken its place meanwhile: that one stays to be read.
    Raises OSError.
    """
    before = _seen(path)
    if before is None or _stamp(before) != stamp:
        return False
    folder = path.parent / ARCHIVE
    folder.mkdir(exist_ok=True)
    target = folder / f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{digest[:12]}-{name}"
    path.replace(target)
    after = _seen(target)
    if after is not None and _identity(after) == _identity(before):
        return True
    back = path if not path.exists() else path.with_name(f"again {path.name}")
    target.replace(back)
    return False


def _seen(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def _identity(seen: os.stat_result) -> tuple[int, int, int]:
    return seen.st_ino, seen.st_size, seen.st_mtime_ns


def _stamp(seen: os.stat_result) -> str:
    # The time of the last change of anything too: a copy may keep size and time of another file.
    return f"{seen.st_size}/{seen.st_mtime_ns}/{seen.st_ctime_ns}/{seen.st_ino}"


def write(path: Path, content: bytes) -> str:
    """Write a file in one step and return its stamp: readers see the old one or the new one.

    Raises OSError.
    """
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return _stamp(path.lstat())


def reason(error: OSError) -> str:
    """Return why something could not be done with a file, in a few words."""
    if error.errno in {errno.EACCES, errno.EPERM}:
        return "the service has no right to it"
    if error.errno == errno.ENOENT:
        return "it is not there"
    return (error.strerror or type(error).__name__).lower()
