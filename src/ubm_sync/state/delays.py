"""The ledger of delays: revisions that are never changed.

Revisions form a chain like the audit log. A revision names its evidence by the hash of the whole
fact, so the chain covers the facts as well, and an explanation never needs the system they came
from (``evidence.py``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Column, Integer, Row, Text, bindparam, func, select

from ubm_sync.delays.codes import Party
from ubm_sync.delays.delay import Status
from ubm_sync.delays.ledger import Basis, Revision
from ubm_sync.state.chain import Broken, Chain, chain_table, head_table
from ubm_sync.state.evidence import BODIES, hash_of
from ubm_sync.state.schema import clean, instant, json_text, microseconds

delay_revision = chain_table(
    "delay_revision",
    Column("run", Text, nullable=False),
    Column("onboarding", Text, nullable=False, index=True),
    Column("delay", Text, nullable=False),
    Column("number", Integer, nullable=False),
)
delay_head = head_table("delay_head")
_columns = delay_revision.c
_many: Any = bindparam("many", expanding=True)
OF_MANY = (
    select(delay_revision).where(_columns.onboarding.in_(_many)).order_by(_columns.seq)
)  # oldest first
NEWEST = select(delay_revision).where(
    _columns.seq.in_(
        select(func.max(_columns.seq))
        .where(_columns.onboarding.in_(_many))
        .group_by(_columns.onboarding, _columns.delay)
    )
)
_PARTIES = {one.value: one for one in Party}
_STATUSES = {one.value: one for one in Status}


class Line(NamedTuple):
    """A revision as it stands in the ledger; ``proof`` are the digests of its evidence."""

    seq: int
    revision: Revision
    proof: tuple[str, ...]
    hash: str


class DelayLedger(Chain):
    """The revisions, appended to and read."""

    name = "ledger of delays"
    table = delay_revision
    head = delay_head
    hashed = ("seq", "at", "run", "onboarding", "delay", "number", "body")

    def append(self, lines: Iterable[tuple[Revision, Sequence[str]]]) -> list[int]:
        """Append revisions with the digests of their evidence, in this order; return their numbers.

        The evidence must have been kept in the same transaction or before. Raises Refused where
        the head of the chain is gone.
        """
        return self._chain(_row(revision, proof) for revision, proof in lines)

    def newest(self, onboardings: Iterable[str]) -> dict[str, dict[str, Line]]:
        """Return the last revision of each delay: ``{onboarding: {delay: line}}``."""
        found: defaultdict[str, dict[str, Line]] = defaultdict(dict)
        for row in self._rows_in(NEWEST, onboardings):
            line = _line(row)
            found[row.onboarding][line.revision.delay] = line
        return dict(found)

    def of(self, onboarding: str) -> list[Line]:
        """Return every revision of one onboarding, oldest first."""
        return [_line(row) for row in self._rows_in(OF_MANY, [onboarding])]

    def _unproven(self, rows: list[Row[Any]]) -> Broken | None:
        """Return the first of these lines whose evidence is missing or was changed."""
        proofs = {row.seq: orjson.loads(row.body)["proof"] for row in rows}
        wanted: defaultdict[str, set[str]] = defaultdict(set)
        for row in rows:
            wanted[row.onboarding].update(proofs[row.seq])
        hashes = {
            (onboarding, row.digest): hash_of(row.body)
            for onboarding, digests in wanted.items()
            for row in self._rows_in(BODIES, sorted(digests), {"of_one": onboarding})
        }
        for row in rows:
            for digest in proofs[row.seq]:
                known = hashes.get((row.onboarding, digest))
                if known is None:
                    return Broken(row.seq, f"A piece of evidence of entry {row.seq} is missing.")
                if known != digest:
                    text = f"A piece of evidence of entry {row.seq} was changed after it was kept."
                    return Broken(row.seq, text)
        return None


def _row(revision: Revision, proof: Sequence[str]) -> dict[str, Any]:
    end = revision.end
    body = {
        "code": revision.code,
        "party": revision.party,
        "subject": revision.subject,
        "start": revision.start.isoformat(),
        "end": None if end is None else end.isoformat(),
        "status": revision.status,
        "told": revision.told,
        "notice": revision.notice,
        "evidence": revision.evidence,
        "proof": list(proof),
        "retrospective": revision.retrospective,
        "why": revision.why,
        "event": revision.event,
        "rules": revision.basis.rules,
        "settings": revision.basis.settings,
        "by": revision.basis.by,
    }
    return {
        "at": microseconds(revision.at),
        "run": revision.basis.run,
        "onboarding": revision.ticket,
        "delay": revision.delay,
        "number": revision.number,
        "body": clean(json_text(body)),
    }


def _line(row: Row[Any]) -> Line:
    body: Mapping[str, Any] = orjson.loads(row.body)
    revision = Revision(
        delay=row.delay,
        number=row.number,
        ticket=row.onboarding,
        code=body["code"],
        party=_PARTIES[body["party"]],
        subject=body["subject"],
        start=datetime.fromisoformat(body["start"]),
        end=None if body["end"] is None else datetime.fromisoformat(body["end"]),
        status=_STATUSES[body["status"]],
        told=body["told"],
        notice=body["notice"],
        evidence=tuple(body["evidence"]),
        retrospective=body["retrospective"],
        why=body["why"],
        at=instant(row.at),
        basis=Basis(body["rules"], body["settings"], row.run, body["by"]),
        event=body.get("event", 0),
    )
    return Line(row.seq, revision, tuple(body["proof"]), row.hash)
