"""Bugs put into the pure core by hand: a check that finds none of them checks nothing.

Each is in for as long as a case is played. The case noted for it, in ``seeded.json``, is the first
one found that breaks a law because of it; ``python -m tests.simulation.planner --mutations`` plays
them all and says which law complained.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.simulation.planner import knowledge, stage
from tests.simulation.planner.driver import wrong
from tests.simulation.planner.mappings import house
from tests.simulation.seeded.patching import Bug, around, both, instead

from ubm_sync.mapping import translation
from ubm_sync.model import Observation
from ubm_sync.sync import merge as merging
from ubm_sync.sync import notebook as book
from ubm_sync.sync import plan as planning
from ubm_sync.sync import restoring, subjects
from ubm_sync.sync import rules as compiling
from ubm_sync.sync import settle as settling
from ubm_sync.sync import typed as typing
from ubm_sync.sync.guard import Guard
from ubm_sync.sync.merge import Merged
from ubm_sync.sync.own import Own
from ubm_sync.sync.rules import SharedRule
from ubm_sync.sync.settle import Settled
from ubm_sync.sync.stops import Held

NOTED = Path(__file__).parent / "seeded.json"
MOST = 20_000  # cases among which one is looked for


class Mutation(NamedTuple):
    """One bug: ``breaks`` says what a user would see."""

    name: str
    breaks: str
    apply: Bug


class Caught(NamedTuple):
    """The case that catches a bug, and the law that complained."""

    case: int
    law: str


# --------------------------------------------------------------------------------------- merge


def _without(*parts: str) -> Bug:
    def merge(merge: Callable[..., Merged], *some: Any, **named: Any) -> Merged:
        merged = merge(*some, **named)
        for part in parts:
            setattr(merged, part, [])
        return merged

    return around(subjects, "merge", merge)


def _with(**other: Any) -> Bug:
    def merge(merge: Callable[..., Merged], *some: Any, **named: Any) -> Merged:
        return merge(*some, **{**named, **other})

    return around(subjects, "merge", merge)


def _swapped(self: SharedRule, place: str, *, accepted: bool) -> bool:
    return place in (self.writers if accepted else self.writers_once_accepted)


def _last_wins(
    _choose: object, _rule: object, _base: object, legal: dict[str, str | None], *_rest: object
) -> str | None:
    return list(legal.values())[-1]


def _gone_is_there(_live: object, seen: Mapping[str, Observation]) -> Mapping[str, Observation]:
    return {place: replace(one, values={}) if one.gone else one for place, one in seen.items()}


def _oldest(
    _newest: object, legal: dict[str, str | None], seen: Mapping[str, Observation]
) -> str | None:
    return min(legal, key=lambda place: str(seen[place].modified_at))


def _not_the_owner(choose: Callable[..., str | None], rule: Any, *rest: Any) -> str | None:
    others = [place for place in rest[1] if place != rule.owner]
    return choose(replace(rule, owner=others[0]) if rule.owner and others else rule, *rest)


# ---------------------------------------------------------------------------------- plan, settle


def _after_settle(change: Callable[[Any, Settled], None]) -> Bug:
    def settle(settle: Callable[..., Settled], rules: Any, plan: Any, *rest: Any) -> Settled:
        settled = settle(rules, plan, *rest)
        change(plan, settled)
        return settled

    return around(settling, "settle", settle)


def _keep_base(plan: Any, settled: Settled) -> None:
    settled.base = dict(plan.subject.base)


def _base_at_once(plan: Any, settled: Settled) -> None:
    settled.base = dict(plan.merged.values)


def _not_again(_plan: Any, settled: Settled) -> None:
    settled.again = False


def _nothing_observed(_plan: Any, settled: Settled) -> None:
    settled.observations = []


def _forgetting(*prefixes: str) -> Bug:
    def change(_plan: Any, settled: Settled) -> None:
        settled.memory = {
            key: one for key, one in settled.memory.items() if not key.startswith(prefixes)
        }

    return _after_settle(change)


def _all_landed(after: Callable[..., Any], write: Any, outcome: Any, *rest: Any) -> Any:
    return after(write, outcome._replace(landed=None), *rest)


def _changed_writes(change: Callable[[Any], Any]) -> Bug:
    def write(write: Callable[..., Any], *some: Any, **more: Any) -> Any:
        planned = write(*some, **more)
        return None if planned is None else change(planned)

    return around(planning, "_write", write)


def _open_places(
    write: Callable[..., Any], place: Any, subject: Any, *rest: Any, **more: Any
) -> Any:
    return write(place, subject._replace(shut=frozenset()), *rest, **more)


def _seeing(write: Callable[..., Any], place: Any, subject: Any, *rest: Any, **more: Any) -> Any:
    return write(place, subject._replace(blind={}), *rest, **more)


# --------------------------------------------------------------------------- guard and equality


def _one_more(limit: Callable[..., int | None], *some: Any) -> int | None:
    found = limit(*some)
    return None if found is None else found + 1


_AS_PYTHON = {"true": "1", "false": "0", "1.0": "1", "0.0": "0"}


def _python(same: Callable[..., bool], kind: Any, a: str | None, b: str | None) -> bool:
    read = [_AS_PYTHON.get((one or "").strip().casefold(), one) for one in (a, b)]
    return read[0] == read[1] or same(kind, a, b)


def _caseless(same: Callable[..., bool], kind: Any, a: str | None, b: str | None) -> bool:
    return same(kind, (a or "").casefold() or None, (b or "").casefold() or None)


def _as_numbers(same: Callable[..., bool], kind: Any, a: str | None, b: str | None) -> bool:
    try:
        return float(a or "") == float(b or "")
    except ValueError:
        return same(kind, a, b)


MUTATIONS: tuple[Mutation, ...] = (
    Mutation("the loser is dropped", "the value that lost is not kept", _without("lost")),
    Mutation("a foreign edit is not kept", "it is put back silently", _without("edits")),
    Mutation(
        "owners swap on acceptance",
        "customers may change what only the manager may",
        instead(SharedRule, "may_write", _swapped),
    ),
    Mutation(
        "a conflict is written over",
        "the last place wins and the other value is gone",
        around(merging, "_choose", _last_wins),
    ),
    Mutation(
        "a lost column is empty",
        "a deleted column empties the others",
        both(_with(blind={}), instead(knowledge, "unseen", lambda _old, new, _blind: new)),
    ),
    Mutation(
        "a record that left is empty",
        "an archived ticket empties its row",
        around(subjects, "_live", _gone_is_there),
    ),
    Mutation("our own values are edits", "what we wrote half is a person's word", _with(own=None)),
    Mutation(
        "what was replaced still counts",
        "who typed over a value is in conflict with it",
        instead(Own, "latest", lambda _self, _rule, legal: legal),
    ),
    Mutation("decisions are not heard", "a conflict never ends", _with(decided={})),
    Mutation(
        "a decision beats what was typed after it",
        "the newer value is taken for the loser",
        instead(merging, "_typed_over", lambda *_some: {}),
    ),
    Mutation("the oldest edit wins", "newest means oldest", around(merging, "_newest", _oldest)),
    Mutation(
        "somebody else is the owner",
        "the owner's value loses",
        around(merging, "_choose", _not_the_owner),
    ),
    Mutation(
        "one place speaks for all",
        "a value is taken as agreed where it is not yet",
        both(
            instead(merging, "is_everywhere", lambda *_some: True),
            instead(settling, "is_everywhere", lambda *_some: True),
        ),
    ),
    Mutation(
        "writes do not look first",
        "what people type meanwhile is written over",
        _changed_writes(lambda one: replace(one, careful={})),
    ),
    Mutation(
        "a conflict blocks nothing",
        "the agreed value is written over both sides",
        instead(Merged, "blocked", property(lambda _self: frozenset())),
    ),
    Mutation(
        "every cell can be written",
        "formulas are written over",
        instead(planning, "UNWRITABLE", frozenset()),
    ),
    Mutation(
        "a closed place is open",
        "what must not be written to is",
        around(planning, "_write", _open_places),
    ),
    Mutation(
        "a lost column is written",
        "values are sent to where no column is",
        around(planning, "_write", _seeing),
    ),
    Mutation(
        "a refused write is sent again",
        "in every cycle",
        instead(planning, "_not_refused", lambda write, _notebook: write),
    ),
    Mutation(
        "a refused value is sent again",
        "in every cycle",
        instead(planning, "_is_held", lambda *_some: False),
    ),
    Mutation(
        "a create is never in doubt",
        "what was made without an answer is made again",
        _changed_writes(lambda one: replace(one, doubtful=False)),
    ),
    Mutation(
        "everything is written always",
        "the service answers its own writes",
        instead(planning, "_is_there", lambda *_some: False),
    ),
    Mutation(
        "spelling is a difference",
        "a vendor's trimmed blank is written back for ever",
        instead(SharedRule, "equal", lambda _self, a, b: a == b),
    ),
    Mutation("the base does not move", "agreed values stay new", _after_settle(_keep_base)),
    Mutation("the base moves too early", "before all agree", _after_settle(_base_at_once)),
    Mutation("a failure is not tried again", "it waits for ever", _after_settle(_not_again)),
    Mutation(
        "what landed is not remembered",
        "our own write is taken for an edit",
        _after_settle(_nothing_observed),
    ),
    Mutation(
        "an unanswered write is forgotten",
        "a value that landed after all counts as typed",
        _forgetting(book.SENT, book.MADE),
    ),
    Mutation(
        "what was written half is forgotten",
        "our value counts as typed until all agree",
        _forgetting(book.PUT),
    ),
    Mutation(
        "a decision is forgotten",
        "it ends before every place shows it",
        _forgetting(book.DECIDE),
    ),
    Mutation(
        "part of a write is all of it",
        "a refused field counts as written",
        around(settling, "after_write", _all_landed),
    ),
    Mutation(
        "a correction is ours",
        "a corrected value is taken back where one place lacks it",
        instead(settling, "_is_theirs", lambda *_some: False),
    ),
    Mutation(
        "nobody is written over",
        "what was typed between look and write is gone",
        instead(typing, "overwritten", lambda *_some: None),
    ),
    Mutation(
        "what was written over stays so",
        "the typed value does not come back",
        both(
            instead(planning, "as_typed", lambda seen, *_rest: seen),
            instead(subjects, "as_typed", lambda seen, *_rest: seen),
        ),
    ),
    Mutation(
        "a column takes its values along",
        "what went with a column was emptied by nobody",
        instead(subjects, "_brought_back", lambda live, _notebook: live),
    ),
    Mutation(
        "an earlier value beats a newer edit",
        "what an admin wanted back comes back too late",
        instead(restoring, "_is_untouched", lambda *_some: True),
    ),
    Mutation("the guard is off by one", "one too many passes", around(Guard, "_limit", _one_more)),
    Mutation(
        "the guard forgets what it let pass",
        "each portion may write as much again",
        instead(Guard, "_spend", lambda *_some: None),
    ),
    Mutation(
        "nobody need approve",
        "what was stopped is written in the next cycle",
        instead(Held, "let_go", lambda _self, mine, _canary: len(mine)),
    ),
    Mutation("True is 1", "a typed 1 changes nothing", around(compiling, "same", _python)),
    Mutation(
        "numbers are compared as numbers",
        "0045 over 45 changes nothing",
        around(compiling, "same", _as_numbers),
    ),
    Mutation(
        "case means nothing",
        "gl-7b over GL-7B changes nothing",
        around(compiling, "same", _caseless),
    ),
    Mutation(
        "two words may be one",
        "a choice comes back as another",
        instead(translation, "_round_trip", lambda *_some: iter(())),
    ),
)


@contextmanager
def _in_it(mutation: Mutation) -> Iterator[None]:
    """Put a bug in, and out again; the mappings that were made with or without it are made anew."""
    with mutation.apply():
        stage.forget()
        house.cache_clear()
        try:
            yield
        finally:
            stage.forget()
            house.cache_clear()


def look(mutation: Mutation, number: int) -> Caught | None:
    """Play one case with a bug; None where every law holds all the same."""
    with _in_it(mutation):
        law, _ = wrong(number)
    return Caught(number, law) if law else None


def search(mutation: Mutation, most: int = MOST) -> Caught | None:
    """Return the first case that breaks a law with a bug, and none without it."""
    first = 0
    while first < most:
        with _in_it(mutation):
            found = next((one for one in range(first, most) if wrong(one)[0]), None)
            law = "" if found is None else wrong(found)[0]
        if found is None:
            return None
        if not wrong(found)[0]:
            return Caught(found, law)
        first = found + 1
    return None


@cache
def noted() -> dict[str, Caught]:
    """Return the cases that are known, by the bug's name."""
    return {name: Caught(*one) for name, one in json.loads(NOTED.read_text()).items()}


def note(found: Mapping[str, Caught]) -> None:
    """Write down which case catches which bug."""
    lines = [
        f"  {json.dumps(one.name)}: {json.dumps(list(found[one.name]))}"
        for one in MUTATIONS
        if one.name in found
    ]
    NOTED.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    noted.cache_clear()
