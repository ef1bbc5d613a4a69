"""What comes in at the desk: which tickets must be read, and what becomes of each."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from traceback import format_exc
from typing import Any

import structlog

from ubm_sync.desk import Desk, DeskPage, Dossier, Ticket
from ubm_sync.disconnection.values import Category, Reading
from ubm_sync.dispatch.gathering import Gatherer, Text, texts_of
from ubm_sync.model import Customer
from ubm_sync.routing.case import TICKET, Case, case_id
from ubm_sync.routing.fields import move
from ubm_sync.routing.joining import same_days, twin
from ubm_sync.routing.updating import absorb, identify, update
from ubm_sync.state import Errand, ErrandKind, Inquiry, State, Tx

DOSSIERS = 50  # tickets asked for at once
AGAIN = 200  # tickets that are looked at again in one round
_SAME = timedelta(minutes=2)  # a ticket made from a message, and that message
_AFTER = timedelta(seconds=30)  # of what came later than this, another message is told
_LATE = timedelta(minutes=15)  # how long a message is waited for that a ticket tells of
log = structlog.get_logger(__name__)
_SOON = timedelta(minutes=1)
_OWNERLESS = timedelta(minutes=5)  # until it is asked again whose an older notice is
_KEPT = 30  # messages of a ticket that are remembered as read
_NOTHING = "nothing in it tells of a disconnection or of closing an account"
_OURS = "this service made it, and no customer wrote on it"
_OVER = ("no", "closed")
_CLOSED = "the ticket was closed when it was read"


class Docket:
    """The cases of one transaction: those a page is about, and those a new one may belong to."""

    def __init__(self, tx: Tx, days: int) -> None:
        self._tx = tx
        self._days = days
        self._standing: dict[str, list[str]] = {}
        self.cases: dict[str, Case] = {}

    def get(self, id_: str) -> Case | None:
        """Return a case by its id, as it stands in this transaction."""
        if id_ and id_ not in self.cases:
            self.cases |= self._tx.disconnections.load([id_])
        return self.cases.get(id_)

    def enter(self, case: Case, ref: str, now: datetime, before: str = "") -> Case:
        """Take a new case in; return it, or the one that is about the same notice.

        ``ref`` is its ticket, "" where there is none yet. ``before`` is the case that the same
        place led to when it said something else: a notice that is written anew is the same one.
        """
        known = self.get(case.id)
        if known is not None:  # the very same words as some time before
            if known.outcome in _OVER:
                update(known, case, self._days)
            else:
                absorb(known, case, ref)
            known.due = True
            return known
        if case.customer not in self._standing:
            there = self._tx.disconnections.standing(case.customer)
            self._standing[case.customer] = [one.id for one in there]
            self.cases = {one.id: one for one in there} | self.cases
        others = [self.cases[id_] for id_ in self._standing[case.customer]]
        found = twin(case, others, self._days) or self._same_place(case, before)
        if found is None:
            self.cases[case.id] = case
            self._standing[case.customer].append(case.id)
            return case
        absorb(found, case, ref)
        if ref:
            key = f"{found.id}:joined:{ref}"
            errand = Errand(key, found.id, ErrandKind.JOINING, ref, rank_of(case), {}, now)
            self._tx.errands.queue([errand])
        return found

    def _same_place(self, case: Case, before: str) -> Case | None:
        known = self.get(before)
        if known is None or known.outcome in _OVER or not same_days(case, known, self._days):
            return None
        return known

    def save(self) -> None:
        """Store them all."""
        self._tx.disconnections.save(self.cases.values())


class Hearing:
    """Reads tickets that are new or changed; every one of them ends in a row of the ledger."""

    def __init__(self, state: State, desk: Desk, gatherer: Gatherer, cursor: str) -> None:
        self._state = state
        self._desk = desk
        self._gather = gatherer
        self._cursor = cursor

    def take(self, page: DeskPage, now: datetime) -> int:
        """Take one page in; return how many tickets were read.

        What came of a page is stored with the reading position in one transaction, so that a
        crash costs no more than reading the page again.
        """
        wanted = self._wanted(page.tickets)
        read: list[Dossier] = []
        for start in range(0, len(wanted), DOSSIERS):
            refs = [one.ref for one in wanted[start : start + DOSSIERS]]
            found = self._desk.dossiers(refs)
            read += [found[ref] for ref in refs if ref in found]
        with self._state.transaction() as tx:
            self._keep(tx, read, now)
            if page.checked or page.problems:
                tx.problems.replace(set(page.checked), list(page.problems), now)
            if page.cursor:
                tx.cursors.put(self._cursor, page.cursor)
        return len(read)

    def unknown(self, page: DeskPage) -> DeskPage:
        """Return the tickets of a page that are in no row of the ledger, without its position."""
        with self._state.reading() as tx:
            known = tx.inquiries.load(TICKET + one.ref for one in page.tickets)
        return DeskPage(tuple(one for one in page.tickets if TICKET + one.ref not in known))

    def again(self, now: datetime) -> int:
        """Look again at tickets that lacked a message or a customer; return how many."""
        with self._state.reading() as tx:
            refs = tx.inquiries.again(now, AGAIN)
        if not refs:
            return 0
        found = self._desk.dossiers(refs)
        with self._state.transaction() as tx:
            gone = tx.inquiries.load(TICKET + ref for ref in refs if ref not in found)
            for one in gone.values():
                one.again_at = None
            tx.inquiries.save(gone.values())
            self._keep(tx, list(found.values()), now)
        return len(found)

    def _wanted(self, tickets: Sequence[Ticket]) -> list[Ticket]:
        """Return the tickets to look at, those that seem urgent first.

        A ticket is looked at where its text is another one, the customer wrote, or it belongs to
        a case that somebody may have moved.
        """
        with self._state.reading() as tx:
            known = tx.inquiries.load(TICKET + one.ref for one in tickets)
            bound = tx.disconnections.of_tickets(one.ref for one in tickets)
        found: dict[str, tuple[bool, datetime, Ticket]] = {}
        for one in tickets:
            before = known.get(TICKET + one.ref)
            if before is None or one.ref in bound or _is_news(one, before):
                found[one.ref] = not self._seems_urgent(one), one.created, one
        return [one for *_, one in sorted(found.values(), key=lambda each: each[:2])]

    def _seems_urgent(self, ticket: Ticket) -> bool:
        reading = self._gather.read([texts_of(ticket)], self._gather.zone)
        return reading is not None and reading.category is Category.URGENT

    def _keep(self, tx: Tx, read: Sequence[Dossier], now: datetime) -> None:
        known = tx.inquiries.load(TICKET + one.ticket.ref for one in read)
        bound = tx.disconnections.of_tickets(
            ref for one in read for ref in (one.ticket.ref, *one.merged)
        )
        docket = Docket(tx, self._gather.rules.merge_days)
        for one in read:
            ref = one.ticket.ref
            id_ = next((bound[each] for each in (ref, *one.merged) if each in bound), "")
            case = docket.get(id_)
            if case is not None and case.ticket in one.merged:
                move(case, one.ticket)
            before = known.get(TICKET + ref)
            try:
                known[TICKET + ref], fresh = self._hear(one, before, case, now)
            # One odd ticket must not keep all others from being heard.
            except Exception:  # noqa: BLE001 - whatever it is
                log.error("ticket not heard", ticket=ref, trace=format_exc())  # noqa: TRY400 - as text
                known[TICKET + ref] = _unheard(one, before, now)
                continue
            if fresh is not None:
                case = docket.enter(fresh, ref, now)
            if case is not None:
                case.due = True
                row = known[TICKET + ref]
                row.case_id, row.reason = case.id, ""
                row.again_at = _whose_again(case, row, now)
        tx.inquiries.save(known.values())
        docket.save()

    def _hear(
        self, dossier: Dossier, before: Inquiry | None, case: Case | None, now: datetime
    ) -> tuple[Inquiry, Case | None]:
        """Read what is new on one ticket; return its row in the ledger, and a case it begins."""
        ticket, gather = dossier.ticket, self._gather
        customer = gather.customer_of(dossier)
        if not customer.key and case is not None:
            customer = gather.named(case.customer)
        inquiry = before or Inquiry(TICKET + ticket.ref, ticket.ref, ticket.created)
        if case is not None and not case.customer and customer.key:
            self._identify(case, inquiry.source, dossier, customer)
        texts = _unread(dossier, inquiry)
        inquiry.version, inquiry.digest, inquiry.read_at = ticket.version, digest_of(ticket), now
        inquiry.heard_at = max(filter(None, (inquiry.heard_at, ticket.heard_at)), default=None)
        inquiry.messages = _read(dossier, inquiry)
        inquiry.again_at = _again(dossier, now)
        inquiry.customer = customer.key or inquiry.customer
        reading = gather.read(texts, customer.zone)
        if reading is None or (reading.category is Category.OTHER and inquiry.category):
            if not inquiry.category:
                inquiry.category = Category.OTHER.value
                inquiry.reason = _OURS if ticket.key else _NOTHING
            return inquiry, None
        arrived = max(one.at for one in texts)
        note(inquiry, reading)
        own = all(one.at == ticket.created for one in texts)  # no message came after it
        inquiry.reason = (
            self._reason(reading, ticket.closed and own, arrived, now) if case is None else ""
        )
        if reading.category is Category.OTHER or inquiry.reason:
            return inquiry, None
        id_ = case.id if case is not None else case_id(inquiry.source)
        fresh = gather.case(id_, inquiry.source, reading, customer, texts)
        owner = gather.named(fresh.customer)
        if owner.zone != customer.zone:  # an account told whose it is: "tomorrow" is another day
            again = gather.read(texts, owner.zone) or reading
            fresh = gather.case(id_, inquiry.source, again, owner, texts)
        inquiry.customer = fresh.customer
        if case is not None:
            update(case, fresh, gather.rules.merge_days)
            return inquiry, None
        fresh.ticket = ticket.ref
        fresh.way = ticket.channel.value
        fresh.off_channel = ticket.channel not in gather.rules.official
        return inquiry, fresh

    def _identify(self, case: Case, source: str, dossier: Dossier, customer: Customer) -> None:
        """Take in whose notice it is, known by now: all that was read means that customer's."""
        ticket = dossier.ticket
        texts = _unread(dossier, Inquiry(source, ticket.ref, ticket.created))
        reading = self._gather.read(texts, customer.zone)
        if reading is not None:
            identify(case, self._gather.case(case.id, source, reading, customer, texts))

    def _reason(self, reading: Reading, done: bool, arrived: datetime, now: datetime) -> str:
        """Return why a text leads to no case, "" where it does.

        A message on a ticket that is closed does: somebody must see it.
        """
        if reading.category is Category.OTHER:
            return _NOTHING
        if done:
            return _CLOSED
        return stale(arrived, now, self._gather.rules.stale)


def note(inquiry: Inquiry, reading: Reading) -> None:
    """Keep in the ledger what was read."""
    inquiry.category, inquiry.confidence = reading.category.value, reading.confidence
    inquiry.phrase, inquiry.found = reading.phrase, _plain(reading)


def stale(arrived: datetime, now: datetime, limit: timedelta) -> str:
    """Return why something this old leads to no case, "" where it does."""
    days = (now - arrived).days
    return f"it was {days} days old when it was read first" if now - arrived > limit else ""


def rank_of(case: Case) -> str:
    """Return how a case's errands sort among others."""
    rank, day, arrived = case.urgency
    return f"{rank} {day:10} {arrived}"


def digest_of(ticket: Ticket) -> str:
    """Return a short hash of a ticket's own words."""
    words = f"{ticket.subject}\0{ticket.content}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(words).hexdigest()[:16]


def _plain(reading: Reading) -> dict[str, Any]:
    found = asdict(reading)
    found["amounts"] = [str(one) for one in reading.amounts]
    return found


def _is_news(ticket: Ticket, before: Inquiry) -> bool:
    """Return whether a ticket that was read before may hold something to read."""
    if ticket.version == before.version:
        return False
    if digest_of(ticket) != before.digest:
        return True
    if ticket.heard_at is None:  # the system does not tell when customers write: look
        return not ticket.closed and not ticket.key
    return before.heard_at is None or ticket.heard_at > before.heard_at


def _read(dossier: Dossier, before: Inquiry) -> tuple[str, ...]:
    """Return the messages of a ticket that were read by now, as many as are worth keeping."""
    new = [one.ref for one in dossier.messages if one.inbound and one.ref not in before.messages]
    return (*before.messages, *reversed(new))[-_KEPT:]


def _again(dossier: Dossier, now: datetime) -> datetime | None:
    """Return when to look again for a message that the ticket tells of and that is not there yet.

    A system may say that a customer wrote before the mail is to be seen on the ticket, and showing
    it then changes nothing about the ticket.
    """
    ticket, heard = dossier.ticket, dossier.ticket.heard_at
    if heard is None or now - heard > _LATE:
        return None
    made_of_it = -_SAME <= heard - ticket.created <= _AFTER
    is_content = made_of_it and ticket.content.strip() and not ticket.key
    is_there = any(one.inbound and -_SAME <= heard - one.at <= _AFTER for one in dossier.messages)
    return None if is_content or is_there else now + _SOON


def _whose_again(case: Case, row: Inquiry, now: datetime) -> datetime | None:
    """Return when to look again at a ticket, also while nobody knows whose notice it is.

    A system may link a ticket to its company after it is there, and that changes nothing about it.
    """
    if case.customer or not case.is_open:
        return row.again_at
    again = now + (_SOON if now - row.arrived <= _LATE else _OWNERLESS)
    return again if row.again_at is None else min(row.again_at, again)


def _unread(dossier: Dossier, before: Inquiry) -> list[Text]:
    """Return the texts of a ticket that were not read yet.

    What this service wrote itself is not read. The first message of a ticket that was made from it
    is in the ticket.
    """
    ticket = dossier.ticket
    found = []
    if not ticket.key and digest_of(ticket) != before.digest:
        found.append(texts_of(ticket))
    for one in dossier.messages:
        is_first = abs(one.at - ticket.created) <= _SAME and _holds(ticket, one.text)
        if one.inbound and one.ref not in before.messages and not (is_first and not ticket.key):
            found.append(Text(one.subject or ticket.subject, one.text, one.at, one.sender))
    return found


def _unheard(dossier: Dossier, before: Inquiry | None, now: datetime) -> Inquiry:
    """Return the row of a ticket that could not be read: unread, and looked at again soon."""
    ticket = dossier.ticket
    inquiry = before or Inquiry(TICKET + ticket.ref, ticket.ref, ticket.created)
    inquiry.read_at, inquiry.again_at, inquiry.digest = None, now + _SOON, ""
    return inquiry


def _holds(ticket: Ticket, text: str) -> bool:
    words = " ".join(text.split())
    return words in " ".join(ticket.content.split())
