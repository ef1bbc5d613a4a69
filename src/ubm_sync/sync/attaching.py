"""A place, or a field of it, that is seen for the first time: nobody there agreed to the base.

It was created before a crash or after the backup from which the state was restored, or a changed
mapping put the field there, while what the service remembers was agreed on by the other places
alone. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from ubm_sync.model import Mark, Observation
from ubm_sync.sync import notebook as book
from ubm_sync.sync.rules import PlaceRule


def meet(
    rule: PlaceRule,
    seen: Observation,
    base: Mapping[str, str],
    memory: Mapping[str, str],
    names: frozenset[str],
) -> tuple[dict[str, str], dict[str, str]]:
    """Return a record's base and memory once ``names`` of ``seen`` belong to it.

    What is empty there was emptied by nobody: it is filled in. Where it shows another value than
    the base, nothing is agreed any more, unless we may have created it with that value ourselves:
    then somebody typed over it where it could be seen.
    """
    agreed, remembered = dict(base), dict(memory)
    for name in sorted(names & base.keys()):
        value = seen.values.get(name)
        if value is None:
            remembered.setdefault(f"{book.PUT}{rule.name}.{name}", "")
        elif not (book.MADE + rule.name in memory or rule.same[name](value, base[name])):
            del agreed[name]
    return agreed, remembered


def first_seen(old: Observation, new: Observation) -> frozenset[str]:
    """Return the fields that could never be seen until now."""
    return frozenset(
        name
        for name, mark in old.marks.items()
        if mark == Mark.UNSEEN and name not in old.values and new.marks.get(name) != Mark.UNSEEN
    )
