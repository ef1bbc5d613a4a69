"""The connector: wires reading, writing, notes and set-up to one client."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

import orjson

from ubm_hubspot import schema
from ubm_hubspot.authors import Authors
from ubm_hubspot.batches import Batches
from ubm_hubspot.catalog import Catalog
from ubm_hubspot.client import Client
from ubm_hubspot.decode import Decoder
from ubm_hubspot.desk import DeskCalls, HubSpotDesk
from ubm_hubspot.desk_schema import PART
from ubm_hubspot.encode import Encoder
from ubm_hubspot.entering import Entered
from ubm_hubspot.histories import Histories
from ubm_hubspot.links import Links
from ubm_hubspot.looking import Look
from ubm_hubspot.notes import Notes
from ubm_hubspot.observing import Observer, Reconciled
from ubm_hubspot.settings import read_settings, rules_of
from ubm_hubspot.setup import Setup
from ubm_hubspot.tickets import Tickets
from ubm_hubspot.unlinked import Unlinked
from ubm_hubspot.window import Window
from ubm_hubspot.witness import HubSpotWitness
from ubm_hubspot.writing import Writer
from ubm_sync.errors import ConfigError, Flaw, NoAccess, Refused, Temporary
from ubm_sync.model import (
    Customer,
    FieldType,
    Note,
    Observation,
    Outcome,
    Page,
    Past,
    Place,
    Problem,
    Spot,
    Write,
)
from ubm_sync.ports import Asked, Changes, Connection, Hearing, SetupStep

IDENTITY = "ubm_sync_id"
_FORMAT = 1  # of the cursor
_SOON = 60_000  # milliseconds until a schema with problems is looked at again


class HubSpotConnector(DeskCalls):
    """Tickets as places of records; see ``ubm_sync.ports.Connector`` and ``ubm_sync.desk.Desk``.

    The cursor holds how far the changes were read, the newest pairs of ticket and time of change,
    when archived tickets and the schema were last looked at, and the portal's names in use.
    """

    name = "hubspot"

    def __init__(self, connection: Connection) -> None:
        self.settings = settings = read_settings(connection.settings)
        self._places = connection.places
        self._customers, self._stand_ins = connection.customers, connection.stand_ins
        self._clock = connection.clock
        self.client = Client(connection, settings)
        self._catalog = Catalog(
            self.client, connection.clock, connection.places, settings.refresh_every
        )
        all_places = (*connection.places, *([connection.desk] if connection.desk else []))
        self._all_places = all_places
        self._identity = identity = _identity(all_places)
        self.desk = None
        if connection.desk is not None:
            self.desk = HubSpotDesk(self.client, connection, connection.desk, settings, identity)
        self._wanted = schema.wanted(connection.places, identity)
        self._catalog.read_options = self._adopt
        self._window = Window(rules_of(settings, settings.settle_every))
        self._entered = Entered(
            self.client,
            self._catalog,
            connection.places,
            connection.customers,
            settings.default_kind,
        )
        decoder = Decoder(
            connection.places,
            self._catalog,
            identity=identity,
            default_kind=settings.default_kind,
            entered=self._entered,
        )
        tickets = Tickets(self.client, decoder.properties, settings.concurrency)
        self._furnish_reading(connection, tickets, decoder)
        self._furnish_writing(connection, tickets, decoder)
        self._people = {
            (place.name, one.field)
            for place in connection.places
            for one in place.bindings
            if one.type is FieldType.PERSON
        }
        self._mapping = hashlib.sha256(repr(connection.places).encode()).hexdigest()[:16]
        self._check_at = 0
        self._is_set_up = self._is_new = False

    def _furnish_reading(self, connection: Connection, tickets: Tickets, decoder: Decoder) -> None:
        places, settings = connection.places, self.settings
        self._observer = Observer(
            tickets,
            decoder,
            self._window,
            identity=self._identity,
            now=self._now,
            entered=self._entered,
        )
        self._unlinked = Unlinked(
            tickets,
            decoder,
            self._catalog,
            places,
            identity=self._identity,
            also=settings.match_pipelines,
        )
        self._authors = Authors(self.client, self._catalog, decoder, places, settings.concurrency)
        self._witness = HubSpotWitness(
            self.client, self._catalog, settings.facts, connection.customers, self._now
        )

    def _furnish_writing(self, connection: Connection, tickets: Tickets, decoder: Decoder) -> None:
        identity, settings = self._identity, self.settings
        encoder = Encoder(connection.places, self._catalog, identity=identity)
        self._links = Links(self.client)
        look = Look(tickets, decoder, encoder, identity=identity, now=self._now)
        self._writer = Writer(
            encoder,
            Batches(self.client, identity, encoder.fields_of, look.before_repeat),
            self._links,
            self._window,
            look,
            concurrency=settings.concurrency,
            looks_back=settings.look_back,
        )
        self._histories = Histories(
            tickets, decoder, encoder, identity=identity, most=settings.looked_back
        )
        self._notes = Notes(self.client)

    def __repr__(self) -> str:
        return f"HubSpotConnector({self.client!r})"

    def ensure(self, *, dry_run: bool) -> Iterator[SetupStep]:
        """Create or mend group, properties, options, pipelines and stages; idempotent."""
        self._check_at = 0
        if self.desk is not None:
            self.desk.forget()
        setup = Setup(self.client, self._catalog, self._all_places, self.settings, self._identity)
        for step in setup.steps(dry_run=dry_run):
            if step.state == "created" and f'"{self._identity}"' in step.what:
                self._is_new = True
            yield step
        self._is_set_up = not dry_run

    def knows(self, email: str) -> bool:
        """Return whether an active user of the portal has this e-mail.

        Raises NoAccess, Temporary.
        """
        if self.desk is not None and self.desk.at_work:
            return self.desk.knows(email)
        return self._is_user(email)  # what the engine learns is kept for the next process

    def has_company(self, company: str) -> bool:
        """Return whether the portal has this company. Raises NoAccess, Temporary, Refused."""
        return self._links.exists(company)

    def learned(self, cursor: str | None) -> str:
        """Return ``cursor`` with what this process learned: the next one need not ask again.

        After a set-up without problems that is the portal's schema; where the identity property
        was made just now, no archived ticket can carry it either. Raises NoAccess, Temporary.
        """
        self.resume(cursor, names=not self._is_set_up)
        if self._is_set_up and not self._lacks():
            self._check_at = self._now() + round(self.settings.check_every * 1000)
            if self._is_new and not self._observer.reconciled.at:
                self._observer.reconciled.at = self._now()
        return self.cursor()

    def check(self) -> tuple[Problem, ...]:
        """Return what the portal lacks for the mappings: properties, options, stages.

        Raises NoAccess, Temporary.
        """
        found = self._lacks()
        if len(self._all_places) == len(self._places):
            return found
        properties, pipelines = self._catalog.properties(), self._catalog.pipelines()
        desk = self._all_places[len(self._places) :]
        return found + schema.problems(desk, self._identity, properties, pipelines, part=PART)

    def _lacks(self) -> tuple[Problem, ...]:
        properties, pipelines = self._adopt(), self._catalog.pipelines()
        return schema.problems(
            self._places, self._identity, properties, pipelines, wants=self._wanted
        )

    def _adopt(self) -> Mapping[str, Mapping[str, object]]:
        """Read the properties, and use options as they are there; return the properties."""
        properties = self._catalog.properties()
        self._catalog.adopt(
            (name, ours, theirs)
            for name, want in self._wanted.items()
            for ours, theirs in schema.adopted(want, properties.get(name, {})).items()
        )
        return properties

    def resume(self, cursor: str | None, *, names: bool = True) -> None:
        """Continue reading at ``cursor``; None, or one of another format, is the beginning.

        After a change of the mapping the portal is compared with it at once.
        """
        self._check_at = 0
        self._observer.reconciled = Reconciled()
        self._entered.waiting = {}
        self._window.reset()
        state = orjson.loads(cursor) if cursor else {}
        if state.get("format") != _FORMAT:
            return
        if state["window"]["scanned"] or state["window"]["known"]:
            self._window.load(state["window"])
        reconciled = self._observer.reconciled
        reconciled.at, reconciled.upto = (int(value) for value in state["archived"])
        reconciled.refs = [str(ref) for ref in state.get("left", ())]
        self._entered.waiting = dict.fromkeys(str(ref) for ref in state.get("entered", ()))
        if state.get("mapping") == self._mapping:
            self._check_at = int(state["check_at"])
            if names:
                self._catalog.load(state["names"])

    def cursor(self) -> str:
        """Return the reading position as JSON, some 10 kB where many tickets changed lately."""
        reconciled = self._observer.reconciled
        state = {
            "format": _FORMAT,
            "window": self._window.dump(),
            "archived": (reconciled.at, reconciled.upto),
            "left": reconciled.refs,
            "check_at": self._check_at,
            "mapping": self._mapping,
            "names": self._catalog.dump(),
        }
        if self._entered.waiting:
            state["entered"] = list(self._entered.waiting)
        return orjson.dumps(state).decode()

    def observe(self, *, full: bool) -> Iterator[Page]:
        """Yield what changed, or everything; one search where nothing changed.

        Now and then archived tickets are listed and the portal's schema is compared too.
        Raises NoAccess, Temporary.
        """
        if full or not 0 < self._check_at - self._now() <= self.settings.check_every * 1000:
            yield self._checked()
        try:
            everything = self._observer.everything
            yield from self._with_schema(everything()) if full else self._changes()
        except NoAccess:
            raise
        except Refused as error:
            page = self._checked()
            if not any(problem.blocks for problem in page.problems):
                raise Temporary(str(error)) from error
            yield page

    def fetch(self, place: str, refs: Sequence[str]) -> Iterator[Page]:
        """Read single tickets again; archived and merged ones are observed as gone."""
        del place  # a ticket tells its place itself
        return self._observer.fetch(refs)

    def unlinked(self, place: str, customer: Customer) -> Iterator[Page]:
        """Yield a customer's tickets from before this service; see ``ShowsUnlinked``."""
        return self._unlinked.of(place, customer)

    def unlinked_again(self, place: str, refs: Sequence[str]) -> Iterator[Page]:
        """Yield single ones of them as they are now."""
        return self._unlinked.again(place, refs)

    def history(self, place: str, spots: Sequence[Spot]) -> Iterable[tuple[Spot, Sequence[Past]]]:
        """Yield what fields held before, for the first 100 tickets; 50 a call."""
        if not self.settings.look_back:
            return ((spot, ()) for spot in spots)
        return self._histories.read(place, spots)

    def person(self, by: str) -> str | None:
        """Return the e-mail of a user named in a history."""
        return self._catalog.user_email(by)

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Send writes by 100 and yield one outcome each; see ``Connector.apply``."""
        by_key = {(write.place, write.key): write for write in writes}
        for outcome in self._writer.apply(writes):
            if outcome.at_fault:
                self._check_at = 0  # the portal may have changed under us: say what is missing
                self._doubt(by_key[outcome.place, outcome.key], outcome.at_fault)
            yield outcome

    def annotate(self, notes: Sequence[Note]) -> Iterator[Outcome]:
        """Attach notes to tickets; those of the help desk go first."""
        urgent, others = self._parted(notes)
        if self.desk is not None and urgent:
            yield from self.desk.annotate(urgent)
        yield from self._notes.annotate(others)

    def noted(self, notes: Sequence[Note]) -> frozenset[str]:
        """Return the keys of the notes that are attached already."""
        urgent, others = self._parted(notes)
        there = self.desk.noted(urgent) if self.desk is not None and urgent else frozenset()
        return there | self._notes.noted(others)

    def authors(
        self, seen: Sequence[Observation], fields: Mapping[str, Sequence[str]]
    ) -> Mapping[str, Changes]:
        """Return who gave tickets their values, by property history; see ``KnowsAuthors``."""
        return self._authors.read(seen, fields)

    def testify(self, asked: Sequence[Asked], mark: str | None) -> Iterator[Hearing]:
        """Yield what was done in onboardings, by whom and when; see ``Witness``."""
        return self._witness.testify(asked, mark)

    def close(self) -> None:
        """Release connections."""
        self.client.close()

    def _parted(self, notes: Sequence[Note]) -> tuple[list[Note], list[Note]]:
        """Return the notes of the help desk, and the others."""
        desk = {place.name for place in self._all_places[len(self._places) :]}
        return (
            [note for note in notes if note.place in desk],
            [note for note in notes if note.place not in desk],
        )

    def _doubt(self, write: Write, fields: Sequence[str]) -> None:
        """Look people up again whom the portal did not take: they may have left."""
        for name in fields:
            value = write.values.get(name)
            if (write.place, name) in self._people and isinstance(value, str):
                self._catalog.doubt_owner(value)

    def _changes(self) -> Iterator[Page]:
        yield from self._with_schema(self._observer.changes())
        since = self._now() - self._observer.reconciled.at
        if not 0 <= since < self.settings.reconcile_every * 1000:
            yield from self._observer.archived()

    def _with_schema(self, pages: Iterable[Page]) -> Iterator[Page]:
        """Yield pages; what became of the portal's properties first, where some came or went.

        A property that was deleted must not look like one that was emptied.
        """
        before = self._observer.lacking
        for page in pages:
            if self._observer.lacking != before:
                before = self._observer.lacking
                yield self._checked()
            yield page

    def _checked(self) -> Page:
        found = (*self._lacks(), *self._unowned())
        later = _SOON if found else round(self.settings.check_every * 1000)
        self._check_at = self._now() + later
        scopes = schema.scopes(self._places, self._identity)
        return Page(problems=found, checked=scopes)

    def _unowned(self) -> Iterator[Problem]:
        if self._people:
            yield from schema.unowned(self._customers, self._stand_ins, self._is_user)

    def _is_user(self, email: str) -> bool:
        return self._catalog.owner_id(email) is not None

    def _now(self) -> int:
        return round(self._clock.now().timestamp() * 1000)


def _identity(places: Sequence[Place]) -> str:
    """Return the unique property that carries the records' identity, one for all places."""
    names = {place.settings.get("identity", IDENTITY) for place in places} or {IDENTITY}
    if len(names) > 1:
        text = f"all HubSpot places need one identity property, not {', '.join(sorted(names))}"
        raise ConfigError([Flaw("mappings", 0, 0, text)])
    return names.pop()
