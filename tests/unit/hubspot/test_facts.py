"""HubSpot's JSON -> facts, without a portal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubm_hubspot import facts_of_mail, facts_of_meetings, facts_of_tasks, facts_of_tickets
from ubm_hubspot.facts import Reading, entries
from ubm_hubspot.settings import FactSettings, read_settings
from ubm_sync.errors import ConfigError
from ubm_sync.evidence import Evidence, Kind, Side

READING = Reading(
    FactSettings(),
    {"7": "dana@ubm.example"}.get,
    lambda email: email.endswith("@ubm.example"),
    {"100": "gathering_documents"}.get,  # type: ignore[arg-type]
    "America/Chicago",
)
DANA = "7"


def entry(at: str, value: str, user: str = DANA, source: str = "CRM_UI") -> dict[str, Any]:
    when = at if "T" in at else f"{at}T15:00:00.000Z"
    told: dict[str, Any] = {"value": value, "timestamp": when, "sourceType": source}
    return {**told, "updatedByUserId": user} if user else told


def record(number: str, created: str = "2026-09-01", **histories: list[dict[str, Any]]) -> Any:
    """Return a record; histories are written oldest first and told newest first."""
    told = {name: list(reversed(some)) for name, some in histories.items()}
    return {
        "id": number,
        "properties": {"createdate": f"{created}T15:00:00.000Z"},
        "propertiesWithHistory": told,
    }


def mail(number: str, at: str, direction: str = "EMAIL", **more: str) -> Any:
    properties = {
        "hs_timestamp": at,
        "hs_email_direction": direction,
        "hs_email_status": "SENT",
        "hs_email_from_email": "jo@halsted.example" if direction != "EMAIL" else "",
        **{f"hs_email_{name}": value for name, value in more.items()},
    }
    return {"id": number, "properties": properties}


def messages(*mails: Any, tickets: tuple[Any, ...] = ()) -> list[Evidence]:
    return facts_of_mail.of_messages(tickets, mails, READING, {})


def task(title: str, *statuses: tuple[str, str], due: tuple[tuple[str, str], ...] = ()) -> Any:
    one = record(
        "31",
        statuses[0][0] if statuses else "2026-09-01",
        hs_task_status=[entry(at, status) for at, status in statuses],
        hs_timestamp=[entry(at, day) for at, day in due],
    )
    one["properties"]["hs_task_subject"] = title
    return one


def values(facts: Any) -> list[tuple[str, str]]:
    return [(one.at.date().isoformat(), one.value) for one in facts]


@pytest.mark.parametrize(
    ("more", "value"),
    [
        ({"subject": "Re: bills"}, "reply"),
        ({"subject": "Automatic reply: bills"}, "automatic"),
        ({"subject": "Out of office until Monday"}, "automatic"),
        ({"subject": "Re: our office in Joliet"}, "reply"),
        ({"subject": "Re: bills", "headers": '{"Auto-Submitted":"auto-replied"}'}, "automatic"),
        ({"subject": "Re: bills", "headers": '{"Auto-Submitted":"no"}'}, "reply"),
        ({"subject": "Re: bills", "headers": "Precedence: bulk\nX-Mailer: x"}, "automatic"),
        ({"subject": "Re: bills", "headers": "{not json"}, "reply"),
        ({"subject": "Undeliverable: bills"}, "automatic"),
        ({"subject": "bills", "from_email": "MAILER-DAEMON@halsted.example"}, "automatic"),
    ],
)
def test_a_machine_s_answer_is_told_by_headers_sender_or_subject(
    more: dict[str, str], value: str
) -> None:
    (told,) = messages(mail("1", "2026-09-03T15:00:00Z", "INCOMING_EMAIL", **more))

    assert (told.kind, told.value, told.side) == (Kind.RECEIVED, value, Side.CLIENT)


@pytest.mark.parametrize("status", ["SCHEDULED", "SENDING"])
def test_what_was_not_sent_yet_is_no_message(status: str) -> None:
    assert messages(mail("1", "2026-09-03T15:00:00Z", status=status)) == []


@pytest.mark.parametrize("at", ["", "soon", "99999999999999999"])
def test_a_mail_without_a_readable_time_is_left_out(at: str) -> None:
    assert messages(mail("1", at)) == []


def test_a_notice_of_failure_makes_the_mail_before_it_one_that_bounced() -> None:
    told = messages(
        mail("1", "2026-09-03T15:00:00Z", subject="First"),
        mail("2", "2026-09-04T15:00:00Z", subject="Second"),
        mail("3", "2026-09-04T15:01:00Z", "INCOMING_EMAIL", subject="Undeliverable: Second"),
    )

    assert [one.value for one in told] == ["delivered", "bounced", "automatic"]


def test_what_a_ticket_tells_of_a_message_is_corrected_by_the_mail_next_to_it() -> None:
    at = "2026-09-03T15:00:01.000Z"
    ticket = record("501", hs_last_message_sent_at=[entry(at, at, user="")])
    told = messages(mail("1", "2026-09-03T15:00:00Z", status="BOUNCED"), tickets=(ticket,))

    assert [(one.record, one.value) for one in told] == [
        ("emails/1", "bounced"), ("tickets/501", "bounced"),
    ]  # fmt: skip


def test_a_message_dated_after_it_was_noted_is_doubtful() -> None:
    ticket = record(
        "501", hs_last_message_sent_at=[entry("2026-09-03", "2026-09-05T15:00:00.000Z")]
    )
    (told,) = messages(tickets=(ticket,))

    assert "is a clock wrong?" in told.details["doubt"]


def test_what_was_asked_before_the_oldest_answer_remembered_is_doubtful() -> None:
    days = [(datetime(2026, 9, 10, tzinfo=UTC) + timedelta(days=n)).isoformat() for n in range(20)]
    ticket = record(
        "501",
        last_reply_date=[entry(day, day) for day in days],
        hs_last_message_sent_at=[
            entry(day, day) for day in ("2026-09-02T15:00:00+00:00", "2026-09-20T15:00:00+00:00")
        ],
    )
    sent = [one for one in messages(tickets=(ticket,)) if one.kind is Kind.SENT]

    assert ["not kept" in one.details.get("doubt", "") for one in sent] == [True, False]


def test_a_history_whose_times_run_backwards_is_doubtful_and_still_in_order() -> None:
    told = entries(
        record("501", ubm_waiting_for=[entry("2026-09-05", "a"), entry("2026-09-04", "b")]),
        "ubm_waiting_for",
    )

    assert [one.value for one in told] == ["b", "a"]
    assert "clock set back" in told[0].doubt


def test_a_history_without_its_beginning_is_doubtful() -> None:
    ticket = record("501", hs_pipeline_stage=[entry("2026-09-09", "100")])
    (told,) = facts_of_tickets.of_ticket(ticket, READING)

    assert told.value == "gathering_documents"
    assert "before 2026-09-09 is not kept" in told.details["doubt"]


def test_a_stage_nobody_knows_is_told_by_its_id() -> None:
    ticket = record("501", hs_pipeline_stage=[entry("2026-09-01", "999")])

    assert [one.value for one in facts_of_tickets.of_ticket(ticket, READING)] == ["999"]


def test_entries_without_a_readable_time_are_left_out() -> None:
    odd = [entry("2026-09-01", "100"), {"value": "100", "timestamp": "soon"}, {"value": None}]

    assert len(entries(record("501", hs_pipeline_stage=odd), "hs_pipeline_stage")) == 1


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-09-10", "2026-09-10"),
        ("2026-09-10T00:00:00Z", "2026-09-10"),  # a day without a time
        ("1788998400000", "2026-09-10"),
        ("2026-09-11T03:00:00Z", "2026-09-10"),  # the evening before, in Chicago
        ("2026-09-10T22:00:00Z", "2026-09-10"),
        ("", ""),
        ("soon", ""),
    ],
)
def test_a_day_is_the_customer_s_own(text: str, day: str) -> None:
    assert facts_of_tickets.day_of(text, "America/Chicago") == day


def test_the_steps_of_an_item() -> None:
    one = task(
        "Document: W-9",
        ("2026-09-01", "NOT_STARTED"),
        ("2026-09-02", "WAITING"),
        ("2026-09-05", "IN_PROGRESS"),
        ("2026-09-06", "WAITING"),
        ("2026-09-08", "COMPLETED"),
        ("2026-09-09", "DEFERRED"),
    )

    assert values(facts_of_tasks.of_task(one, READING)) == [
        ("2026-09-01", "requested"),
        ("2026-09-05", "received"),
        ("2026-09-06", "rejected"),
        ("2026-09-08", "accepted"),
        ("2026-09-09", "void"),
    ]


@pytest.mark.parametrize(
    ("title", "kind", "subject", "told"),
    [
        ("approval: GL mapping", Kind.APPROVAL, "tasks/31", ["requested", "approved"]),
        ("Login: ComEd", Kind.CREDENTIAL, "ComEd", ["requested", "received", "valid"]),
        ("Authorisation: ComEd", Kind.AUTHORISATION, "ComEd", ["sent", "confirmed"]),
        ("Portal: ComEd", Kind.PORTAL, "ComEd", ["down", "up"]),
        ("Error: template", Kind.ERROR, "template", ["open", "fixed"]),
    ],
)
def test_how_a_title_begins_says_what_a_task_is(
    title: str, kind: Kind, subject: str, told: list[str]
) -> None:
    one = task(title, ("2026-09-01", "WAITING"), ("2026-09-05", "IN_PROGRESS"),
               ("2026-09-06", "COMPLETED"))  # fmt: skip
    facts = list(facts_of_tasks.of_task(one, READING))

    assert [fact.value for fact in facts] == told
    assert {(fact.kind, fact.subject) for fact in facts} == {(kind, subject)}


def test_any_other_task_is_no_item() -> None:
    assert list(facts_of_tasks.of_task(task("Call Jo", ("2026-09-01", "WAITING")), READING)) == []


@pytest.mark.parametrize(
    ("days", "due", "doubt"),
    [
        ([("2026-09-01", "2026-09-10")], "2026-09-10", False),
        ([("2026-09-01", "2026-09-10"), ("2026-09-08", "2026-09-20")], "2026-09-20", False),
        ([("2026-09-01", "2026-09-20"), ("2026-09-08", "2026-09-10")], "2026-09-20", True),
        (
            [("2026-09-01", "2027-09-10"), ("2026-09-01T15:05:00Z", "2026-09-10")],
            "2026-09-10", False,
        ),
    ],
)  # fmt: skip
def test_a_day_put_off_counts_and_one_brought_forward_does_not(
    days: list[tuple[str, str]], due: str, doubt: bool
) -> None:
    one = task("Document: W-9", ("2026-09-01", "WAITING"), due=tuple(days))
    (asked,) = facts_of_tasks.of_task(one, READING)

    assert asked.details["due"] == due
    assert ("doubt" in asked.details) is doubt


def meeting(starts: list[tuple[str, str]], outcomes: list[tuple[str, str]], **who: str) -> Any:
    user, source = who.get("user", DANA), who.get("source", "CRM_UI")
    return record(
        "41",
        starts[0][0],
        hs_meeting_start_time=[entry(at, f"{day}T15:00:00Z", user, source) for at, day in starts],
        hs_meeting_outcome=[entry(at, value, user, source) for at, value in outcomes],
    )


@pytest.mark.parametrize(
    ("starts", "outcomes", "told"),
    [
        (
            [("2026-10-01", "2026-10-06")],
            [("2026-10-01", "SCHEDULED"), ("2026-10-06", "COMPLETED")],
            [("2026-10-01", "scheduled"), ("2026-10-06", "completed")],
        ),
        (  # only the time was changed
            [("2026-10-01", "2026-10-06"), ("2026-10-05", "2026-10-13")],
            [("2026-10-01", "SCHEDULED")],
            [("2026-10-01", "scheduled"), ("2026-10-05", "rescheduled")],
        ),
        (  # both halves of one move
            [("2026-10-01", "2026-10-06"), ("2026-10-05", "2026-10-13")],
            [("2026-10-01", "SCHEDULED"), ("2026-10-05", "RESCHEDULED")],
            [("2026-10-01", "scheduled"), ("2026-10-05", "rescheduled")],
        ),
        (  # booked anew after nobody came
            [("2026-10-01", "2026-10-06"), ("2026-10-07", "2026-10-13")],
            [("2026-10-01", "SCHEDULED"), ("2026-10-06", "NO_SHOW")],
            [("2026-10-01", "scheduled"), ("2026-10-06", "no_show"), ("2026-10-07", "scheduled")],
        ),
        (  # an outcome of the portal's own means nothing
            [("2026-10-01", "2026-10-06")],
            [("2026-10-01", "SCHEDULED"), ("2026-10-06", "VERY_NICE")],
            [("2026-10-01", "scheduled")],
        ),
    ],
)
def test_the_story_of_a_meeting(
    starts: list[tuple[str, str]], outcomes: list[tuple[str, str]], told: list[tuple[str, str]]
) -> None:
    facts = list(facts_of_meetings.of_meeting(meeting(starts, outcomes), READING))

    assert values(facts) == told


def test_whoever_notes_that_nobody_came_the_client_did_not() -> None:
    one = meeting([("2026-10-01", "2026-10-06")], [("2026-10-06", "NO_SHOW")])
    missed = list(facts_of_meetings.of_meeting(one, READING))[-1]

    assert (missed.value, missed.side, missed.actor) == ("no_show", Side.CLIENT, "dana@ubm.example")


def test_a_refused_setting_names_itself_and_what_is_known() -> None:
    wrong: dict[str, Any] = {
        "checklist": {"Letter:": "letter"},
        "outcomes": {"NICE": "nice"},
        "returned_subjects": ["("],
        "sents": [],
    }
    with pytest.raises(ConfigError) as caught:
        read_settings({"facts": wrong})

    text = str(caught.value)
    for word in (
        "Letter:: letter",
        "NICE: nice",
        '"(" is no pattern',
        "systems.hubspot.facts.sents",
    ):
        assert word in text


TEXTS = st.text(max_size=12) | st.sampled_from(["COMPLETED", "2026-09-01", "WAITING", "EMAIL"])
HISTORY = st.lists(
    st.fixed_dictionaries(
        {"value": TEXTS | st.none(), "timestamp": TEXTS | st.just("2026-09-01T15:00:00Z")}
    ),
    max_size=4,
)


@given(st.dictionaries(st.sampled_from(facts_of_tickets.wanted(FactSettings())), HISTORY))
def test_nothing_a_ticket_may_hold_stops_the_reading(histories: dict[str, Any]) -> None:
    ticket = {"id": "1", "properties": {}, "propertiesWithHistory": histories}

    assert all(one.record == "tickets/1" for one in facts_of_tickets.of_ticket(ticket, READING))
    facts_of_mail.of_messages([ticket], [], READING, {})


@given(st.dictionaries(st.sampled_from(facts_of_mail.PROPERTIES), TEXTS | st.none()))
def test_nothing_a_mail_may_hold_stops_the_reading(properties: dict[str, Any]) -> None:
    facts_of_mail.of_messages([], [{"id": "1", "properties": properties}], READING, {})


@given(HISTORY, HISTORY, TEXTS)
def test_nothing_a_meeting_or_a_task_may_hold_stops_the_reading(
    first: Any, second: Any, title: str
) -> None:
    histories = {
        "hs_meeting_start_time": first,
        "hs_meeting_outcome": second,
        "hs_task_status": second,
        "hs_timestamp": first,
    }
    one = {
        "id": "1",
        "properties": {"hs_task_subject": f"Document: {title}"},
        "propertiesWithHistory": histories,
    }
    list(facts_of_meetings.of_meeting(one, READING))
    list(facts_of_tasks.of_task(one, READING))
