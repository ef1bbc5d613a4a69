"""What tickets are linked to: up to 2,000 links a request; repeating one changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ubm_hubspot.client import Client
from ubm_hubspot.tickets import chunks
from ubm_sync.errors import NoAccess, NotThere, Refused, Temporary

BATCH = 2_000  # HubSpot: inputs of one association batch/create
TO_COMPANY = 339  # HubSpot's type ids, direction ticket -> company
TO_PRIMARY_COMPANY = 26
TO_TICKET = 452  # in both directions

FINAL = frozenset({"VALIDATION_ERROR", "CONFLICT", "OBJECT_NOT_FOUND", "OBJECT_ALREADY_EXISTS"})

Pair = tuple[str, str]  # ticket, what it is linked to


class Kind(NamedTuple):
    """One kind of link of a ticket: to records of HubSpot's object ``target``."""

    target: str
    word: str
    types: tuple[int, ...]


COMPANY = Kind("companies", "company", (TO_COMPANY,))
PRIMARY_COMPANY = Kind("companies", "company", (TO_COMPANY, TO_PRIMARY_COMPANY))
TICKET = Kind("tickets", "ticket", (TO_TICKET,))


class Trouble(NamedTuple):
    """Why a ticket has a link not; ``lasting``: asking again cannot help."""

    text: str
    lasting: bool


class Links:
    """Associates tickets with companies and with other tickets."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def link(self, pairs: Sequence[Pair]) -> dict[Pair, Trouble]:
        """Associate each ticket with its company; return what is not associated now, and why.

        Raises NoAccess.
        """
        return self._in_batches(pairs, PRIMARY_COMPANY)

    def relate(self, pairs: Sequence[Pair]) -> dict[Pair, Trouble]:
        """Associate each ticket with another one; see ``link``."""
        return self._in_batches(pairs, TICKET)

    def exists(self, company: str) -> bool:
        """Return whether the portal has this company. Raises NoAccess, Temporary, Refused."""
        read = self._client.crm.companies.basic_api.get_by_id
        try:
            self._client.call("read company", read, company)
        except NotThere as error:
            if not error.detail:  # a page of something before HubSpot says nothing about a company
                raise
            return False
        return True

    def _in_batches(self, pairs: Sequence[Pair], kind: Kind) -> dict[Pair, Trouble]:
        failed: dict[Pair, Trouble] = {}
        for some in chunks(list(dict.fromkeys(pairs)), BATCH):
            failed.update(self._link(some, kind))
        return failed

    def _link(self, pairs: Sequence[Pair], kind: Kind) -> dict[Pair, Trouble]:
        create = self._client.crm.associations.v4.batch_api.create
        body = {"inputs": [_input(*pair, kind) for pair in pairs]}
        try:
            answer = self._client.call(
                f"link {kind.target}", create, "tickets", kind.target, body=body
            )
        except NoAccess:
            raise
        except Temporary as error:
            return dict.fromkeys(
                pairs, Trouble(f"The {kind.word} was not linked yet: {error}", lasting=False)
            )
        except Refused as error:
            if len(pairs) == 1:
                said = f"{kind.word.capitalize()} {pairs[0][1]} was not linked: {error}"
                return {pairs[0]: Trouble(said, lasting=True)}
            half = len(pairs) // 2  # one bad pair must not stop the others
            return self._link(pairs[:half], kind) | self._link(pairs[half:], kind)
        return _read(pairs, answer, kind)


def _read(pairs: Sequence[Pair], answer: Mapping[str, Any], kind: Kind) -> dict[Pair, Trouble]:
    errors = answer.get("errors") or []
    if not errors:
        return {}
    done = {(_id(each, "from"), _id(each, "to")) for each in answer.get("results") or []}
    said = str(errors[0].get("message") or "no reason given")[:300]
    lasting = all(str(each.get("category") or "") in FINAL for each in errors)
    failed = Trouble(f"The {kind.word} was not linked: {said}", lasting)
    return {pair: failed for pair in pairs if pair not in done}


def _input(ticket: str, other: str, kind: Kind) -> dict[str, Any]:
    types = [
        {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}
        for type_id in kind.types
    ]
    return {"from": {"id": ticket}, "to": {"id": other}, "types": types}


def _id(result: Mapping[str, Any], side: str) -> str:
    # HubSpot shows ids as text or as numbers, flat or inside an object.
    flat = result.get(f"{side}ObjectId")
    nested = result.get(side)
    return str(flat if flat is not None else (nested or {}).get("id", ""))
