"""What a first connect found, as lines for people and as a document for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ubm_sync.first_connect.looking import MAIN, SHOWN, Look
from ubm_sync.matching import Class, Proposal
from ubm_sync.state import Pair

COMPARED = (
    "location_code", "location_name", "address_1", "address_2", "city", "state", "zip",
    "vendor", "commodity", "account_number", "meter_numbers", "bill_type",
)  # fmt: skip
DECIDED = "decided"


class Line(NamedTuple):
    """One row of the sheet and what it may be in one place; ``id`` is 0 for a new one."""

    id: int
    row: str
    place: str
    kind: str
    score: float | None
    partner: str
    reasons: tuple[str, ...]
    decision: str
    decided_by: str
    decided_at: str
    row_values: Mapping[str, str]
    other_values: Mapping[str, str]

    @property
    def is_open(self) -> bool:
        """Whether a person has to decide."""
        return bool(self.id) and not self.decision


def lines(found: Look) -> list[Line]:
    """Return what a person reviews: open questions first, then by score, the new ones last."""
    listed = [_of_pair(one) for one in found.pairs]
    listed += [_of_new(one) for one in found.proposals if one.best is None]
    return sorted(listed, key=_order)


def document(found: Look, begun: tuple[str, Any] | None, *, held: bool) -> dict[str, Any]:
    """Return a look for ``--json``."""
    listed = lines(found)
    return {
        "customer": found.customer.key,
        "match_only": found.customer.match_only,
        "writes_allowed": not held,
        "begun_by": begun[0] if begun else None,
        "begun_at": begun[1].isoformat() if begun else None,
        "exists": dict(found.counts),
        "classes": dict(Counter(f"{one.place}: {one.kind}" for one in listed)),
        "undecided": sum(one.is_open for one in listed),
        "left": found.left,
        "matches": [one._asdict() for one in listed],
        "unmatched": {
            place: [
                {"ref": one.ref, **{name: one.values[name] for name in SHOWN if name in one.values}}
                for one in items
            ]
            for place, items in found.unmatched.items()
        },
    }


def summary(found: Look, names: Mapping[str, str]) -> list[str]:
    """Return a few sentences: what exists, what was matched, what waits."""
    listed = lines(found)
    texts = []
    for place, count in found.counts.items():
        if place == MAIN:
            texts.append(f"{count} rows in the sheet.")
            continue
        rows = {(one.row, one.kind) for one in listed if one.place == place}
        kinds = Counter(kind for _, kind in rows)  # a row may have several that it may be
        decided = Counter(one.decision for one in listed if one.place == place and one.decision)
        left = len(found.unmatched.get(place, ()))
        parts = [f"{kinds[kind.value]} {kind.value}" for kind in Class]
        parts += [f"{number} {what}" for what, number in sorted(decided.items())]
        texts.append(
            f"{names.get(place, place)}, {place}: {count} without a link. Rows: "
            f"{', '.join(parts)}. {left} matched by no row."
        )
    return texts


def _of_pair(one: Pair) -> Line:
    decision = one.decision
    if one.void:
        decision = f"{decision}, but {one.void}"
    elif one.linked_at is not None:
        decision = "linked"
    reasons = (*one.reasons, *((one.why,) if one.why else ()))
    return Line(
        one.id, one.row_name, one.place, one.kind, one.score, one.name, reasons, decision,
        one.decided_by, one.decided_at.isoformat() if one.decided_at else "",
        one.row_values, one.other_values,
    )  # fmt: skip


def _of_new(one: Proposal) -> Line:
    if one.copy_of is not None:
        reasons = (f"the same request as row {one.copy_of.name}, which was there first",)
        kind = "copy of another row"
    else:
        reasons, kind = (f"no {one.place} is like it",), one.kind.value
    values = {name: one.row.values[name] for name in SHOWN if name in one.row.values}
    return Line(0, one.row.name, one.place, kind, None, "", reasons, "", "", "", values, {})


def _order(one: Line) -> tuple[bool, bool, str, float, str, int]:
    ask = one.kind == Class.ASK.value
    return (
        not one.is_open, not ask, one.place, -(one.score or 0.0), one.row, one.id,
    )  # fmt: skip


def chosen(listed: Iterable[Line], *, only_open: bool) -> list[Line]:
    """Return the lines that a screen shows: pairs, and of them only the open ones if asked."""
    return [one for one in listed if one.id and (one.is_open or not only_open)]
