"""A request that began as a ticket a manager entered, and not as a row.

For a customer without a sheet it becomes a row of that customer's list and goes the ordinary way.
A customer with a sheet lists its locations there: an account that stood in a ticket alone would be
missing from the customer's own list, so nothing is created and the manager is told.
"""

from __future__ import annotations

from ubm_sync.flow import Decision
from ubm_sync.locations.case import Case
from ubm_sync.locations.states import DRAFT, NEEDS_INFORMATION, NOT_ACCEPTED, ROW, TICKET

ENTERED = "entered"
_OWN = ("subject", "content")  # what the manager may have written on the ticket
_THEIRS = "theirs"  # no fingerprint of a text of ours


def read(case: Case) -> None:
    """Note that a request began as a ticket; its own words there stay as they are."""
    if _has_row(case) or case.ticket is None or case.situation.memory:
        return
    case.memory[ENTERED] = "1"
    for field in _OWN:
        if field in case.ticket.values:
            case.memory[f"text.{TICKET}.{field}"] = _THEIRS


def is_lost(case: Case) -> bool:
    """Return whether a ticket stands alone although its customer has a sheet."""
    return ENTERED in case.memory and case.customer.has_sheet and not _has_row(case)


def wants_row(case: Case) -> bool:
    """Return whether the request is to become a row of the customer's list."""
    return ENTERED in case.memory and not case.customer.has_sheet and not _has_row(case)


def is_being_typed(case: Case) -> bool:
    """Return whether missing fields may still be on their way: not those of a dropped file."""
    return case.customer.has_sheet or ENTERED in case.memory


def tell(case: Case, what: str, checks: str, following: str) -> None:
    """Tell the manager once that the ticket was taken up, and what came of the checks."""
    if ENTERED not in case.memory or case.status == DRAFT or not _has_row(case):
        return
    if not case.values.get("request_number"):
        return  # the list gives it a number first
    asked = case.status == NEEDS_INFORMATION
    result = case.message if asked else f"{checks} {following}"
    case.note("entered", "note.entered", label=case.label, what=what, result=result)


def left_alone(case: Case) -> Decision:
    """Return that nothing happens but that the manager is told why."""
    name = case.customer.name or case.customer.key
    text = case.text("ticket.use_sheet", customer=name)
    case.say("use_sheet", text)
    notes = tuple(case.notes)
    said = " ".join([case.memory.get("said", ""), *case.said]).strip()
    return Decision(
        present=frozenset({TICKET}),
        values={TICKET: {"sync_status": NOT_ACCEPTED, "sync_message": text}},
        memory={**case.memory, "said": said},
        status=NOT_ACCEPTED,
        label="",
        notes=notes,
    )


def _has_row(case: Case) -> bool:
    return ROW in case.situation.observed
