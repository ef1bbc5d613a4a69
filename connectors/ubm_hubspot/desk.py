"""The help desk: tickets of anybody, in any pipeline; see ``ubm_sync.desk.Desk``.

It has a client, a catalog and a reading position of its own, so that no reading of records waits
for it or makes it wait: all its calls go in the lane of what is urgent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ubm_hubspot import desk_cursor, desk_searching
from ubm_hubspot.batches import Batches
from ubm_hubspot.catalog import Catalog
from ubm_hubspot.client import Client
from ubm_hubspot.decode import MODIFIED
from ubm_hubspot.desk_arrivals import Arrivals
from ubm_hubspot.desk_beside import KINDS, Beside
from ubm_hubspot.desk_cursor import Position
from ubm_hubspot.desk_decode import OWNER, DeskDecoder
from ubm_hubspot.desk_mails import Mails
from ubm_hubspot.desk_names import DeskNames
from ubm_hubspot.desk_schema import PART, DeskSchema
from ubm_hubspot.desk_tasks import Tasks
from ubm_hubspot.desk_tickets import DeskTickets
from ubm_hubspot.desk_writing import DeskEncoder, DeskLinks, DeskWriter
from ubm_hubspot.notes import Notes
from ubm_hubspot.searching import Asking, by_id
from ubm_hubspot.settings import Settings, rules_of
from ubm_hubspot.tickets import chunks
from ubm_hubspot.writing import Writer
from ubm_sync.desk import DeskPage, Dossier, Filing, Opening, Task, Ticket
from ubm_sync.errors import ConfigError, Flaw, Stopping, Temporary, Throttled
from ubm_sync.model import Note, Outcome, Place, Problem
from ubm_sync.ports import Connection, Lane

_SOON = 60_000  # milliseconds until a portal that lacks something is looked at again
_UNREADABLE = "desk_unreadable"
_DAY = 86_400_000
_OWNERS = 100  # in one search: its body holds 3,000 characters
_CLOSED = 60  # stages in one search, as above


class HubSpotDesk:
    """The desk of one portal."""

    def __init__(
        self, client: Client, connection: Connection, desk: Place, settings: Settings, identity: str
    ) -> None:
        self._desk = desk
        self._settings = settings
        self._clock = connection.clock
        client = client.in_lane(Lane.URGENT)
        facts = settings.facts
        catalog = Catalog(client, connection.clock, (desk,), settings.refresh_every)
        self._catalog = catalog
        self._names = DeskNames(catalog, connection.clock, settings.desk.leavers_every)
        self._schema = DeskSchema(catalog, desk, identity, facts.received)
        self._decoder = DeskDecoder(
            desk,
            self._names,
            self._schema,
            identity=identity,
            sent=facts.sent,
            heard=facts.received,
        )
        self._tickets = DeskTickets(client, self._decoder.properties)
        self._beside = Beside(client, self._tickets, self._decoder, settings)
        self._arrivals = Arrivals(
            self._tickets,
            self._decoder,
            self._schema,
            Mails(self._beside.activities),
            identity=identity,
            now=self._now,
        )
        # The desk reads by id at once, and everything again once a day.
        self._rules = replace(rules_of(settings, settings.desk.settle_every), doubts=False)
        self._mapping = hashlib.sha256(repr((desk, settings.facts)).encode()).hexdigest()[:16]
        self._at = self._begin()
        self._cursor: str | None = None  # what ``_at`` was told as; None: it was not
        self._told: dict[str, str] = {}  # what was lacking when it was told last
        self._looked_at = 0
        self._doubtful = False  # the portal may have changed under us
        encoder = DeskEncoder(desk, catalog, self._schema, identity=identity)
        links = DeskLinks(client, self._beside.activities)
        writer = Writer(
            encoder,
            Batches(client, identity, encoder.fields_of),
            links,
            None,  # what it writes may be seen once more
            None,  # people are asked before, by whoever decides
            concurrency=settings.concurrency,
            looks_back=False,
        )
        self._writer = DeskWriter(
            writer, links, self._tickets, catalog, self._schema, desk, identity=identity
        )
        self._tasks = Tasks(client, catalog, desk.name)
        self.at_work = False  # whether this process looks at tickets
        self._notes = Notes(client, raises=False)

    def forget(self) -> None:
        """Compare the portal with the mapping at the next occasion: it was set up just now."""
        self._looked_at, self._doubtful = 0, True

    def arrivals(self, cursor: str | None) -> Iterator[DeskPage]:
        """Yield what is new or changed; see ``Desk``. Raises NoAccess, Temporary."""
        self.at_work = True
        at = self._resume(cursor)
        self._cursor = None  # whoever stops half-way goes on at the cursor that was stored
        self._arrivals.checked.clear()
        looked = self._is_due(at)
        if looked:
            self._look(at)
        for tickets in self._arrivals.news(at):
            yield DeskPage(tuple(tickets), self._dump(at))
        problems, checked = self._problems(looked=looked)
        if any(problem.code == _UNREADABLE for problem in problems):
            at.check_at = min(at.check_at, self._now() + _SOON)
        self._cursor = self._dump(at)
        yield DeskPage((), self._cursor, problems, checked)

    def dossiers(self, refs: Sequence[str]) -> Mapping[str, Dossier]:
        """Return tickets with what stands beside them; see ``Desk``. Raises NoAccess, Temporary."""
        self.at_work = True
        self._ready()
        return self._beside.dossiers(refs)

    def abandoned(self) -> Iterator[Ticket]:
        """Yield open tickets of people who left; see ``Desk``. Raises NoAccess, Temporary."""
        self.at_work = True
        self._ready()
        left = sorted(self._names.left())
        for some in chunks(left, _OWNERS):
            query: Asking = desk_searching.owned(some, self._closed(), [MODIFIED])
            for found in by_id(self._tickets.search, query):
                yield from self._still_theirs([str(one["id"]) for one in found.records])

    def file(self, filings: Sequence[Filing]) -> Iterator[Outcome]:
        """Write fields and links; see ``Desk``. Raises NoAccess, Temporary."""
        self.at_work = True
        self._ready()
        for outcome in self._writer.file(filings):
            self._doubtful = self._doubtful or bool(outcome.at_fault)
            yield outcome

    def open(self, openings: Sequence[Opening]) -> Iterator[Outcome]:
        """Make tickets; see ``Desk``. Raises NoAccess, Temporary."""
        self.at_work = True
        self._ready()
        for outcome in self._writer.open(openings):
            self._doubtful = self._doubtful or bool(outcome.at_fault)
            yield outcome

    def knows(self, email: str) -> bool:
        """Return whether an active user has this e-mail. Raises NoAccess, Temporary."""
        return self._names.knows(email)

    def assign(self, tasks: Sequence[Task]) -> Iterator[Outcome]:
        """Make tasks; see ``Desk``. Raises NoAccess, Temporary."""
        self.at_work = True
        return self._tasks.assign(tasks)

    def assigned(self, tasks: Sequence[Task]) -> frozenset[str]:
        """Return the tasks that are there; see ``Desk``. Raises NoAccess, Temporary."""
        return self._tasks.assigned(tasks)

    def annotate(self, notes: Sequence[Note]) -> Iterator[Outcome]:
        """Attach notes; see ``Desk``. Raises NoAccess, Temporary."""
        return self._notes.annotate(notes)

    def noted(self, notes: Sequence[Note]) -> frozenset[str]:
        """Return the notes that are there; see ``Desk``. Raises NoAccess, Temporary."""
        return self._notes.noted(notes)

    def _closed(self) -> list[str]:
        """Return the ids of the stages that end a ticket; none where a search cannot hold them."""
        if not self._catalog.steps:
            self._catalog.pipelines()
        closed = [stage for (_, stage), step in self._catalog.steps.items() if step.closed]
        return closed if len(closed) <= _CLOSED else []

    def _still_theirs(self, refs: Sequence[str]) -> Iterator[Ticket]:
        """Yield tickets that are so in the records too, not only in the index."""
        records, _ = self._tickets.read(refs)
        for record in (records[ref] for ref in refs if ref in records):
            if record["properties"].get(OWNER) in self._names.left():
                ticket = self._decoder.ticket(record)
                if not ticket.closed:
                    yield ticket

    def _ready(self) -> None:
        if not self._schema.known:
            self._schema.look()

    def _begin(self) -> Position:
        first = round(self._settings.desk.first_days * _DAY)
        return desk_cursor.begin(self._rules, self._now(), first)

    def _resume(self, cursor: str | None) -> Position:
        if cursor is None or cursor != self._cursor:
            found = None
            if cursor:
                found = desk_cursor.load(cursor, self._rules, self._schema, self._mapping)
            self._at = found or self._begin()
        return self._at

    def _dump(self, at: Position) -> str:
        return desk_cursor.dump(at, self._schema, self._mapping)

    def _is_due(self, at: Position) -> bool:
        """Return whether the portal is to be compared with the mapping now."""
        if self._doubtful and not 0 <= self._now() - self._looked_at < _SOON:
            return True
        return not 0 < at.check_at - self._now() <= self._settings.check_every * 1000

    def _look(self, at: Position) -> None:
        self._looked_at, self._doubtful = self._now(), False
        try:
            self._schema.look()
        except (Throttled, Stopping):
            raise
        except Temporary:  # what is known serves until it can be read
            if not self._schema.known:
                raise
            at.check_at = self._now() + _SOON
            return
        self._names.probe()
        self._beside.probe()
        is_well = not self._schema.problems and not self._lacking()
        at.check_at = self._now() + (round(self._settings.check_every * 1000) if is_well else _SOON)

    def _lacking(self) -> dict[str, str]:
        lacking = self._beside.lacking
        if self._names.lacking:
            lacking["owners"] = f"HubSpot's owners cannot be read: {self._names.lacking}"
        if refused := self._schema.refused:
            lacking["search"] = refused
        return lacking

    def _problems(self, *, looked: bool) -> tuple[tuple[Problem, ...], frozenset[str]]:
        """Return what is wrong and of what that tells everything."""
        problems = [*self._arrivals.problems.values()]
        checked = set(self._arrivals.checked)
        problems = [one for one in problems if one.scope in checked]
        if looked:
            problems += self._schema.problems
            checked |= self._schema.scopes()
        lacking = self._lacking()
        if looked or lacking != self._told:
            problems += [
                Problem(f"{PART}/{one}", _UNREADABLE, text) for one, text in lacking.items()
            ]
            checked |= {f"{PART}/{one}" for one in (*KINDS, "owners", "search")}
            self._told = dict(lacking)
        return tuple(problems), frozenset(checked)

    def _now(self) -> int:
        return round(self._clock.now().timestamp() * 1000)


class DeskCalls:
    """What a connector answers as a ``Desk``, beside what it answers anyway."""

    desk: HubSpotDesk | None

    def arrivals(self, cursor: str | None) -> Iterator[DeskPage]:
        """Yield what is new or changed; see ``Desk``."""
        return self._desk.arrivals(cursor)

    def dossiers(self, refs: Sequence[str]) -> Mapping[str, Dossier]:
        """Return tickets with what stands beside them; see ``Desk``."""
        return self._desk.dossiers(refs)

    def abandoned(self) -> Iterator[Ticket]:
        """Yield open tickets of people who left; see ``Desk``."""
        return self._desk.abandoned()

    def file(self, filings: Sequence[Filing]) -> Iterator[Outcome]:
        """Write fields and links of tickets; see ``Desk``."""
        return self._desk.file(filings)

    def open(self, openings: Sequence[Opening]) -> Iterator[Outcome]:
        """Make tickets; see ``Desk``."""
        return self._desk.open(openings)

    def assign(self, tasks: Sequence[Task]) -> Iterator[Outcome]:
        """Make tasks; see ``Desk``."""
        return self._desk.assign(tasks)

    def assigned(self, tasks: Sequence[Task]) -> frozenset[str]:
        """Return the keys of the tasks that are there; see ``Desk``."""
        return self._desk.assigned(tasks)

    @property
    def _desk(self) -> HubSpotDesk:
        if self.desk is None:
            text = "no mapping of kind disconnection has its desk in HubSpot"
            raise ConfigError([Flaw("mappings", 0, 0, text)])
        return self.desk
