"""What people decided on the ticket: by the approval property, or by moving the ticket.

Both are read as events, by comparing with what was seen last: the newest one counts, and a ticket
that we moved ourselves decides nothing. The result is the *verdict* in memory.
"""

from __future__ import annotations

from ubm_sync.locations.case import Case
from ubm_sync.locations.states import (
    APPROVE,
    ASK,
    DECLINE,
    RANKS,
    STAGES,
    VERDICT_OF_STAGE,
    WAITING,
)
from ubm_sync.model import Mark, Observation

_STATUS_OF = {stage: status for status, stage in STAGES.items()}
_FORWARD = frozenset({"setting_up", "active", "closing", "closed"})


def read(case: Case) -> None:
    """Bring the verdict up to date with what people did since the last decision."""
    ticket = case.ticket
    if ticket is None:
        return
    moved = _moved(case, ticket)
    said = _property(case, ticket)
    if moved and not (said and VERDICT_OF_STAGE.get(moved) == ""):  # taken up again, with a word
        _move(case, moved)
    if case.edit and case.memory.get("verdict") == ASK and case.edit != case.memory.get("ask_edit"):
        _set(case, "", "edit")  # the customer answered
    _take_back(case)


def tell_of_skipping(case: Case) -> None:
    """Say that moving the ticket created nothing; asked once it is known what was accepted.

    Who approved as well, in the same moment, sees what is created: a service that was killed in
    between finds the account there and has nothing to say either.
    """
    stage = case.skipped_to
    if stage and "approved_at" not in case.memory:
        case.note(f"out_of_order:{stage}", "note.out_of_order", stage=_STATUS_OF.get(stage, stage))


def accepted(case: Case) -> bool:
    """Return whether the request is accepted: approved and carried out, or the account is there."""
    return "approved_at" in case.memory or case.account is not None


def approver(case: Case) -> str:
    """Return who approved: whoever changed the ticket, else its owner, else the manager."""
    ticket = case.ticket
    if ticket is not None:
        by = ticket.modified_by or ticket.values.get("owner")
        if by:
            return by
    return case.customer.csm or case.who


def _moved(case: Case, ticket: Observation) -> str:
    """Return the stage a person moved the ticket to since it was last seen, "" where nobody did."""
    memory = case.memory
    if ticket.marks.get("stage") == Mark.FOREIGN:
        case.note("foreign_stage", "note.foreign_stage")
        return ""
    stage = ticket.values.get("stage", "")
    if not stage:
        return ""
    known = "stage" in memory or "stage_seen" in memory
    moved = stage != memory.get("stage_seen") and stage != memory.get("stage")
    if not known:  # what we set ourselves is not remembered: only a clear word counts
        moved = VERDICT_OF_STAGE.get(stage) in {APPROVE, DECLINE}
    memory["stage_seen"] = stage
    if stage == memory.get("stage"):
        memory.pop("stage_held", None)
    elif moved:
        memory["stage_held"] = stage
    return stage if moved else ""


def _property(case: Case, ticket: Observation) -> str:
    """Take in what a person set as approval since it was last seen; return it, "" for nothing."""
    memory = case.memory
    approval: str = ticket.values.get("approval", "")
    if approval == memory.get("approval", ""):
        return ""
    if approval:
        memory["approval"] = approval
        _set(case, approval, "property")
    else:
        withdrawn = memory.pop("approval") == APPROVE and memory.get("verdict") == APPROVE
        if withdrawn and case.account is not None and "close" not in memory:
            case.note(f"too_late:{DECLINE}", "note.too_late")
        if memory.get("verdict_by") == "property":
            _set(case, "", "property")
    return approval


def _move(case: Case, stage: str) -> None:
    memory = case.memory
    if case.account is not None and memory.get("close") != "open":
        if RANKS.get(stage, 0) <= RANKS["duplicate"]:
            case.note(f"too_late:{stage}", "note.too_late")
        elif VERDICT_OF_STAGE.get(stage) == APPROVE and "close" not in memory:
            _set(case, APPROVE, "stage")  # carried out, by a service that was killed in between
        return
    if stage in VERDICT_OF_STAGE:
        _set(case, VERDICT_OF_STAGE[stage], "stage")
        if stage == STAGES["Needs information"]:
            memory["ask_edit"] = case.edit
    elif stage in _FORWARD and "approved_at" not in memory:
        case.skipped_to = stage


def _set(case: Case, verdict: str, by: str) -> None:
    memory = case.memory
    if verdict:
        memory["verdict"], memory["verdict_by"] = verdict, by
    else:
        memory.pop("verdict", None)
        memory.pop("verdict_by", None)
    memory.pop("ask_edit", None)


def _take_back(case: Case) -> None:
    """Take an acceptance back that was withdrawn before the account existed."""
    memory = case.memory
    verdict = memory.get("verdict", "")
    if "approved_at" not in memory or verdict == APPROVE:
        return
    if case.account is not None or case.enrolment is not None:
        if verdict == DECLINE and "close" not in memory:
            case.note(f"too_late:{DECLINE}", "note.too_late")
        return
    event = f"withdrawn:{memory['approved_at']}"
    del memory["approved_at"]
    memory.pop("approved_by", None)
    memory.pop("review_by", None)
    if not verdict:
        case.note(event, "note.withdrawn")
        memory["stage"] = STAGES[WAITING]
