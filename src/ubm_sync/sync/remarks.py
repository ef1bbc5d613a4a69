"""What people write into cells that another flow reads as words: kept until it has read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ubm_sync.model import NOTHING, Observation
from ubm_sync.state import Remark

Listens = Mapping[str, frozenset[str]]  # place -> the fields whose words are read


def remarks(
    listens: Listens,
    seen: Iterable[tuple[str, Observation]],
    before: Mapping[str, tuple[str, Observation]] = NOTHING,
) -> Iterator[Remark]:
    """Yield the words that are new in records; ``before`` are those already known, by ref."""
    for sync_id, one in seen:
        names = listens.get(one.place)
        if not names or one.gone:
            continue
        known = before[one.ref][1].values if one.ref in before else NOTHING
        for name in sorted(names):
            text = one.values.get(name)
            if text and text != known.get(name):
                at = one.modified_at or one.created_at
                yield Remark(one.place, sync_id, name, text, at, one.modified_by or "")
