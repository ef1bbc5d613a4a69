"""Reading what changed, and everything, as pages of observations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ubm_hubspot.decode import CONTAINER, MODIFIED, Decoder, modified_of
from ubm_hubspot.entering import Entered
from ubm_hubspot.schema import SCOPE
from ubm_hubspot.searching import Query, Record, by_change, by_id
from ubm_hubspot.tickets import BATCH, Tickets, chunks
from ubm_hubspot.values import milliseconds
from ubm_hubspot.window import Window
from ubm_sync.model import Observation, Page, Problem
from ubm_sync.ports import Lane

_LATE = 15 * 60_000  # milliseconds: archived tickets are told again within this
_NOTHING: frozenset[str] = frozenset()
TWICE = "="  # ends the version of a ticket that was read again after the second of its change
_REMEMBERED = 500  # archived tickets that are watched for their return, and merged ones


@dataclass(slots=True)
class Reconciled:
    """What is remembered about archived tickets; times in epoch milliseconds."""

    at: int = 0  # when they were last listed, by our clock
    upto: int = 0  # the newest one, by HubSpot's
    refs: list[str] = field(default_factory=list)  # ours, the newest last


@dataclass(slots=True)
class _Walk:
    """What a full reading has seen."""

    seen: set[str] = field(default_factory=set)
    promised: int = -1
    whole: bool = True

    def consistent(self) -> bool:
        return self.whole and len(self.seen) >= self.promised


class Observer:
    """Turns searches and listings into pages; ``now`` is our clock in epoch milliseconds."""

    def __init__(
        self,
        tickets: Tickets,
        decoder: Decoder,
        window: Window,
        *,
        identity: str,
        now: Callable[[], int],
        entered: Entered | None = None,
    ) -> None:
        self.entered = entered
        self._tickets = tickets
        self._decoder = decoder
        self._window = window
        self._now = now
        pipeline = entered.pipeline if entered is not None else str
        self._full = Query(identity, decoder.properties, pipeline=pipeline)
        self._lean = Query(identity, [MODIFIED], pipeline=pipeline)
        self._newest = Query(identity, [MODIFIED], limit=1, pipeline=pipeline)
        self.reconciled = Reconciled()
        self._unreadable: set[str] = set()
        self._merged: dict[str, str] = {}  # tickets as those said into which they were merged
        self._wanted = frozenset(decoder.properties)
        self.lacking: frozenset[str] = frozenset()  # properties the portal did not show last

    def changes(self) -> Iterator[Page]:
        """Yield what changed since the last search; one request where nothing did."""
        window = self._window
        yield from self._doubtful()
        anchor = window.begin(self._now())
        lane = Lane.PERSON if anchor else Lane.BACKFILL
        lean = window.lean() or not self._full.fits()
        whole = True
        for found in by_change(self._ask(lane), self._lean if lean else self._full, anchor):
            whole = whole and found.whole
            news = [r for r in found.records if window.is_news(str(r["id"]), modified_of(r))]
            if news:
                back = [record for record in news if str(record["id"]) in window.left]
                yield from self._current(news, news if lean else back, lane)
            if whole and found.records:
                window.covered(modified_of(found.records[-1]))
        window.end(self._now(), consistent=whole)
        yield from self._waiting()

    def _current(
        self, found: Sequence[Record], behind: Sequence[Record], lane: Lane
    ) -> Iterator[Page]:
        """Yield what a search found; those it may show as they were are read by their ids."""
        late = dict.fromkeys(str(record["id"]) for record in behind)
        if sure := [record for record in found if str(record["id"]) not in late]:
            yield self._page(sure)
        for records in self._tickets.read(list(late), lane=lane):
            yield self._page(records)

    def _doubtful(self) -> Iterator[Page]:
        """Yield tickets that may have changed twice within one second of the portal's time.

        Their version is told from the one of the first change, which is the same instant.
        """
        for some in chunks(self._window.doubtful(self._now()), BATCH):
            unsaid: set[str] = set()
            for records in self._tickets.read(some, lane=Lane.PERSON, unsaid=unsaid):
                page = self._page(records)
                again = (replace(o, version=o.version + TWICE) for o in page.observations)
                yield replace(page, observations=tuple(again))
            self._window.sure([ref for ref in some if ref not in unsaid])

    def _waiting(self) -> Iterator[Page]:
        """Yield entered tickets that belong to a customer by now, or are no requests any more."""
        entered = self.entered
        if entered is None or not entered.is_due(self._now()):
            return
        refs = list(entered.waiting)
        asked = set[str]()
        for records in self._tickets.read(refs, lane=Lane.BACKFILL):
            page = self._page(records, taken=False)
            asked |= {one.ref for one in page.observations} | {
                one.scope.rpartition("#")[2] for one in page.problems
            }
            yield page
        if scopes := entered.left(set(refs) - asked):
            yield Page(checked=frozenset(scopes))

    def everything(self) -> Iterator[Page]:
        """Yield every ticket of ours, live and archived; the last page says if it was complete."""
        begun_at = 0 if self._window.scanned else self._newest_change()
        walk = _Walk()
        lean = not self._full.fits()
        for found in by_id(self._ask(Lane.AUDIT), self._lean if lean else self._full):
            walk.whole = walk.whole and found.whole
            walk.promised = found.total if walk.promised < 0 else walk.promised
            walk.seen.update(str(record["id"]) for record in found.records)
            old = (
                found.records
                if lean
                else [r for r in found.records if self._is_behind(r, begun_at)]
            )
            yield from self._current(found.records, old, Lane.AUDIT)
        # What we know of and the index does not show yet is asked for by name.
        hidden = [ref for ref in self._window.known if ref not in walk.seen]
        for records in self._tickets.read(hidden, lane=Lane.AUDIT):
            yield self._page(records)
        yield from self.archived(since=0)
        if begun_at and walk.consistent():
            self._window.start(begun_at)
        yield Page(complete=frozenset({CONTAINER}) if walk.consistent() else frozenset())

    def archived(self, *, since: int | None = None) -> Iterator[Page]:
        """Yield the archived tickets, only the recent ones where ``since`` is not given."""
        begun = self._now()
        since = self.reconciled.upto - _LATE if since is None else since
        left: dict[str, int] = {}
        for records in self._tickets.archived(Lane.AUDIT):
            stamps = [_left_at(record) for record in records]
            fresh = [r for r, at in zip(records, stamps, strict=True) if at >= since]
            self.reconciled.upto = max([self.reconciled.upto, *stamps])
            left |= {
                str(record["id"]): at
                for record, at in zip(records, stamps, strict=True)
                if self._decoder.is_ours(record)
            }
            page = self._page(fresh)
            if page.observations:
                yield replace(page, observations=tuple(map(self._left, page.observations)))
        # HubSpot may restore a ticket without moving its time of change: no search shows that.
        back = [ref for ref in self.reconciled.refs if ref not in left]
        if back:
            yield from self.fetch(back)
        self.reconciled.refs = sorted(left, key=lambda ref: left[ref])[-_REMEMBERED:]
        self.reconciled.at = begun

    def _left(self, seen: Observation) -> Observation:
        """Return an archived ticket as merged where it was: the bin does not tell them apart."""
        primary = self._merged.get(seen.ref)
        if primary is None:
            return seen
        return replace(seen, gone=self._decoder.merged(seen.place, seen.ref, primary).gone)

    def fetch(self, refs: Sequence[str]) -> Iterator[Page]:
        """Yield single tickets again, straight from the records and not from the index.

        One of which a batch says nothing is asked for by itself, and so is one in the bin: only
        that tells what was archived from what was merged away.
        """
        missing = dict.fromkeys(refs)
        for records in self._tickets.read(list(missing), unsaid=set()):
            for record in records:
                missing.pop(str(record["id"]), None)
            yield self._page(records, taken=False)
        binned: dict[str, Record] = {}
        for records in self._tickets.read(list(missing), archived=True, unsaid=set()):
            binned |= {str(record["id"]): record for record in records}
        for ref in missing:
            single = None if ref in self._merged and ref in binned else self._tickets.one(ref)
            if single is not None:
                yield Page(tuple(self._moved(ref, single)))
            elif ref in binned:
                page = self._page([binned[ref]], taken=False)
                yield replace(page, observations=tuple(map(self._left, page.observations)))

    def _moved(self, ref: str, record: Record) -> Iterator[Observation]:
        for seen in self._decoder.observe(record):
            if seen.ref != ref:
                self._window.forget(ref, self._now())
                gone = self._decoder.merged(seen.place, ref, seen.ref)
                self._remember(gone)
                yield gone
                return
            yield seen

    def _newest_change(self) -> int:
        """Return HubSpot's time before a first full reading: the search goes on from there."""
        body = self._newest.body()
        body["sorts"][0]["direction"] = "DESCENDING"
        results = self._tickets.search(body, Lane.AUDIT)["results"]
        return modified_of(results[0]) if results else 0

    def _ask(self, lane: Lane) -> Callable[[dict[str, Any]], dict[str, Any]]:
        return lambda body: self._tickets.search(body, lane)

    def _is_behind(self, record: Record, upto: int) -> bool:
        ref, modified = str(record["id"]), modified_of(record)
        known = self._window.known.get(ref, -1)
        late = modified < known or ref in self._window.left
        return late or self._window.is_blurred(modified, upto)

    def _page(self, records: Iterable[Record], *, taken: bool = True) -> Page:
        """Decode records; ``taken`` says that the reader keeps what it is given here.

        What was only looked up may be dropped, so the search has to show it all the same.
        """
        observations: list[Observation] = []
        problems: list[Problem] = []
        checked: set[str] = set()
        for record in records:
            ref = str(record.get("id"))
            try:
                seen = tuple(self._decoder.observe(record))
            except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
                text = f"Ticket {ref} cannot be read ({type(error).__name__}: {error}); it is left."
                problems.append(Problem(f"{SCOPE}/#{ref}", "ticket_unreadable", text))
                self._unreadable.add(ref)
                checked.add(f"{SCOPE}/#{ref}")
                continue
            if ref in self._unreadable:
                self._unreadable.discard(ref)
                checked.add(f"{SCOPE}/#{ref}")
            observations.extend(seen)
            for each in seen:
                if each.gone:
                    self._window.forget(each.ref, self._now())
                    self._remember(each)
            if not record.get("archived"):
                self._compare(record)
                know = self._window.took if taken else self._window.met
                know(ref, modified_of(record))
        if self.entered is not None:
            observations, of_nobody, looked_at = self.entered.sort(observations)
            problems += of_nobody
            checked |= looked_at
        return Page(tuple(observations), problems=tuple(problems), checked=frozenset(checked))

    def _remember(self, gone: Observation) -> None:
        """Note a ticket that another one says was merged into it, which the bin does not say."""
        how, _, primary = gone.gone.partition(":")
        if primary and how == "merged":
            self._merged.pop(gone.ref, None)
            self._merged[gone.ref] = primary
            if len(self._merged) > _REMEMBERED:
                del self._merged[next(iter(self._merged))]

    def _compare(self, record: Record) -> None:
        """Note what HubSpot leaves out: it shows an empty property as null, a deleted one never."""
        shown = record["properties"].keys()
        lacking = _NOTHING if self._wanted <= shown else self._wanted - shown
        if lacking != self.lacking:
            self.lacking = lacking


def _left_at(record: Record) -> int:
    text = record.get("archivedAt") or record.get("updatedAt")
    try:
        return milliseconds(text) if text else 0
    except ValueError:
        return 0
