"""Expressions an admin writes: the Common Expression Language, cut down to what is safe.

An expression sees one text, ``value``, and the functions below; it can reach nothing else. What it
may cost is bounded before it ever runs: its own length, one level of ``map``/``filter``/``all``
over lists that are written out, and the length of every text it makes. Patterns are matched by an
engine that is linear in the text. Decision: 0021.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from types import ModuleType
from typing import Any

from ubm_sync.mapping.failures import misused, no_pattern, no_text, not_understood, not_worked_out
from ubm_sync.mapping.located import listed, nearest

LONGEST = 500  # characters of an expression
LONGEST_TEXT = 20_000  # of what goes in and of every text on the way
VALUE = "value"
_MACROS = ("all", "exists", "exists_one", "map", "filter")
_OPERATORS = frozenset(
    {
        "_+_", "_-_", "_*_", "_/_", "_%_", "-_", "!_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_",
        "_&&_", "_||_", "_?_:_", "_[_]", "@in", "_in_", "@not_strictly_false", "in",
    }
)  # fmt: skip
_BUILT_IN = ("size", "matches", "startsWith", "endsWith", "contains", "int", "double", "string")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text belongs here")
    return value


def _short(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"a text grew beyond {LONGEST_TEXT:,} characters")
    return text


def _replace(text: str, old: str, new: str) -> str:
    if not _text(old):
        raise ValueError("replace needs a text to look for")
    if len(text) + text.count(old) * len(_text(new)) > LONGEST_TEXT * 2:
        raise ValueError(f"a text grew beyond {LONGEST_TEXT:,} characters")
    return _short(text.replace(old, new))


def _substring(text: str, start: int, end: int | None = None) -> str:
    return _text(text)[max(0, start) : len(text) if end is None else max(0, end)]


def _pad_left(text: str, width: int, fill: str) -> str:
    if len(_text(fill)) != 1 or not 0 <= width <= 100:  # noqa: PLR2004 - wider than any number
        raise ValueError("padLeft needs a width up to 100 and one character")
    return _text(text).rjust(width, fill)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "upper": lambda text: _text(text).upper(),
    "lower": lambda text: _text(text).lower(),
    "trim": lambda text: _text(text).strip(),
    "replace": _replace,
    "substring": _substring,
    "digits": lambda text: "".join(one for one in _text(text) if one in "0123456789"),
    "padLeft": _pad_left,
    "trimLeft": lambda text, what: _text(text).lstrip(_text(what)),
}
KNOWN = (*_BUILT_IN, *FUNCTIONS)


class BadExpression(ValueError):
    """An expression that is refused; the message is a sentence."""


def _noting(name: str, failed: list[str]) -> Callable[..., Any]:
    """Return a function of ours that notes why it fails and gives "" then.

    An exception would go through the engine, which prints it, in its own words, on the screen.
    """

    def call(*given: Any) -> Any:
        try:
            return FUNCTIONS[name](*given)
        except ValueError as error:
            failed.append(str(error))
        except Exception:  # noqa: BLE001 - whatever an argument of another kind leads to
            failed.append(misused(name))
        return ""

    return call


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression, ready to run; equal to another one with the same text."""

    source: str
    _program: Any = field(compare=False, repr=False)
    _calls: tuple[str, ...] = field(compare=False, repr=False)  # functions of ours in it

    def text(self, value: str) -> str:
        """Return the text it makes of ``value``; raises ValueError with a sentence."""
        found = self._run(value)
        if isinstance(found, bool):
            return str(found).lower()
        if isinstance(found, int):
            return str(found)
        if not isinstance(found, str):
            raise ValueError(f"`{self.source}` {no_text(found)}")  # noqa: TRY004
        return _short(found)

    def holds(self, value: str) -> bool:
        """Return whether it is true of ``value``; raises ValueError with a sentence."""
        found = self._run(value)
        if not isinstance(found, bool):
            raise ValueError(f"`{self.source}` is neither true nor false")  # noqa: TRY004
        return found

    def _run(self, value: str) -> Any:
        if len(value) > LONGEST_TEXT:
            raise ValueError(f"the value has more than {LONGEST_TEXT:,} characters")
        context = _engine().Context()
        failed: list[str] = []
        for name in self._calls:
            context.add_function(name, _noting(name, failed))
        context.add_variable(VALUE, value)
        try:
            found = self._program.execute(context)
        except Exception as error:
            why = failed[0] if failed else not_worked_out(error)
            raise ValueError(f"`{self.source}` cannot be worked out: {why}") from error
        if failed:
            raise ValueError(f"`{self.source}` cannot be worked out: {failed[0]}")
        return found


@lru_cache(maxsize=1024)
def expression(source: str) -> Expression:
    """Return a checked expression; raises BadExpression with a sentence."""
    if len(source) > LONGEST:
        raise BadExpression(f"an expression has at most {LONGEST} characters; this has more")
    if source.count("(") + source.count("[") + source.count("{") > 100:  # noqa: PLR2004
        raise BadExpression("this expression is nested too deeply; write it flatter")
    try:
        program = _engine().compile(source)
    except Exception as error:
        raise BadExpression(f"this is no expression: {not_understood(error)}") from error
    calls = program.functions()
    if sum(source.count(f".{macro}(") for macro in _MACROS) > 1 or ".map (" in source:
        raise BadExpression("at most one of all, exists, map and filter can be in an expression")
    known = _OPERATORS | set(KNOWN) | set(_MACROS)
    for name in calls:
        if name not in known:
            hint = nearest(name, KNOWN) or f"; known here: {listed(KNOWN, 20)}"
            raise BadExpression(f'there is no function "{name}" here{hint}')
    bound = _bound_names(source)
    for name in program.variables():
        if name != VALUE and name not in bound:
            raise BadExpression(f'there is no "{name}" here; the text is called `value`')
    return Expression(source, program, tuple(name for name in FUNCTIONS if name in calls))


def _bound_names(source: str) -> set[str]:
    """Return the names that a macro of the expression gives its items: ``.map(x, ...)``."""
    names = set()
    for macro in _MACROS:
        for part in source.split(f".{macro}(")[1:]:
            names.add(part.split(",")[0].strip())
    return names


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression for whole texts, matched in linear time."""

    source: str

    def fits(self, value: str) -> bool:
        """Return whether the whole text is of this form; raises ValueError for a bad pattern."""
        context = _engine().Context()
        context.add_variable(VALUE, value)
        context.add_variable("pattern", f"^(?:{self.source})$")
        try:
            return bool(_matches().execute(context))
        except Exception as error:
            raise ValueError(f'"{self.source}" is no pattern: {no_pattern(error)}') from error


@cache
def _engine() -> ModuleType:
    """Return the language's own package, loaded where a mapping uses it.

    It brings a command line of its own, a seventh of all that any command has to load.
    """
    import cel  # noqa: PLC0415

    return cel


@cache
def _matches() -> Any:
    return _engine().compile("value.matches(pattern)")
