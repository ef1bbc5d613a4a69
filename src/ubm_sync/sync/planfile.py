"""A plan as a file: what a person looked at is what is done, or it is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from ubm_sync.errors import Refused
from ubm_sync.model import Ref, Write
from ubm_sync.sync.cycle import Chosen, Engine
from ubm_sync.sync.plan import RecordPlan, digest

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Item:
    """One planned write, as shown."""

    digest: str
    customer: str
    sync_id: str
    place: str
    fields: dict[str, list[str | None]]  # field -> [now, then]
    creates: bool


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A whole plan with the mapping it was made under."""

    made_at: datetime
    mapping: dict[str, str]
    items: tuple[Item, ...]
    stops: tuple[dict[str, Any], ...] = ()  # what of it waits for an approval, for people
    version: int = 0  # the one in force when it was made; 0: what it shows is not in force yet

    @classmethod
    def of(
        cls,
        plans: Sequence[RecordPlan],
        engine: Engine,
        now: datetime,
        stops: Sequence[dict[str, Any]] = (),
        version: int = 0,
    ) -> PlanFile:
        """Return the writes of plans as a document."""
        items = tuple(_item(plan, write) for plan in plans for write in plan.writes)
        versions = {kind: rules.version for kind, rules in engine.rules.items()}
        return cls(now, versions, items, tuple(stops), version)

    @property
    def records(self) -> int:
        """How many records the plan touches."""
        return len({item.sync_id for item in self.items})

    def document(self) -> dict[str, Any]:
        """Return the plan for JSON."""
        return {
            "format": FORMAT,
            "made_at": self.made_at.isoformat(),
            "mapping": self.mapping,
            "version": self.version,
            "writes": [
                {
                    "digest": item.digest,
                    "customer": item.customer,
                    "record": item.sync_id,
                    "place": item.place,
                    "creates": item.creates,
                    "fields": item.fields,
                }
                for item in self.items
            ],
            "stops": list(self.stops),
        }

    def save(self, path: Path) -> None:
        """Write the plan; raises Refused where the file cannot be written."""
        try:
            path.write_bytes(orjson.dumps(self.document(), option=orjson.OPT_INDENT_2))
        except OSError as error:
            raise Refused(
                f"The plan cannot be written to {path} ({error.strerror}); choose another place."
            ) from error

    def lines(self) -> list[tuple[str, str, str, str, str, str]]:
        """Return one line per field: customer, record, place, field, value now, value then."""
        return [
            (
                item.customer,
                item.sync_id,
                f"{item.place} (new)" if item.creates else item.place,
                name,
                before or "",
                after or "",
            )
            for item in self.items
            for name, (before, after) in item.fields.items()
        ]


def read_plan(path: Path) -> tuple[Chosen, dict[str, str], dict[str, str]]:
    """Return what a plan file chooses, its writes as digest -> description, and its mapping.

    The mapping is kind -> hash. Raises Refused.
    """
    try:
        document = orjson.loads(path.read_bytes())
        if document["format"] != FORMAT:
            raise Refused(f"{path} was written by another version; make a new plan.")
        at = datetime.fromisoformat(document["made_at"]).astimezone(UTC)
        writes = {
            str(one["digest"]): f"{one['customer']} {one['record']} {one['place']}"
            for one in document["writes"]
        }
        records = frozenset(str(one["record"]) for one in document["writes"])
        mapping = {str(kind): str(one) for kind, one in document["mapping"].items()}
        return Chosen(frozenset(writes), records, at), writes, mapping
    except OSError as error:
        raise Refused(f"{path} cannot be read ({error.strerror}); check its name.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(f"{path} is no plan; make one with ubm-sync plan --out.") from error


def refuse_other_mapping(planned: Mapping[str, str], engine: Engine, version: int) -> None:
    """Raise Refused where a plan was made under another mapping than the one in force."""
    now = {kind: rules.version for kind, rules in engine.rules.items()}
    kinds = sorted(planned.keys() | now.keys())
    other = [kind for kind in kinds if planned.get(kind) != now.get(kind)]
    if other:
        kind = other[0]
        raise Refused(
            f"The plan was made under mapping {planned.get(kind, '(none)')[:12]} of {kind}, in "
            f"force is {now.get(kind, '(none)')[:12]} (version {version}); nothing was written. "
            "Make a new plan."
        )


def _item(plan: RecordPlan, write: Write) -> Item:
    seen = plan.subject.seen.get(write.place)
    before = seen.values if seen is not None and write.ref is not None else {}
    fields = {
        name: [before.get(name), f"<id of the {value.place}>" if isinstance(value, Ref) else value]
        for name, value in write.values.items()
    }
    return Item(
        digest(write),
        plan.subject.customer.key,
        plan.subject.sync_id,
        write.place,
        fields,
        write.ref is None,
    )
