"""A changed configuration tried on live data: the systems are read, nothing is written anywhere.

Both configurations plan every record, each on its own copy of the state after reading everything.
So the difference is the change's own doing, and counted by the code that would do it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ubm_sync.app import Application
from ubm_sync.assembly import guard_settings
from ubm_sync.config import Configuration
from ubm_sync.state import GuardStop, copied
from ubm_sync.sync.cycle import Engine
from ubm_sync.sync.plan import RecordPlan
from ubm_sync.sync.reading import Progress
from ubm_sync.versions.effect import Effect, effect, over
from ubm_sync.versions.found import Measured


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What one configuration would do now; ``lacking`` is what the systems lack for it."""

    plans: list[RecordPlan]
    stops: tuple[GuardStop, ...]
    lacking: tuple[str, ...]
    engine: Engine
    records: Mapping[str, int]


def foresee(
    app: Application, progress: Progress | None = None
) -> tuple[list[RecordPlan], tuple[GuardStop, ...], Engine]:
    """Return what the next cycle would do, what of it waits for an approval, and who decided it.

    It is decided on a copy of the state: a service at work goes on undisturbed. Raises Temporary
    where a system cannot be read.
    """
    with copied(app.state) as state:
        other = app.beside(state, app.configuration)
        try:
            engine = other.engine(progress)
            plans, stops = engine.preview(app.clock.now())
        finally:
            other.close_connectors()
    return plans, stops, engine


def rehearse(
    app: Application, configuration: Configuration, before: Configuration | None = None
) -> Rehearsed:
    """Return what a configuration would write to every record, and what would wait.

    ``before`` is what is in force: a field that it has not, and that no set-up created yet, is
    taken for empty. Raises Temporary where a system cannot be read, ConfigError.
    """
    new = _new_fields(before or configuration, configuration)
    with copied(app.state) as state:
        other = app.beside(state, configuration)
        try:
            engine = other.engine()
            with state.transaction() as tx:
                known = {one.scope for one in tx.problems.list()}
                for key in other.customers:
                    tx.records.mark_customer_dirty(key)
            plans, stops = engine.preview(
                app.clock.now(), full=True, overlook=new.__contains__ if new else None
            )
            with state.reading() as tx:
                lacking = [one.text for one in tx.problems.list() if one.scope not in known]
                counts = tx.records.counts(kind="location")
        finally:
            other.close_connectors()
    records = {key: sum(one.values()) for key, one in counts.items()}
    return Rehearsed(plans, stops, tuple(lacking), engine, records)


def compared(app: Application, before: Configuration, after: Configuration) -> Effect:
    """Return what ``after`` would do otherwise than ``before``, on what the systems show now."""
    return _compared(app, before, after)[0]


def measure(app: Application, before: Configuration, after: Configuration) -> Measured:
    """Return the effect of a change, and why it needs a second name, if it does."""
    careless = _less_careful(before, after)
    if _decides_the_same(before, after):
        return Measured({"text": "Nothing would change in any system."}, careless)
    found, records = _compared(app, before, after)
    return Measured(found.document(), (*careless, *over(found, guard_settings(before), records)))


def _compared(
    app: Application, before: Configuration, after: Configuration
) -> tuple[Effect, Mapping[str, int]]:
    now = rehearse(app, before)
    then = rehearse(app, after, before)
    systems = {
        place.name: place.system
        for configuration in (before, after)
        for mapping in configuration.mappings.values()
        for place in mapping.places
    }
    customers = {one.key: one for one in (*before.customers, *after.customers)}
    return effect(now.plans, then.plans, systems, customers, then.lacking), now.records


def _new_fields(before: Configuration, after: Configuration) -> frozenset[str]:
    """Return the fields that some place has only after a change."""
    found = set()
    for kind, mapping in after.mappings.items():
        known = before.mappings.get(kind)
        for place in mapping.places:
            old = known.bindings.get(place.name, {}) if known is not None else {}
            found |= {one.field for one in place.bindings if one.field not in old}
    return frozenset(found)


def _decides_the_same(before: Configuration, after: Configuration) -> bool:
    """Return whether a change leaves alone everything that plans are made from."""
    kinds = [{kind: one.hash for kind, one in each.mappings.items()} for each in (before, after)]
    return (
        kinds[0] == kinds[1]
        and before.customers == after.customers
        and before.service.intake == after.service.intake
        and before.service.systems == after.service.systems
        and before.delays.digest == after.delays.digest
    )


def _less_careful(before: Configuration, after: Configuration) -> tuple[str, ...]:
    """Return what a change does to the rules that hold changes back: each needs a second name."""
    found = []
    if before.service.versions.second_name and not after.service.versions.second_name:
        found.append("it ends the rule of the second name")
    if guard_settings(before) != guard_settings(after):
        found.append("it changes what the guard allows")
    return tuple(found)
