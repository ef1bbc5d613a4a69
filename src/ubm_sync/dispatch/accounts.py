"""The accounts that a text names, as the store knows them, in the words of a note."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ubm_sync.disconnection.values import Reading
from ubm_sync.dispatch.gathering import Account, Lookup
from ubm_sync.ports import KnownAccount, KnowsAccounts

_HOLDS = {
    "none": "not on hold",
    "held": "ON HOLD, not released",
    "approved": "hold released",
    "overridden": "hold overridden",
}


def lookup_in(store: KnowsAccounts) -> Lookup:
    """Return how accounts are looked up in a store."""

    def lookup(customer: str, reading: Reading, text: str) -> Sequence[Account]:
        found = store.accounts_named(
            customer, reading.accounts, reading.vendors, reading.meters, text
        )
        alone = len(found) == 1
        return [
            Account(
                one.id,
                one.customer,
                one.vendor,
                one.number,
                " ".join(part for part in (one.location_code, one.city) if part),
                last_bill(one, alone=alone),
            )
            for one in found
        ]

    return lookup


def last_bill(known: KnownAccount, *, alone: bool = True) -> str:
    """Return what is known of an account's last actual bill, in the words of domain F.1."""
    which = "" if alone else f" of {known.number or known.id}"
    if known.statement is None:
        return f"Last actual bill in UBM{which}: none ({known.id})."
    parts = [_us(known.statement)]
    if known.amount_cents is not None:
        parts.append(f"${known.amount_cents / 100:,.2f}")
    state = [_paid(known.unpaid)]
    over = " (> $24,000)" if known.over_limit else ""
    state.append(f"{_HOLDS.get(known.hold, known.hold)}{over}")
    if known.due is not None:
        state.append(f"due {_us(known.due)}")
    told = ", ".join(filter(None, state))
    return f"Last actual bill in UBM{which}: {' '.join(parts)}, {told} ({known.id})."


def _paid(unpaid: bool | None) -> str:
    if unpaid is None:
        return "not known whether it is paid"
    return "unpaid" if unpaid else "processed"


def _us(day: date) -> str:
    return f"{day.month:02}/{day.day:02}/{day.year}"
