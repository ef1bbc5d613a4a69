"""The template as the mapping has it, for each customer's sheet with its titles and exceptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ubm_smartsheet.columns import Column, Match, match, titled
from ubm_smartsheet.cursor import SheetState
from ubm_smartsheet.judging import Judge, paused
from ubm_smartsheet.traits import asked, held, print_of, with_losses
from ubm_sync.clock import Clock
from ubm_sync.model import Binding, Customer, Deviation
from ubm_sync.template import Drift, Standing, active, fingerprint


class Standard:
    """What the sheets should be; ``bindings`` are the fields of each sheet in its own titles."""

    def __init__(
        self, template: Sequence[Binding], customers: Sequence[Customer], clock: Clock
    ) -> None:
        self.template = tuple(template)
        self.bindings: Mapping[str, tuple[Binding, ...]] = MappingProxyType(
            {one.sheet: titled(template, one.titles) for one in customers}
        )
        self._customers = {one.sheet: one for one in customers}
        self._clock = clock
        self._titles = {one.field: one.external for one in template}
        self._asked = {one.field: asked(one) for one in template}
        self._digests = {
            sheet: fingerprint([*self.traits(), *(one.external for one in bindings)])
            for sheet, bindings in self.bindings.items()
        }

    def traits(self) -> tuple[str, ...]:
        """Return everything the template asks for, column by column."""
        return tuple(trait for one in self.template for trait in self._asked[one.field])

    def exempt(self, sheet: str) -> Mapping[tuple[str, str], Deviation]:
        """Return the exceptions of a sheet that count today."""
        customer = self._customers.get(sheet)
        return active(customer, self._clock.now()) if customer is not None else {}

    def digest(self, sheet: str) -> str:
        """Return what a sheet is compared with, in short: another one after a change of it."""
        exempt = self.exempt(sheet)
        given = fingerprint([repr(one) for one in exempt.values()]) if exempt else ""
        return self._digests[sheet] + given

    def found(self, state: SheetState, live: Sequence[Column]) -> Match:
        """Return which column is which field's, and what each has lost since it was last read."""
        bindings = self.bindings[state.id]
        found = match(bindings, state.known, live, state.titles)
        return with_losses(found, bindings, self._titles, state.columns)

    def drifts(self, state: SheetState, found: Match) -> tuple[Drift, ...]:
        """Return how a sheet differs."""
        bindings, exempt = self.bindings[state.id], self.exempt(state.id)
        name = state.name or state.id
        return Judge(name, bindings, found, self._asked, state.titles, exempt).drifts()

    def standing(self, state: SheetState) -> Standing:
        """Return how a sheet stands, by what was last read of it."""
        if not state.live:
            return Standing(state.id, state.name, "", frozenset(), (), (), not state.lost)
        found = self.found(state, state.live)
        drifts = self.drifts(state, found)
        return Standing(
            state.id,
            state.name,
            print_of(state.live),
            held(found, self.bindings[state.id], self._titles),
            drifts,
            paused(drifts),
            not state.lost,
        )
