"""How a request to close an account goes on: with a row of the customer's sheet (domain C.6)."""

from __future__ import annotations

from collections.abc import Callable

from ubm_sync.disconnection.values import Category
from ubm_sync.model import Customer
from ubm_sync.routing.case import Case
from ubm_sync.state import Tx

CLOSE = "Close"


def close_row(tx: Tx, case: Case, customer: Customer, key_of: Callable[[str], str]) -> str:
    """Return what the manager is told of the row that closes the account; "" for another case.

    The customer's rows with the request type ``Close`` are looked through for the accounts named.
    """
    if case.category is not Category.CLOSE or not customer.key:
        return ""
    kind = "sheet" if customer.has_sheet else "list"
    if customer.container and case.keys:
        ids = tx.observations.telling("row", customer.container, "request_type", CLOSE)
        for sync_id, places in tx.observations.load(ids).items():
            row = places.get("row")
            if row is not None and key_of(row.values.get("account_number", "")) in case.keys:
                record = tx.records.load([sync_id]).get(sync_id)
                label = record.label if record is not None else "A row"
                status = f' ("{record.status}")' if record is not None and record.status else ""
                return f"{label} of the customer's {kind} asks for it already{status}."
    what = f" for account {', '.join(case.numbers)}" if case.numbers else ""
    return (
        f"There is no row that closes it{what}: add one to the customer's {kind} (Request Type "
        f'"{CLOSE}"), or ask the customer to; everything else then happens by itself.'
    )
