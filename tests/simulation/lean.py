"""SQLAlchemy's statements with next to nothing between them and SQLite.

A story runs two thousand statements on a few rows each, and what SQLAlchemy does around one takes
four times as long as SQLite takes for it. Here each statement is compiled by SQLAlchemy once; then
its text goes to the driver with the parameters in order. Values pass through the same types, rows
and errors are SQLAlchemy's own. A statement of an uncommon kind takes the usual way. A test plays
stories either way and compares.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast
from weakref import ref

from sqlalchemy import Connection, Delete, Dialect, Engine, Insert, Select, Update
from sqlalchemy.engine.base import OptionEngine
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.sql.compiler import SQLCompiler

USUAL = "SIMULATION_USUAL_SQL"  # set in the environment: everything takes the usual way
_is_usual = USUAL in os.environ
_TAKEN = "_taken_by_the_simulation"
_MEMO = "_prepared_for_the_simulation"
KINDS = (Select, Insert, Update, Delete)
EXPANDING = "__[POSTCOMPILE_{}]"

Processor = Callable[[Any], Any]
Row = Mapping[str, Any]


class Found(IteratorResult[Any]):
    """The rows of a statement, or how many it changed."""

    rowcount: int


class Parameter(NamedTuple):
    """One parameter of a statement, in its place."""

    name: str
    process: Processor | None
    default: Any  # the value that stands in the statement itself
    is_many: bool  # the values of an ``IN``


@dataclass(slots=True)
class Prepared:
    """A statement as the driver takes it."""

    text: str
    parameters: Sequence[Parameter]
    many: str  # the parameter whose number of values is part of the text, "" for none
    metadata: SimpleResultMetaData
    results: Sequence[tuple[int, Processor]]

    def values(self, row: Row) -> list[Any]:
        """Return the parameters of one row in order."""
        values: list[Any] = []
        for name, process, default, is_many in self.parameters:
            value = row.get(name, default)
            if is_many:
                values += value if process is None else map(process, value)
            else:
                values.append(value if process is None else process(value))
        return values

    def text_for(self, row: Row) -> str:
        """Return the statement for this row's number of values."""
        if not self.many:
            return self.text
        places = ", ".join("?" * len(row[self.many]))
        return self.text.replace(EXPANDING.format(self.many), places)

    def found(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """Yield rows with their values as the service knows them."""
        for row in rows:
            values = list(row)
            for index, process in self.results:
                values[index] = process(values[index])
            yield tuple(values)


class LeanConnection(Connection):
    """A connection to a SQLite database in memory without a detour.

    There is one, so it is taken out of its pool once and never put back.
    """

    def __init__(self, engine: Engine, connection: PoolProxiedConnection | None = None) -> None:
        if connection is None:
            pool = vars(engine.pool)
            connection = pool[_TAKEN] = pool.get(_TAKEN) or engine.raw_connection()
        super().__init__(engine, connection, _has_events=False)

    def close(self) -> None:
        """End what is under way, as a pool does; the connection stays out."""
        if self._transaction is not None:
            self._transaction.close()
        taken: Any = self._dbapi_connection
        if taken is not None and taken.driver_connection.in_transaction:
            taken.driver_connection.rollback()  # its commit was interrupted
        self._dbapi_connection = None

    def _execute_clauseelement(
        self, elem: Any, distilled_parameters: Any, execution_options: Any
    ) -> Any:
        rows: Sequence[Row] = distilled_parameters or ({},)
        prepared = _of(self.dialect, elem, rows)
        if prepared is None or (prepared.many and not rows[0].get(prepared.many)):
            return super()._execute_clauseelement(elem, distilled_parameters, execution_options)
        return self._run(prepared, rows)

    def _run(self, prepared: Prepared, rows: Sequence[Row]) -> Found:
        if self._transaction is None:
            self.begin()
        raw: Any = self.connection
        cursor = raw.cursor()
        text = prepared.text_for(rows[0])
        values: Any = None
        try:
            if len(rows) == 1:
                values = prepared.values(rows[0])
                self.dialect.do_execute(cursor, text, values)
            else:
                values = [prepared.values(row) for row in rows]
                self.dialect.do_executemany(cursor, text, values)
            listed = cursor.fetchall() if cursor.description else ()
        except BaseException as error:  # noqa: BLE001 - it becomes one of SQLAlchemy's there
            self._handle_dbapi_exception(error, text, values, cursor, None)
        found = Found(
            prepared.metadata, iter(prepared.found(listed) if prepared.results else listed)
        )
        found.rowcount = cursor.rowcount
        cursor.close()
        return found


class _View(OptionEngine):
    _connection_cls = LeanConnection


def lean(engine: Engine, kind: type[LeanConnection] = LeanConnection) -> None:
    """Have an engine use lean connections, and the views made of it from now on too.

    ``kind`` is the engine's own, not that of its views.
    """
    vars(engine).update(_connection_cls=kind, _option_cls=_View)


def _of(dialect: Dialect, statement: Any, rows: Sequence[Row]) -> Prepared | None:
    """Return a statement as it was prepared; None where it takes the usual way."""
    if _is_usual or not isinstance(statement, KINDS):
        return None
    known: dict[tuple[bool, tuple[str, ...]], Prepared | None]
    whose, known = vars(statement).get(_MEMO, (None, {}))
    if whose is None or whose() is not statement:  # new, or made of another one
        vars(statement)[_MEMO] = ref(statement), {}
        return None  # what is built for one use is not worth it
    several, names = len(rows) > 1, tuple(sorted(rows[0]))
    if (several, names) not in known:
        known[several, names] = _prepare(dialect, statement, names, several=several)
    return known[several, names]


def _prepare(
    dialect: Dialect, statement: Any, names: Sequence[str], *, several: bool
) -> Prepared | None:
    compiled = cast(
        "SQLCompiler",
        statement.compile(dialect=dialect, column_keys=list(names), for_executemany=several),
    )
    lists = [one.key for one in compiled.post_compile_params]
    unusual = compiled.insert_prefetch or compiled.update_prefetch
    missing = {one.key for one in compiled.binds.values() if one.required} - {*names}
    if (
        unusual
        or missing
        or len(lists) > 1
        or (several and (lists or compiled.effective_returning))
    ):
        return None
    processors = compiled._bind_processors
    parameters = []
    for name in compiled.positiontup or ():
        bind = compiled.binds[name]
        processor = cast("Processor | None", processors.get(name))
        parameters.append(Parameter(bind.key, processor, bind.effective_value, name in lists))
    columns = compiled._result_columns
    results = [
        (index, process)
        for index, one in enumerate(columns)
        if (process := one.type._cached_result_processor(dialect, None)) is not None
    ]
    text = str(compiled)
    many = lists[0] if lists else ""
    if many and EXPANDING.format(many) not in text:
        return None
    metadata = SimpleResultMetaData([one.keyname for one in columns])
    return Prepared(text, parameters, many, metadata, results)
