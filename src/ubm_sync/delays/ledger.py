"""What is written down about delays: revisions that follow each other and are never changed. Pure.

A delay gets its first revision when it is first seen. Whatever is known differently later (it
ended, an earlier answer came to light, somebody disputes it) is another revision that supersedes
the last; the old one stays. The same facts under the same rules give no new revision.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from ubm_sync.calendars import instant_text
from ubm_sync.delays.codes import Party
from ubm_sync.delays.delay import Delay, Status
from ubm_sync.evidence import Evidence

GONE = "what is known now shows no such delay"
OTHER_RULES = "the rules were changed"


@dataclass(frozen=True, slots=True)
class Basis:
    """By what a revision came about: rules and their version, settings, the run, and who."""

    rules: str
    settings: str  # hash of the configuration
    run: str
    by: str = "service"


@dataclass(frozen=True, slots=True)
class Revision:
    """One line of the ledger.

    ``delay`` identifies the delay, ``number`` counts its revisions from 1 and ``supersedes`` is the
    one before (0: none). ``event`` counts the delays of the onboarding as they were first written
    down: the number people call one by. ``evidence`` and ``notice`` are references anybody can
    look up.
    ``retrospective``: written down later than a cycle after the delay began. ``why`` says what is
    different from the revision before.
    """

    delay: str
    number: int
    ticket: str
    code: str
    party: Party
    subject: str
    start: datetime
    end: datetime | None
    status: Status
    told: str
    notice: str
    evidence: tuple[str, ...]
    retrospective: bool
    why: str
    at: datetime
    basis: Basis
    event: int = 0

    @property
    def supersedes(self) -> int:
        """The number of the revision that this one takes the place of, 0 for the first."""
        return self.number - 1

    @property
    def content(self) -> tuple[object, ...]:
        """What a revision says; one that says the same as the last is not written."""
        return (self.start, self.end, self.status, self.told, self.notice, self.evidence)


@dataclass(frozen=True, slots=True)
class Dispute:
    """Somebody disagrees with a delay: by whom, when, and why."""

    by: str
    at: datetime
    reason: str


def delay_id(ticket: str, delay: Delay) -> str:
    """Return what identifies a delay: it stays when later facts move its start or its end."""
    return _hash(f"{ticket}|{delay.key}")


@lru_cache(maxsize=4096)  # one look asks for it five times
def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def revise(
    known: Mapping[str, Revision],
    ticket: str,
    delays: Iterable[Delay],
    basis: Basis,
    now: datetime,
    *,
    disputes: Mapping[str, Dispute] = {},
    patience: timedelta = timedelta(hours=1),
    other_rules: bool = False,
) -> list[Revision]:
    """Return the revisions to append, given the last one known of each delay of a ticket.

    ``disputes`` are by delay id. A delay that begun more than ``patience`` before it is written
    down for the first time is marked as retrospective. Delays that are not shown any more become
    void, with the reason; nothing is taken back silently. ``other_rules``: the settings are others
    than those the last revisions were made by, and the reasons say so.
    """
    fresh = []
    shown = {}
    for delay in delays:
        name = delay_id(ticket, delay)
        shown[name] = delay
        last = known.get(name)
        if last is None and delay.status is Status.VOID:
            continue
        status, why = _status(delay, disputes.get(name))
        if last is None or _content(delay, status) != last.content:
            made = _revision(name, ticket, delay, last, status, why, basis, now, patience)
            fresh.append(made)
    for name, last in known.items():
        if name not in shown and last.status is not Status.VOID:
            fresh.append(_next(last, basis, now, status=Status.VOID, why=GONE))
    if other_rules:
        fresh = [
            one if one.number == 1 else replace(one, why=f"{OTHER_RULES}: {one.why}")
            for one in fresh
        ]
    fresh.sort(key=lambda one: (one.start, one.code, one.delay))
    return _numbered(fresh, max((one.event for one in known.values()), default=0))


def _numbered(revisions: Iterable[Revision], last: int) -> list[Revision]:
    """Return revisions, the first ones of new delays with the next numbers."""
    found = []
    for one in revisions:
        last += one.number == 1
        found.append(replace(one, event=last) if one.number == 1 else one)
    return found


def _status(delay: Delay, dispute: Dispute | None) -> tuple[Status, str]:
    """Return whether a delay counts, and why not."""
    if dispute is not None and delay.status is Status.COUNTED:
        why = f"disputed by {dispute.by} on {dispute.at.date()}: {dispute.reason}"
        return Status.DISPUTED, why
    return delay.status, "; ".join(delay.doubts)


def _content(delay: Delay, status: Status) -> tuple[object, ...]:
    """Return what a revision of it would say; see ``Revision.content``."""
    notice = "" if delay.notice is None else delay.notice.ref
    evidence = tuple(one.ref for one in delay.evidence)
    return (delay.start, delay.end, status, delay.told, notice, evidence)


def _revision(
    name: str,
    ticket: str,
    delay: Delay,
    last: Revision | None,
    status: Status,
    why: str,
    basis: Basis,
    now: datetime,
    patience: timedelta,
) -> Revision:
    made = Revision(
        delay=name,
        number=1 if last is None else last.number + 1,
        ticket=ticket,
        code=delay.code,
        party=delay.party,
        subject=delay.subject,
        start=delay.start,
        end=delay.end,
        status=status,
        told=delay.told,
        notice="" if delay.notice is None else delay.notice.ref,
        evidence=tuple(one.ref for one in delay.evidence),
        retrospective=(now - delay.start > patience) if last is None else last.retrospective,
        why=why,
        at=now,
        basis=basis,
        event=0 if last is None else last.event,
    )
    return made if last is None or why else replace(made, why=_difference(last, made))


def _next(last: Revision, basis: Basis, now: datetime, *, status: Status, why: str) -> Revision:
    return replace(last, number=last.number + 1, status=status, why=why, at=now, basis=basis)


def _difference(last: Revision, made: Revision) -> str:
    """Return in words what is known differently."""
    said = []
    if last.status is not made.status:
        said.append(f"{last.status} before, {made.status} now")
    if last.start != made.start:
        said.append(f"began {_instant(made.start)}, not {_instant(last.start)}")
    if last.end is None and made.end is not None:
        said.append("it ended")
    elif last.end is not None and made.end is None:
        said.append("it goes on after all")
    elif last.end != made.end:
        said.append(f"ended {_instant(made.end)}, not {_instant(last.end)}")
    if set(made.evidence) - set(last.evidence):
        said.append("more evidence")
    elif set(last.evidence) - set(made.evidence):
        said.append("less evidence")
    return "; ".join(said) or "told in other words"


def _instant(instant: datetime | None) -> str:
    return "never" if instant is None else instant_text(instant)


def proof(evidence: Iterable[Evidence]) -> list[dict[str, str]]:
    """Return facts as they are kept beside a revision: enough to look each of them up again."""
    return [
        {
            "ref": one.ref,
            "kind": one.kind,
            "at": instant_text(one.at),
            "value": one.value,
            "subject": one.subject,
            "system": one.system,
            "record": one.record,
            "field": one.field,
            "actor": one.actor,
            "side": one.side,
            "link": one.link,
        }
        for one in evidence
    ]
