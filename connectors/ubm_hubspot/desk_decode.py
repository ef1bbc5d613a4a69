"""Tickets as HubSpot sends them -> tickets of the help desk; pure but for the names it looks up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ubm_hubspot.decode import (
    CREATED,
    MERGED,
    MODIFIED,
    PIPELINE,
    STAGE,
    Decoder,
    modified_of,
    moment,
)
from ubm_hubspot.desk_names import DeskNames
from ubm_hubspot.desk_schema import SOURCE_TYPE, DeskSchema
from ubm_hubspot.facts import instant_of, user_of
from ubm_hubspot.searching import Record
from ubm_hubspot.steps import Step
from ubm_hubspot.values import instant
from ubm_sync.desk import Channel, Ticket
from ubm_sync.model import FieldType, Place
from ubm_sync.ports import Change

OWNER = "hubspot_owner_id"
SUBJECT, CONTENT = "subject", "content"
SIGNALS = ("owner", "stage", "priority", "ticket_type", "acknowledged_at")  # told with authors
# HubSpot: ``sourceType`` of a change. What neither knows is a person's where it names a user.
PEOPLE = ("crm_ui", "mobile")
MACHINES = (
    "api", "integration", "workflow", "automation", "conversations", "calculated", "bot",
    "migration", "internal_processing", "system", "sync", "form",
)  # fmt: skip


class DeskDecoder:
    """Turns tickets into those of the desk; ``sent`` and ``heard`` name message properties."""

    def __init__(
        self,
        desk: Place,
        names: DeskNames,
        schema: DeskSchema,
        *,
        identity: str,
        sent: Sequence[str],
        heard: Sequence[str],
    ) -> None:
        self._desk = desk
        self._names = names
        self._schema = schema
        self._identity = identity
        self._sent, self._heard = tuple(sent), tuple(heard)
        self._decoder = Decoder((desk,), names, identity=identity, default_kind=desk.kind)
        self._externals = {
            one.field: STAGE if one.type is FieldType.STAGE else one.external
            for one in desk.bindings
            if one.field in SIGNALS
        }
        more = (CREATED, MODIFIED, MERGED, PIPELINE, STAGE, OWNER, SUBJECT, CONTENT, SOURCE_TYPE)
        self.properties = tuple(
            dict.fromkeys([*self._decoder.properties, *more, *self._sent, *self._heard])
        )
        self.stamps = (CREATED, MODIFIED, PIPELINE, STAGE, *self._heard)  # enough to tell news
        self.histories = tuple(sorted(set(self._externals.values())))

    def ticket(self, record: Record) -> Ticket:
        """Return a ticket; raises ValueError, TypeError, KeyError where it cannot be read."""
        get = record["properties"].get
        values, _ = self._decoder.values_of(self._desk.name, record)
        owner_id = str(get(OWNER) or "")
        step = self._step(record)
        email = (self._names.owner_email(owner_id) or "") if owner_id else ""
        created = moment(get(CREATED) or record.get("createdAt"))
        changed = _instant(modified_of(record))
        return Ticket(
            ref=str(record["id"]),
            version=instant(self.stamp(record)),
            created=created or changed,
            changed=changed,
            subject=str(get(SUBJECT) or ""),
            content=str(get(CONTENT) or ""),
            pipeline=step.pipeline if step else "",
            stage=values.get("stage", ""),
            stage_name=step.stage if step else "",
            closed=step is not None and step.closed,
            owner=email,
            owner_active=bool(email) and owner_id not in self._names.left(),
            priority=self._schema.meant(values.get("priority", "")),
            channel=_channel(str(get(SOURCE_TYPE) or "")),
            key=str(get(self._identity) or "").strip(),
            values=values,
            written_at=_latest(record, self._sent),
            heard_at=_latest(record, self._heard),
        )

    def stamp(self, record: Record) -> int:
        """Return when something of a ticket last changed, in epoch ms.

        A message may be noted without moving the time of change.
        """
        heard = _latest(record, self._heard)
        return max(modified_of(record), _milliseconds(heard) if heard else 0)

    def is_closed(self, record: Record) -> bool:
        """Return whether a ticket lies in a stage that ends it."""
        step = self._step(record)
        return step is not None and step.closed

    def _step(self, record: Record) -> Step | None:
        pipeline, stage = (record["properties"].get(name) for name in (PIPELINE, STAGE))
        return self._names.step(str(pipeline or ""), str(stage)) if stage else None

    def merged(self, record: Record) -> tuple[str, ...]:
        """Return the ids of the tickets that live on in this one."""
        text = str(record["properties"].get(MERGED) or "")
        ids = (one.strip() for one in text.split(";"))
        return tuple(one for one in ids if one and one != str(record["id"]))

    def changes(self, record: Record) -> dict[str, Sequence[Change]]:
        """Return who gave the signals their values, newest first."""
        told = record.get("propertiesWithHistory") or {}
        found = {
            field: sorted(
                self._changes(field, told.get(external) or ()),
                key=lambda one: one.at,
                reverse=True,
            )
            for field, external in self._externals.items()
        }
        return {field: changes for field, changes in found.items() if changes}

    def _changes(self, field: str, told: Iterable[Mapping[str, Any]]) -> Iterator[Change]:
        for entry in told:
            at = instant_of(str(entry.get("timestamp") or ""))
            if at is None:
                continue
            raw = str(entry.get("value") or "")
            user = user_of(entry)
            source = str(entry.get("sourceType") or "").lower()
            value = self._decoder.canonical(self._desk.name, field, raw) if raw else None
            if field == "owner" and raw and not value:
                value = raw  # somebody of whom nothing is known is still somebody
            by = self._user(user) if user else _called(entry)
            yield Change(value, at, by, is_person(source, user))

    def _user(self, user: str) -> str:
        return self._names.user_email(user) or f"user {user}"


def is_person(source: str, user: str) -> bool:
    """Return whether a person gave a value, by the change's ``sourceType`` and user id.

    A program may act in a user's name (a token is somebody's), so that the source goes first.
    """
    source = source.lower()
    if source.startswith(PEOPLE):
        return True
    if any(source.startswith(one) or f"_{one}" in source for one in MACHINES):
        return False
    return bool(user)


def _called(entry: Mapping[str, Any]) -> str:
    source = str(entry.get("sourceLabel") or entry.get("sourceType") or "")
    return source.lower().replace("_", " ")


def _channel(source: str) -> Channel:
    try:
        return Channel(source.strip().lower())
    except ValueError:
        return Channel.OTHER


def _latest(record: Record, names: Iterable[str]) -> datetime | None:
    properties = record["properties"]
    told = (instant_of(str(properties.get(name) or "")) for name in names)
    return max((at for at in told if at is not None), default=None)


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _instant(stamp: int) -> datetime:
    return datetime.fromtimestamp(stamp / 1000, UTC)
