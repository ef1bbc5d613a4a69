"""One onboarding's delays as a page of its own: readable on screen and on paper, without scripts.

Everything that people typed is escaped. The picture has a title, a description and a table that
says the same; colours are never the only difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from html import escape
from typing import Any

from ubm_sync.calendars import day_text, local, parse_instant

_WIDTH, _LEFT, _ROW, _TOP = 960, 150, 26, 30
_PARTIES = {"client": "Client", "vendor": "Utility", "internal": "Our own"}
_POLICY = (
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
)
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem}h3{font-size:1rem;margin-bottom:.2rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}caption{text-align:left;font-weight:600}
th,td{border-bottom:1px solid #ccc;padding:.3rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:#1a1a1a}
.client{fill:#b3541e}.vendor{fill:#3b6fb6}.internal{fill:#5b5b5b}.off{fill-opacity:.25;stroke:#1a1a1a;stroke-dasharray:4 3}
.doubt{border-left:4px solid #b3541e;padding-left:.8rem}
@media print{body{max-width:none;margin:0;font-size:11px}section{break-inside:avoid}a{color:inherit}}
"""  # noqa: E501 - a style sheet is not read by the line


def page(told: Mapping[str, Any], made: str) -> str:
    """Return the page of one onboarding (as ``reports.delays.story`` tells it) as HTML.

    ``made`` says when and of what state it was made.
    """
    title = f"Onboarding of {told['name']}: delays"
    parts = [
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        _POLICY,
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{escape(title)}</h1>",
        *_summary(told),
        *_picture(told),
        *_events(told),
        f"<footer><p>{escape(made)}</p></footer></main></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _summary(told: Mapping[str, Any]) -> Iterator[str]:
    until = told["end"] or "today"
    what = f"Ticket {told['ticket']}, {told['status']}; {told['start']} to {until}."
    yield f"<p>{escape(what)}</p>"
    rows = (
        ("Days in all (gross)", told["gross_days"]),
        ("Delayed by the client alone", told["client_exclusive"]),
        ("Delayed by the client and others at once", told["client_shared"]),
        ("Delayed by others alone", told["others_only"]),
        ("Not attributed to anybody", told["unattributed"]),
        ("Net days", told["net_days"]),
    )
    yield _table("The days", ("what", "days"), rows)
    if override := told["override"]:
        yield (
            f"<p>{escape(override['by'])} set {override['days']} client days at "
            f"{escape(override['at'])}: {escape(override['reason'])}</p>"
        )
    for code, one in told["disputes"].items():
        yield (
            f"<p>{escape(one['by'])} disputes {escape(code)} since {escape(one['at'])}: "
            f"{escape(one['reason'])}</p>"
        )
    if response := told["client_response"]:
        yield (
            f"<p>The client's statement, attached by {escape(response['by'])} at "
            f"{escape(response['at'])}: {escape(response['text'])}</p>"
        )
    for text in told["needs_review"]:
        yield f'<p class="doubt">Needs review: {escape(text)}.</p>'


def _picture(told: Mapping[str, Any]) -> Iterator[str]:
    """Yield the timeline: a bar for each delay, dashed where it does not count."""
    start = date.fromisoformat(told["start"])
    end = max(start + timedelta(days=max(1, told["gross_days"])), start + timedelta(days=1))
    events = [one for one in told["events"] if one["status"] != "void"]
    height = _TOP + _ROW * max(1, len(events)) + 10
    scale = (_WIDTH - _LEFT) / (end - start).days
    yield '<section><h2 id="timeline">Timeline</h2>'
    yield (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="svg-title svg-desc">'
        f'<title id="svg-title">Delays of {escape(told["name"])} on the calendar</title>'
        f'<desc id="svg-desc">{len(events)} delays between {start} and {end}; '
        "the table below says the same.</desc>"
    )
    yield from _axis(start, end, scale, height)
    for number, one in enumerate(events):
        yield _bar(one, told["zone"], start, end, scale, _TOP + number * _ROW)
    yield "</svg>"
    rows = [
        (
            one["code"],
            _PARTIES.get(one["party"], one["party"]),
            _day(one["start"], told["zone"]),
            _day(one["end"], told["zone"]) if one["end"] else "goes on",
            _number(one["calendar_days"]),
            _number(one["counted_days"]),
            one["status"],
        )
        for one in told["events"]
    ]
    columns = ("delay", "whose", "from", "to", "calendar days", "counted days", "status")
    yield _table("The same as a table", columns, rows) + "</section>"


def _axis(start: date, end: date, scale: float, height: int) -> Iterator[str]:
    day = start
    while day <= end:
        x = _LEFT + (day - start).days * scale
        yield (
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="18" y2="{height}" stroke="#ddd"/>'
            f'<text x="{x:.1f}" y="12">{escape(day_text(day, weekday=False))}</text>'
        )
        day += timedelta(days=max(7, (end - start).days // 10))


def _bar(one: Mapping[str, Any], zone: str, start: date, end: date, scale: float, top: int) -> str:
    begun = min(max(_date(one["start"], zone), start), end)
    over = min(max(_date(one["end"], zone), begun), end) if one["end"] else end
    x, width = _LEFT + (begun - start).days * scale, max(2.0, (over - begun).days * scale)
    kind = f"{one['party']}{'' if one['status'] == 'counted' else ' off'}"
    return (
        f'<text x="0" y="{top + 14}">{escape(one["code"])}</text>'
        f'<rect class="{escape(kind)}" x="{x:.1f}" y="{top}" width="{width:.1f}" height="18">'
        f"<title>{escape(one['sentence'])}</title></rect>"
    )


def _events(told: Mapping[str, Any]) -> Iterator[str]:
    yield "<h2>Each delay</h2>"
    if not told["events"]:
        yield "<p>No delay is known.</p>"
    for one in told["events"]:
        title = f"{one['number']}. {one['code']}: {one['meaning']}"
        yield f"<section><h3>{escape(title)}</h3>"
        late = " It was written down afterwards." if one["retrospective"] else ""
        yield f"<p>{escape(one['sentence'])}{late}</p>"
        if one["client_response"]:
            yield f"<p>The client says: {escape(one['client_response'])}</p>"
        evidence = [
            (each["at"], _PARTIES.get(each["side"], each["side"]),
             f"{each['kind']}: {each['value']}", each["actor"], _where(each),
             "notice" if each == one["notice"] else "")
            for each in one["evidence"]
        ]  # fmt: skip
        columns = ("when", "side", "what", "who", "where", "")
        yield _table("Evidence", columns, evidence, raw=4)
        revisions = [
            (each["number"], each["at"], each["status"], each["why"] or "first seen",
             f"rules {each['rules']}, settings {each['settings']}", each["entry"])
            for each in one["revisions"]
        ]  # fmt: skip
        columns = ("revision", "written", "status", "why", "by", "entry")
        yield _table("How it came about", columns, revisions) + "</section>"


def _where(one: Mapping[str, str]) -> str:
    """Return where a fact stands, as HTML: a link only to an address of the web."""
    text = escape(f"{one['system']} {one['record']} {one['field']}".strip())
    if one["link"].startswith(("https://", "http://")):
        return f'<a href="{escape(one["link"])}" rel="noreferrer">{text}</a>'
    return text


def _table(
    caption: str, columns: Sequence[str], rows: Sequence[Sequence[object]], raw: int = -1
) -> str:
    """Return a table; the cells of column ``raw`` are HTML already."""
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in columns)
    body = "".join(
        "<tr>"
        + "".join(
            f"<td>{cell if number == raw else escape(str(cell))}</td>"
            for number, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def _date(text: str, zone: str) -> date:
    found = parse_instant(text)
    return date.min if found is None else local(found, zone).date()


def _day(text: str, zone: str) -> str:
    return _date(text, zone).isoformat()


def _number(days: int | None) -> str:
    return "not counted" if days is None else str(days)
