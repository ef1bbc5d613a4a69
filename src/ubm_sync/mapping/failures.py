"""What is wrong with an expression or a pattern, in words an admin knows. Pure.

The engine speaks of overloads, tokens and its own functions; what it says is recognised here, and
what is not recognised is left out rather than shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

USAGE: Mapping[str, str] = {
    "upper": "value.upper()",
    "lower": "value.lower()",
    "trim": "value.trim()",
    "digits": "value.digits()",
    "replace": 'value.replace("old", "new")',
    "substring": "value.substring(2) or value.substring(2, 5)",
    "padLeft": 'value.padLeft(4, "0")',
    "trimLeft": 'value.trimLeft("0")',
    "startsWith": 'value.startsWith("A")',
    "endsWith": 'value.endsWith("A")',
    "contains": 'value.contains("A")',
    "matches": 'value.matches("[0-9]+")',
    "size": "value.size()",
    "int": "int(value)",
    "double": "double(value)",
    "string": "string(5)",
}
_PLACE = re.compile(r"<input>:(\d+):(\d+):")
_TOKEN = re.compile(r"(?:input|error at:) '(.*?)'(?: expecting|$)", re.DOTALL)
_FUNCTION = re.compile(r"[Ff]unction:? '(\w+)'")
_KINDS = {float: "a number with decimals", list: "a list", dict: "a map", bytes: "bytes"}
_CONVERT = "turn a number into text with string(...), a text into a number with int(...)"
# What the engine says -> what we say; the first that is found counts.
_SAID = (
    ("by zero", "it divides by zero"),
    ("overflow", "a number grows too large"),
    ("too large to fit", "a number is too large"),
    ("invalid float literal", "the text is no number"),
    ("string parse error", "the text is no whole number"),
    ("index out of bounds", "the list has no entry of this number"),
    ("Unsupported operation", f"values of two kinds do not go together there; {_CONVERT}"),
    ("Cannot mix", f"values of two kinds do not go together there; {_CONVERT}"),
    ("No such overload", f"a value of another kind is needed there; {_CONVERT}"),
)


def misused(name: str) -> str:
    """Return what to say of a function that was given what it does not take."""
    return f"{name} is not used like that; write it as {USAGE[name]}"


def not_understood(error: BaseException) -> str:
    """Return where an expression cannot be parsed, and why."""
    said = str(error).split("\n|")[0]
    token, place = _TOKEN.search(said.strip()), _PLACE.search(said)
    if token is None:
        why = "it cannot be understood"
    elif token[1] == "<EOF>":
        why = "it ends too early"
    else:
        why = f"`{token[1].strip()}` does not belong there"
    if place is None:
        return why
    line = f"line {place[1]}, " if place[1] != "1" else ""
    return f"{line}character {place[2]}: {why}"


def not_worked_out(error: BaseException) -> str:
    """Return why an expression fails on a text."""
    said = str(error)
    if "not a valid regex" in said:
        return f"the pattern of matches is none: {no_pattern(error)}"
    for words, ours in _SAID:
        if words in said:
            return ours
    if (named := _FUNCTION.search(said)) and named[1] in USAGE:
        return misused(named[1])
    if isinstance(error, KeyError):
        return "the map has no such entry"
    return "a part of it cannot be calculated"


def no_pattern(error: BaseException) -> str:
    """Return what is wrong with a regular expression: the last line of its engine says it."""
    _, found, reason = str(error).rpartition("\nerror: ")
    why = " ".join(reason.split(". Check ")[0].split()).rstrip(".")
    return why if found and why else "it cannot be understood"


def no_text(found: Any) -> str:
    """Return what to say of a result that is no text."""
    kind = _KINDS.get(type(found), "something else")
    hint = "; write string(...) around it" if isinstance(found, float) else ""
    return f"gives no text but {kind}{hint}"
