"""Where the next search begins and what it may skip; pure.

HubSpot's search lags: a change shows up some seconds after it was made, and not in order. So a
search begins before the newest change seen (the overlap), every instant is read once more when it
has settled, and what was already handed over is skipped by ``(id, time of change)``. All instants
are HubSpot's own, in epoch milliseconds; our clock only measures how long ago something was done.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

KEPT = 400  # pairs in the stored cursor ...
MOST_KEPT = 5_000  # ... and at most, while the next search will show more of them again
QUIET = 2  # passes without news after which one page is enough ...
CALM = 3  # ... or one, this many overlaps after the newest change
FULL = 200  # results on one page of the search
LARGE = 200  # known records in the window from which on only ids are read
SECOND = 1_000  # a portal may tell its times in whole seconds


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings of ``Window``, in milliseconds but ``page_known`` (records).

    ``doubts``: tickets whose last change is told in whole seconds are to be read once more.
    """

    overlap_min: int = 5_000
    overlap_max: int = 900_000
    page_known: int = 150
    settle_every: int = 600_000
    settle_lag: int = 180_000
    doubts: bool = True


class Window:
    """What is known of the tickets' changes.

    ``scanned``: the newest change covered by searches. ``settled``: everything up to it was read
    again late enough. ``known``: per ticket the newest change whose values were handed over; a
    search result is news only if it is newer, which also drops an index older than we are.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.reset()

    def reset(self) -> None:
        """Forget everything: the next search begins at the beginning of time."""
        self.scanned = 0
        self.settled = 0
        self.known: dict[str, int] = {}
        self.ours: dict[str, int] = {}  # own updates that a search has not shown yet
        self.unsure: dict[str, int] = {}  # may have changed in the same second; when, at the latest
        self._blurred: dict[str, int] = {}  # the same, of what was seen since; with its change
        self.left: dict[str, int] = {}  # when it was seen, by our clock, that a ticket left
        self.resumed = False
        self._marks: list[tuple[int, int]] = []  # (our time, scanned then), oldest first
        self._settle_at = 0
        self._quiet = 0
        self._news = False
        self._begun = 0
        self._anchor = 0
        self._settling = False
        self._horizon = 0  # of what is known nothing is older

    def start(self, newest: int) -> None:
        """Begin after a full reading instead of at the beginning of time.

        ``newest`` is the newest change that was to be seen before that reading began.
        """
        self.scanned = newest
        self.settled = max(0, newest - self.rules.settle_lag)

    def begin(self, now: int) -> int:
        """Return the instant the search of this cycle begins at (inclusive)."""
        self._begun, self._news = now, False
        # A clock that was set back must not put the settled pass off for ever.
        self._settling = not 0 < self._settle_at - now <= self.rules.settle_every
        anchor = self._fast()
        self._anchor = min(anchor, self.settled) if self._settling else anchor
        self._blur(now)
        return self._anchor

    def doubtful(self, now: int) -> list[str]:
        """Return the tickets to read again by their ids, and forget them with ``sure``.

        Where times are whole seconds, a second change within the same one looks like what is known
        already. Once that second is over, the ticket itself tells.
        """
        return [ref for ref, at in self.unsure.items() if not 0 <= now - at < SECOND]

    def is_blurred(self, modified: int, upto: int = 0) -> bool:
        """Return whether an index may show less than the last change of this instant.

        ``upto``: the newest change known, where no search has covered anything yet.
        """
        late = max(self.scanned, upto) - self.rules.settle_lag
        return modified % SECOND == 0 and modified > late

    def sure(self, refs: Iterable[str]) -> None:
        """Forget doubts about tickets that were read again."""
        for ref in refs:
            self.unsure.pop(ref, None)

    def lean(self) -> bool:
        """Return whether the search begun should show only ids and times.

        So after a restart (the index may be older than what was handed over before), and where
        most results will be known already, as after many writes of our own.
        """
        return self.resumed or sum(at >= self._anchor for at in self.known.values()) > LARGE

    def is_news(self, ref: str, modified: int) -> bool:
        """Return whether this state of a ticket was not handed over yet."""
        return modified > self.known.get(ref, -1)

    def took(self, ref: str, modified: int) -> None:
        """Remember that this state of a ticket is being handed over."""
        own = self.ours.get(ref, modified + 1)
        self._news = self._news or modified != own
        if modified >= own:
            del self.ours[ref]
        self._doubt(ref, modified)
        self._know(ref, modified)

    def covered(self, upto: int) -> None:
        """Remember that the running search has covered everything up to ``upto``."""
        self.scanned = max(self.scanned, upto)

    def end(self, now: int, *, consistent: bool) -> None:
        """Finish a search; one that left something out settles nothing."""
        if consistent and self._anchor <= self.settled:
            self._settle(now)
        if consistent and self._settling:
            self._settle_at = now + self.rules.settle_every
        if consistent:
            self._note(now)
        self._blur(now)
        self._quiet = 0 if self._news else self._quiet + 1
        newest = max(self.scanned, *self.ours.values(), 0)
        if self._quiet and now - newest >= CALM * self.rules.overlap_min:
            self._quiet = max(self._quiet, QUIET)
        self.resumed = False
        self._prune(now)

    def created(self, ref: str, modified: int) -> None:
        """Remember a ticket we made: nobody can have changed it before its first state."""
        self._doubt(ref, modified)
        self._know(ref, modified)

    def updated(self, ref: str, modified: int) -> None:
        """Remember a ticket we changed.

        Its new state is still news: somebody may have changed another field just before, and the
        search shows only the last change.
        """
        self._quiet = 0
        self.met(ref, modified)
        self.ours[ref] = modified

    def met(self, ref: str, modified: int) -> None:
        """Remember that older states than this one are no news any more, but this one is."""
        self._know(ref, max(modified - 1, self.known.get(ref, -1)))

    def order(self) -> None:
        """Put what is known in the order of its changes, for whoever took it in another one."""
        self.known = dict(sorted(self.known.items(), key=lambda one: one[1]))

    def forget(self, ref: str, now: int) -> None:
        """Forget a ticket that left: if it comes back, every state of it is news.

        An index that is late shows it as well, as it was: only the ticket itself tells.
        """
        self.left[ref] = now
        self.known.pop(ref, None)
        self.ours.pop(ref, None)
        self.sure([ref])
        self._blurred.pop(ref, None)

    def dump(self, most: int = MOST_KEPT) -> dict[str, Any]:
        """Return the state as JSON values.

        Kept are ``KEPT`` pairs, and what the next search will show again, up to ``most``.
        """
        anchor = self._fast()
        kept = {
            ref: stamp
            for at, (ref, stamp) in enumerate(islice(reversed(self.known.items()), most))
            if at < KEPT or stamp >= anchor
        }
        return {
            "scanned": self.scanned,
            "settled": self.settled,
            "marks": self._marks,
            "settle_at": self._settle_at,
            "quiet": self._quiet,
            "ours": {ref: at for ref, at in self.ours.items() if ref in kept},
            "known": kept,
            "unsure": _newest(self.unsure, most),
            "blurred": _newest(self._blurred, most),
            "left": _newest(self.left, KEPT),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Continue from what ``dump`` returned."""
        self.scanned, self.settled = int(state["scanned"]), int(state["settled"])
        self._marks = [(int(at), int(scanned)) for at, scanned in state["marks"]]
        self._settle_at = int(state["settle_at"])
        self.known = {ref: int(stamp) for ref, stamp in reversed(state["known"].items())}
        self.ours = {ref: int(stamp) for ref, stamp in state.get("ours", {}).items()}
        self.unsure = {ref: int(at) for ref, at in state.get("unsure", {}).items()}
        self._blurred = {ref: int(at) for ref, at in state.get("blurred", {}).items()}
        self.left = {ref: int(at) for ref, at in state.get("left", {}).items()}
        self._quiet = int(state.get("quiet", 0))
        self.resumed = True

    def _settle(self, now: int) -> None:
        lag = self.rules.settle_lag
        # HubSpot's clock was at least at ``scanned`` when the search ended.
        settled = self.scanned - lag - (now - self._begun)
        while self._marks and self._begun - self._marks[0][0] >= lag:
            settled = max(settled, self._marks.pop(0)[1])
        self.settled = max(self.settled, settled)

    def _note(self, now: int) -> None:
        """Remember when ``scanned`` was reached: what it covers has settled ``lag`` later."""
        at, scanned = self._marks[-1] if self._marks else (0, self.settled)
        if self.scanned > scanned and (now - at) * 4 >= self.rules.settle_lag:
            self._marks = [*self._marks[-7:], (now, self.scanned)]

    def _fast(self) -> int:
        rules, scanned = self.rules, self.scanned
        if not scanned:
            return 0
        fits = self._fitting()
        anchor = max(fits, scanned - rules.overlap_max)
        if self._quiet < QUIET:
            latest = scanned - rules.overlap_min
            waiting = min(self.ours.values(), default=latest)
            anchor = min(anchor, latest, waiting)
        # Nothing after ``scanned`` is known for sure, whatever we wrote there ourselves.
        return max(min(anchor, scanned + 1), scanned - rules.overlap_max, 0)

    def _fitting(self) -> int:
        """Return from when on the changes known fit into one page with room for news.

        Tickets changed together share one instant: where so many do that the page would overflow,
        the page begins after it.
        """
        wanted = self.rules.page_known
        # Asked several times a cycle: of those met last, for the newest are nearly always among
        # them; where they are not, the page begins earlier than it had to.
        newest = heapq.nlargest(FULL, islice(reversed(self.known.values()), MOST_KEPT))
        if not 0 < wanted <= len(newest):
            return 0
        fits = newest[wanted - 1]
        if len(newest) == FULL and newest[-1] == fits:
            return min((stamp for stamp in newest if stamp > fits), default=fits + 1)
        return fits

    def _doubt(self, ref: str, modified: int) -> None:
        if self.rules.doubts and modified % SECOND == 0 and self.known.get(ref) != modified:
            self._blurred[ref] = modified

    def _blur(self, now: int) -> None:
        """Date the doubts about what was seen: the second of none is over before ``now``.

        What changed so long ago that the index shows all of it by now is sure.
        """
        self.unsure |= {ref: now for ref, at in self._blurred.items() if self.is_blurred(at)}
        self._blurred.clear()

    def _know(self, ref: str, modified: int) -> None:
        self.left.pop(ref, None)
        self.known.pop(ref, None)  # the newest last, for ``dump``
        self.known[ref] = modified

    def _prune(self, now: int) -> None:
        lag = self.rules.settle_lag  # after which even a late index shows a ticket no more
        self.left = {ref: at for ref, at in self.left.items() if now - at <= lag}
        horizon = min(self.settled, self.scanned - self.rules.overlap_max)
        if len(self.known) > KEPT and horizon > self._horizon:
            self._horizon = horizon
            self.known = {ref: stamp for ref, stamp in self.known.items() if stamp >= horizon}
        if self._quiet >= QUIET:
            self.ours.clear()  # what is still missing is found when it has settled


def _newest(pairs: Mapping[str, int], most: int) -> dict[str, int]:
    return dict(sorted(pairs.items(), key=lambda one: -one[1])[:most])
