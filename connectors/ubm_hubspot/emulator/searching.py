"""What a search asks for, as a test of one record. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ubm_hubspot.emulator.definitions import Definition
from ubm_hubspot.emulator.index import Snapshot, Test
from ubm_hubspot.emulator.instants import parse_instant
from ubm_hubspot.emulator.records import value_of
from ubm_hubspot.emulator.refusals import invalid

Comparable: TypeAlias = float | str

MOST_GROUPS = 5
MOST_FILTERS_IN_GROUP = 6
MOST_FILTERS = 18
MODIFIED = frozenset({"hs_lastmodifieddate", "lastmodifieddate"})
_SYSTEM = MODIFIED | {"createdate", "hs_createdate", "hs_object_id", "hs_ticket_id"}
_WORD = re.compile(r"[^\W_]+(?:[@.\-'][^\W_]+)*")


def compile_groups(
    groups: list[dict[str, Any]],
    definitions: Mapping[str, Definition],
    associated: Callable[[str, int], set[str]],
) -> Test:
    """Return the test of filter groups: ORed groups of ANDed filters; raises Refusal.

    ``associated`` returns the ids of a record's associated records of one type.
    """
    total = sum(len(group.get("filters") or []) for group in groups)
    if len(groups) > MOST_GROUPS or total > MOST_FILTERS:
        raise invalid(
            f"A search takes at most {MOST_GROUPS} filter groups and {MOST_FILTERS} filters."
        )
    tests = [_group(group.get("filters") or [], definitions, associated) for group in groups]
    if not tests:
        return lambda _: True
    if len(tests) == 1:
        return tests[0]
    return lambda snapshot: any(test(snapshot) for test in tests)


def _group(
    filters: list[dict[str, Any]],
    definitions: Mapping[str, Definition],
    associated: Callable[[str, int], set[str]],
) -> Test:
    if len(filters) > MOST_FILTERS_IN_GROUP:
        raise invalid(f"A filter group takes at most {MOST_FILTERS_IN_GROUP} filters.")
    tests = [_filter(one, definitions, associated) for one in filters]
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:  # noqa: PLR2004 - the usual search: modified since, in a pipeline
        one, other = tests
        return lambda snapshot: one(snapshot) and other(snapshot)
    return lambda snapshot: all(test(snapshot) for test in tests)


def _filter(
    one: Mapping[str, Any],
    definitions: Mapping[str, Definition],
    associated: Callable[[str, int], set[str]],
) -> Test:
    name, operator = str(one.get("propertyName")), str(one.get("operator"))
    if name.startswith("associations."):
        wanted = _wanted(one)
        target = name.removeprefix("associations.")
        return lambda snapshot: bool(wanted & associated(target, snapshot.id))
    definition = definitions.get(name)
    if definition is None:
        raise invalid(f"There was a problem with the request: property {name} does not exist.")
    read = reader(name)
    match operator:
        case "HAS_PROPERTY":
            return lambda snapshot: read(snapshot) is not None
        case "NOT_HAS_PROPERTY":
            return lambda snapshot: read(snapshot) is None
        case "IN" | "NOT_IN":
            return _membership(read, definition, _wanted(one), inside=operator == "IN")
        case "CONTAINS_TOKEN" | "NOT_CONTAINS_TOKEN":
            return _tokens(read, str(one.get("value")), inside=operator == "CONTAINS_TOKEN")
        case _:
            return _comparison(operator, name, definition, one)


def reader(name: str) -> Callable[[Snapshot], str | None]:
    """Return how to read one property of a snapshot."""
    if name in _SYSTEM or name.startswith(("hs_date_", "hs_time_in_")):
        return lambda snapshot: value_of(snapshot, name)
    return lambda snapshot: snapshot.values.get(name)


def _wanted(one: Mapping[str, Any]) -> set[str]:
    values = one.get("values")
    if values is None and one.get("value") is not None:
        values = [one["value"]]
    if not isinstance(values, list) or not values:
        raise invalid(f"operator {one.get('operator')} requires values.")
    return {str(value) for value in values}


def _membership(
    read: Callable[[Snapshot], str | None],
    definition: Definition,
    wanted: set[str],
    *,
    inside: bool,
) -> Test:
    """HubSpot: IN and NOT_IN on text compare with lower-case values."""
    fold = definition.type in {"string", "phone_number"}
    several = definition.field_type == "checkbox"

    def test(snapshot: Snapshot) -> bool:
        value = read(snapshot)
        if value is None:
            return not inside
        if several:
            return (not wanted.isdisjoint(value.split(";"))) is inside
        return ((value.lower() if fold else value) in wanted) is inside

    return test


def _tokens(read: Callable[[Snapshot], str | None], text: str, *, inside: bool) -> Test:
    patterns = [re.compile(re.escape(word.lower()).replace(r"\*", ".*")) for word in text.split()]

    def test(snapshot: Snapshot) -> bool:
        words = _WORD.findall((read(snapshot) or "").lower())
        found = all(any(pattern.fullmatch(word) for word in words) for pattern in patterns)
        return found is inside

    return test


def words_test(text: str, names: tuple[str, ...]) -> Test:
    """Return the test of a free-text query over some properties."""
    tests = [_tokens(reader(name), f"{text}*", inside=True) for name in names]
    return lambda snapshot: any(test(snapshot) for test in tests)


def sort_key(name: str, definition: Definition | None) -> Callable[[Snapshot], Any]:
    """Return the key that orders snapshots by a property; records without it come last."""
    get = _number_reader(name)
    if get is not None:
        return get
    read = reader(name)

    def key(snapshot: Snapshot) -> tuple[bool, float, str]:
        value = read(snapshot)
        if value is None:
            return (True, 0.0, "")
        compared = comparable(definition, value)
        return (False, compared, "") if isinstance(compared, float) else (False, 0.0, compared)

    return key


def comparable(definition: Definition | None, text: str) -> Comparable:
    """Return ``text`` as its type compares; raises ValueError."""
    match definition.type if definition else "string":
        case "number":
            return float(text)
        case "date" | "datetime":
            return float(parse_instant(text))
        case "enumeration" | "bool":
            return text
        case _:
            return text.lower()


def _number_reader(name: str) -> Callable[[Snapshot], int] | None:
    if name in MODIFIED:
        return lambda snapshot: snapshot.modified
    if name in {"createdate", "hs_createdate"}:
        return lambda snapshot: snapshot.created
    if name in {"hs_object_id", "hs_ticket_id"}:
        return lambda snapshot: snapshot.id
    return None


_COMPARE: dict[str, Callable[[Any, Any, Any], bool]] = {
    "LT": lambda value, low, _: value < low,
    "LTE": lambda value, low, _: value <= low,
    "GT": lambda value, low, _: value > low,
    "GTE": lambda value, low, _: value >= low,
    "EQ": lambda value, low, _: value == low,
    "NEQ": lambda value, low, _: value != low,
    "BETWEEN": lambda value, low, high: low <= value <= high,
}


def _comparison(operator: str, name: str, definition: Definition, one: Mapping[str, Any]) -> Test:
    compare = _COMPARE.get(operator)
    if compare is None:
        raise invalid(f"Invalid input JSON: {operator} is not a search operator.")
    low = _bound(definition, name, one.get("value"))
    high = _bound(definition, name, one.get("highValue")) if operator == "BETWEEN" else None
    number = _number_reader(name)
    if name in MODIFIED and operator == "GTE":
        earliest = float(low)
        return lambda snapshot: snapshot.modified >= earliest
    if number is not None:
        return lambda snapshot: compare(number(snapshot), low, high)
    if operator == "EQ" and definition.type == "enumeration":
        return lambda snapshot: snapshot.values.get(name) == low
    read = reader(name)

    def test(snapshot: Snapshot) -> bool:
        value = read(snapshot)
        if value is None:
            return operator == "NEQ"
        try:
            return compare(comparable(definition, value), low, high)
        except ValueError:
            return False

    return test


def _bound(definition: Definition, name: str, given: object) -> Comparable:
    if given is None:
        raise invalid(f"A filter on {name} needs a value.")
    try:
        return comparable(definition, str(given))
    except ValueError:
        raise invalid(f"{given} is not a valid value for the property {name}.") from None
