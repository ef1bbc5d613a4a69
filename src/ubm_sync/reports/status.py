"""How the service is, as one document."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ubm_sync.config import Configuration
from ubm_sync.state import Tx

MANY = 100_000


def service_status(tx: Tx, now: datetime, configuration: Configuration) -> dict[str, Any]:
    """Return what works, what does not, and what waits for whom; instants as ISO text in UTC."""
    last = tx.runs.last_success()
    notes = tx.outbox.counts()
    counts = tx.records.counts(kind="location")
    return {
        "now": now.isoformat(),
        "last_success": last.finished_at.isoformat() if last and last.finished_at else None,
        "last_runs": [
            {
                "run": run.id,
                "started": run.started_at.isoformat(),
                "finished": run.finished_at.isoformat() if run.finished_at else None,
                "error": run.error,
                "summary": run.summary,
            }
            for run in tx.runs.last(5)
        ],
        "waiting": {
            "conflicts": len(tx.conflicts.list()),
            "quarantine": len(tx.quarantine.list()),
            "stops": len(tx.guard.list()),
            "notes": notes.get("queued", 0) + notes.get("unknown", 0),
            "due": len(tx.records.due(now, MANY)),
        },
        "stops": [
            {"id": s.fingerprint, "customer": s.customer, "field": s.field, "count": s.count}
            for s in tx.guard.list()
        ],
        "problems": [
            {"scope": p.scope, "code": p.code, "text": p.text, "since": p.since.isoformat()}
            for p in tx.problems.list()
        ],
        "customers": {
            customer.key: {
                "name": customer.name,
                "state": "paused" if customer.paused else "active",
                "records": counts.get(customer.key, {}),
            }
            for customer in configuration.customers
        },
        "configuration": [str(flaw) for flaw in configuration.flaws],
    }
