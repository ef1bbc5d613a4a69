"""The laws again, on cases that Hypothesis looks for; and the mappings are real ones."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from tests.simulation.planner.case import Case, Start, Step
from tests.simulation.planner.drawing import draw
from tests.simulation.planner.driver import told
from tests.simulation.planner.mappings import APPROVE, POOL, House, house
from tests.simulation.planner.playing import Broken, Play
from tests.simulation.planner.values import OF_VALUES, Values

from ubm_sync.mapping import check_mappings, parse_yaml
from ubm_sync.mapping.rules import Policy, Role
from ubm_sync.model import FieldType

TEXTS = st.sampled_from(["v 1", "v 2", " v  1", "V 1", "0045", "45", "1", "1.0", "true", "Gas"])
VALUES = st.none() | TEXTS


@st.composite
def cases(draw_: st.DrawFn) -> Case:
    """Draw a case: one state, steps of people, cycles with a fault now and then."""
    made = house(draw_(st.integers(0, POOL - 1)))
    fields = st.sampled_from(sorted(made.shared))
    base = {name: "v 1" for name in draw_(st.sets(fields)) if _is_plain(made, name)}
    there = {
        place: {name: "v 1" for name in base if place in made.shared[name].places}
        for place in made.names
    }
    places = st.sampled_from(made.names)
    edits = st.tuples(st.just("edit"), places, fields, VALUES, st.integers(0, 9))
    signs = st.tuples(
        st.just("sign"), st.just("ticket"), st.just(APPROVE), st.just("yes"), st.integers(0, 9)
    )
    decisions = st.tuples(st.just("decide"), fields, st.sampled_from(["0", "1", "=v 3"]))
    faults = st.sampled_from([("busy",), ("lost",), ("void",), ("down",), ("kill", "after")])
    cycles = st.tuples(
        st.just("cycle"),
        st.lists(st.tuples(places, faults), max_size=1).map(tuple),
        st.just(()),
    )
    steps: list[Step] = draw_(
        st.lists(st.one_of(edits, edits, cycles, decisions, signs), max_size=8)
    )
    start = Start(base, there, known=True, accepted=True)
    return Case(0, made.number, start, tuple(steps), draw_(st.integers(0, 7)))


def _is_plain(made: House, name: str) -> bool:
    writable = all(name in made.place(place).writable for place in made.shared[name].places)
    return writable and made.types[name] is FieldType.TEXT


@given(cases())
def test_every_law_holds_in_cases_that_are_looked_for(case: Case) -> None:
    try:
        Play(case, {}).run()
    except Broken:
        pytest.fail("\n".join(told(case)))


@given(
    st.sampled_from(list(FieldType)),
    st.lists(st.none() | st.text(max_size=6), min_size=1, max_size=4),
)
def test_being_the_same_is_an_equivalence_of_any_text(
    kind: FieldType, values: list[str | None]
) -> None:
    case = Values(0, kind, tuple(values), (), {}, several=False)

    assert OF_VALUES[0](case) is True


@given(st.integers(0, 10**9), st.integers(0, 100))
def test_a_number_is_one_case(number: int, seed: int) -> None:
    assert draw(number, seed) == draw(number, seed)


def test_the_mappings_are_ones_that_the_doctor_lets_pass() -> None:
    for number in range(0, POOL, 8):
        text = io.StringIO()
        YAML().dump(_document(house(number)), text)

        check_mappings([parse_yaml(text.getvalue(), f"mapping {number}")])


def _document(made: House) -> dict[str, Any]:
    """Return a mapping as an admin would write it."""
    fields: dict[str, Any] = {}
    for name, rule in made.mapping.fields.items():
        block: dict[str, Any] = {"type": str(rule.type), "role": str(rule.role)}
        if rule.choices:
            block["choices"] = list(rule.choices)
        if rule.role is Role.SHARED:
            block["writers"] = sorted(rule.writers)
            block["writers_once_accepted"] = sorted(rule.writers_once_accepted)
            block["conflict"] = str(rule.conflict)
            if rule.conflict is Policy.OWNER:
                block["owner"] = rule.owner
        block["at"] = {}
        for place in made.names:
            binding = made.mapping.binding(place, name)
            if binding is not None:
                spot = {"name": binding.external, "writable": binding.writable}
                block["at"][place] = {**spot, "readable": binding.readable}
        fields[name] = block
    places = {
        place.name: {
            "system": place.system,
            "identity": "Sync ID",
            **({"suffix": place.suffix} if place.suffix else {}),
            **({"intake": True} if place.name == "row" else {}),
        }
        for place in made.mapping.places
    }
    return {"kind": "location", "places": places, "fields": fields}
