"""Versions of rows: opaque to the engine, and a memory that travels with each write. Pure.

``2026-11-21T15:04:05Z/1c291ca3/9ae0daaf/notes,gl_code`` says when the row changed (the vendor's
times are whole seconds), a checksum of its values (so that two edits in one second differ) and of
the columns nobody may write, a checksum of the identity it carried, and the fields whose cells hold
a formula or a link. A write carries the version it was decided on, so what must not be overwritten,
and whether the identity must be written, is known at that time without being remembered for every
row of every sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from zlib import crc32

from ubm_sync.model import Write

ROW_LOCKED = "*"  # in place of the fields: the whole row is locked
_OWN = "w"  # begins the checksum of a version made from our own write


def make_version(
    modified_at: str, values: Mapping[str, str], key: str | None, fixed: Iterable[str], closed: int
) -> str:
    """Return the version of a row as read; ``closed`` is the checksum of its closed columns."""
    text = "\x1f".join(values) + "\x1e" + "\x1f".join(values.values())
    checksum = crc32(text.encode(), closed)
    fields = ",".join(fixed)
    version = f"{modified_at}/{checksum:08x}/{_identity(key)}"
    return f"{version}/{fields}" if fields else version


def closed_columns(fields: Iterable[str]) -> int:
    """Return a checksum of the fields whose columns are closed to us; 0 for none."""
    return crc32(",".join(fields).encode())


def written_version(write: Write, modified_at: str) -> str:
    """Return the version of a row after our own write, its unwritable fields carried over.

    The answer to a write need not hold all cells, so the checksum of a read cannot be made here:
    the next read gives another version, and the same values.
    """
    checksum = crc32(repr(write.values).encode())
    fixed = write.expected.split("/")[3:]
    return "/".join([modified_at, f"{_OWN}{checksum:08x}", _identity(write.key), *fixed])


def fixed_fields(version: str) -> frozenset[str]:
    """Return the fields that a row's version names as unwritable (``*``: the whole row)."""
    parts = version.split("/")
    return frozenset(parts[3].split(",")) if len(parts) > 3 else frozenset()  # noqa: PLR2004 - the fourth part


def carries(version: str, key: str) -> bool:
    """Return whether the row of this version carried the identity ``key``."""
    parts = version.split("/")
    return len(parts) > 2 and parts[2] == _identity(key)  # noqa: PLR2004 - the third part


def is_stale(expected: str, latest: str) -> bool:
    """Return whether a write decided on ``expected`` comes too late: the row is at ``latest``.

    A version of our own write has no comparable checksum: it is stale only if the row changed in a
    later second.
    """
    if expected == latest:
        return False
    then, _, checksum = expected.partition("/")
    now = latest.partition("/")[0]
    return not (checksum.startswith(_OWN) and then >= now)


def _identity(key: str | None) -> str:
    return f"{crc32(key.encode()):08x}" if key else "-"
