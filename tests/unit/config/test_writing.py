"""Customer files are written whole and changed in one word."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.config.folders import CUSTOMER

from ubm_sync.config import CustomerFile, set_paused, write_customer
from ubm_sync.errors import ConfigError
from ubm_sync.mapping import load_yaml, validate
from ubm_sync.model import Customer

HALSTED = Customer(
    key="halsted",
    name="Halsted Foods",
    company="018840211",
    sheet="4583173393803140",
    csm="dana.lee@example.com",
    csm_name="Dana Lee",
    closures=("2026-11-27",),
    states=("IL",),
    titles={"city": "Town"},
    contracted=240,
)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1)


def read(path: Path) -> Customer:
    return validate(CustomerFile, load_yaml(path)).customer("America/Chicago")


def test_a_written_customer_reads_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "customers" / "halsted.yaml"

    write_customer(path, HALSTED)

    assert read(path) == HALSTED
    assert path.read_text(encoding="utf-8").startswith("# A customer; ")
    assert list(path.parent.iterdir()) == [path]


@given(name=NAMES, csm_name=NAMES, title=NAMES)
def test_any_name_survives_writing(
    tmp_path_factory: pytest.TempPathFactory, name: str, csm_name: str, title: str
) -> None:
    path = tmp_path_factory.mktemp("customers") / "any.yaml"
    customer = Customer(
        key="any",
        name=name,
        sheet="1",
        csm="a@example.com",
        csm_name=csm_name,
        titles={"city": title},
    )

    write_customer(path, customer)

    assert read(path) == customer


def test_a_customer_without_a_sheet_is_entered_by_the_manager(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"

    write_customer(path, Customer(key="a", name="A", csm="a@example.com", csm_name="Ann"))

    assert "intake: csm" in path.read_text(encoding="utf-8")


def test_an_existing_file_is_only_replaced_on_request(tmp_path: Path) -> None:
    path = tmp_path / "halsted.yaml"
    path.write_text(CUSTOMER, encoding="utf-8")

    with pytest.raises(ConfigError, match="exists already"):
        write_customer(path, HALSTED)
    assert path.read_text(encoding="utf-8") == CUSTOMER

    write_customer(path, HALSTED, replace=True)
    assert read(path) == HALSTED


def test_a_customer_with_a_flaw_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"

    with pytest.raises(ConfigError, match="is not an e-mail address"):
        write_customer(path, Customer(key="a", name="A", csm="nobody", csm_name="Ann"))

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (CUSTOMER, CUSTOMER + "paused: true\n"),
        (CUSTOMER.rstrip("\n"), CUSTOMER + "paused: true\n"),
        (
            "paused: false   # for now\r\n" + CUSTOMER.replace("\n", "\r\n"),
            "paused: true   # for now\r\n" + CUSTOMER.replace("\n", "\r\n"),
        ),
        ("\ufeffpaused: False\n" + CUSTOMER, "\ufeffpaused: true\n" + CUSTOMER),
    ],
    ids=["not said", "no line end", "said with a comment", "byte order mark"],
)
def test_pausing_changes_one_word_and_nothing_else(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "halsted.yaml"
    path.write_bytes(before.encode())

    assert set_paused(path, paused=True)

    assert path.read_bytes() == after.encode()
    assert read(path).paused


def test_pausing_and_resuming_gives_back_the_file(tmp_path: Path) -> None:
    path = tmp_path / "halsted.yaml"
    text = CUSTOMER + "paused: false  # ask Dana first\n# the end\n"
    path.write_text(text, encoding="utf-8")

    set_paused(path, paused=True)
    set_paused(path, paused=False)

    assert path.read_text(encoding="utf-8") == text


def test_pausing_twice_changes_nothing_the_second_time(tmp_path: Path) -> None:
    path = tmp_path / "halsted.yaml"
    path.write_text(CUSTOMER, encoding="utf-8")

    assert set_paused(path, paused=True)
    assert not set_paused(path, paused=True)


def test_a_layout_that_cannot_be_changed_safely_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    text = "{key: a, name: A, sheet: 1, csm: {email: a@example.com, name: Ann}}\n"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError, match="by hand"):
        set_paused(path, paused=True)

    assert path.read_text(encoding="utf-8") == text
