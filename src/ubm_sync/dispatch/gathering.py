"""From the texts of a ticket or a row to a case: what they say, and of whose account."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from traceback import format_exc
from typing import NamedTuple, TypeAlias

import structlog

from ubm_sync.calendars.coverage import Coverage
from ubm_sync.calendars.local import local
from ubm_sync.desk import Dossier, Ticket
from ubm_sync.disconnection.deadlines import effective_deadline
from ubm_sync.disconnection.merging import worst
from ubm_sync.disconnection.values import Category, DeadlineKind, Message, Reading
from ubm_sync.errors import SyncError
from ubm_sync.model import Customer
from ubm_sync.routing.case import Case
from ubm_sync.routing.days import paying_days
from ubm_sync.routing.rules import RoutingRules
from ubm_sync.state.schema import clean

Reader: TypeAlias = Callable[[Message], Reading]
NOBODY = Customer("", "")
UNJUDGED = "The text could not be judged by the service: please read it."
_MOST_BLANKS = 20
_BLANKS = re.compile(r"[^\S\n]{21,}|\n{21,}|(?:\r\n){21,}")
log = structlog.get_logger(__name__)


class Account(NamedTuple):
    """An account of the store that a text names; ``bill`` says what is known of its last bill."""

    id: str
    customer: str
    vendor: str = ""
    number: str = ""
    site: str = ""  # as people call it: 0412 Joliet
    bill: str = ""


# a customer's key ("": any), what was read, and the text itself
Lookup: TypeAlias = Callable[[str, Reading, str], Sequence[Account]]


class Text(NamedTuple):
    """One text to be read, and when it came in."""

    subject: str
    body: str
    at: datetime
    sender: str = ""


@dataclass(frozen=True)
class Gatherer:
    """Reads texts and finds out whose they are and which accounts they name.

    ``key_of`` returns an account number as it is compared, ``mask`` a text without what looks like
    a password. ``zone`` is for senders nobody knows.
    """

    reader: Reader
    customers: Mapping[str, Customer]
    rules: RoutingRules
    zone: str
    key_of: Callable[[str], str]
    mask: Callable[[str], str]
    coverage: Coverage
    lookup: Lookup | None = None
    meant: Callable[[str], str] = lambda _name: ""  # the one utility a name stands for, or ""

    def customer_of(self, dossier: Dossier) -> Customer:
        """Return whose ticket it is, by its companies, else by its own field; else nobody's."""
        by_company = {one.company: one for one in self.customers.values() if one.company}
        for company in dossier.companies:
            if company in by_company:
                return by_company[company]
        key = dossier.ticket.values.get("customer_key", "")
        return self.customers.get(key) or self.nobody

    @property
    def nobody(self) -> Customer:
        """The customer of a ticket that belongs to none that is known."""
        return replace(NOBODY, zone=self.zone)

    def named(self, key: str) -> Customer:
        """Return a customer by its key; nobody where there is none."""
        return self.customers.get(key) or self.nobody

    def read(self, texts: Iterable[Text], zone: str) -> Reading | None:
        """Return what the texts say together, the most serious first; None without any."""
        found = [self._read(one, zone) for one in texts if one.subject.strip() or one.body.strip()]
        return worst(found) if found else None

    def _read(self, text: Text, zone: str) -> Reading:
        """Read one text; one that cannot be judged is a possible disconnection, for a person."""
        subject, body = (_tidy(self.mask(clean(one))) for one in (text.subject, text.body))
        try:
            return self.reader(Message(subject, body, text.at, zone, text.sender))
        # One odd text must not keep all others from being read.
        except Exception:  # noqa: BLE001 - whatever it is
            log.error("text not judged", at=text.at.isoformat(), trace=format_exc())  # noqa: TRY400 - as text
            return Reading(Category.POSSIBLE, 0.0, reasons=(UNJUDGED,))

    def case(
        self, id_: str, source: str, reading: Reading, customer: Customer, texts: Sequence[Text]
    ) -> Case:
        """Return the case a reading alone makes, with what the store knows of its accounts."""
        arrived = max(one.at for one in texts)
        found = self._known(reading, customer, texts)
        known = found or ()
        if not customer.key and len({one.customer for one in known}) == 1:
            customer = self.named(known[0].customer)
        case = Case(
            id_,
            source,
            reading.category,
            arrived,
            reading.confidence,
            self.mask(reading.phrase),
            reading.state,
            customer=customer.key,
            company=customer.company,
            vendor=_vendor(reading, known),
            site=next((one.site for one in known if one.site), ""),
            vulnerable=reading.vulnerable,
        )
        numbers = [one.number for one in known if one.number] or list(reading.accounts)
        case.numbers = tuple(dict.fromkeys(numbers))
        case.keys = tuple(filter(None, dict.fromkeys(map(self.key_of, numbers))))
        case.ids = tuple(one.id for one in known)
        case.company_meant = self.meant(case.vendor)
        case.facts = tuple(facts_of(found, reading)) if found is not None else ()
        if UNJUDGED in reading.reasons:
            case.facts = (UNJUDGED, *case.facts)
        self._deadline(case, reading, customer)
        return case

    def _deadline(self, case: Case, reading: Reading, customer: Customer) -> None:
        if reading.category is Category.CLOSE:
            case.deadline = reading.effective
            return
        case.deadline, case.deadline_kind = reading.deadline, reading.deadline_kind
        if case.is_off:
            case.deadline_kind = DeadlineKind.ALREADY_OFF
        case.pay_by = effective_deadline(
            reading.deadline,
            case.deadline_kind,
            local(case.arrived, customer.zone),
            paying_days(customer, self.coverage),
            self.rules.lead_days,
        )

    def _known(
        self, reading: Reading, customer: Customer, texts: Sequence[Text]
    ) -> Sequence[Account] | None:
        """Return the accounts of the store that are named; None where it cannot be asked."""
        if self.lookup is None or not (reading.accounts or reading.meters or customer.key):
            return None
        words = "\n".join(f"{one.subject}\n{one.body}" for one in texts)
        try:
            return self.lookup(customer.key, reading, words)
        except SyncError as error:
            log.warning("accounts not looked up", error=str(error))
            return None


def _tidy(text: str) -> str:
    """Return a text without very long runs of blanks: layout of mails, and slow to read."""
    return _BLANKS.sub(lambda run: run[0][:_MOST_BLANKS], text)


def texts_of(ticket: Ticket) -> Text:
    """Return the text a ticket itself holds."""
    return Text(ticket.subject, ticket.content, ticket.created)


def facts_of(known: Sequence[Account], reading: Reading) -> list[str]:
    """Return what the store knows of the accounts, a sentence each; that it knows none, too."""
    if not known:
        named = ", ".join(reading.accounts)
        return [f"UBM has no account {named} of this customer."] if named else []
    found = [one.bill for one in known[:3] if one.bill]
    if len(known) > 3:  # noqa: PLR2004 - as many as fit
        found.append(f"{len(known) - 3} more accounts are named.")
    return found


def _vendor(reading: Reading, known: Sequence[Account]) -> str:
    return next((one.vendor for one in known if one.vendor), "") or next(iter(reading.vendors), "")
