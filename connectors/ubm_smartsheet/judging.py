"""How a sheet differs from the template, and what of it can be followed. Pure.

A column is followed by its id wherever it goes. Held up is a field whose column is gone, whose
cells were converted with the column's type, whose words were taken out of the dropdown, or whose
title stands over another column, so that nobody can tell what people will type where.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from ubm_smartsheet import wording
from ubm_smartsheet.columns import (
    SYNC_ID,
    Column,
    Match,
    expected_options,
    reads_as_text,
    type_of,
    wanted_type,
)
from ubm_smartsheet.traits import DROPDOWNS
from ubm_sync.model import Binding, Deviation
from ubm_sync.template import Drift, Kind


class Judge:
    """Compares one sheet with the template.

    ``asked`` are the template's traits by field, ``titles`` the first titles of columns that are no
    field's, ``exempt`` the approved exceptions by field and kind.
    """

    def __init__(
        self,
        name: str,
        bindings: Sequence[Binding],
        found: Match,
        asked: Mapping[str, Sequence[str]],
        titles: Mapping[int, str],
        exempt: Mapping[tuple[str, str], Deviation],
    ) -> None:
        self._name = name
        self._bindings = bindings
        self._found = found
        self._asked = asked
        self._titles = titles
        self._exempt = exempt
        self._owners = {one.external: one.field for one in bindings}

    def drifts(self) -> tuple[Drift, ...]:
        """Return every difference, in the order of the template."""
        return tuple(self._every())

    def _every(self) -> Iterator[Drift]:
        for binding in self._bindings:
            column = self._found.columns.get(binding.field)
            if column is None:
                yield self._absent(binding)
            else:
                yield from self._present(binding, column)
        for column in self._found.unbound:
            yield self._drift(Kind.EXTRA, "", column, wording.unknown(self._name, column))
        if moved := out_of_order(self._bindings, self._found):
            first = moved[0]
            yield self._drift(Kind.MOVED, "", first, wording.moved(self._name, moved))

    def _absent(self, binding: Binding) -> Drift:
        known = binding.field in self._found.known
        kind = Kind.MISSING if known or binding.field == SYNC_ID else Kind.AWAITED
        impostor = next((one for one in self._found.live if one.title == binding.external), None)
        former = self._titles.get(impostor.id, "") if impostor is not None else ""
        if impostor is not None and not former:
            known_as = [
                one.field
                for one in self._bindings
                if (held := self._found.columns.get(one.field)) and held.id == impostor.id
            ]
            former = next((one.external for one in self._bindings if one.field in known_as), "")
        text = (
            wording.missing(self._name, binding, former, impostor)
            if known
            else wording.awaited(self._name, binding)
        )
        exempt = self._exempt.get((binding.field, Kind.MISSING))
        if exempt is not None:
            text = wording.excepted(text, exempt)
        return Drift(kind, binding.field, binding.external, text, pauses=True, exempt=exempt)

    def _present(self, binding: Binding, column: Column) -> Iterator[Drift]:
        name, field = self._name, binding.field
        known = self._found.known[field]
        if field in self._found.replaced and field != SYNC_ID:
            yield self._drift(Kind.REPLACED, field, column, wording.replaced(name, binding, column))
        elif column.title != binding.external and known.wanted == binding.external:
            if other := self._confused(binding, column):
                text = wording.confused(name, binding, column, other)
                yield self._drift(Kind.CONFUSED, field, column, text, pauses=True)
            else:
                text = wording.renamed(name, binding, column)
                yield self._drift(Kind.RENAMED, field, column, text)
        if type_of(column) != wanted_type(binding):
            exempt = (field, Kind.RETYPED) in self._exempt and reads_as_text(binding, column)
            if not exempt and not self._found.is_usable(binding):
                text = wording.retyped(name, binding, column)
                yield self._drift(Kind.RETYPED, field, column, text, pauses=True)
                return
            kind = Kind.RETYPED if exempt else Kind.UNTYPED
            yield self._drift(kind, field, column, wording.untyped(name, binding, column))
        else:
            yield from self._options(binding, column)
        yield from self._guards(binding, column)

    def _confused(self, binding: Binding, column: Column) -> str:
        """Return the title of the column that stands in this one's way, "" where none does."""
        for one in self._found.live:
            if one.id != column.id and one.title == binding.external:
                return binding.external
        owner = self._owners.get(column.title, binding.field)
        return column.title if owner != binding.field else ""

    def _options(self, binding: Binding, column: Column) -> Iterator[Drift]:
        if column.type not in DROPDOWNS:
            return
        name, field = self._name, binding.field
        known = self._found.known[field]
        expected = expected_options(binding)
        gone = [one for one in expected if f"{field}/option:{one}" in known.lost]
        if gone:
            pauses = (field, Kind.OPTIONS) not in self._exempt
            text = wording.options_gone(name, column, gone)
            yield self._drift(Kind.OPTIONS, field, column, text, pauses=pauses)
        more = [one for one in column.options if one not in expected]
        if more and binding.choices:
            text = wording.options_added(name, column, more)
            yield self._drift(Kind.OPTIONS, field, column, text)

    def _guards(self, binding: Binding, column: Column) -> Iterator[Drift]:
        """Yield what keeps people from typing where they should not, and what is still to come."""
        name, field = self._name, binding.field
        known = self._found.known[field]
        lost = [one.partition("/")[2] for one in known.lost]
        if binding.locked and not column.locked and not column.system:
            yield self._drift(Kind.UNLOCKED, field, column, wording.unlocked(name, column))
        if "restricted:true" in lost and type_of(column) == wanted_type(binding):
            text = wording.unrestricted(name, column)
            yield self._drift(Kind.UNRESTRICTED, field, column, text)
        altered = [one for one in lost if one.partition(":")[0] in {"hidden", "description"}]
        altered += [one for one in lost if one == "locked:false"]
        if altered:
            yield self._drift(Kind.ALTERED, field, column, wording.altered(name, column, altered))
        awaited = [one for one in self._awaited(binding, column) if one not in lost]
        if awaited:
            text = wording.to_come(name, column, awaited)
            yield self._drift(Kind.AWAITED, field, column, text)

    def _awaited(self, binding: Binding, column: Column) -> Iterator[str]:
        has = wording.plainly(binding, column)
        for trait in self._asked.get(binding.field, ()):
            short = trait.partition("/")[2]
            what = short.partition(":")[0]
            if what == "title":
                if self._found.known[binding.field].wanted != binding.external:
                    yield f"title:{binding.external}"
            elif what != "type" and short not in has and short != "locked:true":
                if what in {"option", "restricted"} and type_of(column) != wanted_type(binding):
                    continue
                yield short

    def _drift(
        self, kind: Kind, field: str, column: Column, text: str, *, pauses: bool = False
    ) -> Drift:
        exempt = self._exempt.get((field, kind))
        if exempt is not None:
            text = wording.excepted(text, exempt)
        return Drift(kind, field, column.title, text, pauses, exempt)


def paused(drifts: Sequence[Drift]) -> tuple[str, ...]:
    """Return the fields that are held up, each once, in order."""
    return tuple(dict.fromkeys(one.field for one in drifts if one.pauses))


def out_of_order(bindings: Sequence[Binding], found: Match) -> list[Column]:
    """Return the fewest columns that would have to move for the template's order."""
    wanted = {
        found.columns[one.field].id: place
        for place, one in enumerate(bindings)
        if one.field in found.columns
    }
    bound = [one for one in found.live if one.id in wanted]
    staying = _longest_rise([wanted[one.id] for one in bound])
    return [one for one in bound if wanted[one.id] not in staying]


def _longest_rise(numbers: Sequence[int]) -> frozenset[int]:
    """Return a longest part of distinct numbers that rises, by patience sorting."""
    tops: list[int] = []
    below: dict[int, int | None] = {}
    for number in numbers:
        place = bisect_left(tops, number)
        below[number] = tops[place - 1] if place else None
        tops[place : place + 1] = [number]
    kept = set()
    last = tops[-1] if tops else None
    while last is not None:
        kept.add(last)
        last = below[last]
    return frozenset(kept)
