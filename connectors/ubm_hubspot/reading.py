"""What HubSpot's answers mean; pure.

Sources: HubSpot's "Error handling" and "API usage guidelines" pages, and bodies published in
issues. HubSpot promises only ``category``, ``message`` and ``correlationId``; any may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from ubm_sync.transport import FINE, Kind, Reply, Verdict

TEN_SECONDS = 10.0  # the rolling window of the general limit
LOCKED_WAIT = 2.0  # HubSpot: "wait at least 2 seconds" after 423
# The daily count resets at the account's midnight, a zone we do not know, or when somebody buys
# more. Until then disconnections wait too, so one call asks every other minute: 720 of 625,000.
DAILY_PAUSE = 120.0
MIGRATION_PAUSE = 600.0  # 477 without Retry-After

UNAUTHORIZED = "HubSpot refused the access token; put a valid one in HUBSPOT_ACCESS_TOKEN."
DAILY = (
    "HubSpot's daily limit of calls is used up; it starts anew at midnight of the account, or once"
    " more calls are bought."
)
FORBIDDEN = (
    "HubSpot refused the access token: it lacks a permission ({why}); add it to the app or put a"
    " token that has it in HUBSPOT_ACCESS_TOKEN."
)

_DETAIL = re.compile(r"\[\s*\{.*\}\s*\]", re.DOTALL)
_QUOTED = re.compile(r'[Pp]roperty "([a-z][a-z0-9_]*)"')
_HOLDER = re.compile(r"Existing ID: (\d+)|\b(\d+) already has that value")


class PropertyFault(NamedTuple):
    """HubSpot's complaint about one property of one record."""

    name: str
    code: str
    message: str


def read(reply: Reply) -> Verdict:
    """Return what ``reply`` means for the request that caused it.

    A 2xx is a success if its body can be used or if 204 says there is none; HubSpot has changed
    its success codes without notice, so any 2xx counts. An empty 2xx leaves the outcome unsure.
    """
    status = reply.status
    if 200 <= status < 300:  # noqa: PLR2004 - the class of success
        if status == 204 or _looks_whole(reply.body):  # noqa: PLR2004 - No Content
            return FINE
        return Verdict(Kind.UNSURE, f"HubSpot answered {status} without a result.")
    if status >= 500:  # noqa: PLR2004 - the class of server errors
        return Verdict(Kind.UNSURE, f"HubSpot has trouble of its own (status {status}).")
    problem = decoded(reply.body)
    said = str(problem.get("message") or f"status {status}")[:400]
    code = str(problem.get("category") or problem.get("errorType") or "")
    if status == 429:  # noqa: PLR2004 - Too Many Requests
        wait = pause_of(reply.headers, problem)
        text = DAILY if _is_daily(problem) else f"HubSpot asks to slow down: {said}"
        return Verdict(Kind.AGAIN, text, wait, code, problem)
    if status in _WAITS:
        wait = max(_retry_after(reply.headers) or _WAITS[status], LOCKED_WAIT)
        return Verdict(Kind.AGAIN, f"HubSpot asks to wait: {said}", wait, code, problem)
    if not problem and status not in {401, 404, 413, 414}:
        return Verdict(Kind.UNSURE, f"HubSpot, or something before it, answered {status} with no"
                       " readable reason.")  # fmt: skip
    return _refusal(status, said, code, problem)


_WAITS = {423: LOCKED_WAIT, 477: MIGRATION_PAUSE}


def _refusal(status: int, said: str, code: str, problem: Mapping[str, Any]) -> Verdict:
    if status == 401:  # noqa: PLR2004 - Unauthorized
        return Verdict(Kind.NO_ACCESS, UNAUTHORIZED, None, code, problem)
    if status == 403:  # noqa: PLR2004 - Forbidden
        why = ", ".join(_scopes(problem)) or said
        return Verdict(Kind.NO_ACCESS, FORBIDDEN.format(why=why), None, code, problem)
    if status == 404:  # noqa: PLR2004 - Not Found
        return Verdict(Kind.NOT_THERE, f"HubSpot does not know it: {said}", None, code, problem)
    if 300 <= status < 400:  # noqa: PLR2004 - redirects are not followed
        text = f"HubSpot answered with a redirect ({status}); check HUBSPOT_BASE_URL."
        return Verdict(Kind.NO, text, None, code, problem)
    return Verdict(Kind.NO, f"HubSpot refused the request: {said}", None, code, problem)


def pause_of(headers: Mapping[str, str], problem: Mapping[str, Any]) -> float:
    """Return how long to wait after a 429, in seconds: by Retry-After, else by the policy named."""
    asked = _retry_after(headers)
    if asked is not None:
        return asked
    if _is_daily(problem):
        return DAILY_PAUSE
    policy = _policy(problem)
    if "secondly" in policy and "ten_secondly" not in policy and "ten secondly" not in policy:
        return 1.0
    interval = headers.get("x-hubspot-ratelimit-interval-milliseconds", "")
    return min(int(interval) / 1000, TEN_SECONDS) if interval.isdecimal() else TEN_SECONDS


def _is_daily(problem: Mapping[str, Any]) -> bool:
    return "daily" in _policy(problem)


def _policy(problem: Mapping[str, Any]) -> str:
    return f"{problem.get('policyName', '')} {problem.get('message', '')}".lower()


def decoded(body: bytes) -> dict[str, Any]:
    """Return a JSON object, or ``{}`` for HTML, other bytes, or nothing at all."""
    try:
        value = orjson.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def property_faults(problem: Mapping[str, Any]) -> tuple[PropertyFault, ...]:
    """Return the properties an error names.

    HubSpot says it in three ways: as JSON inside the message ("Property values were not valid:
    [{...}]"), as ``errors[]`` with ``context.propertyName``, or only in words.
    """
    message = str(problem.get("message") or "")
    faults = [*_inside(message)]
    for error in _list(problem.get("errors")):
        context = error.get("context") or {}
        names = context.get("propertyName") or ([error["in"]] if error.get("in") else [])
        text = str(error.get("message") or message)
        code = str(error.get("code") or error.get("error") or error.get("category") or "")
        faults.extend(PropertyFault(str(name), code, text) for name in names)
        if not names:
            faults.extend(_inside(text))
    context = problem.get("context") or {}
    if not faults and isinstance(context, dict):
        names = context.get("propertyName") or context.get("properties") or []
        code = str(problem.get("subCategory") or problem.get("category") or "")
        faults.extend(PropertyFault(str(name), code, message) for name in names)
    if not faults and (found := _QUOTED.search(message)):
        faults.append(PropertyFault(found[1], str(problem.get("category") or ""), message))
    return tuple(dict.fromkeys(faults))


def holder_of(problem: Mapping[str, Any], name: str, value: str) -> str:
    """Return the id of the record that holds ``value`` of a unique property, "" where none does.

    HubSpot: 409 "... already exists. Existing ID: N"; how else it may say so nobody promises.
    """
    message = str(problem.get("message") or "")
    faults = property_faults(problem)
    named = any(fault.name == name for fault in faults)
    if not (named if faults else name in message or value in message):
        return ""  # another property's value is taken
    found = _HOLDER.search(message)
    return (found[1] or found[2]) if found else ""


def _inside(message: str) -> list[PropertyFault]:
    found = _DETAIL.search(message)
    if not found:
        return []
    try:
        items = orjson.loads(found[0])
    except ValueError:
        return []
    return [
        PropertyFault(
            str(item["name"]),
            str(item.get("error") or ""),
            str(item.get("localizedErrorMessage") or item.get("message") or ""),
        )
        for item in _list(items)
        if item.get("name")
    ]


def _list(value: Any) -> Sequence[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _looks_whole(body: bytes) -> bool:
    # A look at the ends instead of a second parse: the caller parses the megabytes once.
    trimmed = body.strip()
    return trimmed[:1] in {b"{", b"["} and trimmed[-1:] in {b"}", b"]"}


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after", "").strip()
    return float(value) if re.fullmatch(r"\d+(\.\d+)?", value) else None


def _scopes(problem: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for error in (problem, *_list(problem.get("errors"))):
        context = error.get("context") or {}
        for name in ("requiredGranularScopes", "requiredScopes"):
            found += [str(scope) for scope in context.get(name) or []]
    return list(dict.fromkeys(found))
