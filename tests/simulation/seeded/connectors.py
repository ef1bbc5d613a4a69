"""Bugs of the connectors: what they make of an answer, and what they do before they write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from tests.simulation.seeded.mutation import (
    Mutation,
    acts,
    disturbed,
    errand,
    lost_answers,
    troubles,
)
from tests.simulation.seeded.patching import around, both, instead

from ubm_hubspot import batches as ticket_batches
from ubm_hubspot import client as ticket_client
from ubm_hubspot import looking as ticket_looking
from ubm_hubspot.batches import Batches, Ended
from ubm_hubspot.looking import Look as TicketLook
from ubm_hubspot.notes import Notes
from ubm_hubspot.observing import Observer
from ubm_hubspot.window import Window
from ubm_smartsheet import batching
from ubm_smartsheet import looking as row_looking
from ubm_smartsheet import writing as row_writing
from ubm_smartsheet.cursor import SheetState
from ubm_smartsheet.looking import Look as RowLook
from ubm_smartsheet.writing import SheetWriter
from ubm_sync.model import Result
from ubm_sync.sync.lookback import LookBack
from ubm_sync.transport import Kind

# ---------------------------------------------------------------------------------------- answers


def _unknown_is_refused(unanswered: Callable[..., Any], *some: Any) -> Any:
    found = unanswered(*some)
    found.ended = [one._replace(result=Result.REFUSED) for one in found.ended]
    return found


def _rows_refused(unknown: Callable[..., Any], write: Any, reason: str) -> Any:
    return replace(unknown(write, reason), result=Result.REFUSED)


def _throttled_is_refused(read: Callable[..., Any], reply: Any, **named: Any) -> Any:
    verdict = read(reply, **named)
    return verdict._replace(kind=Kind.NO, wait=None) if verdict.kind is Kind.AGAIN else verdict


def _all_of_the_batch(sort: Callable[..., Any], self: Batches, parcels: Any, answer: Any,
                      **named: Any) -> Any:  # fmt: skip
    out = sort(self, parcels, answer, **named)
    told = {id(one.parcel) for one in out.ended if one.result is Result.LANDED}
    whole = [one for one in out.ended if one.result is Result.LANDED]
    whole += [
        Ended(parcel, Result.LANDED, parcel.write.ref)
        for parcel in parcels
        if id(parcel) not in told and parcel.write.ref is not None
    ]
    return ticket_batches._Sorted(whole, [one for one in out.again if one.write.ref is None])


def _all_rows(
    self: SheetWriter, rows: Any, answer: Mapping[str, Any], *, again: bool
) -> Iterator[Any]:
    del again
    written = {int(one["id"]): one for one in batching.answered(answer)}
    newest = max((str(one.get("modifiedAt") or "") for one in written.values()), default="")
    version = int(answer.get("version") or 0)
    self._state.own_write(version, newest, rows=len(written), sends=answer.sends)  # type: ignore[attr-defined]
    for row in rows:
        yield self._landed(row, written.get(int(row.write.ref or 0), {"modifiedAt": newest}))


tickets_unknown_is_refused = around(ticket_batches, "_unanswered", _unknown_is_refused)
rows_unknown_is_refused = around(row_writing, "unknown", _rows_refused)
throttled_is_refused = around(ticket_client, "read", _throttled_is_refused)
part_of_tickets_is_all = around(Batches, "_sort", _all_of_the_batch)
part_of_rows_is_all = instead(SheetWriter, "_answered", _all_rows)

# ------------------------------------------------------------------------------ before the writes


def _only_creates(sort: Callable[..., Any], self: TicketLook, parcels: Any, run: Any, *,
                  new: bool) -> Any:  # fmt: skip
    return sort(self, parcels, run, new=new) if not new else (list(parcels), [])


def _never_late(_self: RowLook, _rows: object) -> object:
    return row_looking.NOTHING


ticket_look_skipped = instead(ticket_looking, "_is_late", lambda *_some: False)
create_look_skipped = around(TicketLook, "sort", _only_creates)
row_look_skipped = both(
    instead(RowLook, "late", _never_late), instead(SheetWriter, "_turned_away", lambda *_some: None)
)
# ---------------------------------------------------------------------------------------- reading


def _newest_only(begin: Callable[..., int], self: Window, now: int) -> int:
    begin(self, now)
    self._settling = False
    self._anchor = self.scanned + 1 if self.scanned else 0
    return self._anchor


def _any_version(own_write: Callable[..., bool], self: SheetState, version: int, newest: str, *,
                 rows: int, sends: int) -> bool:  # fmt: skip
    known = self.version
    taken = own_write(self, version, newest, rows=rows, sends=sends)
    if known and version:
        self.version = version
        self.newest = max(self.newest, newest)
    return taken


def _nothing(*_some: Any) -> int:
    return 0


def _none(*_some: Any, **_named: Any) -> Iterator[Any]:
    return iter(())


def _nobody_waits_for(
    archived: Callable[..., Iterator[Any]], self: Observer, **named: Any
) -> Iterator[Any]:
    self.reconciled.refs = []
    yield from archived(self, **named)


search_begins_at_newest = around(Window, "begin", _newest_only)
older_index_is_news = instead(Window, "is_news", lambda *_some: True)
sheet_cursor_skips_others = around(SheetState, "own_write", _any_version)
# A ticket that holds on to its identity is also named where it is to be created again.
archived_not_listed = both(
    instead(Observer, "archived", _none), instead(ticket_batches, "holder_of", lambda *_some: "")
)
# No search shows a ticket that came back, so one that left the bin is asked for by name as well.
return_is_no_news = both(
    instead(Window, "forget", lambda *_some: None), around(Observer, "archived", _nobody_waits_for)
)
notes_not_looked_for = instead(Notes, "noted", lambda *_some: frozenset())

# What a look before a write misses is found in the history afterwards.
never_looked_back = instead(LookBack, "look", _nothing)
looks_skipped = both(ticket_look_skipped, row_look_skipped, never_looked_back)

CONNECTORS: tuple[Mutation, ...] = (
    Mutation(
        "nobody looks before or after",
        "what people typed between two readings is written over",
        looks_skipped,
        disturbed,
    ),
    Mutation(
        "an unanswered ticket is refused",
        "a write that landed after all counts as not sent",
        tickets_unknown_is_refused,
        errand("the answer to a change is lost"),
    ),
    Mutation(
        "an unanswered row is refused",
        "a write that landed after all counts as not sent",
        rows_unknown_is_refused,
        lost_answers,
    ),
    Mutation(
        "part of a batch of tickets is all of it",
        "what failed in a 207 counts as written",
        part_of_tickets_is_all,
        errand("a batch is done in part"),
    ),
    Mutation(
        "part of a batch of rows is all of it",
        "what failed in a partial success counts as written",
        part_of_rows_is_all,
        troubles("partial"),
    ),
    Mutation(
        "429 is a refusal",
        "a busy hour sets records aside",
        throttled_is_refused,
        troubles("throttle", "retry after"),
    ),
    Mutation(
        "tickets are looked at neither before nor after",
        "what people typed meanwhile is written over",
        both(ticket_look_skipped, never_looked_back),
        errand("somebody types into a ticket meanwhile"),
    ),
    Mutation(
        "rows are looked at neither before nor after",
        "what people typed meanwhile is written over",
        both(row_look_skipped, never_looked_back),
        errand("somebody types into a row meanwhile"),
    ),
    Mutation(
        "a ticket is created without looking before or after",
        "what people typed into one whose answer was lost is written over",
        both(create_look_skipped, never_looked_back),
        errand("the answer to a new ticket is lost"),
    ),
    Mutation(
        "the search begins at the newest change",
        "what the index shows late is never read",
        search_begins_at_newest,
        errand("the index shows changes one after the other"),
    ),
    Mutation(
        "an older index is news", "an index that lags takes back what was read", older_index_is_news
    ),
    Mutation(
        "the sheet's cursor skips others",
        "an edit between two of our writes is never read",
        sheet_cursor_skips_others,
        errand("somebody types into another row meanwhile"),
    ),
    Mutation(
        "archived tickets are not listed",
        "the row waits for a ticket that is gone",
        archived_not_listed,
        acts("archive", "unarchive"),
    ),
    Mutation(
        "a ticket that returns is no news",
        "a restored ticket counts as deleted",
        return_is_no_news,
        errand("an archived ticket is taken back"),
    ),
)
