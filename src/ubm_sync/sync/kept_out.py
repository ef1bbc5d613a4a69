"""What was agreed on elsewhere and cannot be shown where a formula or a link fills a cell. Pure.

It is never written over, and who typed elsewhere must know that it stays there.
"""

from __future__ import annotations

from collections.abc import Mapping

from ubm_sync.model import Mark, Observation
from ubm_sync.sync.merge import Merged
from ubm_sync.sync.rules import PlaceRule, Rules

_WHY: Mapping[str, str] = {
    Mark.FORMULA: "the cell holds a formula",
    Mark.LINKED: "the cell is linked from another sheet",
}


def kept_out(rules: Rules, seen: Mapping[str, Observation], merged: Merged) -> dict[str, str]:
    """Return why places cannot show what was agreed on, by ``PLACE.FIELD``."""
    found: dict[str, str] = {}
    for name, one in seen.items():
        if one.gone or not one.marks or name not in rules.places:
            continue
        place = rules.places[name]
        for field, mark in one.marks.items():
            why = _WHY.get(mark) if field in place.shared else None
            if why is None or field in merged.blocked:
                continue
            if not _shows(place, field, one.values.get(field), merged.values.get(field)):
                found[f"{name}.{field}"] = why
    return found


def _shows(place: PlaceRule, field: str, there: str | None, agreed: str | None) -> bool:
    if there is None or agreed is None:
        return there is agreed
    return place.same[field](agreed, there)
