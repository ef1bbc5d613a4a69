"""How likely two items are the same account, and why, in words that people can check. Pure.

An account is a vendor and a number (domain B.5); address, meter and location code confirm it, or
raise a doubt. The score is the verdict table's: the number decides where it is known, other
evidence stands in for it where it is missing, damaged or new. Every term that moved the score is
a reason.
"""

from __future__ import annotations

from typing import NamedTuple

from rapidfuzz import fuzz

from ubm_sync.matching.address import Place, compare_places, compare_units
from ubm_sync.matching.item import Traits, Vendor
from ubm_sync.matching.numbers import Alike, compare_numbers

SAME, PROBABLE, ASK = 0.95, 0.80, 0.60  # the least score of each class
_ONLY_A_PERSON = 0.78  # never approved as a class
_LONG_NUMBER = 7  # characters from which a number is hardly anybody else's
_ALIKE_NAMES = 88  # of 100: two spellings of a small utility's name
_LEAST_ALIKE = 5  # letters from which such names are compared
_SUPPLY, _DELIVERY = "supply only", "delivery only"
_PENDING = "new service, number pending"
_LEVELS = frozenset({"summary master", "sub-account"})

_BOTH = "({mine} / {theirs})"
_NUMBER = {
    Alike.SAME: (0.97, "same account number {mine}"),
    Alike.FORMAT: (0.97, f"same account number but for its separators {_BOTH}"),
    Alike.ZEROS: (0.97, f"same account number but for leading zeros {_BOTH}"),
    Alike.LISTED: (0.93, f"one of the account numbers in the cell is the same {_BOTH}"),
    Alike.LOOKALIKE: (0.88, f"account numbers differ only in letters read for digits {_BOTH}"),
    Alike.DAMAGED: (0.84, f"a spreadsheet shortened one account number, it fits the other {_BOTH}"),
    Alike.CHECK_DIGIT: (0.76, f"account numbers differ by a check digit at most {_BOTH}"),
    Alike.PART: (0.70, f"one account number is a part of the other {_BOTH}"),
    Alike.TYPO: (0.70, f"account numbers differ by one slip of a finger {_BOTH}"),
}


class Verdict(NamedTuple):
    """How likely two items are one account (0 to 1), and why."""

    score: float
    reasons: tuple[str, ...] = ()


NO = Verdict(0.0)


class _Place(NamedTuple):
    """Whether two items are at one place: 2 surely, 1 perhaps, 0 not told, -1 not, -2 surely not.

    ``same_code`` and ``building`` are what it is made of.
    """

    sure: int
    building: Place
    same_unit: bool | None
    same_code: bool
    other_code: bool


def compare(one: Traits, other: Traits) -> Verdict:
    """Return how likely ``one`` (a row) and ``other`` (a ticket, an account) are the same."""
    if other.text and not other.number.is_known:
        return _by_text(one, other)
    alike = compare_numbers(one.number, other.number)
    vendor = _vendors(one.vendor, other.vendor)
    place = _place(one, other)
    meters = one.meters & other.meters
    if alike >= Alike.TYPO:
        verdict = _by_number(one, other, alike, vendor, place, bool(meters))
    elif alike is Alike.UNKNOWN:
        verdict = _without_number(one, other, vendor, place, bool(meters))
    else:
        verdict = _other_number(one, other, vendor, place, bool(meters))
    return _doubts(one, other, verdict, place) if verdict.score else verdict


def _by_number(
    one: Traits, other: Traits, alike: Alike, vendor: int, place: _Place, meter: bool
) -> Verdict:
    score, text = _NUMBER[alike]
    reasons = [text.format(mine=one.number.shown, theirs=other.number.shown)]
    exact = alike >= Alike.LISTED
    long = len(max(one.number.keys or ("",), key=len)) >= _LONG_NUMBER
    backed = meter or place.sure > 0
    if vendor < 0:
        if not (exact and backed and long) or place.sure < 0:
            return NO  # the same number under two vendors is two accounts
        score = 0.78 if meter else 0.68
        reasons.append(f"but another vendor ({one.vendor.shown} / {other.vendor.shown})")
    elif vendor == 0:
        if not backed and not (exact and long):
            return NO
        score -= 0.0 if exact and backed and long else 0.15 if backed else 0.25
        reasons.append("the vendor is not told or not clear")
    else:
        reasons.append(_vendor_reason(one.vendor, other.vendor))
    if place.sure < 0:
        score = min(score, 0.74) if exact else 0.0
    elif exact and not long and not backed and place.sure == 0:
        score = min(score, 0.85)
    elif not exact:
        score = _inexact(score, alike, place, meter)
    if score and vendor >= 0:
        score += 0.01 * meter + 0.01 * (place.sure > 1) + 0.005 * place.same_code
    if meter:
        reasons.append(_meter_reason(one, other))
    return Verdict(min(score, 0.995), (*reasons, *_place_reasons(one, other, place)))


def _inexact(score: float, alike: Alike, place: _Place, meter: bool) -> float:
    """Return the score of a number that is not the same as it stands: what else says so."""
    if meter and place.sure > 0:
        return max(score + 0.12, 0.90)
    if place.sure > 0 or meter:
        bonus = 0.11 if alike >= Alike.DAMAGED else 0.08 if alike is Alike.CHECK_DIGIT else 0.04
        return score + bonus * (1.0 if place.same_unit or meter else 0.5)
    whole = alike in {Alike.LOOKALIKE, Alike.DAMAGED}
    return score - 0.12 if whole and place.sure == 0 else 0.0


def _without_number(one: Traits, other: Traits, vendor: int, place: _Place, meter: bool) -> Verdict:
    """Compare where one of them has no account number: meter, or place, vendor and commodity."""
    if vendor < 0 or _other_commodity(one, other):
        return NO
    reasons = ["the account number is missing in one of them"]
    if meter:
        score = 0.93 if place.sure > 0 and vendor > 0 else 0.86 if place.sure >= 0 else 0.0
        reasons.append(_meter_reason(one, other))
    elif place.sure > 0 and vendor > 0 and one.commodity and one.commodity == other.commodity:
        if one.meters and other.meters:
            return NO
        score = 0.84 if place.sure > 1 else 0.74
    else:
        return NO
    if vendor > 0:
        reasons.append(_vendor_reason(one.vendor, other.vendor))
    return Verdict(score, (*reasons, *_place_reasons(one, other, place)))


def _other_number(one: Traits, other: Traits, vendor: int, place: _Place, meter: bool) -> Verdict:
    """Compare where the numbers differ: a new number on the same meter, or a meter as number."""
    if vendor < 0 or place.sure < 0:
        return NO
    swapped = set(one.number.keys) & other.meters or set(other.number.keys) & one.meters
    if swapped:
        score = 0.76 if place.sure > 0 and vendor > 0 else 0.66 if place.sure > 0 else 0.0
        text = f"the account number of one is the meter of the other ({min(swapped)})"
        return Verdict(score, (text, *_place_reasons(one, other, place)))
    if not meter or place.sure <= 0 or vendor <= 0 or _other_commodity(one, other):
        return NO
    numbers = f"({one.number.shown} / {other.number.shown})"
    return Verdict(
        0.78,
        (
            f"another account number {numbers}: was it renumbered?",
            _meter_reason(one, other),
            _vendor_reason(one.vendor, other.vendor),
            *_place_reasons(one, other, place),
        ),
    )


def _by_text(one: Traits, other: Traits) -> Verdict:
    """Compare with a ticket that tells of an account only in words."""
    keys = set(one.number.keys) & other.mentions
    if not keys:
        return NO
    key = max(keys, key=len)
    named = any(len(name) > 2 and name in other.text for name in _spellings(one))  # noqa: PLR2004
    where = bool(one.address.name) and f"{one.address.number}{one.address.name}".casefold() in (
        other.text
    )
    if len(key) < _LONG_NUMBER and not named:
        return NO
    score = 0.80 + 0.10 * named + 0.06 * where
    reasons = [f"its text names the account number {one.number.shown}"]
    reasons += ["and the vendor"] if named else ["but not the vendor"]
    reasons += ["and the address"] if where else []
    return Verdict(score, tuple(reasons))


def _spellings(one: Traits) -> frozenset[str]:
    given = one.item.values.get("vendor", "")
    return one.vendor.names | {"".join(given.casefold().split())}


def _doubts(one: Traits, other: Traits, verdict: Verdict, place: _Place) -> Verdict:
    """Take off for what speaks against it although number or meter agree."""
    score, reasons = verdict.score, list(verdict.reasons)
    if _other_commodity(one, other):
        score -= 0.20
        commodities = f"{one.item.values['commodity']} / {other.item.values['commodity']}"
        reasons.append(f"but another commodity ({commodities})")
    bills = {one.bill, other.bill}
    if one.bill and other.bill and one.bill != other.bill and _PENDING not in bills:
        if bills == {_SUPPLY, _DELIVERY}:
            score -= 0.40
            reasons.append("but one is the supply, the other the delivery")
        elif bills == _LEVELS or (bills & _LEVELS and place.sure <= 0):
            score -= 0.25
            reasons.append("but one is a summary or sub-account, the other is not")
        else:
            score -= 0.02
            reasons.append(f"bill types differ ({one.bill} / {other.bill})")
    if place.same_unit is False and place.building >= Place.NEAR:
        score -= 0.10
        reasons.append("but another suite or unit")
    if other.is_closed:
        score -= 0.18
        reasons.append("but it is closed there")
    if other.is_automatic:
        score -= 0.06
        reasons.append("it was written there by an automation")
    if one.meters and other.meters and not one.meters & other.meters and score >= ASK:
        score -= 0.02
        alike = compare_numbers(one.number, other.number)
        if alike is not Alike.UNKNOWN and alike < Alike.LISTED:  # so nothing is left that is sure
            score = min(score, _ONLY_A_PERSON)
        reasons.append("the meters differ")
    return Verdict(round(max(score, 0.0), 3), tuple(reasons))


def _vendors(one: Vendor, other: Vendor) -> int:
    """Return 1 for the same vendor, 0 where it is not told or not clear, -1 for another one."""
    if not one.names or not other.names:
        return 0
    if one.names & other.names:
        return 1 if one.is_sure and other.is_sure else 0
    if one.is_listed and other.is_listed:
        return -1
    return 1 if _names_alike(min(one.names), min(other.names)) else -1


def _names_alike(one: str, other: str) -> bool:
    """Return whether two folded names are two spellings; "cityofx" and "cityofy" are not."""
    if min(len(one), len(other)) < _LEAST_ALIKE:
        return False
    for word in ("cityof", "townof", "villageof", "countyof"):
        one, other = one.replace(word, ""), other.replace(word, "")
    if (one in other or other in one) and min(len(one), len(other)) >= _LEAST_ALIKE:
        return True
    return fuzz.ratio(one, other) >= _ALIKE_NAMES


def _vendor_reason(one: Vendor, other: Vendor) -> str:
    return f"same vendor ({one.shown or other.shown})"


def _meter_reason(one: Traits, other: Traits) -> str:
    return f"same meter {min(one.meters & other.meters)}"


def _other_commodity(one: Traits, other: Traits) -> bool:
    return bool(one.commodity and other.commodity and one.commodity != other.commodity)


def _place(one: Traits, other: Traits) -> _Place:
    building = compare_places(one.address, other.address)
    unit = compare_units(one.address, other.address)
    same = bool(one.code) and one.code == other.code
    different = bool(one.code and other.code) and not same
    if building is Place.SAME:
        sure = -1 if unit is False else 1 if unit is None or different else 2
    elif building is Place.NEAR:
        sure = -1 if unit is False and not same else 1
    elif building is Place.UNKNOWN:
        sure = 2 if same else -1 if different else 0
    else:
        sure = 0 if same else -2
    return _Place(sure, building, unit, same, different)


def _place_reasons(one: Traits, other: Traits, place: _Place) -> list[str]:
    reasons = []
    mine, theirs = (each.item.values.get("address_1", "") for each in (one, other))
    if place.building is Place.SAME:
        reasons.append(
            f"same address ({mine})" if mine == theirs else f"same address ({mine} / {theirs})"
        )
    elif place.building is Place.NEAR:
        reasons.append(f"nearly the same address ({mine} / {theirs})")
    elif place.building is Place.DIFFERENT:
        reasons.append(f"but another address ({_apart(one, other)})")
    if place.same_code:
        reasons.append(f"same location code {one.item.values.get('location_code', '')}")
    elif place.other_code:
        codes = [each.item.values.get("location_code", "") for each in (one, other)]
        reasons.append(f"but another location code ({' / '.join(codes)})")
    return reasons


def _apart(one: Traits, other: Traits) -> str:
    """Return two addresses with what tells them apart: the street may be the same."""
    values = one.item.values, other.item.values
    for name in ("city", "zip", "state"):
        mine, theirs = (each.get(name, "") for each in values)
        if mine and theirs and mine.casefold() != theirs.casefold():
            return " / ".join(f"{each.get('address_1', '')}, {each[name]}" for each in values)
    return " / ".join(each.get("address_1", "") for each in values)
