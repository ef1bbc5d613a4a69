"""A help desk in memory: people act on it, the service uses it, and answers can be lost.

It holds to the port's word and to nothing else: no vendor, no HTTP.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ubm_sync.clock import VirtualClock
from ubm_sync.desk import (
    Channel,
    DeskPage,
    Dossier,
    Filing,
    Message,
    Opening,
    Task,
    Ticket,
)
from ubm_sync.errors import Temporary
from ubm_sync.model import Note, Outcome, Result
from ubm_sync.ports import Change

_OURS = "the service"
_TICKET_FIELDS = {"owner", "priority", "stage"}


@dataclass
class Page:
    """A ticket's page, with everything on it."""

    ticket: Ticket
    companies: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    messages: list[Message] = field(default_factory=list)
    changes: dict[str, list[Change]] = field(default_factory=lambda: defaultdict(list))
    notes: list[Note] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    merged: tuple[str, ...] = ()


class HelpDesk:
    """See ``ubm_sync.desk.Desk``."""

    def __init__(self, clock: VirtualClock, people: Iterable[str], page_size: int = 200) -> None:
        self.clock = clock
        self.people = set(people)
        self.pages: dict[str, Page] = {}
        self.page_size = page_size
        self.down = False
        self.unassignable: set[str] = set()  # who gets no task, although they can sign in
        self.unlinkable = False  # tickets cannot be linked to others for now
        self.lost: set[str] = set()  # calls whose next answer is lost after it took effect
        self.calls: defaultdict[str, int] = defaultdict(int)
        self.told: list[str] = []  # the tickets that got a note, in the order of time
        self._next = 1000
        self._version = 0
        self._merged: dict[str, str] = {}

    # ------------------------------------------------------------------ people act

    def write_in(
        self,
        subject: str,
        content: str = "",
        *,
        company: str = "",
        owner: str = "",
        channel: Channel = Channel.EMAIL,
        priority: str = "",
        by_person: bool = False,
        at: datetime | None = None,
    ) -> str:
        """A customer writes: a new ticket. ``by_person``: somebody of ours chose the owner."""
        ref = self._id()
        created = at or self.clock.now()
        ticket = Ticket(
            ref,
            "",
            created,
            created,
            subject,
            content,
            pipeline="Support",
            stage="new",
            stage_name="New",
            owner=owner,
            owner_active=owner in self.people,
            priority=priority,
            channel=channel,
            heard_at=created,
        )
        self.pages[ref] = Page(ticket, (company,) if company else ())
        if owner:
            who = "dispatcher@example.com" if by_person else "a workflow"
            change = Change(owner, created, who, is_person=by_person)
            self.pages[ref].changes["owner"].append(change)
        self._touch(ref, created)
        return ref

    def reply(self, ref: str, text: str, sender: str = "customer@client.example") -> None:
        """The customer writes on a ticket."""
        self._message(ref, text, sender, inbound=True)
        now = self.clock.now()
        self.pages[ref].ticket = replace(self.pages[ref].ticket, heard_at=now)
        self._touch(ref, now)

    def announce(self, ref: str) -> None:
        """The ticket tells that the customer wrote; the message is not to be seen yet."""
        now = self.clock.now()
        self.pages[ref].ticket = replace(self.pages[ref].ticket, heard_at=now)
        self._touch(ref, now)

    def show(self, ref: str, text: str, at: datetime) -> None:
        """A message that was announced is to be seen; the ticket itself does not change."""
        number = f"m{len(self.pages[ref].messages)}"
        message = Message(number, at, "customer@client.example", "Re:", text, inbound=True)
        self.pages[ref].messages.append(message)

    def answer(self, ref: str, who: str, *, automatic: bool = False) -> None:
        """One of ours, or a machine, writes to the customer."""
        self._message(ref, "We are on it.", who, inbound=False, automatic=automatic)
        now = self.clock.now()
        self.pages[ref].ticket = replace(self.pages[ref].ticket, written_at=now)
        self._touch(ref, now)

    def move(self, ref: str, stage: str, who: str = "", *, closed: bool = False) -> None:
        """Somebody moves the ticket; without ``who`` a workflow does."""
        page = self.pages[ref]
        name = stage.replace("_", " ").capitalize()
        page.ticket = replace(page.ticket, stage=stage, stage_name=name, closed=closed)
        self._changed(ref, "stage", stage, who)

    def set(self, ref: str, name: str, value: str, who: str = "") -> None:
        """Somebody sets a field of the ticket."""
        self._set(ref, {name: value})
        self._changed(ref, name, value, who)

    def merge(self, primary: str, other: str) -> None:
        """Somebody merges one ticket into another."""
        self.pages[primary].merged += (other,)
        self._merged[other] = primary
        del self.pages[other]
        self._touch(primary, self.clock.now())

    def archive(self, ref: str) -> None:
        """Somebody deletes a ticket."""
        del self.pages[ref]

    def leaves(self, email: str) -> None:
        """Somebody leaves the company."""
        self.people.discard(email)
        for page in self.pages.values():
            if page.ticket.owner == email:
                page.ticket = replace(page.ticket, owner_active=False)

    def notes_of(self, ref: str) -> list[str]:
        """What stands on a ticket, oldest first."""
        return [one.text for one in self.pages[ref].notes]

    def tasks_of(self, ref: str) -> list[str]:
        """Who has a task about a ticket."""
        return [one.owner for one in self.pages[ref].tasks]

    # ------------------------------------------------------------------ the service asks

    def arrivals(self, cursor: str | None) -> Iterator[DeskPage]:
        self._call("arrivals")
        since = int(cursor or 0)
        found = sorted(
            (
                one.ticket
                for one in self.pages.values()
                if int(one.ticket.version) > since and self._counts(one)
            ),
            key=lambda one: int(one.version),
        )
        if not found:
            yield DeskPage(cursor=str(max(since, self._version)))
        for start in range(0, len(found), self.page_size):
            some = found[start : start + self.page_size]
            yield DeskPage(tuple(some), some[-1].version)

    def dossiers(self, refs: Sequence[str]) -> Mapping[str, Dossier]:
        self._call("dossiers")
        found = {}
        for ref in refs:
            page = self.pages.get(self._merged.get(ref, ref))
            if page is not None:
                found[ref] = Dossier(
                    page.ticket,
                    page.companies,
                    (),
                    tuple(sorted(page.messages, key=lambda one: one.at, reverse=True)),
                    {name: tuple(reversed(each)) for name, each in page.changes.items()},
                    page.merged,
                )
        return found

    def abandoned(self) -> Iterator[Ticket]:
        self._call("abandoned")
        for page in list(self.pages.values()):
            if page.ticket.owner and not page.ticket.owner_active and not page.ticket.closed:
                yield page.ticket

    def file(self, filings: Sequence[Filing]) -> Iterator[Outcome]:
        self._call("file")
        for one in filings:
            page = self.pages.get(one.ref)
            if page is None:
                yield Outcome("desk", one.key, Result.REFUSED, reason="archived", permanent=True)
                continue
            owner = one.values.get("owner")
            if owner and owner not in self.people:
                yield Outcome(
                    "desk",
                    one.key,
                    Result.REFUSED,
                    reason="no such user",
                    permanent=True,
                    at_fault=("owner",),
                )
                continue
            self._set(one.ref, one.values)
            for name, value in one.values.items():
                now = self.clock.now()
                page.changes[name].append(Change(value, now, _OURS, is_person=False))
            if one.company and not page.companies:
                page.companies = (one.company,)
            if one.related and self.unlinkable:
                self._touch(one.ref, self.clock.now())
                ended = self._ended("file", one.key, one.ref)
                yield ended._replace(landed=frozenset(one.values), reason="not linked yet")
                continue
            page.related += one.related
            self._touch(one.ref, self.clock.now())
            yield self._ended("file", one.key, one.ref)

    def open(self, openings: Sequence[Opening]) -> Iterator[Outcome]:
        self._call("open")
        for one in openings:
            there = next(
                (ref for ref, page in self.pages.items() if page.ticket.key == one.key), ""
            )
            if not there:
                there = self._id()
                now = self.clock.now()
                ticket = Ticket(
                    there,
                    "",
                    now,
                    now,
                    one.values["subject"],
                    one.values["content"],
                    pipeline="Support",
                    stage="new",
                    stage_name="New",
                    key=one.key,
                )
                self.pages[there] = Page(ticket, (one.company,) if one.company else ())
                self._touch(there, now)
            yield self._ended("open", one.key, there)

    def assign(self, tasks: Sequence[Task]) -> Iterator[Outcome]:
        self._call("assign")
        for one in tasks:
            if one.owner in self.unassignable:
                refused = Result.REFUSED
                yield Outcome("desk", one.key, refused, permanent=True, at_fault=("owner",))
                continue
            self.pages[one.ref].tasks.append(one)
            yield self._ended("assign", one.key, one.ref)

    def assigned(self, tasks: Sequence[Task]) -> frozenset[str]:
        self._call("assigned")
        return frozenset(
            one.key
            for one in tasks
            if any(
                (one.subject, one.due) == (known.subject, known.due) and known.owner == one.owner
                for known in self.pages[one.ref].tasks
            )
        )

    def annotate(self, notes: Sequence[Note]) -> Iterator[Outcome]:
        self._call("annotate")
        for one in notes:
            if one.ref not in self.pages:
                yield Outcome("desk", one.key, Result.REFUSED, reason="archived", permanent=True)
                continue
            self.pages[one.ref].notes.append(one)
            self.told.append(one.ref)
            yield self._ended("annotate", one.key, one.ref)

    def noted(self, notes: Sequence[Note]) -> frozenset[str]:
        self._call("noted")
        return frozenset(
            one.key
            for one in notes
            if any((one.text, one.at) == (k.text, k.at) for k in self.pages[one.ref].notes)
        )

    def knows(self, email: str) -> bool:
        self._call("knows")
        return email in self.people

    def close(self) -> None:
        """Nothing is open."""

    # ------------------------------------------------------------------ inside

    def _call(self, name: str) -> None:
        self.calls[name] += 1
        if self.down:
            raise Temporary("The help desk does not answer; it is asked again soon.")

    def _ended(self, call: str, key: str, ref: str) -> Outcome:
        if call in self.lost:
            self.lost.discard(call)
            return Outcome("desk", key, Result.UNKNOWN, reason="the answer was lost")
        return Outcome("desk", key, Result.LANDED, ref)

    def _counts(self, page: Page) -> bool:
        ticket = page.ticket
        return not ticket.key or ticket.heard_at is not None or "ticket_type" in ticket.values

    def _id(self) -> str:
        self._next += 1
        return str(self._next)

    def _touch(self, ref: str, at: datetime) -> None:
        self._version += 1
        page = self.pages[ref]
        page.ticket = replace(page.ticket, version=str(self._version), changed=at)

    def _message(
        self, ref: str, text: str, sender: str, *, inbound: bool, automatic: bool = False
    ) -> None:
        now = self.clock.now()
        number = f"m{len(self.pages[ref].messages)}"
        message = Message(number, now, sender, "Re:", text, inbound, automatic)
        self.pages[ref].messages.append(message)

    def _changed(self, ref: str, name: str, value: str, who: str) -> None:
        now = self.clock.now()
        by = who or "a workflow"
        self.pages[ref].changes[name].append(Change(value, now, by, is_person=bool(who)))
        self._touch(ref, now)

    def _set(self, ref: str, values: Mapping[str, str | None]) -> None:
        page = self.pages[ref]
        ticket = page.ticket
        if "owner" in values:
            owner = values["owner"] or ""
            ticket = replace(ticket, owner=owner, owner_active=owner in self.people)
        if "priority" in values:
            ticket = replace(ticket, priority=values["priority"] or "")
        rest = {name: value for name, value in values.items() if name not in _TICKET_FIELDS}
        kept = {name: value for name, value in {**ticket.values, **rest}.items() if value}
        page.ticket = replace(ticket, values=kept)
