"""Writes -> outcomes: waves, batches in flight, then the companies' links."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from ubm_hubspot.batches import Batches, Ended, Run
from ubm_hubspot.decode import STAGE
from ubm_hubspot.encode import Encoder, Parcel
from ubm_hubspot.links import BATCH as LINKS
from ubm_hubspot.links import Links, Pair, Trouble
from ubm_hubspot.looking import Look
from ubm_hubspot.parallel import in_flight
from ubm_hubspot.tickets import BATCH
from ubm_hubspot.values import instant
from ubm_hubspot.window import Window
from ubm_sync.errors import NoAccess, Stopping, Temporary, Throttled
from ubm_sync.model import Outcome, Result, Write

UNREAD = "~"  # ends the version of a ticket we updated and have not read since


@dataclass(slots=True)
class _Linking:
    """Landed tickets whose companies are still to be linked."""

    ended: list[Ended] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)

    def add(self, ended: Ended) -> None:
        self.ended.append(ended)
        self.pairs += [(str(ended.ref), company) for company in ended.parcel.links.values()]


class Writer:
    """Applies writes; tells ``window`` what changed by our own hand.

    Without a ``look`` nothing is read before it is written over.
    """

    def __init__(
        self,
        encoder: Encoder,
        batches: Batches,
        links: Links,
        window: Window | None,
        look: Look | None,
        *,
        concurrency: int,
        looks_back: bool = True,
    ) -> None:
        self._looks_back = looks_back
        self._look = look
        self._encoder = encoder
        self._batches = batches
        self._links = links
        self._window = window
        self._concurrency = concurrency

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Yield one outcome per write, in any order; see ``Connector.apply``."""
        run, linking = Run(), _Linking()
        for wave in waves(writes):
            for ended in self._send(wave, run):
                if ended.result is Result.LANDED and ended.parcel.links:
                    linking.add(ended)
                    if len(linking.pairs) >= LINKS:
                        yield from self._link(linking, run)
                        linking = _Linking()
                else:
                    yield self._outcome(ended, {})
        yield from self._link(linking, run)
        if run.error:
            raise run.error

    def _send(self, wave: Iterable[Write], run: Run) -> Iterator[Ended]:
        for results in in_flight(self._jobs(wave, run), self._concurrency):
            yield from results

    def _jobs(self, wave: Iterable[Write], run: Run) -> Iterator[Callable[[], list[Ended]]]:
        """Yield batches as they are wanted: only what is in flight is held in memory."""
        groups: dict[bool, list[Parcel]] = {True: [], False: []}
        settled: list[Ended] = []
        for write in wave:
            try:
                parcel = self._encoder.parcel(write)
            except (NoAccess, Throttled, Stopping) as error:
                run.error = run.error or error
                break
            except Temporary as error:  # a name it needs cannot be read now: it waits alone
                parcel = Parcel(write, "")
                settled.append(Ended(parcel, Result.REFUSED, reason=str(error)))
                continue
            new = write.ref is None
            if refusal := _unsendable(parcel, new=new):
                settled.append(refusal)
            elif not parcel.properties:
                settled.append(Ended(parcel, Result.LANDED, write.ref))
            else:
                groups[new].append(parcel)
            if len(groups[new]) == BATCH:
                yield partial(self._batch, groups[new], new=new, run=run)
                groups[new] = []
        for new, parcels in groups.items():
            if parcels:
                yield partial(self._batch, parcels, new=new, run=run)
        if settled:
            yield lambda: settled

    def _batch(self, parcels: Sequence[Parcel], *, new: bool, run: Run) -> list[Ended]:
        if self._look is None:
            return self._batches.send(parcels, new=new, run=run)
        ready, ended = self._look.sort(parcels, run, new=new)
        return ended + self._batches.send(ready, new=new, run=run)

    def _remember(self, ended: Ended) -> None:
        window = self._window
        if window is None or ended.result is not Result.LANDED:
            return
        if ended.ref and ended.stamp:
            tell = window.created if ended.new else window.updated
            tell(ended.ref, ended.stamp)

    def _link(self, linking: _Linking, run: Run) -> Iterator[Outcome]:
        if not linking.pairs:
            return
        try:
            failed = self._links.link(linking.pairs)
        except NoAccess as error:
            run.error = error
            failed = dict.fromkeys(linking.pairs, Trouble(str(error), lasting=False))
        for ended in linking.ended:
            yield self._outcome(ended, failed)

    def _outcome(self, ended: Ended, unlinked: dict[Pair, Trouble]) -> Outcome:
        self._remember(ended)
        parcel, write = ended.parcel, ended.parcel.write
        if ended.result is Result.LANDED and not parcel.faults and not unlinked:
            return self._taken(ended)  # nearly all
        waiting = dict[str, str]()
        for name, company in parcel.links.items() if ended.result is Result.LANDED else ():
            if trouble := unlinked.get((str(ended.ref), company)):
                (parcel.faults if trouble.lasting else waiting)[name] = trouble.text
        landed = None
        if ended.result is Result.LANDED and (parcel.faults or waiting):
            landed = frozenset(write.values) - frozenset(parcel.faults) - frozenset(waiting)
        return Outcome(
            place=write.place,
            key=write.key,
            result=ended.result,
            ref=ended.ref or write.ref,
            version=_version(ended, is_final=not self._looks_back),
            landed=landed,
            reason=ended.reason
            or " ".join(dict.fromkeys([*parcel.faults.values(), *waiting.values()])),
            permanent=ended.permanent,
            at_fault=tuple(parcel.faults),
            reasons=dict(parcel.faults),
            created=ended.new,
            stale=ended.stale,
            contested=self._looks_back and _is_contested(write, ended),
        )

    def _taken(self, ended: Ended) -> Outcome:
        """Return the outcome of a ticket that holds all it was sent."""
        write = ended.parcel.write
        return Outcome(
            write.place,
            write.key,
            Result.LANDED,
            ended.ref or write.ref,
            _version(ended, is_final=not self._looks_back),
            created=ended.new,
            contested=self._looks_back and _is_contested(write, ended),
        )


def _is_contested(write: Write, ended: Ended) -> bool:
    """Return whether somebody may have been written over.

    A ticket that was to be made and was there already was made by the same request before, whose
    answer was lost; people may have typed into it until it was sent again.
    """
    if ended.result is not Result.LANDED:
        return False
    return bool(write.careful) or (write.ref is None and not ended.new)


def _version(ended: Ended, *, is_final: bool) -> str:
    """Return the version to remember.

    What we changed ourselves is marked as not read back: somebody may have edited another field
    just before, and only the next reading, under the same time of change, shows that edit.
    """
    if not ended.stamp:
        return ""
    return instant(ended.stamp) + ("" if ended.new or is_final else UNREAD)


def waves(writes: Sequence[Write]) -> list[list[Write]]:
    """Return ``writes`` in groups that hold no ticket twice, the earlier write in the earlier one.

    HubSpot refuses a whole batch that names one id twice, and batches in flight have no order.
    """
    found: list[list[Write]] = []
    turn: dict[str, int] = {}
    for write in writes:
        key, ref = f"{write.place} {write.key}", write.ref or ""
        wave = max(turn.get(key, -1), turn.get(ref, -1) if ref else -1) + 1
        turn[key] = wave
        if ref:
            turn[ref] = wave
        if wave == len(found):
            found.append([])
        found[wave].append(write)
    return found


def _unsendable(parcel: Parcel, *, new: bool) -> Ended | None:
    """Refuse what cannot be sent as a whole: nothing left of it, or a new ticket without stage."""
    values, faults = parcel.write.values, parcel.faults
    nothing = bool(values) and len(faults) == len(values) and not new
    homeless = new and STAGE not in parcel.properties and bool(faults)
    if not (nothing or homeless):
        return None
    reason = " ".join(faults.values())
    return Ended(parcel, Result.REFUSED, reason=reason, permanent=nothing)
