from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubm_smartsheet.verdicts import read
from ubm_sync.transport import Kind, Reply

NOON = "Sat, 21 Nov 2026 12:00:00 GMT"
NOON_SECONDS = 1795262400


def reply(status: int, code: int = 0, message: str = "words", **headers: str) -> Reply:
    body = orjson.dumps({"errorCode": code, "message": message, "refId": "abc"})
    return Reply(status, {name.replace("_", "-"): text for name, text in headers.items()}, body)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, 1001, Kind.NO_ACCESS),
        (401, 1002, Kind.NO_ACCESS),
        (401, 1003, Kind.NO_ACCESS),
        (401, 0, Kind.NO_ACCESS),
        (403, 1004, Kind.NOT_THERE),
        (404, 1006, Kind.NOT_THERE),
        (404, 0, Kind.NOT_THERE),
        (400, 1008, Kind.NO),
        (400, 1042, Kind.NO),
        (403, 1039, Kind.NO),
        (403, 1050, Kind.NO),
        (403, 1212, Kind.NO),
        (410, 4005, Kind.NO),
        (414, 0, Kind.NO),
        (429, 4003, Kind.AGAIN),
        (429, 0, Kind.AGAIN),
        (503, 4001, Kind.AGAIN),
        (500, 4000, Kind.UNSURE),
        (500, 4002, Kind.UNSURE),
        (500, 4004, Kind.UNSURE),
        (500, 0, Kind.UNSURE),
        (400, 5536, Kind.NO),
    ],
)
def test_every_code_has_its_meaning(status: int, code: int, kind: Kind) -> None:
    verdict = read(reply(status, code))

    assert verdict.kind is kind
    assert verdict.code == (str(code) if code else "")


@pytest.mark.parametrize("status", [502, 503])
def test_an_html_page_of_a_gateway_leaves_the_effect_unsure(status: int) -> None:
    assert read(Reply(status, {}, b"<html>Bad gateway</html>")).kind is Kind.UNSURE


@pytest.mark.parametrize("status", [403, 404])
def test_a_page_that_is_not_the_api_is_no_lost_sheet(status: int) -> None:
    verdict = read(Reply(status, {}, b"<html>Blocked</html>"))

    assert verdict.kind is Kind.UNSURE
    assert "SMARTSHEET_BASE_URL" in verdict.message


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"rows": [', b'"text"', b"\xff\xfe"])
def test_a_success_that_cannot_be_read_is_unsure(body: bytes) -> None:
    assert read(Reply(200, {}, body)).kind is Kind.UNSURE


@pytest.mark.parametrize("status", [200, 201, 202, 299])
def test_any_success_with_data_is_fine(status: int) -> None:
    assert read(Reply(status, {}, b'{"a": 1}\n')).kind is Kind.FINE


def test_a_sheet_being_written_by_us_already_was_refused_before_any_effect() -> None:
    words = (
        "Request failed because sheetId 1 is currently being updated by another request that "
        "uses the same access token."
    )
    verdict = read(reply(500, 4004, words))

    assert verdict.kind is Kind.AGAIN
    assert verdict.wait is None  # backoff with jitter


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, 60.0),
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "0"}, 1.0),
        ({"retry_after": "999999"}, 3600.0),
        ({"retry_after": "Sat, 21 Nov 2026 12:00:30 GMT", "date": NOON}, 30.0),
        ({"retry_after": "Sat, 21 Nov 2026 12:00:30 GMT"}, 60.0),
        ({"retry_after": "soon"}, 60.0),
        ({"x_ratelimit_reset": "12"}, 12.0),
        ({"x_ratelimit_reset": str(NOON_SECONDS + 20), "date": NOON}, 20.0),
        ({"x_ratelimit_reset": str((NOON_SECONDS + 20) * 1000), "date": NOON}, 20.0),
        ({"x_ratelimit_reset": str(NOON_SECONDS + 20)}, 60.0),
        ({"x_ratelimit_reset": "nan"}, 60.0),
    ],
)
def test_a_rate_limit_names_its_pause_or_gets_the_usual_one(
    headers: dict[str, str], wait: float
) -> None:
    assert read(reply(429, 4003, **headers)).wait == wait


def test_maintenance_waits_for_minutes() -> None:
    assert read(reply(503, 4001)).wait == 180.0


def test_a_refused_token_is_a_sentence_that_says_what_to_do() -> None:
    verdict = read(reply(401, 1002, "Your Access Token is invalid."))

    assert verdict.message == (
        "Smartsheet refused the access token; put a valid one in SMARTSHEET_ACCESS_TOKEN."
    )


def test_a_hidden_sheet_is_called_not_accessible_and_never_deleted() -> None:
    for status, code in ((403, 1004), (404, 1006)):
        message = read(reply(status, code, "Not Found")).message
        assert "not accessible" in message
        assert "delete" not in message


def test_the_detail_of_a_refusal_is_kept() -> None:
    body = orjson.dumps({"errorCode": 1042, "message": "no", "detail": {"index": 3}})

    assert read(Reply(400, {}, body)).detail == {"index": 3, "message": "no"}


@given(st.integers(100, 599), st.binary(max_size=60))
def test_any_answer_has_a_meaning(status: int, body: bytes) -> None:
    verdict = read(Reply(status, {}, body))

    assert isinstance(verdict.kind, Kind)
    assert verdict.kind is Kind.FINE or verdict.message


@given(st.dictionaries(st.sampled_from(["errorCode", "message", "detail"]), st.none() | st.text()))
def test_odd_error_bodies_have_a_meaning(body: dict[str, str | None]) -> None:
    assert read(Reply(400, {}, orjson.dumps(body))).kind is Kind.NO
