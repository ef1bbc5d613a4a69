"""Identity is minted once and comes out the same again."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ubm_sync.sync.identity import is_sync_id, mint

MOMENTS = st.datetimes(  # the bounds must be naive; the zone comes from the strategy
    datetime(2000, 1, 1),  # noqa: DTZ001 - as above
    datetime(2100, 1, 1),  # noqa: DTZ001 - as above
    timezones=st.just(UTC),
)


@given(st.text(), MOMENTS)
def test_the_same_row_gets_the_same_id_again(ref: str, moment: datetime) -> None:
    assert mint("row", ref, moment) == mint("row", ref, moment)


@given(st.text(), MOMENTS)
def test_an_id_is_a_uuid_of_version_7_that_carries_its_time(ref: str, moment: datetime) -> None:
    minted = UUID(mint("row", ref, moment))

    assert minted.version == 7
    assert minted.variant == "specified in RFC 4122"
    assert minted.int >> 80 == int(moment.timestamp() * 1000)
    assert is_sync_id(str(minted))


def test_ids_of_a_hundred_thousand_rows_of_one_second_differ() -> None:
    moment = datetime(2026, 11, 20, tzinfo=UTC)

    assert len({mint("row", str(number), moment) for number in range(100_000)}) == 100_000


def test_what_people_type_is_no_id() -> None:
    assert not is_sync_id(None)
    assert not is_sync_id("")
    assert not is_sync_id("LOC-00142")
    assert not is_sync_id("01932f6e-1111-4111-8111-111111111111")
