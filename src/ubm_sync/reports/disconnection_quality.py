"""How well messages about disconnections are read: labelled texts against what is read in them."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ubm_sync.calendars import parse_instant, zone_of
from ubm_sync.disconnection import Category, Grammar, Message, Reading, read
from ubm_sync.errors import Refused
from ubm_sync.mapping import nearest

COLUMNS = ("id", "label", "subject", "body")
USUAL_ZONE = "America/Chicago"
USUAL_RECEIVED = datetime(2026, 11, 20, 16, tzinfo=UTC)  # a Friday, 10:00 in Chicago
ALARMS = (Category.URGENT, Category.POSSIBLE)
_LONGEST_CELL = 1_000_000
_CHECKED = {"deadline": "deadline", "effective": "effective", "state": "state", "acct": "account"}


@dataclass(frozen=True, slots=True)
class Labelled:
    """One text with what it is about, by the person who labelled it."""

    id: str
    label: Category
    message: Message
    notes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled text and what was read in it."""

    text: Labelled
    reading: Reading

    @property
    def missed(self) -> bool:
        """Whether a disconnection was not noticed."""
        return self.text.label in ALARMS and self.reading.category not in ALARMS

    @property
    def false_alarm(self) -> bool:
        """Whether a manager was called for nothing."""
        return self.text.label not in ALARMS and self.reading.category in ALARMS

    @property
    def misread(self) -> bool:
        """Whether it was read as something else that raises or misses no alarm."""
        wrong = self.text.label is not self.reading.category
        return wrong and not self.missed and not self.false_alarm


def load_labelled(path: Path) -> tuple[list[Labelled], str]:
    """Return the texts of a CSV file, and a note where its encoding had to be guessed.

    Columns: id, label, subject, body; received (ISO 8601), zone and notes may be there.
    Raises Refused, with one sentence, for a file that cannot be read as that.
    """
    text, note = _text_of(path)
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        names = [name.strip().casefold() for name in reader.fieldnames or ()]
        missing = [name for name in COLUMNS if name not in names]
        if missing:
            raise Refused(
                f"{path} has no column {', '.join(missing)}; its first line must name the columns "
                f"{', '.join(COLUMNS)} (and may name received, zone, notes)."
            )
        reader.fieldnames = names
        return [_labelled(path, number, row) for number, row in _numbered(reader)], note
    except csv.Error as error:
        raise Refused(
            f"{path} is not a CSV file ({error}, line {reader.line_num}); save it as CSV (UTF-8)."
        ) from error


def _text_of(path: Path) -> tuple[str, str]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Refused(
            f"{path} cannot be read ({error.strerror}); give the path of a CSV file."
        ) from error
    if b"\0" in raw:
        raise Refused(f"{path} is not a CSV file; save the sheet as CSV (UTF-8).")
    try:
        return raw.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        note = f"{path} is not UTF-8; it was read as Windows-1252 text."
        return raw.decode("cp1252", errors="replace"), note


def _numbered(
    reader: csv.DictReader[str],
) -> Iterator[tuple[int, Mapping[str, str]]]:
    for row in reader:
        if any(value for key, value in row.items() if key):
            yield reader.line_num, {key: value or "" for key, value in row.items() if key}


def _labelled(path: Path, number: int, row: Mapping[str, str]) -> Labelled:
    label = row["label"].strip().casefold()
    known = [category.value for category in Category]
    if label not in known:
        raise Refused(
            f'{path}, line {number}: "{row["label"]}" is no label{nearest(label, known)}; '
            f"write one of {', '.join(known)}."
        )
    zone = row.get("zone", "").strip() or USUAL_ZONE
    received = _received(path, number, row.get("received", "").strip(), zone_of(zone))
    notes = {
        key.strip(): value.strip()
        for key, _, value in (part.partition("=") for part in row.get("notes", "").split(";"))
        if value
    }
    message = Message(row["subject"], row["body"], received, zone)
    return Labelled(row["id"] or str(number), Category(label), message, notes)


def _received(path: Path, number: int, text: str, zone: ZoneInfo) -> datetime:
    if not text:
        return USUAL_RECEIVED
    instant = parse_instant(text)
    if instant is None:
        raise Refused(
            f'{path}, line {number}: "{text}" in the column received is no instant; '
            "write it as 2026-11-20T10:00."
        )
    plain = datetime.fromisoformat(text)
    return instant if plain.tzinfo is not None else plain.replace(tzinfo=zone)


def judge(texts: Sequence[Labelled], grammar: Grammar) -> list[Judged]:
    """Return each text with what is read in it."""
    return [Judged(text, read(text.message, grammar)) for text in texts]


def quality(judged: Sequence[Judged]) -> dict[str, Any]:
    """Return the figures as one document: confusion, counts and rates, every miss and false alarm.

    A possible disconnection counts as caught, and as an alarm (domain C.6). Rates are None where
    there is nothing to count.
    """
    counts = Counter((one.text.label, one.reading.category) for one in judged)
    confusion = {
        label.value: {found.value: counts[label, found] for found in Category} for label in Category
    }
    threatened = [one for one in judged if one.text.label in ALARMS]
    caught = [one for one in threatened if not one.missed]
    alarms = [one for one in judged if one.reading.category in ALARMS]
    close = [one for one in judged if one.text.label is Category.CLOSE]
    close_urgent = [one for one in close if one.reading.category is Category.URGENT]
    return {
        "texts": len(judged),
        "confusion": confusion,
        "recall": _rate(len(caught), len(threatened)),
        "precision": _rate(len(caught), len(alarms)),
        "close_called_urgent": _rate(len(close_urgent), len(close)),
        "right": _rate(sum(one.text.label is one.reading.category for one in judged), len(judged)),
        "misses": [_line(one) for one in judged if one.missed],
        "false_alarms": [_line(one) for one in judged if one.false_alarm],
        "misread": [_line(one) for one in judged if one.misread],
    }


def _rate(part: int, whole: int) -> dict[str, Any]:
    return {"count": part, "of": whole, "rate": round(part / whole, 4) if whole else None}


def _line(one: Judged) -> dict[str, Any]:
    return {
        "id": one.text.id,
        "subject": one.text.message.subject,
        "label": one.text.label.value,
        "read_as": one.reading.category.value,
        "confidence": one.reading.confidence,
        "phrase": one.reading.phrase,
        "reasons": list(one.reading.reasons),
    }


def details(judged: Sequence[Judged]) -> dict[str, Any]:
    """Return how often the deadline, the state and the account are as the notes say."""
    totals: Counter[str] = Counter()
    right: Counter[str] = Counter()
    differences = []
    for one in judged:
        found = _found(one.reading)
        for key, name in _CHECKED.items():
            if key not in one.text.notes:
                continue
            totals[name] += 1
            wanted, got = one.text.notes[key], found[key]
            if wanted == got:
                right[name] += 1
                continue
            differences.append(
                {"id": one.text.id, "what": name, "expected": wanted, "read": got}
                | {"words": one.reading.deadline_text}
            )
    rates = {name: _rate(right[name], totals[name]) for name in _CHECKED.values()}
    return {"fields": rates, "differences": differences}


def _found(reading: Reading) -> dict[str, str]:
    return {
        "deadline": str(reading.deadline or ""),
        "effective": str(reading.effective or ""),
        "state": reading.state.value,
        "acct": reading.accounts[0] if reading.accounts else "",
    }
