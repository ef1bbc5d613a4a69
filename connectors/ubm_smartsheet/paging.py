"""Rows of one answer become one page of observations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ubm_smartsheet.cursor import SheetState
from ubm_smartsheet.decode import RowDecoder
from ubm_smartsheet.drift import scope_of
from ubm_sync.model import Page, Problem


def make_page(
    state: SheetState,
    decoder: RowDecoder,
    rows: Sequence[Mapping[str, Any]],
    found: tuple[Problem, ...] | None,
    *,
    keep_blank: bool = False,
    complete: frozenset[str] = frozenset(),
    since: str = "",
) -> Page:
    """Return rows of a sheet as one page, and remember their versions where writes may need them.

    ``found`` are problems of the columns as they are now, None where nobody compared them.
    ``since``: rows changed since then are remembered; ``keep_blank``: all, and those of blanks too.
    """
    if found is not None and state.replaced:
        state.replaced.clear()
        state.changed()
    decode = decoder.row
    observations = tuple(
        one for row in rows if (one := decode(row, keep_blank=keep_blank)) is not None
    )
    if since:
        state.saw((one.ref, one.version) for one in observations if one.version >= since)
    if keep_blank:
        state.saw((one.ref, one.version) for one in observations)
    checked = frozenset() if found is None else frozenset({scope_of(state.id)})
    return Page(observations, complete, found or (), checked)
