"""Three-way merge of the shared fields of one record, over any number of places. Pure.

From the base ``b`` (the value every place last agreed on) and the values seen now:

| who differs from the base | result |
| --- | --- |
| nobody | the base |
| places that may write, all to the same value | that value, everywhere |
| places that may write, to different values | by policy; ``ask``: a conflict, nothing moves |
| a place that may not write | put back there, the typed value kept and told |

A place that already shows the merged value is never counted as an illegal edit, so a write that
landed in one place and failed in another is simply finished later. Until it is, a place is compared
with what we wrote there ourselves: our own value is nobody's edit, and who changed it had seen it.
Who types where the agreed value never came has not seen it: both values are sides then. So is the
agreed value where somebody types it again who was asked about a conflict.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ubm_sync.flow import Conflict, Edit
from ubm_sync.mapping.rules import Policy
from ubm_sync.model import Mark, Observation
from ubm_sync.sync.notebook import Restore
from ubm_sync.sync.own import Own, as_sides
from ubm_sync.sync.rules import Rules, SharedRule

DECIDED = "decided"  # why a value lost: a person chose the other one
_NONE: frozenset[str] = frozenset()
HOLDS = "~"  # begins a value that was chosen before and is not written everywhere yet


@dataclass(frozen=True, slots=True)
class Lost:
    """A value that lost by policy or by decision; it is kept, never dropped."""

    field: str
    place: str
    value: str | None
    reason: str
    by: str | None = None  # who typed it


@dataclass(slots=True)
class Merged:
    """The outcome for one record.

    ``values`` are what every place should show (a field in conflict has its base value).
    ``blocked`` are the fields nothing may be written for now. ``decided`` are the values a person
    chose in a conflict, ``restored`` have an earlier value that a person wanted. ``resting`` are
    fields that were just changed and when their quiet time is over.
    """

    values: dict[str, str] = field(default_factory=dict)
    changed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    edits: list[Edit] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)
    decided: dict[str, str | None] = field(default_factory=dict)
    restored: dict[str, Restore] = field(default_factory=dict)
    resting: dict[str, datetime] = field(default_factory=dict)

    @property
    def filled(self) -> Mapping[str, str]:
        """The values a flow decides on.

        A field in conflict about which nothing was agreed before is not empty: it counts as filled
        in by the first place that did so, until a person decides.
        """
        if not self.conflicts:
            return self.values
        new = {
            conflict.field: value
            for conflict in self.conflicts
            if conflict.base is None
            for value in [next((one for one in conflict.values.values() if one is not None), None)]
            if value is not None
        }
        return {**self.values, **new} if new else self.values

    @property
    def blocked(self) -> frozenset[str]:
        """Fields in conflict, and fields that rest."""
        if not (self.conflicts or self.resting):
            return _NONE
        return frozenset((*(conflict.field for conflict in self.conflicts), *self.resting))


def merge(
    rules: Rules,
    base: Mapping[str, str],
    seen: Mapping[str, Observation],
    *,
    accepted: bool,
    blind: Mapping[str, frozenset[str]],
    decided: Mapping[str, str],
    own: Own | None = None,
    now: datetime | None = None,
) -> Merged:
    """Merge the shared fields of one record.

    ``seen`` holds one live observation per place. ``blind`` names, per place, fields that cannot be
    read there now (a missing column): they count as unchanged. ``decided`` maps a field in
    conflict (or ``*``, every one) to the place whose value a person chose, or to ``=VALUE``; a
    value that was chosen before, and is not everywhere yet, is ``~VALUE``.
    ``own`` are values we wrote ourselves since the places last agreed. Without ``now`` no change
    rests.
    """
    merged = Merged()
    if own is None and not base and not blind and len(seen) == 1:
        _take_over(rules, seen, merged, accepted=accepted)
        return merged
    shown = [(place, observation.values) for place, observation in seen.items()]
    for rule in rules.shared:
        value = base.get(rule.name)
        if own is None and rule.name not in decided and _is_as_agreed(rule, value, shown):
            if value is not None:
                merged.values[rule.name] = value
        else:
            if rule.quiet and now is not None and base and rule.name not in decided:
                until = _rests_until(rule, value, seen, own)
                if until is not None and now < until:
                    merged.resting[rule.name] = until
                    if value is not None:
                        merged.values[rule.name] = value
                    continue
            _merge_field(rule, value, seen, merged, accepted, blind, decided, own)
    return merged


def _rests_until(
    rule: SharedRule, base: str | None, seen: Mapping[str, Observation], own: Own | None
) -> datetime | None:
    """Return when the quiet time of a change is over; None where nobody changed it."""
    edited = [
        observation.modified_at
        for place, observation in seen.items()
        if place in rule.places and observation.modified_at is not None
        if not rule.equal(value := observation.values.get(rule.name), base)
        if own is None or not own.is_untouched(rule, place, value, base)
    ]
    return max(edited) + rule.quiet if edited else None


def _take_over(
    rules: Rules, seen: Mapping[str, Observation], merged: Merged, *, accepted: bool
) -> None:
    """Merge a record that nothing is agreed about and that one place shows: a new one."""
    ((place, observation),) = seen.items()
    shown, marks = observation.values, observation.marks
    counts, others, _ = rules.typed[place][accepted]
    if marks and Mark.UNMAPPED in marks.values():
        known = {name for name in counts if marks.get(name) != Mark.UNMAPPED}
        mine = [rule.name for rule in rules.shared if place in rule.places]
        counts = tuple(name for name in mine if name in known)
        others = tuple(name for name in mine if name not in known)
    merged.values = {n: value for n in counts if (value := shown.get(n)) is not None}
    merged.changed = dict.fromkeys(merged.values, (place,))
    for name in others:
        if name in shown:
            merged.edits.append(Edit(name, place, shown[name], None, observation.modified_by))


def _is_as_agreed(
    rule: SharedRule, value: str | None, shown: list[tuple[str, Mapping[str, str]]]
) -> bool:
    """Return whether every place shows a value to the letter: nearly every field of nearly all."""
    name, places = rule.name, rule.places
    for place, values in shown:  # noqa: SIM110 - asked for every field: a generator costs double
        if values.get(name) != value and place in places:
            return False
    return True


def _merge_field(
    rule: SharedRule,
    base: str | None,
    seen: Mapping[str, Observation],
    merged: Merged,
    accepted: bool,
    blind: Mapping[str, frozenset[str]],
    decided: Mapping[str, str],
    own: Own | None,
) -> None:
    name = rule.name
    legal, illegal = _changes(rule, base, seen, accepted, blind, own)
    before, mine = base, None if legal or illegal else own
    value = base if mine is None else mine.standing(rule, base, seen, accepted, blind)
    if own is not None and own.is_unknown(rule, legal, base):
        before, legal = as_sides(rule, base, legal, seen, accepted, blind)
    if own is not None and name in own.torn:
        legal = own.with_sides(rule, base, legal, seen, accepted, blind)
    if legal:
        merged.changed[name] = tuple(legal)
    choice = decided.get(name, "")
    newer = _typed_over(rule, choice[1:], legal, own) if choice.startswith(HOLDS) else {}
    others = legal.keys() | (own.went_back(rule, base, seen, blind) if choice and own else set())
    if choice.startswith(("=", HOLDS)) and not newer:
        value = _decide(rule, choice[1:] or None, others, seen, merged)
    elif newer:
        value = _choose(rule, before, newer, seen, merged, {})
        if not merged.conflicts or merged.conflicts[-1].field != name:
            merged.decided[name] = value  # it takes the place of the value that was chosen
        _lose(rule, value, others - newer.keys(), seen, merged)
    elif legal:
        value = _choose(rule, before, legal, seen, merged, decided)
    if name in {conflict.field for conflict in merged.conflicts}:
        value = base
    else:
        _put_back(rule, value, illegal, seen, merged)
    if value is not None:
        merged.values[name] = value


def _put_back(
    rule: SharedRule,
    value: str | None,
    illegal: Mapping[str, str | None],
    seen: Mapping[str, Observation],
    merged: Merged,
) -> None:
    """Have what was typed where it does not count told and kept: the value is written there."""
    for place, typed in illegal.items():
        if not rule.equal(typed, value):
            by = seen[place].modified_by
            merged.edits.append(Edit(rule.name, place, typed, value, by))


def _changes(
    rule: SharedRule,
    base: str | None,
    seen: Mapping[str, Observation],
    accepted: bool,
    blind: Mapping[str, frozenset[str]],
    own: Own | None,
) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """Return the values people changed, by place: where they may, and where they may not."""
    legal: dict[str, str | None] = {}
    illegal: dict[str, str | None] = {}
    name = rule.name
    for place in rule.places:
        observation = seen.get(place)
        if observation is None or (blind and name in blind.get(place, ())):
            continue
        value = observation.values.get(name)
        if value is None and observation.marks and observation.marks.get(name) == Mark.UNSEEN:
            continue  # nobody has ever seen what is there
        if own is not None:
            if own.is_untouched(rule, place, value, base):
                continue
        elif value == base or (base is not None and rule.equal(value, base)):
            continue
        unmapped = observation.marks and observation.marks.get(name) == Mark.UNMAPPED
        if rule.may_write(place, accepted=accepted) and not unmapped:
            legal[place] = value
        else:
            illegal[place] = value
    if own is not None and len(legal) > 1:
        legal = own.latest(rule, legal)
    return legal, illegal


def _choose(
    rule: SharedRule,
    base: str | None,
    legal: dict[str, str | None],
    seen: Mapping[str, Observation],
    merged: Merged,
    decided: Mapping[str, str],
) -> str | None:
    values = list(legal.values())
    if len(values) == 1 or all(rule.equal(values[0], value) for value in values[1:]):
        return values[0]
    choice = decided.get(rule.name, decided.get("*"))
    if choice in legal:
        return _decide(rule, legal[choice], legal, seen, merged)
    there = seen.get(choice or "") if choice in rule.places else None
    if there is not None and there.marks.get(rule.name) != Mark.UNSEEN:
        unchanged = base if base is not None else there.values.get(rule.name)
        if base is not None or any(rule.equal(unchanged, one) for one in values):
            return _decide(rule, unchanged, legal, seen, merged)
    if rule.policy is Policy.OWNER and rule.owner in legal:
        winner, reason = legal[rule.owner], "owner"
    elif rule.policy is Policy.NEWEST and _newest(legal, seen) is not None:
        winner, reason = legal[_newest(legal, seen) or ""], "newest"
    else:
        merged.conflicts.append(Conflict(rule.name, base, dict(legal)))
        return base
    for place, value in legal.items():
        if not rule.equal(value, winner):
            merged.lost.append(Lost(rule.name, place, value, reason, seen[place].modified_by))
    return winner


def _typed_over(
    rule: SharedRule, chosen: str, legal: dict[str, str | None], own: Own | None
) -> dict[str, str | None]:
    """Return what was typed where the value that a person chose stood already."""
    if own is None:
        return {}
    there = {place: own.landed.get(f"{place}.{rule.name}") for place in legal}
    return {
        place: value
        for place, value in legal.items()
        if (before := there[place]) is not None and rule.equal(before or None, chosen or None)
    }


def _decide(
    rule: SharedRule,
    winner: str | None,
    places: Iterable[str],
    seen: Mapping[str, Observation],
    merged: Merged,
) -> str | None:
    """Take the value a person chose: it holds until every place shows it."""
    merged.decided[rule.name] = winner
    _lose(rule, winner, places, seen, merged)
    return winner


def _lose(
    rule: SharedRule,
    winner: str | None,
    places: Iterable[str],
    seen: Mapping[str, Observation],
    merged: Merged,
) -> None:
    for place in sorted(places):
        value = seen[place].values.get(rule.name)
        if not rule.equal(value, winner):
            merged.lost.append(Lost(rule.name, place, value, DECIDED, seen[place].modified_by))


def _newest(legal: dict[str, str | None], seen: Mapping[str, Observation]) -> str | None:
    """Return the place changed last; None where two share the instant or one has none."""
    instants = {place: seen[place].modified_at for place in legal}
    known = sorted((at, place) for place, at in instants.items() if at is not None)
    if len(known) < len(legal) or known[-1][0] == known[-2][0]:
        return None
    return known[-1][1]


def agreed(
    rules: Rules,
    base: Mapping[str, str],
    merged: Merged,
    seen: Mapping[str, Observation],
    *,
    blind: Mapping[str, frozenset[str]],
) -> dict[str, str]:
    """Return the base after this cycle: it moves only where every place shows the merged value.

    ``seen`` are the observations after the writes that are known to have landed.
    """
    result = dict(base)
    blocked, values = merged.blocked, merged.values
    unlike = set()  # what some place does not show to the letter: hardly anything
    for place, observation in seen.items():
        shown = observation.values
        for name in rules.typed[place][0].all:
            if shown.get(name) != values.get(name):
                unlike.add(name)
    for rule in rules.shared:
        name = rule.name
        value = values.get(name)
        if value == base.get(name) or name in blocked:
            continue
        same = name not in unlike and not blind
        if same or is_everywhere(rule, value, seen, blind):
            if value is None:
                result.pop(name, None)
            else:
                result[name] = value
    return result


def is_everywhere(
    rule: SharedRule,
    value: str | None,
    seen: Mapping[str, Observation],
    blind: Mapping[str, frozenset[str]],
) -> bool:
    """Return whether every place of a field is known to show a value."""
    name = rule.name
    for place in rule.places:
        observation = seen.get(place)
        if observation is None:
            continue
        there = observation.values.get(name)
        if (there != value and not rule.equal(there, value)) or (
            blind and name in blind.get(place, ())
        ):
            return False
    return True
