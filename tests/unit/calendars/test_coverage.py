"""Who is given a customer's work: the holidays, the rota, nights, and who is told next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from ubm_sync.calendars import Choice, Coverage, Daily, Period, Person, Rung, Team, Turn, local
from ubm_sync.calendars.presence import moment
from ubm_sync.model import Customer

ZONE = "America/Chicago"
DANA, PRIYA, OLA = "dana@example.com", "priya@example.com", "ola@example.com"
SAM, JO = "sam@example.com", "jo@example.com"
LEAD, DIRECTOR = "lead@example.com", "director@example.com"
CUSTOMER = Customer(
    "halsted", "Halsted Foods", csm=DANA, csm_name="Dana Lee", backup=PRIYA, zone=ZONE
)


def at(text: str, zone: str = ZONE) -> datetime:
    day, _, time = text.partition(" ")
    hour, _, minute = time.partition(":")
    return moment(date.fromisoformat(day), int(hour) * 60 + int(minute), zone)


def days(first: str, last: str, reason: str = "") -> Period:
    end = date.fromisoformat(last)
    return Period(moment(date.fromisoformat(first), 0, ZONE), moment(end, 1440, ZONE), reason)


def everybody(_email: str) -> bool:
    return True


TEAM = Team(
    closures=frozenset({date(2026, 11, 27), date(2026, 12, 24)}),
    on_call=(SAM, JO),
    lead=LEAD,
    director=DIRECTOR,
    people=(
        Person(
            DANA, "Dana Lee", backup=OLA, absences=(days("2026-12-23", "2026-12-26", "vacation"),)
        ),
        Person(PRIYA, "Priya Shah"),
        Person(OLA, "Ola Berg", zone="America/Los_Angeles"),
    ),
)
COVERAGE = Coverage(TEAM)


def owner(
    now: str, coverage: Coverage = COVERAGE, *, urgent: bool = True, gone: tuple[str, ...] = ()
) -> Choice:
    return coverage.effective_owner(
        CUSTOMER, at(now), urgent=urgent, active=lambda email: email not in gone
    )


def told(choice: Choice) -> list[tuple[str, str]]:
    return [(step.role, step.verdict) for step in choice.steps]


def with_person(person: Person) -> Coverage:
    others = [one for one in TEAM.people if one.email != person.email]
    return Coverage(replace(TEAM, people=(*others, person)))


def test_in_working_hours_it_is_the_manager() -> None:
    found = owner("2026-12-01 10:00")

    assert (found.email, found.name, found.role) == (DANA, "Dana Lee", "csm")
    assert told(found) == [("csm", "chosen: account manager")]


def test_while_the_manager_is_away_it_is_the_backup() -> None:
    found = owner("2026-12-23 10:00")

    assert (found.email, found.role) == (PRIYA, "backup")
    assert told(found) == [
        ("csm", "away until Mon Dec 28 (vacation)"), ("backup", "chosen: backup")
    ]  # fmt: skip


def test_then_the_managers_own_backup_then_on_call_then_lead_then_director() -> None:
    day = "2026-12-23 10:00"

    assert owner(day, gone=(PRIYA,)).email == OLA
    assert owner(day, gone=(PRIYA, OLA)).email == SAM
    assert owner(day, gone=(PRIYA, OLA, SAM)).email == JO
    assert owner(day, gone=(PRIYA, OLA, SAM, JO)).role == "lead"
    assert owner(day, gone=(PRIYA, OLA, SAM, JO, LEAD)).role == "director"
    assert told(owner(day, gone=(PRIYA, OLA, SAM, JO, LEAD)))[1] == (
        "backup", "cannot sign in any more"
    )  # fmt: skip


@pytest.mark.parametrize("now", ["2026-12-24 10:00", "2026-12-25 10:00", "2026-12-24 18:30"])
def test_with_both_managers_off_on_the_holidays_it_is_who_is_on_call(now: str) -> None:
    away = Person(PRIYA, "Priya Shah", absences=(days("2026-12-24", "2026-12-25", "holidays"),))

    found = owner(now, with_person(away))

    assert (found.email, found.role) == (SAM, "on_call")
    assert told(found)[0] == ("csm", "away until Mon Dec 28 (vacation)")
    assert told(found)[1] == ("backup", "away until Mon Dec 28 (holidays)")


def test_the_backup_who_works_on_a_closure_is_asked_before_who_is_on_call() -> None:
    covers = Person(PRIYA, "Priya Shah", works=frozenset({date(2026, 12, 24), date(2026, 12, 25)}))

    assert owner("2026-12-24 10:00", with_person(covers)).email == PRIYA
    assert owner("2026-12-25 10:00", with_person(covers)).email == PRIYA
    assert owner("2026-12-25 18:30", with_person(covers)).email == SAM


def test_without_anybody_on_call_a_holiday_reaches_the_backup_all_the_same() -> None:
    coverage = Coverage(replace(TEAM, on_call=(), lead="", director=""))

    found = owner("2026-12-25 10:00", coverage)

    assert (found.email, found.role) == (PRIYA, "backup")
    assert told(found) == [
        ("csm", "away until Mon Dec 28 (vacation)"),
        ("backup", "outside working hours (the team is off on Fri Dec 25)"),
        ("backup", "outside working hours (the team is off on Fri Dec 25)"),
        ("on_call", "nobody is named"),
        ("lead", "nobody is named"),
        ("director", "nobody is named"),
        ("backup", "chosen all the same: backup (nobody is there at this hour)"),
    ]


def test_at_night_urgent_work_goes_to_whose_turn_it_is() -> None:
    turn = Turn(at("2026-11-30 08:00"), at("2026-12-07 08:00"), JO)
    coverage = Coverage(replace(TEAM, turns=(turn,)))

    assert owner("2026-12-01 22:00", coverage).email == JO
    assert owner("2026-12-07 22:00", coverage).email == SAM
    assert coverage.on_call(at("2026-12-01 22:00")) == (JO, SAM)


def test_a_colleague_further_west_is_still_at_work() -> None:
    found = owner("2026-12-01 17:30")

    assert (found.email, found.role) == (OLA, "backup")
    assert told(found)[:2] == [
        ("csm", "outside working hours (08:00-17:00 CT)"),
        ("backup", "outside working hours (08:00-17:00 CT)"),
    ]


def test_at_night_other_work_waits_for_its_manager() -> None:
    for now in ("2026-12-01 22:00", "2026-12-05 10:00", "2026-11-26 10:00"):
        assert owner(now, urgent=False).email == DANA


@pytest.mark.parametrize(
    ("absence", "expected"),
    [
        (days("2026-12-04", "2026-12-04"), DANA),  # a Friday, back on Monday morning
        (days("2026-12-04", "2026-12-07"), PRIYA),  # back on Tuesday
        (days("2026-12-07", "2026-12-11"), PRIYA),  # there now, but not before Monday in a week
        (Period(at("2026-12-04 12:00"), at("2026-12-07 16:00")), DANA),
        (Period(at("2026-12-04 12:00"), at("2026-12-07 17:00")), PRIYA),
    ],
)
def test_other_work_waits_until_the_end_of_the_next_working_day(
    absence: Period, expected: str
) -> None:
    coverage = with_person(Person(DANA, absences=(absence,)))

    assert owner("2026-12-04 18:00", coverage, urgent=False).email == expected


def test_part_time_is_no_absence() -> None:
    tuesdays: tuple[tuple[tuple[int, int], ...], ...] = ((), ((480, 720),), (), (), (), (), ())
    coverage = with_person(Person(DANA, hours=tuesdays))

    assert owner("2026-12-03 10:00", coverage, urgent=False).email == DANA
    assert owner("2026-12-03 10:00", coverage).email == PRIYA
    assert told(owner("2026-12-03 10:00", coverage))[0][1] == (
        "outside working hours (does not work on Thu Dec 3)"
    )


def test_in_a_quiet_window_urgent_work_goes_to_who_is_on_call() -> None:
    quiet = Period(at("2026-12-01 09:00"), at("2026-12-01 12:00"), "scream-free")
    coverage = Coverage(replace(TEAM, quiet=(quiet,)))

    found = owner("2026-12-01 10:00", coverage)

    assert (found.email, found.role) == (SAM, "on_call")
    assert told(found)[0] == (
        "csm",
        "quiet until Tue Dec 1 12:00 CT (scream-free): only people on call are asked",
    )
    assert owner("2026-12-01 10:00", coverage, urgent=False).email == DANA
    assert owner("2026-12-01 12:00", coverage).email == DANA


def test_quiet_windows_that_follow_each_other_are_one() -> None:
    windows = (
        Daily(1080, 420, ZONE, date(2026, 12, 22), date(2026, 12, 24), "nights"),
        Period(at("2026-12-23 06:00"), at("2026-12-23 19:00")),
    )
    coverage = Coverage(replace(TEAM, quiet=windows))

    assert coverage.quiet_until(at("2026-12-22 17:59")) is None
    assert coverage.quiet_until(at("2026-12-22 23:00")) == at("2026-12-24 07:00")
    assert coverage.is_quiet(at("2026-12-25 06:59"))
    assert not coverage.is_quiet(at("2026-12-25 07:00"))
    assert not coverage.is_quiet(at("2026-12-25 18:00"))


def test_where_everybody_is_away_it_is_who_is_on_call_and_the_steps_say_so() -> None:
    away = tuple(
        Person(one, absences=(days("2026-12-21", "2026-12-31", "shut"),))
        for one in (DANA, PRIYA, OLA, SAM, JO, LEAD, DIRECTOR)
    )
    coverage = Coverage(replace(TEAM, people=away))

    found = owner("2026-12-22 10:00", coverage, gone=(SAM,))

    assert (found.email, found.role) == (JO, "on_call")
    assert told(found)[-1] == (
        "on_call",
        "chosen all the same: on call (away until Mon Jan 4 (shut), but so is everybody)",
    )


def test_nobody_is_the_answer_only_where_no_one_is_active() -> None:
    found = COVERAGE.effective_owner(
        CUSTOMER, at("2026-12-01 10:00"), urgent=True, active=lambda _email: False
    )

    assert (found.email, found.role) == ("", "nobody")
    assert found.steps[-1].verdict.startswith("nobody of these can be given work")


def test_who_was_asked_already_is_passed_over() -> None:
    found = COVERAGE.effective_owner(
        CUSTOMER,
        at("2026-12-01 10:00"),
        urgent=True,
        active=everybody,
        skip=frozenset({"Dana@Example.com"}),
    )

    assert found.email == PRIYA
    assert told(found)[0] == ("csm", "passed over: was asked already")


def test_the_other_system_is_asked_of_each_person_once() -> None:
    asked: list[str] = []

    def active(email: str) -> bool:
        asked.append(email)
        return False

    COVERAGE.effective_owner(CUSTOMER, at("2026-12-01 10:00"), urgent=True, active=active)

    assert sorted(asked) == sorted({DANA, PRIYA, OLA, SAM, JO, LEAD, DIRECTOR})


def test_the_ladder_is_backup_lead_director() -> None:
    found = COVERAGE.ladder(CUSTOMER, at("2026-12-01 10:00"), DANA, everybody)

    assert found == (
        Rung(1, PRIYA, "Priya Shah", "backup"),
        Rung(2, LEAD, LEAD, "lead"),
        Rung(3, DIRECTOR, DIRECTOR, "director"),
    )


def test_the_ladder_passes_over_who_was_told_and_who_is_gone() -> None:
    now = at("2026-12-01 10:00")

    told_backup = COVERAGE.ladder(CUSTOMER, now, PRIYA, everybody)
    no_lead = COVERAGE.ladder(CUSTOMER, now, DANA, lambda email: email not in {LEAD, PRIYA})
    later = COVERAGE.rung(CUSTOMER, now, 2, (DANA, PRIYA), everybody)

    assert [one.email for one in told_backup] == [OLA, LEAD, DIRECTOR]
    assert [one.email for one in no_lead] == [OLA, SAM, DIRECTOR]
    assert later is not None
    assert later.email == LEAD


def test_the_ladder_prefers_who_is_not_away() -> None:
    away = with_person(Person(LEAD, absences=(days("2026-12-01", "2026-12-02"),)))

    found = away.ladder(CUSTOMER, at("2026-12-01 10:00"), DANA, everybody)

    assert [(one.level, one.email) for one in found] == [(1, PRIYA), (2, SAM), (3, DIRECTOR)]


def test_a_level_exists_as_long_as_somebody_is_left() -> None:
    found = COVERAGE.ladder(
        CUSTOMER, at("2026-12-01 10:00"), DANA, lambda email: email in {DANA, JO, LEAD}
    )

    assert [(one.level, one.email) for one in found] == [(1, JO), (2, LEAD)]


def test_a_ladder_asked_for_again_goes_on_where_it_was() -> None:
    coverage = Coverage(replace(TEAM, on_call=()))
    now, told = at("2026-12-01 10:00"), [DANA]
    seen: list[tuple[int, str]] = []

    while rungs := coverage.ladder(CUSTOMER, now, DANA, everybody, told, above=len(seen)):
        seen.append((rungs[0].level, rungs[0].email))
        told.append(rungs[0].email)

    assert seen == [(1, PRIYA), (2, LEAD), (3, DIRECTOR)]


def test_business_time_is_the_teams_or_that_of_one_of_the_customers_people() -> None:
    assert COVERAGE.is_business_time(CUSTOMER, at("2026-12-01 08:00"))
    assert COVERAGE.is_business_time(CUSTOMER, at("2026-12-01 18:30"))  # Ola, further west
    assert not COVERAGE.is_business_time(CUSTOMER, at("2026-12-01 19:00"))
    assert not COVERAGE.is_business_time(CUSTOMER, at("2026-12-24 10:00"))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-12-04 17:00", "2026-12-07 08:00"),
        ("2026-12-22 17:00", "2026-12-28 08:00"),
        ("2026-12-01 12:00", "2026-12-01 12:00"),
    ],
)
def test_somebody_is_back_on_the_first_working_day_without_absence(now: str, expected: str) -> None:
    assert COVERAGE.next_working(DANA, at(now)) == at(expected)


def test_working_hours_follow_the_clock_when_summer_time_ends_and_begins() -> None:
    sunday: tuple[tuple[tuple[int, int], ...], ...] = ((), (), (), (), (), (), ((0, 240),))
    coverage = Coverage(Team(people=(Person(DANA, hours=sunday),)))

    autumn, spring = date(2026, 11, 1), date(2027, 3, 14)
    for day, hours in ((autumn, 5), (spring, 3)):
        start, end = moment(day, 0, ZONE), moment(day, 240, ZONE)
        assert (end - start).total_seconds() == hours * 3600
        assert coverage.is_working(DANA, start)
        assert not coverage.is_working(DANA, end)
    assert coverage.is_working(DANA, datetime(2026, 11, 1, 7, 30, tzinfo=UTC))  # 01:30 once more
    assert local(datetime(2026, 11, 1, 7, 30, tzinfo=UTC), ZONE).hour == 1
