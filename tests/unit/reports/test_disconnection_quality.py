"""The figures of a labelled file, and what is said of a file that is none."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ubm_sync.disconnection import builtin
from ubm_sync.errors import Refused
from ubm_sync.reports.disconnection_quality import (
    USUAL_RECEIVED,
    details,
    judge,
    load_labelled,
    quality,
)

HEAD = "id,label,subject,body,notes\n"
ROWS = (
    "1,urgent_disconnect,,ComEd will shut off the power on 12/01.,state=scheduled; "
    "deadline=2026-12-02\n"
    "2,urgent_disconnect,,See you at lunch.,\n"
    "3,close_account,,They will turn off our gas tomorrow!,\n"
    "4,close_account,,Please disconnect the power at our closed store.,\n"
    "5,other,,We got a disconnect notice from ComEd.,\n"
    "6,other,,Thanks for the call.,\n"
    "7,other,,Please close our account with ComEd.,\n"
)


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "labelled.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_counts_and_rates(tmp_path: Path) -> None:
    texts, note = load_labelled(write(tmp_path, HEAD + ROWS))
    found = quality(judge(texts, builtin()))

    assert note == ""
    assert found["texts"] == 7
    assert found["confusion"]["close_account"] == {
        "urgent_disconnect": 1, "possible_disconnect": 0, "close_account": 1, "other": 0,
    }  # fmt: skip
    assert found["recall"] == {"count": 1, "of": 2, "rate": 0.5}
    assert found["precision"] == {"count": 1, "of": 3, "rate": 0.3333}
    assert found["close_called_urgent"] == {"count": 1, "of": 2, "rate": 0.5}
    assert [one["id"] for one in found["misses"]] == ["2"]
    assert [one["id"] for one in found["false_alarms"]] == ["3", "5"]
    assert [one["id"] for one in found["misread"]] == ["7"]
    assert "disconnect notice" in found["false_alarms"][1]["phrase"]


def test_what_the_notes_say_is_compared(tmp_path: Path) -> None:
    texts, _ = load_labelled(write(tmp_path, HEAD + ROWS))
    found = details(judge(texts, builtin()))

    assert found["fields"]["state"] == {"count": 1, "of": 1, "rate": 1.0}
    assert found["fields"]["deadline"] == {"count": 0, "of": 1, "rate": 0.0}
    assert found["fields"]["account"] == {"count": 0, "of": 0, "rate": None}
    (difference,) = found["differences"]
    assert (difference["expected"], difference["read"]) == ("2026-12-02", "2026-12-01")


def test_received_and_zone_are_those_of_the_row(tmp_path: Path) -> None:
    content = (
        "id,label,subject,body,received,zone\n"
        "1,other,,x,2026-12-01T09:00,America/New_York\n"
        "2,other,,x,2026-12-01T09:00Z,\n"
        "3,other,,x,,\n"
    )
    one, two, three = (text.message for text in load_labelled(write(tmp_path, content))[0])

    assert one.received.astimezone(UTC) == datetime(2026, 12, 1, 14, tzinfo=UTC)
    assert two.received == datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert (two.zone, three.zone) == ("America/Chicago", "America/Chicago")
    assert three.received == USUAL_RECEIVED


def test_columns_may_be_in_any_order_and_more(tmp_path: Path) -> None:
    content = "\ufeffBody, Label ,extra,ID,subject\nhello,OTHER,1,7,hi\n\n"
    (text,) = load_labelled(write(tmp_path, content))[0]

    assert (text.id, text.message.subject, text.message.body) == ("7", "hi", "hello")


def test_windows_text_is_read_with_a_note(tmp_path: Path) -> None:
    path = write(tmp_path, HEAD.encode() + "1,other,,se cortó,\n".encode("cp1252"))
    (text,), note = load_labelled(path)

    assert text.message.body == "se cortó"
    assert "not UTF-8" in note


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("id,label,text\n1,other,x\n", "no column subject, body"),
        ("", "no column id, label, subject, body"),
        (b"PK\x03\x04\0\0", "is not a CSV file"),
        (HEAD + "1,closed,a,b,\n", 'line 2: "closed" is no label; write one of urgent_'),
        ("id,label,subject,body,received\n1,other,a,b,today\n", 'line 2: "today"'),
        (HEAD + '1,other,"' + "x" * 1_000_001 + '",b,\n', "is not a CSV file"),
    ],
)
def test_a_file_that_is_none_is_refused_in_one_sentence(
    tmp_path: Path, content: str | bytes, words: str
) -> None:
    with pytest.raises(Refused) as caught:
        load_labelled(write(tmp_path, content))
    assert words in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        load_labelled(tmp_path / "nothing.csv")
