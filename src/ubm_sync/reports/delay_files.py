"""The delays as files: a table for spreadsheets, a document for programs, a page for people."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import Any

import orjson

from ubm_sync.reports.delay_page import page
from ubm_sync.reports.spreadsheet import cell

_COLUMNS = (
    "customer", "ticket", "number", "code", "party", "status", "start", "end", "calendar_days",
    "business_days", "counted_days", "sentence", "notice", "evidence", "retrospective",
    "client_response", "revision", "id",
)  # fmt: skip


def files(
    told: Sequence[Mapping[str, Any]], figures: Mapping[str, Any], made: str
) -> dict[str, str]:
    """Return file name -> content for these onboardings (as ``reports.delays.story`` tells them).

    ``figures`` are those of all of them together, ``made`` says when they were made.
    """
    document = {"made": made, "portfolio": figures, "onboardings": list(told)}
    found = {
        "delays.json": orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n",
        "delays.csv": table(told),
    }
    for one in told:
        found[f"{_name(one['customer'])}.html"] = page(one, made)
    return found


def table(told: Iterable[Mapping[str, Any]]) -> str:
    """Return every delay as a line of CSV; nothing in it is taken for a formula."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for one in told:
        for event in one["events"]:
            cells = {
                **event,
                "customer": one["customer"],
                "ticket": one["ticket"],
                "notice": event["notice"]["ref"] if event["notice"] else "",
                "evidence": " ".join(each["ref"] for each in event["evidence"]),
                "revision": len(event["revisions"]),
            }
            writer.writerow([cell(cells[name]) for name in _COLUMNS])
    return text.getvalue()


def _name(customer: str) -> str:
    """Return a customer's key as a file name: nothing in it leads out of the folder."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", customer) or "_"
