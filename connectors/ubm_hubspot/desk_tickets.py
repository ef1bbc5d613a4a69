"""Tickets of the help desk by their ids: all that was asked for, or an error; none left unsaid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ubm_hubspot.client import Client
from ubm_hubspot.searching import Record
from ubm_hubspot.tickets import BATCH, HISTORIES, chunks, left_unsaid
from ubm_sync.errors import NoAccess, NotThere, Refused, Temporary

_BAD_REQUEST = 400
_ROUNDS = 3


class DeskTickets:
    """Reads tickets; ``properties`` are asked for in each answer."""

    def __init__(self, client: Client, properties: Sequence[str]) -> None:
        self._client = client
        self._properties = list(properties)

    def search(self, body: dict[str, Any]) -> dict[str, Any]:
        """Send one search."""
        operation = self._client.crm.tickets.search_api.do_search
        answer: dict[str, Any] = self._client.call("search desk", operation, body=body, search=True)
        return answer

    def read(
        self, refs: Iterable[str], histories: Sequence[str] = ()
    ) -> tuple[dict[str, Record], list[str]]:
        """Return the tickets that are there by id, and the ids of which HubSpot did not say.

        Archived tickets and ids that were merged away are not there. ``histories`` names
        properties whose values since the beginning are wanted too.
        """
        waiting = list(dict.fromkeys(refs))
        found: dict[str, Record] = {}
        for turn in range(_ROUNDS):
            unsaid: list[str] = []
            for some in chunks(waiting, HISTORIES if histories else BATCH):
                unsaid += self._read(some, histories, found, anew=turn == 0)
            if not unsaid:
                return found, []
            waiting = unsaid
        return found, waiting

    def by_key(self, keys: Sequence[str], identity: str) -> dict[str, str]:
        """Return the ids of the tickets that carry these identities already, by identity.

        Raises Temporary where HubSpot does not say of each whether it is there.
        """
        waiting = list(dict.fromkeys(keys))
        found: dict[str, Record] = {}
        for turn in range(_ROUNDS):
            unsaid: list[str] = []
            for some in chunks(waiting, BATCH):
                unsaid += self._read(some, (), found, by=identity, anew=turn == 0)
            if not unsaid:
                return {key: str(record["id"]) for key, record in found.items()}
            waiting = unsaid
        raise Temporary("HubSpot did not say whether a ticket is there already.")

    def one(self, ref: str) -> Record | None:
        """Return one ticket; asked by an id that was merged away HubSpot shows the other one."""
        operation = self._client.crm.tickets.basic_api.get_by_id
        try:
            record: Record = self._client.call("read desk ticket", operation, ref)
        except NoAccess:
            raise
        except Refused:  # an id that means nothing is not there either
            return None
        return None if record.get("archived") else record

    def _read(
        self,
        refs: Sequence[str],
        histories: Sequence[str],
        found: dict[str, Record],
        by: str = "",
        *,
        anew: bool,
    ) -> list[str]:
        """Read one batch into ``found``; return what was left unsaid.

        ``by`` names the unique property that ``refs`` are values of; "": they are ids. ``anew`` as
        in ``left_unsaid``.
        """
        body: dict[str, Any] = {
            "inputs": [{"id": ref} for ref in refs],
            "properties": [by] if by else self._properties,
        }
        if by:
            body["idProperty"] = by
        if histories:
            body["propertiesWithHistory"] = list(histories)
        try:
            answer = self._ask(body)
        except Refused as error:
            # One id that HubSpot cannot even read must not hide the other ones.
            if error.status != _BAD_REQUEST or len(refs) == 1:
                if error.status == _BAD_REQUEST:
                    return []
                raise
            half = len(refs) // 2
            return [
                *self._read(refs[:half], histories, found, by, anew=anew),
                *self._read(refs[half:], histories, found, by, anew=anew),
            ]
        for one in answer.get("results") or []:
            found[str((one["properties"] if by else one).get(by or "id") or "")] = one
        return left_unsaid(answer, refs, by, anew=anew)

    def _ask(self, body: dict[str, Any]) -> dict[str, Any]:
        operation = self._client.crm.tickets.batch_api.read
        try:
            answer: dict[str, Any] = self._client.call("read desk", operation, body=body)
        except NotThere:
            return {}
        return answer
