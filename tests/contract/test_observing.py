"""What every connector promises about reading."""

from __future__ import annotations

from tests.contract.system import System, key


def test_a_record_is_observed_with_its_key_its_place_and_its_values(system: System) -> None:
    made = system.add(1)

    seen = system.read(system.connect()).of(made.ref)

    assert (seen.key, seen.place) == (key(1), system.place.name)
    assert system.new(1).values.items() <= seen.values.items()


def test_values_are_text_and_the_empty_ones_are_absent(system: System) -> None:
    made = system.add(1, **{field: values[0] for field, values in system.samples.items()})

    seen = system.read(system.connect()).of(made.ref)

    assert all(type(value) is str and value != "" for value in seen.values.values())


def test_a_persons_edit_is_observed_as_another_version(system: System) -> None:
    made = system.add(1)
    before = system.fetch(str(made.ref)).of(made.ref)
    system.edit(str(made.ref), system.typed, "Romeoville")

    after = system.read().of(made.ref)

    assert after.values[system.typed] == "Romeoville"
    assert after.version != before.version


def test_what_a_person_empties_is_absent(system: System) -> None:
    made = system.add(1, **{system.typed: "Joliet"})
    system.edit(str(made.ref), system.typed, None)

    assert system.typed not in system.read().of(made.ref).values


def test_two_edits_before_a_reading_show_the_last_one(system: System) -> None:
    made = system.add(1)
    system.edit(str(made.ref), system.typed, "Romeoville")
    system.later()
    system.edit(str(made.ref), system.typed, "Lockport")

    assert system.read().of(made.ref).values[system.typed] == "Lockport"


def test_an_edit_is_observed_by_whoever_continues(system: System) -> None:
    made = system.add(1)
    system.read()
    connector = system.restarted()
    system.edit(str(made.ref), system.typed, "Romeoville")

    assert system.read(connector).of(made.ref).values[system.typed] == "Romeoville"


def test_nothing_new_is_observed_while_nothing_changes(system: System) -> None:
    system.apply(*(system.new(number) for number in range(1, 6)))
    known = system.read().versions | system.read().versions
    known |= system.fetch(*(ref for ref, _ in known)).versions

    assert system.read().versions <= known
    assert system.read(system.restarted()).versions <= known


def test_a_cursor_means_the_same_to_a_new_connector(system: System) -> None:
    system.add(1)
    system.read()
    cursor = system.connector.cursor()
    connector = system.connect()
    connector.resume(cursor)

    assert isinstance(cursor, str)
    assert connector.cursor() == cursor


def test_without_a_cursor_reading_begins_at_the_beginning(system: System) -> None:
    made = [one.ref for one in system.apply(system.new(1), system.new(2)).values()]
    system.read()
    system.connector.resume(None)

    assert system.read().live.keys() == set(made)


def test_a_full_reading_shows_every_live_record_and_says_that_it_is_complete(
    system: System,
) -> None:
    made = {one.ref for one in system.apply(*(system.new(n) for n in range(1, 8))).values()}
    system.read()

    full = system.read(full=True)

    assert full.live.keys() == made
    assert {one.container for one in full.all} <= full.complete


def test_a_quick_reading_claims_no_complete_listing_of_what_it_leaves_out(system: System) -> None:
    made = {one.ref for one in system.apply(system.new(1), system.new(2)).values()}
    system.read()

    quick = system.read()

    assert not quick.complete or quick.live.keys() == made


def test_a_full_reading_leaves_a_cursor_that_knows_what_it_read(system: System) -> None:
    made = system.add(1)
    known = system.read(full=True).versions
    system.edit(str(made.ref), system.typed, "Romeoville")

    fresh = system.read(system.restarted())

    assert fresh.of(made.ref).values[system.typed] == "Romeoville"
    assert not fresh.versions <= known


def test_single_records_are_fetched_by_their_ids(system: System) -> None:
    one, two, three = system.apply(*(system.new(n) for n in (1, 2, 3))).values()

    found = system.fetch(str(one.ref), str(three.ref))

    assert found.live.keys() == {one.ref, three.ref}
    assert two.ref not in found.live


def test_a_fetched_record_equals_the_observed_one(system: System) -> None:
    made = system.add(1)

    seen = system.read(system.connect()).of(made.ref)

    assert system.fetch(str(made.ref)).of(made.ref).values == seen.values


def test_an_id_that_is_not_there_is_left_out(system: System) -> None:
    made = system.add(1)

    assert system.fetch(str(made.ref), "999999999999").live.keys() == {made.ref}
