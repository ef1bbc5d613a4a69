"""What we wrote ourselves and what is not agreed on everywhere yet: nobody typed it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ubm_sync.flow import Conflict
from ubm_sync.model import Mark, Observation, nothing
from ubm_sync.sync import notebook as book
from ubm_sync.sync.rules import Rules, SharedRule


@dataclass(frozen=True, slots=True)
class Own:
    """Values of our own, by ``PLACE.FIELD`` ("": cleared), that not every place agrees on yet.

    ``landed`` are there for certain, ``unsure`` were sent without an answer. ``unfilled`` are those
    of ``landed`` that stood there before, or nothing did, and where the agreed value never came.
    ``lost`` are values that a person decided against and that still stood there when that was last
    looked at. ``torn`` are, by field, the places where a side of an open conflict was typed: it is
    a person's word.
    """

    landed: Mapping[str, str]
    unsure: Mapping[str, str]
    unfilled: frozenset[str] = frozenset()
    lost: Mapping[str, str] = field(default_factory=nothing)
    torn: Mapping[str, str] = field(default_factory=nothing)

    def is_untouched(
        self, rule: SharedRule, place: str, value: str | None, base: str | None
    ) -> bool:
        """Return whether a value is the agreed one, or our own that came after it."""
        where = f"{place}.{rule.name}"
        landed = self.landed.get(where)
        before = base if landed is None else landed or None
        sent = book.any_of(self.unsure.get(where))
        return rule.equal(value, before) or any(rule.equal(value, one or None) for one in sent)

    def latest(self, rule: SharedRule, legal: dict[str, str | None]) -> dict[str, str | None]:
        """Leave out the values that were replaced where they were visible already."""
        places = (f"{place}.{rule.name}" for place in legal)
        landed = [self.landed.get(where) for where in places if where not in self.unfilled]
        replaced = [value or None for value in landed if value is not None]
        kept = {
            place: value
            for place, value in legal.items()
            if not any(rule.equal(value, one) for one in replaced)
        }
        return kept or legal

    def went_back(
        self,
        rule: SharedRule,
        base: str | None,
        seen: Mapping[str, Observation],
        blind: Mapping[str, frozenset[str]],
    ) -> set[str]:
        """Return the places where what a person decided against gave way to what was agreed.

        It looks as if nobody had typed anything there, and yet somebody did before the chosen value
        came. What we wrote there ourselves is not theirs.
        """
        return {
            place
            for place, one in seen.items()
            if (lost := self.lost.get(where := f"{place}.{rule.name}")) is not None
            and where not in self.landed.keys() | self.unsure.keys()
            and rule.name not in blind.get(place, ())
            and not one.marks.get(rule.name)
            and rule.equal(value := one.values.get(rule.name), base)
            and not rule.equal(value, lost or None)
        }

    def with_sides(
        self,
        rule: SharedRule,
        base: str | None,
        legal: dict[str, str | None],
        seen: Mapping[str, Observation],
        accepted: bool,
        blind: Mapping[str, frozenset[str]],
    ) -> dict[str, str | None]:
        """Add the sides of an open conflict that show again what was agreed on before.

        Whoever typed the agreed value there once more was asked about the other side's: it is a
        word of theirs as any other. Who emptied the field again gives way.
        """
        name = rule.name
        torn = self.torn.get(name, "").split() if legal else ()
        again = {
            place: value
            for place in torn
            if (one := seen.get(place)) is not None
            and (value := one.values.get(name)) is not None
            and rule.equal(value, base)
            and rule.may_write(place, accepted=accepted)
            and name not in blind.get(place, ())
            and not one.marks.get(name)
        }
        sides = {**again, **legal}
        return {place: sides[place] for place in rule.places if place in sides}

    def standing(
        self,
        rule: SharedRule,
        base: str | None,
        seen: Mapping[str, Observation],
        accepted: bool,
        blind: Mapping[str, frozenset[str]],
    ) -> str | None:
        """Return the value that holds where no place shows an edit: mostly the agreed one.

        Where whoever typed another value is gone (a ticket that was archived) after it had reached
        every other place that may write, that value stays: nobody took it back. As long as one of
        them shows the agreed value, somebody may have. What only stood somewhere before the agreed
        value came is no edit, nor is what a create left out that was not answered.
        """
        name = rule.name
        known = {
            place: one.values.get(name)
            for place in rule.places
            if (one := seen.get(place)) is not None and name not in blind.get(place, ())
            if one.marks.get(name) not in {Mark.UNSEEN, Mark.UNMAPPED}
        }
        if any(f"{place}.{name}" in self.unfilled for place in known):
            return base
        writers = [one for place, one in known.items() if rule.may_write(place, accepted=accepted)]
        first, *others = writers or list(known.values()) or [base]
        if first is None and not any(self.landed.get(f"{place}.{name}") == "" for place in known):
            return base
        same = all(rule.equal(first, one) for one in others)
        return first if same and not rule.equal(first, base) else base

    def is_unknown(
        self, rule: SharedRule, typed: Mapping[str, str | None], base: str | None
    ) -> bool:
        """Return whether all who typed another value never saw the agreed one.

        Where somebody who did changed it too, it has lost its place already.
        """
        return (
            base is not None
            and all(f"{place}.{rule.name}" in self.unfilled for place in typed)
            and any(not rule.equal(value, base) for value in typed.values())
        )


def own_values(notebook: Mapping[str, str]) -> Own | None:
    """Return what a record's notebook says of our own values; None for nothing."""
    landed = dict(book.entries(notebook, book.PUT))
    unfilled = frozenset(where for where, one in landed.items() if one.startswith(book.UNFILLED))
    landed |= {where: landed[where].removeprefix(book.UNFILLED) for where in unfilled}
    unsure = {
        where: sent
        for where, sent in book.entries(notebook, book.SENT)
        if book.BACK + where not in notebook  # it stood there before it went with its column
    }
    lost = dict(book.entries(notebook, book.LOST))
    torn = dict(book.entries(notebook, book.CONFLICT))
    if not (landed or unsure or lost or torn):
        return None
    return Own(landed, unsure, unfilled, lost, torn)


def as_sides(
    rule: SharedRule,
    base: str | None,
    legal: Mapping[str, str | None],
    seen: Mapping[str, Observation],
    accepted: bool,
    blind: Mapping[str, frozenset[str]],
) -> tuple[str | None, dict[str, str | None]]:
    """Return what is agreed, and the sides, where those who typed never saw the agreed value.

    It is a side itself where it stands in a place that may write.
    """
    name = rule.name
    standing = {
        place: one.values.get(name)
        for place in rule.places
        if rule.may_write(place, accepted=accepted)
        if (one := seen.get(place)) is not None and rule.equal(one.values.get(name), base)
        if name not in blind.get(place, ()) and one.marks.get(name) != Mark.UNMAPPED
    }
    return None if standing else base, {**standing, **legal}


def torn(
    rules: Rules,
    base: Mapping[str, str],
    conflicts: Iterable[Conflict],
    notebook: Mapping[str, str],
) -> dict[str, str]:
    """Return what the notebook has to say of conflicts: where their sides were typed.

    What merely stands as it was agreed on gives way once the others say the same.
    """
    equal = {rule.name: rule.equal for rule in rules.shared}
    found = {}
    for one in conflicts:
        key, agreed = book.CONFLICT + one.field, base.get(one.field)
        asked = notebook.get(key, "").split()
        typed = [
            place
            for place, value in one.values.items()
            if place in asked or not equal[one.field](value, agreed)
        ]
        found[key] = " ".join(sorted(typed))
    return found
