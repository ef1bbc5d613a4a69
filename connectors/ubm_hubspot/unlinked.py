"""Tickets from before this service: in a place's pipeline, of one customer, without identity.

Found by search, because that is the only way to ask for a pipeline and a company at once, and read
again from the records, which lag behind nothing. Nothing is written and no reading position moves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ubm_hubspot.catalog import Catalog, fold
from ubm_hubspot.decode import MODIFIED, PIPELINE, Decoder
from ubm_hubspot.desk_searching import DeskQuery, Filter, Group
from ubm_hubspot.searching import by_id
from ubm_hubspot.tickets import BATCH, Tickets, chunks
from ubm_sync.errors import Temporary
from ubm_sync.model import Customer, Page, Place
from ubm_sync.ports import Lane


class Unlinked:
    """Reads the tickets of a customer that carry no identity yet."""

    def __init__(
        self,
        tickets: Tickets,
        decoder: Decoder,
        catalog: Catalog,
        places: Sequence[Place],
        *,
        identity: str,
        also: Sequence[str] = (),
    ) -> None:
        self._tickets = tickets
        self._decoder = decoder
        self._catalog = catalog
        self._places: Mapping[str, Place] = {place.name: place for place in places}
        self._identity = identity
        self._also = tuple(also)  # labels of other pipelines that hold such tickets

    def of(self, place: str, customer: Customer) -> Iterator[Page]:
        """Yield them, 100 a page; raises Temporary where the search leaves some out."""
        groups = self._groups(self._places[place], customer)
        if not groups:
            return
        query = DeskQuery(groups, [MODIFIED])
        refs: dict[str, None] = {}
        for found in by_id(lambda body: self._tickets.search(body, Lane.BACKFILL), query):
            if not found.whole:
                raise Temporary("HubSpot's search left tickets out; look again in a while.")
            refs.update(dict.fromkeys(str(record["id"]) for record in found.records))
        for some in chunks(list(refs), BATCH):
            for page in self.again(place, some):
                yield Page(tuple(one for one in page.observations if one.key is None))

    def again(self, place: str, refs: Sequence[str]) -> Iterator[Page]:
        """Yield tickets as they are now."""
        for records in self._tickets.read(refs, lane=Lane.BACKFILL):
            yield Page(tuple(self._decoder.unlinked(place, record) for record in records))

    def _groups(self, place: Place, customer: Customer) -> list[Group]:
        """Return what is searched for: by the associated company, and by the customer's key."""
        also = () if place.suffix else self._also  # they hold what becomes the main ticket
        wanted = {fold(label) for label in (place.pipeline, *also)}
        pipelines = [
            str(one["id"]) for one in self._catalog.pipelines() if fold(str(one["label"])) in wanted
        ]
        if not pipelines:
            return []
        known = self._catalog.properties().keys()
        there: list[Filter] = [{"propertyName": PIPELINE, "operator": "IN", "values": pipelines}]
        if self._identity in known:  # HubSpot refuses to be asked for a property it does not have
            there.append({"propertyName": self._identity, "operator": "NOT_HAS_PROPERTY"})
        groups: list[Group] = []
        if customer.company:
            company = {
                "propertyName": "associations.company",
                "operator": "EQ",
                "value": customer.company,
            }
            groups.append([company, *there])
        key = next((one.external for one in place.bindings if one.field == "customer_key"), "")
        if key in known:
            named = {"propertyName": key, "operator": "EQ", "value": customer.key}
            groups.append([named, *there])
        return groups
