"""What the engine itself remembers of a record, beside what the flow remembers.

Both stand in one text-to-text dict in the state; the engine's keys begin with ``!`` and a flow
never sees them:

| key | value |
| --- | --- |
| ``!typed:PLACE.FIELD`` | a person changed a field only the service fills: typed, before, by |
| ``!sent:PLACE.FIELD`` | values sent without an answer: seeing one is no edit by a person |
| ``!made:PLACE`` | a create was sent without an answer: the record may be there |
| ``!put:PLACE.FIELD`` | a shared value that landed there and not yet everywhere ("": cleared; |
| | ``UNFILLED`` and what was met there: nobody there has seen the agreed value) |
| ``!back:PLACE.FIELD`` | a value that went with its column: no edit, and written again |
| ``!held:PLACE.FIELD`` | a value the system refused, and why: not sent again while it is wanted |
| ``!refused:PLACE`` | digest, reason and version of a whole write the system refused |
| ``!decide:FIELD`` | the place (or ``=VALUE``) a person chose for a conflict, and who |
| ``!lost:PLACE.FIELD`` | a value that is to give way to the chosen one: who changes it loses too |
| ``!restore:FIELD`` | an earlier value a person wants back: see ``Restore`` |
| ``!conflict:FIELD`` | a conflict of this field is open: where its sides were typed |
| ``!over:PLACE.FIELD`` | a value we wrote over unseen, ours, who typed it: back to where it was |
| ``!fresh:PLACE.FIELD`` | a field mapped after the record was made: held value, mapping's hash |
| ``!left:PLACE.FIELD`` | what was agreed when a changed mapping took the field out of the place |
| ``!vanished:PLACE`` | it is not there any more: alone or with many, listings, since, answered |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SEPARATOR, OR = "\x1f", "\x1e"
MOST = 5  # values of one field sent without an answer that are remembered
ALONE, MANY, ANSWERED = "alone", "many", "answered"  # in ``!vanished``
LATER = "\x1flater"  # stands for a sent value that was not known when the intent was written
UNFILLED = "\x1funfilled"  # begins an entry of ``!put``; no value that people type
_NONE: frozenset[str] = frozenset()
TYPED, SENT, HELD = "!typed:", "!sent:", "!held:"
REFUSED, DECIDE, VANISHED = "!refused:", "!decide:", "!vanished:"
CONFLICT, PUT, BACK, MADE, OVER = "!conflict:", "!put:", "!back:", "!made:", "!over:"
RESTORE, FRESH, LEFT, LOST = "!restore:", "!fresh:", "!left:", "!lost:"


@dataclass(frozen=True, slots=True)
class Restore:
    """``value`` shall stand everywhere instead of ``instead_of`` (None: empty).

    ``by`` decided it; ``why`` says what for ("undo of run-17"); ``run`` is the undoing run, "".
    """

    value: str | None
    instead_of: str | None
    by: str
    why: str
    run: str = ""

    def entry(self) -> str:
        """Return it as an entry of the notebook."""
        return packed(self.value, self.instead_of, self.by, self.why, self.run)

    @classmethod
    def read(cls, entry: str) -> Restore:
        """Read what ``entry`` wrote."""
        value, instead_of, by, why, run = unpacked(entry, 5)
        return cls(value or None, instead_of or None, by, why, run)


def split(memory: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return ``(the flow's part, the engine's part)`` of a record's memory."""
    for key in memory:
        if key.startswith("!"):
            break
    else:
        return dict(memory), {}
    flow = {key: value for key, value in memory.items() if not key.startswith("!")}
    return flow, {key: value for key, value in memory.items() if key.startswith("!")}


def entries(notebook: Mapping[str, str], prefix: str) -> Iterable[tuple[str, str]]:
    """Yield ``(what follows the prefix, value)`` of the engine's entries of one sort."""
    for key, value in notebook.items():
        if key.startswith(prefix):
            yield key[len(prefix) :], value


def unanswered(notebook: Mapping[str, str]) -> frozenset[str]:
    """Return the places of which a create was sent and never answered."""
    return frozenset(place for place, _ in entries(notebook, MADE)) if notebook else _NONE


def also(before: str | None, value: str) -> str:
    """Return an entry of values of which any may be there, the newest last."""
    kept = [one for one in any_of(before) if one != value]
    return OR.join([*kept[1 - MOST :], value])


def any_of(entry: str | None) -> list[str]:
    """Return the values of an entry made by ``also``."""
    return [] if entry is None else entry.split(OR)


def chosen(value: str | None, by: str) -> str:
    """Return an entry of the value that a person chose for a conflict."""
    return packed(f"={value or ''}", by)


def answered(entry: str) -> str:
    """Return an entry of what vanished with the mark that nobody need decide about it any more."""
    return packed(*unpacked(entry, 3), ANSWERED)


def packed(*parts: str | None) -> str:
    """Join parts of one entry."""
    return SEPARATOR.join(part or "" for part in parts)


def unpacked(text: str, count: int) -> list[str]:
    """Take an entry apart again into ``count`` parts."""
    parts = text.split(SEPARATOR)
    return (parts + [""] * count)[:count]
