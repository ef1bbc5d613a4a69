"""A labelled first connect: 2,000 locations, every duplicate pattern, and what only looks alike.

Written from what is known of the domain, not from what the matcher can do. Addresses are made up
over real towns and ZIPs, or taken from a list of real buildings (``addresses``). Account numbers
and meters are made up.
"""

# ruff: noqa: E501 - tables of words are not read by the line

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import zipcodes

from ubm_sync.matching import Item

START = datetime(2026, 10, 1, 9, tzinfo=UTC)
NAMES = [
    "Oak",
    "Maple",
    "Washington",
    "Lincoln",
    "Jefferson",
    "Main",
    "Park",
    "Lake",
    "Hill",
    "Church",
    "Elm",
    "Cedar",
    "Pine",
    "Walnut",
    "Madison",
    "Franklin",
    "Jackson",
    "Monroe",
    "Spring",
    "River",
    "Mill",
    "Sunset",
    "Railroad",
    "Highland",
    "Forest",
    "Meadow",
    "Cherry",
    "Dogwood",
    "Prospect",
    "Grant",
    "Central",
    "Liberty",
    "Chestnut",
    "Broad",
    "Market",
    "Union",
    "Hickory",
    "Locust",
    "Saint~Charles",
    "Mount~Vernon",
    "Fort~Worth",
    "Martin~Luther~King~Jr",
    "First",
    "Second",
    "Third",
    "Fifth",
    "Ninth",
    "Twelfth",
    "Twenty~Third",
    "US~Highway~30",
    "State~Route~7",
    "County~Road~12",
    "Lake~Shore",
    "Old~Mill",
]
SUFFIXES = {
    "Street": ("St", "St.", "STREET", "Str"), "Avenue": ("Ave", "Ave.", "AV", "Aven"),
    "Road": ("Rd", "Rd.", "ROAD"), "Boulevard": ("Blvd", "Blvd.", "Boul"),
    "Drive": ("Dr", "Dr.", "DRIVE"), "Lane": ("Ln", "LN."), "Parkway": ("Pkwy", "PKY"),
    "Court": ("Ct", "CT."), "Circle": ("Cir", "CIRC"), "Highway": ("Hwy", "HWY."),
}  # fmt: skip
SIDES = {
    "North": ("N", "N.", "No."),
    "South": ("S", "S."),
    "East": ("E", "E."),
    "West": ("W", "W."),
}
ORDINALS = {"First": "1st", "Second": "2nd", "Third": "3rd", "Fifth": "5th", "Ninth": "9th",
            "Twelfth": "12th", "Twenty Third": "23rd"}  # fmt: skip
ROADS = {"US Highway 30": ("US Hwy 30", "U.S. 30", "US Route 30"),
         "State Route 7": ("SR 7", "State Rd 7", "State Hwy 7"),
         "County Road 12": ("CR 12", "Co Rd 12", "County Rd 12")}  # fmt: skip
# name in the store, other names of it, commodities, digits of its numbers
VENDORS: dict[str, list[tuple[str, tuple[str, ...], tuple[str, ...], int]]] = {
    "IL": [("ComEd", ("Commonwealth Edison", "Com Ed"), ("Electric",), 10),
           ("Peoples Gas (IL)", ("Peoples Gas",), ("Natural gas",), 13)],
    "OH": [("AES Ohio", ("DP&L", "Dayton Power & Light"), ("Electric",), 13),
           ("Columbia Gas of Ohio", ("Columbia Gas",), ("Natural gas",), 12)],
    "MO": [("Evergy", ("KCP&L", "Kansas City Power & Light"), ("Electric",), 10),
           ("Spire (MO)", ("Laclede Gas", "Missouri Gas Energy"), ("Natural gas",), 10)],
    "IN": [("CenterPoint Energy Indiana", ("Vectren", "Vectren North"), ("Electric", "Natural gas"), 11)],
    "CA": [("PG&E", ("Pacific Gas & Electric", "PGE"), ("Electric", "Natural gas"), 11)],
    "OR": [("Portland General Electric", ("PGE", "Portland General"), ("Electric",), 10)],
    "NJ": [("PSE&G", ("Public Service Electric & Gas", "PSEG"), ("Electric", "Natural gas"), 10)],
    "TX": [("Oncor", ("Oncor Electric Delivery",), ("Electric",), 17)],
    "FL": [("FPL", ("Florida Power & Light",), ("Electric",), 10)],
}  # fmt: skip
SUPPLIERS = ("Constellation NewEnergy", "Direct Energy Business", "Engie Resources")
CHAIN = ("Halsted Market", "Halsted Express", "Halsted Market")


class Town(NamedTuple):
    """A town with one of its ZIPs."""

    city: str
    state: str
    zip: str


class Street(NamedTuple):
    """A made-up address line in parts, or a real one as it is (``line``)."""

    number: str
    side: str = ""
    name: str = ""
    suffix: str = ""
    line: str = ""

    def long(self) -> str:
        if self.line:
            return self.line
        return " ".join(part for part in (self.number, self.side, self.name, self.suffix) if part)


@dataclass
class Labelled:
    """Rows and accounts, and which is which; ``patterns`` names what each pair is about."""

    rows: list[Item] = field(default_factory=list)
    others: list[Item] = field(default_factory=list)
    truth: dict[str, str] = field(default_factory=dict)  # row's ref -> account's ref
    patterns: dict[str, str] = field(default_factory=dict)  # row's ref -> pattern


class Account(NamedTuple):
    """One true account: what a bill would say."""

    vendor: str
    aliases: Sequence[str]
    commodity: str
    number: str
    meter: str
    bill: str = "Full service"


@dataclass
class Site:
    """One true location."""

    code: str
    name: str
    street: Street
    town: Town
    unit: str = ""


class Maker:
    """Makes a labelled set; ``addresses`` are real ``(line, town)`` to use instead of made up."""

    def __init__(self, seed: int, addresses: Sequence[tuple[str, Town]] = ()) -> None:
        self.random = random.Random(seed)  # noqa: S311 - a test set
        self.addresses = list(addresses)
        self.random.shuffle(self.addresses)
        self.made = Labelled()
        self.numbers: set[str] = set()
        untyped: Any = zipcodes
        self.towns = {
            state: [
                Town(one["city"], state, one["zip_code"])
                for one in untyped.filter_by(state=state, active=True, zip_code_type="STANDARD")
            ]
            for state in VENDORS
        }

    def make(self, locations: int) -> Labelled:
        """Return a set of about so many locations."""
        kinds: list[tuple[float, Callable[[], int]]] = [
            (0.52, self.plain), (0.10, self.mall), (0.08, self.deregulated), (0.05, self.summary),
            (0.06, self.several), (0.05, self.waters), (0.05, self.campus), (0.04, self.moved),
            (0.05, self.twice),
        ]  # fmt: skip
        made = 0
        while made < locations:
            (kind,) = self.random.choices([k for _, k in kinds], [w for w, _ in kinds])
            made += kind()
        self.random.shuffle(self.made.rows)
        self.random.shuffle(self.made.others)
        return self.made

    # --------------------------------------------------------------------------- kinds of places

    def plain(self) -> int:
        site = self.site()
        for account in self.accounts(site):
            self.pair(site, account)
        return 1

    def mall(self) -> int:
        """Two to four suites of one building, numbers in a run: the nearest things there are."""
        first = self.site()
        vendor = self.vendor(first.town.state)
        start = int(self.number(vendor[3]))
        count = self.random.randint(2, 4)
        for at in range(count):
            site = Site(self.code(), first.name, first.street, first.town, str(100 + at * 10))
            number = str(start + at).zfill(vendor[3])
            account = Account(vendor[0], vendor[1], vendor[2][0], number, self.meter())
            self.pair(site, account, calm=True)
        return count

    def deregulated(self) -> int:
        site = self.site()
        name, aliases, commodities, size = self.vendor(site.town.state)
        meter = self.meter()
        delivery = Account(name, aliases, commodities[0], self.number(size), meter, "Delivery only")
        supplier = self.random.choice(SUPPLIERS)
        supply = Account(supplier, (), commodities[0], self.number(9), meter, "Supply only")
        for one in (delivery, supply):
            self.pair(site, one)
        return 1

    def summary(self) -> int:
        site = self.site()
        name, aliases, commodities, size = self.vendor(site.town.state)
        master = self.number(size)
        self.pair(
            site, Account(name, aliases, commodities[0], master, "", "Summary master"), calm=True
        )
        for _ in range(self.random.randint(2, 4)):
            number = master[:5] + self.number(size)[5:]
            account = Account(name, aliases, commodities[0], number, self.meter(), "Sub-account")
            self.pair(site, account, calm=True)
        return 1

    def several(self) -> int:
        """One site with two or three accounts of one utility: store, sign, parking lot."""
        site = self.site()
        name, aliases, commodities, size = self.vendor(site.town.state)
        for _ in range(self.random.randint(2, 3)):
            account = Account(name, aliases, commodities[0], self.number(size), self.meter())
            self.pair(site, account)
        return 1

    def waters(self) -> int:
        """The same short number at the water works of two towns."""
        number = str(self.random.randint(10_000, 99_999))
        for _ in range(2):
            site = self.site()
            vendor = f"City of {site.town.city} Water"
            other = (f"City of {site.town.city} Water Department", f"{site.town.city} Water")
            self.pair(site, Account(vendor, other, "Water", number, self.meter()), calm=True)
        return 2

    def campus(self) -> int:
        """Several buildings of their own codes at one address, each with its account."""
        first = self.site()
        name, aliases, commodities, size = self.vendor(first.town.state)
        count = self.random.randint(3, 6)
        for at in range(count):
            site = Site(self.code(), f"{first.name} building {at + 1}", first.street, first.town)
            account = Account(name, aliases, commodities[0], self.number(size), self.meter())
            self.pair(site, account, calm=True)
        return count

    def moved(self) -> int:
        """A site that was given up, and its number, years later, at another customer's new site."""
        old, new = self.site(), self.site()
        new.town = self.town(old.town.state)
        name, aliases, commodities, size = self.vendor(old.town.state)
        number = self.number(size)
        before = Account(name, aliases, commodities[0], number, self.meter())
        self.other(old, before, "moved", status="closed")
        after = before._replace(meter=self.meter())
        self.row(new, after, "moved")
        return 2

    def twice(self) -> int:
        """A row copied and pasted: the first is the account, the second is a duplicate."""
        site = self.site()
        (account, *_) = self.accounts(site)
        ref = self.row(site, account, "D14 copied row")
        self.made.truth[ref] = self.other(site, account, "D14")
        first = next(one for one in self.made.rows if one.ref == ref)
        copy = self.row(site, account, "copy")
        at = next(i for i, one in enumerate(self.made.rows) if one.ref == copy)
        self.made.rows[at] = Item("row", copy, first.values, copy, first.created_at)
        return 1

    # ------------------------------------------------------------------------------- one account

    def pair(self, site: Site, account: Account, *, calm: bool = False) -> None:
        """Add a row and an account, or one of them alone, with something odd about them."""
        chance = self.random.random()
        if chance < 0.07:
            self.row(site, account, "new")
            return
        if chance < 0.13:
            self.other(site, account, "left over")
            return
        odd = self.random.random() < (0.35 if calm else 0.75)
        pattern = self.random.choice(CALM if calm else PATTERNS) if odd else "same"
        made = ODD[pattern](self, site, account)
        row, other = (made, account) if isinstance(made, Account) else made
        ref = self.row(site, row, pattern)
        self.made.truth[ref] = self.other(site, other, pattern)

    def row(self, site: Site, account: Account, pattern: str) -> str:
        ref = f"r{len(self.made.rows) + 1}"
        values = self.values(site, account, noisy=True)
        at = START + timedelta(minutes=len(self.made.rows))
        self.made.rows.append(Item("row", ref, values, f"LOC-{ref[1:].zfill(5)}", at))
        self.made.patterns[ref] = pattern
        return ref

    def other(
        self,
        site: Site,
        account: Account,
        pattern: str,
        *,
        status: str = "active",
        source: str = "",
    ) -> str:
        del pattern
        ref = f"UBM-{len(self.made.others) + 1:07}"
        values = self.values(site, account, noisy=False)
        values["status"] = status
        if source:
            values["source"] = source
        self.made.others.append(Item("account", ref, values))
        return ref

    def values(self, site: Site, account: Account, *, noisy: bool) -> dict[str, str]:
        rng = self.random
        town = site.town
        vendor = account.vendor
        if noisy and account.aliases and rng.random() < 0.3:
            vendor = rng.choice(account.aliases)
        line_1, line_2 = self.lines(site, noisy=noisy)
        values = {
            "location_code": self.code_as_typed(site.code) if noisy else site.code,
            "location_name": site.name,
            "address_1": line_1,
            "address_2": line_2,
            "city": self.city_as_typed(town.city) if noisy else town.city,
            "state": town.state,
            "zip": self.zip_as_typed(town.zip) if noisy else town.zip,
            "vendor": vendor,
            "commodity": account.commodity,
            "account_number": account.number,
            "meter_numbers": account.meter if rng.random() < 0.7 else "",
            "bill_type": account.bill,
            "name_on_account": "Halsted Foods LLC",
        }
        return {name: value for name, value in values.items() if value}

    # ------------------------------------------------------------------------- how people type it

    def lines(self, site: Site, *, noisy: bool) -> tuple[str, str]:
        rng, street = self.random, site.street
        if not noisy or street.line:
            line = street.long()
            if noisy:
                line = rng.choice((line, line.title(), line.upper(), line.lower()))
            return line, f"Suite {site.unit}" if site.unit else ""
        side = rng.choice((street.side, *SIDES.get(street.side, ()))) if street.side else ""
        name = street.name
        if name in ORDINALS and rng.random() < 0.5:
            name = ORDINALS[name]
        if name in ROADS and rng.random() < 0.6:
            name = rng.choice(ROADS[name])
        for long, short in (("Saint", "St."), ("Mount", "Mt"), ("Fort", "Ft")):
            if rng.random() < 0.4:
                name = name.replace(long, short)
        suffix = rng.choice((street.suffix, *SUFFIXES.get(street.suffix, ("",))))
        line = " ".join(part for part in (street.number, side, name, suffix) if part)
        line = rng.choice((line, line, line.upper(), line.lower(), f" {line} "))
        if rng.random() < 0.03:
            line = self.slip(line)
        if not site.unit:
            return line, ""
        word = rng.choice(("Suite ", "Ste ", "Ste. ", "#", "Unit "))
        if rng.random() < 0.5:
            return line, f"{word}{site.unit}"
        return f"{line}{rng.choice((', ', ' '))}{word}{site.unit}", ""

    def slip(self, line: str) -> str:
        """Swap two letters of the longest word."""
        word = max(line.split(), key=lambda one: len(one) if one.isalpha() else 0)
        if len(word) < 6:
            return line
        at = self.random.randint(1, len(word) - 3)
        return line.replace(word, word[:at] + word[at + 1] + word[at] + word[at + 2 :])

    def code_as_typed(self, code: str) -> str:
        chance = self.random.random()
        if chance < 0.15:
            return code.lstrip("0")
        if chance < 0.25:
            return f"{self.random.choice(('Store ', '#', 'Site '))}{code}"
        return "" if chance < 0.28 else code

    def city_as_typed(self, city: str) -> str:
        rng = self.random
        for long, short in (
            ("Saint ", "St. "),
            ("Fort ", "Ft "),
            ("Mount ", "Mt. "),
            ("North ", "N "),
        ):
            if city.startswith(long) and rng.random() < 0.6:
                city = city.replace(long, short)
        if rng.random() < 0.03 and len(city) > 6:
            city = city[:3] + city[4:]
        return rng.choice((city, city, city.upper(), city.lower()))

    def zip_as_typed(self, code: str) -> str:
        chance = self.random.random()
        if chance < 0.10:
            return code.lstrip("0")
        if chance < 0.20:
            return f"{code}-{self.random.randint(1000, 9999)}"
        return "" if chance < 0.22 else code

    # ------------------------------------------------------------------------------ made-up facts

    def site(self) -> Site:
        state = self.random.choice([*VENDORS])
        if self.addresses and self.random.random() < 0.9:
            line, town = self.addresses.pop()
            return Site(self.code(), self.name(town), Street("", line=line), town)
        town = self.town(state)
        return Site(self.code(), self.name(town), self.street(), town)

    def name(self, town: Town) -> str:
        return self.random.choice((*CHAIN, f"{town.city} store"))

    def town(self, state: str) -> Town:
        return self.random.choice(self.towns.get(state) or self.towns["IL"])

    def street(self) -> Street:
        rng = self.random
        name = rng.choice(NAMES).replace("~", " ")
        side = rng.choice((*SIDES, "", "", ""))
        suffix = "" if name in ROADS else rng.choice([*SUFFIXES])
        return Street(str(rng.randint(1, 9999)), side, name, suffix)

    def code(self) -> str:
        while True:
            code = str(self.random.randint(1, 99_999)).zfill(5)
            if f"code {code}" not in self.numbers:
                self.numbers.add(f"code {code}")
                return code

    def vendor(self, state: str) -> tuple[str, Sequence[str], Sequence[str], int]:
        known = VENDORS.get(state)
        if known:
            return self.random.choice(known)
        return f"{state} Power", (f"{state} Power Co",), ("Electric",), 10

    def accounts(self, site: Site) -> Iterator[Account]:
        for name, aliases, commodities, size in VENDORS.get(
            site.town.state, [self.vendor(site.town.state)]
        ):
            for commodity in commodities:
                yield Account(name, aliases, commodity, self.number(size), self.meter())

    def number(self, size: int) -> str:
        zeros = self.random.choice((0, 0, 0, 1, 2))
        while True:
            digits = "".join(str(self.random.randint(0, 9)) for _ in range(size - zeros - 1))
            number = f"{'0' * zeros}{self.random.randint(1, 9)}{digits}"
            if number not in self.numbers:
                self.numbers.add(number)
                return number

    def meter(self) -> str:
        return self.number(9).replace("0", "3")


def _same(maker: Maker, site: Site, account: Account) -> Account:
    del maker, site
    return account


def _format(maker: Maker, site: Site, account: Account) -> Account:
    del site
    n = account.number
    cut = maker.random.randint(2, max(2, len(n) - 3))
    shapes = (
        f"{n[:cut]}-{n[cut:]}", f"{n[:cut]} {n[cut:]}", f"{n[:3]}-{n[3:-1]}-{n[-1]}",
        f"'{n}", f"{n[:cut]}.{n[cut:]}", f"{n[:cut]}\u00a0{n[cut:]}", f"{n}.0", f"#{n}", f" {n} ",
    )  # fmt: skip
    return account._replace(number=maker.random.choice(shapes))


def _zeros(maker: Maker, site: Site, account: Account) -> tuple[Account, Account]:
    del maker, site
    padded = account._replace(number=f"00{account.number.lstrip('0')}")
    return account._replace(number=account.number.lstrip("0")), padded


def _alias(maker: Maker, site: Site, account: Account) -> Account:
    del site
    return account._replace(vendor=maker.random.choice([*account.aliases, account.vendor]))


def _renamed(maker: Maker, site: Site, account: Account) -> tuple[Account, Account]:
    del site
    old = maker.random.choice([*account.aliases, account.vendor])
    return account, account._replace(vendor=old)


def _renumbered(maker: Maker, site: Site, account: Account) -> tuple[Account, Account]:
    del site
    return account._replace(number=maker.number(12)), account._replace(aliases=())


def _typo(maker: Maker, site: Site, account: Account) -> Account:
    del site
    n = account.number
    for _ in range(20):
        at = maker.random.randint(1, len(n) - 2)
        if n[at] != n[at + 1]:
            return account._replace(number=n[:at] + n[at + 1] + n[at] + n[at + 2 :])
    return account


def _meter_as_number(maker: Maker, site: Site, account: Account) -> tuple[Account, Account]:
    del maker, site
    return account._replace(number=account.meter or account.number), account


def _phantom(maker: Maker, site: Site, account: Account) -> Account:
    part = account._replace(
        number=maker.random.choice(
            (account.number[:-2], f"{account.number}01", account.number[1:])
        ),
        meter="",
    )
    maker.other(site, part, "phantom", source="DSS", status="setting_up")
    return account


def _reopened(maker: Maker, site: Site, account: Account) -> Account:
    maker.other(site, account, "closed before", status="closed")
    return account


def _scientific(maker: Maker, site: Site, account: Account) -> Account:
    del maker, site
    if len(account.number) < 12 or account.number[0] == "0":
        return account
    return account._replace(number=f"{int(account.number):.5E}")


def _long(maker: Maker, site: Site, account: Account) -> tuple[Account, Account]:
    del site
    number = f"1044372{maker.number(10).replace('0', '4')}"
    spoilt = number[:15] + "0" * (len(number) - 15)
    return account._replace(number=spoilt), account._replace(number=number)


def _ocr(maker: Maker, site: Site, account: Account) -> Account:
    del maker, site
    n = account.number
    return account._replace(number=n[0] + n[1:].replace("0", "O", 1).replace("1", "l", 1))


def _pending(maker: Maker, site: Site, account: Account) -> Account:
    del maker, site
    return account._replace(number="", bill="New service, number pending")


def _check_digit(maker: Maker, site: Site, account: Account) -> Account:
    del site
    return account._replace(number=f"{account.number}-{maker.random.randint(0, 9)}")


def _two_in_a_cell(maker: Maker, site: Site, account: Account) -> Account:
    del site
    return account._replace(number=f"{account.number}; {maker.number(10)}")


ODD: dict[str, Callable[[Maker, Site, Account], Account | tuple[Account, Account]]] = {
    "same": _same, "D1 format": _format, "D2 zeros": _zeros, "D3 alias": _alias,
    "D4 renamed": _renamed, "D5 renumbered": _renumbered, "D9 slip": _typo,
    "D10 meter as number": _meter_as_number, "D11 phantom": _phantom, "D13 reopened": _reopened,
    "scientific": _scientific, "16 digits": _long, "letters": _ocr, "pending": _pending,
    "check digit": _check_digit, "two in a cell": _two_in_a_cell,
}  # fmt: skip
PATTERNS = (
    *("D1 format",) * 4, *("D2 zeros",) * 4, *("D3 alias",) * 3, *("D4 renamed",) * 3,
    "D5 renumbered", "D9 slip", "D10 meter as number", "D11 phantom", "D11 phantom",
    "D13 reopened", "D13 reopened", "scientific", "16 digits", "letters", "pending", "check digit",
    "two in a cell",
)  # fmt: skip
CALM = ("D1 format", "D2 zeros", "D3 alias", "D4 renamed", "D13 reopened")


def real_addresses(path: Path) -> list[tuple[str, Town]]:
    """Return ``(line, town)`` of a list of buildings: columns address, city, state, zip5."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            (row["address"], Town(row["city"].title(), row["state"], row["zip5"]))
            for row in csv.DictReader(file)
            if row["address"] and row["zip5"]
        ]
