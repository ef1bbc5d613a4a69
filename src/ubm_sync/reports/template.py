"""How the customers' sheets stand to the template, and which exceptions from it there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ubm_sync.model import Customer
from ubm_sync.template import Drift, Standing, Version, differences, version_of


def standing_document(
    standing: Iterable[Standing],
    customers: Mapping[str, Customer],
    versions: Sequence[Version],
    current: Version,
) -> dict[str, Any]:
    """Return how every sheet stands, for JSON; ``customers`` are by their sheet.

    ``version`` is None where a sheet is of none of the versions that are remembered.
    """
    return {
        "template": current.number,
        "since": current.since,
        "sheets": [
            _sheet(one, customers[one.container], version_of(one.holds, versions, current))
            for one in standing
            if one.container in customers
        ],
    }


def _sheet(one: Standing, customer: Customer, version: Version | None) -> dict[str, Any]:
    return {
        "customer": customer.key,
        "sheet": one.container,
        "name": one.name,
        "read": bool(one.fingerprint),
        "within_reach": one.within_reach,
        "version": version.number if version is not None and one.fingerprint else None,
        "fingerprint": one.fingerprint,
        "paused": list(one.paused),
        "drift": [_drift(each) for each in one.drift],
        "exceptions": [f"{each.field} {each.drift}" for each in customer.exceptions],
    }


def _drift(one: Drift) -> dict[str, Any]:
    return {
        "kind": str(one.kind),
        "field": one.field,
        "column": one.title,
        "pauses": one.pauses,
        "text": one.text,
        "approved_until": one.exempt.until if one.exempt is not None else None,
    }


def exceptions_document(
    customers: Iterable[Customer], standing: Iterable[Standing], now: datetime
) -> dict[str, Any]:
    """Return every exception with its owner and its last day, those that end first first.

    ``state`` is ``in use`` (the sheet differs that way), ``not needed`` (it does not, or it was not
    read yet) or ``ended``.
    """
    used = {
        (one.container, each.exempt.field, each.exempt.drift)
        for one in standing
        for each in one.drift
        if each.exempt is not None
    }
    found = []
    for customer in customers:
        today = now.astimezone(ZoneInfo(customer.zone)).date()
        for one in customer.exceptions:
            left = (date.fromisoformat(one.until) - today).days
            is_used = (customer.sheet, one.field, one.drift) in used
            state = "ended" if left < 0 else "in use" if is_used else "not needed"
            found.append(
                {
                    "customer": customer.key,
                    "field": one.field,
                    "drift": one.drift,
                    "owner": one.owner,
                    "until": one.until,
                    "days_left": left,
                    "state": state,
                    "reason": one.reason,
                }
            )
    found.sort(key=lambda one: (one["until"], one["customer"], one["field"], one["drift"]))
    counts = {state: sum(one["state"] == state for one in found) for state in _STATES}
    return {"exceptions": found, "counts": counts}


_STATES = ("in use", "not needed", "ended")


def versions_document(versions: Sequence[Version], current: Version) -> list[dict[str, Any]]:
    """Return the versions, the newest first, with what each changed against the one before."""
    found = []
    before: Version | None = None
    for one in versions:
        came, went = differences(before, one) if before is not None else ((), ())
        found.append(
            {
                "version": one.number,
                "since": one.since,
                "in_effect": one == current,
                "added": list(came),
                "removed": list(went),
            }
        )
        before = one
    return found[::-1]
