"""First connect: which existing rows, tickets and accounts may be the same, and what was decided.

A pair that nobody decided on is replaced by the next look; what a person decided stays, with name
and time, and is never proposed again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Float,
    Index,
    Select,
    Table,
    Text,
    bindparam,
    delete,
    func,
    select,
    text,
    update,
)

from ubm_sync.database import upsert
from ubm_sync.model import NOTHING
from ubm_sync.state.repository import Repository
from ubm_sync.state.schema import ROW_NUMBER, CleanText, JsonText, Moment, metadata

ACCEPTED, REJECTED = "accepted", "rejected"
WAITING = text("decision = 'accepted' AND linked_at IS NULL AND void = ''")

proposal = Table(
    "match_proposal",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True),
    Column("customer", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("row_ref", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("score", Float, nullable=False),
    Column("reasons", JsonText, nullable=False),
    Column("row_name", CleanText, nullable=False),
    Column("name", CleanText, nullable=False),
    Column("row_values", JsonText, nullable=False),
    Column("other_values", JsonText, nullable=False),
    Column("found_at", Moment, nullable=False),
    Column("decision", Text, nullable=False),
    Column("decided_by", CleanText, nullable=False),
    Column("decided_at", Moment),
    Column("why", CleanText, nullable=False),
    Column("linked_at", Moment),
    Column("void", CleanText, nullable=False),
    Index("uq_match_proposal_pair", "customer", "place", "row_ref", "ref", unique=True),
    Index("ix_match_proposal_waiting", "customer", sqlite_where=WAITING, postgresql_where=WAITING),
)

start = Table(
    "match_start",
    metadata,
    Column("customer", Text, primary_key=True),
    Column("begun_by", CleanText, nullable=False),
    Column("begun_at", Moment, nullable=False),
)

_JUDGED = ("kind", "score", "reasons", "row_values", "other_values")
_c = proposal.c
_PAIR = ("customer", "place", "row_ref", "ref")
_SEEN = ("kind", "score", "reasons", "row_name", "name", "row_values", "other_values", "found_at")
SAVE = upsert(proposal, list(_PAIR), update=list(_SEEN))
BEGIN = upsert(start, ["customer"], update=["begun_by", "begun_at"])
_many = _c.id.in_(bindparam("many", expanding=True))
DECIDE = (
    update(proposal)
    .where(_many)
    .values(
        decision=bindparam("to"),
        decided_by=bindparam("person"),
        decided_at=bindparam("at", type_=Moment),
        why=bindparam("reason"),
        void="",
    )
)
REOPEN = (
    update(proposal)
    .where(_many)
    .values(decision="", decided_by="", decided_at=None, why="", void="")
)
LINKED = update(proposal).where(_many).values(linked_at=bindparam("at", type_=Moment))
VOID = update(proposal).where(_many).values(void=bindparam("reason"))
DROP = delete(proposal).where(_many)


@dataclass(frozen=True, slots=True)
class Pair:
    """A row of the sheet and something in another place that may be the same.

    ``kind`` is what the look took it for. ``row_values`` and ``other_values`` are what a person
    compares. ``decision`` is ``""``, ``accepted`` or ``rejected``; ``why`` says what it followed
    from. ``linked_at`` is when it was carried out; ``void`` why it could not be.
    """

    customer: str
    place: str
    row_ref: str
    ref: str
    kind: str
    score: float
    reasons: Sequence[str]
    row_name: str
    name: str
    row_values: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    other_values: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    found_at: datetime | None = None
    decision: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None
    why: str = ""
    linked_at: datetime | None = None
    void: str = ""
    id: int = 0

    @property
    def is_open(self) -> bool:
        """Whether a person has to decide yet."""
        return not self.decision

    def looks_like(self, other: Pair) -> bool:
        """Return whether a person who saw ``other`` has seen all that decides this one."""
        return all(getattr(self, name) == getattr(other, name) for name in _JUDGED)

    @property
    def waits(self) -> bool:
        """Whether it was approved and is not carried out yet."""
        return self.decision == ACCEPTED and self.linked_at is None and not self.void


COLUMNS = tuple(_c[name] for name in Pair.__dataclass_fields__)
OF = select(*COLUMNS).order_by(
    _c.customer, _c.row_name, _c.row_ref, _c.place, _c.score.desc(), _c.id
)


class Matches(Repository):
    """Proposals and decisions, by customer."""

    def of(self, customers: Iterable[str]) -> list[Pair]:
        """Return all pairs of some customers: by row, then the likeliest first."""
        return self._pairs(OF.where(_c.customer.in_(list(customers))))

    def get(self, ids: Iterable[int]) -> list[Pair]:
        """Return pairs by their numbers; unknown ones are left out."""
        found = list(self._rows_in(OF.where(_many), ids))
        return [Pair(*row) for row in found]

    def replace(self, customer: str, pairs: Iterable[Pair], now: datetime) -> None:
        """Take over what a look found; undecided pairs it did not find are dropped."""
        before = {(one.place, one.row_ref, one.ref): one for one in self.of([customer])}
        rows, kept = [], set()
        for one in pairs:
            mark = one.place, one.row_ref, one.ref
            kept.add(mark)
            known = before.get(mark)
            if known is not None and known.decision:
                continue
            row = {name: getattr(one, name) for name in Pair.__dataclass_fields__ if name != "id"}
            rows.append({**row, "found_at": now if known is None else known.found_at})
        self._change_in(
            DROP, [one.id for mark, one in before.items() if one.is_open and mark not in kept]
        )
        self._write(SAVE, rows)

    def decide(
        self, ids: Iterable[int], decision: str, by: str, at: datetime, why: str = ""
    ) -> None:
        """Note what a person decided; a later decision replaces an earlier one."""
        self._change_in(DECIDE, ids, {"to": decision, "person": by, "at": at, "reason": why})

    def reopen(self, ids: Iterable[int]) -> None:
        """Let these be decided anew."""
        self._change_in(REOPEN, ids)

    def waiting(self, customers: Iterable[str]) -> list[Pair]:
        """Return what is approved and not carried out yet."""
        return self._pairs(OF.where(WAITING, _c.customer.in_(list(customers))))

    def linked(self, ids: Iterable[int], at: datetime) -> None:
        """Note that these are carried out."""
        self._change_in(LINKED, ids, {"at": at})

    def void(self, ids: Iterable[int], reason: str) -> None:
        """Note that these cannot be carried out, and why."""
        self._change_in(VOID, ids, {"reason": reason})

    def open_counts(self) -> dict[str, int]:
        """Return how many pairs of each customer wait for a decision."""
        statement = select(_c.customer, func.count()).where(_c.decision == "").group_by(_c.customer)
        return {row[0]: row[1] for row in self._connection.execute(statement)}

    def begun(self) -> dict[str, tuple[str, datetime]]:
        """Return ``{customer: (by whom, when)}`` of those whose work was allowed to begin."""
        statement = select(start.c.customer, start.c.begun_by, start.c.begun_at)
        return {row[0]: (row[1], row[2]) for row in self._connection.execute(statement)}

    def begin(self, customer: str, by: str, at: datetime) -> None:
        """Allow the work on a customer to begin."""
        self._write(BEGIN, [{"customer": customer, "begun_by": by, "begun_at": at}])

    def _pairs(self, statement: Select[Any]) -> list[Pair]:
        return [Pair(*row) for row in self._connection.execute(statement)]
