"""The connector: one object that reads, writes and sets up the customers' sheets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import NamedTuple

from requests.adapters import BaseAdapter

from ubm_smartsheet.client import Client
from ubm_smartsheet.cursor import restore, store
from ubm_smartsheet.discussions import Discussions
from ubm_smartsheet.histories import Histories
from ubm_smartsheet.mending import Mender
from ubm_smartsheet.outcomes import refused
from ubm_smartsheet.reading import Reader
from ubm_smartsheet.settings import read_settings
from ubm_smartsheet.setup import Setup
from ubm_smartsheet.writing import SheetWriter
from ubm_sync.errors import NoAccess, NotThere, Refused, Stopping, Temporary, Throttled
from ubm_sync.model import Note, Outcome, Page, Past, Result, Spot, Write
from ubm_sync.ports import Connection, SetupStep
from ubm_sync.template import Standing
from ubm_sync.transport import Transport


class _Ended(NamedTuple):
    """How the writes to one sheet ended: what stopped them, and which were not sent."""

    error: Exception | None
    left: tuple[Write, ...]


class SheetConnector:
    """The intake sheets as a ``Connector`` (see ``ubm_sync.ports``).

    A row is known by its id alone, which it keeps as long as it stays in its sheet.
    """

    name = "smartsheet"

    def __init__(self, connection: Connection) -> None:
        settings = read_settings(connection.settings)
        rows = [place for place in connection.places if place.name == "row"]
        place = (rows or list(connection.places))[0]
        self._client = Client(connection, settings)
        self._states = restore(None)
        self._aside = restore(None)  # of sheets that are nobody's now, such as a paused customer's
        self._settings = settings
        self._reader = Reader(
            self._client, place, connection.customers, settings, self._states, connection.clock
        )
        self._sheet_of = {one.key: one.sheet for one in connection.customers if one.sheet}
        self._setup = Setup(self._client, place, settings, self._reader)
        self._histories = Histories(self._client, self._reader)
        self._discussions = Discussions(self._client, self._locate)

    @property
    def transport(self) -> Transport:
        """Where every request goes through; counts calls by name."""
        return self._client.transport

    def mount(self, adapter: BaseAdapter) -> None:
        """Send everything through ``adapter``: an emulator without sockets."""
        self._client.mount(adapter)

    def ensure(self, *, dry_run: bool) -> Iterator[SetupStep]:
        """Create or mend the template and the customers' sheets; see ``Setup.ensure``."""
        yield from self._setup.ensure(dry_run=dry_run)

    def create_sheet(self, name: str, share_with: Sequence[str]) -> str:
        """Create a customer's sheet from the template and return its id; see ``Setup``."""
        return self._setup.create_sheet(name, share_with)

    def has_sheet(self, sheet: str) -> bool:
        """Return whether this token can read a sheet. Raises NoAccess, Temporary."""
        return self._setup.has_sheet(sheet)

    def template(self) -> Sequence[str]:
        """Return what the mapping asks of the columns; see ``KeepsTemplate``."""
        return self._reader.standard.traits()

    def standing(self) -> Sequence[Standing]:
        """Return how each sheet stands to the template, as last read; asks nobody."""
        reader = self._reader
        return [reader.standard.standing(reader.state(sheet)) for sheet in reader.bindings]

    def mend(
        self,
        containers: Sequence[str],
        *,
        dry_run: bool,
        order: bool = False,
        only: Collection[str] | None = None,
    ) -> Iterator[tuple[str, SetupStep, str]]:
        """Make sheets what the template says, cells untouched; see ``KeepsTemplate``."""
        mender = Mender(self._client, self._reader)
        return mender.mend(containers, dry_run=dry_run, order=order, only=only)

    def resume(self, cursor: str | None) -> None:
        """Continue at ``cursor``; a sheet that was nobody's meanwhile is read in full.

        Its columns are remembered: one that is deleted and made again by then is another one, and
        that it is empty says nothing of what people typed.
        """
        self._states.clear()
        self._aside.clear()
        self._reader.index.clear()
        for sheet, state in restore(cursor).items():
            if sheet in self._reader.bindings:
                self._states[sheet] = state
            else:
                state.distrust()
                self._aside[sheet] = state

    def cursor(self) -> str:
        """Return the reading position: per sheet its version, row count and columns."""
        states = {**self._aside, **self._states}
        return store(states[sheet] for sheet in sorted(states))

    def observe(self, *, full: bool) -> Iterator[Page]:
        """Yield what changed; one request while nothing did.

        Raises NoAccess, Temporary. A sheet out of reach is a problem of a page.
        """
        return self._reader.observe(full=full)

    def fetch(self, place: str, refs: Sequence[str]) -> Iterator[Page]:
        """Read single rows again; rows that are nowhere any more are left out.

        A row is asked for in the sheet it was last seen in, and in every sheet that this process
        has not listed yet: after a restart nothing is known of where a row is.
        """
        del place
        left = list(dict.fromkeys(ref for ref in refs if ref.isdigit()))
        index = self._reader.index
        likely: dict[str, list[str]] = {}
        for ref in left:
            likely.setdefault(index.where(int(ref)) or "", []).append(ref)
        found: set[str] = set()
        for sheet in [*likely, *self._reader.bindings]:
            asked = likely.pop(sheet, None)
            if asked is None and not index.is_listed(sheet):
                asked = [ref for ref in left if ref not in found]
            if not asked or not self._is_readable(sheet):
                continue
            try:
                for page in self._reader.fetch(sheet, asked):
                    found |= {one.ref for one in page.observations}
                    yield page
            except NotThere:
                continue  # the next ``observe`` reports the sheet

    def list_again(self, place: str, container: str) -> None:
        """Have the next ``observe`` list this sheet in full."""
        del place
        if container in self._reader.bindings:
            self._reader.state(container).distrust()

    def absent(self, place: str, container: str, refs: Sequence[str]) -> frozenset[str] | None:
        """Return which rows the sheet itself says are not in it; None where it cannot be read.

        One request for each 100 rows, and one for each row that it does not show, of at most
        ``rows_proven`` rows.
        """
        del place
        if container not in self._reader.bindings:
            return None
        return self._reader.absent(container, refs)

    def history(self, place: str, spots: Sequence[Spot]) -> Iterable[tuple[Spot, Sequence[Past]]]:
        """Yield what cells held, the newest first: some in a cycle, for each costs ten requests.

        Those of a sheet that cannot be read now are left out: it may be shared with us again.
        """
        del place
        most = left = self._settings.cells_looked_up
        for spot in spots:
            sheet = self._sheet_of.get(spot.container, spot.container)
            if not most or sheet not in self._reader.bindings:
                yield spot, ()
            elif left and self._is_readable(sheet):
                left -= 1
                past = self._histories.read(spot._replace(container=sheet))
                if past is not None:
                    yield spot, past

    def person(self, by: str) -> str | None:
        """Return the e-mail of somebody in a cell's history: it stands there."""
        return by

    def _is_readable(self, sheet: str) -> bool:
        return sheet in self._reader.bindings and not self._reader.state(sheet).lost

    def apply(self, writes: Sequence[Write]) -> Iterable[Outcome]:
        """Write rows; sheets at the same time, each sheet one request after the other.

        Raises NoAccess, and Temporary where no sheet took anything; what went wrong in
        one sheet only ends as refused, for now, for the rows of that sheet.
        """
        by_sheet: dict[str, list[Write]] = {}
        for write in writes:
            # A record that exists elsewhere only is created by its customer, not by a sheet.
            sheet = self._sheet_of.get(write.container, write.container)
            by_sheet.setdefault(sheet, []).append(write)
        results: SimpleQueue[Outcome | _Ended] = SimpleQueue()
        ended: list[_Ended] = []
        took = False
        with ThreadPoolExecutor(max_workers=self._settings.writers) as pool:
            for sheet, part in by_sheet.items():
                pool.submit(self._apply_sheet, sheet, part, results)
            while len(ended) < len(by_sheet):
                result = results.get()
                if isinstance(result, _Ended):
                    ended.append(result)
                else:
                    took = took or result.result is not Result.UNKNOWN
                    yield result
        yield from _after(ended, took=took)

    def _apply_sheet(
        self, sheet: str, writes: Sequence[Write], results: SimpleQueue[Outcome | _Ended]
    ) -> None:
        """Put the outcomes of one sheet into ``results`` as they come, and then how it ended."""
        left = {(write.place, write.key): write for write in writes}
        error: Exception | None = None
        if not self._reader.index.is_listed(sheet):
            refs = (write.ref for write in writes if write.ref is not None)
            self._reader.index.saw(sheet, (int(ref) for ref in refs if ref.isdigit()))
        try:
            for outcome in self._writer(sheet).apply(writes):
                left.pop((outcome.place, outcome.key), None)
                results.put(outcome)
        except Exception as problem:  # noqa: BLE001 - handed to the caller's thread
            error = problem
        finally:
            results.put(_Ended(error, tuple(left.values())))

    def _writer(self, sheet: str) -> SheetWriter:
        if sheet not in self._reader.bindings:
            raise NotThere(f"Sheet {sheet} belongs to no customer any more.")
        state = self._reader.state(sheet)
        return SheetWriter(self._client, self._reader, self._settings, state)

    def _locate(self, row: str) -> str | None:
        """Return the sheet a row is in now, None where it is found nowhere."""
        for page in self.fetch("row", [row]):
            for observation in page.observations:
                return observation.container
        return None

    def annotate(self, notes: Sequence[Note]) -> Iterable[Outcome]:
        """Attach notes as discussions on their rows."""
        return self._discussions.annotate(notes)

    def noted(self, notes: Sequence[Note]) -> frozenset[str]:
        """Return the keys of the notes that stand on their rows already."""
        return self._discussions.noted(notes)

    def close(self) -> None:
        """Release connections."""
        self._client.close()


def _after(ended: Sequence[_Ended], *, took: bool) -> Iterator[Outcome]:
    """Raise what stops everything; else refuse, for now, the writes of the sheets that failed."""
    for end in ended:
        if end.error is not None and (
            not isinstance(end.error, Refused | Temporary)
            or isinstance(end.error, NoAccess | Throttled | Stopping)
        ):
            raise end.error
    failed = [end for end in ended if end.error is not None]
    for end in failed:
        if isinstance(end.error, Temporary) and not took and len(failed) == len(ended):
            raise end.error
    for end in failed:
        for write in end.left:
            yield refused(write, str(end.error))
