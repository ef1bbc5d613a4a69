"""The new-location procedure: from a typed row to an enrolled account, and back.

    Draft -> Needs information <-> Waiting for CSM -> Approved -> Setting up -> Active
                                   Duplicate, Not accepted          Active -> Closing -> Closed

Each step happens once and in this order; its instant stands in memory. Everything else is
recomputed from what is seen, so a crash between two steps costs nothing.
"""

from __future__ import annotations

from datetime import datetime

from ubm_sync.calendars import stamp
from ubm_sync.flow import NOWHERE, Decision, Site, Situation
from ubm_sync.locations import accounts, adopting, entering, notices, signals, vanishing
from ubm_sync.locations.case import Case, digest
from ubm_sync.locations.messages import joined, texts
from ubm_sync.locations.rules import DuplicatePolicy, LocationRules
from ubm_sync.locations.standing import data_services, in_store, stand
from ubm_sync.locations.states import (
    ACCOUNT,
    CLOSED,
    DUPLICATE,
    ENROLMENT_PLACE,
    NOT_ACCEPTED,
    OUR_PROBLEM,
    ROW,
    TICKET,
    request_label,
)
from ubm_sync.locations.ticket import (
    enrolment_values,
    retold,
    ticket_values,
    wants_enrolment,
)
from ubm_sync.locations.vendors import resolve
from ubm_sync.model import Customer, Observation, Ref, Values, Written
from ubm_sync.spelling import fold

# Places whose creation gives the other places something to tell.
_ANSWERED = frozenset({ACCOUNT, ENROLMENT_PLACE})


class LocationFlow:
    """Decides about one requested utility account at one location (see ``ubm_sync.flow.Flow``)."""

    kind = "location"

    def __init__(self, rules: LocationRules | None = None) -> None:
        self.rules = rules or LocationRules()
        self._texts = texts(self.rules.texts)

    def account_key(self, customer: Customer, values: Values) -> str:
        """Return ``customer|vendor|state|key``, "" while vendor, state or number is missing."""
        return accounts.account_key(customer, values)

    def site(self, customer: Customer, values: Values) -> Site:
        """Return the location by its code, and its address by ZIP and house number."""
        return accounts.site(customer, values)

    def accepted(self, memory: Values) -> bool:
        """Return whether the record was accepted into the store.

        A close or change request about another record's account never is.
        """
        return "approved_at" in memory and "request" not in memory

    def adopted(self, memory: Values, seen: Observation) -> Values:
        """Return the memory of a record whose account, or ticket, was there before it.

        Nobody is asked again to approve an account that exists, nor to enrol one that is live.
        """
        return adopting.adopted(memory, seen)

    def decide(self, situation: Situation, now: datetime) -> Decision:
        """Return what should be true of a requested account now."""
        case = Case(situation, now, self.rules, self._texts)
        if case.row is not None and case.row.modified_by:
            case.memory.setdefault("by", case.row.modified_by)
        entering.read(case)
        if entering.is_lost(case):
            return entering.left_alone(case)
        signals.read(case)
        vanishing.read(case)
        stand(case)
        signals.tell_of_skipping(case)
        notice = notices.tell(case)
        case.message = joined(
            (notices.secret_text(case), notice, case.message, notices.fixed_text(case)),
            self.rules.message_length,
        )
        present = _present(case)
        key = accounts.account_key(case.customer, case.values)
        values = _values(case, present, key)
        if case.ticket is not None or TICKET in present:
            _remember_said(case)
        else:
            case.notes.clear()  # nobody to tell yet
        memory = case.memory
        return Decision(
            present=frozenset(present),
            values=values,
            memory=memory,
            status=case.status,
            label=request_label(memory.get("request", ""), case.values.get("request_number", "")),
            accepted=self.accepted(memory),
            account_key=key,
            fixes=case.fixes,
            notes=tuple(case.notes),
            wake_at=min(case.wakes) if case.wakes else None,
            follow_up=bool((present & _ANSWERED) - situation.observed.keys()),
            site=_site(case),
            answered=frozenset({ROW}) if vanishing.is_answered(case) else frozenset(),
            retold=retold(case),
        )


def _site(case: Case) -> Site:
    """Return where the record is; one that is out of the procedure is nowhere."""
    if case.status in {NOT_ACCEPTED, CLOSED}:
        return NOWHERE
    found = accounts.site(case.customer, case.values)
    return found._replace(told=bool(found.key) and "approved_at" not in case.memory)


def _present(case: Case) -> set[str]:
    """Return the places the record must exist in; a place it left is left alone."""
    memory, observed = case.memory, case.situation.observed
    present = {place for place, seen in observed.items() if not seen.gone}
    if TICKET not in observed and _wants_ticket(case):
        present.add(TICKET)
    if entering.wants_row(case):
        present.add(ROW)
    if case.status == OUR_PROBLEM and ACCOUNT not in present:
        if ACCOUNT in case.situation.troubles:
            present.add(ACCOUNT)  # what was refused is tried again once it reads differently
        return present
    if "approved_at" in memory and "request" not in memory and ACCOUNT not in observed:
        present.add(ACCOUNT)
    if wants_enrolment(case):
        present.add(ENROLMENT_PLACE)
    return present


def _wants_ticket(case: Case) -> bool:
    memory = case.memory
    if "valid_at" in memory or "approved_at" in memory or "disputed" in memory:
        return True
    return case.status == DUPLICATE and case.rules.duplicates is DuplicatePolicy.TICKET


def _values(case: Case, present: set[str], key: str) -> dict[str, dict[str, Written]]:
    """Return, for each place the record is in, what the service itself fills there."""
    values: dict[str, dict[str, Written]] = {}
    if TICKET in present:
        values[TICKET] = ticket_values(case)
    if ROW in present and ROW not in case.situation.vanished:
        values[ROW] = _row_values(case, present)
    if ACCOUNT in present:
        values[ACCOUNT] = _account_values(case, key)
    if ENROLMENT_PLACE in present:
        values[ENROLMENT_PLACE] = enrolment_values(case)
    return values


def _row_values(case: Case, present: set[str]) -> dict[str, Written]:
    memory = case.memory
    ticket = _ticket_link(case, present)
    account = case.account.ref if case.account is not None else None
    services = data_services(case)
    shown = digest(case.status, case.message, account or "", services, str(bool(ticket)))
    if memory.get("row") != shown or _edited_elsewhere(case):
        memory["row"] = shown
        memory["synced"] = stamp(case.now, case.customer.zone)
    return {
        "sync_status": case.status,
        "sync_message": case.message or None,
        "ubm_account_id": account,
        "data_services": services,
        "ticket": ticket,
        "last_synced": memory["synced"],
    }


def _ticket_link(case: Case, present: set[str]) -> Written:
    """Return the ticket's number for the row; of a merged ticket the one it went into."""
    seen = case.situation.observed.get(TICKET)
    if seen is None:
        wanted = TICKET in present and TICKET not in case.situation.troubles
        return Ref(TICKET) if wanted else None
    merged, _, primary = seen.gone.partition(":")
    return primary or seen.ref if merged == "merged" else seen.ref


def _edited_elsewhere(case: Case) -> bool:
    """Return whether somebody's edit in another place is new to the row."""
    row, changed = case.row, case.situation.changed
    if row is None or not changed:
        return False
    values = case.values
    news = sorted(
        f"{field}={values.get(field, '')}"
        for field, places in changed.items()
        if places != (ROW,) and row.values.get(field) != values.get(field)
    )
    mark = digest(*news) if news else ""
    if not mark or case.memory.get("row_edit") == mark:
        return False
    case.memory["row_edit"] = mark
    return True


def _account_values(case: Case, key: str) -> dict[str, Written]:
    values = case.values
    vendor = values.get("vendor", "")
    found = resolve(vendor, values.get("state", ""), values.get("commodity", ""))
    account: dict[str, Written] = {
        "customer_key": case.customer.key,
        "vendor_canonical": found.canonical or vendor or fold(vendor) or None,
        "account_key": key or None,
        "status": in_store(case),
        **_approval(case),
        "data_services": data_services(case),
        "source": case.rules.source,
    }
    if case.account is not None and "source" in case.account.values:
        account["source"] = case.account.values["source"]
    if case.enrolment is not None:
        account["data_services_ref"] = case.enrolment.ref
    return account


def _approval(case: Case) -> dict[str, Written]:
    """Return who approved the account and when; of one that was there before only what it says."""
    if adopting.is_adopted(case.memory):
        there = case.account.values if case.account is not None else {}
        return {name: there.get(name) for name in ("approved_by", "approved_at")}
    return {name: case.memory.get(name) or None for name in ("approved_by", "approved_at")}


def _remember_said(case: Case) -> None:
    if case.said:
        before = case.memory.get("said", "")
        case.memory["said"] = " ".join([before, *case.said]).strip()
