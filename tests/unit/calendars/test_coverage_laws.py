"""What holds for every team and every instant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ubm_sync.calendars import Coverage, Daily, Period, Person, Team, Turn
from ubm_sync.model import Customer

PEOPLE = tuple(f"{name}@example.com" for name in "abcdefg")
ZONES = ("America/Chicago", "America/Los_Angeles", "America/New_York", "UTC")
FIRST = datetime(2026, 10, 20, tzinfo=UTC)  # summer time ends on 1 November, begins 14 March

emails = st.sampled_from(PEOPLE)
instants = st.integers(0, 160 * 24 * 4).map(lambda quarter: FIRST + timedelta(minutes=15 * quarter))
periods = st.builds(
    lambda start, hours: Period(start, start + timedelta(hours=hours)),
    instants,
    st.integers(1, 400),
)
spans = st.sampled_from(
    [(), ((480, 1020),), ((0, 1440),), ((60, 150), (720, 900)), ((1200, 1440),)]
)
weeks = st.tuples(spans, spans, spans, spans, spans, spans, spans)
minutes = st.integers(0, 95).map(lambda quarter: 15 * quarter)
windows = periods | st.builds(
    lambda start, length, zone: Daily(start, (start + length) % 1440, zone),
    minutes,
    st.integers(1, 95).map(lambda quarter: 15 * quarter),
    st.sampled_from(ZONES),
)
closures = st.frozensets(
    st.integers(0, 160).map(lambda days: date(2026, 10, 20) + timedelta(days=days)), max_size=6
)


@st.composite
def coverages(draw: st.DrawFn) -> Coverage:
    people = tuple(
        Person(
            email,
            zone=draw(st.sampled_from(("", *ZONES))),
            hours=draw(st.none() | weeks),
            absences=tuple(draw(st.lists(periods, max_size=3))),
            backup=draw(st.just("") | emails),
        )
        for email in PEOPLE
    )
    turns = draw(
        st.lists(
            st.builds(lambda period, who: Turn(period.start, period.end, who), periods, emails),
            max_size=2,
        )
    )
    return Coverage(
        Team(
            zone=draw(st.sampled_from(ZONES)),
            closures=draw(closures),
            quiet=tuple(draw(st.lists(windows, max_size=2))),
            on_call=tuple(draw(st.lists(emails, max_size=2))),
            turns=tuple(turns),
            lead=draw(st.just("") | emails),
            director=draw(st.just("") | emails),
            people=people,
        )
    )


customers = st.builds(
    lambda csm, backup: Customer("one", "One", csm=csm, backup=backup), emails, st.just("") | emails
)
actives = st.frozensets(emails)


@settings(max_examples=300)
@given(coverages(), customers, instants, actives, actives, st.booleans())
def test_never_nobody_while_somebody_active_is_left(
    coverage: Coverage,
    customer: Customer,
    now: datetime,
    active: frozenset[str],
    skip: frozenset[str],
    urgent: bool,
) -> None:
    named = {email for _, email in coverage.chain(customer, now) if email}
    found = coverage.effective_owner(
        customer, now, urgent=urgent, active=active.__contains__, skip=skip
    )

    if named & active - skip:
        assert found.email in named & active - skip
        assert (found.email, found.role) == (found.steps[-1].email, found.steps[-1].role)
        assert (found.role, found.email) in coverage.chain(customer, now)
    else:
        assert (found.email, found.role) == ("", "nobody")


@settings(max_examples=300)
@given(coverages(), customers, instants, actives)
def test_urgent_work_goes_to_nobody_who_is_away_while_somebody_is_there(
    coverage: Coverage, customer: Customer, now: datetime, active: frozenset[str]
) -> None:
    named = {email for _, email in coverage.chain(customer, now) if email}
    there = {email for email in named & active if not coverage.is_away(email, now)}
    found = coverage.effective_owner(customer, now, urgent=True, active=active.__contains__)

    assert not there or found.email in there


@given(coverages(), customers, instants, actives, st.booleans())
def test_the_same_question_has_the_same_answer(
    coverage: Coverage, customer: Customer, now: datetime, active: frozenset[str], urgent: bool
) -> None:
    can = active.__contains__
    other = Coverage(coverage.team)

    assert coverage.effective_owner(
        customer, now, urgent=urgent, active=can
    ) == other.effective_owner(customer, now, urgent=urgent, active=can)
    assert coverage.ladder(customer, now, customer.csm, can) == other.ladder(
        customer, now, customer.csm, can
    )


@given(coverages(), customers, instants, actives)
def test_the_ladder_tells_each_person_once_and_ends_with_the_last(
    coverage: Coverage, customer: Customer, now: datetime, active: frozenset[str]
) -> None:
    rungs = coverage.ladder(customer, now, customer.csm, active.__contains__)
    told = [customer.csm, *(rung.email for rung in rungs)]
    last = {*coverage.on_call(now), coverage.team.lead, coverage.team.director} & active

    assert len(set(told)) == len(told)
    assert set(told[1:]) <= active
    assert [rung.level for rung in rungs] == sorted({rung.level for rung in rungs})
    assert len(rungs) == 3 or last <= set(told)


@settings(max_examples=300)
@given(coverages(), emails, instants)
def test_the_next_working_instant_is_one_and_the_first(
    coverage: Coverage, email: str, now: datetime
) -> None:
    found = coverage.next_working(email, now)

    if found is not None:
        assert found >= now
        assert coverage.is_working(email, found)
    steps = ((found or now + timedelta(days=3)) - now) // timedelta(minutes=15)
    for step in range(min(steps, 300)):
        assert not coverage.is_working(email, now + timedelta(minutes=15 * step))


@given(coverages(), instants)
def test_quiet_ends_when_it_says(coverage: Coverage, now: datetime) -> None:
    until = coverage.quiet_until(now)

    assert (until is None) == (not coverage.is_quiet(now))
    if until is not None and until - now < timedelta(days=100):
        assert until > now
        assert not coverage.is_quiet(until)
        step = (until - now) / 7
        assert all(coverage.is_quiet(now + step * number) for number in range(7))
