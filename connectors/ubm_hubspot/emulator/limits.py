"""The vendor's rate limits, counted on the emulator's clock."""

from __future__ import annotations

from collections import deque
from datetime import date, datetime
from zoneinfo import ZoneInfo

from ubm_hubspot.emulator.refusals import Refusal
from ubm_hubspot.emulator.switches import Switches

WINDOW = 10.0  # seconds


class Limits:
    """Counts calls: per ten seconds and token, per day and account, searches per second."""

    def __init__(self) -> None:
        self._calls: deque[float] = deque()
        self._searches: deque[float] = deque()
        self._day: date | None = None
        self._today = 0

    def count(self, now: datetime, switches: Switches, *, search: bool) -> dict[str, str]:
        """Count one call and return the headers of its answer; raises Refusal with 429.

        HubSpot: searches have a limit of their own and carry no headers.
        """
        self._count_day(now, switches)
        at = now.timestamp()
        if search:
            _slide(self._searches, at - 1.0)
            if switches.search_per_second and len(self._searches) >= switches.search_per_second:
                raise secondly(switches)
            self._searches.append(at)
            return {}
        _slide(self._calls, at - WINDOW)
        if switches.per_ten_seconds and len(self._calls) >= switches.per_ten_seconds:
            raise ten_secondly(switches, self.headers(switches))
        self._calls.append(at)
        return self.headers(switches)

    def _count_day(self, now: datetime, switches: Switches) -> None:
        day = now.astimezone(ZoneInfo(switches.account_time_zone)).date()
        if day != self._day:
            self._day, self._today = day, 0
        if switches.daily and self._today >= switches.daily:
            raise _limited(
                "You have reached your daily limit.", "DAILY", self.headers(switches), {}
            )
        self._today += 1

    def headers(self, switches: Switches) -> dict[str, str]:
        """Return the rate-limit headers of this moment."""
        shown = {"X-HubSpot-RateLimit-Interval-Milliseconds": str(int(WINDOW * 1000))}
        if switches.daily:
            shown["X-HubSpot-RateLimit-Daily"] = str(switches.daily)
            left = max(switches.daily - self._today, 0)
            shown["X-HubSpot-RateLimit-Daily-Remaining"] = str(left)
        if switches.per_ten_seconds:
            shown["X-HubSpot-RateLimit-Max"] = str(switches.per_ten_seconds)
            left = max(switches.per_ten_seconds - len(self._calls), 0)
            shown["X-HubSpot-RateLimit-Remaining"] = str(left)
        return shown


def _slide(calls: deque[float], oldest: float) -> None:
    while calls and calls[0] <= oldest:
        calls.popleft()


def ten_secondly(switches: Switches, headers: dict[str, str]) -> Refusal:
    """Return the refusal of a call over the ten-secondly limit."""
    wait = {"Retry-After": "10"} if switches.retry_after else {}
    return _limited(
        "You have reached your ten_secondly_rolling limit.",
        "TEN_SECONDLY_ROLLING",
        headers,
        wait,
    )


def _limited(message: str, policy: str, headers: dict[str, str], wait: dict[str, str]) -> Refusal:
    extra = {
        "errorType": "RATE_LIMIT",
        "policyName": policy,
        "groupName": "publicapi:private-apps:api-calls",
        "requestId": "00000000-0000-4000-8000-000000000000",
    }
    return Refusal(429, "", message, extra=extra, headers={**headers, **wait})


def secondly(switches: Switches) -> Refusal:
    """Return the refusal of a search over the secondly limit."""
    wait = {"Retry-After": "1"} if switches.retry_after else {}
    message = "You have reached your secondly limit."
    extra = {"policyName": "SECONDLY"}
    return Refusal(429, "RATE_LIMITS", message, extra=extra, headers=wait)
