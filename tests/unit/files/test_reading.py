"""Files as rows of cells: whatever is in them, they are read or refused with a sentence."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import Workbook
from tests.contract.system import shipped_place

from ubm_files.layout import Drop, Form, read_drop
from ubm_files.tables import TEXTS, WORKBOOKS, Limits, Unreadable, read_table
from ubm_sync.model import Mark

FORM = Form(shipped_place("row"), {"gl_code": "Cost Center"})
LIMITS = Limits(rows=50, unpacked=2_000_000)
TITLES = ["Location Code", "ZIP", "Account Number", "Utility Vendor", "Service Start"]


def read(content: bytes, suffix: str = ".csv") -> Drop:
    found = read_table(suffix, content, FORM.fits, LIMITS)
    return read_drop(found.table, FORM, found.delimiter)


def workbook(*rows: Sequence[object]) -> bytes:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


WHOLE = workbook(TITLES, ["0412", "60435", "447", "ComEd", "12/1/2026"])
LENGTH = len(WHOLE) - 100  # of one workbook to the next it differs by its times


def text(*lines: str) -> bytes:
    return "\r\n".join([",".join(TITLES), *lines]).encode()


def refusal(content: bytes, suffix: str = ".csv") -> str:
    with pytest.raises(Unreadable) as caught:
        read(content, suffix)
    return str(caught.value)


def outcome(content: bytes, suffix: str) -> str:
    """Return the sentence a file is refused with, or "read"."""
    try:
        read(content, suffix)
    except Unreadable as error:
        return str(error)
    return "read"


@given(st.binary(max_size=300), st.sampled_from(sorted(TEXTS | WORKBOOKS)))
@example(b"PK\x03\x04", ".xlsx")
@example(b"\xff\xfe\x00", ".csv")
@example(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".xlsx")
def test_no_bytes_do_more_than_refuse_to_be_read(content: bytes, suffix: str) -> None:
    assert outcome(content, suffix).endswith((".", "read"))


@given(st.data())
def test_no_damage_to_a_workbook_does_more_than_that(data: st.DataObject) -> None:
    whole = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, LENGTH))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, LENGTH))
    for content in (bytes(whole), bytes(whole[:cut])):
        assert outcome(content, ".xlsx").endswith((".", "read"))


@given(st.lists(st.lists(st.text(st.characters(exclude_characters="\0"), max_size=8), max_size=7)))
def test_any_cells_below_the_titles_are_values(lines: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([TITLES, *lines])
    for line in read(out.getvalue().encode("utf-8", "ignore")).lines:
        for seen in line.values.values():
            assert seen.text == seen.text.strip()
            seen.text.encode()


@pytest.mark.parametrize(
    "content",
    [
        text("0412,60435,0045-118,Señal Eléctrica,12/1/2026"),
        text("0412,60435,0045-118,Señal Eléctrica,12/1/2026").decode().encode("cp1252"),
        text("0412,60435,0045-118,Señal Eléctrica,12/1/2026").decode().encode("utf-16"),
        text("0412,60435,0045-118,Señal Eléctrica,12/1/2026").decode().encode("utf-8-sig"),
        text("0412,60435,0045-118,Señal Eléctrica,12/1/2026").replace(b",", b";"),
        text("0412,60435,0045-118,Señal Eléctrica,12/1/2026").replace(b",", b"\t"),
        b"sep=;\r\n" + text("0412,60435,0045-118,Señal Eléctrica,12/1/2026").replace(b",", b";"),
        b"Locations of Harbor\r\n\r\n" + text("0412,60435,0045-118,Señal Eléctrica,12/1/2026"),
        text("0412,60435,0045-118,Señal Eléctrica,12/1/2026").replace(b"\r\n", b"\n"),
    ],
)
def test_every_usual_csv_says_the_same(content: bytes) -> None:
    (line,) = read(content).lines

    assert {name: seen.text for name, seen in line.values.items()} == {
        "location_code": "0412",
        "zip": "60435",
        "account_number": "0045-118",
        "vendor": "Señal Eléctrica",
        "service_start": "2026-12-01",
    }


def test_titles_are_found_whatever_their_case_and_spaces() -> None:
    drop = read(
        b" location  CODE ,zip,ACCOUNT-NUMBER,cost center,Favourite colour,ZIP\n1,2,3,4,5,6"
    )

    assert drop.fields == {"location_code", "zip", "account_number", "gl_code"}
    assert (drop.unknown, drop.double) == (("Favourite colour",), ("ZIP",))
    assert '"Favourite colour"' in drop.remark
    assert drop.lines[0].text("zip") == "2"


def test_a_workbooks_typed_cells_are_shown_as_a_sheet_would() -> None:
    rows = (412, 60435.0, 4471908023, "'=1+2", datetime(2026, 12, 1))  # noqa: DTZ001
    (line,) = read(workbook(TITLES, rows), ".xlsx").lines

    assert [seen.text for seen in line.values.values()] == [
        "412",
        "60435",
        "4471908023",
        "=1+2",
        "2026-12-01",
    ]
    assert line.values["account_number"].mark == Mark.NUMERIC


def test_a_format_of_zeros_puts_the_zeros_back() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(TITLES)
    sheet.append([412, 6043, 7, "ComEd", "soon"])
    sheet["A2"].number_format, sheet["B2"].number_format = "0000", "00000"
    out = io.BytesIO()
    book.save(out)

    (line,) = read(out.getvalue(), ".xlsx").lines

    assert (line.text("location_code"), line.text("zip")) == ("0412", "06043")
    assert line.values["service_start"].mark == Mark.UNTYPED


def test_a_formula_is_text_and_is_never_calculated() -> None:
    (line,) = read(workbook(TITLES, ["=1+2", "60435", "=cmd|'/c calc'!A1"]), ".xlsx").lines

    assert (line.text("location_code"), line.text("account_number")) == (
        "=1+2",
        "=cmd|'/c calc'!A1",
    )


def test_what_cannot_be_read_says_why_and_what_to_do() -> None:
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")
    whole = workbook(TITLES, ["0412"])

    assert "password" in refusal(locked, ".xlsx")
    assert "old workbook" in refusal(locked[:8], ".xlsx")
    assert "not complete" in refusal(whole[: len(whole) // 2], ".xlsx")
    assert "empty" in refusal(b"")
    assert "column titles" in refusal(b"a,b,c\n1,2,3")
    assert "workbook by its content" in refusal(whole)
    assert "more than 50 rows" in refusal(text(*["0412,1,2,3,4"] * 80))
    assert "neither csv nor xlsx" in refusal(b"x", ".pdf")


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", b"0" * 5_000_000)

    assert "unpacks to more than 2 MB" in refusal(out.getvalue(), ".xlsx")


def test_entities_of_a_workbooks_xml_are_not_followed() -> None:
    source = zipfile.ZipFile(io.BytesIO(workbook(TITLES, ["0412", "60435", "SECRET"])))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        for name in source.namelist():
            body = source.read(name)
            if name.startswith("xl/worksheets/"):
                bomb = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
                body = bomb + body.replace(b"<?xml version='1.0' encoding='UTF-8'?>", b"")
            parts.writestr(name, body)

    assert "damaged" in refusal(out.getvalue(), ".xlsx")


def changed(content: bytes, old: bytes, new: bytes) -> bytes:
    """Return a workbook whose first sheet has one passage changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as parts, zipfile.ZipFile(out, "w") as others:
        for name in parts.namelist():
            part = parts.read(name)
            if name == "xl/worksheets/sheet1.xml":
                assert old in part
                part = part.replace(old, new)
            others.writestr(name, part)
    return out.getvalue()


def test_a_forgotten_cell_in_the_last_row_and_column_is_no_million_rows_of_work() -> None:
    far = changed(
        WHOLE, b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    )

    (line,) = read(far, ".xlsx").lines

    assert line.text("account_number") == "447"


@pytest.mark.parametrize("number", [b"1048577", b"999999999999", b"-1", b"x"])
def test_rows_beyond_the_last_one_end_in_a_sentence(number: bytes) -> None:
    odd = changed(WHOLE, b"</sheetData>", b'<row r="%s"/></sheetData>' % number)

    assert outcome(odd, ".xlsx") == "read" or "is damaged" in refusal(odd, ".xlsx")


def test_a_column_beyond_the_last_one_ends_in_a_sentence() -> None:
    odd = changed(WHOLE, b'r="A2"', b'r="ZZZZZZZ2"')

    assert "is damaged" in refusal(odd, ".xlsx")


def test_a_quotation_mark_without_an_end_swallows_no_rows() -> None:
    told = refusal(text('0412,60435,447,"ComEd,12/1/2026', "0413,60435,448,ComEd,12/1/2026"))

    assert told == "a quotation mark in line 2 has no end; close it and save it again."


@pytest.mark.parametrize(
    "vendor", ['"Com""Ed"', '3" pipe', '"ComEd" East', '"two\r\nlines, one cell"', '""', '"a"b"']
)
def test_other_quotation_marks_are_signs_like_others(vendor: str) -> None:
    content = text(f"0412,60435,447,{vendor},12/1/2026")
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))

    (line,) = read(content).lines

    assert line.text("vendor") == rows[1][3].strip()
