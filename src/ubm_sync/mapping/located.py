"""YAML with positions: every value knows the line and column it was written at.

YAML 1.2 is composed to nodes and turned into plain values here, so that text keeps its spelling
(``0412``, ``2026-12-24`` and ``yes`` stay text) and every problem of a file is found, not only
the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ubm_sync.errors import Flaw
from ubm_sync.mapping.literals import HIDDEN, issued_in, secret_in, without_secrets

PathOf: TypeAlias = tuple[str | int, ...]
Spot: TypeAlias = tuple[int, int]  # line and column, from 1

_NO_SECRETS = (
    "secrets are never in these files: delete it, renew it, and set it as an environment variable"
)
MOST_BYTES = 500_000  # the largest honest file is a tenth of it, and reading takes seconds then
MAX_NODES = 200_000  # aliases of aliases grow without bound; no honest file is near this
_STANDARD = "tag:yaml.org,2002:"
_TAGS = frozenset({"str", "int", "float", "bool", "null", "map", "seq", "timestamp", "value"})
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")  # longer ones are ids: text
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+([eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | None] = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
    "null": None,
    "Null": None,
    "NULL": None,
    "~": None,
    "": None,
}


@dataclass(frozen=True, slots=True)
class Located:
    """The content of one file and where each part of it stands.

    ``data`` is made of dict, list, str, int, float, bool and None. ``values`` and ``keys`` map the
    path of a part to its (line, column); ``flaws`` is what was wrong with the YAML itself.
    """

    file: str
    data: Any
    values: Mapping[PathOf, Spot] = field(default_factory=dict)
    keys: Mapping[PathOf, Spot] = field(default_factory=dict)
    flaws: tuple[Flaw, ...] = ()

    def spot(self, *path: str | int, key: bool = False) -> Spot:
        """Return where ``path`` stands, or the deepest part of it that is in the file."""
        for length in range(len(path), 0, -1):
            part = path[:length]
            if (key or length < len(path)) and part in self.keys:
                return self.keys[part]
            if part in self.values:
                return self.values[part]
        return self.values.get((), (0, 0))

    def flaw(self, message: str, *path: str | int, key: bool = False) -> Flaw:
        """Return ``message`` as a flaw at ``path`` (at its key instead of its value if ``key``)."""
        line, column = self.spot(*path, key=key)
        return Flaw(self.file, line, column, without_secrets(message))


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean "X"?`` for the name most like ``word``, "" where none is like it."""
    names = sorted(set(known))
    folded = {name.casefold(): name for name in names}
    match = get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return f'; did you mean "{folded[match[0]]}"?' if match else ""


def listed(names: Iterable[str], limit: int = 12) -> str:
    """Return names as text for a message, ``a, b, c``, at most ``limit`` of them."""
    every = list(names)
    text = ", ".join(every[:limit])
    return f"{text}, and {len(every) - limit} more" if len(every) > limit else text


def load_yaml(path: Path | str) -> Located:
    """Read one file; what is wrong with it is in ``flaws``, its path as the user gave it.

    Never raises for the content of the file, nor where it is missing or unreadable.
    """
    name = str(path)
    try:
        raw = Path(path).read_bytes()
    except FileNotFoundError:
        return _broken(name, "this file does not exist; create it or correct the folder")
    except OSError as error:
        return _broken(name, f"this file cannot be read: {error.strerror}")
    if len(raw) > MOST_BYTES:
        size = f"{len(raw) / 1e6:.1f} MB of at most {MOST_BYTES / 1e6:.1f} MB"
        return _empty(name, f"this file is too large ({size}); it is no file for this folder")
    try:
        return parse_yaml(raw.decode("utf-8-sig"), name)
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        column = error.start - (before.rfind(b"\n") + 1) + 1
        text = "this is not UTF-8 text; save the file as UTF-8"
        return Located(name, None, flaws=(Flaw(name, before.count(b"\n") + 1, column, text),))


def parse_yaml(text: str, file: str) -> Located:
    """Read YAML from text; duplicate keys, own tags and several documents are flaws.

    So is a secret that is known by its form, wherever it stands; no flaw repeats one.
    """
    found = _parsed(text, file)
    told = {flaw.line for flaw in found.flaws if _NO_SECRETS in flaw.message}
    more = [
        Flaw(file, line, column, f"{what} stands here; {_NO_SECRETS}")
        for line, column, what in issued_in(text)
        if line not in told
    ]
    hidden = [replace(flaw, message=without_secrets(flaw.message)) for flaw in found.flaws]
    return replace(found, flaws=(*hidden, *more))


def _parsed(text: str, file: str) -> Located:
    if merging := _MERGING.search(text):
        line = text.count("\n", 0, merging.start()) + 1
        message = "two versions of this file were not merged here; keep one and delete the marks"
        return Located(file, None, flaws=(Flaw(file, line, 1, message),))
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        return _unreadable(file, error, text)
    except RecursionError:
        return _too_deep(file)
    except (YAMLError, ValueError, OverflowError) as error:
        offset = int(getattr(error, "position", 0))  # of the sign, where the reader tells it
        line, column = text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
        flaw = Flaw(file, line, column, "a control character cannot be in a YAML file; delete it")
        return Located(file, None, flaws=(flaw,))
    if node is None:
        return _empty(file)
    reader = _Reader(file)
    try:
        data = reader.read(node, ())
    except RecursionError:
        return _too_deep(file)
    if reader.is_endless:
        return Located(file, None, flaws=tuple(reader.flaws))
    if data is None and not reader.flaws:  # "---" alone, "null", "~"
        return _empty(file)
    return Located(file, data, reader.values, reader.keys, tuple(reader.flaws))


def _too_deep(file: str) -> Located:
    return _empty(file, "this file is nested too deeply; write it flatter")


def _empty(file: str, message: str = "this file is empty; fill it in or delete it") -> Located:
    return Located(file, None, flaws=(Flaw(file, 1, 1, message),))


def _broken(file: str, message: str) -> Located:
    return Located(file, None, flaws=(Flaw(file, 0, 0, message),))


def _unreadable(file: str, error: MarkedYAMLError, source: str) -> Located:
    mark = error.problem_mark or error.context_mark
    text = f"this is not valid YAML: {error.problem or error.context}"
    begun = error.context_mark
    if "could not find expected ':'" in text and begun is not None:
        mark = begun  # the line that was taken for a key, not the one after it
    if begun is not None and mark is not None and begun.line < mark.line:
        context = str(error.context)
        if "flow" in context or "quoted" in context:
            what = "quoted text" if "quoted" in context else "list or block in brackets"
            text = f"this {what} has no end (line {mark.line + 1} does not belong to it); close it"
            mark = begun
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if "expected <block end>" in text and (open_ := _open_quote(source, line)):
        line, column = open_
        text = "this quoted text has no end on its line; close it with the same quotation mark"
    for sign, hint in _HINTS:
        if sign in text:
            text += f" ({hint})"
            break
    return Located(file, None, flaws=(Flaw(file, line, column, text),))


def _open_quote(source: str, line: int) -> Spot | None:
    """Return where a quoted text begins that ends on another line, shortly before a line."""
    lines = source.splitlines()[:line]
    for number in range(len(lines), max(0, len(lines) - _LOOK_BACK), -1):
        found = _UNCLOSED.match(lines[number - 1])
        if found:
            return number, found.start(1) + 1
    return None


_LOOK_BACK = 20
_UNCLOSED = re.compile(r"""^(?:\s*- +)?\s*(?:[\w.@-]+:\s+)?(["'])(?:(?!\1).)*$""")
_MERGING = re.compile(r"^<<<<<<< ", re.MULTILINE)
_COLON = "a text with a colon belongs in quotes, or the line above is indented otherwise"
_HINTS = (  # the first that fits
    ("mapping values are not allowed", _COLON),
    ("expected <block end>", "it is indented otherwise than what it belongs to"),
    ("could not find expected ':'", "a key ends with a colon and a blank"),
    ("\\t", "indent with spaces, not with tabs"),
    ("cannot start any token", "put the text in quotes"),
)


class _Reader:
    """Turns nodes into plain values and remembers where each stood."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.values: dict[PathOf, Spot] = {}
        self.keys: dict[PathOf, Spot] = {}
        self.flaws: list[Flaw] = []
        self.is_endless = False
        self._above: list[Node] = []

    def read(self, node: Node, path: PathOf) -> Any:
        """Return the value of ``node``, which stands at ``path``."""
        self.values[path] = _spot(node)
        if str(node.tag).removeprefix(_STANDARD) not in _TAGS:
            self._flaw(node, f"the tag {node.tag} has no meaning here; delete it")
        if len(self.values) > MAX_NODES or any(node is other for other in self._above):
            if not self.is_endless:
                self._flaw(node, "this alias makes the file endless; write the content out")
            self.is_endless = True
            return None
        self._above.append(node)
        try:
            return self._content(node, path)
        finally:
            self._above.pop()

    def _content(self, node: Node, path: PathOf) -> Any:
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        if not isinstance(node, ScalarNode):
            return None
        found = _scalar(node)
        if isinstance(found, str) and (what := secret_in(found, *path)):
            self._flaw(node, f"{what} stands here; {_NO_SECRETS}")
            return HIDDEN
        return found

    def _mapping(self, node: MappingNode, path: PathOf) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self._flaw(key_node, "a key must be a word, not a list or a block")
                continue
            key = str(key_node.value)
            if key == "<<" and key_node.style is None:
                self._flaw(key_node, "blocks are not merged here (<<); write the content out")
                continue
            if what := secret_in(key):
                self._flaw(key_node, f"{what} stands here; {_NO_SECRETS}")
                continue
            inner = (*path, key)
            if key in found:
                first = self.keys[inner][0]
                self._flaw(key_node, f'"{key}" is here twice (first on line {first}); keep one')
                continue
            self.keys[inner] = _spot(key_node)
            found[key] = self.read(value_node, inner)
            if _is_empty(value_node):  # the parser calls the next word its place
                mark = key_node.end_mark
                self.values[inner] = (mark.line + 1, mark.column + 2)
        return found

    def _flaw(self, node: Node, message: str) -> None:
        self.flaws.append(Flaw(self.file, *_spot(node), message))


def _is_empty(node: Node) -> bool:
    return isinstance(node, ScalarNode) and not node.value and not node.style


def _spot(node: Node) -> Spot:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _scalar(node: ScalarNode) -> Any:
    """Read a plain word as YAML 1.2 does, except that nothing loses a digit or becomes a date."""
    text = str(node.value)
    if node.style or node.tag == f"{_STANDARD}str":
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
