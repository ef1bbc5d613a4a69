"""What the laws at the end ask of one typed value: is it shown, kept, corrected, put back?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from tests.simulation.planner.mappings import FIX, Field
from tests.simulation.planner.witness import NO, Typed, shown

from ubm_sync.sync import notebook as book

if TYPE_CHECKING:
    from tests.simulation.planner.playing import Play


def was_put_back(play: Play, one: Typed, since: Sequence[Typed]) -> bool:
    """Return whether what was typed is gone, and it was nobody but the service who replaced it."""
    alike = partial(play.house.alike, one.field)
    spot = play.world.spots.get(one.place)
    if spot is None or spot.gone or one.field in spot.marks:
        return False
    if f"{book.BACK}{one.place}.{one.field}" in play.service.memory:
        return False  # it went with its column
    value = shown(one.value)
    if alike(spot.values.get(one.field), value) or alike(shown(one.saw), value):
        return False
    if any(
        other.field == one.field and other.legal != NO and alike(shown(other.value), value)
        for other in play.typed
    ):
        return False  # it was somebody's word as well
    return not any(
        later.field == one.field and (later.place == one.place or alike(shown(later.saw), value))
        for later in since
    )


def is_among(play: Play, one: Typed, some: Iterable[tuple[str, str, str | None]]) -> bool:
    """Return whether what was typed is among values of fields and places."""
    alike = partial(play.house.alike, one.field)
    return any(
        field == one.field and place == one.place and alike(shown(value), shown(one.value))
        for field, place, value in some
    )


def is_shown(play: Play, rule: Field, one: Typed, value: str | None) -> bool:
    """Return whether a value is everywhere it belongs, or waits where it is."""
    if one.field in play.service.conflicts:
        values = play.service.conflicts[one.field].values()
        wanted = (value, fixed(value))
        spot = play.world.spots.get(one.place)
        if spot is not None and rule.equal(shown(spot.values.get(one.field)), value):
            return True  # it waits where it was typed
        return any(rule.equal(one, shown(other)) for other in values for one in wanted)
    here = play.final[one.field]
    if not here:
        return True
    meant = fixed(value)
    return all(rule.equal(shown(now), value) or rule.equal(now, meant) for now in here.values())


def is_kept(play: Play, rule: Field, one: Typed, value: str | None) -> bool:
    """Return whether a value is among the kept ones."""
    return any(
        field == one.field
        and (rule.equal(shown(kept), value) or rule.equal(shown(kept), fixed(value)))
        for field, _, kept in play.service.kept.items
    )


def fixed(value: str | None) -> str | None:
    """Return a value as the flow corrects it."""
    return value.strip().removeprefix(FIX) if value is not None else None


def is_misspelled(one: Typed) -> bool:
    """Return whether the flow corrects a value."""
    return one.value is not None and one.value.strip().startswith(FIX)


def known(play: Play, name: str, base: Mapping[str, str]) -> list[str | None]:
    """Return every value a field may rightly have."""
    found: list[str | None] = [base.get(name)]
    if not play.case.start.known:
        first = [shown(values.get(name)) for values in play.case.start.there.values()]
        found += [*first, *map(fixed, first)]
    for one in play.typed:
        if one.field == name and one.legal != NO:
            found += [shown(one.value), one.value, fixed(shown(one.value))]
    chosen = [one.value for one in play.decided if one.field == name]
    chosen += [shown(value) for value in chosen]
    chosen += [value for field, value in play.restored if field == name]
    found += [*chosen, *map(fixed, chosen)]
    return found
