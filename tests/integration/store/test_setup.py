"""Setting the store up: tables, vendors, customers."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from tests.integration.store.doubles import AURORA, HALSTED, PLACE, Store

from ubm_store.migrations import VERSION_TABLE, migrate
from ubm_store.schema import Base
from ubm_store.seed import known_vendors
from ubm_sync.database import open_engine
from ubm_sync.errors import NotThere
from ubm_sync.model import Binding


def states(store: Store, *, dry_run: bool = False) -> dict[str, str]:
    steps = store.setup(dry_run=dry_run)
    return {step.what.replace(store.address, "URL"): step.state for step in steps}


def test_migrations_make_the_tables_of_the_schema(database_url: str) -> None:
    migrate(database_url)
    engine = open_engine(database_url)

    with engine.connect() as connection:
        options = {"version_table": VERSION_TABLE, "include_object": lambda *_: True}
        context = MigrationContext.configure(connection, opts=options)
        # SQLite's expression indexes and generated columns cannot be compared; PostgreSQL's can
        if connection.dialect.name == "postgresql":
            assert compare_metadata(context, Base.metadata) == []
        tables = set(Base.metadata.tables)
        assert tables <= set(engine.dialect.get_table_names(connection))
    engine.dispose()


def test_migrating_again_does_nothing(database_url: str) -> None:
    assert migrate(database_url) == ("0001", "0002", "0003", "0004", "0005")
    assert migrate(database_url) == ()


def test_of_two_that_migrate_at_once_one_does_it(database_url: str) -> None:
    done: list[tuple[str, ...]] = []
    threads = [threading.Thread(target=lambda: done.append(migrate(database_url))) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(done) == [(), ("0001", "0002", "0003", "0004", "0005")]


def test_setup_says_what_it_made_and_then_finds_all_in_place(bare_store: Store) -> None:
    first = states(bare_store)
    again = states(bare_store)

    assert first == {
        'database "URL"': "created" if bare_store.url.startswith("sqlite") else "ok",
        "tables": "created",
        "vendors": "created",
        'customer "halsted"': "created",
        'customer "aurora"': "created",
    }
    assert again == dict.fromkeys(first, "ok")


def test_a_rehearsal_says_what_it_would_make_and_makes_nothing(bare_store: Store) -> None:
    first = states(bare_store, dry_run=True)

    assert set(first.values()) - {"ok"} == {"would create"}
    assert states(bare_store)["tables"] == "created"
    assert set(states(bare_store, dry_run=True).values()) == {"ok"}


def test_a_rehearsal_does_not_create_the_file(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/var/ubm.db")

    assert {"would create"} == set(states(store, dry_run=True).values())
    assert not (tmp_path / "var").exists()
    store.close()


def test_a_renamed_customer_is_renamed(store: Store) -> None:
    renamed = Store(store.url, customers=(replace(HALSTED, name="Halsted Group"), AURORA))

    assert states(renamed, dry_run=True)['customer "halsted"'] == "would change"
    assert states(renamed)['customer "halsted"'] == "changed"
    assert store.sql("SELECT name FROM customer WHERE key = 'halsted'") == [("Halsted Group",)]
    renamed.close()


def test_vendors_are_planted_with_their_names_by_state(store: Store) -> None:
    found = store.sql(
        "SELECT vendor_canonical, state FROM vendor_alias WHERE alias = 'PGE' ORDER BY state"
    )

    assert found == [("Portland General Electric", "OR")]
    assert store.sql("SELECT count(*) FROM vendor WHERE NOT needs_review") == [
        (len(known_vendors()),)
    ]
    assert store.sql("SELECT DISTINCT source FROM vendor") == [("SYNC",)]


def test_what_a_person_changed_about_a_vendor_stays(store: Store) -> None:
    store.sql("UPDATE vendor SET note = 'ours' WHERE canonical = 'ComEd'")
    store.setup()

    assert store.sql("SELECT note FROM vendor WHERE canonical = 'ComEd'") == [("ours",)]


def test_a_store_of_a_newer_version_is_left_alone(store: Store) -> None:
    store.sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")  # noqa: S608 - a constant

    for dry_run in (True, False):
        (_, step) = store.setup(dry_run=dry_run)
        assert step.state == "problem"
        assert "newer version of ubm-sync" in step.detail


def test_a_field_without_a_column_is_a_problem(database_url: str) -> None:
    store = Store(database_url, place=replace(PLACE, bindings=(Binding("colour", "paint"),)))

    assert states(store)['column of field "colour"'] == "problem"
    problems = store.pages(full=True)[-1].problems
    assert [problem.fields for problem in problems] == [("colour",)]
    store.close()


def test_reading_before_setup_says_what_to_run(bare_store: Store) -> None:
    with pytest.raises(NotThere, match="run ubm-sync setup"):
        bare_store.observed()


def test_the_version_table_is_the_stores_own(store: Store) -> None:
    with store.person.connect() as connection:
        row = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).one()  # noqa: S608 - a constant

    assert row.version_num == "0005"
