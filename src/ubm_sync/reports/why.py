"""Why a value is what it is: from what was seen, what was agreed, and the audit log."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from typing import Any

from ubm_sync.mapping import Mapping
from ubm_sync.model import record_key
from ubm_sync.state import Tx


def explain(
    tx: Tx, mappings: MappingOf[str, Mapping], system: str, ref: str, field: str
) -> dict[str, Any] | None:
    """Return the story of one field of the record that has the id ``ref`` in ``system``.

    None where no such record or field is known. ``history`` is newest first: what was written,
    what was there before, by which run and rule.
    """
    found = _find(tx, mappings, system, ref)
    if found is None or field not in found[1].fields:
        return None
    sync_id, mapping = found
    record = tx.records.load([sync_id]).get(sync_id)
    seen = tx.observations.load([sync_id]).get(sync_id, {})
    now = [
        {
            "place": place,
            "ref": one.ref,
            "value": one.values.get(field, ""),
            "at": one.modified_at.isoformat() if one.modified_at else "",
            "by": one.modified_by or "",
            "gone": one.gone,
        }
        for place, one in seen.items()
        if mapping.binding(place, field) is not None
    ]
    return {
        "record": sync_id,
        "customer": record.customer if record is not None else "",
        "field": field,
        "base": record.base.get(field, "") if record is not None else "",
        "now": now,
        "history": _history(tx, mapping, sync_id, field),
        "kept": [
            {
                "at": one.at.isoformat(),
                "place": one.place,
                "value": one.value,
                "reason": one.reason,
                "by": one.by or "",
            }
            for one in tx.kept.list(sync_id)
            if one.field == field
        ],
    }


def _find(
    tx: Tx, mappings: MappingOf[str, Mapping], system: str, ref: str
) -> tuple[str, Mapping] | None:
    for mapping in mappings.values():
        for place in mapping.places_of(system):
            known = tx.observations.resolve(place.name, [ref])
            if ref in known:
                return known[ref][0], mapping
    return None


def _history(tx: Tx, mapping: Mapping, sync_id: str, field: str) -> list[dict[str, Any]]:
    names = {
        f"{place.name} {record_key(sync_id, place.suffix)}": place.name for place in mapping.places
    }
    history: list[dict[str, Any]] = []
    for entry in tx.audit.mentioning(sync_id):
        body = entry.body if isinstance(entry.body, dict) else {}
        writes = body.get("writes", body)
        updates = writes.get("updates", {}) if isinstance(writes, dict) else {}
        creates = writes.get("creates", []) if isinstance(writes, dict) else []
        for name, place in names.items():
            change = updates.get(name, {}).get(field)
            if change is not None:
                before, after, reason = change
            elif name in creates and mapping.binding(place, field) is not None:
                before, after, reason = None, None, "the record was created with its values"
            else:
                continue
            history.append(
                {
                    "at": entry.at.isoformat(),
                    "run": entry.run,
                    "place": place,
                    "before": before,
                    "after": after,
                    "why": reason,
                }
            )
    return history
