"""What a result file showed, as one short text in each of its rows. Pure.

A person who saves a result file changes some cells of what was shown then. By now a manager may
have changed others. The text tells which cells are as they were shown: those are nobody's edit.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence

TITLE = "UBM Check"
_MARK = "c"  # so that no spreadsheet takes it for a number
_BYTES = 5  # for each two fields: eight letters, 20 bits a field
_LETTERS = 4


def made(names: Sequence[str], values: Mapping[str, str]) -> str:
    """Return the text for a row that shows ``values`` in the fields ``names``."""
    prints = [_print("|".join(names)), *(_print(values.get(name, "")) for name in names)]
    return _MARK + "".join(prints)


def unchanged(check: str, names: Sequence[str], values: Mapping[str, str]) -> frozenset[str] | None:
    """Return the fields that hold what was shown; None where the text is not one of ours."""
    check = check.strip().lower()
    if len(check) != len(_MARK) + _LETTERS * (len(names) + 1) or not check.startswith(_MARK):
        return None
    found = [check[at : at + _LETTERS] for at in range(len(_MARK), len(check), _LETTERS)]
    if found[0] != _print("|".join(names)):
        return None
    shown = zip(names, found[1:], strict=True)
    return frozenset(name for name, one in shown if one == _print(values.get(name, "")))


def _print(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()[:_BYTES]
    return base64.b32encode(digest).decode().lower()[:_LETTERS]
