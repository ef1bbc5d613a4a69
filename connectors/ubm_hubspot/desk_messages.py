"""Mail on a ticket -> messages of its conversation; pure."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

import orjson

from ubm_hubspot.decode import CREATED
from ubm_hubspot.facts import Record, instant_of
from ubm_hubspot.facts_of_mail import NOT_SENT, headers_of, is_return, matches
from ubm_hubspot.settings import FactSettings
from ubm_sync.desk import Message

PROPERTIES = (
    "hs_timestamp",
    "hs_email_direction",
    "hs_email_status",
    "hs_email_subject",
    "hs_email_text",
    "hs_email_html",
    "hs_email_headers",
    "hs_email_from_email",
)
_HIDDEN = re.compile(
    r"<(style|script|head|title)\b.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL
)
_BREAK = re.compile(r"<\s*(br|/p|/div|/li|/tr|/h\d|/blockquote)\b[^>]*>", re.IGNORECASE)
_CELL = re.compile(r"<\s*/t[dh]\s*>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_SPACES = re.compile(r"[^\S\n]+")


def message_of(record: Record, settings: FactSettings) -> Message | None:
    """Return a mail as a message; None for one that was never sent, or has no time."""
    properties: Mapping[str, Any] = record.get("properties") or {}

    def get(name: str) -> str:
        return str(properties.get(name) or "").strip()

    at = instant_of(get("hs_timestamp")) or instant_of(
        get(CREATED) or str(record.get("createdAt") or "")
    )
    if at is None or get("hs_email_status").upper() in NOT_SENT:
        return None
    subject, headers = get("hs_email_subject"), get("hs_email_headers")
    sender = (get("hs_email_from_email") or _sender(headers)).lower()
    return Message(
        ref=str(record["id"]),
        at=at,
        sender=sender,
        subject=subject,
        text=get("hs_email_text") or plain(get("hs_email_html")),
        # A mail that a colleague forwarded to the desk came in as well.
        inbound=get("hs_email_direction").upper() != "EMAIL",
        automatic=is_automatic(subject, headers, settings) or is_return(subject, sender, settings),
    )


def is_automatic(subject: str, headers: str, settings: FactSettings) -> bool:
    """Return whether a machine answered (RFC 3834).

    A utility's notice is made by a machine too (``auto-generated``, ``bulk``), but is no answer.
    """
    for name, value in headers_of(headers):
        if name in {"x-autoreply", "x-autorespond"}:
            return True
        if name == "auto-submitted" and value.startswith(("auto-replied", "auto-notified")):
            return True
        if name == "precedence" and value in {"auto_reply", "auto-reply"}:
            return True
    return matches(subject, settings.automatic_subjects)


def plain(body: str) -> str:
    """Return what people read of HTML, as lines."""
    text = _CELL.sub(" ", _BREAK.sub("\n", _HIDDEN.sub(" ", body)))
    lines = html.unescape(_TAG.sub("", text)).split("\n")
    told = [_SPACES.sub(" ", line).strip() for line in lines]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(told)).strip()


def _sender(headers: str) -> str:
    """Return the sender that HubSpot's own form of the headers names."""
    try:
        told = orjson.loads(headers) if headers.startswith("{") else {}
    except ValueError:
        return ""
    sender = told.get("from") if isinstance(told, dict) else None
    return str(sender.get("email") or "") if isinstance(sender, dict) else ""
