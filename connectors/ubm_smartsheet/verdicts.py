"""What the vendor means by a status and a body. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from ubm_sync.transport import FINE, Kind, Reply, Verdict

RATE_LIMIT = 4003
MAINTENANCE = 4001
BUSY = 4004
NO_TOKEN = frozenset({1001, 1002, 1003})
HIDDEN = frozenset({1004, 1006})
AMBIGUOUS = frozenset({4000, 4002, 4004})
# Refusals of a write that come with status 403 but say nothing about access to the sheet.
WRITE_REFUSALS = frozenset({1013, 1039, 1045, 1050, 1081, 1092, 1153, 1154, 1212, 1301})
LONGEST_PAUSE = 3600.0
_EPOCH = 1_000_000_000  # a reset time above this is an instant, below it a number of seconds


def read(
    reply: Reply, *, rate_limit_wait: float = 60.0, maintenance_wait: float = 180.0
) -> Verdict:
    """Return the meaning of an answer; total: any status and any bytes have one.

    Waits are in seconds. 4003 and 429 were refused before any effect; after 4000, 4002, 4004 and
    any other 5xx the request may have taken effect ("currently being updated" is the exception:
    the vendor refused it because another write of the same token was running on that sheet).
    """
    if reply.status // 100 == 2:  # noqa: PLR2004 - the class of success
        return FINE if _is_json(reply.body) else _unreadable(reply)
    body = _decoded(reply.body)
    number = body.get("errorCode")
    code = number if isinstance(number, int) else 0
    words = _words(reply, body, code)
    text = str(code) if code else ""
    if code == RATE_LIMIT or reply.status == 429:  # noqa: PLR2004 - too many requests
        wait = _asked_pause(reply.headers)
        return Verdict(Kind.AGAIN, words, rate_limit_wait if wait is None else wait, text)
    if code == MAINTENANCE:
        return Verdict(Kind.AGAIN, words, maintenance_wait, text)
    if code == BUSY and "currently being updated" in str(body.get("message")):
        return Verdict(Kind.AGAIN, words, None, text)
    if code in AMBIGUOUS or reply.status >= 500:  # noqa: PLR2004 - the class of server errors
        return Verdict(Kind.UNSURE, words, None, text)
    return _refusal(reply, body, code, words)


def _refusal(reply: Reply, body: Mapping[str, Any], code: int, words: str) -> Verdict:
    text = str(code) if code else ""
    detail = _detail(body)
    if code in NO_TOKEN or reply.status == 401:  # noqa: PLR2004 - unauthorised
        return Verdict(
            Kind.NO_ACCESS,
            "Smartsheet refused the access token; put a valid one in SMARTSHEET_ACCESS_TOKEN.",
            None,
            text,
        )
    if not body and reply.status in {403, 404}:
        return Verdict(
            Kind.UNSURE,
            f"The address of Smartsheet answered {reply.status} with a page that is not its API; "
            "if this stays, check SMARTSHEET_BASE_URL and the proxy.",
        )
    if code in HIDDEN or (reply.status in {403, 404} and code not in WRITE_REFUSALS):
        return Verdict(
            Kind.NOT_THERE,
            f"It is not accessible with this Smartsheet token ({_reason(body, reply)}); share it "
            "with the service's account, or check its id.",
            None,
            text,
            detail,
        )
    return Verdict(Kind.NO, words, None, text, detail)


def _detail(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the error's detail (``index``, ``rowId``) and the vendor's own message."""
    detail = body.get("detail")
    return {**(detail if isinstance(detail, dict) else {}), "message": body.get("message")}


def _is_json(body: bytes) -> bool:
    # Cheap on purpose: pages are megabytes and are parsed only once, by the caller.
    return body[:1] in {b"{", b"["} and body.rstrip()[-1:] in {b"}", b"]"}


def _unreadable(reply: Reply) -> Verdict:
    what = "nothing in it" if not reply.body else "something that is not JSON"
    return Verdict(Kind.UNSURE, f"Smartsheet answered {reply.status} with {what}.")


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _words(reply: Reply, body: Mapping[str, Any], code: int) -> str:
    if not body:
        return f"Smartsheet answered {reply.status} with a page instead of data."
    number = f" (code {code})" if code else ""
    return f"Smartsheet said: {_reason(body, reply)}{number}"


def _reason(body: Mapping[str, Any], reply: Reply) -> str:
    return str(body.get("message") or f"status {reply.status}").strip().rstrip(".")


def _asked_pause(headers: Mapping[str, str]) -> float | None:
    """Return the seconds an answer asks for, if it does; neither header is documented."""
    retry = headers.get("retry-after")
    if retry is not None:
        if (seconds := _number(retry)) is not None:
            return _bounded(seconds)
        return _until(retry, headers)
    reset = _number(headers.get("x-ratelimit-reset", ""))
    if reset is None:
        return None
    if reset < _EPOCH:
        return _bounded(reset)
    now = _instant(headers.get("date", ""))
    seconds = reset / 1000 if reset > _EPOCH * 1000 else reset
    return None if now is None else _bounded(seconds - now)


def _until(when: str, headers: Mapping[str, str]) -> float | None:
    then, now = _instant(when), _instant(headers.get("date", ""))
    return None if then is None or now is None else _bounded(then - now)


def _instant(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except ValueError:
        return None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number == number and number >= 0 else None  # noqa: PLR0124 - not NaN


def _bounded(seconds: float) -> float:
    return min(max(seconds, 1.0), LONGEST_PAUSE)
