"""The ledger of delays: revisions that are never changed, and the evidence they rest on.

Revisions form a chain like the audit log. A revision names its evidence by the hash of the whole
fact, so the chain covers the facts as well, and an explanation never needs the system they came
from. Facts are kept as they were told; one that is told differently later is kept beside the first,
and the newest telling is the one that is used.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    Boolean,
    Column,
    Integer,
    Row,
    Table,
    Text,
    bindparam,
    func,
    select,
    update,
)

from ubm_sync.delays.codes import Party
from ubm_sync.delays.delay import Status
from ubm_sync.delays.ledger import Basis, Revision
from ubm_sync.evidence import Evidence, Kind, Side
from ubm_sync.state.chain import Broken, Chain, chain_table, head_table
from ubm_sync.state.repository import Bulk, Pick, Repository
from ubm_sync.state.schema import Moment, clean, instant, json_text, metadata, microseconds

delay_revision = chain_table(
    "delay_revision",
    Column("run", Text, nullable=False),
    Column("onboarding", Text, nullable=False, index=True),
    Column("delay", Text, nullable=False),
    Column("number", Integer, nullable=False),
)
delay_head = head_table("delay_head")
delay_fact = Table(
    "delay_fact",
    metadata,
    Column("onboarding", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("at", Moment, nullable=False),  # when it was first told
    Column("used", Boolean, nullable=False),  # False: told differently since
    Column("body", Text, nullable=False),  # JSON text, as it is hashed
    sqlite_with_rowid=False,  # an onboarding's facts lie together, in the order of the key
)

_columns, _facts = delay_revision.c, delay_fact.c
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
USED = Pick(
    select(_facts.onboarding, _facts.digest, _facts.body), _facts.onboarding, also=_facts.used
)
BODIES = select(_facts.digest, _facts.body).where(
    _facts.onboarding == bindparam("of_one"), _facts.digest.in_(_many)
)
KEEP = Bulk(delay_fact, ["onboarding", "digest"], kept=("at", "body"))
RETIRE = (
    update(delay_fact)
    .where(_facts.onboarding == bindparam("of_one"), _facts.digest.in_(_many))
    .values(used=False)
)


_KINDS = {one.value: one for one in Kind}
_SIDES = {one.value: one for one in Side}
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
            (onboarding, row.digest): _digest(row.body)
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


class DelayFacts(Repository):
    """What is known of each onboarding, kept."""

    def keep(self, onboarding: str, facts: Iterable[Evidence], at: datetime) -> bool:
        """Keep facts told at ``at``; return whether anything is known now that was not before.

        Facts take the place of those told before with the same ``ref``; all others stay.
        """
        known = {digest: body for _, digest, body in USED.rows(self._connection, [onboarding])}
        told: dict[str, str] = {}
        refs = set()
        for one in facts:
            body = _body(one)
            told[_digest(body)] = body
            refs.add(one.ref)
        fresh = told.keys() - known.keys()
        rest = known.keys() - told.keys()
        retired = [name for name in sorted(rest) if _fact(known[name]).ref in refs]
        self._change_in(RETIRE, retired, {"of_one": onboarding})
        then = microseconds(at)
        rows = [(onboarding, name, then, True, told[name]) for name in sorted(fresh)]
        KEEP.run(self._connection, rows)
        return bool(rows or retired)

    def used(self, onboardings: Iterable[str]) -> dict[str, dict[str, Evidence]]:
        """Return everything that is known of these: ``{onboarding: {digest: fact}}``."""
        found: dict[str, dict[str, Evidence]] = {}
        for onboarding, digest, body in USED.rows(self._connection, onboardings):
            found.setdefault(onboarding, {})[digest] = _fact(body)
        return found

    def get(self, onboarding: str, digests: Iterable[str]) -> dict[str, Evidence]:
        """Return kept facts of an onboarding by digest, also those told differently since."""
        rows = self._rows_in(BODIES, digests, {"of_one": onboarding})
        return {row.digest: _fact(row.body) for row in rows}


def digest_of(fact: Evidence) -> str:
    """Return what a kept fact is found by: the hash of everything in it."""
    return _digest(_body(fact))


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def _body(fact: Evidence) -> str:
    return clean(
        json_text(
            {
                "kind": fact.kind,
                "at": fact.at.isoformat(),
                "subject": fact.subject,
                "value": fact.value,
                "system": fact.system,
                "record": fact.record,
                "field": fact.field,
                "actor": fact.actor,
                "side": fact.side,
                "link": fact.link,
                "details": dict(sorted(fact.details.items())),
            }
        )
    )


def _fact(body: str) -> Evidence:
    told = orjson.loads(body)
    return Evidence(
        _KINDS[told["kind"]],
        datetime.fromisoformat(told["at"]),
        told["subject"],
        told["value"],
        told["system"],
        told["record"],
        told["field"],
        told["actor"],
        _SIDES[told["side"]],
        told["link"],
        told["details"],
    )


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
