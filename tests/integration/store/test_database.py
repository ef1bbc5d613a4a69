"""The shared database module, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Column, Connection, Engine, Integer, MetaData, Table, Text, insert, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, StatementError

from ubm_sync.database import (
    Instant,
    JsonText,
    clear_errors,
    for_reading,
    instant_text,
    open_engine,
    safe_address,
    upsert,
)
from ubm_sync.errors import NoAccess, NotThere, Refused, SyncError, Temporary

METADATA = MetaData()
THINGS = Table(
    "things",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("number", Integer),
    Column("at", Instant),
    Column("data", JsonText),
)
NOON = datetime(2026, 11, 21, 12, 0, 0, 500, tzinfo=UTC)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = open_engine(database_url)
    METADATA.create_all(opened)
    yield opened
    opened.dispose()


def test_values_come_back_as_they_were_stored(engine: Engine) -> None:
    central = NOON.astimezone(timezone(timedelta(hours=-6)))

    with engine.begin() as connection:
        connection.execute(insert(THINGS), {"name": "a", "at": central, "data": {"b": [1], "a": 2}})
    with for_reading(engine).connect() as connection:
        row = connection.execute(select(THINGS)).one()

    assert tuple(row) == ("a", None, NOON, {"a": 2, "b": [1]})
    assert row.at.tzinfo is UTC


def test_instants_compare_in_sql(engine: Engine) -> None:

    with engine.begin() as connection:
        connection.execute(
            insert(THINGS),
            [
                {"name": "exact", "at": NOON.replace(microsecond=0)},
                {"name": "later", "at": NOON},
                {"name": "empty", "at": None},
            ],
        )
        found = connection.scalars(
            select(THINGS.c.name).where(THINGS.c.at > NOON.replace(microsecond=0))
        ).all()

    assert found == ["later"]


def test_a_naive_instant_is_refused(engine: Engine) -> None:

    with engine.begin() as connection, pytest.raises(StatementError, match="needs a time zone"):
        connection.execute(insert(THINGS), {"name": "a", "at": NOON.replace(tzinfo=None)})


def test_instant_text_has_one_width() -> None:
    assert instant_text(NOON) == "2026-11-21T12:00:00.000500Z"
    assert len(instant_text(NOON.replace(microsecond=0))) == 27


def test_upsert_replaces_what_is_there(engine: Engine) -> None:
    statement = upsert(THINGS, ["name"], update=["number"])

    with engine.begin() as connection:
        connection.execute(statement, [{"name": "a", "number": 1}, {"name": "b", "number": 2}])
        connection.execute(statement, [{"name": "b", "number": 3}, {"name": "c", "number": 4}])
        rows = numbers(connection)

    assert rows == {"a": 1, "b": 3, "c": 4}


def test_upsert_leaves_equal_rows_alone_when_asked(engine: Engine) -> None:
    statement = upsert(THINGS, ["name"], only_changed=True)
    statement = statement.execution_options(preserve_rowcount=True)
    row = {"name": "a", "number": 1, "at": None, "data": None}

    with engine.begin() as connection:
        first = connection.execute(statement, row).rowcount
        again = connection.execute(statement, row).rowcount
        other = connection.execute(statement, {**row, "number": 2}).rowcount

    assert (first, again, other) == (1, 0, 1)


def test_upsert_without_columns_to_update_keeps_the_old_row(engine: Engine) -> None:
    statement = upsert(THINGS, ["name"], update=[])

    with engine.begin() as connection:
        connection.execute(statement, {"name": "a", "number": 1})
        connection.execute(statement, {"name": "a", "number": 2})
        rows = numbers(connection)

    assert rows == {"a": 1}


@pytest.mark.usefixtures("engine")
def test_a_reading_engine_cannot_write(database_url: str) -> None:
    reader = open_engine(database_url, writer=False)

    with (
        pytest.raises(SyncError, match="No right to change") as caught,
        clear_errors(safe_address(database_url)),
        reader.begin() as connection,
    ):
        connection.execute(insert(THINGS), {"name": "a"})

    assert isinstance(caught.value, NoAccess)
    reader.dispose()


def test_writers_that_read_first_never_find_the_database_locked(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url)
    METADATA.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(THINGS), {"name": "a", "number": 0})
    other = open_engine(sqlite_url)

    def count_up(which: int) -> None:
        for _ in range(25):
            with (engine, other)[which % 2].begin() as connection:
                number = connection.scalar(select(THINGS.c.number)) or 0
                connection.execute(THINGS.update().values(number=number + 1))

    threads = [threading.Thread(target=count_up, args=(which,)) for which in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.begin() as connection:
        rows = numbers(connection)

    assert rows == {"a": 100}
    engine.dispose()
    other.dispose()


def test_a_reader_does_not_wait_for_a_writer(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url)
    METADATA.create_all(engine)

    with engine.begin() as writing, for_reading(engine).connect() as reading:
        writing.execute(insert(THINGS), {"name": "a"})
        seen = numbers(reading)

    assert seen == {}


def test_the_folder_of_a_sqlite_file_is_created(tmp_path: Path) -> None:
    open_engine(f"sqlite:///{tmp_path}/var/deep/ubm.db").dispose()

    assert (tmp_path / "var" / "deep" / "ubm.db").exists()


def test_a_database_in_memory_is_one_for_all_connections() -> None:
    engine = open_engine("sqlite://")
    METADATA.create_all(engine)

    with engine.begin() as connection:
        connection.execute(insert(THINGS), {"name": "a", "number": 1})
    with engine.begin() as connection:
        rows = numbers(connection)

    assert rows == {"a": 1}


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://root:hush@host/x", "foo+bar://x:hush@y"])
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(Refused, match="use sqlite:///") as caught:
        open_engine(url)

    assert "hush" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ubm.db").write_text("dear diary " * 500)

    with pytest.raises(Refused, match="damaged or no SQLite file"):
        open_engine(f"sqlite:///{tmp_path}/ubm.db")


def test_a_folder_that_cannot_be_created_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(Refused, match="cannot be created"):
        open_engine(f"sqlite:///{tmp_path}/file/ubm.db")


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoAccess, match="cannot be opened"):
        open_engine(f"sqlite:///{tmp_path}")


def test_an_unreachable_server_is_temporary_and_the_password_unsaid() -> None:
    with pytest.raises(Temporary, match="check that the server runs") as caught:
        open_engine("postgres://ubm:hush@127.0.0.1:1/ubm")

    assert "hush" not in str(caught.value)


def test_a_missing_postgresql_database_is_said(postgres_url: str) -> None:
    absent = make_url(postgres_url).set(database="absent")

    with pytest.raises(NotThere, match="create it or correct the URL"):
        open_engine(absent.render_as_string(hide_password=False))


def test_a_connection_that_breaks_off_is_temporary(postgres_url: str) -> None:
    engine = open_engine(postgres_url)

    with (
        pytest.raises(Temporary, match="No connection"),
        clear_errors(safe_address(postgres_url)),
        engine.connect() as connection,
    ):
        connection.exec_driver_sql("select pg_terminate_backend(pg_backend_pid())")


def test_a_locked_file_is_temporary(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url)
    impatient = open_engine(sqlite_url)

    with engine.begin(), impatient.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("pragma busy_timeout=0")
        with pytest.raises(Temporary, match="locked"), clear_errors("x"):
            connection.begin()
    impatient.dispose()


def test_an_error_about_the_data_passes_unchanged(engine: Engine) -> None:

    with pytest.raises(DBAPIError), clear_errors("x"), engine.begin() as connection:
        connection.execute(insert(THINGS), [{"name": "a"}, {"name": "a"}])


def numbers(connection: Connection) -> dict[str, int]:
    return {row.name: row.number for row in connection.execute(select(THINGS))}
