"""Mail, meetings and tasks of tickets: which there are, which changed, what they hold.

Any of them may be out of reach (an object the portal does not have, a permission the token lacks):
then it is left out and named, once, and everything else is still told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ubm_hubspot.authors import BATCH as WITH_HISTORY
from ubm_hubspot.client import TICKETS, Client
from ubm_hubspot.decode import CREATED, MODIFIED, modified_of
from ubm_hubspot.facts import Record
from ubm_hubspot.links import TO_PRIMARY_COMPANY
from ubm_hubspot.searching import DEEPEST, PAGE
from ubm_hubspot.tickets import BATCH, certain, chunks, left_unlinked, left_unsaid
from ubm_sync.errors import NoAccess, Refused, Temporary
from ubm_sync.ports import Lane

ASSOCIATIONS = 1_000  # HubSpot: inputs of one association batch/read
_FORBIDDEN = 403
_NEVER_THERE = frozenset({400, 404})
_PRIMARY = frozenset({TO_PRIMARY_COMPANY, 1})  # 1: of a contact


class Activity(NamedTuple):
    """One kind of record beside tickets: what is read of it, and of what the history is."""

    kind: str  # HubSpot's name of the object
    properties: tuple[str, ...]
    histories: tuple[str, ...] = ()


class Activities:
    """Reads what is associated with tickets.

    A batch of which HubSpot left out a part is asked ``tries`` times.
    """

    def __init__(self, client: Client, kinds: Iterable[Activity], *, tries: int = 1) -> None:
        self._client = client
        self._tries = tries
        self.kinds = {one.kind: one for one in kinds}
        self.lacking: dict[str, str] = {}  # kind -> why it cannot be read
        self.forbidden: set[str] = set()  # of these, the ones that lack a permission only

    def forget(self) -> None:
        """Try again what could not be read."""
        self.lacking.clear()
        self.forbidden.clear()

    def of(self, tickets: Sequence[str]) -> dict[str, dict[str, list[str]]]:
        """Return the ids of the activities by kind and ticket, a primary one first."""
        return {kind: self.linked(kind, TICKETS, kind, tickets) for kind in self.kinds}

    def tickets_of(self, kind: str, ids: Sequence[str]) -> dict[str, list[str]]:
        """Return the tickets that activities of one kind are associated with."""
        return self.linked(kind, kind, TICKETS, ids)

    def read(self, kind: str, ids: Sequence[str]) -> dict[str, Record]:
        """Return activities by id with their histories; those that are not there are left out."""
        what = self.kinds[kind]
        found: dict[str, Record] = {}
        for some in chunks(list(ids), WITH_HISTORY if what.histories else BATCH):
            silent = self._read(what, some, found)
            if silent and kind not in self.lacking:
                self._read(what, silent, found)
        return found

    def _read(self, what: Activity, ids: Sequence[str], found: dict[str, Record]) -> list[str]:
        """Read one batch into ``found``; return those of which it says nothing."""
        body: dict[str, Any] = {
            "inputs": [{"id": each} for each in ids],
            "properties": [*what.properties, CREATED],
        }
        if what.histories:
            body["propertiesWithHistory"] = list(what.histories)
        answer = self._ask(what.kind, "batch_api", "read", body)
        found |= {str(one["id"]): one for one in answer.get("results") or []}
        return left_unsaid(answer, ids, anew=True)

    def touched(self, since: int) -> set[str] | None:
        """Return the tickets whose activities changed at ``since`` (epoch ms) or later.

        None: too many changed to be listed.
        """
        found: set[str] = set()
        for kind in self.kinds:
            ids = self._changed(kind, since)
            if ids is None:
                return None
            for tickets in self.tickets_of(kind, sorted(ids)).values():
                found.update(tickets)
        return found

    def _changed(self, kind: str, since: int) -> set[str] | None:
        found: set[str] = set()
        offset = 0
        while kind not in self.lacking:
            bound = {"propertyName": MODIFIED, "operator": "GTE", "value": str(since)}
            body: dict[str, Any] = {
                "filterGroups": [{"filters": [bound]}],
                "sorts": [{"propertyName": MODIFIED, "direction": "ASCENDING"}],
                "properties": [MODIFIED],
                "limit": PAGE,
            }
            if offset:
                body["after"] = str(offset)
            answer = self.search(kind, body)
            records = answer.get("results") or []
            found.update(str(one["id"]) for one in records)
            if not ((answer.get("paging") or {}).get("next") or {}).get("after") or not records:
                return found
            offset += len(records)
            if offset + PAGE > DEEPEST:
                latest = modified_of(records[-1])
                if latest <= since:
                    return None
                since, offset = latest, 0
        return found

    def search(self, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send one search; an empty answer where this kind cannot be read."""
        answer: dict[str, Any] = self._ask(kind, "search_api", "do_search", body, search=True)
        return answer

    def linked(
        self, kind: str, source: str, target: str, refs: Sequence[str]
    ) -> dict[str, list[str]]:
        """Return the ids of ``target`` records by ``source`` record; ``kind`` may be out of reach.

        The primary one comes first where there is one.
        """
        found: dict[str, list[str]] = {}
        read = self._client.crm.associations.v4.batch_api.get_page
        for some in chunks(list(refs), ASSOCIATIONS):
            waiting: list[dict[str, str]] = [{"id": ref} for ref in some]
            first = True
            while waiting:
                answer = self._call(kind, "find", read, source, target, body={"inputs": waiting})
                waiting = list(_noted(answer, found))
                if first and kind not in self.lacking:
                    waiting += [{"id": ref} for ref in left_unlinked(answer, some)]
                first = False
        return found

    def _ask(self, kind: str, api: str, verb: str, body: object, *, search: bool = False) -> Any:
        crm = self._client.crm
        records = getattr(crm, kind, None) or getattr(crm.objects, kind)
        operation = getattr(getattr(records, api), verb)
        return self._call(kind, verb.removeprefix("do_"), operation, body=body, search=search)

    def _call(self, kind: str, verb: str, operation: Any, *arguments: str, **more: Any) -> Any:
        """Send one call; an empty answer where this kind cannot be read, and why in ``lacking``."""
        left = self._tries
        while kind not in self.lacking:
            left -= 1
            try:
                answer = self._client.call(
                    f"{verb} {kind}", operation, *arguments, lane=Lane.AUDIT, **more
                )
                certain(answer, kind)
            except Refused as error:
                if not self._is_out_of_reach(error):
                    raise
                self.lacking[kind] = str(error)
                if isinstance(error, NoAccess):
                    self.forbidden.add(kind)
            except Temporary:
                if not left:
                    raise
            else:
                return answer
        return {}

    def _is_out_of_reach(self, error: Refused) -> bool:
        return error.status in ({_FORBIDDEN} if isinstance(error, NoAccess) else _NEVER_THERE)


def _is_primary(to: Mapping[str, Any]) -> bool:
    """Return whether one company is the primary one: HubSpot does not list it first."""
    return any(
        one.get("typeId") in _PRIMARY or str(one.get("label")).lower() == "primary"
        for one in to.get("associationTypes") or []
    )


def _noted(answer: Mapping[str, Any], found: dict[str, list[str]]) -> Iterator[dict[str, str]]:
    """Note the associations of an answer; yield the inputs that have more of them."""
    for each in answer.get("results") or []:
        ref = str(each["from"]["id"])
        there = sorted(each.get("to") or [], key=lambda to: not _is_primary(to))
        found.setdefault(ref, []).extend(str(to["toObjectId"]) for to in there)
        after = ((each.get("paging") or {}).get("next") or {}).get("after")
        if after:
            yield {"id": ref, "after": str(after)}
