"""Bugs of the core: merge, plan, settle, guard and the equality of values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tests.simulation.seeded.mutation import (
    Mutation,
    acts,
    either,
    errand,
    guarded,
    remapped,
)
from tests.simulation.seeded.patching import around, both, instead

from ubm_sync.model import Observation
from ubm_sync.sync import ingest, planfile, sight, subjects
from ubm_sync.sync import merge as merging
from ubm_sync.sync import notebook as book
from ubm_sync.sync import rules as compiling
from ubm_sync.sync import settle as settling
from ubm_sync.sync import work as working
from ubm_sync.sync.guard import Guard
from ubm_sync.sync.merge import Merged
from ubm_sync.sync.rules import SharedRule
from ubm_sync.sync.settle import Settled
from ubm_sync.sync.stops import Held

# --------------------------------------------------------------------------------------- merge


def _after_merge(change: Callable[[Merged], None]) -> Callable[..., Merged]:
    def merge(merge: Callable[..., Merged], *some: Any, **named: Any) -> Merged:
        merged = merge(*some, **named)
        change(merged)
        return merged

    return merge


def _no_lost(merged: Merged) -> None:
    merged.lost = []


def _no_edits(merged: Merged) -> None:
    merged.edits = []


def _owners_swapped(self: SharedRule, place: str, *, accepted: bool) -> bool:
    return place in (self.writers if accepted else self.writers_once_accepted)


def _last_wins(
    _choose: object, _rule: object, _base: object, legal: dict[str, str | None], *_rest: object
) -> str | None:
    return list(legal.values())[-1]


def _blind_is_empty(merge: Callable[..., Merged], *some: Any, **named: Any) -> Merged:
    return merge(*some, **{**named, "blind": {}})


def _gone_is_there(_live: object, seen: Mapping[str, Observation]) -> Mapping[str, Observation]:
    return {place: replace(one, values={}) if one.gone else one for place, one in seen.items()}


def _own_are_edits(merge: Callable[..., Merged], *some: Any, **named: Any) -> Merged:
    return merge(*some, **{**named, "own": None})


loser_dropped = around(subjects, "merge", _after_merge(_no_lost))
foreign_edit_not_kept = around(subjects, "merge", _after_merge(_no_edits))
owners_swapped = instead(SharedRule, "may_write", _owners_swapped)
conflict_written_over = around(merging, "_choose", _last_wins)
# Also what was last seen in a column stands in for it, from when it is missed, and where a row is
# read without it: while that holds, nobody sees the first bug.
lost_column_is_empty = both(
    around(subjects, "merge", _blind_is_empty),
    instead(ingest, "unseen", lambda _old, new, _blind: new),
    instead(sight, "unseen", lambda _old, new, _blind: new),
)
what_left_is_empty = around(subjects, "_live", _gone_is_there)
own_values_are_edits = around(subjects, "merge", _own_are_edits)

# ---------------------------------------------------------------------------------- plan, settle


def _after_settle(change: Callable[..., None]) -> Callable[..., Settled]:
    def settle(settle: Callable[..., Settled], rules: Any, plan: Any, *rest: Any) -> Settled:
        settled = settle(rules, plan, *rest)
        change(plan, settled)
        return settled

    return settle


def _keep_base(plan: Any, settled: Settled) -> None:
    settled.base = dict(plan.subject.base)


def _base_at_once(plan: Any, settled: Settled) -> None:
    settled.base = dict(plan.merged.values)


def _not_again(_plan: Any, settled: Settled) -> None:
    settled.again = False


def _forgetting(*prefixes: str) -> Callable[[Any, Settled], None]:
    def change(_plan: Any, settled: Settled) -> None:
        kept = {key: one for key, one in settled.memory.items() if not key.startswith(prefixes)}
        settled.memory = kept

    return change


def _nothing_observed(_plan: Any, settled: Settled) -> None:
    settled.observations = []


def _all_landed(after: Callable[..., Any], write: Any, outcome: Any, *rest: Any) -> Any:
    return after(write, outcome._replace(landed=None), *rest)


def _digest_of_names(_digest: object, write: Any) -> str:
    return " ".join((write.place, write.key, *sorted(write.values)))


base_not_moved = around(working, "settle", _after_settle(_keep_base))
base_moved_too_early = around(working, "settle", _after_settle(_base_at_once))
failure_not_tried_again = around(working, "settle", _after_settle(_not_again))
unanswered_forgotten = around(working, "settle", _after_settle(_forgetting(book.SENT, book.MADE)))
refused_forgotten = around(working, "settle", _after_settle(_forgetting(book.REFUSED, book.HELD)))
echo_not_suppressed = around(working, "settle", _after_settle(_nothing_observed))
part_read_as_whole = around(settling, "after_write", _all_landed)
plan_names_fields_only = both(
    around(working, "digest", _digest_of_names), around(planfile, "digest", _digest_of_names)
)

# ----------------------------------------------------------------------------------------- guard


def _one_more(limit: Callable[..., int | None], *some: Any) -> int | None:
    found = limit(*some)
    return None if found is None else found + 1


guard_off_by_one = around(Guard, "_limit", _one_more)
guard_forgets = instead(Guard, "_spend", lambda *_some: None)
approval_is_for_anything = instead(Held, "let_go", lambda _held, mine, _canary: len(mine))

# -------------------------------------------------------------------------------------- equality

_AS_PYTHON: dict[str, str] = {"true": "1", "false": "0", "1.0": "1", "0.0": "0"}


def _python(same: Callable[..., bool], kind: Any, a: str | None, b: str | None) -> bool:
    read = [_AS_PYTHON.get((one or "").casefold(), one) for one in (a, b)]
    return read[0] == read[1] or same(kind, a, b)


def _caseless(same: Callable[..., bool], kind: Any, a: str | None, b: str | None) -> bool:
    return same(kind, (a or "").casefold() or None, (b or "").casefold() or None)


def _as_numbers(same: Callable[..., bool], kind: Any, a: str | None, b: str | None) -> bool:
    try:
        return float(a or "") == float(b or "")
    except ValueError:
        return same(kind, a, b)


def _as_spelled(_self: SharedRule, a: str | None, b: str | None) -> bool:
    return a == b


true_is_one = around(compiling, "same", _python)
case_means_nothing = around(compiling, "same", _caseless)
numbers_are_numbers = around(compiling, "same", _as_numbers)
spellings_differ = instead(SharedRule, "equal", _as_spelled)

CORE: tuple[Mutation, ...] = (
    Mutation("the base does not move", "agreed values stay new for ever", base_not_moved),
    Mutation(
        "the base moves too early",
        "a value is taken as agreed before every system shows it",
        base_moved_too_early,
    ),
    Mutation(
        "owners swap on acceptance",
        "customers may change what only the manager may",
        owners_swapped,
        acts("enrol"),
    ),
    Mutation(
        "a conflict is written over",
        "the last system wins and the other value is gone",
        conflict_written_over,
    ),
    Mutation(
        "the loser is dropped",
        "the value that lost is not kept",
        loser_dropped,
        either(acts("resolve", "decide_on_ticket"), remapped),
    ),
    Mutation(
        "a foreign edit is not kept",
        "what was typed where it does not count is put back silently",
        foreign_edit_not_kept,
    ),
    Mutation(
        "a lost column is empty",
        "a deleted column empties the tickets",
        lost_column_is_empty,
        errand("a column goes"),
    ),
    Mutation(
        "a record that left is empty",
        "an archived ticket empties its row",
        what_left_is_empty,
        acts("archive", "merge", "move_pipeline"),
    ),
    Mutation(
        "our own values are edits",
        "what the service wrote half is taken for a person's word",
        own_values_are_edits,
        errand("half of a change is written"),
    ),
    Mutation(
        "a failure is not tried again",
        "a write that failed waits for ever",
        failure_not_tried_again,
    ),
    Mutation(
        "an unanswered write is forgotten",
        "a value that landed after all counts as typed",
        unanswered_forgotten,
        errand("the answer to a change is lost"),
    ),
    Mutation(
        "a refused write is forgotten",
        "what a system refuses is sent again in every cycle",
        refused_forgotten,
        errand("more is typed than a cell takes"),
    ),
    Mutation(
        "echo is not suppressed",
        "what the service wrote is not remembered as seen",
        echo_not_suppressed,
    ),
    Mutation(
        "part of a write is read as all of it",
        "a refused field counts as written",
        part_read_as_whole,
    ),
    Mutation(
        "a plan names fields, not values",
        "what is applied is not what was looked at",
        plan_names_fields_only,
        errand("a plan is carried out that is not true any more"),
    ),
    Mutation("the guard is off by one", "one change too many passes", guard_off_by_one, guarded),
    Mutation(
        "the guard forgets what it let pass",
        "each cycle may write as much again",
        guard_forgets,
        errand("one change follows the other"),
    ),
    Mutation(
        "nobody need approve",
        "what the guard stopped is written in the next cycle",
        approval_is_for_anything,
        guarded,
    ),
    Mutation("True is 1", "a typed 1 over True changes nothing", true_is_one),
    Mutation(
        "numbers are compared as numbers",
        "01 over 1 changes nothing",
        numbers_are_numbers,
        errand("what is typed looks like what stood there"),
    ),
    Mutation(
        "case means nothing",
        "gl-7b over GL-7B changes nothing",
        case_means_nothing,
        errand("what is typed looks like what stood there"),
    ),
    Mutation(
        "spellings differ",
        "a blank more is another value",
        spellings_differ,
        errand("both sides type the same"),
    ),
)
