"""The service beside the naive telling: ``python -m tests.unit.delays.compare FIRST LAST``."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.unit.delays import naive
from tests.unit.delays.facts import RULES, ZONE, days_of, onboarding

from ubm_sync.delays.delay import Status
from ubm_sync.delays.detect import Found, detect
from ubm_sync.evidence import Evidence, Kind, Side

_BEGIN = datetime.combine(naive.FIRST, datetime.min.time(), tzinfo=ZoneInfo(ZONE))
_OUTCOMES = ("counted", "uncounted")


def instant(hour: int) -> datetime:
    return (_BEGIN + timedelta(hours=hour)).astimezone(ZoneInfo("UTC"))


def date_text(day: int) -> str:
    return (naive.FIRST + timedelta(days=day)).isoformat()


def told(fact: naive.Fact) -> Evidence:
    """Return a fact as the service knows it."""
    more = fact.more
    details = {}
    if "due" in more:
        details["due"] = date_text(more["due"])
    if "slot" in more:
        details["slot"] = instant(more["slot"]).isoformat()
    if "plan" in more:
        details["replanned"] = date_text(more["plan"])
    if "statement" in more:
        details["last_statement"] = date_text(more["statement"])
    return Evidence(
        Kind(fact.kind), instant(fact.hour), fact.subject, fact.value, "desk",
        "ticket" if fact.kind == "stage" else f"{fact.kind}-{fact.subject}",
        side=Side(more.get("side", "unknown")), details=details,
    )  # fmt: skip


def look(facts: Iterable[naive.Fact]) -> Found:
    given = list(facts)
    begun = min((one.hour for one in given if one.kind == "stage"), default=0)
    begin = instant(begun).astimezone(ZoneInfo(ZONE)).strftime("%Y-%m-%d %H:%M")
    evidence = [told(one) for one in given]
    return detect(onboarding(begin), evidence, RULES, instant(naive.LENGTH))


def difference(facts: Iterable[naive.Fact]) -> str:
    """Return in what the service differs from the naive telling, "" where in nothing."""
    given = list(facts)
    found, wanted = look(given), naive.days(given)
    days = days_of(found, RULES, instant(naive.LENGTH))
    seen: dict[bool, dict[str, set[int]]] = {True: {}, False: {}}
    first, last = (days.start - naive.FIRST).days, (days.end - naive.FIRST).days
    for one in found.delays:
        begin = _day(one.start)
        end = last if one.end is None else min(last, _day(one.end))
        if span := set(range(max(first, begin), end)):
            codes = seen[one.status is Status.COUNTED]
            codes[one.code] = codes.get(one.code, set()) | span
    for outcome, codes in zip(_OUTCOMES, (wanted.counted, wanted.uncounted), strict=True):
        mine = seen[outcome == "counted"]
        for code in codes.keys() | mine.keys():
            if codes.get(code) != mine.get(code):
                return f"{outcome} {code}: {_runs(mine.get(code))}, not {_runs(codes.get(code))}"
    sums = (days.client_exclusive, days.concurrent, days.other, days.unattributed)
    if sums != wanted[2:]:
        return f"days {sums}, not {wanted[2:]}"
    return ""


def _day(moment: datetime) -> int:
    return (moment.astimezone(ZoneInfo(ZONE)).date() - naive.FIRST).days


def _runs(days: set[int] | None) -> str:
    return "none" if not days else " ".join(date_text(day)[5:] for day in sorted(days))


def main(first: int, last: int) -> int:
    """Compare the stories of these seeds, print each that differs, return how many did."""
    bad = 0
    for seed in range(first, last):
        if text := difference(naive.invent(seed)):
            bad += 1
            sys.stdout.write(f"seed {seed}: {text}\n")
    sys.stdout.write(f"{last - first} stories, {bad} differ\n")
    return bad


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:]))))
