"""What people are told of a case: who, what, by when, why, and what to do (domain F.1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from ubm_sync.calendars.local import clock_text, day_text, local, stamp
from ubm_sync.disconnection.values import Category, DeadlineKind, ServiceState
from ubm_sync.routing.case import Case, Told

_ROLES = {"csm": "account CSM", "on_call": "on call", "lead": "team lead", "owner": "its owner"}
ACKNOWLEDGE = "To acknowledge: move the ticket to In progress, or reply to the customer."
MOST_QUOTED = 160


def role_text(role: str) -> str:
    """Return a role as people read it."""
    return _ROLES.get(role, role)


def headline(case: Case, today: date) -> str:
    """Return how urgent it is, in capitals where it is."""
    if case.category is Category.POSSIBLE:
        return "POSSIBLE DISCONNECTION - please look."
    if case.is_off:
        return "SERVICE IS OFF - act now." if _is_out(case) else "BEING SHUT OFF NOW - act now."
    if case.pay_by is not None and case.pay_by > today:
        return f"DISCONNECTION - act by {short_day(case.pay_by, weekday=True)}."
    return "DISCONNECTION - act today."


def _is_out(case: Case) -> bool:
    return case.state is ServiceState.ALREADY_OFF


def _is_being_cut(case: Case) -> bool:
    return case.state is ServiceState.IN_PROGRESS


def subject(case: Case, customer: str) -> str:
    """Return what a task or an opened ticket is called."""
    what = {Category.CLOSE: "Close account", Category.POSSIBLE: "Possible disconnection"}.get(
        case.category,
        "Being shut off"
        if _is_being_cut(case)
        else "Service off"
        if case.is_off
        else "Disconnection",
    )
    return f"{what}: {customer or 'customer not known'}{_named(case, ', ')}"


def about(case: Case, customer: str) -> list[str]:
    """Return whom and what a case is about, a sentence each."""
    who = f"Customer: {customer}." if customer else "Customer: not known."
    found = [who]
    if case.site:
        found.append(f"Site {case.site}.")
    if named := _named(case, ""):
        found.append(f"{named.strip()}.")
    if case.vulnerable:
        found.append(f"People may be in danger ({case.vulnerable.replace('_', ' ')}).")
    return found


def _named(case: Case, before: str) -> str:
    numbers = ", ".join(case.numbers[:3])
    if len(case.numbers) > 3:  # noqa: PLR2004 - as many as fit
        numbers += f" and {len(case.numbers) - 3} more"
    acct = f"acct {numbers}" if numbers else ""
    named = " ".join(part for part in (case.vendor, acct) if part)
    return f"{before}{named}" if named else ""


def deadline(case: Case) -> str:
    """Return the legal and the effective deadline, both of them (domain B.7)."""
    pay_by = case.pay_by
    if case.deadline_kind is DeadlineKind.ALREADY_OFF or case.is_off:
        what = "It is being shut off" if _is_being_cut(case) else "It is off already"
        return f"{what}: every hour counts."
    if case.deadline is None or case.deadline_kind is DeadlineKind.UNKNOWN:
        return "No date is named: treat it as due today."
    kind = "stated" if case.deadline_kind is DeadlineKind.STATED else "estimated"
    day = us_day(case.deadline)
    if pay_by is None:
        return f"Shutoff {kind} {day}."
    return f"Shutoff {kind} {day}; pay by {short_day(pay_by, weekday=True)} to post in time."


def why(case: Case) -> str:
    """Return the words that decided."""
    phrase = " ".join(case.phrase.split())
    if len(phrase) > MOST_QUOTED:
        phrase = phrase[:MOST_QUOTED].rstrip() + " ..."
    return f'Why: "{phrase}" in the message.' if phrase else ""


def routed(
    case: Case, customer: str, zone: str, now: datetime, to: Sequence[Told], next_: Told | None
) -> str:
    """Return the note of a case that was handed to somebody, in the words of domain F.1."""
    mine = f"Routed to {to[0].who} ({role_text(to[0].role)})." if to else NOBODY
    more = [f"Told at once as well: {one.who} ({role_text(one.role)})." for one in to[1:]]
    parts = [
        headline(case, local(now, zone).date()),
        *about(case, customer),
        deadline(case),
        why(case),
        *case.facts,
        mine,
        *more,
        _ahead(next_, zone, now),
        ACKNOWLEDGE,
    ]
    if case.category is Category.POSSIBLE:
        parts.append(QUESTION)
    return _joined(parts)


NOBODY = (
    "Nobody is named for it who can sign in: whoever reads this, please take it, and name an "
    "active manager, backup, somebody on call or a lead."
)
QUESTION = (
    'Is this a disconnection? YES: set "Request type" to urgent_disconnect. '
    "NO: set it to what it is."
)


def _ahead(next_: Told | None, zone: str, now: datetime) -> str:
    if next_ is None:
        return ""
    return (
        f"Not acknowledged by {moment(next_.at, zone, now)} -> {next_.who} "
        f"({role_text(next_.role)})."
    )


def escalated(
    case: Case, zone: str, now: datetime, to: Told, next_: Told | None, customer: str
) -> str:
    """Return the note of a case that nobody acknowledged in time."""
    since = case.routed_at or case.arrived
    minutes = max(1, round((now - since) / timedelta(minutes=1)))
    parts = [
        f"NOT ACKNOWLEDGED for {_span(minutes)} (level {to.level}).",
        f"{to.who} ({role_text(to.role)}): please take it.",
        *about(case, customer),
        deadline(case),
        f"First with {case.told[0].who}, who stays the owner." if case.told else "",
        _ahead(next_, zone, now),
        ACKNOWLEDGE,
    ]
    return _joined(parts)


def acknowledged(case: Case, zone: str) -> str:
    """Return the note of a case that somebody has taken."""
    who = case.acknowledged_by or "Somebody"
    at = case.acknowledged_at or case.arrived
    since = case.routed_at or case.arrived
    took = max(0, round((at - since) / timedelta(minutes=1)))
    return (
        f"Acknowledged: {who} {case.acknowledged_how} at {clock_text(at, zone, with_zone=True)}, "
        f"{_span(took)} after it was routed. No more reminders."
    )


def joined(case: Case, other: str) -> str:
    """Return the note on another ticket about the same notice."""
    return (
        f"The same notice as ticket {case.ticket or other} ({case.name}): it is handled there, by "
        f"{case.told[0].who if case.told else 'its owner'}. {deadline(case)} Nobody is told twice."
    )


def closing(case: Case, customer: str, row: str) -> str:
    """Return the note of a request to close an account: no emergency."""
    day = f"As of {us_day(case.deadline)}." if case.deadline else ""
    return _joined(
        [
            "CLOSE REQUEST - no emergency: the customer wants the service stopped.",
            *about(case, customer),
            day,
            why(case),
            *case.facts,
            row,
        ]
    )


def changed(news: str) -> str:
    """Return how the note of a case begins that was told of before."""
    return f"NEW FACTS: {news}."


def way(channel: str, *, here: bool = False) -> str:
    """Return how something came in, as people say it; ``here``: to who wrote it there."""
    if not channel:
        return "this sheet" if here else "the sheet"
    names = {"chat": "chat", "form": "a form", "phone": "phone", "email": "e-mail"}
    named = names.get(channel, "another way")
    return f"the {named.removeprefix('a ')}" if here and channel in names else named


def off_channel(where: str, reply: str, *, visible: bool) -> str:
    """Return what the manager is told of something that came in on another way."""
    sent = "The customer was told so" if visible else "Suggested reply"
    return f'It came in by {where}, which nobody watches for emergencies. {sent}: "{reply}"'


def held(case: Case, zone: str, reply: str, *, visible: bool) -> str:
    """Return the note of what waits for the end of a quiet window."""
    until = stamp(case.held, zone) if case.held is not None else "later"
    sent = "The customer was told" if visible else "Suggested reply"
    return f'Quiet time: nobody is disturbed with this before {until}. {sent}: "{reply}"'


def us_day(day: date) -> str:
    """Return ``12/01/2026``."""
    return f"{day.month:02}/{day.day:02}/{day.year}"


def short_day(day: date, *, weekday: bool = False) -> str:
    """Return ``11/27``, or ``Fri 11/27`` with the weekday."""
    text = f"{day.month:02}/{day.day:02}"
    return f"{day_text(day)[:3]} {text}" if weekday else text


def moment(at: datetime, zone: str, now: datetime) -> str:
    """Return ``10:35``, with the day in front where that is another one."""
    there = local(at, zone)
    text = clock_text(at, zone)
    return text if there.date() == local(now, zone).date() else f"{day_text(there.date())} {text}"


def _span(minutes: int) -> str:
    if minutes < 120:  # noqa: PLR2004 - two hours
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    hours, rest = divmod(minutes, 60)
    return f"{hours} hours" + (f" {rest} minute{'' if rest == 1 else 's'}" if rest else "")


def _joined(parts: Sequence[str]) -> str:
    return " ".join(part for part in parts if part)
