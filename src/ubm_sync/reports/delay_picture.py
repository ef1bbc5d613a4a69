"""The timeline of an onboarding as a picture (SVG): whose each day is, and a bar for each delay.

Party and share are told by pattern and words too: colours are never the only difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from html import escape
from typing import Any, NamedTuple

from ubm_sync.calendars import day_text, local, parse_instant

PARTIES = {"client": "Client", "vendor": "Utility", "internal": "Our own"}
SHARES = {
    "client": "the client's alone",
    "concurrent": "shared",
    "other": "others' alone",
    "unattributed": "nobody's",
}
STYLE = """
.client{fill:#b3541e}.vendor{fill:#2f6db5}.internal{fill:#6b6b6b}
.days .concurrent{fill:url(#shared)}.days .other{fill:#8aa0b8}.days .unattributed{fill:#ececec}
.off{fill-opacity:.2;stroke:#1a1a1a;stroke-dasharray:4 3}
svg{display:block;width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:#1a1a1a}
svg .quiet{fill:#555;font-size:11px}svg .strong{font-weight:600}svg .on{fill:#fff}
"""
_PATTERNS = (
    '<defs><pattern id="shared" width="8" height="8" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><path d="M0 0h8v8h-8z" fill="#f0d2bf"/>'
    '<path d="M0 0h4v8h-4z" fill="#b3541e"/></pattern>'
    '<pattern id="stripes" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><path d="M0 0h2v6h-2z" fill="#fff" fill-opacity=".45"/>'
    '</pattern><pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<circle cx="3" cy="3" r="1.3" fill="#fff" fill-opacity=".7"/></pattern></defs>'
)
_OVER = {"vendor": "stripes", "internal": "dots"}  # patterns drawn over a party's bar
_WIDTH, _LEFT, _ROW, _BAR = 960, 250, 40, 20
_AXIS, _STRIP = 30, 34  # heights above the bars: dates, whose each day is
_LETTER = 6.3  # width of a letter, to place words where they fit
_TICKS = 9  # dates on the axis at most
_WEEK = timedelta(days=7)


class _Scale(NamedTuple):
    """Days to places on the picture."""

    start: date
    end: date
    zone: str

    def x(self, day: date) -> float:
        inside = min(max(day, self.start), self.end)
        width = _WIDTH - _LEFT - 1
        return _LEFT + (inside - self.start).days * width / (self.end - self.start).days

    def day(self, instant: str) -> date:
        found = parse_instant(instant)
        return self.start if found is None else local(found, self.zone).date()


def picture(told: Mapping[str, Any]) -> Iterator[str]:
    """Yield the picture of an onboarding as ``reports.delays.story`` tells it.

    Delays that turned out to be none are left out.
    """
    start = date.fromisoformat(told["start"])
    days = max(1, told["gross_days"])
    scale = _Scale(start, start + timedelta(days=days), told["zone"])
    events = [one for one in told["events"] if one["status"] != "void"]
    top = _AXIS + _STRIP
    bottom = top + _ROW * max(1, len(events))
    yield (
        f'<svg viewBox="0 0 {_WIDTH} {bottom + 62}" role="img" '
        'aria-labelledby="svg-title svg-desc">'
        f'<title id="svg-title">Delays of {escape(told["name"])} on the calendar</title>'
        f'<desc id="svg-desc">{len(events)} delays between {scale.start} and {scale.end}; '
        f"the table below says the same.</desc>{_PATTERNS}"
    )
    last = start + timedelta(days=told["gross_days"])
    ended = told["status"] if told["end"] else "today"
    yield from _axis(scale, bottom, f"{day_text(last, weekday=False)}, {ended}")
    yield from _strip(told["slices"], scale)
    yield '<g class="bars">'
    for number, one in enumerate(events):
        yield from _bar(one, scale, top + number * _ROW)
    if not events:
        yield f'<text class="quiet" x="{_LEFT + 8}" y="{top + 20}">No delay is known.</text>'
    yield "</g>"
    yield from _legend(told["slices"], events, bottom + 20)
    yield "</svg>"


def _axis(scale: _Scale, bottom: int, last: str) -> Iterator[str]:
    """Yield a line and a date every so many whole weeks, and the words of the last day."""
    weeks = -(-(scale.end - scale.start).days // (7 * _TICKS))
    step = max(1, weeks) * _WEEK
    day = scale.start
    while day < scale.end:
        x = scale.x(day)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="16" y2="{bottom}" stroke="#ddd"/>'
        if scale.x(scale.end) - x > 150:  # noqa: PLR2004 - room for the last day's words
            yield f'<text x="{x:.1f}" y="11">{escape(day_text(day, weekday=False))}</text>'
        day += step
    x = scale.x(scale.end)
    yield (
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="16" y2="{bottom}" stroke="#1a1a1a"/>'
        f'<text class="strong" x="{x:.1f}" y="11" text-anchor="end">{escape(last)}</text>'
    )


def _strip(slices: Sequence[Mapping[str, Any]], scale: _Scale) -> Iterator[str]:
    """Yield one band over all days: whose each of them is, with how many they are."""
    yield f'<g class="days"><text class="strong" x="0" y="{_AXIS + 10}">Whose day it is</text>'
    for one in slices:
        begun, over = date.fromisoformat(one["start"]), date.fromisoformat(one["end"])
        x, width = scale.x(begun), scale.x(over) - scale.x(begun)
        share, number = one["share"], str(one["days"])
        yield (
            f'<rect class="{escape(share)}" x="{x:.1f}" y="{_AXIS - 6}" width="{width:.1f}" '
            f'height="22"><title>{begun} to {over}: {number} days, {escape(SHARES[share])}</title>'
            "</rect>"
        )
        if width > len(number) * _LETTER + 6:
            yield _number(number, x + width / 2, _AXIS + 9, share)
    yield "</g>"


def _number(number: str, x: float, y: int, share: str) -> str:
    """Return a number in the band; on stripes it stands on a patch of its own."""
    half = len(number) * _LETTER / 2 + 3
    patch = (
        f'<rect x="{x - half:.1f}" y="{y - 11}" width="{2 * half:.1f}" height="14" fill="#fff"/>'
    )
    on = " on" if share == "client" else ""
    return (
        f"{patch if share == 'concurrent' else ''}"
        f'<text class="strong{on}" x="{x:.1f}" y="{y}" text-anchor="middle">{number}</text>'
    )


def _bar(one: Mapping[str, Any], scale: _Scale, top: int) -> Iterator[str]:
    """Yield a delay: its name, its bar (dashed where it does not count), what it amounts to."""
    begun = scale.day(one["start"])
    over = max(begun, scale.day(one["end"])) if one["end"] else scale.end
    x = scale.x(begun)
    width = max(2.0, scale.x(over) - x)
    place = f'x="{x:.1f}" y="{top}" width="{width:.1f}" height="{_BAR}"'
    off = "" if one["status"] == "counted" else " off"
    yield (
        f'<text class="strong" x="0" y="{top + 9}">{escape(one["code"])}</text>'
        f'<text class="quiet" x="0" y="{top + 23}">{escape(one["meaning"])}</text>'
        f'<rect class="{escape(one["party"])}{off}" {place}>'
        f"<title>{escape(one['sentence'])}</title></rect>"
    )
    if not off and (pattern := _OVER.get(one["party"])):
        yield f'<path d="M{x:.1f} {top}h{width:.1f}v{_BAR}h-{width:.1f}z" fill="url(#{pattern})"/>'
    yield _words(_amount(one), x, width, top + 14)


def _amount(one: Mapping[str, Any]) -> str:
    """Return what a delay amounts to, in a few words."""
    whose = PARTIES.get(one["party"], one["party"])
    goes_on = "" if one["end"] else ", goes on"
    if one["calendar_days"] is None:
        return f"{whose}: {one['status']}, not counted{goes_on}"
    days = f"{one['calendar_days']} day{'' if one['calendar_days'] == 1 else 's'}"
    counted = f", {one['counted_days']} counted" if one["party"] == "client" else ""
    return f"{whose}: {days}{counted}{goes_on}"


def _words(text: str, x: float, width: float, y: int) -> str:
    """Return words right of a bar, left of it, or on it: where there is room."""
    room = len(text) * _LETTER + 12
    if x + width + room < _WIDTH:
        return f'<text x="{x + width + 6:.1f}" y="{y}">{escape(text)}</text>'
    if x - room > _LEFT:
        return f'<text x="{x - 6:.1f}" y="{y}" text-anchor="end">{escape(text)}</text>'
    patch = f'<path d="M{x + 4:.1f} {y - 11}h{room - 4:.1f}v15h-{room - 4:.1f}z" fill="#fff"/>'
    return f'{patch}<text x="{x + 8:.1f}" y="{y}">{escape(text)}</text>'


def _legend(
    slices: Sequence[Mapping[str, Any]], events: Sequence[Mapping[str, Any]], top: int
) -> Iterator[str]:
    """Yield what the colours of the band and of the bars mean."""
    days: Counter[str] = Counter()
    for one in slices:
        days[one["share"]] += one["days"]
    yield f'<g class="days"><text class="strong" x="0" y="{top + 10}">Days</text>'
    for number, (share, words) in enumerate(SHARES.items()):
        yield _swatch(share, "", f"{words}: {days[share]}", number, top)
    yield f'</g><g><text class="strong" x="0" y="{top + 32}">Bars</text>'
    for number, (party, words) in enumerate(PARTIES.items()):
        yield _swatch(party, _OVER.get(party, ""), words, number, top + 22)
    if any(one["status"] != "counted" for one in events):
        yield _swatch("internal off", "", "dashed: does not count", len(PARTIES), top + 22)
    yield "</g>"


def _swatch(kind: str, over: str, words: str, number: int, top: int) -> str:
    x = 60 + number * 190
    pattern = f'<path d="M{x} {top}h18v12h-18z" fill="url(#{over})"/>' if over else ""
    return (
        f'<rect class="{kind}" x="{x}" y="{top}" width="18" height="12"/>{pattern}'
        f'<text x="{x + 24}" y="{top + 10}">{escape(words)}</text>'
    )
