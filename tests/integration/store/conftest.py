"""Stores for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.integration.store.doubles import Store


@pytest.fixture
def bare_store(database_url: str) -> Iterator[Store]:
    """A store on an empty database."""
    store = Store(database_url)
    yield store
    store.close()


@pytest.fixture
def store(bare_store: Store) -> Store:
    """A store with its tables, read up to now."""
    bare_store.setup()
    assert bare_store.observed() == []
    return bare_store


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    """A store on SQLite."""
    store = Store(sqlite_url)
    store.setup()
    yield store
    store.close()


@pytest.fixture
def postgres_store(postgres_url: str) -> Iterator[Store]:
    """A store on PostgreSQL."""
    store = Store(postgres_url)
    store.setup()
    yield store
    store.close()
