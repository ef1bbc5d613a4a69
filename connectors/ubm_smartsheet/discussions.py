"""Notes for people as discussions on a row. Not part of the flow; kept honest all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ubm_smartsheet.client import Client
from ubm_sync.errors import NotThere, Refused, UnknownOutcome
from ubm_sync.model import Note, Outcome, Result

LONGEST_COMMENT = 4000
Locate = Callable[[str], str | None]  # row id -> sheet id


class Discussions:
    """Attaches notes to rows; a note that is there already is not attached again."""

    def __init__(self, client: Client, locate: Locate) -> None:
        self._client = client
        self._locate = locate

    def annotate(self, notes: Sequence[Note]) -> Iterator[Outcome]:
        """Yield one outcome for each note; UNKNOWN where the answer was lost."""
        for note in notes:
            sheet = self._locate(note.ref)
            if sheet is None:
                yield _outcome(note, Result.REFUSED, "row not found")
                continue
            try:
                yield self._attach(note, sheet)
            except NotThere:
                yield _outcome(note, Result.REFUSED, "row not found")
            except Refused as error:
                yield _outcome(note, Result.REFUSED, str(error), permanent=True)
            except UnknownOutcome as error:
                yield _outcome(note, Result.UNKNOWN, str(error))

    def noted(self, notes: Sequence[Note]) -> frozenset[str]:
        """Return the keys of the notes whose text stands in a discussion of their row."""
        keys = set()
        for note in notes:
            sheet = self._locate(note.ref)
            if sheet is not None and _text(note) in self._texts(sheet, note.ref):
                keys.add(note.key)
        return frozenset(keys)

    def _attach(self, note: Note, sheet: str) -> Outcome:
        if _text(note) in self._texts(sheet, note.ref):
            return _outcome(note, Result.LANDED)
        path = f"/sheets/{sheet}/rows/{note.ref}/discussions"
        self._client.post("comment", path, {"comment": {"text": _text(note)}})
        return _outcome(note, Result.LANDED)

    def _texts(self, sheet: str, row: str) -> set[str]:
        path = f"/sheets/{sheet}/rows/{row}/discussions"
        query = {"include": "comments", "includeAll": "true"}
        try:
            body = self._client.get("read comments", path, query)
        except NotThere:
            return set()
        return {
            str(comment.get("text", "")).strip()
            for discussion in body.get("data") or ()
            for comment in discussion.get("comments") or ()
        }


def _text(note: Note) -> str:
    """Return a note's text as it is posted; a longer one says that it goes on elsewhere."""
    text = note.text.strip()
    return text if len(text) <= LONGEST_COMMENT else text[: LONGEST_COMMENT - 1] + "…"


def _outcome(note: Note, result: Result, reason: str = "", *, permanent: bool = False) -> Outcome:
    return Outcome(note.place, note.key, result, ref=note.ref, reason=reason, permanent=permanent)
