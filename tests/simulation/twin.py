"""The same story with and without its kills: people must not be able to tell which one they saw.

Both are played; what is there in the end is compared record by record. People act only where the
service is at rest, so that a killed cycle changes nothing they could act on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from tests.simulation.model import Ending, Thing
from tests.simulation.steps import Cycle, Story, Wait, shorter

TRAIT = "twin"
NO_LAG = {"search_lag": 0.0, "search_lag_jitter": 0.0}  # or edits of others may be seen first
SETTLED = 2  # cycles after which nothing of a killed one is on its way any more
ROW_WORDS = ("Sync Status", "Sync Message")
TICKET_WORDS = ("stage", "ubm_approval", "ubm_conflict", "ubm_account_id", "ubm_sync_message")
NO_ROW = "refused what should be written: row not found"


def has_twin(story: Story) -> bool:
    """Return whether a story is to be compared with itself without kills."""
    return bool(story.traits.get(TRAIT))


def is_comparable(story: Story) -> bool:
    """Return whether people act only where the service is at rest, so that both see the same."""
    if NO_LAG.items() - story.climate["hubspot"].items():
        return False
    since = SETTLED
    for step in story.steps:
        if isinstance(step, Cycle):
            since = 0 if step.kill is not None else since + 1
        elif since < SETTLED and not isinstance(step, Wait):
            return False
    return True


def without_kills(story: Story) -> Story:
    """Return the story in which nobody dies."""
    steps = [replace(one, kill=None) if isinstance(one, Cycle) else one for one in story.steps]
    return shorter(story, steps)


def differences(killed: Ending, whole: Ending) -> Iterator[str]:
    """Yield what is not the same for people, as complaints."""
    one, other = _seen(killed), _seen(whole)
    for where in sorted(one.keys() | other.keys()):
        with_kill, without = one.get(where), other.get(where)
        if with_kill is None or without is None:
            which = "only without the kill" if with_kill is None else "only after the kill"
            yield f"kill anywhere: {' '.join(where)} is there {which}"
            continue
        for name in sorted(with_kill.keys() | without.keys()):
            if with_kill.get(name) != without.get(name):
                yield (
                    f"kill anywhere: {name} of {' '.join(where)} is {with_kill.get(name)!r}, "
                    f"without the kill it is {without.get(name)!r}"
                )
    waiting = [
        {(k.record, k.field, k.value) for k in end.kept if k.open} for end in (killed, whole)
    ]
    if waiting[0] != waiting[1]:
        yield f"kill anywhere: other values wait: {sorted(waiting[0] ^ waiting[1])}"


def _seen(ending: Ending) -> dict[tuple[str, str], dict[str, str]]:
    # An identity says when a row was made, which a killed cycle may have put off.
    rows = {one.record: f"of row {one.ref}" for one in ending.things if one.place == "row"}
    found = {}
    for one in ending.things:
        name = one.ref if one.place == "row" else rows.get(one.record, one.key)
        if name:
            found[one.place, name] = {**one.fields, **_words(one)}
    return found


def _words(one: Thing) -> dict[str, str]:
    names = ROW_WORDS if one.place == "row" else TICKET_WORDS
    told = {name: _plain(one.shown.get(name) or "") for name in names}
    if one.place == "onboarding":  # its notes tell of what is over: a killed cycle may not see it
        return told
    # A cycle that was put off may write to a row before it hears that people removed it.
    notes = sorted(_plain(note) for note in one.notes if not note.endswith(NO_ROW))
    return {**told, "notes": "\n".join(notes)}


def _plain(text: str) -> str:
    """Return a text without numbers and times, which differ."""
    return re.sub(r"\d+", "#", text)
