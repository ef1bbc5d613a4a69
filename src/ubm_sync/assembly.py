"""From what is configured to the parts that ``app`` puts together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from ubm_sync.clock import Clock
from ubm_sync.config import Configuration, Service
from ubm_sync.desk import Desk
from ubm_sync.disconnection import read
from ubm_sync.dispatch.accounts import lookup_in
from ubm_sync.dispatch.gathering import Gatherer
from ubm_sync.dispatch.lane import Dispatcher
from ubm_sync.errors import Flaw
from ubm_sync.holder import is_gone, myself
from ubm_sync.locations import NEEDS as LOCATIONS
from ubm_sync.locations.messages import wrong_texts
from ubm_sync.locations.secrets import mask
from ubm_sync.locations.vendors import resolve
from ubm_sync.mapping import Located
from ubm_sync.onboarding import NEEDS as ONBOARDING
from ubm_sync.ports import KnowsAccounts
from ubm_sync.routing.needs import NEEDS as DISCONNECTIONS
from ubm_sync.spelling import number_key
from ubm_sync.state import State
from ubm_sync.sync.limits import GuardRule, GuardSettings, Threshold

NEEDS = (LOCATIONS, ONBOARDING, DISCONNECTIONS)


def wrong_words(service: Service, source: Located) -> list[Flaw]:
    """Return what is wrong with an admin's own messages."""
    return [
        source.flaw(why, "intake", "texts", key, key="there is no text" in why)
        for key, why in wrong_texts(service.intake.texts)
    ]


def dispatcher_of(
    configuration: Configuration,
    state: State,
    desk: Desk,
    clock: Clock,
    should_stop: Callable[[], bool],
    store: object = None,
    release: Callable[[], None] = lambda: None,
) -> Dispatcher:
    """Return the lane of disconnections over one help desk.

    ``store`` is asked for accounts that a text names, if it knows any; ``release`` is called when
    the lane is closed.
    """
    settings, service = configuration.disconnections, configuration.service
    gatherer = Gatherer(
        partial(read, grammar=configuration.phrases.grammar()),
        {one.key: one for one in configuration.customers},
        settings.rules(),
        service.cadence.zone,
        number_key,
        mask,
        configuration.coverage,
        lookup_in(store) if isinstance(store, KnowsAccounts) else None,
        lambda name: resolve(name, "").canonical,
    )
    return Dispatcher(
        state=state,
        desk=desk,
        gatherer=gatherer,
        coverage=configuration.coverage,
        visible=service.rollout.shows,
        clock=clock,
        holder=myself(),
        system=configuration.desk.system if configuration.desk is not None else "",
        is_gone=is_gone,
        should_stop=should_stop,
        release=release,
    )


def guard_settings(configuration: Configuration) -> GuardSettings:
    """Return how careful the guard is: the service's rules go before those of the mappings."""
    given = configuration.service.guard
    rules = [
        GuardRule(
            one.customer or "",
            one.system or "",
            one.field or "",
            Threshold(one.share, one.floor),
            Threshold(one.clears.share, one.clears.floor),
            one.creates,
        )
        for one in given.rules
    ]
    rules += [
        GuardRule(field=rule.name, changes=Threshold(rule.threshold.share, rule.threshold.floor))
        for mapping in configuration.mappings.values()
        for rule in mapping.fields.values()
        if rule.threshold is not None
    ]
    return GuardSettings(
        tuple(rules),
        timedelta(minutes=given.window_minutes),
        timedelta(hours=given.approval_hours),
        given.canary,
        GuardRule(
            changes=Threshold(given.share, given.floor),
            clears=Threshold(given.clears.share, given.clears.floor),
            creates=given.creates,
        ),
    )
