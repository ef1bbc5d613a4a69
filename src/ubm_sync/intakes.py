"""One place, two systems: the rows of customers with a sheet, and of those without one.

To the engine they are rows like any others. Which of the two connectors a row is read from and
written to depends on its customer alone; one that is out of reach keeps the other's rows from
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar, runtime_checkable

from ubm_sync.errors import Refused, SyncError
from ubm_sync.model import Customer, Note, Outcome, Page, Past, Spot, Write
from ubm_sync.ports import Connector, ProvesAbsence, Remembers, SetupStep

T = TypeVar("T")


@runtime_checkable
class MakesSheets(Protocol):
    """A connector that can make a customer's sheet from the template."""

    def create_sheet(self, name: str, share_with: Sequence[str]) -> str:
        """Return the new sheet's id."""
        ...


@runtime_checkable
class KnowsSheets(Protocol):
    """A connector of a system in which customers have sheets."""

    def has_sheet(self, sheet: str) -> bool:
        """Return whether there is a sheet with this id, and this service may read it.

        Raises NoAccess, Temporary.
        """
        ...


@runtime_checkable
class Answers(Protocol):
    """A connector of a system that is answered at the end of a cycle, when all is written."""

    def finish(self) -> None:
        """Bring the answers up to date; what cannot be done now is done in the next cycle.

        Raises NoAccess, Temporary.
        """
        ...


@runtime_checkable
class Inspects(Protocol):
    """A connector that can say what is wrong with what waits to be read, without taking it in."""

    def inspect(self) -> Iterable[str]:
        """Yield a sentence for each thing that could not be read now; changes nothing."""
        ...


class Intakes:
    """The connector of ``sheets`` for customers that have one, and ``others`` for the rest."""

    def __init__(self, sheets: Connector, others: Connector, customers: Iterable[Customer]) -> None:
        self.name = sheets.name
        self.sheets = sheets
        self.others = others
        without = [one for one in customers if not one.has_sheet]
        self._without = {one.key for one in without} | {one.container for one in without}

    def ensure(self, *, dry_run: bool) -> Iterator[SetupStep]:
        """Set the sheets up; the other system is set up by its own name."""
        return self.sheets.ensure(dry_run=dry_run)

    def create_sheet(self, name: str, share_with: Sequence[str]) -> str:
        """Make a customer's sheet from the template and return its id. Raises Refused."""
        if not isinstance(self.sheets, MakesSheets):
            raise Refused(f"{self.name} cannot make sheets; make one by hand and give its id.")
        return self.sheets.create_sheet(name, share_with)

    def has_sheet(self, sheet: str) -> bool:
        """Return whether there is such a sheet; True where the system cannot tell."""
        return not isinstance(self.sheets, KnowsSheets) or self.sheets.has_sheet(sheet)

    def resume(self, cursor: str | None) -> None:
        """Continue reading the sheets at ``cursor``; the other rows are shown once more."""
        self.sheets.resume(cursor)
        self.others.resume(None)

    def cursor(self) -> str:
        """Return the reading position in the sheets, as it is without the other rows.

        So a first customer without a sheet, and the last one that gets one, move nothing.
        """
        return self.sheets.cursor()

    def observe(self, *, full: bool) -> Iterator[Page]:
        """Yield what changed in both; raises what went wrong once both were read."""
        return _both(lambda one: one.observe(full=full), self.others, self.sheets)

    def fetch(self, place: str, refs: Sequence[str]) -> Iterator[Page]:
        """Read single rows again; each system leaves out what is not its own."""
        return _both(lambda one: one.fetch(place, refs), self.others, self.sheets)

    def list_again(self, place: str, container: str) -> None:
        """Have the next ``observe`` list this container in full."""
        connector = self._of(container)
        if isinstance(connector, ProvesAbsence):
            connector.list_again(place, container)

    def absent(self, place: str, container: str, refs: Sequence[str]) -> frozenset[str] | None:
        """Return which of the refs the system itself says are not in the container now."""
        connector = self._of(container)
        if not isinstance(connector, ProvesAbsence):
            return None
        return connector.absent(place, container, refs)

    def history(self, place: str, spots: Sequence[Spot]) -> Iterator[tuple[Spot, Sequence[Past]]]:
        """Yield what fields held, where their system remembers it."""
        for connector in (self.sheets, self.others):
            mine = [spot for spot in spots if self._of(spot.container) is connector]
            if mine and isinstance(connector, Remembers):
                yield from connector.history(place, mine)
            else:
                yield from ((spot, ()) for spot in mine)

    def person(self, by: str) -> str | None:
        """Return the e-mail of somebody named in a history."""
        return self.sheets.person(by) if isinstance(self.sheets, Remembers) else None

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Send each write to the system of its customer's rows."""

        def send(connector: Connector) -> Iterable[Outcome]:
            mine = [one for one in writes if self._of(one.container) is connector]
            return connector.apply(mine) if mine else ()

        return _both(send, self.sheets, self.others)

    def annotate(self, notes: Sequence[Note]) -> Iterator[Outcome]:
        """Attach notes, each where its row is; a row of the sheets is known by nobody else."""
        mine = self._known(notes)
        yield from self.others.annotate([one for one in notes if one.ref in mine])
        yield from self.sheets.annotate([one for one in notes if one.ref not in mine])

    def noted(self, notes: Sequence[Note]) -> frozenset[str]:
        """Return the keys of those notes that are already attached."""
        mine = self._known(notes)
        there = self.others.noted([one for one in notes if one.ref in mine])
        return there | self.sheets.noted([one for one in notes if one.ref not in mine])

    def finish(self) -> None:
        """Answer where a system is answered at the end of a cycle."""
        for connector in (self.sheets, self.others):
            if isinstance(connector, Answers):
                connector.finish()

    def close(self) -> None:
        """Release connections."""
        self.sheets.close()
        self.others.close()

    def _of(self, container: str) -> Connector:
        return self.others if container in self._without else self.sheets

    def _known(self, notes: Sequence[Note]) -> frozenset[str]:
        refs = list(dict.fromkeys(one.ref for one in notes))
        if not refs:
            return frozenset()
        pages = self.others.fetch(notes[0].place, refs)
        return frozenset(one.ref for page in pages for one in page.observations)


def _both(ask: Callable[[Connector], Iterable[T]], *connectors: Connector) -> Iterator[T]:
    failed: SyncError | None = None
    for connector in connectors:
        try:
            yield from ask(connector)
        except SyncError as error:
            failed = failed or error
    if failed is not None:
        raise failed
