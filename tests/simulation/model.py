"""What people know: who typed what, where, what was visible there; and how it all looks in the end.

Naive on purpose and independent: nothing here knows the service. ``oracle`` compares the two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import floor

ALWAYS = 1_000_000_000  # later than anything typed


@dataclass(frozen=True, slots=True)
class Typed:
    """A value somebody typed ("": emptied), and what it took the place of."""

    number: int
    place: str
    ref: str
    field: str
    value: str
    before: str
    key: str = ""  # the identity that could be seen there
    read: bool = True  # the service reads it before it writes there again


@dataclass(slots=True)
class Model:
    """What people did, in the order in which they did it."""

    typings: list[Typed] = field(default_factory=list)
    marks: dict[str, set[str]] = field(default_factory=dict)  # what was typed -> whose people did
    followers: dict[tuple[str, str], str] = field(default_factory=dict)  # a record's next id
    copies: dict[str, str] = field(default_factory=dict)  # a row's copy -> the row
    absent: set[tuple[str, str]] = field(default_factory=set)  # removed by people, and not back
    disturbed: set[tuple[str, str]] = field(default_factory=set)  # ever removed, merged, moved
    carried: dict[str, set[str]] = field(default_factory=dict)  # row -> identities it had before
    crossed: set[str] = field(default_factory=set)  # rows that changed customers
    foreign: set[str] = field(default_factory=set)  # rows that say what another customer typed
    nameless: set[str] = field(default_factory=set)  # rows that came back anew, no identity yet
    resolved: dict[tuple[str, str], int] = field(default_factory=dict)  # (record, field), by when
    approvals: set[str] = field(default_factory=set)  # records, by the key on their ticket
    taken_back: set[str] = field(default_factory=set)  # approvals, and no cycle has run since
    stepped: set[str] = field(default_factory=set)  # tickets that people moved to other stages
    taken_up: set[str] = field(default_factory=set)  # tickets moved back to wait, since approved
    busy: bool = False  # a cycle that writes a little leaves notes and counts to the next one
    meddlings: list[Typed] = field(default_factory=list)
    barred: list[tuple[str, str]] = field(default_factory=list)  # (row, value) typed in vain
    damage: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    decisions: set[str] = field(default_factory=set)  # records of which a conflict was decided
    approved: list[tuple[tuple[str, str, str], int, float]] = field(default_factory=list)
    floor: int | None = None  # of one field, system and customer, so many may change in an hour
    quiet: bool = True  # nothing goes wrong now, and no cycle is under way
    lagging: bool = False  # what is done to tickets is found late
    jumped: bool = False  # a clock of the service was set wrong
    untroubled: bool = True  # nothing went wrong so far: what a stage says is how far it is
    killed: bool = False  # the service, at least once, or its disk was full: what it did is unknown
    cycles: int = 0
    restorations: int = 0  # how often an older state was put back
    put_back_at: list[float] = field(default_factory=list)  # when, in seconds
    looked: int = 0  # how much had been typed when the service worked last, however far it came
    backed_up: int = 0  # how much of what had been typed a copy of the state may know
    forgotten: list[tuple[int, int]] = field(default_factory=list)  # backed up, put back: by when
    settled: int = 0  # how much had been typed when the last cycle began that came to its end
    # What was typed from then, or from the copy, until the state was put back, and when that was,
    # in seconds: no cycle of that state could look back at what it had written over.
    not_looked_back: list[tuple[int, int, float]] = field(default_factory=list)
    lost_answers: int = 0  # requests that took effect and were not answered in full
    spoilt: set[tuple[str, str]] = field(default_factory=set)  # columns nobody could mend
    frozen: int = 0  # how often an instance stood still for longer than its lease
    # What was typed from when such an instance began to read until it stood still, and when the
    # request arrived that had been on its way, in seconds.
    latecomers: list[tuple[int, int, float]] = field(default_factory=list)
    filled: dict[tuple[str, str], int] = field(default_factory=dict)  # (ticket, field), by when
    mergers: set[str] = field(default_factory=set)  # tickets into which another one was merged
    emptied: dict[tuple[str, str], int] = field(default_factory=dict)  # columns, by when
    left: dict[tuple[str, str], int] = field(default_factory=dict)  # (row, field), by when
    unmapped: set[tuple[str, str]] = field(default_factory=set)  # (field, place), by the mapping
    away: list[tuple[str, str, int, int]] = field(default_factory=list)  # the same, since, until

    @property
    def so_far(self) -> int:
        """How much was typed so far: the number of what is typed next."""
        return len(self.typings) + len(self.meddlings)

    def stood_still(self, since: int, at: float) -> None:
        """An instance that began to read at number ``since`` goes on, with a request, at ``at``."""
        self.frozen += 1
        self.latecomers.append((since, self.so_far, at))

    def came_late(self, at: float) -> bool:
        """Return whether a request of an instance that had stood still arrived at that time."""
        return any(abs(at - arrived) < 1 for _, _, arrived in self.latecomers)

    def added(self, row: str, customer: str, mark: str) -> None:
        """A row was typed; ``mark`` is text that only this customer knows."""
        if mark:
            self.marks.setdefault(mark, set()).add(customer)
        self.followers.pop(("row", row), None)

    def typed(
        self, place: str, ref: str, name: str, value: str, before: str, key: str = ""
    ) -> None:
        """A field was changed by a person."""
        number = len(self.typings) + len(self.meddlings)
        self.typings.append(Typed(number, place, ref, name, value, before, key.partition(":")[0]))

    def meddled(self, place: str, ref: str, value: str, before: str) -> None:
        """A field that only the service fills was changed by a person."""
        number = len(self.typings) + len(self.meddlings)
        read = self.quiet and not (self.lagging and place == "ticket")
        self.meddlings.append(Typed(number, place, ref, "", value, before, read=read))

    def copied(self, row: str, new: str) -> None:
        """A row was copied."""
        self.copies[new] = row
        self.repeated(row, new)

    def repeated(self, row: str, new: str) -> None:
        """A row says what another one said, that of another customer maybe."""
        if row in self.foreign:
            self.foreign.add(new)

    def moved(self, row: str, new: str, key: str, left: Iterable[str] = ()) -> None:
        """A row went to another customer's sheet; until then it had the identity ``key``.

        What stood in the fields of ``left`` stays behind: the other sheet has no such columns.
        """
        number = len(self.typings) + len(self.meddlings)
        self.left |= {(new, name): number for name in left}
        self.carried[new] = {*self.carried.get(row, ()), key} - {""}
        self.followers["row", row] = new
        self.disturbed |= {("row", row), ("row", new)}
        self.crossed.add(new)
        self.foreign.add(new)

    def removed(self, place: str, ref: str) -> None:
        """A row was deleted, a ticket archived or moved away."""
        self.absent.add((place, ref))
        self.disturbed.add((place, ref))

    def restored(self, place: str, ref: str, new: str, *, named: bool = True) -> None:
        """What was removed is back; ``named``: with the identity it was given before."""
        self.absent.discard((place, ref))
        if new != ref:
            self.followers[place, ref] = new
            self.nameless |= set() if named else {new}
        else:
            self.followers.pop((place, ref), None)
        self.disturbed |= {(place, ref), (place, new)}
        if ref in self.crossed:
            self.crossed.add(new)
        self.repeated(ref, new)

    def merged(self, kept: str, gone: str, new: str, keys: tuple[str, str]) -> None:
        """Two tickets became one, which has the approval of either; ``keys`` are theirs."""
        if not self.approvals.isdisjoint(keys):
            self.approvals.update(keys)
        self.absent.add(("ticket", gone))
        self.mergers |= {kept, new}
        self.disturbed |= {("ticket", kept), ("ticket", gone), ("ticket", new)}
        if new != kept:
            self.followers["ticket", kept] = new

    def accepted(self, ticket: str, key: str) -> None:
        """A request was approved."""
        self.taken_up.discard(ticket)
        self.approvals.add(key)
        self.taken_back.discard(key)

    def withdrawn(self, ticket: str, key: str) -> None:
        """An approval was taken back before anything came of it, as the stage of its ticket says.

        A stage that a person moved it back to does not say that.
        """
        if self.untroubled and ticket not in self.taken_up:
            self.approvals.discard(key)

    def thought_again(self, ticket: str, key: str) -> None:
        """An approval was taken back of which nothing had come so far.

        One that a stage says as well stands all the same.
        """
        if ticket not in self.stepped and ("ticket", ticket) not in self.disturbed:
            self.taken_back.add(key)

    def worked(self, *, whole: bool, since: int | None = None) -> None:
        """A cycle ended; ``whole``: it read everything before it decided, and nobody came between.

        What had been taken back by then is known. Otherwise nobody can tell. ``since``: how much
        had been typed when it began, None where it was cut short.
        """
        if since is not None:
            self.settled = since
        if whole:
            self.approvals -= self.taken_back
        self.taken_back.clear()
        self.saw()

    def saw(self) -> None:
        """The service looked, and may know of everything that was typed so far."""
        self.looked = len(self.typings) + len(self.meddlings)

    def decided(self, key: str) -> None:
        """A conflict was decided."""
        self.decisions.add(key)

    def resolved_by_command(self, key: str, name: str) -> None:
        """A conflict of one field was decided by command."""
        self.decisions.add(key)
        self.resolved[key, name] = len(self.typings) + len(self.meddlings)

    def damaged(self, customer: str, how: str, title: str, option: str = "") -> None:
        """A column was changed by an administrator; deleting one takes its values with it."""
        self.damage.setdefault((customer, title), (how, option))
        if how == "delete":
            self.emptied[customer, title] = len(self.typings) + len(self.meddlings)
        elif how == "retype":  # and mending it converts once more what is typed until then
            self.emptied[customer, title] = ALWAYS

    def copied_away(self) -> None:
        """The service's state was copied."""
        self.backed_up = self.looked

    def put_back(self, at: float) -> None:
        """The service's state was replaced by the copy; ``at`` in seconds."""
        self.restorations += 1
        self.put_back_at.append(at)
        number = len(self.typings) + len(self.meddlings)
        self.forgotten.append((self.backed_up, number))
        self.not_looked_back.append((max(self.backed_up, self.settled), number, at))

    def remapped(self, unmapped: set[tuple[str, str]]) -> None:
        """The mapping was changed; ``unmapped`` are the fields and places it has not any more.

        What was typed since the service looked last is not known of a field that goes.
        """
        number = len(self.typings) + len(self.meddlings)
        self.away = [
            (name, place, since, number if until == ALWAYS and came_back else until)
            for name, place, since, until in self.away
            for came_back in [(name, place) not in unmapped]
        ]
        self.away += [(*one, self.looked, ALWAYS) for one in sorted(unmapped - self.unmapped)]
        self.unmapped = unmapped

    def waved_through(self, customer: str, system: str, name: str, count: int, at: float) -> None:
        """So many changes of one field were approved at that time (seconds)."""
        self.approved.append(((customer, system, name), count, at))

    def let_through(self, customer: str, system: str, name: str, until: float) -> int:
        """Return how many changes of one field were approved until then.

        A history of whole seconds tells a write as of before an approval in the same second.
        """
        group = customer, system, name
        return sum(
            count
            for one, count, at in self.approved
            if one == group and (at <= until or floor(at) == until)
        )

    def now(self, place: str, ref: str) -> str:
        """Return the id under which a record is there today."""
        seen = set()
        while (place, ref) in self.followers and ref not in seen:
            seen.add(ref)
            ref = self.followers[place, ref]
        return ref


@dataclass(frozen=True, slots=True)
class Thing:
    """A row, a ticket or an account as people see it; ``fields`` by our name, "" where empty."""

    place: str
    ref: str
    key: str  # the identity it carries, "" for none
    owner: str  # the customer, or the pipeline
    fields: Mapping[str, str]
    shown: Mapping[str, str]  # everything, in the words of its own page
    notes: tuple[str, ...] = ()

    @property
    def record(self) -> str:
        """The record's identity without what tells its places apart."""
        return self.key.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Change:
    """One revision in a vendor's own history."""

    place: str
    ref: str
    field: str
    value: str
    at: float  # seconds
    ours: bool  # written by the service


@dataclass(frozen=True, slots=True)
class Kept:
    """A value the service keeps: replaced, put back, or one side of a conflict."""

    record: str
    field: str
    value: str
    open: bool  # waits for a decision
    place: str = ""  # where it stands; "" where nobody noted it


@dataclass(slots=True)
class Ending:
    """How everything looks once nobody does anything any more."""

    things: list[Thing]
    kept: list[Kept]
    set_aside: list[tuple[str, str, str]]  # place, record, why
    changes: list[Change]
    creations: Counter[tuple[str, str]]  # (kind of place, key): how often we created it
    deletions: int  # requests of ours that delete
    resting: list[int]  # writes and intents of each cycle after everything was mended
    announced: Counter[tuple[str, str]]  # (record, place): notes that were to be said
    intents: set[tuple[str, str]]  # (place and key, field) the log says we meant to write
    chain: str  # what is wrong with the log, "" for nothing
    broke: list[str]  # cycles that ended in a way nobody planned
    ended: datetime
    stops: int  # groups of changes that still wait for an approval
    put_aside: list[Kept] = field(default_factory=list)  # what was put back or replaced, by place
    waited: frozenset[str] = frozenset()  # records whose row did not name its account at first
    archived: frozenset[str] = frozenset()  # keys of tickets that people archived
    # (place and key, field, value) the log says a create was to hold
    held: set[tuple[str, str, str]] = field(default_factory=set)
    # the same of updates
    meant: set[tuple[str, str, str]] = field(default_factory=set)

    def at(self, place: str) -> dict[str, Thing]:
        """Return a place's things by their id."""
        return {one.ref: one for one in self.things if one.place == place}
