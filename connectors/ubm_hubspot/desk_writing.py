"""What the help desk is told: fields, links and new tickets.

The portal may lack properties, options and a pipeline that the mapping names: what it cannot hold
is left out with a sentence, and everything else is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ubm_hubspot.activities import Activities
from ubm_hubspot.batches import sentence
from ubm_hubspot.catalog import Catalog
from ubm_hubspot.client import TICKETS, Client
from ubm_hubspot.decode import PIPELINE, STAGE
from ubm_hubspot.desk_names import FORBIDDEN
from ubm_hubspot.desk_schema import LEVELS, SOURCE_TYPE, DeskSchema
from ubm_hubspot.desk_tickets import DeskTickets
from ubm_hubspot.encode import Encoder, Parcel
from ubm_hubspot.links import COMPANY, PRIMARY_COMPANY, Kind, Links, Pair, Trouble
from ubm_hubspot.reading import PropertyFault
from ubm_hubspot.values import Unfit
from ubm_hubspot.writing import Writer
from ubm_sync.desk import RELATED, Channel, Filing, Opening
from ubm_sync.errors import NoAccess, Temporary
from ubm_sync.model import Binding, FieldType, Outcome, Place, Result, Write

COMPANIES = "companies"


@dataclass(frozen=True, slots=True)
class _Opened(Write):
    """A ticket to be made."""

    channel: Channel = Channel.OTHER


class DeskEncoder(Encoder):
    """Turns writes into parcels that this portal takes."""

    def __init__(self, desk: Place, catalog: Catalog, schema: DeskSchema, *, identity: str) -> None:
        super().__init__((desk,), catalog, identity=identity)
        self._catalog = catalog
        self._schema = schema

    def parcel(self, write: Write) -> Parcel:
        """Return ``write`` in HubSpot's words; what the portal lacks becomes faults."""
        if level := write.values.get("priority"):
            lowered = self._schema.priority(str(level))
            write = replace(write, values={**write.values, "priority": lowered})
        parcel = super().parcel(write)
        fields = self.fields_of[write.place]
        for name in [one for one in parcel.properties if not self._schema.has(one)]:
            del parcel.properties[name]
            fault = PropertyFault(name, "PROPERTY_DOESNT_EXIST", "")
            parcel.faults[fields.get(name, name)] = sentence(fault, "")
        if isinstance(write, _Opened):
            self._begin_at_desk(parcel, write)
        return parcel

    def _add(self, parcel: Parcel, place: str, binding: Binding, value: str | None) -> None:
        try:
            super()._add(parcel, place, binding, value)
        except NoAccess as error:
            if error.status != FORBIDDEN:
                raise
            raise Unfit(str(error)) from None

    def _begin_at_desk(self, parcel: Parcel, write: _Opened) -> None:
        source = write.channel.value.upper()
        if write.channel is not Channel.OTHER and self._schema.takes(SOURCE_TYPE, source):
            parcel.properties[SOURCE_TYPE] = source
        if STAGE not in parcel.properties:  # better in another pipeline than nowhere
            if not self._catalog.steps:
                self._catalog.pipelines()
            found = next((ids for ids, one in self._catalog.steps.items() if not one.closed), None)
            if found is not None:
                parcel.properties[PIPELINE], parcel.properties[STAGE] = found


class DeskLinks(Links):
    """Links companies to tickets that others fill in too: a primary one stays what it is."""

    def __init__(self, client: Client, beside: Activities) -> None:
        super().__init__(client)
        self._beside = beside

    def link(self, pairs: Sequence[Pair]) -> dict[Pair, Trouble]:
        """Associate each pair that is not yet; return those that are not now, and why.

        Raises NoAccess where nothing can be done.
        """
        try:
            there = self._there([ticket for ticket, _ in pairs])
            if why := self._beside.lacking.get(COMPANIES):  # one may be there, and primary
                return dict.fromkeys(pairs, Trouble(why, lasting=False))
            first: list[Pair] = []
            further: list[Pair] = []
            for pair in dict.fromkeys(pairs):
                ticket, company = pair
                known = there.setdefault(ticket, [])
                if company not in known:
                    (further if known else first).append(pair)
                    known.append(company)
            failed = self._all(first, PRIMARY_COMPANY)
            return failed | self._all(further, COMPANY)
        except Temporary as error:
            text = f"The company was not linked yet: {error}"
            return dict.fromkeys(pairs, Trouble(text, lasting=False))
        except NoAccess as error:
            if error.status != FORBIDDEN:
                raise
            return dict.fromkeys(pairs, Trouble(str(error), lasting=False))

    def relate(self, pairs: Sequence[Pair]) -> dict[Pair, Trouble]:
        """Associate each pair of tickets; see ``link``."""
        try:
            return super().relate(pairs)
        except NoAccess as error:
            if error.status != FORBIDDEN:
                raise
            return dict.fromkeys(pairs, Trouble(str(error), lasting=False))

    def _all(self, pairs: Sequence[Pair], kind: Kind) -> dict[Pair, Trouble]:
        failed = self._link(pairs, kind) if pairs else {}
        again = [pair for pair, trouble in failed.items() if not trouble.lasting]
        if not again:
            return failed
        lasting = {pair: trouble for pair, trouble in failed.items() if trouble.lasting}
        return lasting | self._link(again, kind)

    def _there(self, tickets: Sequence[str]) -> dict[str, list[str]]:
        return self._beside.linked(COMPANIES, TICKETS, COMPANIES, list(dict.fromkeys(tickets)))


class DeskWriter:
    """Files and opens tickets."""

    def __init__(
        self,
        writer: Writer,
        links: DeskLinks,
        tickets: DeskTickets,
        catalog: Catalog,
        schema: DeskSchema,
        desk: Place,
        *,
        identity: str,
    ) -> None:
        self._writer = writer
        self._links = links
        self._tickets = tickets
        self._catalog = catalog
        self._schema = schema
        self._desk = desk
        self._identity = identity
        companies = (one.field for one in desk.bindings if one.type is FieldType.LINK)
        self._company = next(companies, "")

    def file(self, filings: Sequence[Filing]) -> Iterator[Outcome]:
        """Yield one outcome per filing; see ``Desk.file``."""
        related = {one.key: one for one in filings if one.related}
        landed: list[Outcome] = []
        for outcome in self._filed(filings):
            if outcome.key in related and outcome.result is Result.LANDED:
                landed.append(outcome)
            else:
                yield outcome
        pairs = [(str(one.ref), other) for one in landed for other in related[one.key].related]
        failed = self._links.relate(pairs) if pairs else {}
        for outcome in landed:
            yield _with_links(outcome, related[outcome.key], failed)

    def _filed(self, filings: Sequence[Filing]) -> Iterator[Outcome]:
        """Write fields and companies."""
        writes = {
            one.key: self._write(one.key, one.ref, one.values, one.company) for one in filings
        }
        lower: list[Write] = []
        held: dict[str, Outcome] = {}
        for outcome in self._writer.apply(list(writes.values())):
            write = writes[outcome.key]
            self._doubt(write, outcome)
            if again := self._lowered(write, outcome):
                lower.append(again)
                held[outcome.key] = outcome
            else:
                yield outcome
        while lower:  # a priority that went since the portal was looked at
            waiting, lower = lower, []
            for outcome in self._writer.apply(waiting):
                again = self._lowered(writes[outcome.key], outcome)
                if again is not None:
                    lower.append(again)
                else:
                    yield _joined(held[outcome.key], outcome)

    def open(self, openings: Sequence[Opening]) -> Iterator[Outcome]:
        """Yield one outcome per opening; see ``Desk.open``."""
        if not openings:
            return
        if not self._schema.has(self._identity):
            reason = sentence(PropertyFault(self._identity, "PROPERTY_DOESNT_EXIST", ""), "")
            for one in openings:
                yield Outcome(self._desk.name, one.key, Result.REFUSED, reason=reason)
            return
        # An upsert would write over what people changed since the ticket was made.
        found = self._tickets.by_key([one.key for one in openings], self._identity)
        writes: list[Write] = []
        for one in openings:
            ref = found.get(one.key)
            if ref is not None:
                writes.append(self._write(one.key, ref, {}, one.company))
                continue
            values = self._write(one.key, None, one.values, one.company).values
            writes.append(_Opened(self._desk.name, one.key, None, "", values, channel=one.channel))
        yield from self._writer.apply(writes)

    def _write(
        self, key: str, ref: str | None, values: Mapping[str, str | None], company: str
    ) -> Write:
        given = dict(values)
        if company and self._company:
            given[self._company] = company
        return Write(self._desk.name, key, ref, "", given)

    def _lowered(self, write: Write, outcome: Outcome) -> Write | None:
        """Return the write of the next priority below one that HubSpot refused."""
        level = str(write.values.get("priority") or "")
        if "priority" not in outcome.at_fault or level not in LEVELS:
            return None
        sent = self._schema.priority(level)
        self._schema.drop_priority(sent)
        if self._schema.priority(level) in {sent, level} or not outcome.ref:
            return None
        return replace(write, ref=outcome.ref, values={"priority": level})

    def _doubt(self, write: Write, outcome: Outcome) -> None:
        """Look people up again whom the portal did not take: they may have left."""
        for name in outcome.at_fault:
            value = write.values.get(name)
            if name == "owner" and isinstance(value, str):
                self._catalog.doubt_owner(value)


def _with_links(outcome: Outcome, filing: Filing, failed: Mapping[Pair, Trouble]) -> Outcome:
    """Return how a filing ended whose links were sent apart."""
    troubles = [
        failed[pair] for other in filing.related if (pair := (str(outcome.ref), other)) in failed
    ]
    landed = frozenset(filing.values) if outcome.landed is None else outcome.landed
    if not troubles:
        return outcome if outcome.landed is None else outcome._replace(landed=landed | {RELATED})
    said = " ".join(filter(None, (outcome.reason, troubles[0].text)))
    if not all(one.lasting for one in troubles):
        return outcome._replace(landed=landed, reason=said)
    return outcome._replace(
        landed=landed,
        reason=said,
        at_fault=(*outcome.at_fault, RELATED),
        reasons={**outcome.reasons, RELATED: troubles[0].text},
    )


def _joined(first: Outcome, priority: Outcome) -> Outcome:
    """Return how a write ended whose priority was sent apart."""
    if priority.result is not Result.LANDED or priority.at_fault:
        return first
    faults = tuple(name for name in first.at_fault if name != "priority")
    reasons = {name: first.reasons[name] for name in faults}
    landed = frozenset(first.landed or ()) | {"priority"} if faults else None
    return first._replace(
        result=Result.LANDED,
        landed=landed,
        at_fault=faults,
        reasons=reasons,
        reason=" ".join(reasons.values()),
        version=priority.version,
        permanent=False,
    )
