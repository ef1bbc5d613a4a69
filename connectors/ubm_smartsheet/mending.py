"""Carries out remedies: reads a sheet's columns, makes one change, reads them again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeAlias

from ubm_smartsheet.client import Client
from ubm_smartsheet.columns import Column, parse_column
from ubm_smartsheet.decode import RowDecoder
from ubm_smartsheet.drift import SYSTEM
from ubm_smartsheet.reading import HEAD, Reader
from ubm_smartsheet.remedies import Remedies, Remedy, survives
from ubm_sync.errors import NoAccess, Refused, Temporary, UnknownOutcome
from ubm_sync.ports import SetupStep

BUILDERS = ("OWNER", "ADMIN")  # who may add, change and lock columns
_NO_BUILDER = (
    "The service's account may edit this sheet but not its columns; share it with the account as "
    "Admin and apply the template again."
)
_TRIES = 3  # of one change whose answer was lost, or that was refused
_SHOWN = 5
_VERBS = {"created": "create", "changed": "change"}
_EMPTY: Mapping[str, Any] = {"columnId": 0}
Told: TypeAlias = tuple[str, SetupStep, str]


class Mender:
    """Makes sheets what the template says, cells untouched; see ``KeepsTemplate.mend``."""

    def __init__(self, client: Client, reader: Reader) -> None:
        self._client = client
        self._reader = reader

    def mend(
        self,
        sheets: Collection[str],
        *,
        dry_run: bool,
        order: bool = False,
        only: Collection[str] | None = None,
    ) -> Iterator[Told]:
        """Yield what was done, sheet by sheet; a sheet that cannot be mended stops no other.

        Raises NoAccess, and Temporary where the vendor does not answer.
        """
        for sheet in sheets:
            one = _Sheet(self._client, self._reader, sheet, order=order, only=only)
            try:
                yield from one.foresee() if dry_run else one.mend()
            except NoAccess:
                raise
            except Refused as error:
                yield one.about_all("problem", str(error))


class _Sheet:
    """One sheet while it is mended."""

    def __init__(
        self,
        client: Client,
        reader: Reader,
        sheet: str,
        *,
        order: bool,
        only: Collection[str] | None,
    ) -> None:
        self._client = client
        self._reader = reader
        self._sheet = sheet
        self._order = order
        self._only = only
        self._state = reader.state(sheet)
        self._may_build = True
        self._others: list[Remedy] = []  # what is needed as well, and is none of ``only``

    def foresee(self) -> Iterator[Told]:
        """Yield what would be done."""
        needed = self._needed()
        if not needed or not self._may_build:
            yield from self._nothing(needed)
            return
        for one in needed:
            if one.converts and one.column is not None and (odd := self._odd(one, one.column)):
                yield self._about(one, "problem", _would_change(one, odd))
            elif one.body is None:
                yield self._about(one, "problem")
            else:
                yield self._about(one, f"would {_VERBS[_done(one)]}")
        yield from self._left()

    def mend(self) -> Iterator[Told]:
        """Make one change after the other until none is left that could help."""
        needed = self._needed()
        if not needed or not self._may_build:
            yield from self._nothing(needed)
            return
        tries: Counter[str] = Counter()
        unsure: Remedy | None = None
        while True:
            if unsure is not None and unsure.key not in {one.key for one in needed}:
                yield self._about(unsure, _done(unsure))  # it had been taken, or others did it
            unsure = None
            ready = [one for one in needed if not one.foreseen and tries[one.key] < _TRIES]
            if not ready:
                yield from self._left()
                return
            one = ready[0]
            tries[one.key] += 1
            told = self._carry_out(one, lasting=tries[one.key] >= _TRIES)
            if told is None:
                unsure = one
            else:
                yield told
                tries[one.key] = _TRIES
            needed = self._needed()

    def about_all(self, state: str, detail: str = "", key: str = "") -> Told:
        """Return what is to be said of the sheet as a whole."""
        what = f'sheet "{self._state.name or self._sheet}"'
        return self._sheet, SetupStep(SYSTEM, what, state, detail), key

    def _nothing(self, needed: list[Remedy]) -> Iterator[Told]:
        if needed:
            yield self.about_all("problem", _NO_BUILDER, needed[0].key)
        elif self._others:
            yield from self._left()
        else:
            yield self.about_all("ok")

    def _left(self) -> Iterator[Told]:
        """Yield what the sheet needs besides ``only``: the sheet may have changed since."""
        for one in self._others:
            yield self._about(one, "left", f"{one.detail} (not in the plan)")

    def _needed(self) -> list[Remedy]:
        """Read the columns and return what the sheet needs now."""
        body = self._client.get("read columns", f"/sheets/{self._sheet}", HEAD)
        live = tuple(parse_column(column) for column in body["columns"])
        state, standard = self._state, self._reader.standard
        state.name = str(body.get("name") or state.name)
        self._may_build = str(body.get("accessLevel") or BUILDERS[0]) in BUILDERS
        found = standard.found(state, live)
        bindings = self._reader.bindings[self._sheet]
        remedies = Remedies(bindings, found, state.titles, standard.exempt(self._sheet))
        state.known, state.columns = found.known, found.columns
        state.learn_sheet(live)
        every = list(remedies.every(order=self._order))
        if self._only is None:
            return every
        self._others = [one for one in every if one.key not in self._only]
        return [one for one in every if one.key in self._only]

    def _carry_out(self, one: Remedy, *, lasting: bool) -> Told | None:
        """Make one change; None where its answer was lost, or no, and the columns have to tell.

        A change is refused as well where somebody made it between our look and our request.
        """
        if one.body is None:
            return self._about(one, "problem")
        try:
            if one.converts and one.column is not None:
                return self._convert(one, one.column)
            self._send(one)
        except NoAccess:
            raise
        except (UnknownOutcome, Refused) as error:
            return self._about(one, "problem", str(error)) if lasting else None
        except Temporary as error:
            if lasting or not error.unsure:
                raise
            return None
        return self._about(one, _done(one))

    def _send(self, one: Remedy) -> None:
        path = f"/sheets/{self._sheet}/columns"
        if one.column is None:
            self._client.post("add columns", path, [one.body])
        else:
            self._client.put("change column", f"{path}/{one.column.id}", one.body)

    def _convert(self, one: Remedy, column: Column) -> Told:
        """Give a column its type back where every cell will read the same, and look whether."""
        before = self._cells(column)
        if odd := [row for row, cell in before.items() if not survives(one.converts, cell)]:
            return self._about(one, "problem", _would_change(one, odd))
        self._send(one)
        after = self._cells(column) if before else {}
        field = one.key.partition("/")[0]
        was, now = self._reads(field, column), self._reads(field, _converted(column, one))
        changed = [
            row
            for row, cell in before.items()
            if was.cell(field, cell) != now.cell(field, after.get(row, _EMPTY))
        ]
        if changed:
            return self._about(one, "problem", _did_change(one, changed))
        return self._about(one, "changed")

    def _odd(self, one: Remedy, column: Column) -> list[str]:
        """Return the rows whose cell might not survive that its column is converted."""
        cells = self._cells(column)
        return [row for row, cell in cells.items() if not survives(one.converts, cell)]

    def _cells(self, column: Column) -> dict[str, Mapping[str, Any]]:
        """Return the cells of one column that hold something, by row."""
        query = {"level": "2", "include": "objectValue", "columnIds": str(column.id)}
        body = self._client.get("read column", f"/sheets/{self._sheet}", query)
        return {
            str(row["id"]): cell
            for row in body["rows"]
            for cell in row["cells"]
            if cell.get("columnId") == column.id and len(cell) > 1
        }

    def _reads(self, field: str, column: Column) -> RowDecoder:
        bindings = [one for one in self._reader.bindings[self._sheet] if one.field == field]
        return RowDecoder("row", self._sheet, bindings, {field: column}, key_is_value=True)

    def _about(self, one: Remedy, state: str, detail: str = "") -> Told:
        what = f'column "{one.title}" of sheet "{self._state.name or self._sheet}"'
        return self._sheet, SetupStep(SYSTEM, what, state, detail or one.detail), one.key


def _done(one: Remedy) -> str:
    return "created" if one.column is None else "changed"


def _converted(column: Column, one: Remedy) -> Column:
    options = tuple((one.body or {}).get("options", ()))
    return column._replace(type=one.converts, options=options)


def _would_change(one: Remedy, rows: list[str]) -> str:
    return (
        f"{one.detail}: {_rows(rows)} what might be changed by it, so nothing was done; correct "
        "those cells, or change the type by hand (Edit Column Properties)."
    )


def _did_change(one: Remedy, rows: list[str]) -> str:
    shown = ", ".join(rows[:_SHOWN])
    return (
        f"{one.detail} is done, and {_rows(rows)} another value since; compare them with the "
        f"column's history (rows {shown})."
    )


def _rows(rows: list[str]) -> str:
    return "1 row holds" if len(rows) == 1 else f"{len(rows)} rows hold"
