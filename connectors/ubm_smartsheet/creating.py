"""New rows: the one request that must not be sent twice, for it has no idempotency key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from ubm_smartsheet.batching import Divider, answered, failures
from ubm_smartsheet.client import Answer, Client
from ubm_smartsheet.columns import SYNC_ID
from ubm_smartsheet.cursor import SheetState
from ubm_smartsheet.encode import Row, identity_cell
from ubm_smartsheet.outcomes import landed, refused, unknown
from ubm_smartsheet.reading import Reader
from ubm_smartsheet.refusals import understand
from ubm_smartsheet.versions import written_version
from ubm_sync.errors import NoAccess, NotThere, Refused, SyncError, UnknownOutcome
from ubm_sync.model import Observation, Outcome

_PARTIAL = {"allowPartialSuccess": "true"}


class Creator:
    """Adds rows to one sheet; each carries its record's identity, by which it is found again.

    The sheet's version is not taken over: the next cycle reads the new rows, and with them what the
    sheet fills in by itself, such as the request number.
    """

    def __init__(self, client: Client, reader: Reader, state: SheetState) -> None:
        self._client = client
        self._reader = reader
        self._state = state
        self._divider = Divider()

    def create(self, rows: Sequence[Row]) -> Iterator[Outcome]:
        """Yield one outcome for each row.

        Each is looked for first: an earlier create may have ended unknown, or been another
        process's. Raises as ``Client.post``.
        """
        found = self._find(rows)
        fresh = []
        for row in rows:
            there = found.get(row.write.key)
            if there is None:
                fresh.append(row)
            else:
                yield self._settled(row, there.ref, there.version)
        if fresh:
            yield from self._send(fresh, again=False)

    def _send(self, rows: Sequence[Row], *, again: bool) -> Iterator[Outcome]:
        column = self._state.columns[SYNC_ID]
        body = [
            {
                "toBottom": True,
                "cells": [
                    *(cell for name, cell in row.cells.items() if name != SYNC_ID),
                    identity_cell(row.write.key, column),
                ],
            }
            for row in rows
        ]
        self._state.unsure |= {row.write.key for row in rows}
        self._state.changed()
        try:
            answer = self._client.post("add rows", f"/sheets/{self._state.id}/rows", body, _PARTIAL)
        except UnknownOutcome as error:
            yield from self._read_back(rows, str(error))
            return
        except (NoAccess, NotThere):
            self._certain(rows)
            raise
        except Refused as error:
            self._certain(rows)
            yield from self._divider.divide(
                rows, error, partial(self._send, again=again), partial(self._failed, again=again)
            )
            return
        except SyncError:
            self._certain(rows)  # nothing was sent
            raise
        yield from self._answered(rows, answer, again=again)

    def _answered(self, rows: Sequence[Row], answer: Answer, *, again: bool) -> Iterator[Outcome]:
        failed = failures(answer, rows)
        made = answered(answer)
        taken = [row for index, row in enumerate(rows) if index not in failed]
        by_key = self._by_identity(made)
        in_order = len(made) == len(taken)  # the vendor answers in the order of the request
        lost = []
        for index, row in enumerate(taken):
            body = by_key.get(row.write.key) or (made[index] if in_order and not by_key else None)
            if body is None:
                lost.append(row)
                continue
            version = written_version(row.write, str(body.get("modifiedAt") or ""))
            yield self._settled(row, str(body["id"]), version, created=True)
        if lost:
            yield from self._read_back(lost, "Smartsheet's answer does not mention the row")
        self._certain([rows[index] for index in failed])
        for index, error in failed.items():  # last, for sending them once more may raise
            yield from self._failed(rows[index], error, again=again)

    def _by_identity(self, made: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
        column = self._state.columns[SYNC_ID].id
        return {
            str(cell["value"]): one
            for one in made
            for cell in one.get("cells") or ()
            if cell.get("columnId") == column and cell.get("value")
        }

    def _read_back(self, rows: Sequence[Row], reason: str) -> Iterator[Outcome]:
        """Look for rows by their identity; what is not there may still come: it stays unknown."""
        try:
            found = self._find(rows)
        except SyncError:
            found = {}
        for row in rows:
            there = found.get(row.write.key)
            if there is None:
                yield unknown(row.write, reason)
            else:
                yield self._settled(row, there.ref, there.version, created=True)

    def _find(self, rows: Sequence[Row]) -> dict[str, Observation]:
        wanted = {row.write.key for row in rows}
        seen = self._reader.rows_since(self._state)
        return {one.key: one for one in seen if one.key is not None and one.key in wanted}

    def _settled(self, row: Row, ref: str, version: str, *, created: bool = False) -> Outcome:
        self._certain([row])
        self._reader.index.saw(self._state.id, [int(ref)])
        return landed(row, ref, version, created=created)

    def _certain(self, rows: Sequence[Row]) -> None:
        self._state.unsure -= {row.write.key for row in rows}
        self._state.changed()

    def _failed(self, row: Row, problem: Mapping[str, Any], *, again: bool) -> Iterator[Outcome]:
        refusal = understand(problem, row.sent)
        if refusal.passing and not again:
            yield from self._send([row], again=True)
        elif refusal.cell and refusal.fields and SYNC_ID not in refusal.fields:
            yield from self._send([row.without(refusal.fields, refusal.reason)], again=True)
        else:
            lasting = not (refusal.passing or refusal.locked)
            yield refused(row.write, refusal.reason, permanent=lasting, at_fault=refusal.fields)
