"""The pure parts of the help desk: who is a person, what a mail says, what is asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubm_hubspot import desk_cursor
from ubm_hubspot.desk_decode import is_person
from ubm_hubspot.desk_messages import is_automatic, message_of, plain
from ubm_hubspot.desk_searching import DeskQuery
from ubm_hubspot.desk_tasks import short
from ubm_hubspot.searching import BODY_LIMIT, newest
from ubm_hubspot.settings import FactSettings, Settings, read_settings, rules_of
from ubm_hubspot.steps import is_closed, steps_of
from ubm_hubspot.values import LONGEST
from ubm_hubspot.window import Rules
from ubm_sync.errors import ConfigError

FACTS = FactSettings()


@pytest.mark.parametrize(
    ("source", "user", "person"),
    [
        ("CRM_UI", "7", True),
        ("CRM_UI", "", True),
        ("CRM_UI_BULK_ACTION", "7", True),
        ("MOBILE_ANDROID", "7", True),
        ("mobile_ios", "7", True),
        ("API", "7", False),
        ("INTEGRATION", "7", False),
        ("INTEGRATIONS_PLATFORM", "", False),
        ("WORKFLOWS", "7", False),
        ("AUTOMATION_PLATFORM", "7", False),
        ("CONVERSATIONS", "7", False),
        ("CALCULATED", "", False),
        ("IMPORT", "7", True),
        ("IMPORT", "", False),
        ("SOMETHING_NEW", "7", True),
        ("", "", False),
    ],
)
def test_the_source_goes_before_the_user(source: str, user: str, person: bool) -> None:
    assert is_person(source, user) is person


def mail(**properties: Any) -> dict[str, Any]:
    given = {"hs_timestamp": "2026-11-23T09:00:00Z", "hs_email_direction": "INCOMING_EMAIL"}
    return {"id": 5, "properties": {**given, **properties}}


def test_a_mail_without_text_is_read_from_its_html() -> None:
    told = message_of(mail(hs_email_html="<p>Off&nbsp;on <b>Monday</b></p><p>Jo</p>"), FACTS)

    assert told is not None
    assert (told.ref, told.text, told.inbound) == ("5", "Off on Monday\nJo", True)
    assert told.at == datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("direction", "inbound"),
    [("EMAIL", False), ("INCOMING_EMAIL", True), ("FORWARDED_EMAIL", True), (None, True)],
)
def test_only_what_we_sent_is_outbound(direction: str | None, inbound: bool) -> None:
    told = message_of(mail(hs_email_direction=direction), FACTS)

    assert told is not None
    assert told.inbound is inbound


@pytest.mark.parametrize("status", ["DRAFT", "SCHEDULED", "SENDING"])
def test_what_was_never_sent_is_no_message(status: str) -> None:
    assert message_of(mail(hs_email_status=status), FACTS) is None


def test_a_mail_without_a_time_has_that_of_its_making_or_none() -> None:
    made = {"id": "1", "createdAt": "2026-11-23T09:00:00Z", "properties": {"hs_timestamp": None}}
    told = message_of(made, FACTS)

    assert told is not None
    assert told.at == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert message_of({"id": "1", "properties": None}, FACTS) is None


def test_the_sender_may_stand_in_the_headers_only() -> None:
    headers = orjson.dumps({"from": {"email": "Jo@Halsted.example"}}).decode()
    told = message_of(mail(hs_email_headers=headers), FACTS)

    assert told is not None
    assert told.sender == "jo@halsted.example"
    broken = message_of(mail(hs_email_headers='{"from": '), FACTS)
    assert broken is not None
    assert broken.sender == ""


@pytest.mark.parametrize(
    ("subject", "headers", "automatic"),
    [
        ("Automatic reply: your mail", "", True),
        ("Out of the office", "", True),
        ("Disconnect notice", "Auto-Submitted: auto-generated\nPrecedence: bulk", False),
        ("Disconnect notice", "Auto-Submitted: auto-replied (vacation)", True),
        ("Disconnect notice", "Auto-Submitted: no", False),
        ("Disconnect notice", "X-Autorespond: 1", True),
        ("Disconnect notice", "[]", False),
    ],
)
def test_only_an_answer_is_automatic(subject: str, headers: str, automatic: bool) -> None:
    assert is_automatic(subject, headers, FACTS) is automatic


@given(st.text(st.characters(exclude_characters="<>&", exclude_categories=["Cs", "Cc"])))
def test_words_come_out_of_html_as_they_went_in(text: str) -> None:
    words = " ".join(text.split())

    assert " ".join(plain(f"<div><p>{words}</p><script>no</script></div>").split()) == words


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=400), st.integers(0, 3_000))
def test_a_body_cut_short_fits_and_holds_no_half_of_anything(text: str, times: int) -> None:
    body = short(text * times)

    assert len(body) <= LONGEST
    assert not body.removesuffix(" [...]").endswith(("&", "&am", "&amp", "&l", "&lt", "<", "<br"))


def query(groups: int = 3) -> DeskQuery:
    group = [{"propertyName": "x" * 40, "operator": "IN", "values": ["urgent_disconnect"] * 3}]
    free = [[{"propertyName": "heard", "operator": "GTE", "value": "100"}]]
    return DeskQuery([group] * groups, ["hs_lastmodifieddate"] * 8, free=free, since=100)


def test_the_beginning_is_no_filter_of_what_says_itself_since_when() -> None:
    first = query(1).body(("hs_lastmodifieddate", "GTE", "100"))
    later = query(1).body(("hs_lastmodifieddate", "GTE", "101"), offset=199)

    sizes = [[len(group["filters"]) for group in body["filterGroups"]] for body in (first, later)]
    assert sizes == [[2, 1], [2, 2]]
    assert "after" not in first
    assert later["after"] == "199"
    assert (
        len(orjson.dumps(query(4).body(("a", "EQ", "0" * 13), ("b", "GT", "0" * 20)))) < BODY_LIMIT
    )


def test_the_newest_are_walked_page_by_page_and_not_for_ever() -> None:
    asked: list[dict[str, Any]] = []

    def ask(body: dict[str, Any]) -> dict[str, Any]:
        asked.append(body)
        start = int(body.get("after") or 0)
        results = [{"id": str(index)} for index in range(start, min(start + 200, 1_000))]
        answer: dict[str, Any] = {"total": 1_000, "results": results}
        return answer | ({"paging": {"next": {"after": start + 200}}} if start < 800 else {})

    found = [one["id"] for page in newest(ask, query(), 7, 9) for one in page.records]
    assert found == [str(index) for index in range(1_000)]
    assert asked[0]["sorts"] == [{"propertyName": "createdate", "direction": "DESCENDING"}]
    asked.clear()
    assert len(list(newest(ask, query(), 7, 3))) == len(asked) == 3


def test_stages_of_all_pipelines_are_known_by_what_people_call_them() -> None:
    stages = [
        {"id": 2, "label": "Done", "displayOrder": 1, "metadata": {"isClosed": "true"}},
        {"id": "1", "label": "New", "displayOrder": 0, "metadata": {"ticketState": "OPEN"}},
        {"id": "3", "label": "Old", "archived": True},
    ]

    steps = steps_of([{"id": 0, "label": "Support", "stages": stages}, {"id": "9", "label": "No"}])

    assert list(steps) == [("0", "1"), ("0", "2")]
    assert steps["0", "2"] == ("Support", "Done", True)
    assert not is_closed({})


def test_the_settings_of_the_desk_are_checked() -> None:
    assert read_settings({"desk": {"first_days": 3}}).desk.first_days == 3
    with pytest.raises(ConfigError, match=r"systems\.hubspot\.desk\.first_day"):
        read_settings({"desk": {"first_day": 3}})


class NoSchema:
    """What a cursor keeps of the portal, for tests of the cursor alone."""

    def __init__(self) -> None:
        self.loaded: Any = None

    def dump(self) -> dict[str, Any]:
        return {"absent": ["x"]}

    def load(self, state: Any) -> None:
        self.loaded = state


def test_a_cursor_goes_on_where_it_was() -> None:
    rules: Rules = rules_of(Settings(), 120)
    position = desk_cursor.begin(rules, 1_000_000_000, 86_400_000)
    position.window.took("7", 990_000_000)
    position.first, position.again, position.check_at = False, ["8"], 5
    schema: Any = NoSchema()

    text = desk_cursor.dump(position, schema, "m")
    same = desk_cursor.load(text, rules, schema, "m")
    other = desk_cursor.load(text, rules, schema, "another mapping")

    assert same is not None
    assert (same.first, same.again, same.check_at) == (False, ["8"], 5)
    assert same.window.known == {"7": 990_000_000}
    assert schema.loaded == {"absent": ["x"]}
    assert other is not None
    assert other.check_at == 0
    assert desk_cursor.load('{"format":99}', rules, schema, "m") is None
