"""Sheets become pages of observations: one poll, then only the sheets that changed.

Every read states what it proves. A sheet's version is taken over only when the answer was whole,
and a listing is called complete only when its pages agree with each other and with the number of
rows that the sheet says it has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from ubm_smartsheet.client import Answer, Client
from ubm_smartsheet.columns import SYNC_ID, Column, bindings_of, parse_column
from ubm_smartsheet.cursor import SheetState, before
from ubm_smartsheet.decode import RowDecoder
from ubm_smartsheet.drift import headroom, locked_out, no_access, problems, scope_of, unread
from ubm_smartsheet.index import RowIndex
from ubm_smartsheet.judging import paused
from ubm_smartsheet.listing import Listing, is_settled
from ubm_smartsheet.paging import make_page
from ubm_smartsheet.settings import Settings
from ubm_smartsheet.standard import Standard
from ubm_sync.clock import Clock
from ubm_sync.errors import NoAccess, NotThere, Refused, Stopping, Temporary, Throttled
from ubm_sync.model import Binding, Customer, Observation, Page, Place, Problem
from ubm_sync.ports import Lane

log = structlog.get_logger(__name__)

PAGES = 2  # of rows written by us lately: from more on a sheet is read by pages
LISTINGS = 3  # how often a whole sheet is listed until two of its pages agree
LOOKS = 3  # sheets whose columns are looked at again in one round
LOOK_EVERY = timedelta(minutes=10)  # while a field is held up and nothing says that it changed
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
FAILING_SHEETS = 3  # this many in a row, and it is the system that fails, not a sheet
_VALUES = {"level": "2", "include": "objectValue"}
_WRITERS = {"level": "2", "include": "objectValue,writerInfo"}
# Of a sheet its columns, hardly a row. Below level 2, columns of several values are told as text.
HEAD = {"level": "2", "page": "1", "pageSize": "1"}


class Reader:
    """Reads the sheets of all customers; one sheet at a time."""

    def __init__(
        self,
        client: Client,
        place: Place,
        customers: Sequence[Customer],
        settings: Settings,
        states: dict[str, SheetState],
        clock: Clock,
    ) -> None:
        self._client = client
        self._place = place
        self._settings = settings
        self.rows_at_once = settings.rows_per_fetch
        self._states = states
        self._clock = clock
        # A paused one's sheet is not read, so that it is read in full when it is resumed.
        active = [one for one in customers if one.sheet and not one.paused]
        self.standard = Standard(bindings_of(place, settings.id_column), active, clock)
        self.bindings: Mapping[str, tuple[Binding, ...]] = self.standard.bindings
        self.index = RowIndex()
        self._turn = 0
        self._next_look: dict[str, datetime] = {}
        self._query = _WRITERS if settings.writer_info else _VALUES
        self._key_is_value = any(one.field == SYNC_ID for one in place.bindings)

    def state(self, sheet: str) -> SheetState:
        """Return what is remembered of a sheet."""
        return self._states.setdefault(sheet, SheetState(sheet))

    def observe(self, *, full: bool) -> Iterator[Page]:
        """Yield what changed since the cursor, or everything; see ``Connector.observe``."""
        listed = self.listed()
        failing = 0
        doubtful: list[SheetState] = []
        for sheet in self.bindings:
            state = self.state(sheet)
            entry = listed.get(sheet)
            if not full:
                yield from self._compare_again(state)
            if not full and is_settled(state, entry):
                doubtful += [state] if self._is_doubtful(state, entry) else []
                continue
            if entry is not None:
                state.name = str(entry.get("name") or state.name)
            try:
                yield from self._sheet(state, full=full)
                failing = 0
            except (NoAccess, Throttled, Stopping):
                raise
            except Refused as error:
                state.lose()
                why = "" if isinstance(error, NotThere) else str(error)
                problem = no_access(sheet, state.name, why)
                yield Page(problems=(problem,), checked=frozenset({scope_of(sheet)}))
            except Temporary as error:
                failing += 1
                if failing >= FAILING_SHEETS or len(self.bindings) == 1:
                    raise
                yield Page(problems=(unread(sheet, state.name, str(error)),))
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                # An answer of a shape nobody knows: this sheet waits, the others do not.
                log.exception("answer not understood", sheet=sheet)
                reason = f"Its answer was not understood ({type(error).__name__})."
                yield Page(problems=(unread(sheet, state.name, reason),))

        yield from self._look_again(doubtful)

    def _compare_again(self, state: SheetState) -> Iterator[Page]:
        """Compare columns that are known with a template, or exceptions, that are new."""
        if state.live and state.judged != self.standard.digest(state.id):
            _, found = self._compare(state, state.live, state.rows or 0)
            yield Page(problems=found, checked=frozenset({scope_of(state.id)}))

    def _is_doubtful(self, state: SheetState, entry: Mapping[str, Any] | None) -> bool:
        """Return whether columns may be other than they were, though the version is the same.

        Whether a change of columns moves the sheet's version is not documented. Its time tells
        without a request; where a field is held up, somebody waits, and it is looked at now and
        then all the same.
        """
        if entry is not None and state.moved_since(str(entry.get("modifiedAt") or "")):
            return True
        return state.wrong and self._clock.now() >= self._next_look.get(state.id, _LONG_AGO)

    def _look_again(self, doubtful: Sequence[SheetState]) -> Iterator[Page]:
        """Read the columns of a few sheets, in turn."""
        turn = self._turn % max(1, len(doubtful))
        for state in [*doubtful[turn:], *doubtful[:turn]][:LOOKS]:
            self._turn += 1
            self._next_look[state.id] = self._clock.now() + LOOK_EVERY
            try:
                body = self._columns(state.id)
                _, found = self._learn(state, body)
            except (NoAccess, Throttled):
                raise
            except (Refused, Temporary) as error:  # its next change shows what it is
                log.info("columns could not be read", sheet=state.id, why=str(error))
            else:
                state.looked = str(body.get("modifiedAt") or "")
                state.changed()
                yield Page(problems=found, checked=frozenset({scope_of(state.id)}))

    def fetch(self, sheet: str, refs: Sequence[str]) -> Iterator[Page]:
        """Yield the rows of ``refs`` that are in ``sheet``; raises NotThere for the sheet."""
        return (page for page, _ in self.look_at(sheet, refs))

    def look_at(self, sheet: str, refs: Sequence[str]) -> Iterator[tuple[Page, int]]:
        """Yield the same, each page with the version that the sheet had then; 0 if not told."""
        size = self.rows_at_once
        for start in range(0, len(refs), size):
            wanted = refs[start : start + size]
            query = {**self._query, "rowIds": ",".join(wanted)}
            body = self._get("read rows", sheet, query)
            state = self.state(sheet)
            decoder, found = self._learn(state, body)
            self.index.saw(sheet, (row["id"] for row in body["rows"]))
            page = make_page(state, decoder, body["rows"], found, keep_blank=True)
            yield page, int(body.get("version") or 0)

    def absent(self, sheet: str, refs: Sequence[str]) -> frozenset[str] | None:
        """Return which of these rows are not in a sheet that answers; None where it does not.

        The rows are asked for together, and those not shown one by one, for a list that leaves
        something out says nothing about it. Of a great many only some are tried: where one of them
        is there after all, the list was wrong and nothing is proven.
        """
        try:
            shown = {one.ref for page in self.fetch(sheet, refs) for one in page.observations}
            missing = [ref for ref in refs if ref not in shown]
            tried = missing[: self._settings.rows_proven]
            there = [ref for ref in tried if self._is_there(sheet, ref)]
            self._client.get("read version", f"/sheets/{sheet}/version")
        except Refused:
            return None  # it was the sheet that was not there, or closed to us
        if there and len(missing) > len(tried):
            return None
        return frozenset(missing) - frozenset(there)

    def _is_there(self, sheet: str, row: str) -> bool:
        try:
            self._client.get("read row", f"/sheets/{sheet}/rows/{row}", {})
        except NotThere:
            return False
        return True

    def _columns(self, sheet: str) -> Answer:
        return self._get("read columns", sheet, HEAD)

    def rows_since(self, state: SheetState) -> list[Observation]:
        """Return the rows changed since shortly before the newest known one."""
        query = {**self._query}
        if state.newest:
            query["rowsModifiedSince"] = before(state.newest, self._settings.modified_overlap)
        body = self._get("read back", state.id, query)
        decoder, _ = self._learn(state, body)
        return [one for row in body["rows"] if (one := decoder.row(row)) is not None]

    def learn(self, sheet: str) -> None:
        """Read the columns of a sheet without its rows; raises NotThere."""
        self._learn(self.state(sheet), self._columns(sheet))

    def listed(self) -> dict[str, dict[str, Any]]:
        """Return all sheets this token sees, by id. One call (includeAll: without paging)."""
        query = {"include": "sheetVersion", "includeAll": "true"}
        body = self._client.get("list sheets", "/sheets", query)
        entries = list(body["data"])
        for page in range(2, int(body.get("totalPages") or 1) + 1):
            more = self._client.get("list sheets", "/sheets", {**query, "page": str(page)})
            entries += more["data"]
        return {str(entry["id"]): entry for entry in entries}

    def _sheet(self, state: SheetState, *, full: bool) -> Iterator[Page]:
        overlap = self._settings.modified_overlap
        many = state.written_lately(overlap) > PAGES * self._settings.page_size
        if full or many or state.rows is None or state.counted is None or not state.newest:
            yield from self._whole(state, lane=Lane.AUDIT if full else Lane.PERSON)
            return
        page = self._changed(state)
        if page is None:
            why = "its rows, columns or version disagree"
            log.info("sheet read in full", sheet=state.id, why=why)
            yield from self._whole(state, lane=Lane.PERSON)
        else:
            yield page

    def _changed(self, state: SheetState) -> Page | None:
        """Read the rows changed since the last time; None where they do not explain the sheet.

        They must explain how many rows it has, and by the second time its version.

        In one request without paging: whether the vendor counts pages before or after it filters
        is not documented, and a page too few would lose an edit.
        """
        overlap = self._settings.modified_overlap
        since = before(state.newest, overlap)
        query = {**self._query, "rowsModifiedSince": before(state.again, overlap) or since}
        body = self._get("read changed rows", state.id, query)
        rows = body["rows"]
        counted = state.counted or {}
        new = {
            row["id"]: row["createdAt"]
            for row in rows
            if row["createdAt"] >= since and row["id"] not in counted
        }
        total = body.get("totalRowCount")
        if state.rows is None or (total is not None and state.rows + len(new) != total):
            return None
        known = state.rows
        decoder, found = self._learn(state, body)
        if not state.is_listed():  # other columns than before
            return None
        page = make_page(state, decoder, rows, found)
        shown = {one.ref: one.version for one in page.observations}
        ids = [(str(one["id"]), one["modifiedAt"]) for one in rows]
        news = state.news(((ref, at, shown.get(ref, "")) for ref, at in ids), new)
        version = int(body.get("version") or 0)
        puzzled = not new and not state.explains(version, news)
        if puzzled and state.puzzled:
            return None
        state.saw(shown.items())
        self.index.saw(state.id, (row["id"] for row in rows))
        if puzzled:
            state.puzzled, state.lost = True, False
            return page
        state.doubt(version, news)
        newest = max((row["modifiedAt"] for row in rows), default="")
        self._settle(state, body, newest, known + len(new), new)
        return page

    def _whole(self, state: SheetState, *, lane: Lane) -> Iterator[Page]:
        """List all rows by pages; again where somebody changed the sheet in between."""
        known_until = state.newest if state.rows is not None else ""
        state.version, state.rows = 0, None
        state.doubtful, state.again = False, ""
        state.changed()
        for attempt in range(LISTINGS):
            listing = Listing()
            for body in self._pages(state.id, listing, lane):
                first = listing.pages == 1
                decoder, found = self._learn(state, body)
                whole = listing.is_whole
                if whole:
                    self._settle(state, body, listing.newest, len(listing.created), listing.created)
                    self.index.listed(state.id, listing.created)
                yield make_page(
                    state,
                    decoder,
                    body["rows"],
                    found if first else None,
                    complete=frozenset({state.id}) if whole else frozenset(),
                    since=known_until,
                )
                if whole:
                    return
            log.info("sheet changed while it was read", sheet=state.id, attempt=attempt + 1)

    def _pages(self, sheet: str, listing: Listing, lane: Lane) -> Iterator[Answer]:
        """Yield the pages of a sheet; the next one is asked for while one is worked on."""
        size = {**self._query, "pageSize": str(self._settings.page_size)}

        def ask(page: int) -> Answer:
            return self._get("read rows by page", sheet, {**size, "page": str(page)}, lane)

        body = ask(1)
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="reading") as pool:
            while True:
                listing.take(body)
                if listing.is_over:
                    yield body
                    return
                if self._settings.writers == 1:  # nothing at the same time
                    yield body
                    body = ask(listing.pages + 1)
                else:
                    following = pool.submit(ask, listing.pages + 1)
                    yield body
                    body = following.result()

    def _get(
        self, name: str, sheet: str, query: Mapping[str, str], lane: Lane = Lane.PERSON
    ) -> Answer:
        body = self._client.get(name, f"/sheets/{sheet}", query, lane=lane)
        if "rows" not in body or "columns" not in body:
            raise Temporary(
                "Smartsheet's answer holds no rows or columns; it is asked again later."
            )
        return body

    def _settle(
        self,
        state: SheetState,
        body: Mapping[str, Any],
        newest: str,
        total: int,
        created: Mapping[int, str],
    ) -> None:
        """Take over what a whole answer proves."""
        state.version = int(body.get("version") or 0)
        state.rows = total
        state.lost = state.puzzled = False
        state.forget_own()
        state.newest = max(state.newest, newest, str(body.get("modifiedAt") or ""))
        state.count(created, self._settings.modified_overlap)

    def decoder(self, sheet: str) -> RowDecoder:
        """Return how the rows of a sheet are read, by the columns it had last."""
        columns, bindings = self.state(sheet).columns, self.bindings[sheet]
        return RowDecoder(
            self._place.name, sheet, bindings, columns, key_is_value=self._key_is_value
        )

    def _learn(
        self, state: SheetState, body: Mapping[str, Any]
    ) -> tuple[RowDecoder, tuple[Problem, ...]]:
        live = tuple(parse_column(column) for column in body["columns"])
        state.name = str(body.get("name") or state.name)
        return self._compare(state, live, int(body.get("totalRowCount") or 0))

    def _compare(
        self, state: SheetState, live: tuple[Column, ...], rows: int
    ) -> tuple[RowDecoder, tuple[Problem, ...]]:
        """Take over the columns of a sheet and say how they differ from the template."""
        found = self.standard.found(state, live)
        state.replaced.update(found.replaced)
        state.learn_columns(found.known, found.columns)
        drifts = self.standard.drifts(state, replace(found, replaced=tuple(state.replaced)))
        state.learn_sheet(live)
        held = paused(drifts)
        state.judge(self.standard.digest(state.id), held)
        closed = [*locked_out(state.id, state.name, self.bindings[state.id], found.columns)]
        state.note(wrong=bool(held or closed))
        room = headroom(state.id, state.name, rows, len(live))
        wrong = [*problems(state.id, drifts), *closed, *room]
        return self.decoder(state.id), tuple(wrong)
