"""One onboarding's delays as a page of its own: readable on screen and on paper, without scripts.

Everything that people typed is escaped. Times are the customer's own. What the picture shows stands
in a table below it too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from html import escape
from typing import Any, NamedTuple

from ubm_sync.calendars import day_text, local, parse_instant, stamp
from ubm_sync.reports.delay_picture import PARTIES, STYLE, picture

_POLICY = (
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
)
_STYLE = f"""
body{{font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:62rem;margin:2rem auto;padding:0 1rem}}
h1{{font-size:1.6rem;margin-bottom:.3rem}}h2{{font-size:1.2rem;margin:2rem 0 .6rem}}h3{{font-size:1rem;margin:1.4rem 0 .2rem}}
p{{margin:.3rem 0 .6rem}}.lead{{font-size:1.15rem}}.small,footer{{font-size:.85rem;color:#555}}
table{{border-collapse:collapse;width:100%;font-size:.9rem;margin:.4rem 0 .8rem}}
caption{{text-align:left;font-weight:600;padding:.3rem 0}}
th,td{{border-bottom:1px solid #ccc;padding:.25rem .8rem .25rem 0;text-align:left;vertical-align:top;overflow-wrap:break-word}}
th{{font-weight:600;color:#555}}.fixed{{white-space:nowrap}}.number{{text-align:right;white-space:nowrap;padding-right:2rem}}.narrow{{width:auto}}
tfoot td{{font-weight:600}}
.doubt{{border-left:4px solid #b3541e;padding-left:.8rem}}
footer{{margin-top:2rem;overflow-wrap:anywhere}}
{STYLE}
@page{{margin:14mm}}
@media print{{html{{font-size:11px}}body{{font-size:1rem;max-width:none;margin:0;padding:0}}
h2,h3,caption{{break-after:avoid}}section.delay,figure,tr{{break-inside:avoid}}a{{color:inherit;text-decoration:none}}}}
figure{{margin:0}}
"""  # noqa: E501 - a style sheet is not read by the line
_WHOSE = {"client": "client's", "us": "ours", "other": "others'", "unknown": "not known"}
_WHAT = {
    "stage": "moved to", "sent": "our message:", "received": "client's message:",
    "meeting": "meeting", "item": "document", "row": "row:", "credential": "login",
    "portal": "portal", "authorisation": "authorisation", "approval": "approval",
    "scope": "accounts:", "bill": "bill:", "error": "error of ours:", "priority": "other work:",
}  # fmt: skip


class _Column(NamedTuple):
    """A column of a table: its title, its style, and whether its cells are HTML already."""

    title: str
    style: str = ""
    html: bool = False


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
        "<h2>Timeline</h2><figure>",
        *picture(told),
        "</figure>",
        *_overview(told),
        *_events(told),
        f"<footer><p>{escape(made)}</p></footer></main></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _summary(told: Mapping[str, Any]) -> Iterator[str]:
    start, end = date.fromisoformat(told["start"]), told["end"]
    until = f"{_long(date.fromisoformat(end))}" if end else "today"
    what = f"Ticket {told['ticket']}, {told['status']}: {_long(start)} to {until}."
    yield f"<p>{escape(what)}</p>"
    alone, shared = told["client_exclusive"], told["client_shared"]
    yield (
        f'<p class="lead"><strong>{_days(told["gross_days"])}</strong>, of which the client alone '
        f"delayed <strong>{_days(alone)}</strong>. Net: <strong>{_days(told['net_days'])}</strong>."
        f"{_shared(told)}</p>"
    )
    yield _table(
        "The days",
        (_Column("whose"), _Column("days", "number")),
        (
            ("Delayed by the client alone", _computed(told, "client", alone)),
            ("Delayed by the client and by others at once", _computed(told, "concurrent", shared)),
            ("Delayed by others alone", told["others_only"]),
            ("Nobody's: work, or time that nothing is known of", told["unattributed"]),
        ),
        ("In all", told["gross_days"]),
        kind="narrow",
    )
    yield from _people(told)


def _shared(told: Mapping[str, Any]) -> str:
    """Return what became of the days that were late for the client's and others' reasons."""
    shared = told["client_shared"]
    if not shared:
        return ""
    was, off = "was" if shared == 1 else "were", "" if told["shared_taken_off"] else "not "
    return (
        f" {_days(shared)} more {was} late for the client's reasons and for others' at once, and "
        f"{was} {off}taken off."
    )


def _computed(told: Mapping[str, Any], share: str, days: int) -> str:
    """Return a number of days; where a manager set another one, the computed one beside it."""
    computed = sum(one["days"] for one in told["slices"] if one["share"] == share)
    return str(days) if days == computed else f"{days} (computed: {computed})"


def _people(told: Mapping[str, Any]) -> Iterator[str]:
    """Yield what people said about the numbers, and what nobody could settle yet."""
    zone = told["zone"]
    if override := told["override"]:
        yield (
            f"<p>{escape(override['by'])} set {_days(override['days'])} of the client's at "
            f"{escape(_moment(override['at'], zone))}: {escape(override['reason'])}</p>"
        )
    for code, one in told["disputes"].items():
        yield (
            f"<p>{escape(one['by'])} disputes {escape(code)} since "
            f"{escape(_moment(one['at'], zone))}: {escape(one['reason'])}</p>"
        )
    if response := told["client_response"]:
        yield (
            f"<p>The client's statement, attached by {escape(response['by'])} at "
            f"{escape(_moment(response['at'], zone))}: {escape(response['text'])}</p>"
        )
    for text in told["needs_review"]:
        yield f'<p class="doubt">Needs review: {escape(text)}.</p>'


def _overview(told: Mapping[str, Any]) -> Iterator[str]:
    """Yield the picture as a table, and how its days are counted."""
    if not told["events"]:
        return
    zone = told["zone"]
    rows = [
        (
            f"{one['number']}. {one['code']}",
            PARTIES.get(one["party"], one["party"]),
            _day(one["start"], zone),
            _day(one["end"], zone) if one["end"] else "goes on",
            one["calendar_days"] if one["calendar_days"] is not None else "",
            _number(one["counted_days"]) if one["party"] == "client" else "",
            one["status"],
        )
        for one in told["events"]
    ]
    columns = (
        _Column("delay", "fixed"), _Column("whose", "fixed"), _Column("from", "fixed"),
        _Column("until", "fixed"), _Column("days it lasted", "number"),
        _Column("counted as the client's", "number"), _Column("status", "fixed"),
    )  # fmt: skip
    counted = sum(one["counted_days"] or 0 for one in told["events"] if one["party"] == "client")
    yield _table("The same as a table", columns, rows, ("Together", "", "", "", "", counted, ""))
    yield (
        '<p class="small">Days are whole days of the customer\'s own calendar, from the day a '
        "delay began to the day before it ended. A day counts as the client's only where no "
        "utility and none of us was late too; where several delays of the client overlap, it is "
        "counted once, for the one that began first. Time that nothing explains is nobody's.</p>"
    )


def _events(told: Mapping[str, Any]) -> Iterator[str]:
    yield "<h2>Each delay, and what proves it</h2>"
    if not told["events"]:
        yield "<p>No delay is known.</p>"
    for one in told["events"]:
        title = f"{one['number']}. {one['code']}: {one['meaning']}"
        yield f'<section class="delay"><h3>{escape(title)}</h3>'
        late = " It was written down afterwards." if one["retrospective"] else ""
        yield f"<p>{escape(one['sentence'])}{late}</p>"
        if one["client_response"]:
            yield f"<p>The client says: {escape(one['client_response'])}</p>"
        yield from _evidence(one, told["zone"])
        yield from _revisions(one, told["zone"])
        yield "</section>"


def _evidence(one: Mapping[str, Any], zone: str) -> Iterator[str]:
    rows = [
        (
            _moment(each["at"], zone),
            _what(each) + (", the notice" if each == one["notice"] else ""),
            _WHOSE.get(each["side"], each["side"]),
            each["actor"],
            _where(each),
        )
        for each in one["evidence"]
    ]
    columns = (
        _Column("when", "fixed"), _Column("what"), _Column("whose", "fixed"), _Column("noted by"),
        _Column("where", html=True),
    )  # fmt: skip
    yield _table("Evidence", columns, rows)


def _revisions(one: Mapping[str, Any], zone: str) -> Iterator[str]:
    rows = [
        (
            _moment(each["at"], zone),
            each["status"],
            each["why"] or "first seen",
            each["number"],
            each["entry"],
            f"{each['rules']}, {each['settings']}",
        )
        for each in one["revisions"]
    ]
    columns = (
        _Column("written down", "fixed"), _Column("status", "fixed"), _Column("why"),
        _Column("revision", "number"), _Column("ledger entry", "number"),
        _Column("rules, settings", "fixed"),
    )  # fmt: skip
    yield _table("How it was written down", columns, rows)


def _what(one: Mapping[str, str]) -> str:
    return f"{_WHAT.get(one['kind'], one['kind'])} {one['value'].replace('_', ' ')}"


def _where(one: Mapping[str, str]) -> str:
    """Return where a fact stands, as HTML: a link only to an address of the web."""
    text = escape(f"{one['system']} {one['record']} {one['field']}".strip())
    if one["link"].startswith(("https://", "http://")):
        return f'<a href="{escape(one["link"])}" rel="noreferrer">{text}</a>'
    return text


def _table(
    caption: str,
    columns: Sequence[_Column],
    rows: Sequence[Sequence[object]],
    last: Sequence[object] = (),
    kind: str = "",
) -> str:
    """Return a table; ``last`` is the line that sums it up."""
    head = "".join(f'<th scope="col"{_class(one)}>{escape(one.title)}</th>' for one in columns)
    foot = f"<tfoot>{_line(columns, last)}</tfoot>" if last else ""
    body = "".join(_line(columns, row) for row in rows)
    style = f' class="{kind}"' if kind else ""
    return (
        f"<table{style}><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody>{foot}</table>"
    )


def _line(columns: Sequence[_Column], cells: Sequence[object]) -> str:
    return (
        "<tr>"
        + "".join(
            f"<td{_class(column)}>{cell if column.html else escape(str(cell))}</td>"
            for column, cell in zip(columns, cells, strict=True)
        )
        + "</tr>"
    )


def _class(column: _Column) -> str:
    return f' class="{column.style}"' if column.style else ""


def _day(text: str, zone: str) -> str:
    found = parse_instant(text)
    return "unknown" if found is None else _long(local(found, zone).date())


def _moment(text: str, zone: str) -> str:
    """Return an instant as people of this customer read it."""
    found = parse_instant(text)
    return text if found is None else stamp(found, zone)


def _long(day: date) -> str:
    return f"{day_text(day)}, {day.year}"


def _days(number: int) -> str:
    return f"{number} day{'' if number == 1 else 's'}"


def _number(days: int | None) -> str:
    return "not counted" if days is None else str(days)
