"""The facts delays rest on, as they were told, and a chain that says which were told and when.

Facts are kept as they were told; one that is told differently later is kept beside the first, and
the newest telling is the one that is used. What speaks for somebody is as much evidence as what
speaks against: each hearing adds an entry to a chain with the hashes of the facts it brought and of
those it set aside, so that a fact that was dropped, changed, slipped in or set aside by hand is
found, also where no delay rests on it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Boolean, Column, Table, Text, bindparam, select, update

from ubm_sync.evidence import Evidence, Kind, Side
from ubm_sync.state.chain import Broken, Chain, chain_table, head_table
from ubm_sync.state.repository import Bulk, Pick
from ubm_sync.state.schema import Moment, clean, json_text, metadata, microseconds

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
delay_told = chain_table("delay_told", Column("onboarding", Text, nullable=False, index=True))
delay_told_head = head_table("delay_told_head")

_facts = delay_fact.c
_many: Any = bindparam("many", expanding=True)
_one: Any = bindparam("of_one")
USED = Pick(
    select(_facts.onboarding, _facts.digest, _facts.body), _facts.onboarding, also=_facts.used
)
BODIES = select(_facts.digest, _facts.body).where(
    _facts.onboarding == _one, _facts.digest.in_(_many)
)
ALL = select(_facts.digest, _facts.used, _facts.body).where(_facts.onboarding == _one)
TOLD = (
    select(delay_told.c.seq, delay_told.c.body)
    .where(delay_told.c.onboarding == _one)
    .order_by(delay_told.c.seq)
)
ONBOARDINGS = select(_facts.onboarding).union(select(delay_told.c.onboarding))
KEEP = Bulk(delay_fact, ["onboarding", "digest"], kept=("at", "body"))
RETIRE = (
    update(delay_fact).where(_facts.onboarding == _one, _facts.digest.in_(_many)).values(used=False)
)
_KINDS = {one.value: one for one in Kind}
_SIDES = {one.value: one for one in Side}


class DelayFacts(Chain):
    """What is known of each onboarding, kept."""

    name = "log of evidence"
    table = delay_told
    head = delay_told_head
    hashed = ("seq", "at", "onboarding", "body")

    def keep(self, told: Mapping[str, Iterable[Evidence]], at: datetime) -> list[str]:
        """Keep facts told at ``at``, by onboarding; return those of which anything is new.

        Facts take the place of those told before with the same ``ref``; all others stay.
        """
        known: dict[str, dict[str, str]] = {name: {} for name in told}
        for onboarding, digest, body in USED.rows(self._connection, told):
            known[onboarding][digest] = body
        then = microseconds(at)
        rows: list[tuple[Any, ...]] = []
        entries: list[dict[str, Any]] = []
        changed: list[str] = []
        for onboarding, facts in told.items():
            bodies: dict[str, str] = {}
            refs = set()
            for one in facts:
                body = _body(one)
                bodies[hash_of(body)] = body
                refs.add(one.ref)
            before = known[onboarding]
            fresh = sorted(bodies.keys() - before.keys())
            rest = sorted(before.keys() - bodies.keys())
            retired = [name for name in rest if _fact(before[name]).ref in refs]
            if not fresh and not retired:
                continue
            self._change_in(RETIRE, retired, {"of_one": onboarding})
            rows += [(onboarding, name, then, True, bodies[name]) for name in fresh]
            body = json_text({"told": fresh, "retired": retired})
            entries.append({"at": then, "onboarding": onboarding, "body": body})
            changed.append(onboarding)
        KEEP.run(self._connection, rows)
        if entries:
            self._chain(entries)
        return changed

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

    def verify(self) -> Broken | None:
        """Check the chain, and that the facts are those it tells of; None where all holds."""
        return super().verify() or next(self._misfits(), None)

    def _misfits(self) -> Iterator[Broken]:
        """Yield where the facts of an onboarding are not what the chain makes of them."""
        for onboarding in sorted(self._connection.scalars(ONBOARDINGS)):
            one = {"of_one": onboarding}
            told: dict[str, tuple[bool, int]] = {}
            last = 0
            for last, text in self._connection.execute(TOLD, one):
                body = orjson.loads(text)
                told |= dict.fromkeys(body["told"], (True, last))
                told |= dict.fromkeys(body["retired"], (False, last))
            for row in self._connection.execute(ALL, one):
                used, seq = told.pop(row.digest, (None, last))
                if used is None:
                    text = f"A piece of evidence of {onboarding} was added after entry {seq}."
                elif hash_of(row.body) != row.digest:
                    text = f"A piece of evidence of entry {seq} was changed after it was kept."
                elif used != row.used:
                    word = "set aside" if used else "taken up again"
                    text = f"A piece of evidence of entry {seq} was {word} after it was kept."
                else:
                    continue
                yield Broken(seq, text)
            for _, seq in told.values():
                yield Broken(seq, f"A piece of evidence of entry {seq} is missing.")


def digest_of(fact: Evidence) -> str:
    """Return what a kept fact is found by: the hash of everything in it."""
    return hash_of(_body(fact))


def hash_of(body: str) -> str:
    """Return the hash of a fact's text."""
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
