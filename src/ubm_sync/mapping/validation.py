"""From pydantic's findings to flaws an admin can act on: where, what, and what was likely meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ubm_sync.errors import ConfigError, Flaw
from ubm_sync.mapping.located import Located, PathOf, listed, nearest

AnyModel = TypeVar("AnyModel", bound=BaseModel)

LONGEST_SHOWN = 60  # characters of a value quoted in a message
_QUOTED = re.compile(r"'([^']*)'")
_LIMITS = {
    "string_too_short": "this is empty; fill it in or delete the line",
    "string_too_long": "this must have at most {max_length} characters",
    "too_long": "this must have at most {max_length} entries; here are {actual_length}",
    "less_than_equal": "this must be at most {le:g}",
    "greater_than_equal": "this must be at least {ge:g}",
    "greater_than": "this must be more than {gt:g}",
}
_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_parsing": "a whole number",
    "float_parsing": "a number",
    "list_type": "a list",
    "dict_type": "a block of keys",
    "model_type": "a block of keys",
    "model_attributes_type": "a block of keys",
}


def validate(model: type[AnyModel], located: Located) -> AnyModel:
    """Return the content of a file as ``model``.

    Raises ConfigError with every flaw of the file: of its YAML and of its content.
    """
    found, flaws = inspect(model, located)
    if found is None or flaws:
        raise ConfigError(flaws)
    return found


def inspect(
    model: type[AnyModel], located: Located, droppable: str = ""
) -> tuple[AnyModel | None, list[Flaw]]:
    """Return the content of a file as ``model`` and every flaw of its YAML and content.

    The content is None where it cannot be used. ``droppable`` names a block whose entries are left
    out one by one where they are flawed, so that the rest can be examined further.
    """
    if located.data is None:
        return None, list(located.flaws)
    try:
        return model.model_validate(located.data), list(located.flaws)
    except ValidationError as error:
        details = error.errors(include_url=False)
    flaws = [*located.flaws, *(_flaw(model, located, one) for one in _meant_ones(located, details))]
    rest = _without(located.data, {detail["loc"][:2] for detail in details}, droppable)
    return (model.model_validate(rest) if rest else None), in_order(flaws)


def inspect_part(
    model: type[BaseModel], located: Located, content: object, *path: str | int
) -> list[Flaw]:
    """Return what is wrong with a part of a file, which is described by ``model``."""
    try:
        model.model_validate(content)
    except ValidationError as error:
        details = error.errors(include_url=False)
        return [_flaw(model, located, detail, path) for detail in details]
    return []


def _meant_ones(located: Located, details: Sequence[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Yield what was found, without the complaint that a block is no word.

    Where both may stand, a block is meant by whoever writes one, and what is wrong is inside it.
    """
    paths = [_path(located, one["loc"]) for one in details]
    for at, one in enumerate(details):
        path = paths[at]
        if one["type"] == "string_type" and isinstance(one["input"], Mapping):
            others = (other for number, other in enumerate(paths) if number != at)
            if any(other[: len(path)] == path for other in others):
                continue
        yield one


def _without(
    data: Any, places: set[tuple[str | int, ...]], droppable: str
) -> dict[str, Any] | None:
    """Return ``data`` without the flawed entries, None where a flaw is elsewhere."""
    if any(place[:1] != (droppable,) or len(place) == 1 for place in places):
        return None
    names = {place[1] for place in places}
    kept = {name: entry for name, entry in data[droppable].items() if name not in names}
    return {**data, droppable: kept}


def in_order(flaws: Sequence[Flaw]) -> list[Flaw]:
    """Return flaws in the order a reader of the files meets them, each once."""
    return sorted(set(flaws), key=lambda flaw: (flaw.file, flaw.line, flaw.column, flaw.message))


def _flaw(
    model: type[BaseModel], located: Located, detail: ErrorDetails, above: PathOf = ()
) -> Flaw:
    path = _path(located, (*above, *detail["loc"]))
    kind, given = detail["type"], _visible(detail["input"])
    last = str(detail["loc"][-1]) if detail["loc"] else ""
    if kind == "extra_forbidden":
        known = _names(model, path[len(above) : -1])
        hint = nearest(last, known) or f"; known here: {listed(sorted(known))}"
        return located.flaw(f'unknown key "{last}"{hint}', *path, key=True)
    if kind == "missing":
        return located.flaw(f'"{last}" is missing here; add it', *path, key=True)
    if kind in {"enum", "literal_error"}:
        allowed = _QUOTED.findall(str((detail.get("ctx") or {}).get("expected", "")))
        hint = nearest(str(given), allowed)
        return located.flaw(f'"{given}" is not one of {listed(allowed, 20)}{hint}', *path)
    if kind in _EXPECTED:
        text = f"{_EXPECTED[kind]} belongs here, not {_shown(given, kind)}"
        return located.flaw(f"{text}{_meant(given, kind)}", *path)
    if last == "[key]":
        return located.flaw(f'"{given}" is no good name: {_sentence(detail)}', *path, key=True)
    if kind == "value_error":  # our own sentence, which quotes what it is about
        return located.flaw(_sentence(detail), *path)
    return located.flaw(f"{_sentence(detail)} (found {_shown(given, '')})", *path)


def _sentence(detail: ErrorDetails) -> str:
    """Return pydantic's message in our words where it is one of our own, else its own, lowered."""
    error = (detail.get("ctx") or {}).get("error")
    if isinstance(error, ValueError):
        return str(error)
    if detail["type"] == "string_pattern_mismatch":
        pattern = str((detail.get("ctx") or {}).get("pattern", ""))
        if pattern.startswith("^[a-z]"):
            return "use lower-case letters, digits and _ or -, beginning with a letter"
        return "a whole number belongs here" if "[0-9]" in pattern else "this has another form"
    limit = _LIMITS.get(detail["type"])
    if limit:
        return limit.format(**(detail.get("ctx") or {}))
    text = detail["msg"]
    return text[:1].lower() + text[1:]


def _meant(given: object, kind: str) -> str:
    """Return what a word for yes or no was likely meant to be; the rest needs no hint."""
    word = str(given).casefold()
    if kind != "bool_type" or word not in _YES_NO:
        return ""
    return f"; write {_YES_NO[word]}"


_YES_NO = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def _shown(given: object, kind: str) -> str:
    if given is None:
        return "nothing"
    if isinstance(given, bool):
        text = str(given).lower()
    elif isinstance(given, Mapping):
        return "a block of keys"
    elif isinstance(given, list):
        return "a list"
    else:
        text = (
            str(given) if len(str(given)) <= LONGEST_SHOWN else f"{str(given)[:LONGEST_SHOWN]}..."
        )
    if kind == "string_type":
        return f'{text} (put it in quotes: "{text}")'
    return f'"{text}"' if isinstance(given, str) else text


def _visible(given: Any) -> Any:
    """Return text so that it stays on one line: signs that nobody sees by their numbers."""
    if not isinstance(given, str) or given.isprintable():
        return given
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in given)


def _path(located: Located, loc: tuple[str | int, ...]) -> PathOf:
    """Return the part of ``loc`` that is in the file; pydantic adds words of its own to it."""
    path: PathOf = ()
    for part in loc:
        if (*path, part) in located.values:
            path = (*path, part)
    return path


def _names(model: type[BaseModel], path: PathOf) -> frozenset[str]:
    """Return the keys that are known at ``path`` of a file described by ``model``."""
    current: Any = model
    for part in path:
        outer = _model(current)
        field = outer.model_fields.get(str(part)) if outer else None
        # not a field: a key of a dict or an index of a list
        current = field.annotation if field else next(iter(_models(current)), None)
    found = _model(current) or next(iter(_models(current)), None)
    fields = found.model_fields.items() if found else ()
    return frozenset(field.alias or name for name, field in fields)


def _model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return None


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models inside ``list[Model]``, ``dict[str, Model]``, ``Model | None``."""
    found = _model(annotation)
    if found:
        yield found
    for part in get_args(annotation):
        yield from _models(part)
