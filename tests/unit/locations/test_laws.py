"""What holds for every situation: decisions never fail, and a decision carried out is quiet."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.locations.world import PLAIN, World, rival

from ubm_sync.flow import Conflict, Edit
from ubm_sync.locations.states import STAGES, STEPS

STATUSES = {*STAGES, "Draft", "Problem on our side"}
TEXT = st.one_of(st.text(max_size=30), st.sampled_from(["🏢", "x" * 5000, "{a}", "pw: Abc123!x"]))
FIELDS = st.sampled_from([*PLAIN, "notes", "service_end", "gl_code"])
ROWS = st.fixed_dictionaries(
    {},
    optional={
        "request_type": st.sampled_from(["Add location", "Change", "Close", "close", "?"]),
        "zip": st.sampled_from(["60435", "6043", "x"]),
        "state": st.sampled_from(["IL", "Illinois", "CT"]),
        "account_number": st.sampled_from(["4471908023", "1.2E+9", ""]),
        "service_start": st.sampled_from(["2026-12-01", "2028-01-01", "soon"]),
        "service_end": st.sampled_from(["2026-12-31", "2020-01-01"]),
        "notes": TEXT,
    },
)
RIVALS = st.lists(
    st.builds(
        rival,
        st.sampled_from(["LOC-1", "close request LOC-2", "change request LOC-3", ""]),
        st.sampled_from(sorted(STATUSES)),
        accepted=st.booleans(),
        age=st.integers(-5, 5),
        customer=st.sampled_from(["halsted", "aurora"]),
        sync_id=st.sampled_from(["a", "z"]),
    ),
    max_size=3,
)
EDITS = st.lists(
    st.builds(
        Edit,
        st.sampled_from(["account_number", "vendor", "sync_status", "city"]),
        st.sampled_from(["row", "ticket", "account"]),
        st.one_of(st.none(), TEXT),
        st.one_of(st.none(), TEXT),
    ),
    max_size=3,
)
TICKETS = st.fixed_dictionaries(
    {},
    optional={
        "stage": st.sampled_from([*STAGES.values(), "elsewhere"]),
        "approval": st.sampled_from(["approve", "decline", "maybe"]),
        "decline_reason": TEXT,
        "conflict_decision": st.just("keep_row"),
        "owner": st.just("priya@ubm.example"),
    },
)
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("row"), ROWS),
        st.tuples(st.just("ticket"), TICKETS),
        st.tuples(
            st.just("enrolment"),
            st.fixed_dictionaries(
                {"stage": st.sampled_from(["requested", "in_progress", "enrolled", "problem"])}
            ),
        ),
    ),
    max_size=5,
)


def play(world: World, moves: list[tuple[str, dict[str, str]]]) -> None:
    for place, fields in moves:
        if place == "row":
            world.edit(**{field: text or None for field, text in fields.items()})
        elif place in world.observed:
            world.person(place, **fields)
            world.cycle()
        world.later(hours=1)


@given(ROWS, MOVES, RIVALS, EDITS, st.integers(0, 60))
def test_a_decision_carried_out_leaves_nothing_to_write(
    row: dict[str, str],
    moves: list[tuple[str, dict[str, str]]],
    rivals: list[object],
    edits: list[Edit],
    age: int,
) -> None:
    world = World({k: v for k, v in (PLAIN | row).items() if v}, age_minutes=age)
    world.cycle(edits=edits)
    play(world, moves)
    world.rivals = tuple(rivals)  # type: ignore[arg-type]
    world.settle()
    told = len(world.notes)

    decision = world.cycle()

    assert world.differences(decision) == {}
    assert decision.present <= set(world.observed)
    assert len(world.notes) == told
    assert decision.status in STATUSES
    assert len(world.message) <= 300


@given(ROWS, MOVES, st.integers(0, 29))
def test_time_alone_writes_nothing_before_it_was_announced(
    row: dict[str, str], moves: list[tuple[str, dict[str, str]]], age: int
) -> None:
    world = World({k: v for k, v in (PLAIN | row).items() if v}, age_minutes=age)
    play(world, moves)
    decision = world.settle()
    world.now = (decision.wake_at or world.now + timedelta(days=400)) - timedelta(seconds=1)

    later = world.flow.decide(world.situation(), world.now)

    assert world.differences(later) == {}


@given(ROWS, MOVES)
def test_steps_never_happen_out_of_order(
    row: dict[str, str], moves: list[tuple[str, dict[str, str]]]
) -> None:
    world = World({k: v for k, v in (PLAIN | row).items() if v})
    play(world, moves)
    world.settle()

    instants = [world.memory[step] for step in STEPS if step in world.memory]
    assert instants == sorted(instants)
    if "enrolled_at" in world.memory:
        assert {"approved_at", "account_at", "requested_at"} <= set(world.memory)
    if "account" in world.observed:
        assert "approved_at" in world.memory


@given(FIELDS, TEXT, EDITS)
def test_no_text_breaks_a_decision(field: str, text: str, edits: list[Edit]) -> None:
    world = World(PLAIN | ({field: text} if text else {}))
    world.conflicts = (Conflict(field, None, {"row": text, "ticket": None}),)
    world.troubles = {"ticket": text}

    world.cycle(edits=edits, changed={field: ("row", "ticket")})
    decision = world.cycle(edits=edits)

    assert decision.status in STATUSES
    assert len(world.message) <= 300


@given(ROWS)
def test_the_same_situation_gives_the_same_decision(row: dict[str, str]) -> None:
    world = World({k: v for k, v in (PLAIN | row).items() if v})
    situation = world.situation()

    assert world.flow.decide(situation, world.now) == world.flow.decide(situation, world.now)
