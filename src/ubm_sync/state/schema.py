"""What every table of the state shares: metadata, column types, chunks.

Instants are stored as microseconds since 1970 and everything structured as JSON text: both are the
same in every database, sort and compare as they should, and cost half of what text instants do on
the way in. Text that people or vendors wrote is cleaned of the two things a database refuses
(NUL on PostgreSQL, lone surrogates everywhere), so that one odd character cannot stop a batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any, TypeAlias, TypeVar

import orjson
from sqlalchemy import BigInteger, Dialect, Integer, MetaData, Text
from sqlalchemy.types import TypeDecorator

T = TypeVar("T")
Json: TypeAlias = Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
CHUNK = 500  # values in one IN list: SQLite's and PostgreSQL's planners both stay quick

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only in a column that is declared INTEGER
ROW_NUMBER = BigInteger().with_variant(Integer, "sqlite")


class Moment(TypeDecorator[datetime]):
    """An aware datetime as whole microseconds since 1970 (UTC)."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return microseconds."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return an aware datetime in UTC."""
        return None if value is None else instant(value)


class JsonText(TypeDecorator[Any]):
    """A JSON value as text, in the order it was given."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return the text; ``None`` stays NULL."""
        return None if value is None else json_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002 - SQLAlchemy's signature
        """Return the decoded value."""
        return None if value is None else json_value(value)


class CleanText(TypeDecorator[str]):
    """Text from outside, without NUL and lone surrogates."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return text that every database takes."""
        return None if value is None else clean(value)


def microseconds(value: datetime) -> int:
    """Return whole microseconds since 1970, exactly.

    Raises ValueError for a naive datetime: it would be read in the machine's own zone.
    """
    if value.tzinfo is None:
        raise ValueError(f"A stored instant needs a time zone, {value.isoformat()} has none.")
    return (value - EPOCH) // MICROSECOND  # a float of seconds is not exact from 2106 on


@lru_cache(maxsize=4096)
def instant(value: int) -> datetime:
    """Return the aware UTC datetime of ``microseconds``; records of one listing share many."""
    return EPOCH + timedelta(microseconds=value)


def json_text(value: Json) -> str:
    """Return JSON text of dicts, lists, dataclasses, instants, sets (sorted) and mappings."""
    try:
        return orjson.dumps(value, default=_plain).decode()
    except TypeError:  # a lone surrogate: not worth a check of every text that has none
        return orjson.dumps(_cleaned(value), default=_plain).decode()


def json_value(text: str) -> Json:
    """Return what ``json_text`` was made of, dicts and lists throughout."""
    return orjson.loads(text)


def clean(text: str) -> str:
    """Replace NUL and lone surrogates by the replacement character."""
    if text.isascii() and "\0" not in text:
        return text
    return _whole(text).replace("\0", "\N{REPLACEMENT CHARACTER}")


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Yield ``values`` in lists of at most ``size``."""
    rest = iter(values)
    while part := list(islice(rest, size)):
        yield part


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be kept as JSON.")


def _whole(text: str) -> str:
    """Replace lone surrogates; two that belong together become the character they mean."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _whole(value)
    if isinstance(value, Mapping):
        return {_whole(str(key)): _cleaned(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_cleaned(part) for part in value]
    return value
