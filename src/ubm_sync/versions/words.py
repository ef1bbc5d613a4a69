"""How two configurations differ: field by field in words, and line by line as text. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from ubm_sync.mapping import Mapping as KindMapping
from ubm_sync.model import Binding

NEW, GONE, OWNER, VALUES = "new field", "removed field", "owner", "value map"
TRANSFORM, VALIDATION, PLACE, WORDING = "transform", "validation", "place", "wording"
OTHER = "other"
_RULES: Mapping[str, str] = {
    "writers": OWNER, "writers_once_accepted": OWNER, "owner": OWNER, "conflict": OWNER,
    "role": OWNER, "required": VALIDATION, "choices": VALUES, "type": TRANSFORM,
    "label": WORDING, "description": WORDING, "threshold": OTHER, "places": PLACE,
    "validation": VALIDATION,
}  # fmt: skip
_FOLLOWS = {"places", "decode"}  # from what is told of each place
_BINDINGS: Mapping[str, str] = {
    "encode": VALUES, "choices": VALUES, "external": PLACE, "type": TRANSFORM, "shape": TRANSFORM,
    "translation": TRANSFORM, "required": VALIDATION, "label": WORDING, "description": WORDING,
    "readable": OWNER, "writable": OWNER,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing said otherwise about a field; ``place`` is "" where it is said for all places.

    ``cause`` is the class of such a change, ``what`` the key, ``change`` what became of its value:
    both values, or of a list or a map only what was added, removed and changed.
    """

    kind: str
    field: str
    place: str
    cause: str
    what: str
    change: str

    @property
    def sentence(self) -> str:
        """Say it."""
        where = f" in {self.place}" if self.place else ""
        if self.cause in {NEW, GONE}:
            return f"{self.kind}.{self.field}{where}: {self.cause}"
        return f"{self.kind}.{self.field}{where}: {self.what} {self.change}"


def differences(
    before: Mapping[str, KindMapping], after: Mapping[str, KindMapping]
) -> list[Difference]:
    """Return how mappings differ, by kind, field and place."""
    found: list[Difference] = []
    for kind in sorted(before.keys() | after.keys()):
        if kind in before and kind in after:
            found += _of_kind(kind, before[kind], after[kind])
        else:
            cause = NEW if kind in after else GONE
            names = (after if kind in after else before)[kind].fields
            found += [Difference(kind, name, "", cause, "", "") for name in names]
    return found


def texts(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Return a unified diff of files: name -> text."""
    lines: list[str] = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, ""), after.get(name, "")
        if old != new:
            lines += difflib.unified_diff(
                old.splitlines(), new.splitlines(), name if old else "(none)",
                name if new else "(none)", lineterm="",
            )  # fmt: skip
    return "\n".join(lines)


def _of_kind(kind: str, before: KindMapping, after: KindMapping) -> Iterator[Difference]:
    for name in [*after.fields, *(one for one in before.fields if one not in after.fields)]:
        if name not in before.fields or name not in after.fields:
            cause = NEW if name in after.fields else GONE
            yield Difference(kind, name, "", cause, "", "")
            continue
        yield from _told(kind, name, "", before.fields[name], after.fields[name], _RULES)
        yield from _in_places(kind, name, before, after)


def _in_places(
    kind: str, name: str, before: KindMapping, after: KindMapping
) -> Iterator[Difference]:
    for place in sorted(before.bindings.keys() | after.bindings.keys()):
        old = before.bindings.get(place, {}).get(name)
        new = after.bindings.get(place, {}).get(name)
        if old is not None and new is not None:
            same = (old.choices, new.choices) == (
                before.fields[name].choices,
                after.fields[name].choices,
            )
            known = {"choices"} if same else set()  # told of the field already
            yield from _told(kind, name, place, old, new, _BINDINGS, known)
        elif old is not new:
            cause = NEW if new is not None else GONE
            yield Difference(kind, name, place, cause, "", "")


def _told(
    kind: str,
    name: str,
    place: str,
    before: Any,
    after: Any,
    causes: Mapping[str, str],
    known: Collection[str] = (),
) -> Iterator[Difference]:
    for one in fields(before):
        old, new = getattr(before, one.name), getattr(after, one.name, None)
        if old != new and one.name not in _FOLLOWS and one.name not in known:
            cause = causes.get(one.name, OTHER)
            yield Difference(kind, name, place, cause, one.name, _change(old, new))


def _change(old: Any, new: Any) -> str:
    """Return what became of a value; of a list or a map, which may be long, only what differs."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        changed = [
            f"{key}: {old[key]} -> {new[key]}" for key in old if old[key] != new.get(key, old[key])
        ]
        added = [f"{key}: {new[key]}" for key in new if key not in old]
        removed = [f"{key}: {old[key]}" for key in old if key not in new]
    elif isinstance(old, tuple) and isinstance(new, tuple):
        changed = []
        added = [str(one) for one in new if one not in old]
        removed = [str(one) for one in old if one not in new]
    else:
        return f"{_said(old)} -> {_said(new)}"
    parts = (("added", added), ("removed", removed), ("changed", changed))
    told = "; ".join(f"{what} {', '.join(names)}" for what, names in parts if names)
    return told or f"in another order: {_said(new)}"


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {one}" for key, one in value.items()) + "}"
    if isinstance(value, (set, frozenset)):
        return ", ".join(sorted(map(str, value))) or "nobody"
    if isinstance(value, (tuple, list)):
        return ", ".join(map(str, value)) or "(none)"
    return str(value) if value not in {None, ""} else "(none)"


def external(binding: Binding | None, value: str) -> str:
    """Return how a place spells one of our values; as it is where the mapping cannot say it."""
    if binding is None:
        return value
    translation = binding.translation
    if translation is not None:
        try:
            return translation.write(value)
        except ValueError:
            return value
    return binding.encode.get(value, value)


def canonical(binding: Binding | None, value: str) -> str:
    """Return what a place's spelling means to us."""
    if binding is None:
        return value
    translation = binding.translation
    if translation is not None:
        return translation.read(value)[0]
    return binding.decode.get(value, value)
