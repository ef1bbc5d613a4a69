"""Writing accounts, and what lands beside them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text
from tests.databases import PostgresServer
from tests.integration.store.doubles import NOON, Store, change, new

from ubm_store.connector import StoreConnector
from ubm_sync.errors import Temporary
from ubm_sync.model import Note, Outcome, Result


def test_a_new_account_gets_an_id_people_can_say(store: Store) -> None:
    one, two = store.apply(new("k1", "17"), new("k2", "18"))

    assert (one.ref, two.ref) == ("UBM-0000001", "UBM-0000002")
    assert (one.result, one.created, one.landed, one.reason) == (Result.LANDED, True, None, "")


def test_an_id_of_more_than_seven_digits_is_not_cut(store: Store) -> None:
    store.sql("INSERT INTO account (number, customer_key) VALUES (123456789, 'aurora')")

    assert store.sql("SELECT id FROM account") == [("UBM-123456789",)]


def test_the_same_write_twice_is_one_account(store: Store) -> None:
    (one,) = store.apply(new("k1"))
    (two,) = store.apply(new("k1"))

    assert one.ref == two.ref
    assert not two.version  # somebody may have changed it since: it is read
    assert not two.created
    assert store.sql("SELECT count(*) FROM account") == [(1,)]


def test_the_same_record_twice_in_one_call_is_one_account(store: Store) -> None:
    one, two = store.apply(new("k1"), new("k1", city="Elgin"))

    assert (one.ref, one.created, two.created) == (two.ref, True, False)
    assert store.sql("SELECT city FROM account") == [("Elgin",)]


def test_a_change_lands_and_has_a_history(store: Store) -> None:
    (one,) = store.apply(new("k1", notes="old"))
    store.clock.advance(timedelta(hours=1))
    (two,) = store.apply(change(one, notes=None, city="Elgin", state="IL"))

    assert int(two.version) == int(one.version) + 1
    assert store.sql(
        "SELECT field, old_value, new_value, source, actor FROM account_event"
        " WHERE kind = 'changed' ORDER BY field"
    ) == [
        ("city", "Joliet", "Elgin", "SYNC", "ubm-sync"),
        ("notes", "old", None, "SYNC", "ubm-sync"),
    ]


def test_every_row_carries_who_wrote_it_in_which_run(store: Store) -> None:
    store.apply(new("k1", meter_numbers="m1", vendor_canonical="Lumbee River"))
    for table in ("account", "location", "meter", "vendor"):
        found = store.sql(f"SELECT DISTINCT source, run_id FROM {table} WHERE run_id LIKE '2026%'")  # noqa: S608 - names of this test
        assert found == [("SYNC", "20261121T120000Z-0")], table


def test_a_change_decided_before_somebody_elses_edit_is_refused_for_now(store: Store) -> None:
    (one,) = store.apply(new("k1"))
    store.sql("UPDATE account SET city = 'Aurora'")
    (two,) = store.apply(change(one, city="Elgin"))

    assert (two.result, two.permanent) == (Result.REFUSED, False)
    assert store.sql("SELECT city FROM account") == [("Aurora",)]


def test_a_duplicate_is_refused_and_the_others_land(store: Store) -> None:
    store.apply(new("k0", "0017"))
    outcomes = {
        one.key: one
        for one in store.apply(*(new(f"k{n}", str(n)) for n in range(1, 40)), new("twin", "17"))
    }
    refused = [key for key, one in outcomes.items() if one.result is Result.REFUSED]

    assert sorted(refused) == ["k17", "twin"]
    assert outcomes["twin"] == Outcome(
        "account",
        "twin",
        Result.REFUSED,
        reason="The ComEd IL account 17 is already in the store as UBM-0000001.",
        permanent=True,
        at_fault=("account_number",),
    )
    assert store.sql("SELECT count(*) FROM account") == [(39,)]


@pytest.mark.parametrize(
    "other",
    [
        {"vendor_canonical": "Ameren Illinois"},
        {"state": "IN"},
        {"state": None},
        {"account_key": None},
    ],
)
def test_the_same_number_elsewhere_is_another_account(
    store: Store, other: dict[str, str | None]
) -> None:
    one, two = store.apply(new("k1"), new("k2", **other))

    assert (one.result, two.result) == (Result.LANDED, Result.LANDED)


def test_a_closed_account_makes_room_for_a_new_one(store: Store) -> None:
    (one,) = store.apply(new("k1"))
    two, three = store.apply(new("k2"), change(one, status="closed"))

    assert {two.result, three.result} == {Result.LANDED}


def test_a_change_into_a_duplicate_is_refused(store: Store) -> None:
    one, two = store.apply(new("k1", "17"), new("k2", "18"))
    (three,) = store.apply(change(two, account_number="17", account_key="17"))

    assert (three.result, three.at_fault) == (Result.REFUSED, ("account_number",))
    assert str(one.ref) in three.reason


def test_a_poisonous_value_delays_nothing_else(store: Store) -> None:
    bad, good = store.apply(new("k1", "17", service_start="soon", notes="a\0b"), new("k2", "18"))

    assert bad.result is Result.LANDED
    assert bad.at_fault == ("service_start", "notes")
    assert bad.landed is not None
    assert "city" in bad.landed
    assert good.landed is None


def test_a_refusal_of_the_database_itself_is_passed_on(store: Store) -> None:
    store.sql("CREATE UNIQUE INDEX one_per_city ON account (city)")
    one, two, three = store.apply(new("k1", "17"), new("k2", "18"), new("k3", "19", city="Elgin"))

    assert (one.result, three.result) == (Result.LANDED, Result.LANDED)
    assert (two.result, two.permanent) == (Result.REFUSED, True)
    assert two.reason.startswith("The store does not take this account (")


def test_an_unknown_vendor_is_created_for_review(store: Store) -> None:
    store.apply(new("k1", vendor_canonical="Lumbee River"), new("k2"))

    assert store.sql("SELECT canonical FROM vendor WHERE needs_review") == [("Lumbee River",)]


def test_an_unknown_customer_is_refused(store: Store) -> None:
    write = new("k1", customer_key="nobody")
    (outcome,) = store.apply(write)

    assert (outcome.result, outcome.at_fault) == (Result.REFUSED, ("customer_key",))


def test_a_customer_added_after_setup_needs_no_setup(store: Store) -> None:
    store.sql("DELETE FROM customer")

    assert store.apply(new("k1"))[0].result is Result.LANDED


def test_the_location_follows_its_accounts(store: Store) -> None:
    (one,) = store.apply(new("k1"))
    store.apply(change(one, city="Elgin", location_code="0413", zip="60120"))

    assert store.sql("SELECT code, name, city, zip FROM location ORDER BY code") == [
        ("0412", "Joliet #0412", "Joliet", None),
        ("0413", "Joliet #0412", "Elgin", "60120"),
    ]


def test_meters_follow_the_list_and_are_never_deleted(store: Store) -> None:
    (one,) = store.apply(new("k1", meter_numbers="17; 18"))
    (one,) = store.apply(change(one, meter_numbers="18; 19"))
    listed = "SELECT meter_number, removed_at IS NULL FROM meter ORDER BY meter_number"

    assert [(n, bool(live)) for n, live in store.sql(listed)] == [
        ("17", False),
        ("18", True),
        ("19", True),
    ]
    store.apply(change(one, meter_numbers="17; 18; 19"))
    assert all(live for _, live in store.sql(listed))


def test_the_way_through_data_services_is_kept_with_its_times(store: Store) -> None:
    (one,) = store.apply(new("k1", data_services="not_requested"))
    for hours, values in ((1, {"data_services": "requested"}), (2, {"data_services_ref": "DS-1"})):
        store.clock.set(NOON + timedelta(hours=hours))
        (one,) = store.apply(change(one, **values))
    store.clock.set(NOON + timedelta(hours=3))
    store.apply(change(one, data_services="enrolled"))
    (link,) = store.sql(
        "SELECT state, ref, requested_at, enrolled_at, source FROM data_services_link"
    )
    history = store.sql(
        "SELECT new_value FROM account_event WHERE field = 'data_services' ORDER BY id"
    )

    assert (link[0], link[1], link[4]) == ("enrolled", "DS-1", "SYNC")
    assert [str(at)[11:13] for at in link[2:4]] == ["13", "15"]
    assert history == [("not_requested",), ("requested",), ("enrolled",)]


def test_an_enrolment_by_a_person_is_kept_too(store: Store) -> None:
    store.apply(new("k1", data_services="requested"))
    store.sql("UPDATE account SET data_services = 'enrolled'")

    assert store.sql("SELECT state, source FROM data_services_link") == [("enrolled", "MANUAL")]


def test_an_account_a_person_made_is_adopted(store: Store) -> None:
    store.sql("INSERT INTO account (customer_key, city) VALUES ('halsted', 'Joliet')")
    (seen,) = store.observed()
    write = change(Outcome("account", "k1", Result.LANDED, seen.ref, seen.version), city="Elgin")
    (outcome,) = store.apply(write)

    assert (outcome.ref, outcome.created) == (seen.ref, False)
    assert store.sql("SELECT sync_id, city, source FROM account") == [("k1", "Elgin", "MANUAL")]


def test_notes_are_written_once(store: Store) -> None:
    store.apply(new("k1"))
    notes = [
        Note("e1", "account", "UBM-0000001", "Approved by Dana.", NOON),
        Note("e2", "account", "UBM-0000099", "Lost.", NOON),
    ]
    first = list(store.connector.annotate(notes))
    list(store.connector.annotate(notes))

    assert [one.result for one in first] == [Result.LANDED, Result.REFUSED]
    assert store.connector.noted(notes) == {"e1"}
    assert store.sql("SELECT new_value FROM account_event WHERE kind = 'remark'") == [
        ("Approved by Dana.",)
    ]


def test_a_locked_database_is_temporary_and_nothing_was_sent(store: Store) -> None:
    with store.person.begin() as connection:
        connection.execute(text("UPDATE change_counter SET revision = revision"))
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(7021446302)"))
        make_impatient(store)
        with pytest.raises(Temporary, match="locked"):
            store.apply(new("k1"))

    assert store.sql("SELECT count(*) FROM account") == [(0,)]
    assert store.apply(new("k1"))[0].result is Result.LANDED


def test_a_lost_answer_to_a_commit_is_resolved_by_reading_back(postgres_store: Store) -> None:
    store = postgres_store
    engine = engine_of(store)

    @event.listens_for(engine, "commit")
    def commit_and_break(connection: Connection) -> None:
        raw: Any = connection.connection.driver_connection
        raw.commit()
        raw.execute("SELECT 1")
        store.sql("SELECT pg_terminate_backend(:pid)", pid=raw.info.backend_pid)

    outcomes = []
    with pytest.raises(Temporary):  # noqa: PT012 - what came before it counts
        for outcome in store.connector.apply([new("k1"), new("k2", "17", notes="x")]):
            outcomes.append(outcome)  # noqa: PERF402 - a comprehension would lose them

    assert [(one.key, one.result, one.ref) for one in outcomes] == [
        ("k1", Result.LANDED, "UBM-0000001"),
        ("k2", Result.LANDED, "UBM-0000002"),
    ]


def test_a_commit_that_did_not_happen_counts_as_not_sent(postgres_store: Store) -> None:
    store = postgres_store
    engine = engine_of(store)

    @event.listens_for(engine, "commit")
    def break_off(connection: Connection) -> None:
        raw: Any = connection.connection.driver_connection
        store.sql("SELECT pg_terminate_backend(:pid)", pid=raw.info.backend_pid)

    outcomes = []
    with pytest.raises(Temporary):  # noqa: PT012 - what came before it counts
        for outcome in store.connector.apply([new("k1")]):
            outcomes.append(outcome)  # noqa: PERF402 - a comprehension would lose them

    assert outcomes == []


def test_a_commit_nobody_can_ask_about_is_unknown(
    postgres: PostgresServer, postgres_store: Store
) -> None:
    engine = engine_of(postgres_store)
    name = engine.url.database

    @event.listens_for(engine, "commit")
    def break_off(connection: Connection) -> None:
        raw: Any = connection.connection.driver_connection
        postgres.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        postgres.run(f"SELECT pg_terminate_backend({raw.info.backend_pid})")

    outcomes = []
    with pytest.raises(Temporary):  # noqa: PT012 - what came before it counts
        for outcome in postgres_store.connector.apply([new("k1")]):
            outcomes.append(outcome)  # noqa: PERF402 - a comprehension would lose them

    assert [(one.key, one.result) for one in outcomes] == [("k1", Result.UNKNOWN)]


def test_a_connection_lost_halfway_sends_nothing(postgres_store: Store) -> None:
    engine = engine_of(postgres_store)

    @event.listens_for(engine, "before_cursor_execute")
    def break_off(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO account "):
            raw: Any = connection.connection.driver_connection
            postgres_store.sql("SELECT pg_terminate_backend(:pid)", pid=raw.info.backend_pid)

    with pytest.raises(Temporary, match="No connection"):
        postgres_store.apply(new("k1"))
    event.remove(engine, "before_cursor_execute", break_off)

    assert postgres_store.sql("SELECT count(*) FROM location") == [(0,)]
    assert postgres_store.apply(new("k1"))[0].result is Result.LANDED


def test_two_instances_that_create_the_same_record_make_one_account(database_url: str) -> None:
    one, two = Store(database_url), Store(database_url)
    one.setup()
    (first,) = one.apply(new("k1"))
    (second,) = two.apply(new("k1"))

    assert first.ref == second.ref
    one.close()
    two.close()


def test_the_default_is_a_file_below_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store("")
    store.setup()

    assert (tmp_path / "var" / "ubm.db").exists()
    store.connector.close()


def engine_of(store: Store) -> Engine:
    assert isinstance(store.connector, StoreConnector)
    return store.connector._engine()


def make_impatient(store: Store) -> None:
    """Let the connector's connections give up at once where they would wait for a lock."""
    engine = engine_of(store)
    with engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        if connection.dialect.name == "sqlite":
            raw.execute("pragma busy_timeout=0")
