"""What must hold of many records under a guard."""

from __future__ import annotations

from collections.abc import Callable

from tests.simulation.planner.crowd import WINDOW, CrowdPlay
from tests.simulation.planner.plan_laws import Verdict


def the_guard_lets_no_more_through(play: CrowdPlay) -> Verdict:
    """Promise 11: no window holds more changes of a field than its limit, but approved ones."""
    limit = play.crowd.limit
    loose = [(at, group, sync_id) for at, group, sync_id, approved in play.written if not approved]
    for at, group, _ in loose:
        since = {
            (when, sync_id)
            for when, what, sync_id in loose
            if what == group and at - WINDOW < when <= at
        }
        if len(since) > limit:
            return f"{len(since)} records of {group} were written within a window of {limit}"
    return bool(loose) or bool(play.written)


def a_stop_holds_nobody_else(play: CrowdPlay) -> Verdict:
    """Promise 9: what waits for one customer holds no record of another, within its limit."""
    if not play.crowd.limit:
        return False
    return play.others_done or "a change of another customer waits too"


def what_is_approved_is_written(play: CrowdPlay) -> Verdict:
    """Promise 11: what was approved is proven on a few, and then all of it is written."""
    if play.wrong:
        return f"a canary is not as it was meant: {play.wrong}"
    if play.stops or not play.all_agree:
        return f"everything is approved, and {len(play.stops)} stops wait"
    return any(approved for _, _, _, approved in play.written)


OF_CROWDS: tuple[Callable[[CrowdPlay], Verdict], ...] = (
    the_guard_lets_no_more_through,
    a_stop_holds_nobody_else,
    what_is_approved_is_written,
)
