"""Messages -> facts: who wrote when, what came back, what a machine answered. Pure.

Every portal's tickets tell when they were last written to and from. Where mail is kept as objects
too, these say more: a mail that bounced asked nothing, an automatic answer is none. The two tell of
the same message within minutes, so that what the mail says corrects what the ticket says.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from math import inf

import orjson

from ubm_hubspot.facts import (
    CUT,
    SYSTEM,
    Entry,
    Reading,
    Record,
    entries,
    fact,
    instant_of,
    source_of,
)
from ubm_hubspot.settings import FactSettings
from ubm_sync.evidence import Evidence, Kind, Side

_SAME = timedelta(minutes=5)  # a message as the ticket and as the mail tell it
_RETURN = timedelta(days=4)  # mail servers give up by then
_AHEAD = timedelta(minutes=10)
_LONGEST = 120  # characters of a subject that are kept

_BOUNCED = frozenset({"BOUNCED", "FAILED"})
NOT_SENT = frozenset({"SCHEDULED", "SENDING", "DRAFT"})
_BY_MACHINE = frozenset({"auto_reply", "auto-reply", "bulk", "junk", "list"})
PROPERTIES = (
    "hs_timestamp",
    "hs_email_direction",
    "hs_email_status",
    "hs_email_subject",
    "hs_email_headers",
    "hs_email_from_email",
)


def of_messages(
    tickets: Iterable[Record],
    mails: Iterable[Record],
    reading: Reading,
    doubts: Mapping[str, str],
) -> list[Evidence]:
    """Return the messages of an onboarding; ``doubts`` tells of mails why they may be another's."""
    told = [one for mail in mails for one in _mail(mail, reading, doubts.get(str(mail["id"]), ""))]
    told = _returned(told, reading)
    noted = [one for ticket in tickets for one in _noted(ticket, reading)]
    if any(one.kind is Kind.RECEIVED for one in told):  # mail is kept here: it tells every answer
        return [*told, *(_corrected(one, told) for one in noted)]
    return [*told, *(_corrected(one, told) for one in _doubted(noted, reading))]


def _doubted(noted: list[Evidence], reading: Reading) -> Iterator[Evidence]:
    """Yield messages; what was asked before the oldest answer that is remembered is doubtful."""
    horizon = max(
        (
            min(one.at for one in noted if one.field == name)
            for name, count in Counter(one.field for one in noted).items()
            if name in reading.settings.received and count >= (reading.settings.history_kept or inf)
        ),
        default=None,
    )
    for one in noted:
        if horizon is not None and one.kind is Kind.SENT and one.at < horizon:
            text = f"{CUT} what the client answered before {horizon.date()} is not kept any more"
            yield replace(one, details={**one.details, "doubt": text})
        else:
            yield one


def _mail(mail: Record, reading: Reading, doubt: str) -> Iterator[Evidence]:
    properties = mail.get("properties") or {}

    def get(name: str) -> str:
        return str(properties.get(name) or "").strip()

    at = instant_of(get("hs_timestamp"))
    direction, status = get("hs_email_direction").upper(), get("hs_email_status").upper()
    writer = get("hs_email_from_email").lower()
    if at is None or status in NOT_SENT:
        return
    text = get("hs_email_subject")[:_LONGEST]
    if direction == "EMAIL":
        kind, side = Kind.SENT, Side.US
        value = "bounced" if status in _BOUNCED else "delivered"
    elif direction == "INCOMING_EMAIL" and not reading.is_ours(writer):
        kind, side = Kind.RECEIVED, Side.CLIENT
        machine = _is_automatic(text, get("hs_email_headers"), reading)
        value = "automatic" if machine or is_return(text, writer, reading.settings) else "reply"
    else:  # forwarded, or a colleague's: nobody asked and nobody answered
        return
    source = source_of("emails", mail)
    details = {"channel": "email", "text": text, "doubt": doubt}
    yield Evidence(
        kind,
        at,
        "",
        value,
        SYSTEM,
        source.record,
        "hs_timestamp",
        writer,
        side,
        source.link,
        {name: said for name, said in details.items() if said},
    )


def _is_automatic(subject: str, headers: str, reading: Reading) -> bool:
    """Return whether a machine wrote a mail, by its headers or its subject (RFC 3834)."""
    for name, value in headers_of(headers):
        if name in {"x-autoreply", "x-autorespond"}:
            return True
        if (name == "auto-submitted" and value != "no") or (
            name == "precedence" and value in _BY_MACHINE
        ):
            return True
    return matches(subject, reading.settings.automatic_subjects)


def headers_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield header names and values in lower case: HubSpot keeps JSON, mail programs lines."""
    try:
        told = orjson.loads(text) if text.startswith("{") else None
    except ValueError:
        told = None
    if isinstance(told, dict):
        lines = [(str(name), str(value)) for name, value in told.items()]
    else:
        lines = [
            (name, value) for name, _, value in (one.partition(":") for one in text.split("\n"))
        ]
    yield from ((name.strip().lower(), value.strip().lower()) for name, value in lines)


def is_return(subject: str, writer: str, settings: FactSettings) -> bool:
    """Return whether a mail tells that one of ours could not be delivered."""
    account = writer.partition("@")[0]
    return account in {"mailer-daemon", "postmaster"} or matches(
        subject, settings.returned_subjects
    )


def matches(text: str, patterns: Iterable[str]) -> bool:
    """Return whether one of the patterns is in a text; capitals do not matter."""
    return any(re.search(pattern, text, re.IGNORECASE) for pattern in patterns)


def _returned(told: list[Evidence], reading: Reading) -> list[Evidence]:
    """Return the mails, the ones that a notice says were not delivered among them as bounced."""
    back = set()
    for one in told:
        text = one.details.get("text", "")
        if one.kind is Kind.RECEIVED and is_return(text, one.actor, reading.settings):
            before = [
                mail
                for mail in told
                if mail.kind is Kind.SENT and timedelta() <= one.at - mail.at <= _RETURN
            ]
            if before:
                back.add(max(before, key=lambda mail: mail.at).ref)
    return [replace(one, value="bounced") if one.ref in back else one for one in told]


def _noted(ticket: Record, reading: Reading) -> Iterator[Evidence]:
    """Yield the messages that a ticket's own properties tell of."""
    source = source_of("tickets", ticket)
    settings = reading.settings
    told = ((name, Kind.SENT, "delivered", Side.US) for name in settings.sent)
    heard = ((name, Kind.RECEIVED, "reply", Side.CLIENT) for name in settings.received)
    for name, kind, value, side in (*told, *heard):
        for one in entries(ticket, name):
            at = instant_of(one.value)
            if at is not None:
                seen = one._replace(doubt=one.doubt or _ahead(one, at))
                yield fact(kind, source, seen, name, value, "", reading, side=side, at=at)


def _ahead(entry: Entry, at: datetime) -> str:
    """Return what is wrong with a message that is noted before it happened."""
    return "the message is dated after it was noted; is a clock wrong?" * (at - entry.at > _AHEAD)


def _corrected(noted: Evidence, mails: list[Evidence]) -> Evidence:
    """Return a message as the ticket tells it, with what the mail next to it says it was."""
    near = [one for one in mails if one.kind is noted.kind and abs(one.at - noted.at) <= _SAME]
    if not near:
        return noted
    mail = min(near, key=lambda one: (abs(one.at - noted.at), one.ref))
    details = {**mail.details, **noted.details}
    return replace(noted, value=mail.value, actor=mail.actor or noted.actor, details=details)
