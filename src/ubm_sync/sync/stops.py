"""One stop of the guard during a cycle: its changes, its approval, its canary. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from ubm_sync.model import Observation, Outcome, Result, Write
from ubm_sync.state import GuardStop
from ubm_sync.sync.limits import Group, Kind
from ubm_sync.sync.rules import PlaceRule

SAMPLES = 10  # changes of a stop that are shown


class Spot(NamedTuple):
    """One value that is to be written in one place; None: nothing there."""

    place: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """The change of one field of one record in one system."""

    sync_id: str
    label: str  # as people know the record
    spots: tuple[Spot, ...]
    chosen: bool = False  # a person carries out a plan that shows it

    @property
    def digest(self) -> str:
        """Names exactly this change."""
        content = repr((self.sync_id, [tuple(one) for one in self.spots]))
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    def shown(self) -> dict[str, str | None]:
        """Return the change for people."""
        spot = self.spots[0]
        return {
            "record": self.sync_id,
            "label": self.label,
            "place": spot.place,
            "before": spot.before,
            "after": spot.after,
        }


@dataclass(slots=True)
class Held:
    """A stop with the changes behind it, and what of it is not stored yet."""

    stop: GuardStop
    items: dict[str, str]  # record -> digest
    added: dict[str, str] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    changed: bool = False
    news: list[tuple[str, str]] = field(default_factory=list)  # (what happened, text), for the log

    @property
    def group(self) -> Group:
        """What is counted together with it."""
        stop = self.stop
        return Group(stop.customer, stop.system, stop.field, Kind(stop.kind))

    @property
    def over(self) -> bool:
        """Nothing waits any more, and no canary is open or was wrong."""
        return not self.items and (self.stop.proven or not self.stop.canary)

    def add(self, items: Mapping[str, Item]) -> None:
        """Take changes in: it is another set of changes then, with another fingerprint."""
        digests = {sync_id: item.digest for sync_id, item in items.items()}
        self.items.update(digests)
        self.added.update(digests)
        self.removed -= digests.keys()
        samples = [*self.stop.sample, *(items[one].shown() for one in sorted(items)[:SAMPLES])]
        self.stop = replace(self.stop, sample=samples[:SAMPLES])
        self._name_again()

    def drop(self, sync_ids: Iterable[str]) -> None:
        """Let changes go that were written or are not wanted any more."""
        gone = [one for one in sync_ids if self.items.pop(one, None) is not None]
        if not gone:
            return
        self.removed.update(gone)
        for one in gone:
            self.added.pop(one, None)
        left = [one for one in self.stop.sample if one["record"] in self.items]
        self._change(count=len(self.items), sample=left)

    def forget_all_but(self, planned: Iterable[str], items: Mapping[str, Item]) -> None:
        """Drop what is not wanted any more of the records planned just now."""
        if self.items:
            planned = [one for one in planned if one in self.items]
            self.drop(
                one for one in planned if one not in items or items[one].digest != self.items[one]
            )

    def let_go(self, mine: Sequence[str], canary: int) -> int:
        """Return how many of these records, from the first, may be written now."""
        if self.stop.approved_at is None:
            return 0
        if self.stop.proven:
            return len(mine)
        return 0 if self.stop.canary else canary

    def renew(self, mapping: str, since: datetime) -> None:
        """End an approval older than ``since`` or of another mapping."""
        stop = self.stop
        if stop.approved_at is not None:
            if stop.mapping != mapping:
                self.reopen(f"the mapping was changed after {stop.approved_by} approved it")
            elif stop.approved_at <= since:
                self.reopen(f"the approval by {stop.approved_by} was not used in time")
        if stop.mapping != mapping:
            self.stop = replace(self.stop, mapping=mapping)
            self._name_again()

    def reopen(self, why: str, canary: Sequence[Any] = ()) -> None:
        """Take the approval back; ``canary`` is kept as evidence until a person looks at it."""
        self.news.append(("approval revoked", why))
        self._change(
            approved_at=None, approved_by=None, revoked=why, canary=list(canary), proven=False
        )

    def prove(self, *, agreed: bool) -> None:
        """Close the open canary: it was as meant, or nothing of it could be compared."""
        if agreed:
            self.news.append(("canary read back", "as it was meant"))
        self._change(proven=agreed, canary=self.stop.canary if agreed else [])

    def send_first(self, item: Item, writes: Iterable[tuple[Write, Mapping[str, str]]]) -> None:
        """Remember a record of the canary before it is sent: ``(write, what is there now)``."""
        entries = [
            {
                "record": item.sync_id,
                "label": item.label,
                "place": write.place,
                "ref": write.ref,
                "landed": False,
                "values": {
                    name: [have[name] or None, value]
                    for name, value in write.values.items()
                    if name in have and (value is None or isinstance(value, str))
                },
            }
            for write, have in writes
        ]
        self._change(canary=[*self.stop.canary, *entries])

    def answered(self, sync_id: str, outcomes: Mapping[str, Outcome]) -> None:
        """Take note of how the canary's writes of one record ended."""
        canary = []
        for entry in self.stop.canary if not self.stop.proven else ():
            if entry["record"] != sync_id:
                canary.append(entry)
            elif (answer := outcomes.get(entry["place"])) and answer.result is not Result.REFUSED:
                canary.append(_landed(entry, answer))
        if not self.stop.proven:
            self._change(canary=canary)

    def _name_again(self) -> None:
        group = tuple(map(str, self.group))
        text = repr((group, self.stop.mapping, sorted(self.items.items())))
        name = hashlib.sha256(text.encode()).hexdigest()[:12]
        self._change(fingerprint=name, count=len(self.items))

    def _change(self, **values: Any) -> None:
        self.stop = replace(self.stop, **values)
        self.changed = True


def opened(group: Group, limit: int, used: int, mapping: str, now: datetime, others: int) -> Held:
    """Return a new stop without changes yet; ``others`` are known of the group."""
    text = repr((tuple(map(str, group)), now.isoformat(), others))
    stop = GuardStop(
        id=hashlib.sha256(text.encode()).hexdigest()[:16],
        fingerprint="",
        customer=group.customer,
        system=group.system,
        field=group.field,
        kind=group.kind.value,
        count=0,
        limit=limit,
        used=used,
        sample=[],
        mapping=mapping,
        stopped_at=now,
        canary=[],
    )
    return Held(stop, {}, changed=True)


def _landed(entry: Mapping[str, Any], answer: Outcome) -> dict[str, Any]:
    if answer.result is not Result.LANDED:
        return dict(entry)
    taken = answer.landed
    values = {
        name: value for name, value in entry["values"].items() if taken is None or name in taken
    }
    return {**entry, "landed": True, "ref": answer.ref or entry["ref"], "values": values}


def compare(
    canary: Iterable[Mapping[str, Any]],
    seen: Mapping[tuple[str, str], Observation],
    places: Mapping[str, PlaceRule],
) -> tuple[int, str]:
    """Compare a canary with what is there now; ``seen`` maps (place, ref) to what was read back.

    Return how many records are as they were meant, and a sentence about the first that is not
    ("" for none). What was sent without an answer may not have arrived: the value from before says
    nothing then. A record that is not shown says nothing either.
    """
    agreed = 0
    for entry in canary:
        there = seen.get((entry["place"], entry["ref"]))
        if there is None or there.gone:
            continue
        place = places[entry["place"]]
        unsent = not entry["landed"] and not entry["values"]
        for name, (before, meant) in entry["values"].items():
            now = there.values.get(name)
            if _is_same(place, name, now, meant):
                continue
            if entry["landed"] or not _is_same(place, name, now, before):
                return agreed, (
                    f"{name} of {entry['label'] or entry['record']} ({entry['place']} "
                    f"{entry['ref']}) was meant to be {_said(meant)} and is {_said(now)} there"
                )
            unsent = True
        agreed += not unsent
    return agreed, ""


def _is_same(place: PlaceRule, name: str, a: str | None, b: str | None) -> bool:
    return a == b or (a is not None and b is not None and place.same[name](a, b))


def _said(value: str | None) -> str:
    return "empty" if value is None else f'"{value}"'


def subject(stop: GuardStop) -> str:
    """Say what a stop is about: how many changes of what, where, for whom."""
    s = "" if stop.count == 1 else "s"
    what = {
        Kind.CHANGE: f"change{s} of {stop.field}",
        Kind.CLEAR: f"value{s} of {stop.field} to be cleared",
        Kind.CREATE: f"new record{s} ({stop.field})",
        Kind.BACKFILL: f"record{s} to be given the new field {stop.field}",
    }[Kind(stop.kind)]
    return f"{stop.count} {what} in {stop.system} for {stop.customer}"


def sentence(stop: GuardStop) -> str:
    """Say why a stop waits and what to do, in words for an admin."""
    if stop.approved_at is not None:
        are, them = ("is", "it") if stop.count == 1 else ("are", "them")
        return (
            f"{subject(stop)} {are} approved by {stop.approved_by}; the next cycle writes {them}."
        )
    if stop.kind == Kind.BACKFILL.value:
        why = (
            "a field that the mapping adds is filled into existing records only where a person "
            "looked."
        )
        return (
            f"{_waits(stop, why)}See ubm-sync plan, then: ubm-sync approve {stop.fingerprint} (or "
            "save the plan with --out and apply it)"
        )
    were = "was" if stop.used == 1 else "were"
    before = f" and {stop.used} {were} written just before" if stop.used else ""
    if stop.count + stop.used <= stop.limit:
        before = ", and there were more when they were stopped"
    why = f"{stop.limit} may be written without an approval{before}."
    return f"{_waits(stop, why)}See ubm-sync status, then: ubm-sync approve {stop.fingerprint}"


def _waits(stop: GuardStop, why: str) -> str:
    one = stop.count == 1
    text = f"{subject(stop)} {'waits' if one else 'wait'}: {why} "
    if stop.sample:
        text += f"For example {change(stop.sample[0])}. "
    if stop.revoked:
        text += f"{'It was' if one else 'They were'} approved before, but {stop.revoked}. "
    return text


def change(sample: Mapping[str, Any]) -> str:
    """Say what one change of a stop's sample does."""
    name = str(sample["label"] or sample["record"])
    if sample["before"] is None and sample["after"] is None:
        return f"{name}, new"
    return f"{name}: {_said(sample['before'])} -> {_said(sample['after'])}"
