"""Whatever a hand or an editor does to a good file: flaws with a place, never an exception."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from tests.unit.doctor.corpus import CUSTOMERS, MESSAGES, ROOT

from ubm_sync.config.agreement import in_dialect, unmet
from ubm_sync.config.coverage import CoverageFile
from ubm_sync.config.customers import CustomerFile, examine_customer
from ubm_sync.config.delays import DelayFile
from ubm_sync.config.disconnections import DisconnectionFile
from ubm_sync.config.phrases import PhraseFile
from ubm_sync.config.service import Service
from ubm_sync.errors import ConfigError, Flaw
from ubm_sync.installed import dialects
from ubm_sync.locations import NEEDS
from ubm_sync.mapping import check_mappings, parse_yaml, validate
from ubm_sync.mapping.language import MappingFile
from ubm_sync.mapping.loading import Sound
from ubm_sync.mapping.validation import inspect

MODELS: dict[str, type[BaseModel]] = {
    "config/service.yaml": Service,
    "config/delays.yaml": DelayFile,
    "config/disconnections.yaml": DisconnectionFile,
    "config/disconnection_phrases.yaml": PhraseFile,
    "config/coverage.yaml": CoverageFile,
    "config/customers/halsted.yaml": CustomerFile,
}
TYPED = st.one_of(
    st.text("{}[]:,-#&*!|>'\"%@` \t\nab0~?<\x00\u2028\u00e9", max_size=4),
    st.sampled_from(
        ["yes", "null", "[]", "{}", "- ", ": ", "!!binary x", "&a [*a]", "0x1F", "1e999", ".inf",
         "-1", "999999999999999999999", "2026-13-01", "[[[[", "{a: {b: {c: 1}}}", "<<: {a: 1}",
         "\u202e", "pat-na1-0123abcd-4567-89ab-cdef-0123456789ab"]
    ),
)  # fmt: skip


@cache
def good(name: str) -> str:
    given_ = {**CUSTOMERS, **MESSAGES}
    return given_[name] if name in given_ else (ROOT / name).read_text(encoding="utf-8")


def slipped(data: st.DataObject, text: str) -> str:
    """Return the text after one slip: typing, cutting, moving or doubling a line, indenting."""
    lines = text.split("\n")
    number = data.draw(st.integers(0, len(lines) - 1))
    line = lines[number]
    kind = data.draw(st.sampled_from(["type", "value", "cut", "double", "move", "indent", "end"]))
    if kind == "type":
        at = data.draw(st.integers(0, len(line)))
        cut = data.draw(st.integers(0, 3))
        lines[number] = line[:at] + data.draw(TYPED) + line[at + cut :]
    elif kind == "value":
        lines[number] = line.partition(":")[0] + ": " + data.draw(TYPED)
    elif kind == "cut":
        del lines[number]
    elif kind == "double":
        lines.insert(number, line)
    elif kind == "move":
        lines.insert(data.draw(st.integers(0, len(lines) - 1)), lines.pop(number))
    elif kind == "indent":
        lines[number] = " " * data.draw(st.integers(0, 6)) + line.lstrip()
    else:
        del lines[number + 1 :]
    return "\n".join(lines)


def sane(flaws: list[Flaw], text: str) -> None:
    lines = text.count("\n") + text.count("\u2028") + text.count("\r") + 2
    for flaw in flaws:
        assert 0 < flaw.line <= lines, flaw
        assert flaw.column > 0, flaw
        assert "Traceback" not in flaw.message
        assert "pat-na1-0123abcd" not in flaw.message


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_slip_in_a_settings_file_breaks_nothing(name: str, data: st.DataObject) -> None:
    text = slipped(data, good(name))
    located = parse_yaml(text, name)
    try:
        file = validate(MODELS[name], located)
    except ConfigError as error:
        sane(list(error.flaws), text)
        return
    if isinstance(file, Service):
        sane(list(in_dialect(dialects(), file, located, ())), text)
    if isinstance(file, CustomerFile):
        sane(examine_customer(file, located, ()), text)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_slip_in_a_mapping_breaks_nothing(data: st.DataObject) -> None:
    text = good("mappings/locations.yaml")
    for _ in range(data.draw(st.integers(1, 3))):
        text = slipped(data, text)
    located = parse_yaml(text, "mappings/locations.yaml")
    try:
        mapping = next(iter(check_mappings([located]).values()))
    except ConfigError as error:
        sane(list(error.flaws), text)
        return
    file, _ = inspect(MappingFile, located)
    assert file is not None
    sound = [Sound(mapping, file, located)]
    found = [*in_dialect(dialects(), None, located, sound), *unmet([NEEDS], sound, "mappings")]
    sane([flaw for flaw in found if flaw.file != "mappings"], text)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    from ubm_sync.mapping import load_yaml  # noqa: PLC0415

    path: Path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(raw)

    located = load_yaml(path)

    assert all(flaw.line >= 0 for flaw in located.flaws)
