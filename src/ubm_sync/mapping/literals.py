"""Secrets that somebody wrote into a file: found by their key or by their form, never shown. Pure.

Secrets have names here (an environment variable), not values. What is found is hidden from every
other check as well, so that no message can repeat it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

HIDDEN = "hidden"
_KEY = re.compile(
    r"(?:^|[_-])(?:token|password|passwd|pwd|secret|api[_-]?key|access[_-]?key|private[_-]?key|"
    r"credentials?|authorization)$",
    re.IGNORECASE,
)
_NAME = re.compile(r"\$?\{?(?:env:)?[A-Z][A-Z0-9_]*\}?")  # of a variable: a secret by name
_ADDRESS = r"[a-z][a-z0-9+.-]*://[^/\s:@]*:[^/\s@{}]+@"
_ISSUED = (
    r"\bpat-[a-z]{2,3}[0-9]-[0-9a-f-]{20,}|\b(?:sk|pk|rk)_(?:live|test)_[0-9a-zA-Z]{10,}|"
    r"\bgh[pousr]_[0-9A-Za-z]{30,}|\bAKIA[0-9A-Z]{16}\b|\bxox[abprs]-[0-9A-Za-z-]{10,}|"
    r"\beyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}\.|\bBearer\s+[0-9A-Za-z._~+/-]{16,}"
)
_FORMS = (
    ("an address with a password", re.compile(_ADDRESS, re.IGNORECASE)),
    ("an access token", re.compile(_ISSUED)),
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
)
_SHORTEST = 4


def secret_in(text: str, *path: str | int) -> str:
    """Return what secret a value seems to be, in words, "" where it seems to be none.

    ``path`` are the keys it stands under; a value that is the name of a variable is none.
    """
    for what, form in _FORMS:
        if form.search(text):
            return what
    key = path[-1] if path else ""
    if isinstance(key, str) and _KEY.search(key) and _is_literal(text, path):
        return f"the value of a secret ({key})"
    return ""


def issued_in(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield line and column, from 1, of each secret that is known by its form, and what it is.

    It finds them wherever they stand in a file: in a comment, a key, a tag or an alias too.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        for what, form in _FORMS:
            for found in form.finditer(line):
                yield number, found.start() + 1, what


def without_secrets(text: str) -> str:
    """Return a message without what has the form of a secret."""
    for _, form in _FORMS:
        text = form.sub(HIDDEN, text)
    return text


def _is_literal(text: str, path: tuple[str | int, ...]) -> bool:
    if len(text) < _SHORTEST or " " in text.strip() or _NAME.fullmatch(text):
        return False
    return not {"at", "encode", "decode", "titles", "texts"} & {str(part) for part in path[:-1]}
