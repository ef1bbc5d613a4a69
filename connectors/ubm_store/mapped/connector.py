"""The connector for accounts in a foreign table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, timedelta

from sqlalchemy import Engine

from ubm_store.drafts import no_column
from ubm_store.mapped.known import accounts_named
from ubm_store.mapped.table import ForeignTable, Names, stored_as
from ubm_store.mapped.writes import ForeignWriter
from ubm_store.values import instant, instant_text
from ubm_sync.database import clear_errors, for_reading, open_engine, safe_address
from ubm_sync.errors import Refused
from ubm_sync.model import Customer, Note, Outcome, Page, Place, Result, Write
from ubm_sync.ports import Connection, DueBill, KnownAccount, SetupStep

SYSTEM = "store"
PAGE = 2_000
# A transaction may commit this long after it noted its time of change.
OVERLAP = timedelta(minutes=10)


class ForeignConnector:
    """Reads and writes accounts of one place in a table that is not ours."""

    name = SYSTEM
    without_bills = (
        "The accounts are in a table of another database that has no bills, so nothing can be said "
        "of what is due or on hold."
    )

    def __init__(self, connection: Connection, place: Place, url: str, names: Names) -> None:
        self._place = place
        self._url = url
        self._address = safe_address(url)
        self._names = names
        self._clock = connection.clock
        self._customers = frozenset(one.key for one in connection.customers)
        self._since = ""
        self._opened: Engine | None = None
        self._found: ForeignTable | None = None

    def ensure(self, *, dry_run: bool) -> Iterator[SetupStep]:  # noqa: ARG002 - changes nothing
        """Check the table and its columns; nothing is created in a foreign database."""
        what = f'table "{self._names.table}"'
        try:
            table = self._table()
        except Refused as error:
            yield SetupStep(SYSTEM, what, "problem", str(error))
            return
        yield SetupStep(SYSTEM, what, "ok", self._address)
        for field in table.unknown:
            detail = f'The table has no such column; correct the mapping of "{field}".'
            yield SetupStep(SYSTEM, f'column of field "{field}"', "problem", detail)

    def resume(self, cursor: str | None) -> None:
        """Continue reading at ``cursor`` (None: from the beginning)."""
        try:
            self._since = instant_text(instant(cursor or ""))
        except ValueError:
            self._since = ""

    def cursor(self) -> str:
        """Return the instant up to which changes were read."""
        return self._since

    def observe(self, *, full: bool) -> Iterator[Page]:
        """Yield all accounts, or where the table tells when a row changed, the changed ones."""
        table = self._table()
        wanted = table.rows().order_by(table.column("id"))
        started = self._clock.now()
        if table.changed_at is not None and self._since and not full:
            overlap = instant(self._since) - OVERLAP
            wanted = wanted.where(
                table.changed_at >= stored_as(table.changed_at.type, instant_text(overlap))
            )
        with clear_errors(self._address), for_reading(self._engine()).connect() as connection:
            result = connection.execution_options(yield_per=PAGE).execute(wanted)
            for rows in result.partitions(PAGE):
                yield Page(tuple(table.observation(self._place.name, row) for row in rows))
        self._since = instant_text(started.astimezone(UTC))
        if full:
            problems = no_column(SYSTEM, table.unknown)
            yield Page(complete=self._customers, problems=problems, checked=frozenset({SYSTEM}))

    def fetch(self, place: str, refs: Sequence[str]) -> Iterator[Page]:
        """Yield the accounts with these ids; one that is not there is left out."""
        table = self._table()
        ids = table.column("id")
        for start in range(0, len(refs), PAGE):
            wanted = []
            for ref in refs[start : start + PAGE]:
                with suppress(ValueError):
                    wanted.append(stored_as(ids.type, ref))
            with clear_errors(self._address), for_reading(self._engine()).connect() as connection:
                rows = connection.execute(table.rows().where(ids.in_(wanted))).all()
            if rows:
                yield Page(tuple(table.observation(place, row) for row in rows))

    def unlinked(self, place: str, customer: Customer) -> Iterator[Page]:
        """Yield a customer's accounts from before this service; see ``ShowsUnlinked``."""
        if place != self._place.name:
            return
        table = self._table()
        statement = table.rows().where(table.column("sync_id").is_(None))
        with clear_errors(self._address), for_reading(self._engine()).connect() as connection:
            result = connection.execution_options(yield_per=PAGE).execute(statement)
            for rows in result.partitions(PAGE):
                found = (table.observation(place, row) for row in rows)
                yield Page(tuple(one for one in found if one.container == customer.key))

    def unlinked_again(self, place: str, refs: Sequence[str]) -> Iterator[Page]:
        """Yield single ones of them as they are now."""
        return self.fetch(place, refs)

    def apply(self, writes: Sequence[Write]) -> Iterable[Outcome]:
        """Write accounts, 500 in a transaction, and yield one outcome each."""
        return ForeignWriter(self._engine(), self._address, self._table()).apply(writes)

    def annotate(self, notes: Sequence[Note]) -> Iterable[Outcome]:
        """Refuse notes: a foreign table has no history of ours."""
        for note in notes:
            reason = "The account table is mapped from another database and holds no notes."
            yield Outcome(note.place, note.key, Result.REFUSED, reason=reason, permanent=True)

    def noted(self, notes: Sequence[Note]) -> frozenset[str]:  # noqa: ARG002 - none can be there
        """Return nothing: there are no notes."""
        return frozenset()

    def accounts_named(
        self,
        customer: str,
        numbers: Sequence[str],
        vendors: Sequence[str],
        meters: Sequence[str],
        text: str = "",
    ) -> Sequence[KnownAccount]:
        """Return the accounts that a text names; of their bills nothing is known."""
        table = self._table()
        with clear_errors(self._address), for_reading(self._engine()).connect() as connection:
            return accounts_named(connection, table, customer, numbers, vendors, meters, text)

    def due_between(
        self,
        start: date,  # noqa: ARG002 - there are none
        end: date,  # noqa: ARG002
        customers: Sequence[str] = (),  # noqa: ARG002
    ) -> Iterable[DueBill]:
        """Return nothing: there are no bills (``without_bills``)."""
        return ()

    def held_until(
        self,
        day: date,  # noqa: ARG002 - there are none
        customers: Sequence[str] = (),  # noqa: ARG002
    ) -> Iterable[DueBill]:
        """Return nothing: there are no bills (``without_bills``)."""
        return ()

    def close(self) -> None:
        """Release the database."""
        if self._opened is not None:
            self._opened.dispose()
            self._opened = None

    def _table(self) -> ForeignTable:
        if self._found is None:
            with clear_errors(self._address), for_reading(self._engine()).connect() as connection:
                found = ForeignTable(connection, self._names, self._place.bindings)
            if found.missing:
                raise Refused(
                    f'The table "{self._names.table}" has no column {", ".join(found.missing)}; '
                    "name its own under systems.store.columns or add it."
                )
            self._found = found
        return self._found

    def _engine(self) -> Engine:
        if self._opened is None:
            self._opened = open_engine(self._url)
        return self._opened
