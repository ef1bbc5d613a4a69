"""What is new or changed at the help desk, new tickets first; a quiet reading is one search.

The search tells only which tickets changed; they are read from the records themselves, which are
newer than the index. How far it looks back over what was indexed late: see ``window``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain

from ubm_hubspot import desk_searching
from ubm_hubspot.decode import modified_of
from ubm_hubspot.desk_cursor import MOST_AGAIN, Position
from ubm_hubspot.desk_decode import DeskDecoder
from ubm_hubspot.desk_mails import Mails
from ubm_hubspot.desk_schema import PART, DeskSchema
from ubm_hubspot.desk_tickets import DeskTickets
from ubm_hubspot.searching import Asking, Found, Record, by_change, newest
from ubm_hubspot.tickets import BATCH, chunks
from ubm_hubspot.values import instant
from ubm_sync.desk import Ticket
from ubm_sync.errors import NoAccess, Refused, Temporary
from ubm_sync.model import Problem

_TRIES = 4  # a search that is refused is asked with less
_NEW_PAGES = 25  # of new tickets that are read before what changed
_DAY = 86_400_000


class Arrivals:
    """Reads on from a position; ``now`` is our clock in epoch milliseconds.

    ``problems`` are the tickets that cannot be read, ``checked`` their scopes and those of the
    ones that can be read again.
    """

    def __init__(
        self,
        tickets: DeskTickets,
        decoder: DeskDecoder,
        schema: DeskSchema,
        mails: Mails,
        *,
        identity: str,
        now: Callable[[], int],
    ) -> None:
        self._tickets = tickets
        self._decoder = decoder
        self._schema = schema
        self._mails = mails
        self._identity = identity
        self._now = now
        self.problems: dict[str, Problem] = {}
        self.checked: set[str] = set()

    def news(self, at: Position) -> Iterator[Sequence[Ticket]]:
        """Yield what is new, ``at`` moving on with it. Raises NoAccess, Temporary."""
        yield from self._once_more(at)
        for _ in range(_TRIES):
            try:
                yield from self._changes(at)
            except NoAccess:
                raise
            except Refused as error:
                if not self._schema.learn(error):
                    raise Temporary(f"HubSpot refused to be searched: {error}") from error
            else:
                break
        else:
            raise Temporary("HubSpot refused to be searched, whatever it was asked.")
        if not self._schema.heard:
            yield from self._written(at)

    def _changes(self, at: Position) -> Iterator[Sequence[Ticket]]:
        began, overlap = at.window.scanned, at.window.rules.overlap_max
        since = at.window.begin(self._now())
        # A settling pass of a busy desk does not go back as far as the index may lag.
        is_short = since <= at.window.settled and since > began - overlap
        query: Asking = desk_searching.changed(
            self._schema, self._identity, self._decoder.stamps, since
        )
        walk = by_change(self._tickets.search, query, since)
        begun = next(walk, None)
        whole = True
        if is_short or (begun is not None and begun.more):
            yield from self._created(at, (self._now() - _DAY if at.first else began) - overlap)
            at.window.order()
        for found in chain((begun,) if begun is not None else (), walk):
            whole = whole and found.whole
            parts = list(chunks(self._unknown(at, found), BATCH))
            for part in parts[:-1]:
                yield self._read(at, self._stamps(part))
            tickets = self._read(at, self._stamps(parts[-1])) if parts else []
            if whole and found.records:
                at.window.covered(modified_of(found.records[-1]))
            if tickets:
                yield tickets
        at.window.end(self._now(), consistent=whole)
        at.first = at.first and not whole

    def _created(self, at: Position, since: int) -> Iterator[Sequence[Ticket]]:
        """Yield new tickets before what changed, so that none waits behind thousands of others."""
        query: Asking = desk_searching.made(self._schema, self._identity, self._decoder.stamps)
        for found in newest(self._tickets.search, query, max(0, since), _NEW_PAGES):
            new = [one for one in found.records if str(one["id"]) not in at.window.known]
            for part in chunks(self._wanted(at, new), BATCH):
                yield self._read(at, self._stamps(part))

    def _unknown(self, at: Position, found: Found) -> list[Record]:
        """Return the records of a page whose state is news."""
        stamp = self._decoder.stamp
        news = [one for one in found.records if at.window.is_news(str(one["id"]), stamp(one))]
        return self._wanted(at, news)

    def _wanted(self, at: Position, news: list[Record]) -> list[Record]:
        """Return news without what was closed before the first reading."""
        closed = [one for one in news if at.first and self._decoder.is_closed(one)]
        for one in closed:
            at.window.took(str(one["id"]), self._decoder.stamp(one))
        return [one for one in news if one not in closed] if closed else news

    def _once_more(self, at: Position) -> Iterator[Sequence[Ticket]]:
        """Yield tickets that could not be read when they changed."""
        waiting, at.again = at.again, []
        for some in chunks(waiting, BATCH):
            yield self._read(at, dict.fromkeys(some, 0))

    def _written(self, at: Position) -> Iterator[Sequence[Ticket]]:
        """Yield the tickets of new mail, where tickets do not tell of messages themselves."""
        for found in self._mails.new(at):
            known = at.window.known  # what was told since the mail came is no news again
            some = {ref: stamp for ref, stamp in found.items() if stamp > known.get(ref, -1)}
            tickets = self._read(at, dict.fromkeys(some, 0))
            yield [_heard(one, some.get(one.ref, 0)) for one in tickets]

    def _stamps(self, records: Sequence[Record]) -> dict[str, int]:
        return {str(one["id"]): self._decoder.stamp(one) for one in records}

    def _read(self, at: Position, stamps: Mapping[str, int]) -> list[Ticket]:
        """Read tickets by id, each at least as new as its stamp says; those gone are left out."""
        records, unsaid = self._tickets.read(stamps)
        if len(at.again) + len(unsaid) > MOST_AGAIN:
            raise Temporary("HubSpot did not say what changed tickets hold.")
        at.again += unsaid
        tickets: list[Ticket] = []
        for ref, stamp in stamps.items():
            record = records.get(ref)
            if record is not None:
                tickets += self._decoded(ref, record)
            newest = self._decoder.stamp(record) if record is not None else 0
            at.window.took(ref, max(stamp, newest))
        return tickets

    def _decoded(self, ref: str, record: Record) -> list[Ticket]:
        scope = f"{PART}/#{ref}"
        try:
            ticket = self._decoder.ticket(record)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            text = f"Ticket {ref} cannot be read ({type(error).__name__}: {error}); it is left."
            self.problems[scope] = Problem(scope, "ticket_unreadable", text)
            self.checked.add(scope)
            return []
        if self.problems.pop(scope, None):
            self.checked.add(scope)
        return [ticket]


def _heard(ticket: Ticket, stamp: int) -> Ticket:
    """Return a ticket on which a customer wrote, which moved nothing of the ticket itself."""
    if not stamp:
        return ticket
    at = datetime.fromtimestamp(stamp / 1000, UTC)
    version = max(ticket.version, instant(stamp))
    return replace(ticket, heard_at=max(at, ticket.heard_at or at), version=version)
