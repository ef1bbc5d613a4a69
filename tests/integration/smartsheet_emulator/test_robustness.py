from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.integration.smartsheet_emulator.playground import (
    COLUMNS,
    Book,
    Playground,
    opened,
    played,
)

from ubm_smartsheet.emulator.checking import CELL_NAMES
from ubm_smartsheet.emulator.columns import ATTRIBUTES
from ubm_smartsheet.emulator.routes import ROUTES

#: Play is repeatable: the same ids come from the same seed.
EXAMPLE = opened(Playground(played(), ""))
(ROW,) = EXAMPLE.add({"location_code": "1"})

words = st.sampled_from(["", "x", "DATE", "sheet", "AUTO_NUMBER", "MULTI_PICKLIST", "IL", "a@b.co"])
leaves = st.none() | st.booleans() | st.integers(-5, 5) | words
names = st.sampled_from(["objectType", "values", "value", "email", "url", "text", "sheetId", "id"])
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=3),
    max_leaves=4,
)


def record(*known: str, **fixed: Any) -> st.SearchStrategy[dict[str, Any]]:
    """An object with some of the known names, each with any value, or with what fits."""
    free = st.dictionaries(st.sampled_from(known), values, max_size=4)
    whole = st.fixed_dictionaries({}, optional=fixed)
    return st.builds(lambda loose, right: {**loose, **right}, free, whole)


cell = record(*sorted(CELL_NAMES), columnId=st.sampled_from(sorted(EXAMPLE.columns.values())))
row = record(
    *["parentId", "siblingId", "toTop", "indent", "locked", "expanded", "format", "cells"],
    id=st.just(ROW),
    cells=st.lists(cell, max_size=3),
)
column = record(
    *sorted(ATTRIBUTES), title=st.text("ab", min_size=1), type=st.just("DATE"), index=st.just(0)
)
sheet = record("name", "fromId", "columns", "newName", name=words, columns=st.lists(column))
hook = record(
    *["subscope", "enabled", "callbackUrl", "events"],
    name=words,
    callbackUrl=st.just("https://a.example"),
    scope=st.just("sheet"),
    scopeObjectId=st.just(EXAMPLE.id),
    events=st.just(["*.*"]),
    version=st.just(1),
)
other = record(
    *["comment", "text", "rowIds", "to", "sortCriteria", "sendTo", "email", "accessLevel", "url"],
    comment=st.just({"text": "x"}),
    text=words,
    rowIds=st.just([ROW]),
    sortCriteria=st.lists(record("columnId", "direction"), max_size=2),
)
objects = row | column | sheet | hook | other
bodies = objects | st.lists(row | column | other, max_size=3) | values
queries = st.sampled_from(
    [
        *["", "page=0", "page=x", "pageSize=-1", "level=x", "rowIds=x", "ids=1", "include=all"],
        *["rowsModifiedSince=", "allowPartialSuccess=true", "ifVersionAfter=99", "ids=&ids="],
        *["assetType=sheet&assetId=x", f"assetType=sheet&assetId={EXAMPLE.id}"],
    ]
)


@settings(max_examples=300)
@given(route=st.sampled_from(sorted(ROUTES)), body=bodies, query=queries, known=st.booleans())
def test_any_request_is_answered_in_the_vendors_words(
    route: tuple[str, str], body: Any, query: str, known: bool
) -> None:
    play = Playground(played(), "")
    play.emulator.webhooks.close()
    book = opened(play)
    book.add({"location_code": "1"})
    method, path = route
    second = book.columns["State"] if "/columns/{}" in path and "/rows/" not in path else ROW
    for one in (book.id if known else 5, second, book.columns["State"]):
        path = path.replace("{}", str(one), 1)

    answer = play.raw(method, f"/{path}", body, query=query)

    content = json.loads(answer.body)
    assert answer.status in {200, 400, 403, 404, 405}
    assert (answer.status == 200) is ("errorCode" not in content)
    if book.id in play.emulator.state.sheets:
        seen = play.act("see_sheet", sheet=book.id)
        read = Book(play, book.id, {}).read()
        assert len(seen) == len(read["rows"]) == read["totalRowCount"]
        assert len(COLUMNS) - 1 <= len(read["columns"]) <= len(COLUMNS) + 3
