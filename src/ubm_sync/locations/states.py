"""The words of the procedure: what a row says, where a ticket stands, in which order."""

from __future__ import annotations

# What the row shows (the exact set), and what other records see of this one.
DRAFT = "Draft"
NEEDS_INFORMATION = "Needs information"
WAITING = "Waiting for CSM"
APPROVED = "Approved"
SETTING_UP = "Setting up"
ACTIVE = "Active"
DUPLICATE = "Duplicate"
NOT_ACCEPTED = "Not accepted"
CLOSING = "Closing"
CLOSED = "Closed"
OUR_PROBLEM = "Problem on our side"

# Stages of the location ticket. A status without one leaves the ticket where it is.
STAGES = {
    NEEDS_INFORMATION: "needs_information",
    WAITING: "waiting_for_csm",
    APPROVED: "approved",
    SETTING_UP: "setting_up",
    ACTIVE: "active",
    DUPLICATE: "duplicate",
    NOT_ACCEPTED: "declined",
    CLOSING: "closing",
    CLOSED: "closed",
}
# Once a request is accepted its ticket only moves forward in this order.
RANKS = {
    "waiting_for_csm": 1,
    "needs_information": 1,
    "duplicate": 1,
    "declined": 1,
    "approved": 2,
    "setting_up": 3,
    "active": 4,
    "closing": 5,
    "closed": 6,
}

# What a person decided, read from the approval property or from a move of the ticket.
APPROVE, DECLINE, MARK_DUPLICATE, ASK = "approve", "decline", "duplicate", "ask"
VERDICT_OF_STAGE = {
    "approved": APPROVE,
    "declined": DECLINE,
    "duplicate": MARK_DUPLICATE,
    "needs_information": ASK,
    "waiting_for_csm": "",
}

# The instants kept in memory, in the order in which they happen.
STEPS = (
    "valid_at",
    "ticket_at",
    "approved_at",
    "account_at",
    "requested_at",
    "enrolled_at",
    "close_at",
    "close_approved_at",
    "closed_at",
)

# Data Services, as shown in the row.
NOT_REQUESTED, REQUESTED, ENROLLED, PROBLEM = "Not requested", "Requested", "Enrolled", "Problem"
ENROLMENT = {
    "requested": REQUESTED,
    "in_progress": REQUESTED,
    "enrolled": ENROLLED,
    "problem": PROBLEM,
}

ROW, TICKET, ACCOUNT, ENROLMENT_PLACE = "row", "ticket", "account", "enrolment"
SERVICE_FIELDS = (
    "sync_status",
    "sync_message",
    "ubm_account_id",
    "data_services",
    "ticket",
    "last_synced",
)

_REQUESTS = {"close": "close request ", "change": "change request "}


def request_label(kind: str, label: str) -> str:
    """Return what other records see of a close or change request: "close request LOC-00150".

    Such a request names an account that another row added and is never its duplicate; all that a
    rival shows of itself is its label, so the label says it.
    """
    return f"{_REQUESTS[kind]}{label}" if kind in _REQUESTS else label


def is_request_label(label: str, kind: str = "") -> bool:
    """Return whether a rival with this label is a request (of ``kind``) about an account."""
    if kind:
        return label.startswith(_REQUESTS[kind])
    return label.startswith(tuple(_REQUESTS.values()))
