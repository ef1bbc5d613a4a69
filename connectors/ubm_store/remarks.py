"""Notes on accounts: rows of their history, each written at most once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, select

from ubm_store.reads import CHUNK
from ubm_store.schema import Account, AccountEvent, table
from ubm_sync.database import upsert
from ubm_sync.model import Note, Outcome, Result

_ACCOUNT = table(Account)
_EVENT = table(AccountEvent)


def annotate(connection: Connection, notes: Sequence[Note]) -> list[Outcome]:
    """Write notes that are not there yet; a note on an account that is not there is refused."""
    c = _ACCOUNT.c
    numbers: dict[str, int] = {}
    for refs in _chunks([note.ref for note in notes]):
        found = connection.execute(select(c.id, c.number).where(c.id.in_(refs)))
        numbers.update((row.id, row.number) for row in found)
    events = [
        {
            "account_number": numbers[note.ref],
            "at": note.at,
            "kind": "remark",
            "new_value": note.text,
            "source": "SYNC",
            "actor": "ubm-sync",
            "note_key": note.key,
        }
        for note in notes
        if note.ref in numbers
    ]
    if events:
        connection.execute(upsert(_EVENT, ["note_key"], update=[]), events)
    return [_outcome(note, there=note.ref in numbers) for note in notes]


def noted(connection: Connection, keys: Sequence[str]) -> frozenset[str]:
    """Return the keys of the notes that are in the history."""
    found: set[str] = set()
    for chunk in _chunks(keys):
        wanted = select(_EVENT.c.note_key).where(_EVENT.c.note_key.in_(chunk))
        found.update(connection.scalars(wanted))
    return frozenset(found)


def _outcome(note: Note, *, there: bool) -> Outcome:
    if there:
        return Outcome(note.place, note.key, Result.LANDED, ref=note.ref)
    reason = f"The store has no account {note.ref}."
    return Outcome(note.place, note.key, Result.REFUSED, reason=reason, permanent=True)


def _chunks(values: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), CHUNK):
        yield list(values[start : start + CHUNK])
