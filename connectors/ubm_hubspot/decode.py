"""Tickets as HubSpot sends them -> observations; pure but for the names it looks up.

The place of a ticket is told by the identity it carries, never by its pipeline: people move
tickets. ``Names`` turns the portal's ids (owners, stages) into words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from ubm_hubspot.values import READERS, Read, Reader, choice_reader, instant, milliseconds
from ubm_sync.desk import KIND as DESK_KIND
from ubm_sync.model import NOTHING, Binding, FieldType, Mark, Observation, Place, split_key

CONTAINER = "tickets"
PIPELINE = "hs_pipeline"
STAGE = "hs_pipeline_stage"
MODIFIED = "hs_lastmodifieddate"
CREATED = "createdate"
MERGED = "hs_merged_object_ids"
KEYLESS = "!"  # ends the version of a ticket that carries no identity yet


class Names(Protocol):
    """What decoding must know of the portal; may read it when asked something new."""

    def owner_email(self, owner_id: str) -> str | None:
        """Return the e-mail of an owner, leavers included."""
        ...

    def stage_key(self, place: str, pipeline: str, stage: str) -> str | None:
        """Return the mapping's key of a stage, None where it is not one of the place's."""
        ...

    def our_option(self, name: str, value: str) -> str:
        """Return our value of an option that is none of ours by its own value."""
        ...

    def stage_of(self, place: str, stage: str) -> str | None:
        """Return the mapping's key of a stage by its id alone."""
        ...


class Requests(Protocol):
    """Which tickets without an identity are requests that somebody entered by hand."""

    @property
    def place(self) -> Place | None:
        """The place such requests belong to, None where there are none."""
        ...

    def is_request(self, properties: Mapping[str, Any]) -> bool:
        """Return whether a ticket with these properties is one."""
        ...


class _Form:
    """How the tickets of one place are read: compiled once, used per ticket."""

    def __init__(self, place: Place, identity: str, names: Names) -> None:
        self.place = place
        self.plain: list[tuple[str, str]] = []
        self.special: list[tuple[str, str, Reader]] = []
        self.stage = ""
        for binding in place.bindings:
            if not binding.readable or binding.external == identity:
                continue
            if binding.type is FieldType.STAGE:
                self.stage = binding.field
            elif binding.type is FieldType.LINK:
                continue
            elif binding.type is FieldType.PERSON:
                self.special.append((binding.external, binding.field, _person(names, binding)))
            elif binding.type is FieldType.CHOICE:
                self.special.append((binding.external, binding.field, _choice(binding, names)))
            elif binding.translation is not None:
                self.special.append((binding.external, binding.field, _translated(binding)))
            elif binding.shape:
                self.special.append((binding.external, binding.field, _shaped(binding.shape)))
            elif binding.type in READERS:
                self.special.append((binding.external, binding.field, READERS[binding.type]))
            else:
                self.plain.append((binding.external, binding.field))


class Decoder:
    """Turns tickets into observations of the connection's places."""

    def __init__(
        self,
        places: Sequence[Place],
        names: Names,
        *,
        identity: str,
        default_kind: str,
        entered: Requests | None = None,
    ) -> None:
        self._entered = entered
        self._names = names
        self._identity = identity
        self._default_kind = default_kind
        self._by_suffix: dict[str, list[_Form]] = {}
        for place in places:
            form = _Form(place, identity, names)
            self._by_suffix.setdefault(place.suffix, []).append(form)
        wanted = {CREATED, MODIFIED, PIPELINE, STAGE, MERGED, identity}
        for forms in self._by_suffix.values():
            for form in forms:
                wanted.update(external for external, _ in form.plain)
                wanted.update(external for external, _, _ in form.special)
        self.properties = tuple(sorted(wanted))

    def observe(self, record: Mapping[str, Any]) -> Iterator[Observation]:
        """Yield the ticket, and the tickets that were merged into it; nothing if it is not ours."""
        properties = record["properties"]
        key = (properties.get(self._identity) or "").strip()
        form = self._form(key)
        if form is None and not key and not record.get("archived"):
            form = self._entry(properties)
        if form is None:
            return
        ref = str(record["id"])
        yield self._live(record, properties, key, form)
        if not record.get("archived") and (merged := properties.get(MERGED)):
            for other in str(merged).split(";"):
                if (other := other.strip()) and other != ref:
                    yield self.merged(form.place.name, other, ref)

    def unlinked(self, place: str, record: Mapping[str, Any]) -> Observation:
        """Return a ticket that nobody but the caller says lives in ``place``."""
        properties = record["properties"]
        key = (properties.get(self._identity) or "").strip()
        return self._live(record, properties, key or None, self._form_of(place))

    def is_ours(self, record: Mapping[str, Any]) -> bool:
        """Return whether a ticket carries an identity of one of the places."""
        key = (record.get("properties") or {}).get(self._identity) or ""
        return self._form(key.strip()) is not None

    def merged(self, place: str, ref: str, primary: str) -> Observation:
        """Return that ticket ``ref`` lives on as ``primary``."""
        return Observation(place, ref, None, CONTAINER, "", NOTHING, gone=f"merged:{primary}")

    def values_of(
        self, place: str, record: Mapping[str, Any]
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Return a ticket's fields and their marks as ``place`` reads them, whoever made it."""
        return self._values(record["properties"], self._form_of(place))

    def canonical(self, place: str, field: str, raw: str) -> str | None:
        """Return one property's text as its field has it, None where it is empty."""
        form = self._form_of(place)
        if field == form.stage:
            return self._names.stage_of(place, raw) or raw or None
        for _, name, read in form.special:
            if name == field:
                return (read(raw).value or None) if raw else None
        return raw.strip() or None

    def _live(
        self, record: Mapping[str, Any], properties: Mapping[str, Any], key: str | None, form: _Form
    ) -> Observation:
        get = properties.get
        values, marks = self._values(properties, form)
        stamp = modified_of(record)
        return Observation(
            place=form.place.name,
            ref=str(record["id"]),
            key=key or None,
            container=CONTAINER,
            version=instant(stamp) if key else f"{instant(stamp)}{KEYLESS}",
            values=values,
            marks=marks or NOTHING,
            created_at=moment(get(CREATED) or record.get("createdAt")),
            modified_at=datetime.fromtimestamp(stamp / 1000, UTC),
            gone="archived" if record.get("archived") else "",
        )

    def _values(
        self, properties: Mapping[str, Any], form: _Form
    ) -> tuple[dict[str, str], dict[str, str]]:
        get = properties.get
        values = {
            field: text
            for external, field in form.plain
            if (raw := get(external)) and (text := raw.strip())
        }
        marks: dict[str, str] = {}
        for external, field, read in form.special:
            if raw := get(external):
                value, mark = read(raw)
                if value:
                    values[field] = value
                if mark:
                    marks[field] = mark
        if form.stage:
            self._read_stage(form, get(PIPELINE) or "", get(STAGE) or "", values, marks)
        return values, marks

    def _read_stage(
        self, form: _Form, pipeline: str, stage: str, values: dict[str, str], marks: dict[str, str]
    ) -> None:
        if not stage:
            return
        key = self._names.stage_key(form.place.name, pipeline, stage)
        if key is None:
            marks[form.stage] = Mark.FOREIGN
        else:
            values[form.stage] = key

    def _entry(self, properties: Mapping[str, Any]) -> _Form | None:
        entered = self._entered
        if entered is None or entered.place is None or not entered.is_request(properties):
            return None
        return self._form_of(entered.place.name)

    def _form_of(self, place: str) -> _Form:
        return next(
            form for forms in self._by_suffix.values() for form in forms if form.place.name == place
        )

    def _form(self, key: str) -> _Form | None:
        if not key or key.startswith(f"{DESK_KIND}-"):  # opened at the help desk: no record
            return None
        sync_id, suffix = split_key(key)
        forms = self._by_suffix.get(suffix)
        if not forms or len(forms) == 1:
            return forms[0] if forms else None
        for form in forms:
            if sync_id.startswith(f"{form.place.kind}-"):
                return form
        return next((form for form in forms if form.place.kind == self._default_kind), forms[0])


def modified_of(record: Mapping[str, Any]) -> int:
    """Return when a ticket was last changed, by HubSpot's clock, in epoch ms (0: not told)."""
    properties = record.get("properties") or {}
    text = properties.get(MODIFIED) or record.get("updatedAt")
    try:
        return milliseconds(text) if text else 0
    except ValueError:
        return 0


def moment(text: str | None) -> datetime | None:
    """Return an instant as HubSpot writes it; None for none."""
    if not text:
        return None
    if text.isdecimal():
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    return datetime.fromisoformat(text)


def _choice(binding: Binding, names: Names) -> Reader:
    read, name = choice_reader(binding), binding.external
    known = {binding.encode.get(choice, choice) for choice in binding.choices} | {*binding.decode}
    if not known:
        return read

    def ours(text: str) -> str:
        return text if not text or text in known else names.our_option(name, text)

    def read_any(text: str) -> Read:
        if text in known:
            return read(text)
        return read(";".join(ours(part.strip()) for part in text.split(";")))

    return read_any


def _person(names: Names, binding: Binding) -> Reader:
    def read(owner_id: str) -> Read:
        email = names.owner_email(owner_id)
        if email and binding.translation is not None:
            return Read(*binding.translation.read(email))
        return Read(email) if email else Read("", Mark.FOREIGN)

    return read


def _translated(binding: Binding) -> Reader:
    """Read the text as its type, take its shape off, then translate what is left."""
    plain = READERS.get(binding.type)
    unshaped = _shaped(binding.shape) if binding.shape else None
    translation = binding.translation

    def read(text: str) -> Read:
        inside = unshaped(text).value if unshaped else text
        value, mark = plain(inside) if plain else Read(inside.strip())
        if mark or translation is None:
            return Read(value, mark)
        return Read(*translation.read(value))

    return read


def _shaped(shape: str) -> Reader:
    before, _, after = shape.partition("{}")

    def read(text: str) -> Read:
        return Read(text.strip().removeprefix(before).removesuffix(after))

    return read
