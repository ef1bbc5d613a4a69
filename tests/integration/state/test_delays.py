"""The ledger of delays: appended to, never changed, and whatever is done to it is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, select, text
from tests.integration.state.older import older
from tests.integration.state.samples import HOUR, NOON, seen

from ubm_sync.database import open_engine
from ubm_sync.delays.codes import Party
from ubm_sync.delays.delay import Status
from ubm_sync.delays.ledger import Basis, Revision
from ubm_sync.evidence import Evidence, Kind, Side
from ubm_sync.state import DelayCase, State, Tx, digest_of, open_state
from ubm_sync.state.evidence import delay_fact

HALSTED = "onboarding-halsted"


def fact(number: int, **details: str) -> Evidence:
    return Evidence(
        Kind.ITEM, NOON + number * HOUR, f"bill {number}", "requested", "desk", f"task-{number}",
        actor="dana@example.com", side=Side.US, details=details,
    )  # fmt: skip


def revision(delay: str, number: int = 1, **changes: object) -> Revision:
    first = Revision(
        delay, number, HALSTED, "CL-DOCS", Party.CLIENT, "bill copies", NOON, None,
        Status.COUNTED, "bill copies requested", "desk:1", ("desk:1",), False, "", NOON,
        Basis("1", "abc", "run-1"),
    )  # fmt: skip
    return replace(first, **changes)  # type: ignore[arg-type]


@pytest.fixture
def ledger(state: State) -> State:
    """A ledger of 120 delays with a fact each: more than are checked in one page."""
    facts = [fact(number) for number in range(120)]
    with state.transaction() as tx:
        tx.facts.keep({HALSTED: facts}, NOON)
        tx.delays.append(
            (revision(f"delay-{number:03}"), [digest_of(one)]) for number, one in enumerate(facts)
        )
    return state


def _meddle(state: State, *statements: str) -> None:
    engine = create_engine(state.url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def known(tx: Tx) -> list[Evidence]:
    """Return the facts that are used."""
    return list(tx.facts.used([HALSTED]).get(HALSTED, {}).values())


def _broken(state: State) -> tuple[int, str] | None:
    with state.reading() as tx:
        found = tx.delays.verify()
    return None if found is None else (found.seq, found.reason)


def test_an_empty_ledger_holds(state: State) -> None:
    assert _broken(state) is None


def test_an_untouched_ledger_holds(ledger: State) -> None:
    assert _broken(ledger) is None


def test_a_revision_is_read_as_it_was_written(state: State) -> None:
    written = revision(
        "d1", end=NOON + timedelta(days=3), status=Status.DISPUTED, why="late", retrospective=True
    )
    with state.transaction() as tx:
        tx.facts.keep({HALSTED: [fact(1)]}, NOON)
        tx.delays.append([(written, [digest_of(fact(1))])])
    with state.reading() as tx:
        (line,) = tx.delays.of(HALSTED)
        assert tx.facts.get(HALSTED, line.proof) == {line.proof[0]: fact(1)}

    assert line.revision == written


def test_the_newest_revision_of_each_delay_is_found(state: State) -> None:
    with state.transaction() as tx:
        tx.delays.append([(revision("d1"), ()), (revision("d2"), ()), (revision("d1", 2), ())])
        tx.delays.append([(revision("d9", ticket="onboarding-oakmont"), ())])
    with state.reading() as tx:
        newest = tx.delays.newest([HALSTED, "onboarding-unknown"])
        numbers = {name: line.revision.number for name, line in newest[HALSTED].items()}

        assert numbers == {"d1": 2, "d2": 1}
        assert [one.revision.delay for one in tx.delays.of(HALSTED)] == ["d1", "d2", "d1"]


@pytest.mark.parametrize(
    "change",
    ["body = '{\"proof\": []}'", "at = at + 1", "run = 'x'", "number = 2", "delay = 'other'"],
)
def test_an_edited_line_is_found(ledger: State, change: str) -> None:
    _meddle(ledger, f"UPDATE delay_revision SET {change} WHERE seq = 110")  # noqa: S608 - the test's own text

    assert _broken(ledger) == (110, "Entry 110 was changed after it was written.")


def test_a_dropped_line_is_found(ledger: State) -> None:
    _meddle(ledger, "DELETE FROM delay_revision WHERE seq = 50")

    assert _broken(ledger) == (50, "Entry 50 is missing.")


def test_lines_that_changed_places_are_found(ledger: State) -> None:
    _meddle(
        ledger,
        "UPDATE delay_revision SET seq = -1 WHERE seq = 7",
        "UPDATE delay_revision SET seq = 7 WHERE seq = 8",
        "UPDATE delay_revision SET seq = 8 WHERE seq = -1",
    )

    assert _broken(ledger) == (7, "Entry 7 does not follow the entry before it.")


def test_a_ledger_cut_at_its_end_is_found(ledger: State) -> None:
    _meddle(ledger, "DELETE FROM delay_revision WHERE seq > 118")

    assert _broken(ledger) == (119, "Entries 119 to 120 are missing at the end.")


def test_evidence_that_was_changed_is_found(ledger: State) -> None:
    _meddle(
        ledger,
        f"UPDATE delay_fact SET body = replace(body, 'bill 5', 'bill 6') "  # noqa: S608 - the test's own text
        f"WHERE digest = '{digest_of(fact(5))}'",
    )

    assert _broken(ledger) == (
        6, "A piece of evidence of entry 6 was changed after it was kept."
    )  # fmt: skip


def test_evidence_that_was_dropped_is_found(ledger: State) -> None:
    _meddle(ledger, f"DELETE FROM delay_fact WHERE digest = '{digest_of(fact(111))}'")  # noqa: S608 - the test's own text

    assert _broken(ledger) == (112, "A piece of evidence of entry 112 is missing.")


def _evidence(state: State) -> tuple[int, str] | None:
    with state.reading() as tx:
        found = tx.facts.verify()
    return None if found is None else (found.seq, found.reason)


@pytest.fixture
def heard(state: State) -> State:
    """Two hearings: a fact, then a second one and the first told differently."""
    with state.transaction() as tx:
        tx.facts.keep({"onboarding-oakmont": [fact(9)]}, NOON)
        tx.facts.keep({HALSTED: [fact(1), fact(2)]}, NOON)
        tx.facts.keep({HALSTED: [fact(1, due="2026-11-30"), fact(2)]}, NOON + HOUR)
    return state


def test_evidence_that_nobody_touched_is_whole(heard: State) -> None:
    assert _evidence(heard) is None


@pytest.mark.parametrize(
    ("statement", "entry", "what"),
    [
        ("DELETE FROM delay_fact WHERE digest = '{two}'", 2, "entry 2 is missing"),
        ("UPDATE delay_fact SET body = replace(body, 'bill 2', 'bill 3') WHERE digest = '{two}'",
         2, "entry 2 was changed"),
        ("UPDATE delay_fact SET used = NOT used WHERE digest = '{two}'", 2, "was set aside"),
        ("UPDATE delay_fact SET used = NOT used WHERE digest = '{one}'", 3, "was taken up again"),
        ("UPDATE delay_fact SET onboarding = '{there}' WHERE digest = '{nine}'",
         3, "was added after entry 3"),
        ("DELETE FROM delay_told WHERE seq = 2", 2, "Entry 2 is missing."),
        ("UPDATE delay_told SET body = replace(body, '{two}', '{nine}') WHERE seq = 2",
         2, "Entry 2 was changed"),
        ("DELETE FROM delay_told WHERE seq = 3", 3, "missing at the end"),
    ],
)  # fmt: skip
def test_evidence_that_was_meddled_with_is_found_though_no_delay_rests_on_it(
    heard: State, statement: str, entry: int, what: str
) -> None:
    one, two, nine = (digest_of(fact(number)) for number in (1, 2, 9))
    _meddle(heard, statement.format(one=one, two=two, nine=nine, there=HALSTED))
    found = _evidence(heard)

    assert found is not None
    assert found[0] == entry
    assert what in found[1]


def test_a_fact_told_again_is_nothing_new(state: State) -> None:
    with state.transaction() as tx:
        assert tx.facts.keep({HALSTED: [fact(1), fact(2)]}, NOON)
        assert not tx.facts.keep({HALSTED: [fact(2), fact(1), fact(1)]}, NOON + HOUR)
        assert not tx.facts.keep({HALSTED: []}, NOON + HOUR)
        assert sorted(one.record for one in known(tx)) == ["task-1", "task-2"]


def test_a_fact_told_differently_is_used_and_the_first_telling_stays(state: State) -> None:
    before, after = fact(1), fact(1, due="2026-11-30")
    with state.transaction() as tx:
        tx.facts.keep({HALSTED: [before]}, NOON)
        assert tx.facts.keep({HALSTED: [after]}, NOON + HOUR)
    with state.transaction() as tx:
        assert known(tx) == [after]
        assert tx.facts.get(HALSTED, [digest_of(before)]) == {digest_of(before): before}
        assert tx.facts.keep({HALSTED: [before]}, NOON + 2 * HOUR)  # and back again
        assert known(tx) == [before]


def test_what_is_told_of_one_place_and_instant_takes_the_place_of_what_was(state: State) -> None:
    sent, other = fact(1), fact(2)
    bounced = replace(sent, value="bounced")
    with state.transaction() as tx:
        tx.facts.keep({HALSTED: [sent, other]}, NOON)
        assert tx.facts.keep({HALSTED: [bounced]}, NOON + HOUR)
        used = known(tx)
        assert sorted(one.value for one in used) == ["bounced", "requested"]
        assert not tx.facts.keep({HALSTED: [bounced, other]}, NOON + HOUR)


def test_text_that_a_database_refuses_is_kept_without_it(state: State) -> None:
    odd = replace(fact(1), actor="\ud800\0", details={"text": "a\0b\udfff"})
    with state.transaction() as tx:
        tx.facts.keep({HALSTED: [odd]}, NOON)
        tx.delays.append([(revision("d1", told="\ud800\0"), [digest_of(odd)])])

    assert _broken(state) is None


def test_a_case_is_due_once_it_is_stirred_or_wakes(state: State) -> None:
    with state.transaction() as tx:
        tx.cases.save(
            [
                DelayCase("o-1", "halsted", "501", due=False, wake_at=NOON + HOUR, settings="a"),
                DelayCase("o-2", "oakmont", "502", due=False, outcome="live", settings="a"),
                DelayCase("o-3", "zeta", "503"),
            ]
        )
        assert tx.cases.due(NOON) == ["o-3"]
        assert tx.cases.due(NOON + HOUR) == ["o-1", "o-3"]
        tx.cases.stir(["o-2", "unknown"])
        assert tx.cases.due(NOON) == ["o-2", "o-3"]


def test_other_rules_concern_only_what_is_under_way(state: State) -> None:
    with state.transaction() as tx:
        tx.cases.save(
            [
                DelayCase("o-1", "halsted", "501", due=False, settings="old"),
                DelayCase("o-2", "oakmont", "502", due=False, settings="old", outcome="live"),
                DelayCase("o-3", "zeta", "503", due=False, settings="new"),
            ]
        )
        assert tx.cases.judged_otherwise("new") == ["o-1"]


def test_a_case_is_read_as_it_was_saved(state: State) -> None:
    case = DelayCase(
        "o-1", "halsted", "501", "v1", "abc", False, NOON, NOON, None, "",
        {"delay_override": "20"}, {"override": {"days": 20}}, {"net_days": None}, ("a doubt",),
    )  # fmt: skip
    with state.transaction() as tx:
        tx.cases.save([case])
        assert tx.cases.load(["o-1", "o-2"]) == {"o-1": case}
        assert tx.cases.all() == [case]


def test_tickets_are_told_with_the_version_looked_at(state: State) -> None:
    with state.transaction() as tx:
        tx.observations.save(
            [
                ("o-1", seen("501", place="onboarding", version="7")),
                ("o-2", seen("502", place="onboarding", version="8", gone="archived")),
                ("o-3", seen("503", place="onboarding", version="9")),
            ]
        )
        tx.cases.save([DelayCase("o-1", "halsted", "501", version="6")])
        found = {one.onboarding: one.looked_at for one in tx.cases.tickets("onboarding")}

        assert found == {"o-1": "6", "o-3": None}


def test_what_a_system_told_last_is_remembered_by_system(state: State) -> None:
    with state.transaction() as tx:
        tx.cases.hear("desk", {"o-1": "1", "o-2": "2"})
        tx.cases.hear("desk", {"o-1": "3"})
        tx.cases.hear("store", {"o-1": "9"})
        assert tx.cases.heard("desk") == {"o-1": "3", "o-2": "2"}
        assert tx.cases.heard("nobody") == {}


def test_evidence_of_before_there_was_a_chain_over_it_is_taken_into_one(
    database_url: str, tmp_path: Path
) -> None:
    source = open_state(f"sqlite:///{tmp_path / 'source.db'}")
    with source.transaction() as tx:
        tx.facts.keep({HALSTED: [fact(1), fact(2)], "onboarding-öl": [fact(9)]}, NOON)
        tx.facts.keep({HALSTED: [fact(1, due="2026-11-30")]}, NOON + HOUR)
        rows = tx.facts._connection.execute(select(delay_fact)).all()
    source.close()
    older(database_url, "0007")
    engine = open_engine(database_url)
    with engine.begin() as connection:
        connection.execute(insert(delay_fact), [one._asdict() for one in rows])
    engine.dispose()
    state = open_state(database_url)

    assert _evidence(state) is None
    with state.transaction() as tx:
        assert tx.facts.keep({HALSTED: [fact(3)]}, NOON)
        assert len(known(tx)) == 3
    assert _evidence(state) is None
    state.close()
