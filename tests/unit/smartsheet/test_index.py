from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ubm_smartsheet.index import RowIndex

ROWS = st.sets(st.integers(1, 60))


@given(ROWS, ROWS, ROWS, ROWS)
def test_a_row_is_where_it_was_seen_last(
    listed: set[int], more: set[int], other: set[int], again: set[int]
) -> None:
    index = RowIndex()
    index.listed("a", listed)
    index.saw("a", more)
    index.saw("b", other - listed - more)

    for row in range(61):
        expected = "a" if row in listed | more else "b" if row in other else None
        assert index.where(row) == expected
    index.listed("a", again - other)
    assert all((index.where(row) == "a") == (row in again - other) for row in range(61))


def test_only_a_full_listing_makes_a_sheet_listed() -> None:
    index = RowIndex()
    index.saw("a", [1])
    index.listed("b", [])

    assert (index.is_listed("a"), index.is_listed("b")) == (False, True)
    index.clear()
    assert index.where(1) is None
