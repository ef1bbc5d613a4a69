"""Many onboardings: what did not change costs nothing, and the same facts give the same ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.bench.delays import NOW, Office
from tests.unit.delays.facts import fact

from ubm_sync.evidence import Kind
from ubm_sync.state import Line

FIVE_MINUTES = timedelta(minutes=5)
NUMBER, FACTS = 60, 60


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    office = Office.open(database_url, NUMBER, FACTS)
    yield office
    office.state.close()


def ledger(office: Office) -> list[Line]:
    with office.state.reading() as tx:
        return [line for key in office.facts for line in tx.delays.of(f"onboarding-{key}")]


def read(office: Office) -> set[str]:
    """Return the customers whose facts were read."""
    asked = [given for statement, given in office.asked if "FROM delay_fact" in statement]
    return {key for key in office.facts for given in asked if f"onboarding-{key}" in given}


def test_a_look_at_which_nothing_is_new_writes_and_judges_nothing(office: Office) -> None:
    delaying = office.watch()
    with office.listening():
        assert delaying.look("first", NOW) == []
    assert (len(office.told), len(read(office)), len(office.writes) > 0) == (NUMBER, NUMBER, True)
    before = office.count()

    with office.listening():
        assert delaying.look("second", NOW + FIVE_MINUTES) == []

    assert (office.told, office.writes, read(office)) == ([], [], set())
    assert len(office.asked) < 10
    assert office.count() == before


def test_a_restart_at_which_nothing_is_new_costs_as_little(office: Office) -> None:
    office.watch().look("first", NOW)

    with office.listening():
        assert office.watch().look("second", NOW + FIVE_MINUTES) == []

    assert (office.told, office.writes, read(office)) == ([], [], set())


def test_of_many_onboardings_only_the_one_that_changed_is_judged(office: Office) -> None:
    delaying = office.watch()
    delaying.look("first", NOW)
    before = ledger(office)
    changed = "customer-0007"
    office.facts[changed].append(fact(Kind.PORTAL, "2026-06-20", "down", "ComEd"))

    with office.listening():
        assert delaying.look("second", NOW + FIVE_MINUTES) == []

    assert (office.told, read(office)) == ([changed], {changed})
    fresh = [line for line in ledger(office) if line not in before]
    assert {line.revision.ticket for line in fresh} == {f"onboarding-{changed}"}


def test_a_new_day_of_the_same_facts_adds_nothing_to_the_ledger(office: Office) -> None:
    delaying = office.watch()
    delaying.look("first", NOW)
    before = office.count()

    with office.listening():
        delaying.look("second", NOW + timedelta(days=1))

    assert len(read(office)) == NUMBER
    after = office.count()
    opened = after["delay_revision"] - before["delay_revision"]
    with office.state.reading() as tx:
        begun = [line for line in ledger(office) if line.revision.basis.run == "second"]
        assert tx.delays.verify() is None
    assert opened == len(begun)
    assert all(line.revision.start > NOW for line in begun if line.revision.number == 1)
    assert after["delay_fact"] == before["delay_fact"]


def test_the_same_facts_and_rules_give_the_same_ledger_in_every_database(
    office: Office, tmp_path: Path
) -> None:
    other = Office.open(f"sqlite:///{tmp_path / 'other.db'}", NUMBER, FACTS)
    for facts in other.facts.values():
        facts.reverse()
    heads, headlines = [], []
    for one in (office, other):
        one.watch().look("run", NOW)
        with one.state.reading() as tx:
            heads.append(tx.delays.last_hash())
            names = [f"onboarding-{key}" for key in one.facts]
            headlines.append(tx.cases.headlines(names))
    other.state.close()

    assert heads[0] == heads[1] != ""
    assert headlines[0] == headlines[1]
