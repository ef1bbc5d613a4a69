"""The connector: the account store as a place for records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from sqlalchemy import Engine

from ubm_store.bills import HOLD_LIMIT, due_between, held_until
from ubm_store.drafts import no_column
from ubm_store.known import Finder
from ubm_store.reads import Position, Reader, newest
from ubm_store.remarks import annotate, noted
from ubm_store.setup import SYSTEM, Setup
from ubm_store.values import Fields
from ubm_store.witness import testimonies
from ubm_store.writes import LOCK_SECONDS, Writer
from ubm_sync.database import clear_errors, for_reading, open_engine, safe_address
from ubm_sync.model import Customer, Note, Outcome, Page, Place, Write
from ubm_sync.ports import Asked, Connection, DueBill, Hearing, KnownAccount, SetupStep

URL = "UBM_DATABASE_URL"
FACTS_EVERY = 3600.0  # seconds
DEFAULT_URL = "sqlite:///var/ubm.db"


def store_url(connection: Connection) -> str:
    """Return the address of the store."""
    return connection.environment.get(URL) or DEFAULT_URL


class StoreConnector:
    """Reads and writes accounts; one place at most. The database is opened on first use."""

    name = SYSTEM
    without_bills = ""  # it keeps them

    def __init__(self, connection: Connection) -> None:
        self._url = store_url(connection)
        self._address = safe_address(self._url)
        self._clock = connection.clock
        patience = connection.settings.get("lock_seconds", LOCK_SECONDS)
        self._patience = float(patience) if isinstance(patience, int | float) else LOCK_SECONDS
        every = connection.settings.get("facts_every", FACTS_EVERY)
        self._facts_every = float(every) if isinstance(every, int | float) else FACTS_EVERY
        limit = connection.settings.get("hold_over_cents", HOLD_LIMIT)
        self._hold_limit = limit if isinstance(limit, int) else HOLD_LIMIT
        self._all_customers = connection.customers
        self._customers = {one.key: one.name for one in connection.customers}
        self._place: Place | None = connection.places[0] if connection.places else None
        self._fields = Fields(self._place.bindings if self._place else ())
        self._position = Position()
        self._opened: Engine | None = None

    def ensure(self, *, dry_run: bool) -> Iterator[SetupStep]:
        """Create or update tables, vendors and customers; doing it again changes nothing."""
        setup = Setup(self._url, self._customers, self._engine)
        yield from setup.preview() if dry_run else setup.run(self._clock.now())
        for field in self._fields.unknown:
            place = self._place.name if self._place else ""
            yield SetupStep(
                SYSTEM,
                f'column of field "{field}"',
                "problem",
                f"The accounts have no such column; correct the mapping of place {place}.",
            )

    def resume(self, cursor: str | None) -> None:
        """Continue reading at ``cursor`` (None: from the beginning)."""
        self._position = Position.read(cursor)

    def cursor(self) -> str:
        """Return the reading position after the last page taken and the last write answered."""
        return str(self._position)

    def observe(self, *, full: bool) -> Iterator[Page]:
        """Yield accounts changed since the cursor, or all of them if ``full``, by 2,000.

        A full listing is complete for every configured customer. Nothing changed: no page.
        """
        if self._place is None:
            return
        top = self._newest()
        yield from self._all(top) if full else self._changed(top)

    def fetch(self, place: str, refs: Sequence[str]) -> Iterator[Page]:
        """Yield the accounts with these ids; one that is not there is left out."""
        if self._place is None or place != self._place.name:
            return
        with clear_errors(self._address), for_reading(self._engine()).connect() as connection:
            pages = [tuple(one) for one in self._reader().fetched(connection, refs)]
        yield from (Page(one) for one in pages if one)

    def unlinked(self, place: str, customer: Customer) -> Iterator[Page]:
        """Yield a customer's accounts from before this service; see ``ShowsUnlinked``."""
        if self._place is None or place != self._place.name:
            return
        number = 0
        while True:
            with clear_errors(self._address), for_reading(self._engine()).connect() as connection:
                found, number = self._reader().listed(connection, number)
            if not found:
                return
            own = (one for one in found if one.container == customer.key)
            yield Page(tuple(one for one in own if one.key is None))

    def unlinked_again(self, place: str, refs: Sequence[str]) -> Iterator[Page]:
        """Yield single ones of them as they are now."""
        return self.fetch(place, refs)

    def apply(self, writes: Sequence[Write]) -> Iterable[Outcome]:
        """Write accounts, a thousand in a transaction, and yield one outcome each."""
        writer = Writer(
            self._engine(),
            self._address,
            self._fields,
            self._customers,
            self._clock,
            patience=self._patience,
        )
        taken = 0
        for outcome in writer.apply(writes):
            for before, last in writer.wrote[taken:]:
                # nobody else wrote in between: these changes are known already
                if before == self._position:
                    self._position = Position(before.identity, last)
            taken = len(writer.wrote)
            yield outcome

    def annotate(self, notes: Sequence[Note]) -> Iterable[Outcome]:
        """Write notes into the history of their accounts, each once."""
        with clear_errors(self._address), self._engine().begin() as connection:
            return annotate(connection, notes)

    def noted(self, notes: Sequence[Note]) -> frozenset[str]:
        """Return the keys of those notes that are in the history."""
        with clear_errors(self._address), for_reading(self._engine()).connect() as connection:
            return noted(connection, [note.key for note in notes])

    def testify(self, asked: Sequence[Asked], mark: str | None) -> Iterator[Hearing]:
        """Yield what the store knows of onboardings: enrolments, bills, logins, their size.

        Looked at once in ``facts_every`` seconds; an onboarding never told of before at once.
        """
        now = self._clock.now().timestamp()
        due = mark is None or not 0 <= now - float(mark) < self._facts_every
        wanted = [one for one in asked if due or not one.known]
        if wanted:
            with clear_errors(self._address), for_reading(self._engine()).connect() as connection:
                told = tuple(testimonies(connection, wanted, self._all_customers))
            yield Hearing(told, mark="" if not due else repr(now))
        elif due:
            yield Hearing(mark=repr(now))

    def accounts_named(
        self,
        customer: str,
        numbers: Sequence[str],
        vendors: Sequence[str],
        meters: Sequence[str],
        text: str = "",
    ) -> Sequence[KnownAccount]:
        """Return the accounts that a text names, each with its last bill (``KnowsAccounts``)."""
        with clear_errors(self._address), for_reading(self._engine()).connect() as connection:
            finder = Finder(connection, customer, vendors)
            return finder.find(numbers, meters, text, self._hold_limit)

    def due_between(
        self, start: date, end: date, customers: Sequence[str] = ()
    ) -> Iterable[DueBill]:
        """Return the bills that are not processed and due from ``start`` to ``end``."""
        with clear_errors(self._address), for_reading(self._engine()).connect() as connection:
            return tuple(due_between(connection, start, end, customers))

    def held_until(self, day: date, customers: Sequence[str] = ()) -> Iterable[DueBill]:
        """Return the bills on hold that are due up to ``day``, or on a day nobody knows."""
        with clear_errors(self._address), for_reading(self._engine()).connect() as connection:
            return tuple(held_until(connection, day, customers))

    def close(self) -> None:
        """Release the database."""
        if self._opened is not None:
            self._opened.dispose()
            self._opened = None

    def _changed(self, top: Position) -> Iterator[Page]:
        after = self._position
        if after.identity != top.identity or after.revision > top.revision:
            after = Position(top.identity)  # another database, or a restored one
        while after.revision < top.revision:
            with clear_errors(self._address), for_reading(self._engine()).connect() as connection:
                found = self._reader().changed(connection, after.revision, top.revision)
            last = int(found[-1].version) if found else top.revision
            after = Position(top.identity, last)
            self._position = after
            if found:
                yield Page(tuple(found))
        self._position = after

    def _all(self, top: Position) -> Iterator[Page]:
        number = 0
        while True:
            with clear_errors(self._address), for_reading(self._engine()).connect() as connection:
                found, number = self._reader().listed(connection, number)
            if not found:
                break
            yield Page(tuple(found))
        self._position = top  # what was changed during the listing is read again from here
        yield Page(
            complete=frozenset(self._customers),
            problems=no_column(SYSTEM, self._fields.unknown),
            checked=frozenset({SYSTEM}),
        )

    def _newest(self) -> Position:
        with clear_errors(self._address), for_reading(self._engine()).connect() as connection:
            return newest(connection)

    def _reader(self) -> Reader:
        return Reader(self._place.name if self._place else "", self._fields)

    def _engine(self) -> Engine:
        if self._opened is None:
            self._opened = open_engine(self._url)
        return self._opened
