"""Runs: when the service worked, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Select, Table, Text, bindparam, insert, select, update

from ubm_sync.state.repository import Repository
from ubm_sync.state.schema import ROW_NUMBER, CleanText, Json, JsonText, Moment, metadata

PREFIX = "run-"

run = Table(
    "run",
    metadata,
    Column("number", ROW_NUMBER, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("summary", JsonText),
    Column("error", CleanText, nullable=False),
)

START = insert(run).returning(run.c.number)
FINISH = (
    update(run)
    .where(run.c.number == bindparam("its_number"))
    .values(finished_at=bindparam("ended"), summary=bindparam("told"), error=bindparam("wrong"))
)
NEWEST = select(run).order_by(run.c.number.desc())


@dataclass(frozen=True, slots=True)
class Run:
    """One run; ``finished_at`` is None while it works, and for good if it was killed."""

    id: str
    kind: str
    started_at: datetime
    finished_at: datetime | None
    summary: Json
    error: str


class Runs(Repository):
    """All runs; their ids count up: ``run-1``, ``run-2``."""

    def start(self, at: datetime, kind: str) -> str:
        """Note that a run begins; return its id."""
        row = {"kind": kind, "started_at": at, "error": ""}
        return f"{PREFIX}{self._connection.execute(START, row).scalar_one()}"

    def finish(self, run_id: str, at: datetime, summary: Json, error: str = "") -> None:
        """Note how a run ended; ``error`` is "" where it went well. Raises ValueError."""
        row = {"its_number": _number(run_id), "ended": at, "told": summary, "wrong": error}
        self._connection.execute(FINISH, row)

    def get(self, run_id: str) -> Run | None:
        """Return one run; None where there is none with this id, or it is no id of a run."""
        if not run_id.removeprefix(PREFIX).isdecimal() or not run_id.startswith(PREFIX):
            return None
        return next(iter(self._found(NEWEST.where(run.c.number == _number(run_id)))), None)

    def last(self, number: int) -> Sequence[Run]:
        """Return the newest runs, newest first."""
        return self._found(NEWEST.limit(number))

    def last_success(self, kind: str | None = None) -> Run | None:
        """Return the newest run that ended without an error."""
        statement = NEWEST.where(run.c.finished_at.is_not(None), run.c.error == "").limit(1)
        if kind is not None:
            statement = statement.where(run.c.kind == kind)
        return next(iter(self._found(statement)), None)

    def _found(self, statement: Select[*tuple[Any, ...]]) -> Sequence[Run]:
        return [
            Run(
                f"{PREFIX}{row.number}",
                row.kind,
                row.started_at,
                row.finished_at,
                row.summary,
                row.error,
            )
            for row in self._connection.execute(statement)
        ]


def _number(run_id: str) -> int:
    number = run_id.removeprefix(PREFIX)
    if not number.isdecimal():
        raise ValueError(f'"{run_id}" is not the id of a run, such as run-17.')
    return int(number)
