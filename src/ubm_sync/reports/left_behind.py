"""Rows of customers whose requests come from somewhere else since: nothing reads or writes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ubm_sync.config import Configuration
from ubm_sync.model import Customer, Place
from ubm_sync.state import Tx


def left_behind(tx: Tx, configuration: Configuration) -> list[dict[str, Any]]:
    """Return ``{customer, container, rows, text}`` of each list of rows that is not read any more.

    A customer's file was changed to another sheet, or from a sheet to files or tickets or back.
    Nothing is lost: their tickets and accounts go on, but nobody hears of it in those rows.
    """
    customers = {one.key: one for one in configuration.customers}
    containers = [one.container for one in customers.values() if one.container]
    found = []
    for place in _intakes(configuration):
        for key, container, rows in tx.observations.elsewhere(place.name, containers):
            if (customer := customers.get(key)) is not None:
                text = _sentence(customer, container, rows, place.settings["identity"])
                found.append({"customer": key, "container": container, "rows": rows, "text": text})
    return found


def _intakes(configuration: Configuration) -> Iterable[Place]:
    for mapping in configuration.mappings.values():
        yield from (place for place in mapping.places if place.intake)


def _sentence(customer: Customer, container: str, rows: int, identity: str) -> str:
    """Return what is so, why, and what to do; the tickets need nobody.

    ``identity`` is the title of the column that says which request a row is.
    """
    had_none = container == customer.own_list
    before = "that came without a sheet" if had_none else f"in sheet {container}"
    number = f"{rows} row" if rows == 1 else f"{rows} rows"
    file = f"config/customers/{customer.key}.yaml"
    if customer.has_sheet:
        now = f"sheet {customer.sheet}"
        remedy = f"copy them there with what is in {identity}, or change {file} back"
    else:
        now = "its folder" if customer.intake == "csv" else "its manager's tickets"
        remedy = f"tell the customer, or change {file} back"
    return (
        f"{number} of {customer.name or customer.key} {before} {'is' if rows == 1 else 'are'} "
        f"neither read nor written, because its requests come from {now} now: {remedy}."
    )
