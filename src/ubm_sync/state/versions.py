"""Every configuration that was ever in force: its files, who put it there, what it did.

Files are kept once by their content, so a version costs what its edit changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Integer, Select, Table, Text, bindparam, insert, select, update

from ubm_sync.database import upsert
from ubm_sync.state.repository import Repository
from ubm_sync.state.schema import ROW_NUMBER, CleanText, Json, JsonText, Moment, metadata

configuration_version = Table(
    "configuration_version",
    metadata,
    Column("number", ROW_NUMBER, primary_key=True),
    Column("hash", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", CleanText, nullable=False),
    Column("how", CleanText, nullable=False),
    Column("standing", Text, nullable=False, index=True),
    Column("since", Moment),
    Column("second_by", CleanText),
    Column("second_at", Moment),
    Column("kinds", JsonText, nullable=False),
    Column("files", JsonText, nullable=False),
    Column("effect", JsonText, nullable=False),
    Column("runs", Integer, nullable=False),
    Column("written", JsonText, nullable=False),
)

configuration_file = Table(
    "configuration_file",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("content", CleanText, nullable=False),
)

_columns = configuration_version.c
ADD = insert(configuration_version).returning(_columns.number)
ADD_FILES = upsert(configuration_file, ["digest"])
NEWEST = select(configuration_version).order_by(_columns.number.desc())
CONTENT = select(configuration_file.c.digest, configuration_file.c.content).where(
    configuration_file.c.digest.in_(bindparam("many", expanding=True))
)


_LEAST = 4  # characters of a hash that name a version
_DIGITS = 9  # of a number; longer ones are hashes, and no database takes them for numbers


class Standing(StrEnum):
    """What a version is now."""

    IN_FORCE = "in force"
    FORMER = "former"  # it was in force
    WAITING = "waiting"  # for a second name
    WITHDRAWN = "withdrawn"  # it waited, and the files were changed again
    SET_ASIDE = "set aside"  # what stood in the files when another version was brought back


@dataclass(frozen=True, slots=True)
class Version:
    """One configuration: ``files`` maps a path to the digest of its content.

    ``hash`` is that of all files. ``at`` it was stored, ``by`` whoever saved it, ``how`` it came
    ("edited", "rollback to 3"). ``since`` it came into force, None where it never did;
    ``second_by`` let it. ``kinds`` maps a kind of record to the hash of its mapping. ``effect`` is
    what it was measured to change. ``runs`` wrote under it, ``written`` maps a system to how many
    writes.
    """

    number: int
    hash: str
    at: datetime
    by: str
    how: str
    standing: Standing
    since: datetime | None
    second_by: str | None
    second_at: datetime | None
    kinds: Mapping[str, str]
    files: Mapping[str, str]
    effect: Json
    runs: int
    written: Mapping[str, int]

    @property
    def name(self) -> str:
        """How people call it."""
        return f"version {self.number} ({self.hash[:8]})"


class Versions(Repository):
    """The versions; at most one is in force, at most one waits."""

    def add(
        self,
        digest: str,
        files: Mapping[str, str],
        *,
        kinds: Mapping[str, str],
        at: datetime,
        by: str,
        how: str,
        standing: Standing,
        effect: Json = None,
    ) -> Version:
        """Store a configuration with the content of its files; one that is in force ends another.

        Another that waits is withdrawn where this one waits or comes into force.
        """
        digests = {path: _digest(text) for path, text in files.items()}
        rows = {digests[path]: text for path, text in files.items()}
        self._write(ADD_FILES, [{"digest": key, "content": text} for key, text in rows.items()])
        row = {
            "hash": digest, "at": at, "by": by, "how": how, "standing": Standing.WITHDRAWN.value,
            "kinds": dict(kinds), "files": digests, "effect": effect or {}, "runs": 0,
            "written": {},
        }  # fmt: skip
        number = int(self._connection.execute(ADD, row).scalar_one())
        if standing is Standing.IN_FORCE:
            self.take(number, at)
        elif standing is Standing.WAITING:
            self.withdraw()
            self._set(number, standing=standing.value)
        else:
            self._set(number, standing=standing.value)
        return self._one(number)

    def take(self, number: int, at: datetime, second_by: str | None = None) -> Version:
        """Put a version into force in place of the one that is; nothing waits any more."""
        self._connection.execute(
            update(configuration_version)
            .where(_columns.standing == Standing.IN_FORCE.value, _columns.number != number)
            .values(standing=Standing.FORMER.value)
        )
        values: dict[str, Any] = {"standing": Standing.IN_FORCE.value, "since": at}
        if second_by is not None:
            values |= {"second_by": second_by, "second_at": at}
        self._set(number, **values)
        self.withdraw()
        return self._one(number)

    def withdraw(self) -> Version | None:
        """Let a version that waits wait no more; return it."""
        waiting = self.waiting()
        if waiting is not None:
            self._set(waiting.number, standing=Standing.WITHDRAWN.value)
        return waiting

    def did(self, number: int, written: Mapping[str, int]) -> None:
        """Count what a run wrote under a version."""
        if not written or (one := self.get(number)) is None:
            return
        total = dict(one.written)
        for system, count in written.items():
            total[system] = total.get(system, 0) + count
        self._set(number, runs=one.runs + 1, written=total)

    def in_force(self) -> Version | None:
        """Return the version that is used; None before the first."""
        return self._first(NEWEST.where(_columns.standing == Standing.IN_FORCE.value))

    def waiting(self) -> Version | None:
        """Return the version that waits for a second name."""
        return self._first(NEWEST.where(_columns.standing == Standing.WAITING.value))

    def marks(self) -> tuple[tuple[int, str], ...]:
        """Return number and standing of what is in force and what waits: quick to compare."""
        statement = select(_columns.number, _columns.standing).where(
            _columns.standing.in_([Standing.IN_FORCE.value, Standing.WAITING.value])
        )
        rows = self._connection.execute(statement)
        return tuple(sorted((int(number), str(standing)) for number, standing in rows))

    def get(self, number: int) -> Version | None:
        """Return the version with a number."""
        return self._first(NEWEST.where(_columns.number == number))

    def found(self, name: str) -> Sequence[Version]:
        """Return the versions of a name: the number, or the beginning of a hash; newest first.

        Fewer than four characters of a hash name nothing: a mistyped number would be one.
        """
        if name.isdecimal() and len(name) <= _DIGITS and (one := self.get(int(name))) is not None:
            return [one]
        if len(name) < _LEAST:
            return []
        return self._found(NEWEST.where(_columns.hash.startswith(name, autoescape=True)))

    def last(self, count: int) -> Sequence[Version]:
        """Return the newest versions, newest first."""
        return self._found(NEWEST.limit(count))

    def using(self, kind: str, digest: str, at: datetime) -> Version | None:
        """Return the version in force at an instant, by the hash of its mapping of a kind.

        The newest with that mapping that came into force before then.
        """
        statement = select(_columns.number, _columns.kinds).order_by(_columns.number.desc())
        rows = self._connection.execute(statement.where(_columns.since <= at))
        number = next((row.number for row in rows if row.kinds.get(kind) == digest), None)
        return self.get(number) if number is not None else None

    def content(self, version: Version) -> dict[str, str]:
        """Return path -> text of a version's files."""
        known = {row[0]: row[1] for row in self._rows_in(CONTENT, version.files.values())}
        return {path: known[digest] for path, digest in version.files.items()}

    def _one(self, number: int) -> Version:
        found = self.get(number)
        if found is None:
            raise LookupError(f"There is no version {number}.")
        return found

    def _set(self, number: int, **values: Any) -> None:
        statement = update(configuration_version).where(_columns.number == number)
        self._connection.execute(statement.values(**values))

    def _first(self, statement: Select[*tuple[Any, ...]]) -> Version | None:
        return next(iter(self._found(statement.limit(1))), None)

    def _found(self, statement: Select[*tuple[Any, ...]]) -> list[Version]:
        return [_version(row) for row in self._connection.execute(statement)]


def _version(row: Iterable[Any]) -> Version:
    number, digest, at, by, how, standing, *rest = row
    return Version(int(number), digest, at, by, how, Standing(standing), *rest)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
