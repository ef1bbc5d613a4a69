"""What people are told of delays: one note when one opens, one when it closes, a sentence for each.

The words are those of the managers' page: cause, proof, what it amounts to, how to correct it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ubm_sync.delays.codes import Party
from ubm_sync.delays.days import Days, SpanDays
from ubm_sync.delays.delay import Delay, Status

_WHOSE = {
    Party.CLIENT: "Client-caused",
    Party.VENDOR: "Utility-caused",
    Party.INTERNAL: "Our own",
}
MOST_LINES = 20  # of delays in one note
CORRECT = 'Correct me: set "Delay override".'
DISPUTE = 'Dispute it alone: write {} into "Delay dispute by number".'
DISPUTE_ONE = 'Dispute one alone: write its number into "Delay dispute by number".'


def opened(delay: Delay, days: SpanDays | None, number: int) -> str:
    """Return the note of a delay that has begun; ``number`` is what people call it by."""
    so_far = f" Day {days.calendar + 1}." if days is not None and days.open else ""
    doubt = "" if delay.status is Status.COUNTED else f" Not counted: {delay.status}."
    told = _sentence(delay.told)
    how = f"{CORRECT} {DISPUTE.format(number)}"
    return f"{_WHOSE[delay.party]} delay opened: {delay.code}. {told}{so_far}{doubt} {how}"


def closed(delay: Delay, days: SpanDays | None, total: Days) -> str:
    """Return the note of a delay that is over; one without days does not count."""
    if days is None:
        return f"Delay closed: {delay.code}. Not counted: {delay.status}."
    return (
        f"Delay closed: {delay.code}, {_many(days.calendar)} ({days.business} business). "
        f"{_total(total)}"
    )


def found_later(delay: Delay, days: SpanDays | None, total: Days, number: int) -> str:
    """Return the only note of a delay that was over when it was found."""
    return f"{explained(delay, days)} {_total(total)} {CORRECT} {DISPUTE.format(number)}"


def summary(delays: Sequence[tuple[int, Delay]], days: Days, taken_back: int = 0) -> str:
    """Return one note in place of many: what was found, each delay on a line with its number."""
    lines = [f"{_count(len(delays), 'delay')} found or closed at once. {_total(days)}"]
    for number, delay in delays[:MOST_LINES]:
        span = days.spans.get(delay.key)
        lines.append(f"- {number}: {explained(delay, span)}")
    if len(delays) > MOST_LINES:
        lines.append(f"- and {len(delays) - MOST_LINES} more")
    if taken_back:
        lines.append(f"- {_count(taken_back, 'delay')} taken back: what is known shows none.")
    return "\n".join([*lines, f"{CORRECT} {DISPUTE_ONE}"])


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _total(total: Days) -> str:
    return (
        f"Client total now {total.client_exclusive} exclusive / {total.concurrent} shared of "
        f"{_many(total.gross)}."
    )


def voided(delay_code: str, why: str) -> str:
    """Return the note of a delay that turned out to be none."""
    return f"Delay taken back: {delay_code}. {_sentence(why)} It counts for nothing."


def explained(delay: Delay, days: SpanDays | None) -> str:
    """Return the one sentence that says what a delay is, how it is known and what it amounts to."""
    amount = (
        "not counted"
        if days is None
        else f"{_many(days.calendar)} on the calendar"
        + (f", {days.counted} counted" if delay.party is Party.CLIENT else "")
    )
    if delay.status is not Status.COUNTED:
        amount = f"{delay.status}, not counted"
    return f"{_WHOSE[delay.party]}, {delay.code}: {_sentence(delay.told)} {_capital(amount)}."


def _many(days: int) -> str:
    return _count(days, "day")


def _sentence(text: str) -> str:
    return f"{_capital(text).rstrip('.')}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
