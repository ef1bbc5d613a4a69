"""Cell values: what a column takes, strictly through the API or leniently as typed."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from ubm_smartsheet.emulator.errors import Refused
from ubm_smartsheet.emulator.model import Cell, Column, Rich
from ubm_smartsheet.emulator.render import plain_text

#: Exact integers of a double; beyond them the vendor refuses (strict) or keeps text (lenient).
LARGEST = 9_007_199_254_740_992
#: Longer text is cut without a word.
LONGEST_TEXT = 4_000

SYMBOL_OPTIONS = {
    "RYG": ["Red", "Yellow", "Green"],
    "RYGB": ["Red", "Yellow", "Green", "Blue"],
    "RYGG": ["Red", "Yellow", "Green", "Gray"],
    "HARVEY_BALLS": ["Empty", "Quarter", "Half", "Three Quarter", "Full"],
    "PRIORITY": ["High", "Low"],
    "PRIORITY_HML": ["High", "Medium", "Low"],
    "DECISION_SYMBOLS": ["Yes", "Hold", "No"],
}

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_US_DATES = ("%m/%d/%Y", "%m/%d/%y", "%Y-%m-%d", "%b %d, %Y", "%B %d, %Y")
_NUMBER = re.compile(r"[-+]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?|[-+]?\.\d+")


def clipped(text: str) -> str | None:
    """Return text as the vendor keeps it: at most 4,000 characters, nothing for an empty one."""
    return text[:LONGEST_TEXT] or None


def strict(column: Column, value: Any, name: str | None = None) -> Cell | None:
    """Return the cell a strict value makes; raises Refused 1042 where the type does not take it.

    Strict text is kept letter by letter: ``007`` and ``50%`` stay text.
    """
    if value is None or value == "":
        return False if column.type == "CHECKBOX" else None
    _check_primitive(value)
    kind = column.type
    if kind == "CHECKBOX":
        return value if isinstance(value, bool) else _unfit(column, value)
    if kind == "PICKLIST":
        return value if value in options_of(column) else _unfit(column, value)
    if kind == "DATE":
        return value if iso_date(value) else _unfit(column, value)
    if kind == "CONTACT_LIST":
        return contact(value, name) if is_email(value) else _unfit(column, value)
    if kind in {"MULTI_PICKLIST", "MULTI_CONTACT_LIST", "PREDECESSOR"}:
        return _unfit(column, value)
    return _text_or_number(value)


def _check_primitive(value: object) -> None:
    if not isinstance(value, str | int | float):
        raise Refused(1038)
    if isinstance(value, int | float) and abs(value) > LARGEST:
        raise Refused(1148, value)


def _text_or_number(value: str | float | bool) -> Cell | None:
    if isinstance(value, bool):
        return plain_text(value)
    return clipped(value) if isinstance(value, str) else value


def _unfit(column: Column, value: object) -> Cell:
    raise Refused(1042, column.id, value, column.type)


def lenient(column: Column, value: Any, *, strips_zeros: bool = True) -> Cell | None:
    """Return the cell that typing ``value`` makes: parsed where possible, else kept as text.

    A leading apostrophe keeps what follows as text and is not part of it.
    """
    if value is None or value == "":
        return False if column.type == "CHECKBOX" else None
    if not isinstance(value, str | int | float):
        raise Refused(1038)
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) > LARGEST:
        return plain_text(value)
    kind = column.type
    if isinstance(value, str) and value.startswith("'") and kind in {"TEXT_NUMBER", "PICKLIST"}:
        return clipped(value[1:])
    if kind == "TEXT_NUMBER":
        return value if not isinstance(value, str) else typed_number(value, strips_zeros)
    if kind == "CHECKBOX":
        return _typed_checkbox(value)
    if kind == "DATE":
        return typed_date(value) or clipped(plain_text(value))
    if kind == "CONTACT_LIST":
        return contact(str(value), None) if is_email(value) else clipped(plain_text(value))
    if kind == "MULTI_PICKLIST":
        return several(column, [part.strip() for part in plain_text(value).split(",")])
    return clipped(plain_text(value))


def typed_number(text: str, strips_zeros: bool) -> Cell | None:
    """Return typed text as a number where it reads as one; "$5,000" and "50%" keep their look."""
    body = text.strip()
    money, percent = body.startswith("$"), body.endswith("%")
    digits = body.removeprefix("$").removesuffix("%")
    if not _NUMBER.fullmatch(digits) or (money and percent):
        return clipped(text)
    bare = digits.lstrip("+-")
    if not strips_zeros and len(bare) > 1 and bare[0] == "0" and bare[1] != ".":
        return clipped(text)
    number = float(digits.replace(",", ""))
    if abs(number) > LARGEST:
        return clipped(text)
    exact: float = int(number) if number.is_integer() else number
    if money:
        return Rich(value=exact, display=f"${number:,.2f}" if "." in digits else f"${exact:,}")
    if percent:
        return Rich(value=number / 100, display=body)
    return exact


def _typed_checkbox(value: str | float | bool) -> Cell | None:
    if isinstance(value, bool):
        return value
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    return words.get(plain_text(value).strip().lower(), plain_text(value))


def typed_date(value: object) -> str | None:
    """Return a typed date as ``YYYY-MM-DD``; None where it is no date in US notation."""
    for notation in _US_DATES:
        try:
            return datetime.strptime(str(value).strip(), notation).date().isoformat()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            continue
    return None


def iso_date(value: object) -> bool:
    """Tell whether ``value`` is a calendar day written ``YYYY-MM-DD``."""
    if not isinstance(value, str) or len(value) != len("2026-01-31"):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_email(value: object) -> bool:
    """Tell whether ``value`` is an e-mail address."""
    return isinstance(value, str) and _EMAIL.fullmatch(value) is not None


def options_of(column: Column) -> list[str]:
    """Return what a drop-down offers; symbols have a fixed list."""
    return column.options or SYMBOL_OPTIONS.get(column.symbol or "", [])


def contact(email: str, name: str | None) -> Rich:
    """Return a contact cell; without a name the address is shown."""
    shown = str(name or email)
    return Rich(email, shown, {"objectType": "CONTACT", "email": email, "name": shown})


def several(column: Column, values: list[str]) -> Rich | None:
    """Return a multi-select cell; values are kept once, in the order of the options."""
    known = options_of(column)
    unique = list(dict.fromkeys(value for value in values if value))
    unique.sort(key=lambda value: known.index(value) if value in known else len(known))
    if not unique:
        return None
    return Rich(None, ", ".join(unique), {"objectType": "MULTI_PICKLIST", "values": unique})


def from_object(column: Column, given: Any) -> Cell | None:
    """Return the cell an ``objectValue`` makes; raises Refused 1131 for a wrong type."""
    if given is None or not isinstance(given, dict):
        return strict(column, given)
    kind = given.get("objectType")
    if column.type == "MULTI_PICKLIST" and kind == "MULTI_PICKLIST":
        return _strict_several(column, given.get("values") or [])
    if column.type == "MULTI_CONTACT_LIST" and kind == "MULTI_CONTACT":
        return _strict_contacts(column, given.get("values") or [])
    if column.type == "CONTACT_LIST" and kind == "CONTACT":
        return strict(column, given.get("email"), given.get("name"))
    if kind == column.type and kind in {"DATE", "ABSTRACT_DATETIME"}:
        return strict(column, given.get("value"))
    raise Refused(1131, kind, column.id)


def _strict_several(column: Column, values: Any) -> Cell | None:
    if not isinstance(values, list):
        raise Refused(1131, "MULTI_PICKLIST", column.id)
    if sum(len(str(value)) for value in values) > LONGEST_TEXT:
        raise Refused(1277)
    for value in values:
        if value not in options_of(column):
            _unfit(column, value)
    return several(column, values)


def _strict_contacts(column: Column, values: Any) -> Cell | None:
    if not isinstance(values, list):
        raise Refused(1131, "MULTI_CONTACT", column.id)
    people: list[dict[str, str]] = []
    for value in values:
        email = value.get("email") if isinstance(value, dict) else None
        if not is_email(email):
            _unfit(column, email)
        name = value.get("name") or email
        people.append({"objectType": "CONTACT", "email": str(email), "name": str(name)})
    if not people:
        return None
    display = ", ".join(one["name"] for one in people)
    return Rich(None, display, {"objectType": "MULTI_CONTACT", "values": people})


def allowed(column: Column, cell: Cell | None) -> bool:
    """Tell whether a restricted column takes this cell."""
    if not column.validation or cell is None:
        return True
    value = cell.value if isinstance(cell, Rich) else cell
    if column.type == "PICKLIST":
        return value in options_of(column)
    if column.type == "DATE":
        return iso_date(value)
    if column.type == "CHECKBOX":
        return isinstance(value, bool)
    if column.type == "CONTACT_LIST":
        offered = [one.get("email") for one in column.contacts]
        return not offered or value in offered
    if column.type == "MULTI_PICKLIST" and isinstance(cell, Rich) and cell.object:
        return all(part in options_of(column) for part in cell.object["values"])
    return True


def converted(column: Column, cell: Cell) -> Cell | None:
    """Return an existing cell after its column became ``column.type``."""
    text = cell.display if isinstance(cell, Rich) and cell.display else None
    plain = cell.value if isinstance(cell, Rich) else cell
    if column.type in {"TEXT_NUMBER", "PICKLIST"}:
        if text is not None or isinstance(plain, bool):
            return text or plain_text(plain)
        return plain
    return lenient(column, text or plain)
