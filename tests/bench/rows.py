"""Rows as customers type them: valid, different from each other, the same at every run.

Towns and their ZIPs, and the companies that sell there, are real; street numbers, accounts and
meters are counted up. Nineteen typed cells and the sheet's own number make twenty filled ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

TITLES = (
    "Request Type", "Location Code", "Location Name", "Address 1", "Address 2", "City", "State",
    "ZIP", "Utility Vendor", "Commodity", "Account Number", "Meter Number(s)", "Bill Type",
    "Name on Account", "Service Start", "Bill Delivery", "Online Access", "GL / Cost Center",
    "Notes",
)  # fmt: skip

# city, state, ZIP, who sells electricity there, who sells gas
_TOWNS = (
    ("Joliet", "IL", "60435", "ComEd", "Peoples Gas"),
    ("Peoria", "IL", "61602", "Ameren Illinois", "Ameren Illinois"),
    ("Philadelphia", "PA", "19103", "PECO Energy", "PECO Energy"),
    ("Newark", "NJ", "07102", "PSE&G", "PSE&G"),
    ("Brooklyn", "NY", "11201", "Con Edison", "National Grid"),
    ("Albany", "NY", "12207", "National Grid", "National Grid"),
    ("Fresno", "CA", "93721", "Pacific Gas & Electric", "Pacific Gas & Electric"),
    ("San Diego", "CA", "92101", "SDG&E", "SDG&E"),
    ("Riverside", "CA", "92501", "Southern California Edison", "SoCalGas"),
    ("Miami", "FL", "33130", "Florida Power & Light", "TECO Peoples Gas (FL)"),
    ("Charlotte", "NC", "28202", "Duke Energy Carolinas", "Piedmont Natural Gas"),
    ("Columbus", "OH", "43215", "AEP Ohio", "Columbia Gas of Ohio"),
    ("Toledo", "OH", "43604", "Toledo Edison", "Columbia Gas of Ohio"),
    ("Indianapolis", "IN", "46204", "AES Indiana", "CenterPoint Energy Indiana"),
    ("Hartford", "CT", "06103", "Eversource", "Eversource"),
    ("Boston", "MA", "02110", "Eversource", "National Grid"),
    ("Denver", "CO", "80202", "Xcel Energy (CO)", "Xcel Energy (CO)"),
    ("Minneapolis", "MN", "55401", "Xcel Energy (MN)", "Xcel Energy (MN)"),
    ("Milwaukee", "WI", "53202", "We Energies", "We Energies"),
    ("Detroit", "MI", "48226", "DTE", "DTE"),
    ("Phoenix", "AZ", "85004", "APS", "Southwest Gas"),
    ("Portland", "OR", "97204", "Portland General Electric", "NW Natural"),
)
_STREETS = (
    "W Jefferson St", "Main St", "Commerce Blvd", "N 2nd Ave", "Industrial Pkwy", "Market St",
    "E Broadway", "Lincoln Hwy", "Old Mill Rd", "Airport Rd",
)  # fmt: skip
_DELIVERY = (
    ("Online portal", "Provided via secure link"),
    ("Paper mail", "No online account"),
    ("Email", "Not applicable"),
)


def rows(sheet: int, number: int, today: date) -> Iterator[tuple[str, ...]]:
    """Yield ``number`` rows of one customer in the order of ``TITLES``."""
    for index in range(number):
        count = sheet * 1_000_000 + index
        city, state, zip_code, electric, gas = _TOWNS[index // 2 % len(_TOWNS)]
        is_gas = index % 2 == 1
        delivery, access = _DELIVERY[index % len(_DELIVERY)]
        store = index // 2
        yield (
            "Add account" if is_gas else "Add location",
            f"{store:05d}",
            f"{city} #{store:05d}",
            f"{100 + store * 7 % 9900} {_STREETS[store % len(_STREETS)]}",
            f"Suite {1 + store % 40}",
            city,
            state,
            zip_code,
            gas if is_gas else electric,
            "Natural gas" if is_gas else "Electric",
            f"{4_000_000_000 + count * 37}",
            f"{230_000_000 + count * 11}; {230_000_005 + count * 11}",
            "Full service",
            "Halsted Foods LLC",
            (today - timedelta(days=30 + index % 300)).isoformat(),
            delivery,
            access,
            f"GL-{6100 + index % 40}-{store % 900:03d}",
            f"Meter is behind door {1 + index % 12}; ask the store manager first.",
        )
