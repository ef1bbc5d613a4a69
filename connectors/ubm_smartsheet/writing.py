"""Writes to one sheet: in batches, one request at a time, one outcome for each write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from ubm_smartsheet.batching import Divider, answered, batches, failures
from ubm_smartsheet.client import Answer, Client
from ubm_smartsheet.columns import SYNC_ID
from ubm_smartsheet.creating import Creator
from ubm_smartsheet.cursor import SheetState
from ubm_smartsheet.encode import Row, encode_row
from ubm_smartsheet.looking import CHANGED, GONE, Look, is_careful
from ubm_smartsheet.outcomes import landed, nothing_left, refused, unknown
from ubm_smartsheet.reading import Reader
from ubm_smartsheet.refusals import Refusal, understand
from ubm_smartsheet.settings import Settings
from ubm_smartsheet.versions import is_stale, written_version
from ubm_sync.errors import NoAccess, NotThere, Refused, Temporary
from ubm_sync.model import Binding, Outcome, Result, Write
from ubm_sync.transport import Outdated

PARTIAL = {"allowPartialSuccess": "true"}
_MEND = "add it again, or run template apply"
NOT_FOUND = "1006"


class SheetWriter:
    """Writes one sheet; not to be used by two threads at once."""

    def __init__(
        self, client: Client, reader: Reader, settings: Settings, state: SheetState
    ) -> None:
        self._client = client
        self._reader = reader
        self._size = settings.rows_per_write
        self._state = state
        self._divider = Divider()
        self._bindings = {one.field: one for one in reader.bindings[state.id]}
        self._creator = Creator(client, reader, state)
        self._look = Look(client, reader, state)
        self._looked = 0  # the version of the sheet up to which nobody came in between
        self._until: datetime | None = None  # as long as the look holds
        self._unsure: set[str | None] = set()  # rows of requests that were sent more than once

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Yield one outcome for each write.

        Raises NotThere where the sheet is out of reach, and what ``Client.put`` raises; the
        writes without an outcome by then were not sent.
        """
        if not self._state.columns:
            self._reader.learn(self._state.id)
        if missing := self._vital_missing():
            for write in writes:
                yield refused(write, f'column "{missing}" is missing in the sheet; {_MEND}')
            return
        writes = self._with_snapshots(writes)
        updates, creates = [], []
        for write in writes:
            if no := self._turned_away(write):
                yield no
                continue
            row = encode_row(write, self._bindings, self._state.columns, _MEND)
            if write.ref is None:
                creates.append(row)
            elif row.cells:
                updates.append(row)
            else:
                yield nothing_left(row)
        yield from self._look_and_update(updates)
        for batch in batches(creates, self._size):
            yield from self._creator.create(batch)

    def _look_and_update(self, rows: Sequence[Row]) -> Iterator[Outcome]:
        late: Mapping[str, str] = {}
        parts = batches(rows, self._size)
        for number, batch in enumerate(parts):
            if number == 0 or self._look_is_old():
                left = [row for part in parts[number:] for row in part]
                late, self._looked, self._until = self._look.late(left)
            ready = []
            for row in batch:
                if why := late.get(str(row.write.ref)):
                    yield refused(row.write, why, stale=True)
                else:
                    ready.append(row)
            if ready:
                yield from self._update(ready)

    def _look_is_old(self) -> bool:
        return self._until is not None and self._client.transport.has_passed(self._until)

    def _vital_missing(self) -> str:
        """Return the title of the identity's column where it is missing, "" where it is there.

        Without it a row could not be told from a copy.
        """
        if SYNC_ID in self._bindings and SYNC_ID not in self._state.columns:
            return self._bindings[SYNC_ID].external
        return ""

    def _with_snapshots(self, writes: Sequence[Write]) -> list[Write]:
        """Read the rows of writes that carry no version: a formula must not be overwritten."""
        blind = [one.ref for one in writes if one.ref is not None and not one.expected]
        blind = [ref for ref in blind if ref.isdigit()]
        if not blind:
            return list(writes)
        versions = {
            seen.ref: seen.version
            for page in self._reader.fetch(self._state.id, blind)
            for seen in page.observations
        }
        return [
            replace(one, expected=versions[one.ref])
            if not one.expected and one.ref in versions
            else one
            for one in writes
        ]

    def _turned_away(self, write: Write) -> Outcome | None:
        """Refuse what must not be sent: no row's id, or a row that people changed meanwhile.

        Only a write to cells that people edit can overwrite their change.
        """
        if write.ref is not None and not write.ref.isdigit():
            return refused(write, GONE, permanent=True)
        latest = self._state.latest.get(write.ref or "")
        if latest is None or not write.expected or not is_stale(write.expected, latest):
            return None
        if not any(_is_shared(self._bindings.get(name)) for name in write.values):
            return None
        return refused(write, CHANGED, stale=True)

    def _update(self, rows: Sequence[Row], *, again: bool = False) -> Iterator[Outcome]:
        """Send rows; ``again``: these were sent before, without the field at fault this time."""
        body = [{"id": int(row.write.ref or 0), "cells": list(row.cells.values())} for row in rows]
        try:
            until = self._until if any(map(is_careful, rows)) else None
            path = f"/sheets/{self._state.id}/rows"
            answer = self._client.put("write rows", path, body, PARTIAL, until=until)
        except NotThere as error:
            if error.code != NOT_FOUND or not self._sheet_is_there():
                raise
            yield from self._divided(rows, error, again=again)
            return
        except Outdated as error:
            self._unanswered(rows, error)
            for row in rows:
                if error.unsure or row.write.ref in self._unsure:
                    yield unknown(row.write, str(error))
                else:
                    yield refused(row.write, str(error), stale=True)
            return
        except (NoAccess, Temporary) as error:
            self._unanswered(rows, error)
            for row in rows:
                if error.unsure or row.write.ref in self._unsure:
                    yield unknown(row.write, str(error))
            raise
        except Refused as error:
            yield from self._divided(rows, error, again=again)
            return
        yield from self._answered(rows, answer, again=again)

    def _unanswered(self, rows: Sequence[Row], error: Outdated | NoAccess | Temporary) -> None:
        """Note that nothing is known any more of the sheet, nor whether it took these rows."""
        self._looked = 0
        if error.unsure:
            self._state.wrote({str(row.write.ref): "" for row in rows})

    def _sheet_is_there(self) -> bool:
        """Tell a row that is not there from a sheet that is not there."""
        try:
            self._client.get("read version", f"/sheets/{self._state.id}/version")
        except NotThere:
            return False
        return True

    def _divided(self, rows: Sequence[Row], error: Refused, *, again: bool) -> Iterator[Outcome]:
        send = partial(self._update, again=again)
        return self._divider.divide(rows, error, send, partial(self._failed, again=again))

    def _answered(self, rows: Sequence[Row], answer: Answer, *, again: bool) -> Iterator[Outcome]:
        if answer.sends > 1:
            self._unsure |= {row.write.ref for row in rows}
        written = {int(one["id"]): one for one in answered(answer)}
        failed = failures(answer, rows)
        newest = max((str(one.get("modifiedAt") or "") for one in written.values()), default="")
        version = int(answer.get("version") or 0)
        if not self._state.own_write(version, newest, rows=len(written), sends=answer.sends):
            refs = [int(row.write.ref or 0) for n, row in enumerate(rows) if n not in failed]
            times = {ref: str(written.get(ref, {}).get("modifiedAt") or "") for ref in refs}
            self._state.wrote({str(ref): at for ref, at in times.items()})
        # The vendor moves a sheet's version by one for each saving: ours alone, or others as well.
        alone = answer.sends == 1 and version == self._looked + bool(written)
        contested, self._looked = not (self._looked and alone), version
        for index, row in enumerate(rows):
            body = written.get(int(row.write.ref or 0))
            if index in failed:
                continue
            if body is None:
                yield unknown(row.write, "Smartsheet's answer does not mention the row")
            else:
                outcome = self._landed(row, body)
                yield outcome._replace(contested=contested and is_careful(row))
        # Last, for sending them once more may raise: what landed must have been told by then.
        for index, problem in failed.items():
            yield from self._failed(rows[index], problem, again=again)

    def _landed(self, row: Row, body: Mapping[str, Any]) -> Outcome:
        write = row.write
        self._state.latest.pop(write.ref or "", None)
        return landed(row, write.ref, written_version(write, str(body.get("modifiedAt") or "")))

    def _failed(self, row: Row, problem: Mapping[str, Any], *, again: bool) -> Iterator[Outcome]:
        refusal = understand(problem, row.sent)
        write = row.write
        if refusal.gone or refusal.locked:
            fields = tuple(row.cells) if refusal.locked else ()
            yield refused(write, refusal.reason, at_fault=fields, stale=refusal.gone)
        elif refusal.passing:
            if again and write.ref in self._unsure:
                yield unknown(write, refusal.reason)
            elif again:
                yield refused(write, refusal.reason)
            else:
                yield from self._update([row], again=True)
        elif refusal.cell and refusal.fields:
            yield from self._without(row, refusal)
        elif refusal.cell and len(row.cells) > 1 and self._divider.spend(len(row.cells)):
            yield self._cell_by_cell(row)
        else:
            # Which of several cells it is was not found out: the others are not to blame.
            fields = tuple(row.cells) if refusal.cell and len(row.cells) == 1 else ()
            yield refused(write, refusal.reason, permanent=True, at_fault=fields)

    def _without(self, row: Row, refusal: Refusal) -> Iterator[Outcome]:
        """Send the row again without the cells at fault."""
        rest = row.without(refusal.fields, refusal.reason)
        if rest.cells:
            yield from self._update([rest], again=True)
        else:
            yield nothing_left(rest)

    def _cell_by_cell(self, row: Row) -> Outcome:
        """Find the cells at fault where the vendor does not name them; rare, so one by one."""
        faults = dict(row.faults)
        good: dict[str, dict[str, Any]] = {}
        last = Outcome(row.write.place, row.write.key, Result.REFUSED)
        contested, until = False, self._until
        self._until = None  # a part of the row was sent: the rest of it is not decided again
        for name, cell in row.cells.items():
            for outcome in self._update([replace(row, cells={name: cell}, faults={})], again=True):
                if outcome.result is Result.LANDED:
                    good[name], last = cell, outcome
                    contested = contested or outcome.contested
                else:
                    faults[name] = outcome.reason
        self._until = until
        rest = Row(row.write, good, faults, lasting=True)
        if not good:
            return nothing_left(rest)
        return landed(rest, last.ref, last.version)._replace(contested=contested)


def _is_shared(binding: Binding | None) -> bool:
    return binding is not None and not binding.locked
