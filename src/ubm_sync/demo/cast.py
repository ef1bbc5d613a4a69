"""Who plays in the demo, and what the customers type."""

from __future__ import annotations

from dataclasses import dataclass

DANA, PRIYA, OMAR = "dana.lee@example.com", "priya.nair@example.com", "omar.reyes@example.com"
LEA, DREW = "lea.brandt@example.com", "drew.malik@example.com"  # the lead and the director
OWNERS = ((DANA, "Dana", "Lee"), (PRIYA, "Priya", "Nair"), (OMAR, "Omar", "Reyes"))
SERVICES = OMAR  # works in Data Services' queue


@dataclass(frozen=True, slots=True)
class Client:
    """A customer and the person there who fills in the sheet."""

    key: str
    name: str
    person: str
    csm: str
    csm_name: str
    zone: str
    backup: str = ""


HALSTED = Client(
    "halsted",
    "Halsted Foods",
    "jsmith@halsted.example",
    DANA,
    "Dana Lee",
    "America/Chicago",
)
LAKESHORE = Client(
    "lakeshore",
    "Lakeshore Fitness",
    "mia@lakeshore.example",
    PRIYA,
    "Priya Nair",
    "America/New_York",
)
PINE = Client(
    "pine",
    "Pine Street Books",
    "sam@pinestreet.example",
    DANA,
    "Dana Lee",
    "America/Chicago",
)
CLIENTS = (HALSTED, LAKESHORE, PINE)
RIVERBEND = Client(
    "riverbend",
    "Riverbend Grocers",
    "jo@riverbend.example",
    PRIYA,
    "Priya Nair",
    "America/Chicago",
)  # whose onboarding is lived through from its first day to its hundredth

COMMON = {
    "request_type": "Add location",
    "commodity": "Electric",
    "bill_type": "Full service",
    "service_start": "2026-12-01",
    "bill_delivery": "Online portal",
    "online_access": "Provided via secure link",
}


def _row(**cells: str) -> dict[str, str]:
    return {**COMMON, **cells}


JOLIET = {
    **COMMON,
    "location_code": "'0412",
    "location_name": "Joliet 0412",
    "address_1": "1450 W Jefferson St",
    "city": "Joliet",
    "state": "IL",
    "zip": "60435",
    "vendor": "ComEd",
    "account_number": "'4471908023",
    "name_on_account": "Halsted Foods LLC",
}

# What each customer types at first; an apostrophe keeps leading zeros, as people are told.
ROWS: dict[str, dict[str, dict[str, str]]] = {
    "halsted": {
        "joliet": _row(
            location_code="'0412", location_name="Joliet 0412", address_1="1450 W Jefferson St",
            city="Joliet", state="IL", zip="60435", vendor="ComEd", account_number="'4471908023",
            name_on_account="Halsted Foods LLC", meter_numbers="230114477; 230114478",
        ),
        "naperville": _row(
            location_code="'0418", location_name="Naperville 0418", address_1="22 E Chicago Ave",
            city="Naperville", state="IL", zip="60540", vendor="Commonwealth Edison",
            account_number="5519-044-871", name_on_account="Halsted Foods LLC",
        ),
        "wrong zip": _row(
            location_code="'0421", location_name="Elgin 0421", address_1="310 Dundee Ave",
            city="Elgin", state="IL", zip="'90210", vendor="ComEd", account_number="'7730012249",
            name_on_account="Halsted Foods LLC",
        ),
        "half typed": {"location_code": "'0430", "location_name": "Aurora 0430"},
        "twice": _row(
            location_code="'0412", location_name="Joliet 0412", address_1="1450 W Jefferson St",
            city="Joliet", state="IL", zip="60435", vendor="Commonwealth Edison Co",
            account_number="4471-908-023", name_on_account="Halsted Foods LLC",
        ),
    },
    "lakeshore": {
        "hartford": _row(
            location_code="LF-07", location_name="Hartford Club", address_1="900 Main St",
            city="Hartford", state="CT", zip="6103", vendor="Eversource",
            account_number="51083345027", name_on_account="Lakeshore Fitness Inc",
        ),
        "landlord": _row(
            location_code="LF-11", location_name="Newark Club", address_1="77 Broad St",
            city="Newark", state="NJ", zip="'07102", vendor="PSE&G", account_number="4209916005",
            name_on_account="Broad Street Holdings",
        ),
    },
    "pine": {
        "store 3": _row(
            location_code="PS-3", location_name="Evanston", address_1="1500 Sherman Ave",
            city="Evanston", state="IL", zip="60201", vendor="Com Ed", account_number="3098412276",
            name_on_account="Pine Street Books", notes="portal login pinebooks / pw: Winter2026!",
        ),
        "store 5": _row(
            location_code="PS-5", location_name="Oak Park", address_1="620 Lake St",
            city="Oak Park", state="IL", zip="60302", vendor="ComEd", account_number="3098412284",
            name_on_account="Pine Street Books",
        ),
    },
}  # fmt: skip
