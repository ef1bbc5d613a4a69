"""Draws a case from its number: one state, perturbed by people, with trouble on top."""

from __future__ import annotations

from random import Random

from tests.simulation.planner.case import Case, Fault, Start, Step
from tests.simulation.planner.knowledge import SECRET
from tests.simulation.planner.mappings import APPROVE, CHOICES, DECISION, FIX, POOL, House, house

from ubm_sync.model import FieldType

_FAULTS = ("busy", "never", "part", "lost", "void", "down", "kill", "early", "race")
_MARKS = ("formula", "linked", "locked")


class Drawing:
    """What is drawn for one case so far."""

    __slots__ = ("base", "drawn", "fields", "house", "made", "minute", "random", "used")

    def __init__(self, number: int, seed: int) -> None:
        self.drawn = Random(seed * 1_000_003 + number)  # noqa: S311 - repeatable, not secret
        self.random = self.drawn.random
        self.house: House = house(int(self.random() * POOL))
        self.fields = list(self.house.shared)
        self.base: dict[str, str] = {}
        self.used: dict[str, list[str]] = {}
        self.made = 0
        self.minute = 0

    def case(self, number: int) -> Case:
        """Return the whole case."""
        random = self.random
        start = self._start()
        steps: list[Step] = []
        for _ in range(1 + int(random() * random() * 3.5)):
            self._people(steps)
            if random() < 0.16:
                self._weather(steps)
            steps.append(self._cycle(0.45))
        return Case(number, self.house.number, start, tuple(steps), int(random() * 256))

    # ----------------------------------------------------------------------------- the start

    def _start(self) -> Start:
        random, house = self.random, self.house
        if random() < 0.18:  # a request nobody has seen yet
            row = {name: self.value(name) for name in house.readable["row"] if random() < 0.8}
            there = {"row": {name: value for name, value in row.items() if value is not None}}
            return Start({}, there, known=False, accepted=False)
        for name in self.fields:
            value = self.value(name) if random() < 0.85 else None
            if value is not None and not value.startswith((FIX, SECRET)):
                self.base[name] = value.strip()
        accepted = random() < 0.4
        present = house.names if accepted else [one for one in house.names if one in house.asked]
        there = {
            place: {
                name: value
                for name, value in self.base.items()
                if place in house.shared[name].places
            }
            for place in present
            if place == "row" or random() < 0.9
        }
        for name, rule in house.shared.items():  # it comes from where it can not be written
            if name in self.base and not all(
                place in there or name in house.place(place).writable for place in rule.places
            ):
                del self.base[name]
                for values in there.values():
                    values.pop(name, None)
        return Start(self.base, there, known=True, accepted=accepted)

    # -------------------------------------------------------------------------------- values

    def value(self, field: str) -> str | None:
        """Return a value: mostly one that nobody typed before."""
        random = self.random
        luck = random()
        if luck < 0.1:
            return None
        known = self.used.get(field)
        if known is None:
            known = self.used[field] = []
        if luck < 0.3 and known:
            return self._spelled(field, known[int(random() * len(known))])
        value = self._new(self.house.types[field])
        known.append(value)
        return value

    def _new(self, kind: FieldType) -> str:
        """Return a value that nobody typed before, as far as there are so many."""
        self.made += 1
        made, luck = self.made, self.random()
        if kind is FieldType.IDENTIFIER:
            found = f"00{40 + made}" if luck < 0.6 else str(40 + made)
            return f"GL-{made}" if luck > 0.85 else found
        if kind is FieldType.NUMBER:
            return str(made) if luck < 0.7 else f"{made}.0"
        if kind is FieldType.CHOICE:
            return CHOICES[int(luck * 4)]
        if kind is FieldType.DATE:
            return f"2026-{1 + made // 28:02}-{1 + made % 28:02}"
        if kind is FieldType.BOOLEAN:
            return "true" if luck < 0.5 else "false"
        if kind is FieldType.PERSON:
            return f"P{made}@x.us"
        if luck > 0.97:
            return f"{SECRET}{made}"
        return f"{FIX}v{made}" if luck < 0.06 else f"v {made}"

    def _spelled(self, field: str, value: str) -> str:
        """Return a value as it was, or the same value in other letters, or one that looks alike."""
        luck = self.random()
        if luck < 0.5:
            return value
        kind = self.house.types[field]
        if kind is FieldType.IDENTIFIER and value.startswith("GL"):
            return value.lower()
        if kind is FieldType.IDENTIFIER and luck < 0.8:
            return value.lstrip("0") if value.startswith("0") else f"00{value}"
        if kind is FieldType.BOOLEAN and luck < 0.7:
            return "1" if value == "true" else "0"
        if kind in {FieldType.CHOICE, FieldType.PERSON}:
            return value.upper()
        if kind is FieldType.NUMBER:
            return value.removesuffix(".0") if "." in value else f"{value}.0"
        if kind is FieldType.TEXT and not value.startswith((FIX, SECRET)):
            return value.replace(" ", "  ") + " "
        return f" {value}"

    # -------------------------------------------------------------------------------- people

    def _people(self, steps: list[Step]) -> None:
        random = self.random
        if random() < 0.16:
            self._clash(steps)
            return
        for _ in range(1 + int(random() * random() * 4)):
            luck = random()
            if luck < 0.86:
                steps.append(self._edit())
            elif luck < 0.9:
                steps.append(("sign", "ticket", APPROVE, "yes", self._minute()))
            elif luck < 0.93:
                value = ("keep_row", "keep_ticket")[int(random() * 2)]
                steps.append(("sign", "ticket", DECISION, value, self._minute()))
            elif luck < 0.975:
                field = self._field()
                choice = str(int(random() * 4))
                if random() < 0.3:
                    choice = f"={self.value(field) or ''}"
                steps.append(("decide", field, choice))
            else:
                steps.append(("restore", self._field(), int(random() * 4)))

    def _clash(self, steps: list[Step]) -> None:
        """Have one field typed differently in several places, and often decided."""
        random = self.random
        field = self._field()
        rule = self.house.shared[field]
        places = sorted(rule.writers_once_accepted if random() < 0.4 else rule.writers)
        steps += [
            ("edit", place, field, self.value(field), self._minute())
            for place in places
            if random() < 0.8
        ]
        if random() < 0.6:
            steps.append(self._cycle(0.15))
            luck = random()
            if luck < 0.3:
                value = ("keep_row", "keep_ticket")[int(random() * 2)]
                steps.append(("sign", "ticket", DECISION, value, self._minute()))
            elif luck < 0.9:
                choice = f"={self.value(field) or ''}" if random() < 0.3 else str(int(random() * 3))
                steps.append(("decide", field, choice))
            if random() < 0.4:
                steps.append(self._cycle(0.8))
            if random() < 0.5:
                place = self.house.shared[field].places[0]
                steps.append(("edit", place, field, self.value(field), 9))

    def _edit(self) -> Step:
        place, field = self._where()
        if self.random() < 0.04 and (names := self.house.place(place).service):
            name = min(names)
            if (
                name in self.house.place(place).same
                and name not in self.house.place(place).write_only
            ):
                return ("edit", place, name, f"x {self._minute()}", 0)
        return ("edit", place, field, self.value(field), self._minute())

    def _where(self) -> tuple[str, str]:
        """Return where somebody types: one field is hot."""
        random = self.random
        field = self.fields[0] if random() < 0.6 else self._field()
        places = self.house.shared[field].places
        return places[int(random() * len(places))], field

    def _field(self) -> str:
        return self.fields[int(self.random() * len(self.fields))]

    def _minute(self) -> int:
        self.minute = (self.minute + int(self.random() * 2.5)) % 10
        return self.minute

    # ------------------------------------------------------------------------------- trouble

    def _weather(self, steps: list[Step]) -> None:
        """Add what holds for a while: a column, a place or a cell that is not to be had."""
        random, names = self.random, self.house.names
        place = names[int(random() * len(names))]
        luck = random()
        if luck < 0.35:
            place, field = self._where()
            word = "renamed" if random() < 0.5 else "deleted"
            steps.append(("hide", place, field, word))
            if random() < 0.5:
                self._people(steps)
                steps.append(self._cycle(0.2))
                steps.append(("show", place, field))
        elif luck < 0.55:
            steps.append(("shut", place))
            if random() < 0.5:
                steps.append(self._cycle(0.2))
                self._people(steps)
                steps.append(("open", place))
        elif luck < 0.8:
            steps.append(("gone", names[1 + int(random() * (len(names) - 1))]))
            if random() < 0.5:
                self._people(steps)
                steps.append(self._cycle(0.2))
                steps.append(("back", steps[-2][1] if steps[-2][0] == "gone" else "ticket"))
        else:
            place, field = self._where()
            steps.append(("mark", place, field, _MARKS[int(random() * 3)]))

    def _cycle(self, chance: float) -> Step:
        """Return a cycle; with some chance something goes wrong in it."""
        random = self.random
        if random() >= chance:
            return ("cycle", (), ())
        faults: list[tuple[str, Fault]] = []
        unread: tuple[str, ...] = ()
        names = self.house.names
        if random() < 0.25:
            unread = (names[int(random() * len(names))],)
        while not faults or random() < 0.25:
            place = names[int(random() * len(names))]
            faults.append((place, self._fault(place)))
        return ("cycle", tuple(faults), unread)

    def _fault(self, place: str) -> Fault:
        random = self.random
        kind = _FAULTS[int(random() * len(_FAULTS))]
        if kind == "kill":
            return ("kill", "before" if random() < 0.4 else "after")
        readable = self.house.readable[place]
        if kind == "part":
            return ("part", self._field())
        if kind in {"early", "race"}:
            if not readable:
                return ("busy",)
            field = readable[int(random() * len(readable))]
            return (kind, field, self.value(field))
        return (kind,)


def draw(number: int, seed: int = 0) -> Case:
    """Return the case with a number."""
    return Drawing(number, seed).case(number)
