"""Reading accounts: what changed, everything, single ones."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from tests.integration.store.doubles import NOON, Store, change, new

from ubm_store.reads import PAGE
from ubm_sync.model import Outcome, Result


def test_an_account_reads_back_as_it_was_written(store: Store) -> None:
    write = new(
        "k1",
        service_start="2026-12-01",
        approved_at="2026-11-21T09:40:00Z",
        notes="Grüße\nfrom Joliet",
        zip="01234",
    )
    (outcome,) = store.apply(write)
    store.connector.resume(None)
    (seen,) = store.observed()

    assert (seen.place, seen.ref, seen.key, seen.container, seen.version, seen.gone) == (
        "account",
        "UBM-0000001",
        "k1",
        "halsted",
        outcome.version,
        "",
    )
    assert seen.values == {**write.values, "customer_key": "halsted", "source": "SYNC"}
    assert (seen.created_at, seen.modified_at, seen.modified_by) == (NOON, NOON, "")


def test_own_writes_are_not_news(store: Store) -> None:
    store.apply(new("k1"), new("k2", "17"))

    assert store.observed() == []


def test_nothing_changed_is_no_page(store: Store) -> None:
    assert store.pages() == []


def test_a_persons_update_is_seen_with_its_history(store: Store) -> None:
    (outcome,) = store.apply(new("k1", notes="old"))
    store.sql("UPDATE account SET notes = 'new', city = 'Aurora' WHERE id = 'UBM-0000001'")
    (seen,) = store.observed()

    assert (seen.values["notes"], seen.values["city"]) == ("new", "Aurora")
    assert int(seen.version) > int(outcome.version)
    assert seen.modified_by != "ubm-sync"
    assert store.sql(
        "SELECT field, old_value, new_value, source, run_id FROM account_event"
        " WHERE kind = 'changed' ORDER BY field"
    ) == [
        ("city", "Joliet", "Aurora", "MANUAL", None),
        ("notes", "old", "new", "MANUAL", None),
    ]
    assert store.observed() == []


def test_a_persons_insert_is_seen_and_tagged(store: Store) -> None:
    store.sql("INSERT INTO account (customer_key, city) VALUES ('aurora', 'Aurora')")
    (seen,) = store.observed()

    assert (seen.ref, seen.key, seen.container) == ("UBM-0000001", None, "aurora")
    assert seen.values == {"customer_key": "aurora", "city": "Aurora", "source": "MANUAL"}
    assert store.sql("SELECT kind, source FROM account_event") == [("created", "MANUAL")]


def test_a_vendor_renamed_by_a_person_is_seen_in_its_accounts(store: Store) -> None:
    store.apply(new("k1"))
    store.sql("UPDATE vendor SET canonical = 'Commonwealth' WHERE canonical = 'ComEd'")
    (seen,) = store.observed()

    assert seen.values["vendor_canonical"] == "Commonwealth"


def test_an_edit_between_own_writes_is_not_passed_over(store: Store) -> None:
    (outcome,) = store.apply(new("k1"))
    store.sql("UPDATE account SET city = 'Aurora'")
    store.apply(new("k2", "17"))

    assert {one.ref for one in store.observed()} >= {outcome.ref}


def test_accounts_of_one_location_keep_what_their_own_rows_say(store: Store) -> None:
    one, two = store.apply(new("k1", "17"), new("k2", "18", city="Elgin"))
    store.apply(change(one, address_1="1450 W Jefferson St"))
    seen = {one.ref: one.values for one in store.observed(full=True)}

    assert (seen[one.ref or ""]["city"], seen[two.ref or ""]["city"]) == ("Joliet", "Elgin")
    assert "address_1" not in seen[two.ref or ""]


def test_a_full_listing_is_complete_for_every_configured_customer(store: Store) -> None:
    store.apply(new("k1"))
    pages = store.pages(full=True)

    assert [one.ref for page in pages for one in page.observations] == ["UBM-0000001"]
    assert pages[-1].complete == {"halsted", "aurora"}
    assert not any(page.complete for page in pages[:-1])
    assert pages[-1].checked == {"store"}
    assert pages[-1].problems == ()


def test_a_listing_that_is_not_read_to_its_end_moves_no_cursor(store: Store) -> None:
    store.apply(new("k1"))
    store.connector.resume(None)
    listing = iter(store.connector.observe(full=True))
    next(listing)

    assert store.connector.cursor() == ":0"
    assert list(listing)[-1].complete
    assert store.connector.cursor().endswith(":1")


def test_what_changes_during_a_listing_is_read_again(store: Store) -> None:
    store.apply(new("k1"))
    listing = iter(store.connector.observe(full=True))
    next(listing)
    store.sql("UPDATE account SET city = 'Aurora'")
    list(listing)

    assert [one.values["city"] for one in store.observed()] == ["Aurora"]


def test_many_changes_come_in_pages_with_a_cursor_after_each(store: Store) -> None:
    store.apply(*(new(f"k{n}", str(n + 1)) for n in range(PAGE + 1)))
    store.connector.resume(None)
    sizes, cursors = [], []
    for page in store.connector.observe(full=False):
        sizes.append(len(page.observations))
        cursors.append(store.connector.cursor().rpartition(":")[2])

    assert sizes == [PAGE, 1]
    assert cursors == [str(PAGE), str(PAGE + 1)]


def test_a_cursor_of_another_database_reads_everything(store: Store) -> None:
    store.apply(new("k1"))
    store.connector.resume("0123456789abcdef:1")

    assert len(store.observed()) == 1


def test_a_restored_database_is_read_again(store: Store) -> None:
    store.apply(new("k1"))
    identity = store.connector.cursor().partition(":")[0]
    store.connector.resume(f"{identity}:99")

    assert len(store.observed()) == 1


def test_single_accounts_are_fetched_and_absent_ones_left_out(store: Store) -> None:
    store.apply(new("k1"), new("k2", "17"))
    wanted = ["UBM-0000002", "UBM-0000099", "nonsense"]
    (page,) = store.connector.fetch("account", wanted)

    assert [one.ref for one in page.observations] == ["UBM-0000002"]
    assert list(store.connector.fetch("account", ["UBM-0000099"])) == []
    assert list(store.connector.fetch("ticket", ["UBM-0000001"])) == []


def test_text_that_is_no_date_keeps_no_account_from_being_read(sqlite_store: Store) -> None:
    store = sqlite_store
    store.apply(new("k1"), new("k2", "17"))
    store.sql(
        "UPDATE account SET service_start = 'soon', changed_at = 'then', approved_at = 'never'"
        " WHERE id = 'UBM-0000001'"
    )
    first, second = store.observed(full=True)

    assert (first.values["service_start"], first.marks["service_start"]) == ("soon", "untyped")
    assert first.marks["approved_at"] == "untyped"
    assert second.marks == {}
    landed = Outcome("account", "k1", Result.LANDED, first.ref, first.version)
    (again,) = store.apply(change(landed, service_start="2026-12-01"))
    assert again.result is Result.LANDED


def test_a_place_less_store_reads_nothing(database_url: str) -> None:
    store = Store(database_url, place=None)
    store.setup()

    assert store.pages(full=True) == []
    store.close()


def test_a_change_committed_late_is_not_passed_over(postgres_store: Store) -> None:
    store = postgres_store
    store.apply(new("k1"), new("k2", "17"))
    store.observed()
    started, late = threading.Event(), store.person

    def hurry() -> None:
        started.set()
        store.sql("UPDATE account SET city = 'Elgin' WHERE sync_id = 'k2'")

    with late.connect() as connection:
        connection.execute(text("UPDATE account SET city = 'Aurora' WHERE sync_id = 'k1'"))
        second = threading.Thread(target=hurry)
        second.start()
        started.wait()
        meanwhile = store.observed()
        connection.commit()
    second.join()

    assert meanwhile == []
    assert [one.values["city"] for one in store.observed()] == ["Aurora", "Elgin"]


def test_the_history_cannot_be_changed(store: Store) -> None:
    store.apply(new("k1"))
    for statement in ("UPDATE account_event SET kind = 'remark'", "DELETE FROM account_event"):
        with pytest.raises(Exception, match="append-only"):
            store.sql(statement)


def test_the_number_of_an_account_is_set_once(store: Store) -> None:
    store.apply(new("k1"))
    with pytest.raises(Exception, match="set once"):
        store.sql("UPDATE account SET number = 17")


def test_instants_of_people_are_aware(store: Store) -> None:
    store.sql("INSERT INTO account (customer_key) VALUES ('aurora')")
    (seen,) = store.observed()

    assert seen.created_at is not None
    assert seen.created_at.tzinfo is UTC
    assert seen.created_at > datetime(2026, 1, 1, tzinfo=UTC)


def test_nothing_is_passed_over_while_several_people_write(store: Store) -> None:
    keys = [f"k{n}" for n in range(6)]
    store.apply(*(new(key, str(n + 1)) for n, key in enumerate(keys)))

    def edit(person: int) -> None:
        for turn in range(15):
            key = keys[(person + turn) % len(keys)]
            store.sql(
                "UPDATE account SET notes = :note WHERE sync_id = :key",
                note=f"{person}.{turn}",
                key=key,
            )

    people = [threading.Thread(target=edit, args=(person,)) for person in range(3)]
    for thread in people:
        thread.start()
    seen: dict[str | None, str | None] = {}
    while any(thread.is_alive() for thread in people):
        seen |= {one.key: one.values.get("notes") for one in store.observed()}
    seen |= {one.key: one.values.get("notes") for one in store.observed()}

    assert seen == dict(store.sql("SELECT sync_id, notes FROM account"))
