"""One record while it is being decided: what is known, and what the decision will say."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache

from ubm_sync.calendars import calendar_of, clock_text, day_text, instant_text, local, parse_instant
from ubm_sync.flow import NoteDraft, Situation
from ubm_sync.locations.findings import Findings, shown
from ubm_sync.locations.rules import CHANGE, CLOSE, LocationRules
from ubm_sync.locations.secrets import MASK, masked, may_hold_secret
from ubm_sync.locations.states import ACCOUNT, ENROLMENT_PLACE, ROW, STEPS, TICKET
from ubm_sync.locations.validation import check, is_request
from ubm_sync.model import Observation

_SECRET = "secret."  # noqa: S105 - the prefix of a memory key
_TYPED_BY = "typed."  # the place in which a secret was typed
_FIXED = "fixed."
_CORRECTED = "corrected"  # there are such keys: nearly every record has none


class Case:
    """A situation with the answers collected so far; lives for one decision."""

    __slots__ = (
        "account", "corrected", "customer", "edited", "enrolment", "findings", "first", "fixes",
        "memory", "message", "notes", "now", "request", "row", "rules", "said", "secrets",
        "situation", "skipped_to", "status", "texts", "ticket", "titles", "values", "values_print",
        "wakes", "who",
    )  # fmt: skip

    def __init__(
        self, situation: Situation, now: datetime, rules: LocationRules, texts: Mapping[str, str]
    ) -> None:
        customer = situation.customer
        seen = situation.observed
        self.situation = situation
        self.now = now
        self.rules = rules
        self.texts = texts
        self.customer = customer
        self.titles = {**rules.titles, **customer.titles} if customer.titles else rules.titles
        self.memory = dict(situation.memory)
        self.corrected = self.memory.pop(_CORRECTED, "") != ""
        self.row = _live(seen.get(ROW))
        self.ticket = _live(seen.get(TICKET))
        self.account = _live(seen.get(ACCOUNT))
        self.enrolment = _live(seen.get(ENROLMENT_PLACE))
        self.who = customer.csm_name or "Our team"
        self.first = customer.csm_name.split()[0] if customer.csm_name else "Our team"
        self.notes: list[NoteDraft] = []
        self.said: list[str] = []
        self.wakes: list[datetime] = []
        self.fixes: dict[str, str] = {}
        self.skipped_to = ""  # the stage a person moved the ticket to, past an approval
        self.status = ""
        self.message = ""
        self.values = situation.values
        self.edited: str | None = None
        self._mask_secrets()
        self.secrets = sorted(key.removeprefix(_SECRET) for key in self._keys(_SECRET))
        self.request = _request_kind(self.values.get("request_type", ""))
        self.findings = self._check()
        self.values_print = ""

    @property
    def edit(self) -> str:
        """A fingerprint of what the customer changed, "" where nothing; few decisions need it."""
        if self.edited is None:
            self.edited = self._edit_mark() if self.situation.changed else ""
        return self.edited

    @property
    def edited_in_row(self) -> list[str]:
        """The shared fields that the customer changed."""
        return [field for field, places in self.situation.changed.items() if ROW in places]

    def text(self, key: str, **names: object) -> str:
        """Return a text with its names filled in."""
        return self.texts[key].format(**names) if names else self.texts[key]

    def note(self, event: str, key: str, **names: object) -> None:
        """Say something to the manager, once for this event; ``names`` hold no secrets."""
        if not self.was_said(event):
            self.say(event, self.text(key, **names))

    def say(self, event: str, text: str) -> None:
        """Say a text to the manager, once for this event, and once for events of one decision."""
        if not self.was_said(event):
            self.said.append(digest(event))
            if all(one.text != text for one in self.notes):
                self.notes.append(NoteDraft(event, TICKET, text))

    def was_said(self, event: str) -> bool:
        """Return whether the note of an event was said, now or before."""
        mark = digest(event)
        return mark in self.memory.get("said", "") or mark in self.said

    def clock(self, instant: datetime, *, with_zone: bool = False) -> str:
        """Return a time of day as people of this customer read it."""
        return clock_text(instant, self.customer.zone, with_zone=with_zone)

    def title(self, field: str) -> str:
        """Return a column's title as this customer reads it."""
        return self.titles.get(field, field)

    def unsigned(self, reason: str) -> str:
        """Return a reason without the manager's own name in front: the message begins with it."""
        name, colon, rest = reason.partition(":")
        signed = name.strip().casefold() in {self.who.casefold(), self.first.casefold()}
        return rest.strip() or reason if colon and signed else reason

    def step(self, name: str, at: datetime | None = None) -> bool:
        """Remember when a step happened, once; return whether it is new.

        Clocks of several systems are compared here: a step is never before an earlier one.
        """
        memory = self.memory
        if name in memory:
            return False
        instant = at or self.now
        for earlier in STEPS[: STEPS.index(name)]:
            before = parse_instant(memory[earlier]) if earlier in memory else None
            if before is not None and before > instant:
                instant = before
        memory[name] = instant_text(instant)
        return True

    def instant(self, name: str) -> datetime:
        """Return the instant of a step that happened."""
        return parse_instant(self.memory.get(name, "")) or self.now

    def day(self, name: str, *, weekday: bool = False) -> str:
        """Return the day of a step as people of this customer read it."""
        instant = self.memory.get(name) or instant_text(self.now)
        return _day_of_instant(instant, self.customer.zone, weekday)

    def review_day(self) -> str:
        """Return by when somebody will have looked; fixed when the waiting began."""
        if "review_by" not in self.memory:
            today = local(self.now, self.customer.zone).date()
            days = self.rules.review_business_days
            due = calendar_of(self.customer).add_business_days(today, days)
            self.memory["review_by"] = due.isoformat()
        return day_of(self.memory["review_by"], weekday=True)

    @property
    def label(self) -> str:
        """What people call this record."""
        return self.values.get("request_number", "") or "this request"

    @property
    def intake_name(self) -> str:
        """What people call the place that this customer's rows come from."""
        return self.rules.intake_names.get(self.customer.intake) or self.rules.intake_name

    def print_of_values(self) -> str:
        """Return a fingerprint of all shared values."""
        if not self.values_print:
            self.values_print = digest(*self.values, *self.values.values())
        return self.values_print

    def secrets_in(self, place: str) -> list[str]:
        """Return the fields with a secret that was typed in one place."""
        return [one for one in self.secrets if self.memory.get(_TYPED_BY + one, ROW) == place]

    def fixed_fields(self) -> list[tuple[str, str, str]]:
        """Return ``(field, old, new)`` of every correction the customer has not replaced."""
        found = []
        for key in self._keys(_FIXED):
            old, _, new = self.memory[key].partition("\n")
            found.append((key.removeprefix(_FIXED), old, new))
        return sorted(found)

    def _keys(self, prefix: str) -> list[str]:
        """Return the keys in memory that begin with ``prefix``; few records have any."""
        if not self.corrected:
            return []
        return [key for key in self.memory if key.startswith(prefix)]

    def _mask_secrets(self) -> None:
        values, memory = self.values, self.memory
        for key in self._keys(_SECRET):
            field = key.removeprefix(_SECRET)
            if values.get(field) != memory[key]:
                del memory[key]  # the customer changed the cell
                memory.pop(_TYPED_BY + field, None)
        if not may_hold_secret(values.values()):
            return
        found = masked(values)
        if found:
            self.fixes.update(found)
            self.values = {**values, **found}
        for field, clean in self.values.items():
            if MASK in clean and memory.get(_SECRET + field) != clean:
                self.corrected = True
                memory[_SECRET + field] = clean
                where = self.situation.changed.get(field, ())
                by_us = TICKET in where and ROW not in where
                memory[_TYPED_BY + field] = TICKET if by_us else ROW

    def _check(self) -> Findings:
        findings = check(
            self.values,
            self.situation.marks,
            self.values.get("request_type", ""),
            self.now,
            self.customer.zone,
            rules=self.rules,
            titles=self.titles,
        )
        memory = self.memory
        for key in self._keys(_FIXED):
            _, _, new = memory[key].partition("\n")
            if self.values.get(key.removeprefix(_FIXED)) != new:
                del memory[key]
        if findings.fixes:
            self.corrected = True
        for field, new in findings.fixes.items():
            memory[_FIXED + field] = f"{shown(self.values[field])}\n{new}"
        if findings.fixes:
            self.fixes.update(findings.fixes)
            self.values = {**self.values, **findings.fixes}
        if self._keys(_FIXED) or self._keys(_SECRET):
            memory[_CORRECTED] = "1"
        else:
            self.corrected = False
        return findings

    def _edit_mark(self) -> str:
        """Return a fingerprint of what the customer changed, "" where nothing.

        As we correct it, or the correction would look like the customer's next edit once it landed.
        """
        values = self.values
        changed = [(field, values.get(field, "")) for field in self.edited_in_row]
        return digest(*(f"{field}={value}" for field, value in sorted(changed))) if changed else ""


def digest(*parts: str) -> str:
    """Return a short fingerprint of some texts; the same on every computer."""
    text = "\x1f".join(parts)
    return f"{zlib.crc32(text.encode('utf-8', 'surrogatepass')):08x}"


def day_of(text: str, *, weekday: bool = False) -> str:
    """Return a date's text as people read it; the text itself where it is no date."""
    try:
        return day_text(date.fromisoformat(text), weekday=weekday)
    except ValueError:
        return shown(text)


@lru_cache(maxsize=8192)
def _day_of_instant(instant: str, zone: str, weekday: bool) -> str:
    at = parse_instant(instant)
    return "" if at is None else day_text(local(at, zone).date(), weekday=weekday)


def _live(observation: Observation | None) -> Observation | None:
    return None if observation is None or observation.gone else observation


def _request_kind(request: str) -> str:
    """Return ``close`` or ``change`` for a request about an existing account, else ""."""
    if is_request(request, CLOSE):
        return "close"
    return "change" if is_request(request, CHANGE) else ""
