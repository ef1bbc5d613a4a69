"""What a write means for one account."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubm_store.drafts import Draft, batches, draft
from ubm_store.reads import Position, Stored
from ubm_store.values import COLUMNS, Fields
from ubm_sync.model import Binding, FieldType, Outcome, Result, Write

FIELDS = Fields(
    (
        *(Binding(name, name) for name in ("city", "location_code", "zip", "status")),
        Binding("service_start", "", FieldType.DATE),
    )
)
CUSTOMERS = {"halsted"}
JOLIET = Stored(
    7,
    "UBM-0000007",
    "key-7",
    12,
    {**dict.fromkeys(COLUMNS), "customer_key": "halsted", "city": "Joliet", "location_code": "04"},
)


def write(ref: str | None = None, expected: str = "", **values: str | None) -> Write:
    return Write("account", "key-7", ref, "halsted", values, expected)


def answered(decided: Draft | Outcome) -> Outcome:
    assert isinstance(decided, Outcome)
    return decided


def drafted(decided: Draft | Outcome) -> Draft:
    assert isinstance(decided, Draft)
    return decided


def test_a_new_account_belongs_to_the_customer_of_its_container() -> None:
    one = drafted(draft(write(city="Joliet"), FIELDS, None, CUSTOMERS))

    assert one.columns == {"city": "Joliet", "customer_key": "halsted"}


def test_only_what_differs_is_sent() -> None:
    one = drafted(draft(write(city="Elgin", location_code="04"), FIELDS, JOLIET, CUSTOMERS))

    assert one.columns == {"city": "Elgin"}


def test_a_write_of_what_is_there_has_landed_already() -> None:
    known = write(expected="12", city="Joliet", zip="")
    outcome = answered(draft(known, FIELDS, JOLIET, CUSTOMERS))

    assert (outcome.result, outcome.ref, outcome.version) == (Result.LANDED, "UBM-0000007", "12")
    assert not outcome.created


def test_what_was_there_before_it_was_read_tells_no_version_that_would_hide_an_edit() -> None:
    for expected in ("", "11"):
        known = write(expected=expected, city="Joliet")
        outcome = answered(draft(known, FIELDS, JOLIET, CUSTOMERS))

        assert (outcome.result, outcome.version) == (Result.LANDED, "")


def test_a_change_decided_on_an_older_version_is_refused_for_now() -> None:
    outcome = answered(draft(write(expected="11", city="Elgin"), FIELDS, JOLIET, CUSTOMERS))

    assert (outcome.result, outcome.permanent) == (Result.REFUSED, False)
    assert "changed in the meantime" in outcome.reason


def test_a_change_decided_on_this_version_is_sent() -> None:
    one = drafted(draft(write(expected="12", city="Elgin"), FIELDS, JOLIET, CUSTOMERS))

    assert one.before is JOLIET


def test_a_faulty_field_stays_out_and_the_others_go() -> None:
    decided = draft(write(city="Elgin", service_start="soon"), FIELDS, JOLIET, CUSTOMERS)
    outcome = drafted(decided).landed("UBM-0000007")

    assert outcome.landed == frozenset({"city"})
    assert outcome.at_fault == ("service_start",)
    assert 'service_start: "soon" is not a date' in outcome.reason


def test_a_write_of_faulty_fields_only_is_refused() -> None:
    outcome = answered(draft(write(status="asleep"), FIELDS, JOLIET, CUSTOMERS))

    assert (outcome.result, outcome.permanent) == (Result.REFUSED, True)
    assert outcome.at_fault == ("status",)


def test_an_account_of_an_unknown_customer_is_refused() -> None:
    outcome = answered(draft(write(city="Joliet"), FIELDS, None, ()))

    assert outcome.at_fault == ("customer_key",)
    assert outcome.reason == ('There is no customer "halsted"; add it to the configuration.')


def test_an_id_that_is_not_there_is_refused() -> None:
    outcome = answered(draft(write("UBM-0000099", city="x"), FIELDS, None, CUSTOMERS))

    assert outcome.reason == "The store has no account UBM-0000099."


def test_the_account_of_another_record_is_refused() -> None:
    other = Stored(7, "UBM-0000007", "key-8", 12, JOLIET.cells)

    assert "another record" in answered(draft(write(city="x"), FIELDS, other, CUSTOMERS)).reason


def test_an_account_without_identity_gets_the_one_of_the_write() -> None:
    nameless = Stored(7, "UBM-0000007", None, 12, JOLIET.cells)

    assert drafted(draft(write(city="Joliet"), FIELDS, nameless, CUSTOMERS)).columns == {
        "sync_id": "key-7"
    }


def test_a_location_is_described_by_all_its_columns() -> None:
    one = drafted(draft(write(city="Elgin"), FIELDS, JOLIET, CUSTOMERS))

    assert one.location() == {
        "customer_key": "halsted",
        "code": "04",
        "name": None,
        "address_1": None,
        "address_2": None,
        "city": "Elgin",
        "state": None,
        "zip": None,
    }


def test_a_write_beside_the_address_leaves_the_location_alone() -> None:
    one = drafted(draft(write(service_start="2026-12-01"), FIELDS, JOLIET, CUSTOMERS))

    assert one.location() is None


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([None, "1", "2"])), max_size=12))
def test_batches_keep_the_order_and_never_hold_an_account_twice(
    names: list[tuple[str, str | None]],
) -> None:
    writes = [Write("account", key, ref, "halsted", {}) for key, ref in names]
    found = list(batches(writes, 3))

    assert [one for batch in found for one in batch] == writes
    for batch in found:
        keys = [one.key for one in batch]
        refs = [one.ref for one in batch if one.ref]
        assert 0 < len(batch) <= 3
        assert len(set(keys)) == len(keys)
        assert len(set(refs)) == len(refs)


@pytest.mark.parametrize("text", [None, "", "nonsense", "abc:-1", ":"])
def test_a_cursor_nobody_wrote_is_the_beginning(text: str | None) -> None:
    assert Position.read(text) == Position("", 0)


def test_a_cursor_reads_back() -> None:
    assert Position.read(str(Position("a1b2", 17))) == Position("a1b2", 17)
