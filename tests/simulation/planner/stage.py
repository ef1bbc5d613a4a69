"""The stage of one case: its places, its people and what they do, and the service among them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace

from tests.simulation.planner.case import Case, Fault, Step
from tests.simulation.planner.flows import ACCEPTED, SmallFlow
from tests.simulation.planner.knowledge import SYNC_ID
from tests.simulation.planner.mappings import House, house
from tests.simulation.planner.service import Service
from tests.simulation.planner.witness import EITHER, NO, WENT, YES, Decided, Typed
from tests.simulation.planner.world import DELETED, Spot, World

from ubm_sync.model import Outcome
from ubm_sync.sync import notebook as book
from ubm_sync.sync import typed
from ubm_sync.sync.plan import RecordPlan, Subject
from ubm_sync.sync.settle import Settled

_NONE: frozenset[str] = frozenset()


class Stage(ABC):
    """One case on its way; ``story`` takes what happens, line by line, where it is told."""

    __slots__ = (
        "case", "decided", "deleted", "hidden", "house", "left", "looked", "restored", "service",
        "story", "typed", "was_refused", "world",
    )  # fmt: skip

    def __init__(self, case: Case, story: list[str] | None = None) -> None:
        self.case = case
        self.story = story
        self.house: House = house(case.house)
        self.world = World(self.house)
        self.service = Service(self.house, _flow(self.house), self.world, self)
        self.typed: list[Typed] = []
        self.decided: list[Decided] = []
        self.restored: list[tuple[str, str | None]] = []
        self.looked = dict.fromkeys(self.house.names, 0)  # what was typed before it was last read
        self.deleted: set[tuple[str, str]] = set()  # columns
        self.hidden = 0  # how often a column went
        self.left = 0  # how often a record was archived or came back
        self.was_refused = False

    @abstractmethod
    def planned(self, service: Service, subject: Subject, plan: RecordPlan) -> None:
        """Look at a plan before it is sent."""

    @abstractmethod
    def settled(
        self,
        service: Service,
        plan: RecordPlan,
        settled: Settled,
        outcomes: Mapping[str, Outcome],
    ) -> None:
        """Look at what is known after it."""

    def act(self) -> None:
        """Have everything done that happens in the case, and then everything mended."""
        self._begin()
        for step in self.case.steps:
            self._step(step)
        self._heal()

    def _begin(self) -> None:
        start, world, service = self.case.start, self.world, self.service
        rules = self.house.rules
        for place, values in start.there.items():
            suffix = rules.places[place].suffix
            key = None
            if start.known:
                key = f"{SYNC_ID}:{suffix}" if suffix else SYNC_ID
            spot = Spot(f"{place}-0", key, dict(values), 0)
            world.spots[place] = spot
        if start.accepted:
            service.memory = {ACCEPTED: "yes"}
        if start.known:
            service.base = dict(start.base)
            for place in start.there:
                service.observe(place)
                if unread := rules.places[place].write_only:
                    there = world.look(place)
                    assert there is not None
                    known = {
                        name: value for name, value in start.there[place].items() if name in unread
                    }
                    service.seen[place] = replace(there, values={**there.values, **known})
            service.dirty = False

    def _step(self, step: Step) -> None:
        _STEPS[step[0]](self, *step[1:])

    def _edit(self, place: str, field: str, value: str | None, minute: int) -> None:
        self._type(place, field, value, minute, between=False)

    def _cycle(self, faults: tuple[tuple[str, Fault], ...], unread: tuple[str, ...]) -> None:
        if self.story is not None:
            wrong = f", with {dict(faults)}" if faults else ""
            late = f", without reading {' '.join(unread)}" if unread else ""
            self.story.append(f"a cycle{wrong}{late}")
        self.world.minute = self.service.minute = self.next_minute()
        for place in self.house.names:
            if place not in unread:
                self.looked[place] = len(self.typed)
            else:
                self._went(place, *self._written_unseen(place))
        self.service.cycle(dict(faults), frozenset(unread))

    def _leave(self, place: str) -> None:
        self._come_or_go(place, "archived")

    def _return(self, place: str) -> None:
        self._come_or_go(place, "")

    def _come_or_go(self, place: str, gone: str) -> None:
        spot = self.world.spots.get(place)
        if spot is not None and bool(spot.gone) != bool(gone):
            spot.gone = gone
            self.left += 1
            self.world.held.clear()  # other values may be wanted meanwhile
            spot.version += 1
            self._tell(f"the {place} is {gone or 'back'}")

    def _hide(self, place: str, field: str, word: str) -> None:
        if not self.world.hide(place, field, word):
            return
        self.hidden += 1
        if word == DELETED:
            self.deleted.add((place, field))
        self._tell(f"the column of {field} in {place} is {word}")
        self._blind(place)
        self._went(place, field, emptied=word != DELETED)

    def _show(self, place: str, field: str) -> None:
        if not self.world.show(place, field):
            return
        self._tell(f"the column of {field} in {place} is back")
        self._blind(place)
        self._mend()

    def _mend(self) -> None:
        """Let what was refused be sent again."""
        self.service.forget_refusals()
        self.world.never.clear()
        self.world.held.clear()

    def _shut(self, place: str) -> None:
        self.service.shut |= {place}
        self._tell(f"nothing may be written to {place}")

    def _open(self, place: str) -> None:
        self.service.shut -= {place}
        self.service.dirty = True
        self._tell(f"{place} may be written to")

    def _mark(self, place: str, field: str, mark: str) -> None:
        spot = self.world.spots.get(place)
        if spot is not None and not spot.gone:
            spot.marks = {**spot.marks, field: mark}
            spot.version += 1
            self._tell(f"{field} in {place} becomes {mark}")

    def _written_unseen(self, place: str) -> list[str]:
        """Return the fields that are written without a look: the service's own, and secrets."""
        seen = self.service.seen.get(place)
        marks = {} if seen is None else seen.marks
        secret = [name for name, mark in marks.items() if mark == "secret"]
        return [*self.house.place(place).service, *secret]

    def _went(self, place: str, *fields: str, emptied: bool = False) -> None:
        """Take note of what went away before the service could see it; or only of no values."""
        first = self.looked[place] if self.hidden <= 1 else 0  # it may have been away before
        for number in range(first, len(self.typed)):
            one = self.typed[number]
            if one.place == place and one.field in fields and not (emptied and one.value):
                self.typed[number] = one._replace(legal=WENT)

    def next_minute(self) -> int:
        """Return when the next cycle begins."""
        return self.world.minute + 10

    def _tell(self, text: str) -> None:
        if self.story is not None:
            self.story.append(text)

    def _type(
        self, place: str, field: str, value: str | None, minute: int, *, between: bool
    ) -> None:
        before = self.world.edit(place, field, value, self.world.minute + minute, f"in {place}")
        if before is None:
            return
        for spot in [one for one in self.world.held if one[1] == field]:
            del self.world.held[spot]  # another value is wanted
        if self.story is not None:
            said = "empties" if value is None else f"types {value!r} into"
            late = ", while the service is at work" if between else ""
            self.story.append(f"somebody {said} {field} of {place} (was {before[0]!r}){late}")
        legal = NO
        if (rule := self.house.shared.get(field)) is not None:
            later = place in rule.writers_once_accepted
            legal = YES if later else NO
            if not self.service.accepted and (place in rule.writers) != later:
                legal = EITHER
        elif field in self.house.place(place).signals:
            return
        if self._is_taken_back(place, field, value) or self._is_out_of_sight(place, field, between):
            legal = WENT
        unknown = between or place not in self.service.seen
        agreed = self.service.base.get(field)
        ours = f"{book.PUT}{place}.{field}" in self.service.memory
        self.typed.append(Typed(field, place, value, before[0], legal, unknown, agreed, ours))

    def _is_taken_back(self, place: str, field: str, value: str | None) -> bool:
        """Return whether somebody typed what the service takes for what stood there.

        Section 4, merge: from the base and what is seen; what is as agreed was changed by nobody.
        That something else stood there in between, typed by people or written without an answer,
        cannot be known, but where the two sides of a conflict were asked about.
        """
        service = self.service
        seen = service.seen.get(place)
        if service.intents and field not in self.house.shared:
            return True  # what a killed service was filling in is not known to be ours or theirs
        known = [None if seen is None else seen.values.get(field)]
        if seen is not None and seen.marks.get(field) == "unseen":
            known.append(None)  # it went with its column, for all that is known
        asked = value is not None and place in service.conflicts.get(field, ())
        if f"{book.PUT}{place}.{field}" not in service.memory and not asked:
            known.append(service.base.get(field))
        where = f"{book.SENT}{place}.{field}"
        known += [one or None for one in book.any_of(service.memory.get(where))]
        known += [
            typed.text_of(write.values[field]) or None
            for write, _ in service.intents
            if write.place == place and field in write.values
        ]
        alike = self.house.alike
        return any(alike(field, one, value) for one in known)

    def _is_out_of_sight(self, place: str, field: str, between: bool) -> bool:
        """Return whether nobody can look for what is typed there.

        What a secret was is not stored, so it is masked without a look; and what the service fills
        in a record that it has not seen yet cannot be told from what it filled in itself.
        """
        seen = self.service.seen.get(place)
        if seen is None:
            return field not in self.house.shared and place != "row"
        return between and seen.marks.get(field) == "secret"

    def typed_between(self, place: str, field: str, value: str | None) -> None:
        """Have somebody type while the service is at work."""
        self._type(place, field, value, 0, between=True)

    def _decide(self, field: str, choice: str) -> None:
        service = self.service
        values = service.conflicts.get(field)
        if values is None:
            return
        if not choice.startswith("="):
            places = sorted(values)
            choice = places[int(choice) % len(places)]
            value = values[choice]
        else:
            value = choice[1:] or None
        self._tell(f"somebody decides the conflict of {field}: {choice} ({value!r})")
        service.memory = {**service.memory, book.DECIDE + field: book.packed(choice, "priya")}
        service.dirty = True
        self.decided.append(Decided(field, value, min(self.looked.values())))

    def _restore(self, field: str, number: int) -> None:
        service = self.service
        kept = [one for one in service.kept.items if one[0] == field]
        if not kept or field in service.conflicts or field not in self.house.shared:
            return
        value = kept[number % len(kept)][2]
        self._tell(f"an admin wants {value!r} back in {field}")
        wanted = book.Restore(value, service.base.get(field), "priya", "brought back")
        service.memory = {**service.memory, book.RESTORE + field: wanted.entry()}
        service.dirty = True
        self.restored.append((field, value))

    def _blind(self, place: str) -> None:
        hidden = frozenset(self.world.hidden.get(place, ()))
        service = self.service
        blind = {key: one for key, one in service.blind.items() if key != place}
        if hidden:
            blind[place] = hidden
        service.blind = blind
        service.look_away(place)

    # ------------------------------------------------------------------------------ the end

    def _heal(self) -> None:
        """Have every fault mended and every place readable."""
        world, service = self.world, self.service
        self._tell("everything is mended, and people stop")
        for place, hidden in world.hidden.items():
            for field in list(hidden):
                world.show(place, field)
            self._blind(place)
        service.shut = _NONE
        self.was_refused = bool(world.refused or world.never)
        world.refused.clear()
        self._mend()


_FLOWS: dict[int, SmallFlow] = {}


def forget() -> None:
    """Forget the flows of the mappings: they are made anew."""
    _FLOWS.clear()


def _flow(house: House) -> SmallFlow:
    found = _FLOWS.get(house.number)
    if found is None:
        found = _FLOWS[house.number] = SmallFlow(house)
    return found


_STEPS: dict[str, Callable[..., None]] = {
    "edit": Stage._edit,
    "sign": Stage._edit,
    "cycle": Stage._cycle,
    "decide": Stage._decide,
    "restore": Stage._restore,
    "gone": Stage._leave,
    "back": Stage._return,
    "hide": Stage._hide,
    "show": Stage._show,
    "shut": Stage._shut,
    "open": Stage._open,
    "mark": Stage._mark,
}
