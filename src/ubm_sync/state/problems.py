"""Problems: what is wrong now with parts of the systems, and since when."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, Column, Table, Text, bindparam, delete, select

from ubm_sync.database import upsert
from ubm_sync.model import Problem
from ubm_sync.state.repository import Repository
from ubm_sync.state.schema import CleanText, JsonText, Moment, metadata

problem = Table(
    "problem",
    metadata,
    Column("scope", CleanText, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("body", CleanText, nullable=False),
    Column("blocks", Boolean, nullable=False),
    Column("fields", JsonText, nullable=False),
    Column("since", Moment, nullable=False),
)


@dataclass(frozen=True, slots=True)
class KnownProblem:
    """A ``Problem`` of the model and the instant it was first seen."""

    scope: str
    code: str
    text: str
    blocks: bool
    fields: tuple[str, ...]
    since: datetime


LIST = select(problem).order_by(problem.c.scope, problem.c.code)
SAVE = upsert(problem, ["scope", "code"], update=["body", "blocks", "fields"])
REMOVE = delete(problem).where(
    problem.c.scope == bindparam("of_scope"), problem.c.code == bindparam("of_code")
)


class Problems(Repository):
    """What is wrong now; one problem per scope and code."""

    def replace(
        self,
        checked: Collection[str],
        problems: Iterable[Problem],
        at: datetime | None = None,
    ) -> tuple[Sequence[Problem], Sequence[KnownProblem]]:
        """Replace what is known about the ``checked`` scopes and everything below them.

        A problem that is still there keeps its date. Returns the new ones and the cleared ones.
        """
        known = {(one.scope, one.code): one for one in self.list()}
        now = {(one.scope, one.code): one for one in problems}
        scopes = set(checked)
        cleared = [
            one for key, one in known.items() if key not in now and _covered(one.scope, scopes)
        ]
        since = at or self._clock.now()
        changed = [one for key, one in now.items() if key not in known or _news(known[key], one)]
        self._write(SAVE, [_row(one, since) for one in changed])
        self._write(REMOVE, [{"of_scope": one.scope, "of_code": one.code} for one in cleared])
        return [one for key, one in now.items() if key not in known], cleared

    def list(self) -> Sequence[KnownProblem]:
        """Return every problem there is, in order of scope and code."""
        return [
            KnownProblem(row.scope, row.code, row.body, row.blocks, tuple(row.fields), row.since)
            for row in self._connection.execute(LIST)
        ]


def _covered(scope: str, checked: set[str]) -> bool:
    """Return whether a scope or one above it ("a" and "a/b" are above "a/b/c") was checked."""
    parts = scope.split("/")
    return any("/".join(parts[:length]) in checked for length in range(1, len(parts) + 1))


def _news(known: KnownProblem, now: Problem) -> bool:
    return (known.text, known.blocks, known.fields) != (now.text, now.blocks, now.fields)


def _row(one: Problem, since: datetime) -> dict[str, object]:
    return {
        "scope": one.scope,
        "code": one.code,
        "body": one.text,
        "blocks": one.blocks,
        "fields": list(one.fields),
        "since": since,
    }
