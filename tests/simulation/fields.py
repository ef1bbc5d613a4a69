"""What people call things, in each of the three systems."""

from __future__ import annotations

# field -> column of the sheet, property of the ticket, column of the account
NAMES: dict[str, tuple[str, str, str]] = {
    "gl_code": ("GL / Cost Center", "ubm_gl_code", "gl_code"),
    "notes": ("Notes", "ubm_notes", "notes"),
    "address_2": ("Address 2", "ubm_address_2", "address_2"),
    "name_on_account": ("Name on Account", "ubm_name_on_account", "name_on_account"),
    "location_name": ("Location Name", "ubm_location_name", "location_name"),
    "meter_numbers": ("Meter Number(s)", "ubm_meter_numbers", "meter_numbers"),
    "account_number": ("Account Number", "ubm_account_number", "account_number"),
    "bill_delivery": ("Bill Delivery", "ubm_bill_delivery", "bill_delivery"),
}
TEXTS = {
    "gl_code": "GL-{}",
    "notes": "note {}",
    "address_2": "Suite {}",
    "name_on_account": "Halsted {} LLC",
    "location_name": "Store {}",
    "meter_numbers": "MTR{}",
    "account_number": "88{:06}",
}
TYPED = tuple(TEXTS)
LONGEST = 4000  # what a cell takes; a ticket takes more
DELIVERIES = ("Online portal", "Email", "Paper mail", "EDI")
# Words of the store for the same, where a mapping says so -> what people read elsewhere.
OUTSIDE = {"portal": "Online portal", "by mail": "Email", "on paper": "Paper mail"}
EMPTIED = ("gl_code", "notes", "address_2", "meter_numbers")
ALIKE = ("gl_code", "notes")  # identifiers and text: every letter and digit counts
OF_COLUMN = {names[0]: name for name, names in NAMES.items()}
OF_PROPERTY = {names[1]: name for name, names in NAMES.items()}
OF_ACCOUNT = {names[2]: name for name, names in NAMES.items()}

ID_COLUMN, ID_PROPERTY = "UBM Sync ID", "ubm_sync_id"
LOCATIONS, ENROLMENTS, ONBOARDINGS = "New locations", "Data Services", "Onboarding"
OTHER_PIPELINE, OTHER_STAGE = "Support Pipeline", "New"
NUMBER = "account_number"  # once there is an account, its customer may not change it
LIMITED = {NUMBER: 25}  # fields of which the mapping itself says how many may change at once
# Filled by the service alone: a person's edit is put back.
OWNED = (("Sync Message", "ubm_sync_message"), ("UBM Account ID", "ubm_account_id"))
