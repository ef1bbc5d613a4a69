"""A look before a write: HubSpot has no If-Match, so what people changed is read first.

A create whose answer was lost is looked for by the identity it carries: an upsert would write over
what people changed since. One that people archived meanwhile is found in the list of the archived
ones only, which is read where something is missing; else it were made again. That is so between two
attempts of one call too: where anything is there, the next cycle reads it first.

Only writes to fields that people set too are looked at (``Write.careful``), straight from the
records and not from the search index, 100 tickets a call and just their properties, right before
the batch that writes them. What is left of the race is the time between those two calls.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from ubm_hubspot.batches import Ended, Run
from ubm_hubspot.decode import KEYLESS, MODIFIED, PIPELINE, STAGE, Decoder
from ubm_hubspot.encode import Encoder, Parcel
from ubm_hubspot.searching import Record
from ubm_hubspot.tickets import Tickets
from ubm_sync.errors import NoAccess, Refused, Stopping, Temporary, Throttled
from ubm_sync.model import Observation, Result
from ubm_sync.ports import Lane
from ubm_sync.transport import Outdated

CHANGED = "changed meanwhile"
FOUND = "there already"
MADE = "A ticket was made before HubSpot answered that it was; it is read first."
ARCHIVED = "A ticket was archived before HubSpot answered that it was made; it is read first."
UNSAID = "HubSpot did not say which tickets are there, and nothing is written unseen."
_AGAIN = 10 * 60_000  # milliseconds until the bin is searched for the same ticket again


class Bin:
    """The archived tickets, listed where a ticket is missing; ``now`` in epoch milliseconds.

    The list is long in an old portal, and there is no search in it. So it is read once in a round
    of writes (``Run``), by whichever batch comes first, and not again for what was just missing.
    """

    def __init__(self, read: Callable[[], dict[str, str]], now: Callable[[], int]) -> None:
        self._read = read
        self._now = now
        self._lock = threading.Lock()
        self._listed: dict[str, str] = {}
        self._missed: dict[str, int] = {}  # identity -> when it was looked for in vain
        self._run: Run | None = None
        self._begun = self._done = 0  # lists, counted

    def look(self, keys: Collection[str], run: Run) -> Mapping[str, str]:
        """Return archived tickets by identity, ``keys`` among them where they are archived."""
        with self._lock:
            now = self._now()
            recent = {key: at for key, at in self._missed.items() if 0 <= now - at < _AGAIN}
            if self._run is not run:
                if set(keys) <= recent.keys():
                    return {}
                self._list()
                self._run = run
            missing = set(keys) - self._listed.keys() - recent.keys()
            self._missed = recent | dict.fromkeys(missing, now)
            return self._listed

    def look_again(self) -> Mapping[str, str]:
        """Return archived tickets by identity, from a list that was begun after this was called.

        Batches that wait for one another share it.
        """
        begun = self._begun
        with self._lock:
            if self._done <= begun:
                self._list()
            return self._listed

    def _list(self) -> None:
        self._begun += 1
        self._listed = self._read()
        self._done = self._begun


class Look:
    """Reads what parcels are about to write over."""

    def __init__(
        self,
        tickets: Tickets,
        decoder: Decoder,
        encoder: Encoder,
        *,
        identity: str,
        now: Callable[[], int],
    ) -> None:
        self._tickets = tickets
        self._decoder = decoder
        self._identity = identity
        self._bin = Bin(self._archived, now)
        self._named: dict[str, dict[str, str]] = {}
        for place, fields in encoder.fields_of.items():
            self._named[place] = {field: external for external, field in fields.items()}

    def sort(
        self, parcels: Sequence[Parcel], run: Run, *, new: bool
    ) -> tuple[list[Parcel], list[Ended]]:
        """Return the parcels that may be sent, and how the others ended."""
        asked = [one for one in parcels if (one.write.doubtful if new else _careful(one))]
        if not asked or run.error:
            return list(parcels), []
        others = {id(one) for one in parcels} - {id(one) for one in asked}
        ready = [one for one in parcels if id(one) in others]
        try:
            late = self._found(asked, run) if new else self._changed(asked)
            until = self._tickets.look_holds_until()
        except (NoAccess, Throttled, Stopping) as error:
            run.error = error
            return [], []
        except (Temporary, Refused) as error:
            if isinstance(error, Temporary):
                run.failed(error)
            return ready, [Ended(one, Result.REFUSED, reason=str(error)) for one in asked]
        for one in () if new else asked:
            one.until = until
        ready += [one for one in asked if id(one) not in late]
        return ready, list(late.values())

    def before_repeat(self, keys: Sequence[str]) -> None:
        """Look for tickets that a request without an answer may have made, before it is repeated.

        Raises Temporary where one is there, for people may type into it by now; Outdated where one
        is archived, or where HubSpot does not say; NoAccess, Refused.
        """
        unsaid: set[str] = set()
        made = self._live(keys, unsaid)
        if unsaid:
            raise Outdated(UNSAID)
        if made:
            raise Temporary(MADE)
        if not self._bin.look_again().keys().isdisjoint(keys):
            raise Outdated(ARCHIVED)

    def _found(self, parcels: Sequence[Parcel], run: Run) -> dict[int, Ended]:
        """Return the parcels whose ticket exists, or is archived, or may be, by ``id``."""
        unsaid: set[str] = set()
        there = self._find([parcel.identity for parcel in parcels], unsaid, run)
        late = {}
        for one in parcels:
            if one.identity in there:
                ref = there[one.identity]
                late[id(one)] = Ended(one, Result.REFUSED, ref, reason=FOUND, stale=True)
            elif one.identity in unsaid:
                late[id(one)] = Ended(one, Result.REFUSED, reason=UNSAID)
        return late

    def _find(self, keys: Sequence[str], unsaid: set[str], run: Run) -> Mapping[str, str]:
        """Return the tickets that carry identities already, those of ``keys`` among them."""
        found = self._live(keys, unsaid)
        missing = set(keys) - found.keys() - unsaid
        binned = self._bin.look(missing, run) if missing else {}
        return {**found, **{key: binned[key] for key in missing if key in binned}}

    def _live(self, keys: Sequence[str], unsaid: set[str]) -> dict[str, str]:
        names = [MODIFIED, self._identity]
        pages = self._tickets.read(keys, properties=names, by=self._identity, unsaid=unsaid)
        return self._refs(pages)

    def _refs(self, pages: Iterable[list[Record]]) -> dict[str, str]:
        """Return tickets of ours by identity; nothing else of them is read."""
        ours = (one for page in pages for one in page if self._decoder.is_ours(one))
        return {one["properties"][self._identity].strip(): str(one["id"]) for one in ours}

    def _archived(self) -> dict[str, str]:
        return self._refs(self._tickets.archived(Lane.RETRY))

    def _changed(self, parcels: Sequence[Parcel]) -> dict[int, Ended]:
        """Return the parcels that come too late, or may, by ``id``."""
        unsaid: set[str] = set()
        there = self._read(parcels, unsaid)
        late: dict[int, Ended] = {}
        for parcel in parcels:
            ref = parcel.write.ref or ""
            seen = there.get(ref)
            if ref in unsaid:
                late[id(parcel)] = Ended(parcel, Result.REFUSED, reason=UNSAID)
            elif seen is not None and _is_late(parcel, seen):
                late[id(parcel)] = Ended(
                    parcel, Result.REFUSED, seen.ref, reason=CHANGED, stale=True
                )
        return late

    def _read(self, parcels: Sequence[Parcel], unsaid: set[str]) -> dict[str, Observation]:
        """Return the tickets that are there; a missing one is the write's own concern."""
        names = {MODIFIED, self._identity}
        for parcel in parcels:
            named = self._named[parcel.write.place]
            names |= {named[field] for field in _careful(parcel) if field in named}
        entered = any(one.write.expected.endswith(KEYLESS) for one in parcels)
        if entered or names & {PIPELINE, STAGE}:
            names |= {PIPELINE, STAGE}
        refs = [str(parcel.write.ref) for parcel in parcels]
        records: list[Record] = [
            record
            for found in self._tickets.read(refs, properties=sorted(names), unsaid=unsaid)
            for record in found
        ]
        places = {str(parcel.write.ref): parcel.write.place for parcel in parcels}
        seen = {one.ref: one for record in records for one in self._decoder.observe(record)}
        for record in records:  # one that is only now given its identity
            if (ref := str(record["id"])) not in seen and ref in places:
                seen[ref] = self._decoder.unlinked(places[ref], record)
        return seen


def _careful(parcel: Parcel) -> list[str]:
    """Return the fields of a parcel that are sent and that people set too."""
    return [field for field in parcel.write.careful if field not in parcel.faults]


def _is_late(parcel: Parcel, seen: Observation) -> bool:
    """Return whether somebody changed a field since, be it to what is wanted."""
    careful = parcel.write.careful
    return any(seen.values.get(field) != careful[field] for field in _careful(parcel))
