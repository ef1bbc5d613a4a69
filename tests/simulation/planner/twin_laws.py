"""What must be the same with trouble in the last cycle and without: the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulation.planner.judging import is_misspelled
from tests.simulation.planner.plan_laws import Verdict

from ubm_sync.mapping.rules import Policy

if TYPE_CHECKING:
    from tests.simulation.planner.playing import Play


def a_kill_costs_only_time(play: Play) -> Verdict:
    """Promise 6: killed at any moment, the end is the same as without the kill."""
    return _as_its_twin(play, "kill")


def a_lost_answer_costs_only_time(play: Play) -> Verdict:
    """Promise 6: whether a write without an answer landed or not, the end is the same."""
    return _as_its_twin(play, "lost", "void")


def a_refusal_costs_only_time(play: Play) -> Verdict:
    """Promise 1: what was refused and is taken later ends as if it had been taken at once."""
    return _as_its_twin(play, "busy", "never", "part", "down")


def the_order_of_news_is_nothing(play: Play) -> Verdict:
    """Promise 8: late news, and news in another order, end in the same state."""
    unread = play.case.steps[-1][2] if play.twin is not None else ()
    return _as_its_twin(play) if unread else False


def _as_its_twin(play: Play, *kinds: str) -> Verdict:
    twin = play.twin
    if twin is None:
        return False
    if kinds and not any(fault[0] in kinds for _, fault in play.case.steps[-1][1]):
        return False
    mine, other = play.service.conflicts, twin.service.conflicts
    mended = {one.field for one in play.typed if is_misspelled(one)}
    newest = {name for name, one in play.house.shared.items() if one.policy is Policy.NEWEST}
    for name, rule in play.house.shared.items():
        if name in newest or (name in mine and name in other):
            continue  # our own write moves a record's time; a conflict is compared below
        if name in mended:
            continue  # what was corrected in one place differs from what was not in another
        here, there = play.final[name], twin.final[name]
        if here.keys() != there.keys():
            return f"{name} is in {list(here)}, without the trouble in {list(there)}"
        for place, value in here.items():
            if not rule.equal(value, there[place]):
                return f"{name} of {place} is {value!r}, without the trouble {there[place]!r}"
    if mine.keys() - newest - mended != other.keys() - newest - mended:
        return f"{sorted(mine)} are in conflict, without the trouble {sorted(other)}"
    return True
