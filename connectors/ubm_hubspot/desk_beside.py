"""What stands beside the tickets of the help desk: companies, contacts, mail.

Any of it may be out of reach for the token; then everything else is still told, and ``lacking``
says of what and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ubm_hubspot.activities import Activities, Activity
from ubm_hubspot.client import TICKETS, Client
from ubm_hubspot.desk_decode import DeskDecoder
from ubm_hubspot.desk_mails import EMAILS
from ubm_hubspot.desk_messages import PROPERTIES, message_of
from ubm_hubspot.desk_tickets import DeskTickets
from ubm_hubspot.parallel import in_flight
from ubm_hubspot.searching import Record
from ubm_hubspot.settings import Settings
from ubm_hubspot.values import instant, milliseconds
from ubm_sync.desk import Dossier, Message, Ticket
from ubm_sync.errors import Temporary

COMPANIES, CONTACTS, TASKS, NOTES = "companies", "contacts", "tasks", "notes"
_ADDRESSES = ("email", "hs_additional_emails")
_READ = 5  # times as many mails are read as are told: their ids need not be in order
_TRIES = 3
_WORDS = {
    EMAILS: "e-mails cannot be read, so only what tickets hold themselves is judged",
    COMPANIES: "companies cannot be read, so tickets are told apart by their contacts only",
    CONTACTS: "contacts cannot be read, so tickets are told apart by their company only",
    TASKS: "tasks cannot be read or made, so nobody is reminded by one",
    NOTES: "notes cannot be read or made, so tickets do not say what was decided",
}
KINDS = tuple(_WORDS)


@dataclass(slots=True)
class _There:
    """Associations and records by ticket."""

    companies: Mapping[str, Sequence[str]]
    contacts: Mapping[str, Sequence[str]]
    mails: Mapping[str, Sequence[str]]
    people: Mapping[str, Mapping[str, Any]]
    read: Mapping[str, Mapping[str, Any]]


class Beside:
    """Reads dossiers."""

    def __init__(
        self, client: Client, tickets: DeskTickets, decoder: DeskDecoder, settings: Settings
    ) -> None:
        self._tickets = tickets
        self._decoder = decoder
        self._facts = settings.facts
        self._most = settings.desk.messages
        self._concurrency = settings.concurrency
        self.activities = Activities(
            client,
            (
                Activity(EMAILS, PROPERTIES),
                Activity(CONTACTS, _ADDRESSES),
                Activity(COMPANIES, ()),
                Activity(TASKS, ()),
                Activity(NOTES, ()),
            ),
            tries=_TRIES,
        )
        self._seen = "1"  # a ticket, once one was asked for

    @property
    def lacking(self) -> dict[str, str]:
        """What cannot be read, and a sentence each."""
        return {
            kind: f"HubSpot's {_WORDS[kind]}: {why}"
            for kind, why in self.activities.lacking.items()
        }

    def probe(self) -> None:
        """Find out what the token may read: asked of one ticket, whether it is there or not."""
        activities = self.activities
        before = set(activities.lacking)
        activities.forget()
        for kind in _WORDS:
            try:
                activities.linked(kind, TICKETS, kind, [self._seen])
            except Temporary:
                continue  # nothing is known; whatever needs it finds out
            if kind not in before | activities.forbidden:  # the ticket may be what is not there
                activities.lacking.pop(kind, None)

    def dossiers(self, refs: Sequence[str]) -> dict[str, Dossier]:
        """Return tickets with what stands beside them, by the id asked."""
        records, moved = self._records(list(dict.fromkeys(refs)))
        self._seen = next(iter(records), self._seen)
        there = self._there(list(records))
        told = {ref: self._dossier(ref, record, there) for ref, record in records.items()}
        return {ref: told[moved.get(ref, ref)] for ref in refs if moved.get(ref, ref) in told}

    def _records(self, refs: Sequence[str]) -> tuple[dict[str, Record], dict[str, str]]:
        """Return the tickets that are there, and where ids that were merged away live on."""
        found = self._read(refs)
        moved: dict[str, str] = {}
        for ref in refs:
            if ref not in found and (record := self._tickets.one(ref)) is not None:
                moved[ref] = str(record["id"])
        further = [ref for ref in dict.fromkeys(moved.values()) if ref not in found]
        return (found | self._read(further) if further else found), moved

    def _read(self, refs: Sequence[str]) -> dict[str, Record]:
        found, unsaid = self._tickets.read(refs, self._decoder.histories)
        if unsaid:
            raise Temporary("HubSpot did not say what some tickets hold.")
        return dict(found)

    def _there(self, refs: Sequence[str]) -> _There:
        activities = self.activities
        if not refs:
            return _There({}, {}, {}, {}, {})
        kinds = (COMPANIES, CONTACTS, EMAILS)
        companies, contacts, found = self._at_once(
            partial(activities.linked, kind, TICKETS, kind, refs) for kind in kinds
        )
        mails = {
            ref: sorted(some, key=_number, reverse=True)[: self._most * _READ]
            for ref, some in found.items()
        }
        alone = [ref for ref in refs if not companies.get(ref) and contacts.get(ref)]
        theirs = _each({ref: contacts[ref] for ref in alone})
        employers, people, read = self._at_once(
            (
                partial(activities.linked, COMPANIES, CONTACTS, COMPANIES, theirs),
                partial(activities.read, CONTACTS, _each(contacts)),
                partial(activities.read, EMAILS, _each(mails)),
            )
        )
        for ref in alone:
            first = [one for contact in contacts[ref] for one in employers.get(contact, ())[:1]]
            companies[ref] = list(dict.fromkeys(first))
        return _There(companies, contacts, mails, people, read)

    def _at_once(self, jobs: Iterable[Callable[[], Any]]) -> list[Any]:
        return list(in_flight(jobs, self._concurrency))

    def _dossier(self, ref: str, record: Record, there: _There) -> Dossier:
        messages = self._messages(there.mails.get(ref, ()), there.read)
        addresses = [
            address
            for contact in there.contacts.get(ref, ())
            if contact in there.people
            for address in _addresses(there.people[contact])
        ]
        return Dossier(
            ticket=_spoken(self._decoder.ticket(record), messages),
            companies=tuple(dict.fromkeys(there.companies.get(ref, ()))),
            contacts=tuple(dict.fromkeys(addresses)),
            messages=messages[: self._most],
            changes=self._decoder.changes(record),
            merged=self._decoder.merged(record),
        )

    def _messages(
        self, refs: Sequence[str], read: Mapping[str, Mapping[str, Any]]
    ) -> tuple[Message, ...]:
        told = [message_of(read[ref], self._facts) for ref in refs if ref in read]
        found = [one for one in told if one is not None]
        return tuple(sorted(found, key=lambda one: (one.at, one.ref), reverse=True))


def _spoken(ticket: Ticket, messages: Sequence[Message]) -> Ticket:
    """Return a ticket with what its mail tells of who wrote last, where that is later."""
    written = [one.at for one in messages if not one.inbound and not one.automatic]
    heard = [one.at for one in messages if one.inbound and not one.automatic]
    newest = max((milliseconds(one.at.isoformat()) for one in messages), default=0)
    return replace(
        ticket,
        written_at=max(
            [*written, *([ticket.written_at] if ticket.written_at else [])], default=None
        ),
        heard_at=max([*heard, *([ticket.heard_at] if ticket.heard_at else [])], default=None),
        version=max(ticket.version, instant(newest)),
    )


def _addresses(contact: Mapping[str, Any]) -> list[str]:
    properties = contact.get("properties") or {}
    told = ";".join(str(properties.get(name) or "") for name in _ADDRESSES)
    return [one.strip().lower() for one in told.split(";") if one.strip()]


def _each(found: Mapping[str, Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(one for some in found.values() for one in some))


def _number(ref: str) -> tuple[int, str]:
    return (int(ref), "") if ref.isdecimal() else (0, ref)
