"""Tickets that managers enter by hand: which are meant as requests, and of which customer.

A ticket in the requests' own pipeline that carries no identity yet is one, once it is associated
with the company of exactly one customer. Associating it later need not change the ticket, so those
without a company are looked at again by themselves. Where every customer has a sheet nothing is
taken for a request; the pipeline is read all the same, for a ticket of ours whose identity somebody
emptied: whoever knows it gives it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ubm_hubspot.catalog import Catalog
from ubm_hubspot.client import Client
from ubm_hubspot.decode import PIPELINE, STAGE
from ubm_hubspot.schema import SCOPE
from ubm_hubspot.tickets import certain, chunks
from ubm_sync.model import Customer, FieldType, Observation, Place, Problem

MOST_WAITING = 200  # tickets without a customer that are looked at again
_AGAIN = 60_000  # milliseconds between two such looks
_ASSOCIATIONS = 1_000  # HubSpot: inputs of one association batch/read


class Entered:
    """What is known of tickets that managers entered; ``waiting`` have no customer yet."""

    def __init__(
        self,
        client: Client,
        catalog: Catalog,
        places: Sequence[Place],
        customers: Sequence[Customer],
        kind: str,
    ) -> None:
        self._client = client
        self._catalog = catalog
        self._wanted = any(not one.has_sheet for one in customers)
        self.place = next((p for p in places if _takes_requests(p, kind)), None)
        bindings = self.place.bindings if self.place is not None else ()
        self._link = next((one.field for one in bindings if one.type is FieldType.LINK), "")
        self._companies = frozenset(one.company for one in customers if one.company)
        self.waiting: dict[str, None] = {}
        self._told: set[str] = set()
        self._looked_at = 0

    def pipeline(self) -> str:
        """Return the id of the pipeline; "" where there is none."""
        if self.place is None or not self.place.stages:
            return ""
        found = self._catalog.stage_ids(self.place.name, self.place.stages[0].key)
        return found[0] if found is not None else ""

    def is_request(self, properties: Mapping[str, Any]) -> bool:
        """Return whether a ticket without an identity is meant as a request, and still open."""
        pipeline = self.pipeline()
        if not pipeline or properties.get(PIPELINE) != pipeline or self.place is None:
            return False
        key = self._catalog.known_key(self.place.name, pipeline, properties.get(STAGE) or "")
        return not any(stage.closed for stage in self.place.stages if stage.key == key)

    def is_due(self, now: int) -> bool:
        """Return whether those that wait are to be looked at again; ``now`` in milliseconds."""
        if not self.waiting or 0 <= now - self._looked_at < _AGAIN:
            return False
        self._looked_at = now
        return True

    def sort(
        self, observations: Iterable[Observation]
    ) -> tuple[list[Observation], list[Problem], set[str]]:
        """Return what belongs to somebody, and what is wrong with tickets that belong to nobody.

        The last are the scopes of the tickets that were looked at. Nobody is asked for companies
        where no customer enters tickets. Raises NoAccess, Temporary.
        """
        if not self._wanted:
            return list(observations), [], set()
        kept: list[Observation] = []
        fresh: list[Observation] = []
        for one in observations:
            (fresh if one.key is None and not one.gone else kept).append(one)
        problems: list[Problem] = []
        checked: set[str] = set()
        if not fresh:
            return kept, problems, checked
        found = self._companies_of([one.ref for one in fresh])
        for one in fresh:
            scope = f"{SCOPE}/#{one.ref}"
            companies = [each for each in found.get(one.ref, ()) if each in self._companies]
            checked.add(scope)
            if len(companies) == 1:
                self.waiting.pop(one.ref, None)
                values = {**one.values, self._link: companies[0]}
                kept.append(replace(one, values=values))
                continue
            self._wait(one.ref)
            problems.append(Problem(scope, "ticket_of_nobody", self._text(one, len(companies))))
        return kept, problems, checked

    def left(self, refs: Iterable[str]) -> set[str]:
        """Forget tickets that are no requests any more; return their scopes."""
        gone = [ref for ref in refs if ref in self.waiting]
        for ref in gone:
            del self.waiting[ref]
        return {f"{SCOPE}/#{ref}" for ref in gone}

    def _wait(self, ref: str) -> None:
        self.waiting[ref] = None
        while len(self.waiting) > MOST_WAITING:
            del self.waiting[next(iter(self.waiting))]

    def _text(self, one: Observation, companies: int) -> str:
        pipeline = self.place.pipeline if self.place is not None else ""
        several = "with the companies of several customers"
        why = several if companies else "with no customer's company"
        return (
            f'Ticket {one.ref} in the pipeline "{pipeline}" is associated {why}, so nobody knows '
            "whose request it is; associate it with the company of its customer alone, or move it."
        )

    def _companies_of(self, refs: Sequence[str]) -> dict[str, list[str]]:
        read = self._client.crm.associations.v4.batch_api.get_page
        found: dict[str, list[str]] = {}
        for some in chunks(list(refs), _ASSOCIATIONS):
            body = {"inputs": [{"id": ref} for ref in some]}
            answer = self._client.call("find companies", read, "tickets", "companies", body=body)
            certain(answer, "companies")
            for each in answer.get("results") or []:
                ids = [str(to["toObjectId"]) for to in each.get("to") or []]
                found.setdefault(str(each["from"]["id"]), []).extend(dict.fromkeys(ids))
        return found


def _takes_requests(place: Place, kind: str) -> bool:
    links = any(one.type is FieldType.LINK for one in place.bindings)
    return bool(place.kind == kind and not place.suffix and place.stages and links)
