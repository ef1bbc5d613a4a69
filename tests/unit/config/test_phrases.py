"""``disconnection_phrases.yaml``: nothing must be there, and every mistake has a line."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.config.folders import Folders, make

from ubm_sync.config import PhraseSettings, failed_tests, load_phrases
from ubm_sync.config.phrases import PhraseFile
from ubm_sync.disconnection import Extension, builtin
from ubm_sync.errors import ConfigError, Flaw

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return make(tmp_path)


def write(folders: Folders, text: str) -> PhraseSettings:
    (folders.root / "config" / "disconnection_phrases.yaml").write_text(text, encoding="utf-8")
    return folders.load().phrases


def flaws(folders: Folders, text: str) -> list[Flaw]:
    try:
        return failed_tests(write(folders, text))[0]
    except ConfigError as error:
        return list(error.flaws)


def test_without_the_file_the_grammar_of_the_package_reads(folders: Folders) -> None:
    assert folders.load().phrases.grammar() is builtin()


def test_the_file_that_is_shipped_changes_nothing_and_explains_every_key() -> None:
    shipped = load_phrases(ROOT / "config")

    assert shipped.file.extension() == Extension()
    assert shipped.file.model_fields_set == set(PhraseFile.model_fields)


def test_all_tests_that_are_shipped_pass() -> None:
    settings = load_phrases(ROOT / "config")

    failed, ran = failed_tests(settings)

    assert (failed, ran > 100) == ([], True)


def test_what_is_added_is_known(folders: Folders) -> None:
    found = write(
        folders,
        "phrases:\n"
        '  tag-on-door: ["mauve card"]\n'
        'vendors: ["Hometown Sparks"]\n'
        'signatures: ["Sent by MailTool"]\n'
        "weights: {timed-notice: 0.7}\n"
        "thresholds: {possible: 0.39}\n"
        "tests:\n"
        "  - text: Hometown Sparks hung a mauve card, the bill is unpaid.\n"
        "    expect: urgent_disconnect\n",
    )
    failed, _ = failed_tests(found)

    assert failed == []
    grammar = found.grammar()
    assert grammar.rules["timed-notice"].weight == 0.7
    assert grammar.thresholds.possible == 0.39
    assert grammar.signatures == ("sent by mailtool",)


def test_a_test_that_fails_has_a_line(folders: Folders) -> None:
    (flaw,) = flaws(
        folders,
        "tests:\n"
        "  - text: Please see the October bill.\n"
        "    expect: other\n"
        "  - text: They will shut off the power on Monday.\n"
        "    expect: close_account\n",
    )

    assert (Path(flaw.file).name, flaw.line) == ("disconnection_phrases.yaml", 4)
    assert "is read as urgent_disconnect" in flaw.message
    assert "not as close_account" in flaw.message


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("phrases:\n  tag-on-dor: [x card]\n", 2, 'did you mean "tag-on-door"'),
        ("weights:\n  timed-notices: 0.5\n", 2, 'did you mean "timed-notice"'),
        ("weights: {timed-notice: 1.5}\n", 1, "at most 1"),
        ("phrase: {}\n", 1, 'did you mean "phrases"'),
        ("vendors: ['...']\n", 1, "is no word"),
        ("phrases:\n  cut-hard:\n    - ab*\n", 3, "too short for a word ending"),
        ("ignore: ['~ off']\n", 1, "must begin and end with a word"),
        ("tests:\n  - text: hello\n    expect: urgent\n", 3, "urgent_disconnect"),
        ("tests:\n  - text: hello\n", 2, "expect"),
        ("thresholds: {urgent: high}\n", 1, "number"),
    ],
)
def test_mistakes_are_named_with_their_line(
    folders: Folders, text: str, line: int, words: str
) -> None:
    found = flaws(folders, text)

    assert [flaw.line for flaw in found] == [line]
    assert words in found[0].message
