"""An earlier value of a field that a person wants back everywhere. Pure.

It is decided for the value that stands there at that moment: where any place shows another one by
the time it is carried out, somebody edited the field since, and the decision is void; so it is
where one of the places cannot take it. A decision
of an admin, so it does not matter who owns the field; nothing else about the record is touched.
"""

from __future__ import annotations

from collections.abc import Mapping

from ubm_sync.model import Observation
from ubm_sync.sync import notebook as book
from ubm_sync.sync.merge import Merged
from ubm_sync.sync.rules import Rules, SharedRule


def restore(
    rules: Rules,
    merged: Merged,
    seen: Mapping[str, Observation],
    blind: Mapping[str, frozenset[str]],
    notebook: Mapping[str, str],
) -> None:
    """Put the values that are wanted back into the merge, where nobody edited the field since."""
    wanted = dict(book.entries(notebook, book.RESTORE))
    if not wanted:
        return
    for rule in rules.shared:
        if rule.name not in wanted:
            continue
        one = book.Restore.read(wanted[rule.name])
        if _is_untouched(rules, rule, one, seen, blind, notebook):
            _force(merged, rule.name, one.value)
            merged.restored[rule.name] = one


def _is_untouched(
    rules: Rules,
    rule: SharedRule,
    wanted: book.Restore,
    seen: Mapping[str, Observation],
    blind: Mapping[str, frozenset[str]],
    notebook: Mapping[str, str],
) -> bool:
    """Return whether every place shows the value to be replaced, or the wanted one for good.

    Where it can not be written it would never stand, and the places would differ for ever.
    """
    for place in rule.places:
        is_writable = rule.name in rules.places[place].writable
        if place not in seen and not is_writable:
            return False
        if place not in seen or rule.name in blind.get(place, ()):
            continue
        value = seen[place].values.get(rule.name)
        if rule.equal(value, wanted.value):
            continue
        landed = notebook.get(f"{book.PUT}{place}.{rule.name}")
        shown = (landed or "").removeprefix(book.UNFILLED) or None
        was_there = landed is not None and rule.equal(shown, wanted.value)
        if was_there or not rule.equal(value, wanted.instead_of):
            return False
        if not is_writable:
            return False
    return True


def _force(merged: Merged, name: str, value: str | None) -> None:
    if value is None:
        merged.values.pop(name, None)
    else:
        merged.values[name] = value
    merged.changed.pop(name, None)
    merged.decided.pop(name, None)
    merged.edits = [one for one in merged.edits if one.field != name]
    merged.conflicts = [one for one in merged.conflicts if one.field != name]
    merged.lost = [one for one in merged.lost if one.field != name]
