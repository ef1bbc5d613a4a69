"""What every connector promises about writing."""

from __future__ import annotations

from dataclasses import replace

from tests.contract.system import System, key

from ubm_sync.model import Result


def test_a_record_is_created_once_however_often_it_is_sent(system: System) -> None:
    first = system.add(1)
    again = system.add(1)

    assert (first.result, first.created) == (Result.LANDED, True)
    assert (again.result, again.ref, again.created) == (Result.LANDED, first.ref, False)
    assert system.records() == 1


def test_another_process_that_sends_a_record_again_meets_the_same_one(system: System) -> None:
    first = system.add(1)
    system.later()
    (again,) = system.connect().apply([system.new(1)])

    assert (again.result, again.ref) == (Result.LANDED, first.ref)
    assert system.records() == 1


def test_a_change_lands_and_is_observed(system: System) -> None:
    made = system.add(1)
    system.read()

    outcome = system.apply(system.change(made, **{system.typed: "Romeoville"}))[made.key]

    assert (outcome.result, outcome.ref, outcome.created) == (Result.LANDED, made.ref, False)
    assert system.fetch(str(made.ref)).of(made.ref).values[system.typed] == "Romeoville"


def test_what_the_service_wrote_is_no_news_to_it(system: System) -> None:
    made = system.add(1)
    system.read()
    outcome = system.apply(system.change(made, **{system.typed: "Romeoville"}))[made.key]
    stored = system.fetch(str(made.ref)).versions

    assert system.read(system.restarted()).versions <= stored | {(made.ref, outcome.version)}


def test_a_change_leaves_other_fields_alone(system: System) -> None:
    made = system.add(1)
    before = dict(system.fetch(str(made.ref)).of(made.ref).values)

    system.apply(system.change(made, **{system.typed: "Romeoville"}))

    after = dict(system.fetch(str(made.ref)).of(made.ref).values)
    assert after == before | {system.typed: "Romeoville"}


def test_every_type_of_field_is_read_back_as_it_was_written(system: System) -> None:
    first = {field: values[0] for field, values in system.samples.items()}
    second = {field: values[1] for field, values in system.samples.items()}

    made = system.add(1, **first)
    created = system.read(system.connect()).of(made.ref)
    changed = system.apply(system.change(made, **second))[made.key]
    after = system.fetch(str(made.ref)).of(made.ref)

    assert {field: created.values.get(field) for field in first} == first
    assert (changed.result, changed.landed) == (Result.LANDED, None)
    assert {field: after.values.get(field) for field in second} == second


def test_a_cleared_field_is_absent(system: System) -> None:
    made = system.add(1, **{system.typed: "Joliet"})

    outcome = system.apply(system.change(made, **{system.typed: None}))[made.key]

    assert outcome.result is Result.LANDED
    assert system.typed not in system.fetch(str(made.ref)).of(made.ref).values


def test_clearing_an_empty_field_lands(system: System) -> None:
    made = system.add(1)
    field = next(name for name in system.samples if name not in system.new(1).values)

    outcome = system.apply(system.change(made, **{field: None}))[made.key]

    assert outcome.result is Result.LANDED or field in outcome.at_fault


def test_every_write_has_one_outcome(system: System) -> None:
    outcomes = system.apply(*(system.new(number) for number in range(1, 131)))

    assert {one.result for one in outcomes.values()} == {Result.LANDED}
    assert len({one.ref for one in outcomes.values()}) == 130
    assert system.records() == 130


def test_nothing_to_write_is_nothing_to_do(system: System) -> None:
    assert system.apply() == {}


def test_a_value_the_system_cannot_hold_costs_its_field_or_record_only(system: System) -> None:
    field, value = system.wrong

    outcomes = system.apply(system.new(1), system.new(2, **{field: value}), system.new(3))
    faulty = outcomes[key(2)]

    assert {outcomes[key(n)].result for n in (1, 3)} == {Result.LANDED}
    assert {outcomes[key(n)].landed for n in (1, 3)} == {None}
    assert faulty.reason
    assert field in faulty.at_fault
    assert faulty.result is Result.REFUSED or (faulty.landed and field not in faulty.landed)


def test_a_record_that_is_not_there_is_refused_and_delays_nobody(system: System) -> None:
    made = system.add(1)
    lost = replace(system.change(made, **{system.typed: "Elgin"}), ref="999999999999", key=key(9))

    outcomes = system.apply(lost, system.change(made, **{system.typed: "Romeoville"}))

    assert (outcomes[key(9)].result, outcomes[key(1)].result) == (Result.REFUSED, Result.LANDED)
    assert outcomes[key(9)].reason
    assert system.records() == 1


def test_a_write_over_an_edit_it_did_not_see_is_refused_until_it_is_read(system: System) -> None:
    made = system.add(1, **{system.typed: "Joliet"})
    late = system.careful(made, **{system.typed: "Elgin"})
    system.edit(str(made.ref), system.typed, "Aurora")

    outcome = system.apply(late)[made.key]

    assert (outcome.result, outcome.stale, outcome.permanent) == (Result.REFUSED, True, False)
    assert outcome.reason
    assert system.fetch(str(made.ref)).of(made.ref).values[system.typed] == "Aurora"
    outcome = system.apply(system.careful(made, **{system.typed: "Elgin"}))[made.key]
    assert outcome.result is Result.LANDED


def test_an_edit_that_says_the_same_is_read_and_not_written_over(system: System) -> None:
    made = system.add(1, **{system.typed: "Joliet"})
    late = system.careful(made, **{system.typed: "Elgin"})
    system.edit(str(made.ref), system.typed, "Elgin")

    outcome = system.apply(late)[made.key]

    is_compared = system.name == "store"  # in one transaction, and then nothing is written
    assert outcome.stale or (is_compared and outcome.result is Result.LANDED)
    assert system.fetch(str(made.ref)).of(made.ref).values[system.typed] == "Elgin"
    outcome = system.apply(system.careful(made, **{system.typed: "Elgin"}))[made.key]
    assert outcome.result is Result.LANDED


def test_only_the_record_that_was_edited_waits(system: System) -> None:
    first, second = system.add(1), system.add(2)
    late = [system.careful(one, **{system.typed: "Elgin"}) for one in (first, second)]
    system.edit(str(first.ref), system.typed, "Aurora")

    outcomes = system.apply(*late)

    assert outcomes[first.key].stale
    assert outcomes[second.key].result is Result.LANDED


def test_a_create_without_an_answer_is_not_sent_over_what_people_changed(system: System) -> None:
    made = system.add(1, **{system.typed: "Joliet"})
    system.edit(str(made.ref), system.typed, "Aurora")
    again = replace(system.new(1, **{system.typed: "Joliet"}), doubtful=True)

    outcome = system.apply(again)[made.key]

    assert outcome.ref == made.ref
    assert outcome.result is Result.LANDED or outcome.stale
    assert system.fetch(str(made.ref)).of(made.ref).values[system.typed] == "Aurora"


def test_a_doubtful_create_of_what_is_not_there_lands(system: System) -> None:
    outcome = system.apply(replace(system.new(1), doubtful=True))[system.new(1).key]

    assert (outcome.result, outcome.created) == (Result.LANDED, True)
    assert system.records() == 1


def test_an_edit_of_another_field_beside_a_write_is_read_afterwards(system: System) -> None:
    made = system.add(1)
    system.read()
    version = system.fetch(str(made.ref)).of(made.ref).version
    write = replace(system.careful(made, **{system.typed: "Romeoville"}), expected=version)
    system.edit(str(made.ref), "city", "Aurora")

    outcome = system.apply(write)[made.key]

    seen = system.read().of(made.ref)
    assert seen.values["city"] == "Aurora"
    assert outcome.stale or seen.version != outcome.version


def test_a_write_sent_again_hides_no_edit_made_since(system: System) -> None:
    made = system.add(1)
    system.read()
    version = system.fetch(str(made.ref)).of(made.ref).version
    write = replace(system.careful(made, **{system.typed: "Romeoville"}), expected=version)
    system.apply(write)
    system.edit(str(made.ref), "city", "Aurora")

    outcome = system.apply(write)[made.key]

    seen = system.read().of(made.ref)
    assert seen.values["city"] == "Aurora"
    assert outcome.stale or seen.version != outcome.version
