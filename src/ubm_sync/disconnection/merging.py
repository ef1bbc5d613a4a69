"""Several texts of one ticket: the most serious counts, the others complete it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ubm_sync.disconnection.values import Category, DeadlineKind, Reading, ServiceState

_SERIOUS = {Category.URGENT: 3, Category.POSSIBLE: 2, Category.CLOSE: 1, Category.OTHER: 0}


def worst(readings: Iterable[Reading]) -> Reading:
    """Return the most serious reading, with what it does not name taken from the others.

    Of equally serious ones the surer counts, then the first. A deadline and a state are only taken
    from a reading that is about a disconnection too. Raises ValueError where there is none.
    """
    ranked = sorted(readings, key=lambda one: (-_SERIOUS[one.category], -one.confidence))
    if not ranked:
        raise ValueError("there is no reading to choose from")
    found = ranked[0]
    for other in ranked[1:]:
        found = _completed(found, other)
    return found


def _completed(found: Reading, other: Reading) -> Reading:
    found = replace(
        found,
        accounts=found.accounts or other.accounts,
        meters=found.meters or other.meters,
        vendors=found.vendors or other.vendors,
        amounts=found.amounts or other.amounts,
        vulnerable=found.vulnerable or other.vulnerable,
    )
    if found.category is Category.CLOSE and found.effective is None:
        return replace(found, effective=other.effective)
    about_cut = {Category.URGENT, Category.POSSIBLE}
    if found.category not in about_cut or other.category not in about_cut:
        return found
    if found.deadline_kind is DeadlineKind.UNKNOWN:
        found = replace(
            found,
            deadline=other.deadline,
            deadline_kind=other.deadline_kind,
            deadline_text=other.deadline_text,
            deadline_time=other.deadline_time,
        )
    if found.state is ServiceState.UNKNOWN:
        found = replace(found, state=other.state)
    return found
