"""From the texts of a ticket or a row to a case: what they say, of whose account, with what facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, TypeAlias

import structlog

from ubm_sync.calendars import calendar_of
from ubm_sync.desk import Dossier, Ticket
from ubm_sync.disconnection.case import Case
from ubm_sync.disconnection.deadlines import effective_deadline
from ubm_sync.disconnection.reading import worst
from ubm_sync.disconnection.rules import RoutingRules
from ubm_sync.disconnection.values import Category, DeadlineKind, Message, Reading
from ubm_sync.errors import SyncError
from ubm_sync.model import Customer
from ubm_sync.ports import KnownAccount, KnowsAccounts

Reader: TypeAlias = Callable[[Message], Reading]
NOBODY = Customer("", "")
log = structlog.get_logger(__name__)


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
    store: KnowsAccounts | None = None

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
        found = [
            self.reader(
                Message(self.mask(one.subject), self.mask(one.body), one.at, zone, one.sender)
            )
            for one in texts
            if one.subject.strip() or one.body.strip()
        ]
        return worst(found) if found else None

    def case(
        self, id_: str, source: str, reading: Reading, customer: Customer, arrived: datetime
    ) -> Case:
        """Return the case a reading alone makes, with what the store knows of its accounts."""
        known = self._known(reading, customer)
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
            site=next((site for one in known if (site := site_of(one))), ""),
            vulnerable=reading.vulnerable,
        )
        numbers = [one.number for one in known if one.number] or list(reading.accounts)
        case.numbers = tuple(dict.fromkeys(numbers))
        case.keys = tuple(filter(None, dict.fromkeys(map(self.key_of, numbers))))
        case.ids = tuple(one.id for one in known)
        case.facts = tuple(facts_of(known, reading))
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
            case.arrived.astimezone(),
            calendar_of(customer),
            self.rules.lead_days,
            zone=customer.zone,
        )

    def _known(self, reading: Reading, customer: Customer) -> Sequence[KnownAccount]:
        """Return the accounts of the store that are named; none where it cannot be asked."""
        asked = reading.accounts or reading.meters or (customer.key and reading.vendors)
        if self.store is None or not asked:
            return ()
        try:
            return self.store.accounts_named(
                customer.key, reading.accounts, reading.vendors, reading.meters
            )
        except SyncError as error:
            log.warning("accounts not looked up", error=str(error))
            return ()


def texts_of(ticket: Ticket) -> Text:
    """Return the text a ticket itself holds."""
    return Text(ticket.subject, ticket.content, ticket.created)


def site_of(known: KnownAccount) -> str:
    """Return a site as people call it: ``0412 Joliet``."""
    return " ".join(part for part in (known.location_code, known.city) if part)


def facts_of(known: Sequence[KnownAccount], reading: Reading) -> list[str]:
    """Return what the store knows of the accounts, a sentence each; that it knows none, too."""
    if not known:
        named = ", ".join(reading.accounts)
        return [f"UBM has no account {named} of this customer."] if named else []
    found = [_bill(one, alone=len(known) == 1) for one in known[:3]]
    if len(known) > 3:  # noqa: PLR2004 - as many as fit
        found.append(f"{len(known) - 3} more accounts are named.")
    return found


def _bill(known: KnownAccount, *, alone: bool) -> str:
    where = "" if alone else f" for {known.number or known.id}"
    if known.statement_date is None:
        return f"Last actual bill in UBM{where}: none ({known.id})."
    day = f"{known.statement_date:%m/%d/%Y}"
    amount = f" ${known.amount_cents / 100:,.2f}" if known.amount_cents is not None else ""
    return f"Last actual bill in UBM{where}: {day}{amount}; {known.hold_text} ({known.id})."


def _vendor(reading: Reading, known: Sequence[KnownAccount]) -> str:
    return next((one.vendor for one in known if one.vendor), "") or next(iter(reading.vendors), "")
