"""Files are read with positions, and nothing typed loses a digit or becomes something else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from ubm_sync.errors import ConfigError
from ubm_sync.mapping import listed, load_yaml, nearest, parse_yaml, validate


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("0412", "0412"),
        ("2026-12-24", "2026-12-24"),
        ("1:30", "1:30"),
        ("yes", "yes"),
        ("NO", "NO"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("1e5", "1e5"),
        ("'12'", "12"),
        ("12345678901234567890", "12345678901234567890"),
        ("12", 12),
        ("-7", -7),
        ("0.25", 0.25),
        ("true", True),
        ("~", None),
        ("", None),
    ],
)
def test_a_word_is_read_as_it_is_written(written: str, read: object) -> None:
    found = parse_yaml(f"value: {written}\n", "a.yaml").data["value"]

    assert found == read
    assert type(found) is type(read)


def test_every_part_knows_its_line_and_column() -> None:
    located = parse_yaml("a:\n  - x\n  - b: {c: 1}\n", "a.yaml")

    assert located.spot("a", 1, "b", "c") == (3, 12)
    assert located.spot("a", 1, "b", "c", key=True) == (3, 9)
    assert located.spot("a", 0) == (2, 5)
    assert located.spot("a", 1, "z") == (3, 5)
    assert located.spot() == (1, 1)


def test_an_alias_is_read_as_what_it_stands_for() -> None:
    located = parse_yaml("a: &who {name: Dana}\nb: *who\n", "a.yaml")

    assert located.data["b"] == {"name": "Dana"}
    assert located.flaws == ()


def test_aliases_that_multiply_are_refused() -> None:
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 8)
    )

    assert [flaw.message for flaw in parse_yaml(text, "a.yaml").flaws] == [
        "this alias makes the file endless; write the content out"
    ]


def test_a_file_nested_without_end_is_refused() -> None:
    (flaw,) = parse_yaml("[" * 20_000, "a.yaml").flaws

    assert "nested too deeply" in flaw.message


def test_a_missing_file_is_a_flaw_with_the_path_as_given(tmp_path: Path) -> None:
    (flaw,) = load_yaml(tmp_path / "none.yaml").flaws

    assert flaw.file == str(tmp_path / "none.yaml")
    assert (flaw.line, flaw.column) == (0, 0)
    assert "does not exist" in flaw.message


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    assert "cannot be read" in load_yaml(tmp_path).flaws[0].message


@pytest.mark.parametrize("content", ["", "# only a comment\n", "---\n"])
def test_an_empty_file_is_a_flaw(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(content)

    assert load_yaml(path).flaws != () or load_yaml(path).data is None


def test_text_in_another_encoding_is_named_where_it_stops_being_readable(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("a: 1\nb: Caf\u00e9\n".encode("latin-1"))

    (flaw,) = load_yaml(path).flaws

    assert (flaw.line, flaw.column) == (2, 7)
    assert "UTF-8" in flaw.message


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")

    located = load_yaml(path)

    assert located.data == {"a": 1, "b": 2}
    assert located.spot("b") == (2, 4)


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    located = parse_yaml(text, "a.yaml")

    assert all(flaw.file == "a.yaml" and flaw.message for flaw in located.flaws)


def test_a_rule_without_words_of_ours_is_told_in_its_own() -> None:
    class Even(BaseModel):
        number: int = Field(multiple_of=2)

    with pytest.raises(ConfigError) as caught:
        validate(Even, parse_yaml("number: 3\n", "a.yaml"))

    assert str(caught.value) == "a.yaml:1:9: input should be a multiple of 2 (found 3)"


def test_the_nearest_name_is_offered_whatever_its_case() -> None:
    assert nearest("Sufix", ["suffix", "system"]) == '; did you mean "suffix"?'
    assert nearest("colour", ["suffix", "system"]) == ""


def test_a_long_list_of_names_is_cut() -> None:
    assert listed("abcd", limit=2) == "a, b, and 2 more"
