"""Finding the accounts a text names: by number, by the end of one, by meter, by site."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Select, literal_column, select

from ubm_store.bills import as_cents, as_day, bills_of
from ubm_store.recognising import (
    SHORTEST,
    Candidate,
    Code,
    Vendors,
    by_end,
    by_meter,
    by_number,
    by_site,
    codes,
    spellings,
    typed,
)
from ubm_store.schema import (
    KNOWN_KEY,
    KNOWN_METER,
    KNOWN_TAIL,
    Account,
    Location,
    Meter,
    VendorAlias,
    table,
)
from ubm_sync.ports import KnownAccount
from ubm_sync.spelling import fold

MOST = 50  # accounts that one text is taken to name
_CHUNK = 500
_ACCOUNT, _ALIAS = table(Account), table(VendorAlias)
_LOCATION, _METER = table(Location), table(Meter)
_KEY: Any = literal_column(KNOWN_KEY)
_TAIL: Any = literal_column(KNOWN_TAIL)


class Finder:
    """Finds accounts in one transaction; ``limit`` is the amount in cents from which bills wait."""

    def __init__(self, connection: Connection, customer: str, vendors: Sequence[str]) -> None:
        self._connection = connection
        self._customer = customer
        self._named = vendors
        self._aliases: dict[tuple[str, str], frozenset[str]] = {}

    def find(
        self, numbers: Iterable[str], meters: Iterable[str], text: str, limit: int
    ) -> list[KnownAccount]:
        """Return the accounts, at most ``MOST``, in the order of what names them."""
        found: dict[int, tuple[Candidate, str]] = {}
        for pair in (*self._numbers(numbers), *self._meters(meters)):
            found.setdefault(pair[0].number, pair)
        if not found and self._customer:
            for pair in self._sites(text):
                found.setdefault(pair[0].number, pair)
        some = list(found.values())[:MOST]
        bills = bills_of(self._connection, [one.number for one, _ in some])
        return [_known(one, how, bills.get(one.number, []), limit) for one, how in some]

    def _numbers(self, numbers: Iterable[str]) -> Iterable[tuple[Candidate, str]]:
        wanted = typed(numbers)
        same = self._candidates(_KEY.in_([one.key for one in wanted]), wanted)
        for one in wanted:
            found = list(by_number(one, same, self._vendors(same), self._customer))
            if found:
                yield from found
            elif self._named:
                ending = self._candidates(one.key[-SHORTEST:] == _TAIL, wanted)
                yield from by_end(one, ending, self._vendors(ending), self._customer)

    def _meters(self, meters: Iterable[str]) -> Iterable[tuple[Candidate, str]]:
        wanted = typed(meters)
        for one in wanted:
            having = select(_METER.c.account_number).where(
                literal_column(KNOWN_METER) == one.key, _METER.c.removed_at.is_(None)
            )
            yield from by_meter(
                one, self._candidates(_ACCOUNT.c.number.in_(having), wanted), self._customer
            )

    def _sites(self, text: str) -> Iterable[tuple[Candidate, str]]:
        wanted = codes(text)
        words = sorted({word for one in wanted for word in spellings(one)})
        found: list[Candidate] = []
        for start in range(0, len(words), _CHUNK):
            condition = _ACCOUNT.c.location_code.in_(words[start : start + _CHUNK])
            found += self._candidates(condition, wanted)
        vendors = self._vendors(found)
        named = [pair for one in wanted for pair in by_site(one, found, vendors, text)]
        yield from named or self._numbered(wanted, text)

    def _numbered(self, wanted: Sequence[Code], text: str) -> Iterable[tuple[Candidate, str]]:
        """Yield accounts of the site whose name holds the number of a store: Joliet #0412."""
        for one in wanted:
            bare = one.text.lstrip("0")
            if not one.introduced or not bare.isdecimal():
                continue
            named = select(_LOCATION.c.code, _LOCATION.c.name).where(
                _LOCATION.c.customer_key == self._customer, _LOCATION.c.name.contains(bare)
            )
            places = [
                row.code
                for row in self._connection.execute(named)
                if bare in {part.text.lstrip("0") for part in codes(row.name)}
            ]
            if len(places) == 1:
                found = self._candidates(_ACCOUNT.c.location_code == places[0], wanted)
                code = Code(places[0], introduced=True)
                yield from by_site(code, found, self._vendors(found), text)

    def _candidates(self, condition: Any, wanted: Sequence[object]) -> list[Candidate]:
        if not wanted:
            return []
        c = _ACCOUNT.c
        statement: Select[Any] = select(
            c.number, c.id, c.customer_key, c.vendor, c.vendor_canonical, c.account_number,
            _KEY.label("key"), c.location_code, c.location_name, c.city, c.state, c.status,
        ).where(condition)  # fmt: skip
        if self._customer:
            statement = statement.where(c.customer_key == self._customer)
        rows = self._connection.execute(statement.order_by(c.number))
        return [Candidate(row[0], *(str(cell or "") for cell in row[1:])) for row in rows]

    def _vendors(self, found: Iterable[Candidate]) -> Vendors:
        """Return the vendors that are named, with the other names of those of the accounts."""
        names = {one.canonical for one in found if one.canonical}
        unknown = sorted(names - {name for name, _ in self._aliases})
        if unknown and self._named:
            columns = _ALIAS.c.vendor_canonical, _ALIAS.c.state, _ALIAS.c.alias
            for name in unknown:
                self._aliases[name, ""] = frozenset()
            for row in self._connection.execute(select(*columns).where(columns[0].in_(unknown))):
                spot = (row.vendor_canonical, row.state)
                self._aliases[spot] = self._aliases.get(spot, frozenset()) | {fold(row.alias)}
        return Vendors(self._named, self._aliases)


def _known(one: Candidate, how: str, bills: Sequence[Any], limit: int) -> KnownAccount:
    last = bills[0] if bills else None
    amount = as_cents(last.amount) if last else None
    held = any(bill.hold == "held" and not bill.processed for bill in bills)
    return KnownAccount(
        id=one.id,
        customer=one.customer,
        vendor=one.canonical or one.vendor,
        number=one.shown,
        location_code=one.location_code,
        location_name=one.location_name,
        city=one.city,
        state=one.state,
        status=one.status,
        how=how,
        statement=as_day(last.statement) if last else None,
        amount_cents=amount,
        due=as_day(last.due) if last else None,
        hold="held" if held else (last.hold if last else "none"),
        over_limit=amount is not None and amount > limit,
        unpaid=None if last is None else not last.processed,
    )
