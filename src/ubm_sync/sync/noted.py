"""What the notebook of a record holds for its flow to be told. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ubm_sync.flow import Edit
from ubm_sync.model import NOTHING
from ubm_sync.sync import notebook as book


def edits_noted(notebook: Mapping[str, str]) -> list[Edit]:
    """Return edits that were seen and are not told yet, the ones of the service's fields too."""
    edits: list[Edit] = []
    if not notebook:
        return edits  # nearly always, here and below
    for where, entry in book.entries(notebook, book.TYPED):
        place, _, name = where.partition(".")
        typed, before, by = book.unpacked(entry, 3)
        edits.append(Edit(name, place, typed or None, before or None, by or None))
    return edits


def vanished_noted(notebook: Mapping[str, str]) -> Mapping[str, str]:
    """Return the places whose record was proven to be missing, and whether alone or with many."""
    if not notebook:
        return NOTHING
    found = book.entries(notebook, book.VANISHED)
    return {place: book.unpacked(entry, 1)[0] for place, entry in found}


def troubles_noted(notebook: Mapping[str, str]) -> dict[str, str]:
    """Return why a system did not take something, by place or by ``PLACE.FIELD``."""
    if not notebook:
        return {}
    return {
        where: book.unpacked(entry, 2)[1]
        for prefix in (book.REFUSED, book.HELD)
        for where, entry in book.entries(notebook, prefix)
    }
