"""The settings of the new-location procedure: every number and word that is judgement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ubm_sync.model import NOTHING, Values

ADD_LOCATION, ADD_ACCOUNT, CHANGE, CLOSE = "Add location", "Add account", "Change", "Close"
NUMBER_PENDING = "New service, number pending"

# The columns as customers read them; a customer's own titles replace them.
TITLES: Mapping[str, str] = {
    "request_number": "Request #",
    "request_type": "Request Type",
    "location_code": "Location Code",
    "location_name": "Location Name",
    "address_1": "Address 1",
    "address_2": "Address 2",
    "city": "City",
    "state": "State",
    "zip": "ZIP",
    "vendor": "Utility Vendor",
    "commodity": "Commodity",
    "account_number": "Account Number",
    "meter_numbers": "Meter Number(s)",
    "bill_type": "Bill Type",
    "name_on_account": "Name on Account",
    "service_start": "Service Start",
    "service_end": "Service End",
    "bill_delivery": "Bill Delivery",
    "online_access": "Online Access",
    "gl_code": "GL / Cost Center",
    "notes": "Notes",
    "sync_status": "Sync Status",
    "sync_message": "Sync Message",
    "ubm_account_id": "UBM Account ID",
    "data_services": "Data Services",
    "ticket": "Ticket",
    "last_synced": "Last Synced",
}

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "request_type": (ADD_LOCATION, ADD_ACCOUNT, CHANGE, CLOSE),
    "commodity": (
        "Electric", "Natural gas", "Water", "Sewer", "Stormwater", "Irrigation", "Waste",
        "Recycling", "Telecom", "Steam", "Chilled water", "Propane", "Fuel oil", "Lighting",
    ),
    "bill_type": (
        "Full service", "Delivery only", "Supply only", "Summary master", "Sub-account",
        NUMBER_PENDING, "Landlord billed",
    ),
    "bill_delivery": ("Online portal", "Email", "Paper mail", "EDI", "We upload"),
    "online_access": (
        "Provided via secure link", "Will provide", "No online account", "Not applicable",
    ),
}  # fmt: skip

_REQUIRED = (
    "request_type", "location_code", "location_name", "address_1", "city", "state", "zip",
    "vendor", "commodity", "account_number", "bill_type", "name_on_account", "service_start",
    "bill_delivery",
)  # fmt: skip


class DuplicatePolicy(StrEnum):
    """What happens to a new row for an account that is on another row already."""

    REFUSE = "refuse"  # the row says so; no ticket until the customer contradicts
    TICKET = "ticket"  # a ticket in stage Duplicate shows it to the manager as well


@dataclass(frozen=True, slots=True)
class LocationRules:
    """The settings of the procedure.

    Lengths of time carry their unit in the name; ``*_length`` are ``(fewest, most)`` characters.
    ``texts`` replaces message texts by their key (see ``messages.TEXTS``). ``choices`` are the
    options of a field; ``required`` the fields an added row needs, ``required_for_request`` those
    a Change or Close of an existing account needs. ``checks`` say of a field's value what is wrong
    with it in the customer's words, "" where nothing is, {} for the column's title.
    """

    quiet_minutes: int = 30  # a started row is left in peace that long
    review_business_days: int = 2  # by when a manager looks at a complete row
    notice_days: int = 7  # how long "we put it back" stays in the row
    start_limit_days: int = 180  # how far ahead service may start
    earliest_start: str = "2000-01-01"
    first_bill_days: int = 30
    duplicates: DuplicatePolicy = DuplicatePolicy.REFUSE
    close_needs_approval: bool = True  # also where the row that added the account says Close
    priority: str = "medium"  # of a new ticket; "" leaves the system's own default
    source: str = "SYNC"  # what the account says wrote it
    intake_name: str = "the sheet"
    intake_names: Mapping[str, str] = field(default_factory=lambda: NOTHING)  # by kind of intake
    ticket_name: str = "the ticket system"
    store_name: str = "UBM"
    team_name: str = "Data Services"
    stand_ins: tuple[str, ...] = ()  # e-mails: who owns a ticket when manager and backup cannot
    shown_problems: int = 3
    message_length: int = 300
    code_length: tuple[int, int] = (1, 30)
    name_length: tuple[int, int] = (2, 100)
    account_length: tuple[int, int] = (4, 30)
    meter_length: tuple[int, int] = (3, 25)
    person_length: tuple[int, int] = (2, 80)
    address_2_length: int = 60
    gl_length: int = 40
    notes_length: int = 1000
    required: tuple[str, ...] = _REQUIRED
    required_for_request: tuple[str, ...] = (
        "request_type",
        "location_code",
        "state",
        "vendor",
        "account_number",
    )
    online_access_for: tuple[str, ...] = ("Online portal",)  # deliveries that need a login
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _CHOICES)
    titles: Values = field(default_factory=lambda: TITLES)
    texts: Values = field(default_factory=lambda: NOTHING)
    checks: Mapping[str, Callable[[str], str]] = field(default_factory=lambda: NOTHING)
