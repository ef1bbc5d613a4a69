"""How the service is: what an admin on call looks at first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from ubm_sync.config import Configuration
from ubm_sync.dispatch.handovers import handed_over
from ubm_sync.errors import Flaw
from ubm_sync.locations.states import NEEDS_INFORMATION, OUR_PROBLEM, SETTING_UP, WAITING
from ubm_sync.model import Customer
from ubm_sync.reports.disconnections import standing
from ubm_sync.reports.left_behind import left_behind
from ubm_sync.reports.spots import spot
from ubm_sync.routing.rules import RoutingRules
from ubm_sync.state import GuardStop, Run, Tx
from ubm_sync.sync.stops import sentence

MANY = 1_000_000
RECENT = 200  # runs that are looked through for the last success of each system


def service_status(
    tx: Tx, now: datetime, configuration: Configuration | None, flaws: Sequence[Flaw] = ()
) -> dict[str, Any]:
    """Return what works, what does not, and what waits for whom; instants as ISO text in UTC.

    ``configuration`` is None where the files cannot be used at all; ``flaws`` say why.
    """
    last = tx.runs.last_success()
    runs = tx.runs.last(RECENT)
    notes = tx.outbox.counts()
    counts = tx.records.counts(kind="location")
    conflicts, quarantine = tx.conflicts.list(), tx.quarantine.list()
    stops = tx.guard.list(approved=True)
    since = [
        *(one.opened_at for one in conflicts),
        *(one.first_at for one in quarantine),
        *(one.since for one in tx.problems.list()),
    ]
    done = last.finished_at if last is not None else None
    begun = tx.matches.begun().keys()
    return {
        "now": now.isoformat(),
        "zone": configuration.service.cadence.zone if configuration is not None else "UTC",
        "last_success": _iso(done),
        "lag_seconds": None if done is None else round((now - done).total_seconds(), 1),
        "systems": _systems(runs, configuration),
        "oldest_unsolved": _iso(min(since, default=None)),
        "last_runs": _last_runs(runs[:5]),
        "waiting": {
            "conflicts": len(conflicts),
            "quarantine": len(quarantine),
            "stops": sum(one.approved_at is None for one in stops),
            "matches": sum(tx.matches.open_counts().values()),
            "notes": notes.get("queued", 0) + notes.get("unknown", 0),
            "due": len(tx.records.due(now, MANY)),
        },
        "waits_for": _waits_for(counts, configuration),
        "disconnections": _disconnections(tx, now, configuration),
        "handed_over": handed_over(tx, now),
        "stops": [stop_document(one) for one in stops],
        "problems": _problems(tx, configuration),
        "left_behind": [] if configuration is None else left_behind(tx, configuration),
        "customers": {
            customer.key: {
                "name": customer.name,
                "state": _state_of(customer, begun),
                "records": counts.get(customer.key, {}),
            }
            for customer in (configuration.customers if configuration is not None else ())
        },
        "configuration": [str(flaw) for flaw in flaws],
    }


def _state_of(customer: Customer, begun: Collection[str]) -> str:
    if customer.paused:
        return "paused"
    return "being matched" if customer.match_only and customer.key not in begun else "active"


def _last_runs(runs: Sequence[Run]) -> list[dict[str, Any]]:
    return [
        {
            "run": run.id,
            "started": run.started_at.isoformat(),
            "finished": _iso(run.finished_at),
            "error": run.error,
            "summary": run.summary,
        }
        for run in runs
    ]


def _problems(tx: Tx, configuration: Configuration | None) -> list[dict[str, Any]]:
    return [
        {
            "scope": p.scope,
            "where": spot(p.scope, configuration),
            "code": p.code,
            "text": p.text,
            "since": p.since.isoformat(),
        }
        for p in tx.problems.list()
    ]


def _disconnections(tx: Tx, now: datetime, configuration: Configuration | None) -> dict[str, Any]:
    rules = configuration.disconnections.rules() if configuration is not None else RoutingRules()
    return standing(tx, now, rules.overdue)


def stop_document(stop: GuardStop) -> dict[str, Any]:
    """Return a stop of the guard for JSON; ``text`` says it in one sentence."""
    return {
        "id": stop.fingerprint,
        "customer": stop.customer,
        "system": stop.system,
        "field": stop.field,
        "kind": stop.kind,
        "count": stop.count,
        "limit": stop.limit,
        "written_before": stop.used,
        "samples": stop.sample,
        "since": stop.stopped_at.isoformat(),
        "approved_by": stop.approved_by,
        "approved_at": _iso(stop.approved_at),
        "revoked": stop.revoked,
        "text": sentence(stop),
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _systems(
    runs: Sequence[Run], configuration: Configuration | None
) -> dict[str, dict[str, str | None]]:
    """Return when each system last worked in a whole cycle, and its trouble since, if any."""
    if configuration is None:
        return {}
    found: dict[str, dict[str, str | None]] = {}
    for name, system in configuration.service.systems.items():
        entry: dict[str, str | None] = {
            "name": system.name, "last_success": None, "trouble": None,
        }  # fmt: skip
        for run in runs:  # the newest first
            if run.finished_at is None:
                continue
            problems = (run.summary or {}).get("problems") or ()
            trouble = [text for text in problems if str(text).startswith(f"{name}: ")]
            if not trouble:
                entry["last_success"] = run.finished_at.isoformat()
                break
            entry["trouble"] = entry["trouble"] or str(trouble[0]).partition(": ")[2]
        found[name] = entry
    return found


def _waits_for(
    counts: dict[str, dict[str, int]] | Any, configuration: Configuration | None
) -> dict[str, int]:
    """Return how many records wait for whom: a manager, a customer, Data Services, an admin."""
    found: dict[str, int] = {}
    for customer in configuration.customers if configuration is not None else ():
        whom = {
            WAITING: customer.csm_name or customer.csm,
            NEEDS_INFORMATION: customer.name,
            SETTING_UP: "Data Services",
            OUR_PROBLEM: "the administrator",
        }
        for status, number in counts.get(customer.key, {}).items():
            if status in whom:
                found[whom[status]] = found.get(whom[status], 0) + number
    return found
