"""Single values between HubSpot's text and canonical text; pure.

HubSpot: every property value is a string or null; writing "" clears it. Dates are ``YYYY-MM-DD``
or epoch milliseconds of midnight UTC, instants ISO 8601 or epoch milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import NamedTuple, TypeAlias

from ubm_sync.model import Binding, FieldType, Mark


class Unfit(ValueError):
    """A value HubSpot cannot hold; the message is a sentence for a person."""


class Read(NamedTuple):
    """A canonical value ("" for absent), and what was noticed about it."""

    value: str
    mark: str = ""


Reader: TypeAlias = Callable[[str], Read]
Writer: TypeAlias = Callable[[str], str]

LONGEST = 65_536  # HubSpot: characters of a string property
MOST_DIGITS = 300  # of a number; none that anybody means has more


def milliseconds(text: str) -> int:
    """Return an instant as HubSpot writes it (ISO 8601 or epoch milliseconds) in epoch ms."""
    if text.isdecimal():
        return int(text)
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def instant(stamp: int) -> str:
    """Return epoch milliseconds as ISO 8601 in UTC with ``Z``, milliseconds always shown."""
    moment = datetime.fromtimestamp(stamp // 1000, UTC)
    return f"{moment.isoformat()[:19]}.{stamp % 1000:03d}Z"  # a quarter of what a format costs


def read_instant(text: str) -> Read:
    """Return an instant without a fraction of zero."""
    try:
        shown = instant(milliseconds(text.strip()))
    except (ValueError, OverflowError, OSError):
        return Read(text.strip(), Mark.UNTYPED)
    return Read(shown.replace(".000Z", "Z"))


def write_instant(text: str) -> str:
    """Return an instant in milliseconds, which is all HubSpot keeps."""
    try:
        return instant(milliseconds(text))
    except (ValueError, OverflowError, OSError):
        raise Unfit(f'"{text}" is not a point in time.') from None


def read_date(text: str) -> Read:
    """Return ``YYYY-MM-DD``."""
    text = text.strip()
    try:
        if text.lstrip("-").isdecimal():
            return Read(datetime.fromtimestamp(int(text) / 1000, UTC).date().isoformat())
        return Read(datetime.fromisoformat(text).date().isoformat())
    except (ValueError, OverflowError, OSError):
        return Read(text, Mark.UNTYPED)


def write_date(text: str) -> str:
    """Return ``YYYY-MM-DD``, which HubSpot takes as midnight UTC."""
    try:
        shown = date.fromisoformat(text).isoformat()
    except ValueError:
        shown = ""
    if shown != text:
        raise Unfit(f'"{text}" is not a date; write it as YYYY-MM-DD.')
    return text


def read_number(text: str) -> Read:
    """Return the shortest decimal form."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return Read(text.strip(), Mark.UNTYPED)
    if not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS:
        return Read(text.strip(), Mark.UNTYPED)  # written out it would fill the memory
    shown = f"{number:f}"
    shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
    return Read("0" if shown in {"-0", ""} else shown)


def write_number(text: str) -> str:
    """Return a number as it is; raises Unfit for anything else."""
    value, mark = read_number(text)
    if mark:
        raise Unfit(f'"{text}" is not a number.')
    return value


def read_boolean(text: str) -> Read:
    """Return ``true`` or ``false``."""
    value = text.strip().lower()
    return Read(value, "" if value in {"true", "false"} else Mark.UNTYPED)


def write_boolean(text: str) -> str:
    """Return ``true`` or ``false``; raises Unfit for anything else."""
    if text not in {"true", "false"}:
        raise Unfit(f'"{text}" is neither true nor false.')
    return text


def read_long_text(text: str) -> Read:
    """Return text with plain line ends and nothing around it."""
    return Read(text.replace("\r\n", "\n").replace("\r", "\n").strip())


def write_text(text: str) -> str:
    """Return text as it is; never cut."""
    if len(text) > LONGEST:
        raise Unfit(f"The text has {len(text):,} characters; HubSpot holds {LONGEST:,}.")
    return text


def choice_reader(binding: Binding) -> Reader:
    """Return the reader of an option, or of several joined by ``;``."""
    decode: Mapping[str, str] = binding.decode
    known = frozenset(binding.choices)
    ready = {binding.encode.get(choice, choice): Read(choice) for choice in binding.choices}
    ready.update({outside: Read(inside) for outside, inside in decode.items()})

    def one(text: str) -> Read:
        found = ready.get(text)
        if found is not None:
            return found
        if binding.translation is not None:
            return Read(*binding.translation.read(text))
        value = decode.get(text, text)
        return Read(value, Mark.FOREIGN if known and value not in known else "")

    def any_number(text: str) -> Read:
        found = ready.get(text)
        if found is not None:
            return found
        if ";" not in text:
            return one(text.strip())
        parts = [one(part.strip()) for part in text.split(";") if part.strip()]
        mark = next((part.mark for part in parts if part.mark), "")
        return Read("; ".join(part.value for part in parts), mark)

    return any_number


def choice_writer(binding: Binding) -> Writer:
    """Return the writer of an option; several only where the property is a multiple checkbox."""
    encode = binding.encode
    several = binding.settings.get("field_type") == "checkbox"

    def write(text: str) -> str:
        if several:
            parts = (part.strip() for part in text.split(";"))
            return ";".join(encode.get(part, part) for part in parts if part)
        return encode.get(text, text)

    return write


READERS: Mapping[FieldType, Reader] = {
    FieldType.DATE: read_date,
    FieldType.INSTANT: read_instant,
    FieldType.NUMBER: read_number,
    FieldType.BOOLEAN: read_boolean,
    FieldType.LONG_TEXT: read_long_text,
}
WRITERS: Mapping[FieldType, Writer] = {
    FieldType.DATE: write_date,
    FieldType.INSTANT: write_instant,
    FieldType.NUMBER: write_number,
    FieldType.BOOLEAN: write_boolean,
}
