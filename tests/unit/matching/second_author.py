"""Another labelled first connect, of another hand: two exports of one portfolio that drifted apart.

Nothing in the matcher was fitted to it. It knows no list of patterns: an export has habits (how it
writes streets, pads numbers, names utilities), and every cell may go wrong on its own.
"""

# ruff: noqa: E501 - tables of words are not read by the line

from __future__ import annotations

import random
import string
from collections.abc import Sequence
from typing import Any

import zipcodes
from tests.unit.matching.labelled import Labelled

from ubm_sync.matching import Item

PLACES = [
    "Amberley",
    "Ashford",
    "Barton",
    "Bellevue",
    "Birch",
    "Blossom",
    "Bridge",
    "Canal",
    "Cannon",
    "Carver",
    "College",
    "Commerce",
    "Cooper",
    "Crescent",
    "Delaware",
    "Depot",
    "Division",
    "Eagle",
    "Elmwood",
    "Factory",
    "Fairview",
    "Ferry",
    "Fountain",
    "Garfield",
    "Gaston",
    "Hamilton",
    "Harbor",
    "Harrison",
    "Industrial",
    "Ivy",
    "Juniper",
    "Kennedy",
    "Laurel",
    "Lexington",
    "Magnolia",
    "Mechanic",
    "Mulberry",
    "Northgate",
    "Orchard",
    "Palmetto",
    "Peach",
    "Quarry",
    "Ridge",
    "Rosewood",
    "Sheridan",
    "Sycamore",
    "Taylor",
    "Tower",
    "Valley",
    "Victory",
    "Walker",
    "Willow",
    "Winding",
    "Windsor",
]
KINDS = (("Street", "St"), ("Avenue", "Ave"), ("Road", "Rd"), ("Drive", "Dr"), ("Lane", "Ln"),
         ("Boulevard", "Blvd"), ("Place", "Pl"), ("Terrace", "Ter"), ("Trail", "Trl"),
         ("Square", "Sq"), ("Turnpike", "Tpke"), ("Plaza", "Plz"), ("Way", "Way"))  # fmt: skip
SIDES = (("North", "N"), ("South", "S"), ("East", "E"), ("West", "W"), ("Northwest", "NW"))
UTILITIES = {
    "CT": (("Eversource", "CL&P", "Connecticut Light & Power"), ("Eversource", "Yankee Gas")),
    "MA": (("National Grid", "Massachusetts Electric"), ("National Grid", "Boston Gas")),
    "NY": (("Con Edison", "Consolidated Edison", "Con Ed"), ("National Grid", "KeySpan")),
    "PA": (("PECO", "PECO Energy Company"), ("Columbia Gas of Pennsylvania", "Columbia Gas")),
    "MI": (("DTE Electric", "Detroit Edison"), ("DTE Gas", "Michigan Consolidated Gas")),
    "NC": (("Duke Energy Carolinas", "Duke Power"), ("Piedmont Natural Gas", "Piedmont")),
    "AZ": (("APS", "Arizona Public Service"), ("Southwest Gas", "Southwest Gas Corp")),
    "WI": (("We Energies", "Wisconsin Electric Power Co"), ("We Energies", "WE Energies")),
    "GA": (("Georgia Power", "Georgia Power Company"), ("Atlanta Gas Light", "Atlanta Gas Light Co.")),
}  # fmt: skip
COMMODITIES = ("Electric", "Natural gas")


class Portfolio:
    """Draws a portfolio and the two exports of it."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(f"another hand {seed}")  # noqa: S311 - a test set
        self.made = Labelled()
        self.used: set[str] = set()
        untyped: Any = zipcodes
        self.towns = {
            state: untyped.filter_by(state=state, active=True, zip_code_type="STANDARD")
            for state in UTILITIES
        }

    def draw(self, locations: int) -> Labelled:
        """Return the labelled exports."""
        strip: dict[str, Any] | None = None
        for number in range(locations):
            if strip is None or self.dice.random() > 0.18:
                strip = self._somewhere()
            spot = dict(strip)
            spot["code"] = f"{number + 100:05}"
            spot["unit"] = self.dice.choice(("", "", str(self.dice.randint(1, 40)),
                                             self.dice.choice("ABCDEF")))  # fmt: skip
            self._accounts(spot)
        self.dice.shuffle(self.made.rows)
        self.dice.shuffle(self.made.others)
        return self.made

    def _somewhere(self) -> dict[str, Any]:
        state = self.dice.choice(list(UTILITIES))
        town = self.dice.choice(self.towns[state])
        return {
            "house": str(self.dice.randint(2, 19999)),
            "side": self.dice.choice((*SIDES, None, None, None, None)),
            "name": self.dice.choice(PLACES) + self.dice.choice(("", "", "", " Park", " Hill")),
            "kind": self.dice.choice(KINDS),
            "city": town["city"], "state": state, "zip": town["zip_code"],
        }  # fmt: skip

    def _accounts(self, spot: dict[str, Any]) -> None:
        both = UTILITIES[spot["state"]]
        for at, commodity in enumerate(COMMODITIES):
            for _ in range(
                self.dice.choice((1, 1, 1, 1, 2)) if at == 0 else self.dice.choice((0, 1))
            ):
                bill = {
                    **spot, "commodity": commodity, "vendor": both[at], "bill": "Full service",
                    "number": self._digits(self.dice.choice((9, 10, 11, 12))),
                    "meters": [self._meter() for _ in range(self.dice.choice((1, 1, 2)))],
                }  # fmt: skip
                self._export(bill)
        if self.dice.random() < 0.25:
            works = f"{spot['city']} Water"
            vendor = (f"City of {spot['city']}", f"{works} Dept", works)[:2]
            bill = {**spot, "commodity": "Water", "vendor": vendor, "bill": "Full service",
                    "number": self._digits(self.dice.choice((5, 6, 7))), "meters": [self._meter()]}  # fmt: skip
            bill["vendor"] = (f"City of {spot['city']} Water", f"{works} Dept")
            self._export(bill)

    def _export(self, bill: dict[str, Any]) -> None:
        luck = self.dice.random()
        row = other = ""
        if luck > 0.05:
            row = f"row{len(self.made.rows)}"
            self.made.rows.append(Item("row", row, self._as_sheet(bill), row))
            self.made.patterns[row] = "second author"
        if luck < 0.95:
            other = f"acc{len(self.made.others)}"
            self.made.others.append(Item("account", other, self._as_store(bill)))
        if row and other:
            self.made.truth[row] = other

    def _as_sheet(self, bill: dict[str, Any]) -> dict[str, str]:
        """People's own typing: short words, odd spaces, something missing here and there."""
        dice = self.dice
        number = bill["number"]
        if dice.random() < 0.3:
            number = number.lstrip("0")
        if dice.random() < 0.25:
            number = "-".join((number[:4], number[4:7], number[7:])).strip("-")
        if dice.random() < 0.02:
            number = self._one_wrong(number)
        if dice.random() < 0.02:
            number = ""
        line = " ".join(
            part for part in (
                bill["house"], bill["side"][1] if bill["side"] else "", bill["name"],
                dice.choice(bill["kind"]),
            ) if part
        )  # fmt: skip
        unit = f"{dice.choice(('Ste', 'Unit', '#', 'Suite', 'Space'))} {bill['unit']}"
        if bill["unit"] and dice.random() < 0.85:
            line += f"{dice.choice((', ', ' ', ' - '))}{unit}"
        if dice.random() < 0.03:
            line = self._one_wrong(line, letters=True)
        return self._filled(
            location_code=dice.choice((bill["code"], bill["code"].lstrip("0"), f"Store {bill['code']}")),
            location_name=f"{bill['city']} {bill['code']}",
            address_1=line.upper() if dice.random() < 0.2 else line,
            city=bill["city"], state=bill["state"],
            zip=dice.choice((bill["zip"], bill["zip"].lstrip("0"), f"{bill['zip']}-0001")),
            vendor=dice.choice(bill["vendor"]), commodity=bill["commodity"], account_number=number,
            meter_numbers=", ".join(bill["meters"]) if dice.random() < 0.4 else "",
            bill_type=bill["bill"],
        )  # fmt: skip

    def _as_store(self, bill: dict[str, Any]) -> dict[str, str]:
        """Another program's export: capitals, padded numbers, long words, a mailing address."""
        dice = self.dice
        number = bill["number"].zfill(14) if dice.random() < 0.3 else bill["number"]
        side = bill["side"][0] if bill["side"] and dice.random() < 0.9 else ""
        line = " ".join(
            p for p in (bill["house"], side, bill["name"], bill["kind"][0]) if p
        ).upper()
        zip_code, city = bill["zip"], bill["city"].upper()
        if dice.random() < 0.06:  # the mailing address instead of the service address
            line, zip_code, city = f"PO BOX {dice.randint(10, 9999)}", "60680", "CHICAGO"
        return self._filled(
            location_code=bill["code"] if dice.random() < 0.7 else "",
            address_1=line,
            address_2=f"STE {bill['unit']}" if bill["unit"] and dice.random() < 0.7 else "",
            city=city, state=bill["state"], zip=zip_code,
            vendor=dice.choice(bill["vendor"]).upper(), commodity=bill["commodity"],
            account_number=number,
            meter_numbers="; ".join(f"0{one}" if dice.random() < 0.2 else one for one in bill["meters"])
            if dice.random() < 0.8 else "",
            bill_type=bill["bill"] if dice.random() < 0.5 else "",
        )  # fmt: skip

    def _one_wrong(self, text: str, *, letters: bool = False) -> str:
        spots = [at for at, char in enumerate(text) if char.isalpha() == letters and char.isalnum()]
        if not spots:
            return text
        at = self.dice.choice(spots)
        pool: Sequence[str] = string.ascii_lowercase if letters else string.digits
        return (
            text[:at] + self.dice.choice([one for one in pool if one != text[at]]) + text[at + 1 :]
        )

    def _filled(self, **cells: str) -> dict[str, str]:
        return {name: cell for name, cell in cells.items() if cell and self.dice.random() > 0.01}

    def _digits(self, size: int) -> str:
        while True:
            found = "".join(self.dice.choices(string.digits, k=size))
            if found.strip("0") and found not in self.used:
                self.used.add(found)
                return found

    def _meter(self) -> str:
        return self.dice.choice(("", "", "E", "KZ")) + self._digits(8)
