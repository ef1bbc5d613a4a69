"""What the journal tells of one field of one record: every write of it, newest first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ubm_sync.state import Told
from ubm_sync.sync.causes import EXTRA

LANDED = "written"
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Written:
    """One write of the field. ``by`` and ``typed_at``: whose edit it carries, where known."""

    at: datetime
    place: str
    before: str | None
    after: str | None
    why: str
    by: str
    typed_at: str
    run: str
    mapping: str
    intent: int
    outcome: int | None
    result: str

    @property
    def landed(self) -> bool:
        """Whether the value is known to have arrived."""
        return self.result == LANDED

    @property
    def may_have_landed(self) -> bool:
        """Whether the value arrived, or nobody can say."""
        return self.landed or self.result.startswith(_UNKNOWN)


def writes_of(story: Iterable[Told], names: Mapping[str, str], field: str) -> Iterator[Written]:
    """Yield the writes of ``field``; ``names`` maps the journal's names of the record to places.

    ``story`` is what the journal holds about the record, in the order in which it is yielded.
    """
    for told in story:
        writes = told.body if isinstance(told.body, dict) else {}
        for name, place in names.items():
            change = _change(writes, name, field)
            if change is None:
                continue
            before, after, why, extra = change
            yield Written(
                at=told.at,
                place=place,
                before=before,
                after=after,
                why=why,
                by=extra.get("by") or "",
                typed_at=extra.get("at") or "",
                run=told.run,
                mapping=writes.get("mapping", ""),
                intent=told.intent,
                outcome=told.outcome,
                result=_result(told.outcomes, name, field),
            )


def _change(
    writes: Mapping[str, Any], name: str, field: str
) -> tuple[str | None, str | None, str, Mapping[str, Any]] | None:
    update = writes.get("updates", {}).get(name, {}).get(field)
    if update is not None:
        return update[0], update[1], update[2], update[EXTRA] if len(update) > EXTRA else {}
    creates = writes.get("creates", ())
    if name not in creates:
        return None
    if not isinstance(creates, dict):  # written before creates told their values
        return None, None, "created with its values", {}
    values, place, by, at = creates[name]
    whose = f"created from the {place}" + (f" of {by}" if by else "") if place else "created"
    if field not in values:
        return None, None, f"{whose}, without a value", {}
    return None, values[field], whose, {"by": by, "at": at}


def _result(outcomes: Any, name: str, field: str) -> str:
    """Return what became of one write, in words."""
    if outcomes is None:
        return f"{_UNKNOWN}: the service was stopped before it was answered"
    if name in outcomes.get("refused", {}):
        return f"refused: {outcomes['refused'][name]}"
    if name in outcomes.get("unknown", ()):
        return f"{_UNKNOWN}: no answer came"
    if name in outcomes.get("not_sent", ()):
        return "not sent: it waited for its system"
    if field not in outcomes.get("only", {}).get(name, (field,)):
        return "refused by its system"
    return LANDED
