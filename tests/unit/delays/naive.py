"""The rules once more, as slowly and plainly as they can be told: hour by hour, day by day.

Nothing of ``ubm_sync.delays`` is used here. Time is a number of hours since midnight of
``FIRST`` at the customer's; the clocks do not change in between. Facts are tuples
``(hour, kind, value, subject, more)``, one an hour at most.

``python -m tests.unit.delays.compare FIRST LAST`` compares the service with it over many seeds.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

FIRST = date(2026, 6, 1)
NOTHING: Mapping[str, Any] = MappingProxyType({})
LENGTH = 125 * 24  # hours until now
HOLIDAYS = {date(2026, 6, 19), date(2026, 7, 3), date(2026, 9, 7)}
PARTY = {"CL": "client", "VN": "vendor", "IN": "internal"}
CLOCK = {
    "contract_signed": ("internal", 3), "kickoff_scheduling": ("shared", 7),
    "kickoff_held": ("internal", 1), "gathering_documents": ("shared", 15),
    "account_setup": ("internal", 15), "data_services_enrolment": ("internal", 10),
    "first_bills": ("shared", 25),
}  # fmt: skip
STAGES = [*CLOCK, "waiting_on_customer", "waiting_on_utility", "on_hold", "waiting_on_customer"]
WEEK = 7 * 24


class Fact(NamedTuple):
    """One fact."""

    hour: int
    kind: str
    value: str
    subject: str = ""
    more: Mapping[str, Any] = NOTHING


class Late(NamedTuple):
    """One delay: ``[start, end)`` in hours, ``end`` None while it goes on."""

    code: str
    start: int
    end: int | None
    counts: bool = True


# ------------------------------------------------------------------------------- the calendar


def works(day: int) -> bool:
    """Return whether people work on a day (counted from FIRST)."""
    there = FIRST + timedelta(days=day)
    return there.weekday() < 5 and there not in HOLIDAYS


def deadline(hour: int, days: int) -> int:
    """Return five o'clock of the business day so many business days later."""
    day = hour // 24
    while days:
        day += 1
        days -= works(day)
    return day * 24 + 17


def fair(start: int, end: int | None) -> int | None:
    """Return the end of a wait without the holidays directly before the answer."""
    if end is None:
        return None
    off, day = [], end // 24 - 1
    while not works(day):
        off.append(day)
        day -= 1
    holidays = [one for one in off if (FIRST + timedelta(days=one)).weekday() < 5]
    return max(start, min(holidays) * 24) if holidays else end


# ------------------------------------------------------------------------------- the rules


class Story:
    """All that happened, and what it amounts to."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self.facts = sorted(facts)
        self.found: list[Late] = []
        self.moves = [one for one in self.facts if one.kind == "stage"]

    def of(self, *kinds: str) -> list[Fact]:
        return [one for one in self.facts if one.kind in kinds]

    def groups(self, kind: str) -> list[list[Fact]]:
        found = defaultdict(list)
        for one in self.of(kind):
            found[one.subject].append(one)
        return list(found.values())

    def stage_at(self, hour: int) -> tuple[str, int]:
        """Return the stage at an hour, and since when."""
        past = [one for one in self.moves if one.hour <= hour]
        if not past:
            return "", 0
        since = len(past) - 1
        while since and past[since - 1].value == past[-1].value:
            since -= 1
        return past[-1].value, past[since].hour

    def runs(self, active: Callable[[int], object]) -> list[tuple[int, int | None, Any]]:
        """Return the stretches of hours in which something was the same and true."""
        found: list[tuple[int, int | None, Any]] = []
        last: object = None
        for hour in range(LENGTH + 1):
            now = active(hour) or None
            if now == last:
                continue
            if last is not None:
                found[-1] = (found[-1][0], hour, last)
            if now is not None:
                found.append((hour, None, now))
            last = now
        return found

    def add(self, code: str, start: int, end: int | None, *, counts: bool = True) -> None:
        if start <= LENGTH and (end is None or end > start):
            self.found.append(Late(code, start, None if end and end > LENGTH else end, counts))

    def notice(self, asked: Fact) -> int | None:
        """Return the hour at which the client was told of a request, None where it never was."""
        sent = self.of("sent")
        near = {one.value for one in sent if abs(one.hour - asked.hour) <= 1}
        if near == {"bounced"}:
            arrived = [
                one.hour for one in sent if one.hour > asked.hour and one.value == "delivered"
            ]
            return min(arrived, default=None)
        return asked.hour

    def tell(self) -> list[Late]:
        for rule in (
            self.kickoff, self.meetings, self.documents, self.rows, self.logins, self.silence,
            self.approvals, self.scope, self.hold, self.portals, self.authorisations, self.bills,
            self.stages, self.reviews, self.own,
        ):  # fmt: skip
            rule()
        return self.found

    def kickoff(self) -> None:
        def waits(hour: int) -> object:
            stage, since = self.stage_at(hour)
            if stage != "kickoff_scheduling":
                return None
            sent = [one.hour for one in self.of("sent") if one.value == "delivered"]
            invite = min((one for one in sent if since <= one <= hour), default=None)
            if invite is None or hour < deadline(invite, 5):
                return None
            for group in self.groups("meeting"):
                before = [one for one in group if one.hour <= invite]
                if before and before[-1].value == "rescheduled":
                    return None
                if before and before[-1].value == "scheduled" and before[-1].more["slot"] >= invite:
                    return None
            booked = [
                one for one in self.of("meeting") if one.value in {"scheduled", "completed"}
                and invite <= one.hour <= hour
            ]  # fmt: skip
            return None if booked else ("late", since)

        for start, end, _ in self.runs(waits):
            self.add("CL-KICKOFF", start, fair(start, end))

    def meetings(self) -> None:
        held = [one for one in self.of("meeting") if one.value == "completed"]
        for group in self.groups("meeting"):
            parts: list[tuple[list[Fact], Fact | None]] = [([], None)]
            for one in group:
                is_move = one.value in {"rescheduled", "no_show", "canceled"}
                if is_move and one.more["side"] in {"client", "unknown"}:
                    parts[-1][0].append(one)
                elif is_move or one.value == "completed":
                    parts[-1] = (parts[-1][0], one)
                    parts.append(([], None))
            for moves, over in parts:
                if not moves:
                    continue
                later = [one for one in held if one.hour >= moves[-1].hour]
                ending = over or (later[0] if later else None)
                sure = all(one.more["side"] == "client" for one in moves)
                end = None if ending is None else ending.more["slot"]
                self.add("CL-RESCHED", moves[0].more["slot"], end, counts=sure)

    def documents(self) -> None:
        for group in self.groups("item"):
            asked: Fact | None = None
            for one in [*group, None]:
                ends = one is None or one.value in {"received", "accepted", "rejected"}
                if asked is not None and ends:
                    self._document(asked, one)
                if one is None or one.value == "void" or one.value in {"received", "accepted"}:
                    asked = None
                elif one.value == "rejected" or asked is None:
                    asked = one

    def _document(self, asked: Fact, came: Fact | None) -> None:
        told = self.notice(asked)
        if told is None:
            return
        again, due = asked.value == "rejected", asked.more.get("due")
        start = deadline(told, 2)
        if due is not None and not again:
            start = max(start, due * 24 + 17)
        counts = (again or due is not None) and (came is None or came.value != "rejected")
        self.add("CL-DOCS", start, fair(start, came.hour if came else None), counts=counts)

    def rows(self) -> None:
        def wrong(hour: int) -> object:
            for group in self.groups("row"):
                since = None
                for one in group:
                    if one.hour <= hour:
                        is_wrong = one.value == "Needs information"
                        since = (one.hour if since is None else since) if is_wrong else None
                if since is not None and hour >= deadline(since, 5):
                    return "late"
            return None

        for start, end, _ in self.runs(wrong):
            self.add("CL-LIST", start, fair(start, end))

    def _rounds(
        self, group: list[Fact], asks: str, ends: set[str]
    ) -> Iterable[tuple[Fact, int | None]]:
        asked = None
        for one in group:
            if one.value == asks and asked is None:
                asked = one
            elif one.value == "void":
                asked = None
            elif one.value in ends and asked is not None:
                yield asked, one.hour
                asked = None
        if asked is not None:
            yield asked, None

    def _asked(self, code: str, kind: str, days: int, ends: set[str]) -> None:
        for group in self.groups(kind):
            for asked, end in self._rounds(group, "requested", ends):
                if (told := self.notice(asked)) is not None:
                    start = deadline(told, days)
                    self.add(code, start, fair(start, end))

    def logins(self) -> None:
        self._asked("CL-CREDS", "credential", 5, {"received", "valid"})

    def approvals(self) -> None:
        self._asked("CL-APPROVAL", "approval", 3, {"approved", "declined"})

    def silence(self) -> None:
        def silent(hour: int) -> object:
            stage, since = self.stage_at(hour)
            if stage != "waiting_on_customer":
                return None
            past = [one for one in self.of("sent", "received") if one.hour <= hour]
            talk = [one for one in past if one.value in {"delivered", "reply"}]
            while any(one.value == "reply" for one in talk):
                talk = talk[1:]
            before = [one.hour for one in talk if one.hour <= since]
            after = [one.hour for one in talk if one.hour > since]
            question = before[-1] if before else after[0] if after else None
            if question is None or hour < deadline(question, 3):
                return None
            return question, since

        for start, end, _ in self.runs(silent):
            self.add("CL-NOREPLY", start, fair(start, end))

    def scope(self) -> None:
        sizes = self.of("scope")
        agreed = int(sizes[0].value) if sizes else 0
        for one in sizes:
            if int(one.value) * 100 > agreed * 105:
                plans = [each for each in sizes if each.hour >= one.hour and "plan" in each.more]
                end = plans[0].more["plan"] * 24 if plans else None
                self.add("CL-SCOPE", one.hour, end, counts=bool(plans))
                agreed = int(one.value)

    def hold(self) -> None:
        replies = [one.hour for one in self.of("received") if one.value == "reply"]
        for start, left, _ in self.runs(lambda hour: self.stage_at(hour)[0] == "on_hold"):
            asked = any(start - WEEK <= one <= start for one in replies)
            end = left
            if left is not None:
                late = [one for one in replies if start < one <= left and one >= left - WEEK]
                end = max(late, default=left)
            self.add("CL-HOLD", start, end, counts=asked)

    def _between(self, code: str, kind: str, begins: str, ends: str) -> None:
        for group in self.groups(kind):
            since = None
            for one in group:
                if one.value == begins and since is None:
                    since = one.hour
                elif one.value == ends and since is not None:
                    self.add(code, since, one.hour)
                    since = None
            if since is not None:
                self.add(code, since, None)

    def portals(self) -> None:
        self._between("VN-PORTAL", "portal", "down", "up")

    def own(self) -> None:
        self._between("IN-PRIORITY", "priority", "set", "cleared")
        self._between("IN-REWORK", "error", "open", "fixed")

    def authorisations(self) -> None:
        for group in self.groups("authorisation"):
            for asked, end in self._rounds(group, "sent", {"confirmed"}):
                self.add("VN-AUTH", deadline(asked.hour, 10), end)

    def bills(self) -> None:
        for group in self.groups("bill"):
            enrolled = [one for one in group if one.value == "enrolled"]
            if enrolled:
                last = max(enrolled[0].hour, enrolled[0].more.get("statement", 0) * 24)
                came = [one.hour for one in group if one.value == "actual" and one.hour >= last]
                self.add("VN-BILL", (last // 24 + 36) * 24, min(came, default=None))

    def stages(self) -> None:
        def long(hour: int) -> object:
            stage, since = self.stage_at(hour)
            clock, longest = CLOCK.get(stage, ("", 0))
            if not clock or hour < deadline(since, longest):
                return None
            asked = [one for one in self.of("sent") if one.value == "delivered"]
            asked += [one for one in self.of("item") if one.value == "requested"]
            if clock == "shared" and any(since <= one.hour <= hour for one in asked):
                return None
            return stage, since

        for start, end, _ in self.runs(long):
            self.add("IN-BACKLOG", start, end)

    def reviews(self) -> None:
        judged = {
            "item": {"accepted", "rejected", "void"},
            "credential": {"requested", "valid", "invalid", "void"},
        }
        for kind, ends in judged.items():
            for group in self.groups(kind):
                came = None
                for one in group:
                    if one.value == "received" and came is None:
                        came = one.hour
                    elif one.value in ends and came is not None:
                        self.add("IN-BACKLOG", deadline(came, 2), one.hour)
                        came = None
                if came is not None:
                    self.add("IN-BACKLOG", deadline(came, 2), None)


# ------------------------------------------------------------------------------- the days


class Sums(NamedTuple):
    """Days of each code, those that count and those that do not; and whose the days are."""

    counted: dict[str, set[int]]
    uncounted: dict[str, set[int]]
    exclusive: int
    concurrent: int
    other: int
    nobody: int


def days(facts: Iterable[Fact]) -> Sums:
    """Return what a naive look, day by day, makes of these facts."""
    story = Story(facts)
    last, since = story.stage_at(LENGTH)
    over = since if last in {"live", "cancelled"} else None
    first, until = (story.moves[0].hour if story.moves else 0) // 24, (over or LENGTH) // 24
    counted: dict[str, set[int]] = {}
    uncounted: dict[str, set[int]] = {}
    for one in story.tell():
        if over is not None and one.start >= over:
            continue
        ends = LENGTH if one.end is None else one.end
        end = min(ends, LENGTH if over is None else over)
        span = set(range(max(first, one.start // 24), min(until, end // 24)))
        into = counted if one.counts else uncounted
        into[one.code] = into.get(one.code, set()) | span
    sums = {"exclusive": 0, "concurrent": 0, "other": 0, "nobody": 0}
    for day in range(first, until):
        parties = {PARTY[code[:2]] for code, span in counted.items() if day in span}
        if not parties:
            sums["nobody"] += 1
        elif "client" not in parties:
            sums["other"] += 1
        else:
            sums["exclusive" if parties == {"client"} else "concurrent"] += 1
    return Sums(
        {code: span for code, span in counted.items() if span},
        {code: span for code, span in uncounted.items() if span},
        **sums,
    )


# ------------------------------------------------------------------------------- random stories

_VALUES: dict[str, tuple[list[str], int]] = {
    "sent": (["delivered", "delivered", "bounced"], 1),
    "received": (["reply", "automatic"], 1),
    "meeting": (["scheduled", "completed", "rescheduled", "no_show", "canceled"], 2),
    "item": (["requested", "requested", "received", "accepted", "rejected", "void"], 3),
    "row": (["Needs information", "Waiting for CSM", "gone"], 3),
    "credential": (["requested", "received", "valid", "invalid", "void"], 2),
    "approval": (["requested", "approved", "declined", "void"], 2),
    "scope": (["100", "104", "120", "200"], 1),
    "portal": (["down", "up"], 2),
    "priority": (["set", "cleared"], 1),
    "error": (["open", "fixed"], 2),
    "authorisation": (["sent", "confirmed", "void"], 2),
    "bill": (["enrolled", "actual"], 2),
}


def invent(seed: int) -> list[Fact]:
    """Return a random onboarding: some kinds often, others not at all."""
    chance = random.Random(seed)  # noqa: S311 - a test's own stories
    kinds = chance.sample(sorted(_VALUES), chance.randint(1, 5))
    hours = chance.sample(range(LENGTH - 1), chance.randint(1, 40))
    close = chance.random() < 0.3  # things in a hurry meet each other more often
    if close:
        begin = chance.randrange(LENGTH - 400)
        hours = chance.sample(range(begin, begin + 400), len(hours))
    facts = []
    for hour in hours:
        if chance.random() < 0.25:
            ends = ["live", "cancelled", "gone_stage"]
            value = chance.choice(ends if chance.random() < 0.1 else STAGES)
            facts.append(Fact(hour, "stage", value))
            continue
        kind = chance.choice(kinds)
        values, subjects = _VALUES[kind]
        subject = f"{kind} {chance.randrange(subjects)}"
        more: dict[str, Any] = {}
        if kind == "meeting":
            more["slot"] = hour + chance.randint(-72, 200)
            more["side"] = chance.choice(["client", "client", "us", "unknown"])
        elif kind == "item" and chance.random() < 0.8:
            more["due"] = hour // 24 + chance.randint(-3, 12)
        elif kind == "scope" and chance.random() < 0.5:
            more["plan"] = hour // 24 + chance.randint(0, 30)
        elif kind == "bill" and chance.random() < 0.7:
            more["statement"] = hour // 24 + chance.randint(-40, 3)
        facts.append(Fact(hour, kind, chance.choice(values), subject, more))
    return facts
