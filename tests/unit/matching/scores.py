"""How well a matching agrees with the labels of a set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from ubm_sync.matching import Class, Matching


@dataclass
class Scores:
    """Counts: pairs proposed with one partner, and rows for which a person must choose.

    ``sure`` are those that may be approved in bulk (same, probable).
    """

    pairs: int
    right: int = 0
    wrong: int = 0
    sure_right: int = 0
    sure_wrong: int = 0
    asked: int = 0  # several partners, the right one among them
    by_pattern: Counter[str] = field(default_factory=Counter)

    @property
    def precision(self) -> float:
        """Of everything proposed, what is right."""
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """Of all pairs that there are, what was proposed."""
        return self.right / max(1, self.pairs)

    @property
    def sure_precision(self) -> float:
        """Of what may be approved in bulk, what is right."""
        return self.sure_right / max(1, self.sure_right + self.sure_wrong)

    @property
    def sure_recall(self) -> float:
        """Of all pairs that there are, what may be approved in bulk."""
        return self.sure_right / max(1, self.pairs)

    def told(self) -> str:
        """Return the numbers in one line."""
        return (
            f"{self.pairs} pairs: proposed P={self.precision:.4f} R={self.recall:.4f} "
            f"({self.right} right, {self.wrong} wrong, {self.asked} to choose); "
            f"same and probable P={self.sure_precision:.4f} R={self.sure_recall:.4f}"
        )


def scores(found: Matching, truth: Mapping[str, str], patterns: Mapping[str, str]) -> Scores:
    """Compare proposals with the labels."""
    result = Scores(len(truth))
    for one in found.proposals:
        wanted = truth.get(one.row.ref)
        pattern = patterns.get(one.row.ref, "")
        if one.best is None:
            if wanted:
                result.by_pattern[f"missed: {pattern}"] += 1
            continue
        if one.contested:
            several = {one.best.item.ref, *(each.item.ref for each in one.rivals)}
            result.asked += wanted in several
            result.by_pattern[f"to choose: {pattern}"] += 1
            continue
        sure = one.kind in {Class.SAME, Class.PROBABLE}
        if one.best.item.ref == wanted:
            result.right += 1
            result.sure_right += sure
            if not sure:
                result.by_pattern[f"right, asked: {pattern}"] += 1
        else:
            result.wrong += 1
            result.sure_wrong += sure
            result.by_pattern[f"WRONG{' and sure' if sure else ''}: {pattern}"] += 1
    return result
