"""Writing customer files: new ones whole, existing ones in one word, comments untouched."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from ubm_sync.config.customers import CustomerFile, examine_customer
from ubm_sync.errors import ConfigError, Flaw
from ubm_sync.mapping import Located, load_yaml, parse_yaml, validate
from ubm_sync.mapping import Mapping as KindMapping
from ubm_sync.model import Customer

_HEADER = "A customer; config/customers/example.yaml.txt explains every key."
_WIDTH = 4096  # nothing is folded over several lines


def write_customer(path: Path | str, customer: Customer, *, replace: bool = False) -> None:
    """Write a customer's file in one step: readers see the old file or the new one.

    Raises ConfigError where the file exists and ``replace`` is false, or where the customer would
    not pass the check when read back.
    """
    target = Path(path)
    if target.exists() and not replace:
        text = "this file exists already; choose another name, or edit it"
        raise ConfigError([Flaw(str(path), 0, 0, text)])
    write_text(target, check_customer(path, customer))


def check_customer(
    path: Path | str, customer: Customer, mappings: Sequence[KindMapping] = ()
) -> str:
    """Return the text of a customer's file; raises ConfigError where it would not pass the check.

    What other customers have is not compared. Nothing is written.
    """
    content = CommentedMap(_content(customer))
    content.yaml_set_start_comment(_HEADER)
    yaml = YAML()
    yaml.width = _WIDTH
    yaml.allow_unicode = True
    stream = io.StringIO()
    yaml.dump(content, stream)
    text = stream.getvalue()
    located = parse_yaml(text, str(path))
    if flaws := examine_customer(validate(CustomerFile, located), located, mappings):
        raise ConfigError(flaws)
    return text


def set_paused(path: Path | str, *, paused: bool) -> bool:
    """Set ``paused`` in a customer's file and leave every other character as it is.

    Returns whether anything changed. Raises ConfigError where the file cannot be read or is laid
    out so that the word cannot be placed.
    """
    located = load_yaml(path)
    before = validate(CustomerFile, located)
    if before.paused == paused:
        return False
    with Path(path).open(encoding="utf-8", newline="") as file:
        text = file.read()
    changed = _with_paused(text, located, "true" if paused else "false")
    again = parse_yaml(changed.removeprefix("\ufeff"), str(path))
    if again.flaws or again.data != {**located.data, "paused": paused}:
        word = "true" if paused else "false"
        raise ConfigError([located.flaw(f"write `paused: {word}` here by hand", key=True)])
    write_text(Path(path), changed)
    return True


def write_text(path: Path, text: str) -> None:
    """Write a file in one step: its content is on the disk before it takes the name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _with_paused(text: str, located: Located, word: str) -> str:
    ending = "\r\n" if "\r\n" in text else "\n"
    spot = located.values.get(("paused",))
    if spot is None:
        joint = "" if not text or text.endswith("\n") else ending
        return f"{text}{joint}paused: {word}{ending}"
    lines = text.splitlines(keepends=True)
    line, column = spot[0] - 1, spot[1] - 1
    old = lines[line]
    start = column + (1 if line == 0 and old.startswith("\ufeff") else 0)
    rest = old[start:].lstrip("truefalsTRUEFALS")
    lines[line] = f"{old[:start]}{word}{rest}"
    return "".join(lines)


def _content(customer: Customer) -> Mapping[str, Any]:
    """Return the keys of a file in the order of the example, without those left at default."""
    every: dict[str, Any] = {
        "key": customer.key,
        "name": customer.name,
        "company": customer.company,
        "intake": "" if customer.sheet else "csv" if customer.folder else "csm",
        "sheet": customer.sheet,
        "folder": customer.folder,
        "csm": {"email": customer.csm, "name": customer.csm_name},
        "backup": customer.backup,
        "zone": customer.zone,
        "closures": list(customer.closures),
        "states": list(customer.states),
        "titles": dict(customer.titles),
        "exceptions": [
            {name: value for name, value in one._asdict().items() if value}
            for one in customer.exceptions
        ],
        "contracted": customer.contracted,
        "paused": customer.paused,
        "match": "only" if customer.match_only else "",
    }
    needed = {"key", "name", "csm"}
    return {key: value for key, value in every.items() if value or key in needed}
