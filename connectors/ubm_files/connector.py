"""The connector: rows of customers without a sheet, as if they had one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson

from ubm_files import writing
from ubm_files.drops import SYSTEM, Drops
from ubm_files.layout import Form
from ubm_files.register import Entry, Register
from ubm_files.settings import read_settings, register_address
from ubm_files.writing import Owner
from ubm_sync.model import NOTHING, Note, Observation, Outcome, Page, Place, Problem, Result, Write
from ubm_sync.ports import Connection, SetupStep

_PAGE = 2_000
_PART = 500  # writes in one transaction


class FilesConnector:
    """Rows in a register of the service's own; see ``ubm_sync.ports.Connector``.

    Files in the customers' folders change them, and so do the engine's writes; the answers lie
    beside the files.
    """

    name = SYSTEM

    def __init__(self, connection: Connection) -> None:
        self._settings = settings = read_settings(connection.settings)
        self._clock, self._permit = connection.clock, connection.permit
        self._place: Place | None = connection.places[0] if connection.places else None
        self._register = Register(register_address(settings, connection.environment))
        self._position = 0
        self._again: set[str] = set()  # containers to be listed in full
        self._told: tuple[frozenset[Problem], frozenset[str]] | None = None
        self._owners: dict[str, Owner] = {}
        self._drops: list[Drops] = []
        for customer in connection.customers if self._place is not None else ():
            if customer.has_sheet and customer.sheet:
                continue
            form = Form(connection.places[0], customer.titles)
            container = customer.container or customer.own_list
            owner = Owner(container, form)
            self._owners |= {customer.key: owner, container: owner}
            if customer.folder and not customer.paused:
                mask = connection.mask
                self._drops.append(Drops(customer, form, self._register, settings, mask))

    def ensure(self, *, dry_run: bool) -> Iterator[SetupStep]:
        """Create the tables and the customers' folders; doing it again changes nothing."""
        if not self._owners:
            return
        address = self._register.address
        if not dry_run:
            self._register.engine()
        yield SetupStep(SYSTEM, f'list of rows in "{address}"', "ok")
        for drops in self._drops:
            yield _folder_step(drops, dry_run=dry_run)

    def resume(self, cursor: str | None) -> None:
        """Continue reading at ``cursor`` (None: from the beginning)."""
        self._position = int(orjson.loads(cursor)["position"]) if cursor else 0
        self._told = None

    def cursor(self) -> str:
        """Return the number of the last change that was read."""
        return orjson.dumps({"position": self._position}).decode()

    def observe(self, *, full: bool) -> Iterator[Page]:
        """Take files in, then yield the rows that changed, or all of them.

        Raises NoAccess, Temporary where the register is out of reach; a folder or a file that
        cannot be read is a problem of a page.
        """
        if not self._owners:
            return
        for drops in self._drops:
            drops.look(self._clock.now())
        again, self._again = self._again, set()
        if full:
            again = {owner.container for owner in self._owners.values()}
        yield from self._listed(sorted(again))
        with self._register.reading() as session:
            top = session.newest()
        while self._position < top:
            with self._register.reading() as session:
                rows = session.changed(self._position, top, _PAGE)
            self._position = rows[-1].version if rows else top
            shown = [row for row in rows if row.container in self._owners]
            if shown:
                yield Page(tuple(self._seen(row) for row in shown))
        yield from self._problems()

    def _listed(self, containers: Sequence[str]) -> Iterator[Page]:
        for container in containers:
            with self._register.reading() as session:
                rows = session.of(container)
            for start in range(0, len(rows), _PAGE):
                yield Page(tuple(self._seen(row) for row in rows[start : start + _PAGE]))
            yield Page(complete=frozenset({container}))

    def _problems(self) -> Iterator[Page]:
        """Yield what is wrong with files and folders, where that is news."""
        if not self._drops:
            return
        found: list[Problem] = []
        scopes: set[str] = set()
        for drops in self._drops:
            problems, looked_at = drops.problems()
            found += problems
            scopes |= looked_at
        told = (frozenset(found), frozenset(scopes))
        if told != self._told:
            self._told = told
            yield Page(problems=tuple(found), checked=frozenset(scopes))

    def fetch(self, place: str, refs: Sequence[str]) -> Iterator[Page]:
        """Read single rows again; one that is not there is left out."""
        del place
        mine = [ref for ref in refs if ref]
        if not mine or not self._owners:
            return
        with self._register.reading() as session:
            rows = session.named("ref", mine)
        if shown := [row for row in rows if row.container in self._owners]:
            yield Page(tuple(self._seen(row) for row in shown))

    def list_again(self, place: str, container: str) -> None:
        """Have the next ``observe`` list this customer's rows in full."""
        del place
        if container in self._owners:
            self._again.add(container)

    def absent(self, place: str, container: str, refs: Sequence[str]) -> frozenset[str] | None:
        """Return which rows are not in the register; None where the customer has no list."""
        del place
        if container not in self._owners:
            return None
        with self._register.reading() as session:
            there = {row.ref for row in session.named("ref", list(refs))}
        return frozenset(refs) - there

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Write rows, some hundred in a transaction; a row that is not there yet is made."""
        for start in range(0, len(writes), _PART):
            self._permit()
            part = writes[start : start + _PART]
            with self._register.writing() as session:
                ended = list(writing.apply(session, part, self._owners, self._clock.now()))
            yield from ended

    def finish(self) -> None:
        """Archive the files that were taken in and bring the result files up to date."""
        for drops in self._drops:
            self._permit()
            drops.finish(self._clock.now())

    def inspect(self) -> Iterator[str]:
        """Yield a sentence for each file that cannot be read now; changes nothing."""
        for drops in self._drops:
            yield from (f"{drops.customer.name}: {text}" for text in drops.inspect())

    def annotate(self, notes: Sequence[Note]) -> Iterator[Outcome]:
        """Keep notes with their rows."""
        if not notes:
            return
        with self._register.writing() as session:
            for note in notes:
                session.note(note.key, note.ref, note.text)
        for note in notes:
            yield Outcome(note.place, note.key, Result.LANDED, note.ref)

    def noted(self, notes: Sequence[Note]) -> frozenset[str]:
        """Return the keys of the notes that are kept already."""
        if not notes:
            return frozenset()
        with self._register.reading() as session:
            return session.noted([note.key for note in notes])

    def close(self) -> None:
        """Release the register."""
        self._register.close()

    def _seen(self, row: Entry) -> Observation:
        return Observation(
            self._place.name if self._place is not None else "",
            row.ref,
            row.key or None,
            row.container,
            str(row.version),
            row.values,
            row.marks or NOTHING,
            row.created_at,
            row.modified_at,
            row.modified_by,
        )


def _folder_step(drops: Drops, *, dry_run: bool) -> SetupStep:
    path = Path(drops.customer.folder)
    what = f'drop folder "{path}"'
    if path.is_dir():
        return SetupStep(SYSTEM, what, "ok")
    if dry_run:
        return SetupStep(SYSTEM, what, "would create")
    try:
        path.mkdir(parents=True)
    except OSError as error:
        detail = f"It cannot be created ({error.strerror}); create it by hand."
        return SetupStep(SYSTEM, what, "problem", detail)
    return SetupStep(SYSTEM, what, "created")
