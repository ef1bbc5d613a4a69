"""Tickets to companies: associations v4, up to 2,000 a request; repeating one changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ubm_hubspot.client import Client
from ubm_hubspot.tickets import chunks
from ubm_sync.errors import NoAccess, Refused, Temporary

BATCH = 2_000  # HubSpot: inputs of one association batch/create
TO_COMPANY = 339  # HubSpot's type ids, direction ticket -> company
TO_PRIMARY_COMPANY = 26

Pair = tuple[str, str]  # ticket, company


class Links:
    """Associates tickets with companies."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def link(self, pairs: Sequence[Pair]) -> dict[Pair, str]:
        """Return for each pair "" where it is associated now, else why not, as a sentence.

        Raises NoAccess.
        """
        ended: dict[Pair, str] = {}
        for some in chunks(list(dict.fromkeys(pairs)), BATCH):
            ended.update(self._link(some))
        return ended

    def _link(self, pairs: Sequence[Pair]) -> dict[Pair, str]:
        create = self._client.crm.associations.v4.batch_api.create
        body = {"inputs": [_input(*pair) for pair in pairs]}
        try:
            answer = self._client.call("link companies", create, "tickets", "companies", body=body)
        except NoAccess:
            raise
        except Temporary as error:
            return dict.fromkeys(pairs, f"The company was not linked yet: {error}")
        except Refused as error:
            if len(pairs) == 1:
                said = f"Company {pairs[0][1]} was not linked: {error}"
                return {pairs[0]: said}
            half = len(pairs) // 2  # one bad pair must not stop the others
            return self._link(pairs[:half]) | self._link(pairs[half:])
        return self._read(pairs, answer)

    def _read(self, pairs: Sequence[Pair], answer: Mapping[str, Any]) -> dict[Pair, str]:
        errors = answer.get("errors") or []
        if not errors:
            return dict.fromkeys(pairs, "")
        done = {(_id(each, "from"), _id(each, "to")) for each in answer.get("results") or []}
        said = str(errors[0].get("message") or "no reason given")[:300]
        failed = f"The company was not linked: {said}"
        return {pair: "" if pair in done else failed for pair in pairs}


def _input(ticket: str, company: str) -> dict[str, Any]:
    types = [
        {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}
        for type_id in (TO_COMPANY, TO_PRIMARY_COMPANY)
    ]
    return {"from": {"id": ticket}, "to": {"id": company}, "types": types}


def _id(result: Mapping[str, Any], side: str) -> str:
    # HubSpot shows ids as text or as numbers, flat or inside an object.
    flat = result.get(f"{side}ObjectId")
    nested = result.get(side)
    return str(flat if flat is not None else (nested or {}).get("id", ""))
