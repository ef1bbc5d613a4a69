"""Which pairs are worth comparing: those that share something rare. Pure.

Comparing everything with everything would be 400 million pairs for 20,000 rows. Items meet in
blocks: a number, a meter, a building, a location code. A block that is too big says nothing (a
location code that all rows have) and is split by vendor and commodity; where it is too big even
then, its items can still meet in others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence

from ubm_sync.matching.item import Traits

MOST_PAIRS = 40_000  # of one block
_FIRST = 5  # digits by which damaged numbers are looked up
_LEAST_KEY = 3


def pairs(rows: Sequence[Traits], others: Sequence[Traits]) -> Iterator[tuple[int, int]]:
    """Yield each pair ``(row, other)`` that shares a block, once, by their positions."""
    seen: set[int] = set()
    size = len(others)
    for mine, theirs in _blocks(rows, others):
        for row in mine:
            for other in theirs:
                mark = row * size + other
                if mark not in seen:
                    seen.add(mark)
                    yield row, other


def _blocks(
    rows: Sequence[Traits], others: Sequence[Traits]
) -> Iterator[tuple[list[int], list[int]]]:
    left, right = _index(rows), _index(others)
    for key, mine in left.items():
        theirs = right.get(key)
        if theirs is None:
            continue
        if len(mine) * len(theirs) <= MOST_PAIRS:
            yield mine, theirs
            continue
        yield from _split(rows, others, mine, theirs)
    yield from _damaged(rows, others)


def _split(
    rows: Sequence[Traits], others: Sequence[Traits], mine: list[int], theirs: list[int]
) -> Iterator[tuple[list[int], list[int]]]:
    """Split a big block by vendor, commodity and unit."""
    small: defaultdict[Hashable, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for side, items, positions in ((0, rows, mine), (1, others, theirs)):
        for at in positions:
            one = items[at]
            for name in one.vendor.names or {""}:
                small[name, one.commodity, one.address.unit][side].append(at)
    for some, more in small.values():
        if some and more and len(some) * len(more) <= MOST_PAIRS:
            yield some, more


def _index(items: Sequence[Traits]) -> dict[Hashable, list[int]]:
    found: defaultdict[Hashable, list[int]] = defaultdict(list)
    for at, one in enumerate(items):
        for key in _keys(one):
            found[key].append(at)
    return found


def _keys(one: Traits) -> Iterable[Hashable]:
    """Return the blocks of an item."""
    keys: set[Hashable] = set()
    for number in (*one.number.keys, *one.meters, *one.mentions):
        if len(number) >= _LEAST_KEY:
            keys.add(("id", number))
    for number in one.number.keys:
        if len(number) > _FIRST:  # a check digit or a slip at the end
            keys |= {("stem", number), ("stem", number[:-1])}
    if one.address.is_known:
        where = one.address.zip or f"{one.address.city} {one.address.state}"
        keys.add(("building", where, one.address.building))
        if one.address.zip and one.address.city:
            town = f"{one.address.city} {one.address.state}"
            keys.add(("building", town, one.address.building))
    if one.code:
        keys.add(("code", one.code))
    return keys


def _damaged(
    rows: Sequence[Traits], others: Sequence[Traits]
) -> Iterator[tuple[list[int], list[int]]]:
    """Look numbers up that a spreadsheet damaged, by their first digits and their length."""
    for mine, theirs, flipped in ((rows, others, False), (others, rows, True)):
        hurt = [at for at, one in enumerate(mine) if one.number.length]
        if not hurt:
            continue
        found: defaultdict[Hashable, list[int]] = defaultdict(list)
        for at, one in enumerate(theirs):
            number = one.number
            for key in (number.damaged, *number.keys):
                found[key[:_FIRST], number.length or len(key)].append(at)
        for at in hurt:
            number = mine[at].number
            near = found.get((number.damaged[:_FIRST].ljust(_FIRST, "0"), number.length), [])
            if near and len(near) <= MOST_PAIRS // 100:
                yield (near, [at]) if flipped else ([at], near)
