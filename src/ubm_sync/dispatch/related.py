"""The tickets that stand for accounts: those with which their locations were added."""

from __future__ import annotations

from collections.abc import Sequence

from ubm_sync.state import Tx

ACCOUNT, TICKET = "account", "ticket"  # places of a location


def account_tickets(tx: Tx, ids: Sequence[str]) -> tuple[str, ...]:
    """Return the tickets of accounts of the store (by their ids there) that are there now.

    An account that was not added by way of a ticket has none.
    """
    if not ids:
        return ()
    known = tx.observations.resolve(ACCOUNT, ids)
    records = list(dict.fromkeys(known[one][0] for one in ids if one in known))
    seen = tx.observations.load(records)
    found = [seen.get(record, {}).get(TICKET) for record in records]
    return tuple(one.ref for one in found if one is not None and one.ref and not one.gone)
