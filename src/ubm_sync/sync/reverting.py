"""Whether one field that a run wrote can go back to what was there before. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ubm_sync.calendars import stamp
from ubm_sync.model import Observation
from ubm_sync.state import RecordState
from ubm_sync.sync.notebook import Restore
from ubm_sync.sync.plan import UNWRITABLE
from ubm_sync.sync.rules import SharedRule


@dataclass(slots=True)
class Wrote:
    """What a run wrote into one field: the last value, and what each place held before."""

    after: str | None
    before_in: dict[str, str | None] = field(default_factory=dict)

    @property
    def before(self) -> str | None:
        """What the first place held."""
        return next(iter(self.before_in.values()), None)


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of the field now.

    ``later`` are ``(run, value, whose edit)`` written since; times are told in ``zone``.
    """

    record: RecordState
    seen: Mapping[str, Observation]
    rule: SharedRule
    decided: Restore | None
    later: Sequence[tuple[str, str | None, str]]
    zone: str = "UTC"


@dataclass(slots=True)
class Field:
    """One field of a run, and what becomes of it.

    ``state``: ``restore`` (it can go back), ``waiting`` (decided, not carried out yet),
    ``restored`` (it is as before), ``left`` (``why``). ``overrides``: it is as before, and an
    earlier decision that would change that must not be carried out any more.
    """

    sync_id: str
    customer: str
    name: str
    wrote: str | None
    previous: str | None
    state: str
    why: str = ""
    overrides: bool = False


def judge(look: Look, name: str, wrote: Wrote) -> Field:
    """Return what becomes of a field that a run wrote."""
    record, rule = look.record, look.rule
    found = Field(record.sync_id, record.customer, name, wrote.after, wrote.before, "left")
    if any(not rule.equal(one, wrote.before) for one in wrote.before_in.values()):
        held = "; ".join(f"{place}: {one or '(empty)'}" for place, one in wrote.before_in.items())
        found.why = f"the places held different values before ({held})"
        return found
    shown = {
        place: look.seen[place]
        for place in rule.places
        if place in look.seen and not look.seen[place].gone
    }
    decided = look.decided
    if not shown:
        found.why = "the record is in none of its places any more"
    elif all(rule.equal(one.values.get(name), found.previous) for one in shown.values()):
        found.state = "restored"
        found.overrides = decided is not None and not rule.equal(decided.value, found.previous)
    elif decided is not None and rule.equal(decided.value, found.previous):
        found.state, found.why = "waiting", "decided, and not carried out everywhere yet"
    else:
        found.why = _edited(look, name, wrote, shown)
        if not found.why:
            found.state = "restore"
    return found


def _edited(look: Look, name: str, wrote: Wrote, shown: Mapping[str, Observation]) -> str:
    """Return where the field was edited since, "" where nobody did."""
    equal = look.rule.equal
    for place, one in shown.items():
        value = one.values.get(name)
        if one.marks.get(name) in UNWRITABLE and not equal(value, wrote.before):
            return f"the service cannot write it in the {place} ({one.marks[name]})"
        if equal(value, wrote.after):
            continue
        if all(not equal(value, carried) for _, carried, _ in look.later):
            when = f" at {stamp(one.modified_at, look.zone)}" if one.modified_at else ""
            who = f" by {one.modified_by}" if one.modified_by else ""
            return f"edited since: {place} holds {value or '(nothing)'}, changed{who}{when}"
    for run, value, by in reversed(look.later):
        if not equal(value, wrote.after):
            whose = f", an edit by {by}" if by else ""
            return f"edited since: {run} wrote {value or '(nothing)'}{whose}"
    return ""
