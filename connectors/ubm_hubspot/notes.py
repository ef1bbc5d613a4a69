"""Notes on tickets: texts for people, said once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ubm_hubspot.attaching import STAMP, Attachments, Item, Kind, as_html, whole
from ubm_hubspot.client import Client
from ubm_hubspot.values import LONGEST, instant
from ubm_sync.model import Note, Outcome, Result

_NOTES = Kind("notes", "note", 228, "hs_note_body")


class Notes:
    """Attaches notes and finds them again; ``raises`` as in ``Attachments``."""

    def __init__(self, client: Client, *, raises: bool = True) -> None:
        self._attachments = Attachments(client, _NOTES, raises=raises)

    def annotate(self, notes: Sequence[Note]) -> Iterator[Outcome]:
        """Yield one outcome per note; see ``Connector.annotate``."""
        short: list[Note] = []
        for note in notes:
            if len(as_html(note.text)) <= LONGEST:
                short.append(note)
            else:
                reason = f"The note is longer than the {LONGEST:,} characters HubSpot holds."
                yield Outcome(note.place, note.key, Result.REFUSED, reason=reason, permanent=True)
        yield from self._attachments.make([_item(note) for note in short])

    def noted(self, notes: Sequence[Note]) -> frozenset[str]:
        """Return the keys of the notes that are attached already.

        Raises NoAccess, Temporary.
        """
        return self._attachments.there([_item(note) for note in notes])


def _item(note: Note) -> Item:
    properties = {STAMP: instant(whole(note.at)), "hs_note_body": as_html(note.text)}
    return Item(note.key, note.place, note.ref, properties)
