"""One row, one account: which of the likely pairs stand, and what a person must decide. Pure.

Pairs are taken from the surest down. A pair stands only where neither side has another partner
that is nearly as likely; where one has, nothing is chosen, and a person is asked with all of them
in view.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from ubm_sync.matching.blocking import pairs
from ubm_sync.matching.item import Item, Traits, traits
from ubm_sync.matching.scoring import ASK, PROBABLE, SAME, Verdict, compare

MARGIN = 0.05  # a rival within this is nearly as likely


class Class(StrEnum):
    """What a proposal is worth."""

    SAME = "same"
    PROBABLE = "probable"
    ASK = "person must decide"
    NEW = "new"


class Candidate(NamedTuple):
    """Something a row may be, with its score and why."""

    item: Item
    score: float
    reasons: tuple[str, ...]


class Proposal(NamedTuple):
    """What one row is thought to be in one place.

    ``best`` is None for a new one. ``rivals`` are nearly as likely (the class is ``ASK`` then),
    ``copy_of`` is an earlier row that says the same: it goes before this one.
    """

    row: Item
    place: str
    kind: Class
    best: Candidate | None = None
    rivals: tuple[Candidate, ...] = ()
    copy_of: Item | None = None
    contested: bool = False  # another row is nearly as likely to be the same thing


class Matching(NamedTuple):
    """The proposals for all rows, in their order, and the items that no row was matched with."""

    proposals: tuple[Proposal, ...]
    unmatched: tuple[Item, ...]


def match(
    rows: Iterable[Item],
    others: Iterable[Item],
    place: str,
    banned: Collection[tuple[str, str]] = frozenset(),
) -> Matching:
    """Propose which of ``others`` (all of ``place``) each row is; one at most, and each once.

    ``banned`` are pairs ``(row's ref, other's ref)`` that a person said are not the same.
    """
    mine, theirs = [traits(one) for one in rows], [traits(one) for one in others]
    copies = _copies(mine)
    scores = _scores(mine, theirs, copies, banned)
    chosen, torn = _assign(scores)
    proposals = []
    taken = set(chosen.values())
    for at, one in enumerate(mine):
        first = copies.get(at)
        if first is not None:
            proposals.append(Proposal(one.item, place, Class.NEW, copy_of=mine[first].item))
            continue
        found = scores.get(at, {})
        if at in chosen:
            best = _candidate(theirs, chosen[at], found)
            proposals.append(Proposal(one.item, place, _class(best.score), best))
        elif at in torn:
            taken |= torn[at].keys()
            several = sorted(
                (_candidate(theirs, to, found) for to in torn[at]),
                key=lambda each: (-each.score, each.item.ref),
            )
            proposals.append(
                Proposal(one.item, place, Class.ASK, several[0], tuple(several[1:]), contested=True)
            )
        else:
            proposals.append(Proposal(one.item, place, Class.NEW))
    left = tuple(one.item for at, one in enumerate(theirs) if at not in taken)
    return Matching(tuple(proposals), left)


def _scores(
    rows: Sequence[Traits],
    others: Sequence[Traits],
    copies: Mapping[int, int],
    banned: Collection[tuple[str, str]],
) -> dict[int, dict[int, Verdict]]:
    found: defaultdict[int, dict[int, Verdict]] = defaultdict(dict)
    for row, other in pairs(rows, others):
        if row in copies or (rows[row].item.ref, others[other].item.ref) in banned:
            continue
        verdict = compare(rows[row], others[other])
        if verdict.score >= ASK:
            found[row][other] = verdict
    return found


def _copies(rows: Sequence[Traits]) -> dict[int, int]:
    """Return rows that say the same as another one, with the position of the first of them."""
    groups: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    for at, one in enumerate(rows):
        if one.number.keys and one.vendor.is_sure:
            address = one.address._replace(unit=())
            key = (one.number.keys, one.vendor.names, one.commodity, one.bill, one.code, address)
            groups[key].append(at)
    copies = {}
    for several in groups.values():
        if len(several) > 1:
            several.sort(key=lambda at: _age(rows[at].item, at))
            copies.update(dict.fromkeys(several[1:], several[0]))
    return copies


def _age(item: Item, at: int) -> tuple[float, str, int]:
    since = item.created_at.timestamp() if item.created_at is not None else 0.0
    return since, item.label, at


def _assign(
    scores: Mapping[int, Mapping[int, Verdict]],
) -> tuple[dict[int, int], dict[int, dict[int, float]]]:
    """Return ``{row: other}`` and, for rows with several, ``{row: {other: score}}``."""
    order = sorted(
        (-verdict.score, row, other)
        for row, some in scores.items()
        for other, verdict in some.items()
    )
    by_other: defaultdict[int, dict[int, float]] = defaultdict(dict)
    for score, row, other in order:
        by_other[other][row] = -score
    chosen: dict[int, int] = {}
    torn: dict[int, dict[int, float]] = {}
    done_rows: set[int] = set()
    done_others: set[int] = set()
    for negative, row, other in order:
        if row in done_rows or other in done_others:
            continue
        least = -negative - MARGIN
        for_row = {
            to: verdict.score
            for to, verdict in scores[row].items()
            if to not in done_others and verdict.score > least
        }
        for_other = [
            one for one, score in by_other[other].items() if one not in done_rows and score > least
        ]
        if len(for_row) == 1 and len(for_other) == 1:
            chosen[row] = other
            done_rows.add(row)
            done_others.add(other)
            continue
        rows, others = _tangle(row, least, scores, by_other, done_rows, done_others)
        for one in rows:
            torn[one] = {
                to: verdict.score
                for to, verdict in scores[one].items()
                if to in others and verdict.score > least
            }
        done_rows |= rows
        done_others |= others
    return chosen, {row: some for row, some in torn.items() if some}


def _tangle(
    row: int,
    least: float,
    scores: Mapping[int, Mapping[int, Verdict]],
    by_other: Mapping[int, Mapping[int, float]],
    done_rows: set[int],
    done_others: set[int],
) -> tuple[set[int], set[int]]:
    """Return everything that hangs together by pairs that are nearly as likely."""
    rows, others, ahead = {row}, set[int](), [row]
    while ahead:
        one = ahead.pop()
        for to, verdict in scores[one].items():
            if to in done_others or to in others or verdict.score <= least:
                continue
            others.add(to)
            for more, score in by_other[to].items():
                if more not in rows and more not in done_rows and score > least:
                    rows.add(more)
                    ahead.append(more)
    return rows, others


def _candidate(others: Sequence[Traits], at: int, found: Mapping[int, Verdict]) -> Candidate:
    return Candidate(others[at].item, found[at].score, found[at].reasons)


def _class(score: float) -> Class:
    if score >= SAME:
        return Class.SAME
    return Class.PROBABLE if score >= PROBABLE else Class.ASK
