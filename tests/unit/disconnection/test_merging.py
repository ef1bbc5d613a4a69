"""Several texts of one ticket."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.disconnection.reader import reading

from ubm_sync.disconnection import Category, DeadlineKind, Reading, ServiceState, worst


def test_the_most_serious_text_counts_and_the_others_complete_it() -> None:
    first = reading("Question about acct 4471908023 with ComEd, $1,204.11.")
    second = reading("They are threatening to cut us off!")
    third = reading("ComEd will shut off the power on 12/01.")

    found = worst([first, second, third])

    assert found.category is Category.URGENT
    assert found.accounts == ("4471908023",)
    assert (found.deadline, found.state) == (date(2026, 12, 1), ServiceState.SCHEDULED)


def test_the_date_of_another_matter_is_no_deadline() -> None:
    close = reading("Please close our account at store 9 effective 12/31.")
    threat = reading("They are threatening to cut us off!")

    assert worst([close, threat]).deadline is None


def test_nothing_cannot_be_merged() -> None:
    with pytest.raises(ValueError, match="no reading"):
        worst([])


READINGS = st.builds(
    Reading,
    category=st.sampled_from(Category),
    confidence=st.floats(0, 1),
    accounts=st.sampled_from([(), ("1",), ("2",)]),
    deadline_kind=st.just(DeadlineKind.UNKNOWN),
)


@given(st.lists(READINGS, min_size=1, max_size=4))
def test_none_is_more_serious_than_the_result(several: list[Reading]) -> None:
    order = [Category.OTHER, Category.CLOSE, Category.POSSIBLE, Category.URGENT]
    found = worst(several)

    assert order.index(found.category) == max(order.index(one.category) for one in several)
    assert bool(found.accounts) == any(one.accounts for one in several)
