"""What delayed the onboardings, from the ledger alone: the same answer without any other system."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from statistics import mean, median
from typing import Any

from ubm_sync.calendars import calendar_of, instant_text, local
from ubm_sync.delays.codes import CODES, RANK, Party
from ubm_sync.delays.days import Days, Span, SpanDays, count_days
from ubm_sync.delays.delay import Delay, Status
from ubm_sync.delays.ledger import Revision, proof
from ubm_sync.delays.people import People, Response, from_plain
from ubm_sync.delays.rules import DelayRules
from ubm_sync.delays.words import explained
from ubm_sync.evidence import Evidence
from ubm_sync.mapping import nearest
from ubm_sync.model import Customer
from ubm_sync.state import DelayCase, Line, Tx

IN_FLIGHT, LIVE, CANCELLED = "in flight", "live", "cancelled"


@dataclass(frozen=True, slots=True)
class Account:
    """One onboarding as the ledger tells of it now.

    ``newest`` are the last revisions of its delays by their id, ``zone`` the customer's.
    """

    case: DelayCase
    customer: Customer
    newest: Mapping[str, Line]
    days: Days
    people: People

    @property
    def outcome(self) -> str:
        """Whether it is in flight, live or cancelled."""
        return self.case.outcome or IN_FLIGHT

    @property
    def client_days(self) -> int:
        """The days of the client's own: a manager's number wins."""
        override = self.people.override
        return self.days.client_exclusive if override is None else override.days

    @property
    def net(self) -> int:
        """The days without those of the client's own."""
        if self.people.override is None:
            return self.days.net
        return max(0, self.days.gross - self.people.override.days)

    @property
    def goes_on(self) -> list[Revision]:
        """The delays that go on now, the first one first."""
        if self.case.outcome:
            return []
        revisions = [line.revision for line in self.newest.values()]
        found = [one for one in revisions if one.end is None and one.status is not Status.VOID]
        return sorted(found, key=lambda one: (one.start, one.code))


def accounts(
    tx: Tx,
    customers: Mapping[str, Customer],
    rules: DelayRules,
    now: datetime,
    customer: str | None = None,
) -> list[Account]:
    """Return every onboarding that was looked at, by customer, or those of one ``customer``."""
    cases = [one for one in tx.cases.all() if customer in {None, one.customer} and one.settings]
    ledger = tx.delays.newest(one.onboarding for one in cases)
    return [
        _account(
            one,
            customers.get(one.customer) or Customer(one.customer, one.customer),
            ledger.get(one.onboarding, {}),
            rules,
            now,
        )
        for one in cases
    ]


def find(found: Sequence[Account], subject: str) -> Account | None:
    """Return the onboarding of a ticket or a customer, None where there is none."""
    wanted = subject.lstrip("#")
    return next((one for one in found if wanted in {one.case.ticket, one.case.customer}), None)


def hint(found: Sequence[Account], subject: str) -> str:
    """Return a customer whose key is like ``subject``, as the end of a sentence."""
    return nearest(subject, [one.case.customer for one in found])


def _account(
    case: DelayCase,
    customer: Customer,
    newest: Mapping[str, Line],
    rules: DelayRules,
    now: datetime,
) -> Account:
    def day(instant: datetime) -> date:
        return local(instant, customer.zone).date()

    spans = [
        Span(name, one.code, one.party, day(one.start), None if one.end is None else day(one.end))
        for name, one in ((name, line.revision) for name, line in newest.items())
        if one.status is Status.COUNTED
    ]
    days = count_days(
        spans,
        day(case.started or now),
        day(case.over or now),
        calendar_of(customer),
        deduct_concurrent=rules.deduct_concurrent,
    )
    return Account(case, customer, newest, days, from_plain(case.people))


def overview(account: Account) -> dict[str, Any]:
    """Return one onboarding as a line of the list, for programs."""
    days, override = account.days, account.people.override
    return {
        "customer": account.customer.key,
        "name": account.customer.name,
        "ticket": account.case.ticket,
        "status": account.outcome,
        "start": days.start.isoformat(),
        "end": days.end.isoformat() if account.case.over else None,
        "gross_days": days.gross,
        "client_exclusive": account.client_days,
        "client_shared": 0 if override is not None else days.concurrent,
        "client_union": days.client_union,
        "client_sum": days.client_sum,
        "vendor": days.by_party.get(Party.VENDOR, 0),
        "internal": days.by_party.get(Party.INTERNAL, 0),
        "others_only": days.other,
        "unattributed": days.unattributed,
        "shared_taken_off": override is None and days.net < days.gross - days.client_exclusive,
        "net_days": account.net,
        "by_code": dict(days.by_code),
        "open": [one.code for one in account.goes_on],
        "override": account.case.people.get("override"),
        "disputes": {
            **(account.case.people.get("disputes") or {}),
            **(account.case.people.get("single") or {}),
        },
        "client_response": account.case.people.get("response"),
        "needs_review": list(account.case.doubts),
    }


def portfolio(found: Iterable[Account], goal: int) -> dict[str, Any]:
    """Return the figures of all onboardings; what is in flight is not averaged with the rest."""
    given = list(found)
    done = [one for one in given if one.outcome == LIVE]
    flying = [one for one in given if one.outcome == IN_FLIGHT]
    by_party: Counter[str] = Counter()
    by_code: Counter[str] = Counter()
    for one in given:
        by_party.update({party.value: days for party, days in one.days.by_party.items()})
        for name, span in one.days.spans.items():
            by_code[one.newest[name].revision.code] += span.calendar
    return {
        "goal_days": goal,
        "completed": {
            "onboardings": len(done),
            "within_goal": sum(one.days.gross <= goal for one in done),
            **_figures(done),
        },
        "in_flight": {"onboardings": len(flying), **_figures(flying)},
        "cancelled": {"onboardings": len(given) - len(done) - len(flying)},
        "days_by_party": {party.value: by_party.get(party.value, 0) for party in Party},
        "days_by_code": {code: by_code[code] for code in sorted(by_code, key=_rank)},
    }


def _figures(some: Sequence[Account]) -> dict[str, float | None]:
    gross, net = [one.days.gross for one in some], [one.net for one in some]
    return {
        "mean_gross": round(mean(gross), 1) if gross else None,
        "median_gross": median(gross) if gross else None,
        "mean_net": round(mean(net), 1) if net else None,
        "median_net": median(net) if net else None,
    }


def story(tx: Tx, account: Account) -> dict[str, Any]:
    """Return one onboarding with every delay: what it is, how it is known, how it came about."""
    lines: dict[str, list[Line]] = {}
    for line in tx.delays.of(account.case.onboarding):
        lines.setdefault(line.revision.delay, []).append(line)
    digests = {digest for some in lines.values() for digest in some[-1].proof}
    facts = tx.facts.get(account.case.onboarding, digests)
    events = [
        _event(some, facts, account.days.spans.get(name), account.people.response)
        for name, some in lines.items()
    ]
    events.sort(key=lambda one: (one["start"], _rank(one["code"]), one["id"]))
    return {
        **overview(account),
        "zone": account.customer.zone,
        "slices": _slices(account.days),
        "events": events,
    }


def _slices(days: Days) -> list[dict[str, Any]]:
    """Return whose each day is, in stretches as long as they can be."""
    found: list[dict[str, Any]] = []
    for share, some in groupby(days.slices, key=lambda one: one.share):
        pieces = list(some)
        start, end = pieces[0].start, pieces[-1].end
        found.append(
            {
                "start": start.isoformat(),
                "end": end.isoformat(),
                "days": (end - start).days,
                "share": share.value,
            }
        )
    return found


def _event(
    lines: Sequence[Line],
    facts: Mapping[str, Evidence],
    days: SpanDays | None,
    response: Response | None,
) -> dict[str, Any]:
    last = lines[-1].revision
    known = [facts[digest] for digest in lines[-1].proof if digest in facts]
    return {
        "id": last.delay,
        "number": last.event,
        "code": last.code,
        "meaning": CODES[last.code].meaning if last.code in CODES else "",
        "party": last.party.value,
        "subject": last.subject,
        "status": last.status.value,
        "start": instant_text(last.start),
        "end": None if last.end is None else instant_text(last.end),
        "calendar_days": None if days is None else days.calendar,
        "business_days": None if days is None else days.business,
        "counted_days": None if days is None else days.counted,
        "sentence": _sentence(last, known, days),
        "notice": next(iter(proof(one for one in known if one.ref == last.notice)), None),
        "evidence": proof(known),
        "retrospective": last.retrospective,
        "client_response": response.of(last.event) if response is not None else "",
        "revisions": [_revision(line) for line in lines],
    }


def _sentence(last: Revision, known: Sequence[Evidence], days: SpanDays | None) -> str:
    if not known:  # a ledger whose evidence is gone: verify-log says so
        return f"{last.code}: {last.told}."
    told = Delay(
        last.code,
        last.party,
        last.subject,
        last.start,
        last.end,
        known[0],
        None,
        tuple(known),
        last.told,
        last.status,
    )
    return explained(told, days)


def _revision(line: Line) -> dict[str, Any]:
    one = line.revision
    return {
        "number": one.number,
        "at": instant_text(one.at),
        "status": one.status.value,
        "start": instant_text(one.start),
        "end": None if one.end is None else instant_text(one.end),
        "why": one.why,
        "rules": one.basis.rules,
        "settings": one.basis.settings,
        "run": one.basis.run,
        "by": one.basis.by,
        "entry": line.seq,
        "hash": line.hash,
    }


def _rank(code: str) -> int:
    return RANK.get(code, len(RANK))
