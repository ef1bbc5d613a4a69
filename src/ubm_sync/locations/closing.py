"""Closing an account, and changing one by a request row: the procedure in reverse.

An account is closed by a row of its own (Request Type Close, naming the account), or by the row
that added it when that row says Close. Either way: the manager agrees, Data Services get the final
bill, and then it is closed.
"""

from __future__ import annotations

from ubm_sync.locations import adopting, duplicates, vanishing
from ubm_sync.locations.case import Case, day_of
from ubm_sync.locations.findings import sentence, shown
from ubm_sync.locations.secrets import mask
from ubm_sync.locations.signals import approver
from ubm_sync.locations.states import (
    ACTIVE,
    APPROVE,
    APPROVED,
    CLOSED,
    CLOSING,
    DECLINE,
    NEEDS_INFORMATION,
)
from ubm_sync.locations.validation import is_request
from ubm_sync.model import Observation

_OPEN = frozenset({"requested", "in_progress", "problem"})
_MEMORY = ("close", "close_at", "close_approved_at", "close_asked")


def request_problem(case: Case) -> str:
    """Return what is wrong with the account a request names, "" where it is ours and open."""
    if not case.findings.valid or duplicates.target(case) is not None:
        return ""
    return case.text(
        "row.no_account",
        number=shown(case.values.get("account_number", "")),
        vendor=shown(case.values.get("vendor", "")),
        verb=case.request,
    )


def request_accepted(case: Case) -> None:
    """Say how far an approved close or change request is."""
    memory = case.memory
    if case.step("approved_at"):
        memory["approved_by"] = approver(case)
    memory["request"] = case.request or memory.get("request", "close")
    if memory["request"] == "change":
        _change(case)
        return
    stage = case.enrolment.values.get("stage", "") if case.enrolment is not None else ""
    if case.enrolment is not None and case.step("requested_at", case.enrolment.created_at):
        _agreed(case, "requested_at")
    if stage == "enrolled":
        case.step("closed_at")
    if "closed_at" in memory:
        _closed(case)
    else:
        case.status = CLOSING
        case.message = case.text("row.closing", day=_last_day(case))


def own_close(case: Case) -> bool:
    """Close the account this record added, where its row says so; return whether it applies."""
    memory = case.memory
    if "closed_at" in memory:
        _closed(case)
        return True
    if vanishing.wants_close(case):
        return _agreed_to_go(case)
    if not is_request(case.values.get("request_type", ""), "Close"):
        if "close" in memory:
            for key in _MEMORY:
                memory.pop(key, None)
            memory["reopened"] = "1"
        return False
    if not case.findings.valid:
        return False
    memory.pop("reopened", None)
    if case.step("close_at"):
        memory["close"] = "ask" if case.rules.close_needs_approval else "agreed"
        case.note(
            f"close_asked:{memory['close_at']}",
            "note.close_asked",
            account=_account(case),
            day=_last_day(case),
            next=case.text("note.next_close", team=case.rules.team_name),
        )
    _decide_close(case)
    if memory["close"] == "agreed":
        _carry_out(case)
        return True
    if memory["close"] == "refused":
        _refused(case)
    return False


def _agreed_to_go(case: Case) -> bool:
    """Close the account of a row that was meant to go: the manager agreed by saying so."""
    memory = case.memory
    memory.pop("reopened", None)
    case.step("close_at")
    case.step("close_approved_at")
    memory["close"] = "agreed"
    _carry_out(case)
    return True


def closed_before(case: Case, account: Observation) -> bool:
    """Leave an account closed that was so without us; return whether it is one."""
    if not adopting.was_closed(case.memory, account):
        return False
    case.step("closed_at")
    case.status, case.message = CLOSED, case.text("row.closed_elsewhere")
    return True


def closed_elsewhere(case: Case) -> bool:
    """Follow a close request on another row; return whether there is one."""
    rival = duplicates.closer(case)
    if rival is None:
        if "closed_at" in case.memory:
            _closed(case)
            return True
        case.memory.pop("closed_by", None)
        return False
    case.memory["closed_by"] = rival.sync_id
    if rival.status == CLOSED:
        case.step("closed_at")
        case.status, case.message = CLOSED, case.text("row.closed_elsewhere")
    else:
        case.status = CLOSING
        case.message = case.text("row.closing_elsewhere", label=rival.label)
    return True


def _decide_close(case: Case) -> None:
    """Read the manager's answer: the approval of the account itself is cleared first."""
    memory, ticket = case.memory, case.ticket
    if memory["close"] == "ask" and ticket is not None and "approval" not in ticket.values:
        memory["close"] = "open"
        memory.pop("verdict", None)
        memory.pop("verdict_by", None)
    elif memory["close"] in {"open", "refused"}:
        verdict = memory.get("verdict", "")
        memory["close"] = {APPROVE: "agreed", DECLINE: "refused"}.get(verdict, "open")
    if memory["close"] == "agreed":
        case.step("close_approved_at")


def _carry_out(case: Case) -> None:
    memory = case.memory
    stage = case.enrolment.values.get("stage", "") if case.enrolment is not None else ""
    if "close_asked" not in memory:
        if stage in _OPEN or case.enrolment is None:
            memory["close_asked"] = "1"
            _agreed(case, "close_approved_at")
    elif stage == "enrolled":
        case.step("closed_at")
        _closed(case)
        return
    case.status = CLOSING
    if "service_end" in case.values:
        case.message = case.text("row.closing", day=_last_day(case))
    else:
        case.message = case.text("row.closing_soon")


def _closed(case: Case) -> None:
    case.status = CLOSED
    if "service_end" in case.values and "closed_by" not in case.memory:
        case.message = case.text("row.closed", day=_last_day(case))
    else:
        case.message = case.text("row.closed_elsewhere")
    _stays_closed(case)
    case.note(
        f"closed:{case.memory['closed_at']}",
        "note.closed",
        account=_account(case),
        day=case.day("closed_at"),
    )


def _stays_closed(case: Case) -> None:
    """Say what opens an account again, where its row asks for something else than its closing."""
    asks = case.values.get("request_type", "")
    if case.memory.get("close") == "agreed" and asks and not is_request(asks, "Close"):
        case.message = f"{case.message} {case.text('row.closed_stays')}"


def _refused(case: Case) -> None:
    reason = case.ticket.values.get("decline_reason", "") if case.ticket is not None else ""
    if reason:
        text = shown(case.unsigned(mask(reason)), 200)
        case.message = case.text("row.close_refused", first=case.first, reason=sentence(text))


def _change(case: Case) -> None:
    ticket = case.ticket
    if ticket is not None and ticket.values.get("stage") == "active":
        case.step("closed_at")
    if "closed_at" in case.memory:
        case.status = ACTIVE
        case.message = case.text("row.change_done", day=case.day("closed_at"))
    else:
        case.status = APPROVED
        case.message = case.text("row.change_approved", who=case.who)


def refuse_request(case: Case, problem: str) -> None:
    """Say that a request names no open account of ours."""
    case.status, case.message = NEEDS_INFORMATION, problem


def _agreed(case: Case, step: str) -> None:
    at = case.instant(step)
    case.note(
        f"close_agreed:{case.memory[step]}",
        "note.close_agreed",
        team=case.rules.team_name,
        account=_account(case),
        asked=case.clock(at),
    )


def _account(case: Case) -> str:
    if case.account is not None:
        return case.account.ref
    return shown(case.values.get("account_number", ""))


def _last_day(case: Case) -> str:
    return day_of(case.values.get("service_end", ""))
