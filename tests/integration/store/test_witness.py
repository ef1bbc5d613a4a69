"""What the account store tells of an onboarding."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.integration.store.doubles import AURORA, HALSTED, NOON, Store, new

from ubm_sync.evidence import Evidence, Kind
from ubm_sync.ports import Asked, Hearing, Witness

ASKED = Asked("501", "onboarding", "halsted")


def hear(store: Store, *asked: Asked, mark: str | None = None) -> list[Hearing]:
    witness = store.connector
    assert isinstance(witness, Witness)
    return list(witness.testify(asked or (ASKED,), mark))


def facts(store: Store, *kinds: Kind) -> list[Evidence]:
    found = [fact for part in hear(store) for one in part.testimonies for fact in one.facts]
    return [one for one in found if one.kind in kinds]


def enrol(store: Store, *keys: str) -> None:
    for number, key in enumerate(keys):
        (outcome,) = store.apply(new(key, f"44719080{number:02d}"))
        assert outcome.ref is not None
        store.sql("UPDATE account SET data_services = 'enrolled' WHERE id = :id", id=outcome.ref)
    store.sql("UPDATE data_services_link SET enrolled_at = '2026-09-08T14:00:00.000000Z'")


def bill(store: Store, statement: str, received: str, **more: str) -> None:
    values = {"origin": "actual", "is_mock": "0", **more}
    store.sql(
        "INSERT INTO bill (account_number, statement_date, received_at, origin, is_mock)"
        " SELECT min(number), :stated, :received, :origin, :mock FROM account",
        stated=statement,
        received=f"{received}T12:00:00.000000Z",
        origin=values["origin"],
        mock=values["is_mock"] == "1",
    )


@pytest.fixture
def shop(store: Store) -> Store:
    enrol(store, "a")
    return store


def test_an_enrolled_account_tells_its_last_statement_and_its_first_bill(shop: Store) -> None:
    bill(shop, "2026-07-30", "2026-08-02")
    bill(shop, "2026-09-01", "2026-09-03")
    bill(shop, "2026-10-18", "2026-10-20")
    bill(shop, "2026-11-18", "2026-11-20")

    told = facts(shop, Kind.BILL)

    assert [(one.value, one.at.date().isoformat()) for one in told] == [
        ("enrolled", "2026-09-08"),
        ("actual", "2026-10-20"),
    ]
    assert told[0].details == {"last_statement": "2026-09-01"}
    assert told[0].subject == told[1].subject == "UBM-0000001"


@pytest.mark.parametrize("odd", [{"is_mock": "1"}, {"origin": "void"}, {"origin": "historical"}])
def test_a_mock_a_void_or_a_historical_bill_is_no_bill(shop: Store, odd: dict[str, str]) -> None:
    bill(shop, "2026-10-18", "2026-10-20", **odd)

    assert [one.value for one in facts(shop, Kind.BILL)] == ["enrolled"]


def test_a_login_tells_how_it_stood_when_it_was_tried(shop: Store) -> None:
    insert = (
        "INSERT INTO credential_reference (customer_key, vendor_canonical, login, kept_in, state,"
        " checked_at, authoritative) VALUES ('halsted', 'ComEd', :login, 'vault', :state, :at, :is)"
    )
    tried = "2026-10-01T09:00:00.000000Z"
    for login, state, at, authority in (
        ("one", "invalid", tried, True),
        ("two", "valid", tried, False),
        ("three", "unknown", tried, True),
        ("four", "valid", None, True),
    ):
        shop.sql(insert, login=login, state=state, at=at, **{"is": authority})

    (told,) = facts(shop, Kind.CREDENTIAL)

    assert (told.subject, told.value, told.at) == (
        "ComEd", "invalid", datetime(2026, 10, 1, 9, tzinfo=UTC),
    )  # fmt: skip
    assert "one" not in repr(told.details)


def test_only_accounts_beyond_what_was_agreed_on_are_scope(database_url: str) -> None:
    store = Store(database_url, customers=(replace(HALSTED, contracted=2), AURORA))
    store.setup()
    enrol(store, "a", "b", "c", "d")

    told = facts(store, Kind.SCOPE)

    assert [(one.value, one.subject) for one in told] == [("4", "accounts")]
    store.close()


def test_an_onboarding_that_tells_the_same_is_left_out(shop: Store) -> None:
    (first,) = hear(shop)
    known = ASKED._replace(known=first.testimonies[0].version)
    assert hear(shop, known, mark=first.mark) == []

    shop.clock.advance(timedelta(hours=2))
    (later,) = hear(shop, known, mark=first.mark)

    assert later.testimonies == ()
    assert float(later.mark) > NOON.timestamp()


def test_a_new_onboarding_is_told_of_between_two_looks(shop: Store) -> None:
    (first,) = hear(shop, Asked("502", "onboarding", "aurora"))

    (again,) = hear(shop, ASKED, mark=first.mark)

    assert [one.ticket for one in again.testimonies] == ["501"]
    assert again.mark == ""
