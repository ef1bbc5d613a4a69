"""The rules against a slow and plain telling of them that shares no code with them."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.delays import naive
from tests.unit.delays.compare import difference

from ubm_sync.delays.codes import CODES


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_a_random_onboarding_has_the_delays_a_naive_look_finds(seed: int) -> None:
    assert difference(naive.invent(seed)) == ""


def test_the_stories_have_delays_of_every_code() -> None:
    seen: Counter[tuple[str, bool]] = Counter()
    for seed in range(400):
        wanted = naive.days(naive.invent(seed))
        seen.update((code, True) for code in wanted.counted)
        seen.update((code, False) for code in wanted.uncounted)

    assert {code for code, counts in seen if counts} == set(CODES)
    assert {code for code, counts in seen if not counts} == {
        "CL-RESCHED", "CL-DOCS", "CL-SCOPE", "CL-HOLD"
    }  # fmt: skip
