"""How far one record is: the status of its row and what the customer is told."""

from __future__ import annotations

from datetime import datetime, timedelta

from ubm_sync.calendars import local, parse_instant
from ubm_sync.flow import Rival
from ubm_sync.locations import adopting, closing, duplicates, entering, vanishing
from ubm_sync.locations.case import Case, day_of, digest
from ubm_sync.locations.findings import sentence, shown
from ubm_sync.locations.messages import problems
from ubm_sync.locations.secrets import mask
from ubm_sync.locations.signals import accepted, approver
from ubm_sync.locations.states import (
    ACCOUNT,
    ACTIVE,
    APPROVE,
    APPROVED,
    ASK,
    CLOSED,
    CLOSING,
    DECLINE,
    DRAFT,
    DUPLICATE,
    ENROLLED,
    ENROLMENT,
    ENROLMENT_PLACE,
    MARK_DUPLICATE,
    NEEDS_INFORMATION,
    NOT_ACCEPTED,
    NOT_REQUESTED,
    OUR_PROBLEM,
    PROBLEM,
    REQUESTED,
    SETTING_UP,
    TICKET,
    WAITING,
)


def stand(case: Case) -> None:
    """Set the status and the message of a record, and its steps in memory."""
    if case.ticket is not None:
        case.step("ticket_at", case.ticket.created_at)
    request = _request(case)
    if accepted(case):
        _accepted(case, request)
    elif not _on_hold(case) and not vanishing.request_closed(case):
        _open(case, request)
    if case.status != WAITING and "close_at" not in case.memory:
        case.memory.pop("review_by", None)


def data_services(case: Case) -> str:
    """Return how far Data Services are, as shown in the row."""
    if case.enrolment is None:
        gone = case.situation.observed.get(ENROLMENT_PLACE)
        if gone is None and (before := adopting.services_before(case.memory)):
            return before
        return PROBLEM if gone is not None else NOT_REQUESTED
    if "enrolled_at" in case.memory and "request" not in case.memory:
        return ENROLLED
    return ENROLMENT.get(case.enrolment.values.get("stage", ""), REQUESTED)


def _request(case: Case) -> str:
    """Return ``close`` or ``change`` where this record is a request about another's account."""
    memory = case.memory
    if case.account is not None or ("approved_at" in memory and "request" not in memory):
        memory.pop("request", None)
    elif "approved_at" not in memory:
        if case.request:
            memory["request"] = case.request
        else:
            memory.pop("request", None)
    return memory.get("request", "")


def _on_hold(case: Case) -> bool:
    """Say what happened where the ticket is gone or cannot be written."""
    seen = case.situation.observed.get(TICKET)
    gone = seen.gone if seen is not None else ""
    trouble = TICKET in case.situation.troubles
    if seen is not None and gone.startswith("merged"):
        case.status = DUPLICATE
        ref = gone.partition(":")[2] or seen.ref
        case.message = case.text("row.merged", who=case.who, ticket=ref)
    elif gone or (trouble and seen is None):
        case.status = OUR_PROBLEM
        case.message = _problem_text(case)
    return bool(case.status)


def _open(case: Case, request: str) -> None:
    """Say how far a record is that nobody accepted yet."""
    verdict = case.memory.get("verdict", "")
    if verdict == DECLINE:
        _declined(case)
        return
    if not case.findings.valid:
        _incomplete(case)
        _not_carried_out(case, verdict, case.message)
        return
    rival = None
    if request:
        missing = closing.request_problem(case)
        if missing:
            closing.refuse_request(case, missing)
            _not_carried_out(case, verdict, missing)
            return
    else:
        rival = duplicates.winner(case)
    if rival is not None:
        _duplicate(case, rival)
        _not_carried_out(case, verdict, case.message)
        return
    case.step("valid_at")
    case.memory.pop("duplicate_notes", None)
    if verdict == MARK_DUPLICATE:
        case.status = DUPLICATE
        case.message = case.text("row.duplicate_by_person", who=case.who)
    elif verdict == ASK:
        case.status = NEEDS_INFORMATION
        case.message = case.text("row.asked", who=case.who)
    elif verdict == APPROVE and not (torn := _torn(case)):
        _accepted(case, request)
    else:
        case.status = WAITING
        case.message = case.text("row.waiting", who=case.who, day=case.review_day())
        if verdict == APPROVE:
            _not_carried_out(case, verdict, case.text("note.torn", fields=torn))


def _torn(case: Case) -> str:
    """Return the fields an account needs on which the two sides never agreed, "" if there are none.

    Nobody can set up an account before they are decided.
    """
    if case.account is not None or "approved_at" in case.memory:
        return ""
    torn = (one.field for one in case.situation.conflicts if one.base is None)
    return ", ".join(case.title(name) for name in torn if name in case.rules.required)


def _incomplete(case: Case) -> None:
    """Leave a young row in peace while cells are missing; else say everything that is wrong."""
    findings = case.findings
    quiet_until = case.situation.created_at + timedelta(minutes=case.rules.quiet_minutes)
    typing = entering.is_being_typed(case) and case.now < quiet_until
    if findings.missing and typing and "valid_at" not in case.memory:
        case.status = DRAFT
        case.wakes.append(quiet_until)
        return
    case.status = NEEDS_INFORMATION
    case.message = problem_text(case)
    _recheck(case)


def problem_text(case: Case) -> str:
    """Return every problem of the row in one message."""
    findings = case.findings
    titles = [case.title(field) for field in findings.missing]
    rules = case.rules
    return problems(findings.errors, titles, rules.shown_problems, rules.message_length)


def _recheck(case: Case) -> None:
    day = case.findings.recheck
    if day is not None:
        zone = local(case.now, case.customer.zone).tzinfo
        case.wakes.append(datetime(day.year, day.month, day.day, tzinfo=zone))


def _declined(case: Case) -> None:
    ticket = case.ticket
    reason = ticket.values.get("decline_reason", "") if ticket is not None else ""
    case.status = NOT_ACCEPTED
    if reason:
        text = shown(case.unsigned(mask(reason)), case.rules.message_length - 60)
        case.message = case.text("row.declined", first=case.first, reason=sentence(text))
    else:
        case.message = case.text("row.declined_no_reason", who=case.who)
        case.note("reason_wanted", "note.reason_wanted")
    if case.edit and "declined_edit" in case.memory and case.memory["declined_edit"] != case.edit:
        names = ", ".join(case.title(field) for field in case.edited_in_row)
        case.note(f"declined_edit:{case.edit}", "note.declined_edit", fields=names)
    case.memory.setdefault("declined_edit", case.edit)


def _duplicate(case: Case, rival: Rival) -> None:
    memory = case.memory
    known = bool(rival.label) and rival.label != case.label  # each list numbers its own rows
    label = f"row {rival.label}" if known else "another row"
    case.status = DUPLICATE
    case.message = case.text("row.duplicate", label=label, status=rival.status)
    notes = digest(case.values.get("notes", ""))
    if memory.setdefault("duplicate_notes", notes) != notes and "disputed" not in memory:
        memory["disputed"] = "1"
        case.note("duplicate_disputed", "note.duplicate_disputed", label=label)


def _not_carried_out(case: Case, verdict: str, why: str) -> None:
    """Tell the manager once why an approval has to wait; it is not forgotten."""
    if verdict == APPROVE and case.ticket is not None:
        reason = why or case.text("row.waiting", who=case.who, day="")
        case.note(f"not_carried_out:{case.status}", "note.not_carried_out", why=reason)


def _accepted(case: Case, request: str) -> None:
    """Say how far an accepted record is."""
    memory = case.memory
    if request:
        closing.request_accepted(case)
        return
    if case.account is not None and "approved_at" not in memory:
        there = case.account.values  # what a cycle that was killed wrote stands in the account
        at = parse_instant(there.get("approved_at", "")) or case.account.created_at
        case.step("approved_at", at)
        memory["approved_by"] = there.get("approved_by", "") or approver(case)
    elif case.step("approved_at"):
        memory["approved_by"] = approver(case)
    if case.account is None:
        _not_there_yet(case)
        return
    case.step("account_at", case.account.created_at)
    _enrolment(case)
    if (
        closing.closed_before(case, case.account)
        or closing.closed_elsewhere(case)
        or closing.own_close(case)
    ):
        return
    _after(case)


def _not_there_yet(case: Case) -> None:
    gone = ACCOUNT in case.situation.observed
    if gone:
        case.note("gone:account", "note.gone", what=f"The account in {case.rules.store_name}")
    if gone or ACCOUNT in case.situation.troubles:
        case.status = OUR_PROBLEM
        case.message = _problem_text(case)
    else:
        case.status = APPROVED
        case.message = case.text("row.approved", who=case.who)


def _enrolment(case: Case) -> None:
    """Remember what Data Services did, and tell the manager once of each."""
    enrolment, account, memory = case.enrolment, case.account, case.memory
    if enrolment is None and ENROLMENT_PLACE in case.situation.observed:
        case.note("gone:enrolment", "note.gone", what=f"The ticket of {case.rules.team_name}")
    if enrolment is None or account is None:
        return
    names = {"team": case.rules.team_name, "account": account.ref}
    if case.step("requested_at", enrolment.created_at) and not adopting.is_settled(memory):
        case.note(
            "created",
            "note.created",
            store=case.rules.store_name,
            created=case.clock(case.instant("account_at")),
            asked=case.clock(case.instant("requested_at")),
            **names,
        )
    stage = enrolment.values.get("stage", "")
    if stage == "enrolled" and case.step("enrolled_at"):
        clock = case.clock(case.instant("enrolled_at"), with_zone=True)
        day = case.day("enrolled_at")
        case.note("enrolled", "note.enrolled", day=day, clock=clock, **names)
    if stage == "problem" and memory.get("enrolment") != "problem":
        count = int(memory.get("enrolment_problems", "0")) + 1
        memory["enrolment_problems"] = str(count)
        case.note(
            f"enrolment_problem:{count}", "note.enrolment_problem", ticket=enrolment.ref, **names
        )
    if stage:
        memory["enrolment"] = stage


def _after(case: Case) -> None:
    """Say how far a live account is; a row that became wrong is told, but loses nothing."""
    memory = case.memory
    if adopting.ended_as(memory):
        case.status, message = CLOSING, case.text("row.closing_before")
    elif "enrolled_at" in memory:
        case.status = ACTIVE
        message = case.text(
            "row.adopted" if adopting.is_adopted(memory) else "row.active",
            day=case.day("enrolled_at"),
            days=case.rules.first_bill_days,
        )
    else:
        case.status = SETTING_UP
        late = data_services(case) == PROBLEM
        message = case.text("row.enrolment_problem" if late else "row.setting_up")
    if not case.findings.valid:
        message = problem_text(case)
        _recheck(case)
    elif case.request == "close" and memory.get("close") in {"ask", "open"}:
        case.status = WAITING
        day = day_of(case.values.get("service_end", ""))
        message = case.text("row.close_waiting", day=day, who=case.who, review=case.review_day())
    case.message = case.message or message
    if case.request == "change":
        case.note("change_asked", "note.change_asked", label=case.label)


def _problem_text(case: Case) -> str:
    seen = case.situation.observed.get(TICKET)
    if seen is None:
        return case.text("row.problem")
    return case.text("row.problem_ticket", ticket=seen.ref)


def in_store(case: Case) -> str:
    """Return the account's status in the store."""
    if case.status in {CLOSING, CLOSED}:
        return case.status.lower()
    if ended := adopting.ended_as(case.memory):
        return ended
    return "active" if "enrolled_at" in case.memory else "setting_up"
