"""docs/configuration.md, made of the models and of docs/examples: every key with what it means.

``python -m tests.handbook`` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from ubm_sync.config.schemas import MODELS
from ubm_sync.installed import dialects
from ubm_sync.mapping import load_yaml

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "configuration.md"
EXAMPLES = ROOT / "docs" / "examples"
TITLES = {
    "mapping": "mappings/*.yaml",
    "service": "config/service.yaml",
    "customer": "config/customers/*.yaml",
    "coverage": "config/coverage.yaml",
    "delays": "config/delays.yaml",
    "disconnections": "config/disconnections.yaml",
    "disconnection_phrases": "config/disconnection_phrases.yaml",
}
LONGEST = 60
HEAD = """\
# Configuration, key by key

Every key of every file an admin edits, with a value as it may be written. The examples are cut
from the files in [examples](examples), which hold every key. Editors complete and check the keys
with the schemas that `ubm-sync schema` writes; begin a file with
`# yaml-language-server: $schema=PATH/mapping.schema.json`.

`NAME` stands for a name of your own, `[]` for each entry of a list.
"""


class Key(NamedTuple):
    """One key: where it stands, an example, its default, what it means."""

    path: str
    example: str
    default: str
    means: str


def keys(name: str) -> list[Key]:
    """Return the keys of one kind of file; an example is "" where the example file lacks one."""
    located = load_yaml(EXAMPLES / f"{name}.yaml")
    assert not located.flaws, located.flaws
    return list(_keys(MODELS[name], "", [located.data], ()))


def _keys(
    model: type[BaseModel], above: str, examples: list[Any], seen: tuple[type, ...]
) -> Iterator[Key]:
    for name, field in model.model_fields.items():
        key = field.alias or name
        given = [one[key] for one in examples if isinstance(one, dict) and key in one]
        means = " ".join((field.description or "").split()).replace("``", "`").replace("|", "/")
        yield Key(f"{above}{key}", _example(given), _default(field), means)
        for inner, mark in _inside(field.annotation):
            if inner in seen:
                continue
            yield from _keys(inner, f"{above}{key}{mark}.", _deeper(given, mark), (*seen, model))


def _inside(annotation: Any) -> Iterator[tuple[type[BaseModel], str]]:
    """Yield the models of a field's type, and what stands between: nothing, a name, an index."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, ""
        return
    text = str(annotation)
    mark = ".NAME" if text.startswith(("dict", "collections.abc.Mapping", "typing.Mapping")) else ""
    mark = "[]" if text.startswith(("list", "collections.abc.Seq", "typing.Seq")) else mark
    for part in get_args(annotation):
        for inner, deeper in _inside(part):
            yield inner, f"{mark}{deeper}"


def _deeper(given: list[Any], mark: str) -> list[Any]:
    if mark.startswith(".NAME"):
        return [one for each in given if isinstance(each, Mapping) for one in each.values()]
    if mark.startswith("[]"):
        return [one for each in given if isinstance(each, list) for one in each]
    return given


def _example(given: list[Any]) -> str:
    if not given:
        return ""
    text = json.dumps(given[0], ensure_ascii=False).replace("|", "\\|")
    return f"`{text}`" if len(text) <= LONGEST else f"`{text[: LONGEST - 1]}…`"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value in (None, "", PydanticUndefined) or value in ([], {}, ()):
        return "–"  # noqa: RUF001 - as typeset
    if isinstance(value, BaseModel):
        return "as below"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return f"`{text}`" if len(text) <= LONGEST else "see the file"


def page() -> str:
    """Return the whole page."""
    parts = [HEAD]
    for name, title in TITLES.items():
        parts.append(f"## {title}\n\nAll in one: [{name}.yaml](examples/{name}.yaml).\n")
        rows = ["| key | for example | default | means |", "| --- | --- | --- | --- |"]
        rows += [f"| `{k.path}` | {k.example} | {k.default} | {k.means} |" for k in keys(name)]
        parts.append("\n".join(rows) + "\n")
        if name == "service":
            parts += _settings("The other keys of systems.{}", "system")
        if name == "mapping":
            parts += _settings("The settings of a field in {}", "field")
    return "\n".join(parts)


def _settings(title: str, of: str) -> Iterator[str]:
    """Yield a table for each system that understands more keys there than all of them do."""
    for system, dialect in dialects().items():
        found = list(_keys(getattr(dialect, of), "", [], ()))
        # a long default stands in no file; the schema has it whole
        rows = [
            f"| `{one.path}` | {one.default.replace('see the file', 'see the schema')} | "
            f"{one.means} |"
            for one in found
        ]
        if rows:
            head = ["| key | default | means |", "| --- | --- | --- |"]
            yield f"### {title.format(system)}\n\n" + "\n".join([*head, *rows]) + "\n"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
