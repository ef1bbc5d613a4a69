"""The ticket calls of the official client, in the shapes this connector needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from ubm_hubspot.client import Client
from ubm_hubspot.parallel import in_flight
from ubm_hubspot.searching import Record
from ubm_sync.errors import NotThere, Refused, Temporary
from ubm_sync.ports import Lane

BATCH = 100  # HubSpot: inputs of one batch
HISTORIES = 50  # HubSpot: the same with property histories
_URL_ROOM = 3_500  # characters of property names in a GET; about 5,100 in all are known to work

_BAD_REQUEST = 400
_ABSENT = "OBJECT_NOT_FOUND"
_ROUNDS = 3  # times to ask for what a batch leaves unsaid

T = TypeVar("T")


class Tickets:
    """Reads tickets; ``properties`` are asked for in each answer."""

    def __init__(self, client: Client, properties: Sequence[str], concurrency: int) -> None:
        self._client = client
        self._properties = list(properties)
        self._concurrency = concurrency

    def look_holds_until(self) -> datetime:
        """Return until when a write may go out that relies on what was read just now."""
        return self._client.transport.look_holds_until()

    def search(self, body: dict[str, Any], lane: Lane = Lane.PERSON) -> dict[str, Any]:
        """Send one search."""
        search = self._client.crm.tickets.search_api.do_search
        answer: dict[str, Any] = self._client.call(
            "search tickets", search, body=body, lane=lane, search=True
        )
        return answer

    def read(
        self,
        refs: Sequence[str],
        *,
        archived: bool = False,
        lane: Lane = Lane.PERSON,
        properties: Sequence[str] | None = None,
        by: str = "",
        unsaid: set[str] | None = None,
    ) -> Iterator[list[Record]]:
        """Yield the tickets of ``refs`` that are there, up to 100 at a time.

        ``by`` names the unique property that ``refs`` are values of; "": they are ids. Those of
        which HubSpot does not say whether they are there are added to ``unsaid``, so that one of
        them holds up no other; without it Temporary is raised.
        """
        named = self._properties if properties is None else list(properties)
        jobs = (
            partial(self._read, some, archived, lane, named, by, unsaid)
            for some in chunks(refs, BATCH)
        )
        return in_flight(jobs, self._concurrency)

    def _read(
        self,
        refs: Sequence[str],
        archived: bool,
        lane: Lane,
        properties: list[str],
        by: str,
        unsaid: set[str] | None,
        rounds: int = _ROUNDS,
    ) -> list[Record]:
        body: dict[str, Any] = {
            "inputs": [{"id": ref} for ref in refs],
            "properties": properties,
        }
        if by:
            body["idProperty"] = by
        operation = self._client.crm.tickets.batch_api.read
        query: dict[str, Any] = {"archived": True} if archived else {}
        try:
            answer = self._client.call("read tickets", operation, body=body, lane=lane, **query)
        except NotThere:
            return []
        except Refused as error:
            # One id that HubSpot cannot even read must not hide the other 99.
            if error.status != _BAD_REQUEST:
                raise
            if len(refs) == 1:
                return []
            half = len(refs) // 2
            return [
                *self._read(refs[:half], archived, lane, properties, by, unsaid),
                *self._read(refs[half:], archived, lane, properties, by, unsaid),
            ]
        found: list[Record] = answer["results"]
        waiting = left_unsaid(answer, refs, by, anew=rounds == _ROUNDS)
        if not waiting or _gives_up(answer, waiting, rounds, unsaid):
            return found
        rest = self._read(waiting, archived, lane, properties, by, unsaid, rounds - 1)
        return [*found, *rest]

    def histories(
        self, refs: Sequence[str], names: Sequence[str], also: Sequence[str], unsaid: set[str]
    ) -> Iterator[list[Record]]:
        """Yield tickets with the histories of properties, and the values of some others.

        50 at a time; those that are not there are left out. ``unsaid`` as in ``read``.
        """
        jobs = (
            partial(self._histories, some, list(names), list(also), unsaid)
            for some in chunks(refs, HISTORIES)
        )
        return in_flight(jobs, self._concurrency)

    def _histories(
        self,
        refs: Sequence[str],
        names: list[str],
        also: list[str],
        unsaid: set[str],
        rounds: int = _ROUNDS,
    ) -> list[Record]:
        body = {
            "inputs": [{"id": ref} for ref in refs],
            "properties": also,
            "propertiesWithHistory": names,
        }
        operation = self._client.crm.tickets.batch_api.read
        try:
            answer = self._client.call("read histories", operation, body=body, lane=Lane.AUDIT)
        except NotThere:
            return []
        except Refused as error:
            if error.status != _BAD_REQUEST:
                raise  # what may not be read now can be told later
            return []  # a property went: nothing can be told
        found: list[Record] = answer["results"]
        waiting = left_unsaid(answer, refs, anew=rounds == _ROUNDS)
        if not waiting or _gives_up(answer, waiting, rounds, unsaid):
            return found
        return [*found, *self._histories(waiting, names, also, unsaid, rounds - 1)]

    def one(self, ref: str) -> Record | None:
        """Return one ticket; asked by an id that was merged away HubSpot shows the other one."""
        operation = self._client.crm.tickets.basic_api.get_by_id
        try:
            record: Record = self._client.call("read ticket", operation, ref, **self._named())
        except NotThere:
            return None
        return record

    def archived(self, lane: Lane) -> Iterator[list[Record]]:
        """Yield all archived tickets of the portal, 100 at a time."""
        operation = self._client.crm.tickets.basic_api.get_page
        query: dict[str, Any] = {"limit": BATCH, "archived": True, **self._named()}
        while True:
            answer = self._client.call("list archived tickets", operation, lane=lane, **query)
            yield answer["results"]
            after = ((answer.get("paging") or {}).get("next") or {}).get("after")
            if not after:
                return
            query["after"] = after

    def _named(self) -> dict[str, Any]:
        room = sum(len(name) + len("&properties=") for name in self._properties)
        names = self._properties
        if room > _URL_ROOM:  # a ticket that left needs no more than its identity
            names = [name for name in names if name.startswith("hs_") or name.endswith("_id")]
        return {"properties": names}


def left_unsaid(
    answer: Mapping[str, Any], refs: Sequence[str], by: str = "", *, anew: bool = False
) -> list[str]:
    """Return which of ``refs`` a batch's answer neither shows nor calls absent.

    HubSpot: a batch of which a part failed for any other reason is answered 207 as well, without
    that part. ``by`` as in ``Tickets.read``. Where all that it says is that some are absent, those
    it does not name count as absent too, but not when they are asked for for the first time
    (``anew``): an answer that was cut short looks the same.
    """
    errors = answer.get("errors") or []
    absent = [one for one in errors if one.get("category") == _ABSENT]
    named = [(one.get("context") or {}).get("ids") or [] for one in absent]
    shown = {
        str((one["properties"] if by else one).get(by or "id") or "")
        for one in answer.get("results") or []
    }
    said = shown.union(*(map(str, ids) for ids in named))
    unsaid = [ref for ref in refs if ref not in said]
    if len(absent) < len(errors):
        return unsaid
    # One that was merged away may be shown under the id it lives on as.
    hidden = len(unsaid) - len(shown.difference(refs))
    return unsaid if anew and all(named) and hidden > 0 else []


def left_unlinked(answer: Mapping[str, Any], refs: Sequence[str]) -> list[str]:
    """Return the records of which an answer about associations says nothing at all.

    HubSpot names those that have none. One that was cut short is worth asking for once more.
    """
    said = {str(one["from"]["id"]) for one in answer.get("results") or []}
    for error in answer.get("errors") or []:
        named = (error.get("context") or {}).get("fromObjectId")
        if not named:
            return []
        said.update([named] if isinstance(named, str) else map(str, named))
    return [ref for ref in refs if ref not in said]


def _gives_up(
    answer: Mapping[str, Any], waiting: Sequence[str], rounds: int, unsaid: set[str] | None
) -> bool:
    """Return whether ``waiting`` was asked for often enough; raises Temporary if none is noted."""
    if rounds > 1:
        return False
    if unsaid is None:
        certain(answer, "tickets")
    else:
        unsaid.update(waiting)
    return True


def certain(answer: Mapping[str, Any], what: str) -> None:
    """Raise Temporary where a batch's answer leaves something out that is not just absent."""
    for error in answer.get("errors") or []:
        if error.get("category") != _ABSENT:
            said = str(error.get("message") or "no reason given")[:300]
            raise Temporary(f"HubSpot did not say which {what} are there: {said}")


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield ``items`` in runs of at most ``size``."""
    return (items[start : start + size] for start in range(0, len(items), size))
