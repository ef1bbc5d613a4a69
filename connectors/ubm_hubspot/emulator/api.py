"""What every route works with: the request's parts, read strictly, and records as answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from ubm_hubspot.emulator.furniture import OBJECT_TYPES, SYSTEM
from ubm_hubspot.emulator.index import Snapshot
from ubm_hubspot.emulator.instants import iso
from ubm_hubspot.emulator.portal import Portal
from ubm_hubspot.emulator.records import Record, Source, value_of
from ubm_hubspot.emulator.refusals import invalid
from ubm_hubspot.emulator.writing import Writer
from ubm_sync.emulation.faults import Fault, Faults, Rule
from ubm_sync.emulation.messages import Request

Answer: TypeAlias = tuple[int, Any]  # status and JSON; None is an empty body


@dataclass(slots=True)
class Call:
    """One request to one portal."""

    portal: Portal
    request: Request
    source: Source
    faults: Faults
    fault: Rule | None = None

    def json(self, kind: type[Any] = dict) -> Any:
        """Return the decoded body; raises Refusal where it is no JSON of this kind."""
        try:
            body = orjson.loads(self.request.body)
        except ValueError:
            raise invalid("Invalid input JSON on line 1, column 1: Unexpected input.") from None
        if not isinstance(body, kind):
            raise invalid("Invalid input JSON on line 1, column 1: Cannot deserialize the value.")
        return body

    def inputs(self, most: int, *, message: str = "") -> list[dict[str, Any]]:
        """Return the inputs of a batch of at most ``most``; raises Refusal."""
        inputs = self.json().get("inputs")
        if not isinstance(inputs, list) or not all(isinstance(one, dict) for one in inputs):
            raise invalid("Invalid input JSON on line 1, column 1: inputs must be a list.")
        if len(inputs) > most:
            raise invalid(
                message
                or f"The maximum number of inputs supported in a batch is {most}. "
                "Please reduce the number of items and try again"
            )
        return inputs

    def names(self, parameter: str) -> list[str]:
        """Return a list parameter: repeated, or one value with commas."""
        given = self.request.parameters().get(parameter, [])
        return [name for value in given for name in value.split(",") if name]

    def flag(self, parameter: str) -> bool:
        """Return a boolean parameter."""
        return (self.request.parameter(parameter) or "false").lower() == "true"

    def limit(self, default: int, most: int) -> int:
        """Return the page size; raises Refusal over ``most``."""
        text = self.request.parameter("limit") or str(default)
        if not text.isdigit() or not 1 <= int(text) <= most:
            raise invalid(f"limit must be between 1 and {most}, was {text}.")
        return int(text)

    def writer(self) -> Writer:
        """Return a writer for this request's changes."""
        return Writer(self.portal, self.source, self.portal.stamp())

    def struck(self, count: int) -> frozenset[int]:
        """Return the positions a PARTIAL fault takes out of a batch."""
        if self.fault is None or self.fault.fault is not Fault.PARTIAL:
            return frozenset()
        return self.faults.choose(count)

    def shortened(self, listed: list[Any]) -> list[Any]:
        """Return a listing as a SHORT fault leaves it."""
        if self.fault is None or self.fault.fault is not Fault.SHORT:
            return listed
        lost = self.faults.choose(len(listed))
        return [one for position, one in enumerate(listed) if position not in lost]


def shown_names(portal: Portal, kind: str, asked: Sequence[str]) -> list[str]:
    """Return the properties an answer holds: those asked for that exist, and the system's."""
    definitions = portal.definitions[kind]
    wanted = asked or OBJECT_TYPES[kind].shown
    return [name for name in dict.fromkeys((*wanted, *SYSTEM)) if name in definitions]


def shown_record(snapshot: Snapshot, names: Iterable[str]) -> dict[str, Any]:
    """Return a live record as the API shows it."""
    values = snapshot.values
    properties: dict[str, str | None] = {name: values.get(name) for name in names}
    for name, value in properties.items():
        if value is None and (name.startswith("hs_") or name in _DATES):
            properties[name] = value_of(snapshot, name)
    return {
        "id": str(snapshot.id),
        "properties": properties,
        "createdAt": iso(snapshot.created),
        "updatedAt": iso(snapshot.modified),
        "archived": False,
    }


_DATES = frozenset({"createdate", "lastmodifieddate"})


def shown_whole(
    portal: Portal, record: Record, names: Sequence[str], with_history: Sequence[str] = ()
) -> dict[str, Any]:
    """Return a record, archived or not, with the history of some properties."""
    every = list(dict.fromkeys((*names, *with_history))) if with_history else names
    shown = shown_record(record.snapshot(), every)
    properties = shown["properties"]
    for name in _ORIGIN:
        if name in properties:
            properties[name] = _origin(record, name)
    if record.archived_at:
        shown["archived"] = True
        shown["archivedAt"] = iso(record.archived_at)
    if with_history:
        known = portal.definitions[record.kind]
        shown["propertiesWithHistory"] = {
            name: record.history(name, portal.switches.history_limit)
            for name in with_history
            if name in known
        }
    return shown


_ORIGIN = (
    "hs_object_source",
    "hs_object_source_id",
    "hs_object_source_label",
    "hs_created_by_user_id",
    "hs_updated_by_user_id",
)


def _origin(record: Record, name: str) -> str | None:
    if not record.revisions:
        return None
    revision = record.revisions[-1 if name == "hs_updated_by_user_id" else 0]
    source = revision.source
    match name:
        case "hs_object_source":
            return source.type
        case "hs_object_source_id":
            return source.id
        case "hs_object_source_label":
            return source.type
        case _:
            return None if source.user is None else str(source.user)


def next_page(request: Request, after: str) -> dict[str, Any]:
    """Return the paging part of an answer that is not the last page."""
    return {"next": {"after": after, "link": f"{request.path}?after={after}"}}
