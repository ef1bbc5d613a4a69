"""Where a problem is, in the words of the people who must mend it. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ubm_sync.config import Configuration
from ubm_sync.model import Customer, Place

_PEOPLE = "people"  # the container of what is wrong with the people of customers


def spot(scope: str, configuration: Configuration | None) -> str:
    """Return a problem's scope as people read it: ``Halsted Foods: GL / Cost Center``.

    A scope is ``system``, ``system/container`` or ``system/container/part``. A container or a part
    that is a customer's is called by the customer's name, any other by its system's; a part that
    is a field by its title, one that is a place by its pipeline. What has no name is left out.
    """
    if configuration is None:
        return scope
    system, container, part = [*scope.split("/", 2), "", ""][:3]
    places = [
        place for mapping in configuration.mappings.values() for place in mapping.places_of(system)
    ]
    customer = next((one for one in configuration.customers if _is(one, container, part)), None)
    name = configuration.service.names.get(system, system)
    whose = customer.name or customer.key if customer is not None else name
    return ": ".join(filter(None, (whose, _title(part, places, customer))))


def _is(customer: Customer, container: str, part: str) -> bool:
    return customer.container == container or (container == _PEOPLE and part == customer.key)


def _title(part: str, places: Iterable[Place], customer: Customer | None) -> str:
    """Return what people call a field, an external name or a place; "" where it has no name."""
    for place in places:
        if part == place.name:
            return place.pipeline
        for binding in place.bindings:
            if place.intake and part == binding.field:
                own = customer.titles.get(part) if customer is not None else None
                return own or binding.external
            if not place.intake and part in {binding.external, binding.field}:
                return binding.label or binding.external
    return ""
