"""What the new-location procedure must find in its mapping."""

from __future__ import annotations

from ubm_sync.flow import Needs
from ubm_sync.locations import states
from ubm_sync.locations.rules import ADD_ACCOUNT, ADD_LOCATION, CHANGE, CLOSE
from ubm_sync.locations.states import ACCOUNT, ENROLMENT_PLACE, ROW, TICKET

_TYPED = ("request_type", "location_code", "state", "vendor", "account_number")

NEEDS = Needs(
    kind="location",
    fields={
        ROW: (*_TYPED, "sync_status", "sync_message"),
        TICKET: (*_TYPED, "stage", "approval"),
        ACCOUNT: ("state", "vendor", "account_number", "customer_key", "status"),
        ENROLMENT_PLACE: ("stage",),
    },
    values={
        "request_type": (ADD_LOCATION, ADD_ACCOUNT, CHANGE, CLOSE),
        "sync_status": (
            states.DRAFT, states.NEEDS_INFORMATION, states.WAITING, states.APPROVED,
            states.SETTING_UP, states.ACTIVE, states.DUPLICATE, states.NOT_ACCEPTED,
            states.CLOSING, states.CLOSED, states.OUR_PROBLEM,
        ),
        "data_services": (
            states.NOT_REQUESTED, states.REQUESTED, states.ENROLLED, states.PROBLEM,
        ),
        "approval": (states.APPROVE, states.DECLINE),
        "status": ("setting_up", "active", "closing", "closed"),
        "row_decision": ("close", "keep"),
        "conflict_decision": ("keep_row", "keep_ticket"),
    },
    closed=frozenset({"request_type", "sync_status", "data_services", "approval", "status",
                      "row_decision"}),
    stages={
        TICKET: tuple(states.STAGES.values()),
        ENROLMENT_PLACE: ("requested", "enrolled", "problem"),
    },
    wanted=True,
)  # fmt: skip
