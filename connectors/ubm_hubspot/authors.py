"""Who gave a property its values: HubSpot's property history, 50 tickets a call.

``hs_updated_by_user_id`` names the last user who touched the whole ticket, which need not be the
one who set a property; the history names the user of every single value. It names nobody where a
workflow, an import or an integration (this service too) wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from ubm_hubspot.catalog import Catalog
from ubm_hubspot.client import Client
from ubm_hubspot.decode import STAGE, Decoder, moment
from ubm_hubspot.facts import user_of
from ubm_hubspot.parallel import in_flight
from ubm_hubspot.tickets import chunks
from ubm_sync.errors import NotThere
from ubm_sync.model import FieldType, Observation, Place
from ubm_sync.ports import Change, Changes

BATCH = 50  # HubSpot: inputs of a batch that asks for histories


class Authors:
    """Reads property histories of tickets."""

    def __init__(
        self,
        client: Client,
        catalog: Catalog,
        decoder: Decoder,
        places: Sequence[Place],
        concurrency: int,
    ) -> None:
        self._client = client
        self._catalog = catalog
        self._decoder = decoder
        self._concurrency = concurrency
        self._named = {
            place.name: {
                one.field: STAGE if one.type is FieldType.STAGE else one.external
                for one in place.bindings
                if one.readable and one.type is not FieldType.LINK
            }
            for place in places
        }

    def read(
        self, seen: Sequence[Observation], fields: Mapping[str, Sequence[str]]
    ) -> dict[str, Changes]:
        """Return, by ticket, the values of its ``fields``; see ``KnowsAuthors``."""
        asked = {one.ref: one for one in seen if fields.get(one.ref)}
        jobs = (
            partial(self._read, [asked[ref] for ref in refs], fields)
            for refs in chunks(list(asked), BATCH)
        )
        found: dict[str, Changes] = {}
        for part in in_flight(jobs, self._concurrency):
            found.update(part)
        return found

    def _read(
        self, seen: Sequence[Observation], fields: Mapping[str, Sequence[str]]
    ) -> dict[str, Changes]:
        names = {
            self._named[one.place][field]
            for one in seen
            for field in fields[one.ref]
            if field in self._named[one.place]
        }
        if not names:
            return {}
        body = {
            "inputs": [{"id": one.ref} for one in seen],
            "properties": [],
            "propertiesWithHistory": sorted(names),
        }
        operation = self._client.crm.tickets.batch_api.read
        try:
            answer = self._client.call("read property history", operation, body=body)
        except NotThere:
            return {}
        by_ref = {one.ref: one for one in seen}
        return {
            str(record["id"]): dict(self._changes(record, by_ref[str(record["id"])], fields))
            for record in answer["results"]
            if str(record["id"]) in by_ref
        }

    def _changes(
        self, record: Mapping[str, Any], seen: Observation, fields: Mapping[str, Sequence[str]]
    ) -> Iterator[tuple[str, list[Change]]]:
        histories = record.get("propertiesWithHistory") or {}
        for field in fields[seen.ref]:
            external = self._named[seen.place].get(field, "")
            changes = [
                change
                for entry in histories.get(external) or ()
                if (change := self._change(seen.place, field, entry)) is not None
            ]
            if changes:
                yield field, sorted(changes, key=lambda one: one.at, reverse=True)

    def _change(self, place: str, field: str, entry: Mapping[str, Any]) -> Change | None:
        at = moment(str(entry.get("timestamp") or ""))
        if at is None:
            return None
        value = self._decoder.canonical(place, field, str(entry.get("value") or ""))
        user = user_of(entry)
        if user:
            return Change(value, at, self._catalog.user_email(user) or f"user {user}", True)
        source = str(entry.get("sourceLabel") or entry.get("sourceType") or "")
        return Change(value, at, source.lower().replace("_", " "), False)
