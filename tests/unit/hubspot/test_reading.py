from __future__ import annotations

import orjson
import pytest

from ubm_hubspot.reading import PropertyFault, decoded, holder_of, property_faults, read
from ubm_sync.transport import Kind, Reply


def reply(status: int, body: object = b"", **headers: str) -> Reply:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)


def said(**body: object) -> dict[str, object]:
    return {"status": "error", "message": "no", "correlationId": "c", **body}


TEN = said(policyName="TEN_SECONDLY_ROLLING", message="You have reached your ten_secondly_rolling")
SECOND = said(policyName="SECONDLY", message="You have reached your secondly limit.")
BARE_SECOND = said(message="You have reached your secondly limit.", category="RATE_LIMITS")
DAY = said(policyName="DAILY", message="You have reached your daily limit.")
HTML = b"<html><title>502</title></html>"
GARBLED = b'{"message":"\xff\xfe"}'
INTERVAL = "x_hubspot_ratelimit_interval_milliseconds"


@pytest.mark.parametrize(
    ("answer", "kind", "wait"),
    [
        pytest.param(reply(200, {"results": []}), Kind.FINE, None, id="200"),
        pytest.param(reply(201, {"id": "1"}), Kind.FINE, None, id="201"),
        pytest.param(reply(202, {"results": []}), Kind.FINE, None, id="202-with-a-result"),
        pytest.param(reply(207, {"errors": []}), Kind.FINE, None, id="207"),
        pytest.param(reply(204), Kind.FINE, None, id="204"),
        pytest.param(reply(202), Kind.UNSURE, None, id="202-empty"),
        pytest.param(reply(200, b"null"), Kind.UNSURE, None, id="200-null"),
        pytest.param(reply(200, HTML), Kind.UNSURE, None, id="200-html"),
        pytest.param(reply(200, b'{"results": ['), Kind.UNSURE, None, id="200-cut"),
        pytest.param(reply(429, TEN), Kind.AGAIN, 10.0, id="429-ten-secondly"),
        pytest.param(reply(429, TEN, retry_after="3"), Kind.AGAIN, 3.0, id="429-retry-after"),
        pytest.param(reply(429, TEN, **{INTERVAL: "4000"}), Kind.AGAIN, 4.0, id="429-interval"),
        pytest.param(reply(429, TEN, **{INTERVAL: "x"}), Kind.AGAIN, 10.0, id="429-bad-interval"),
        pytest.param(reply(429, TEN, retry_after="soon"), Kind.AGAIN, 10.0, id="429-odd-header"),
        pytest.param(reply(429, SECOND), Kind.AGAIN, 1.0, id="429-secondly"),
        pytest.param(reply(429, BARE_SECOND), Kind.AGAIN, 1.0, id="429-secondly-by-words"),
        pytest.param(reply(429, DAY), Kind.AGAIN, 120.0, id="429-daily"),
        pytest.param(reply(429, HTML), Kind.AGAIN, 10.0, id="429-html"),
        pytest.param(reply(423, said()), Kind.AGAIN, 2.0, id="423"),
        pytest.param(reply(423, said(), retry_after="1"), Kind.AGAIN, 2.0, id="423-at-least-2"),
        pytest.param(reply(477, said(), retry_after="3600"), Kind.AGAIN, 3600.0, id="477"),
        pytest.param(reply(477, HTML), Kind.AGAIN, 600.0, id="477-no-header"),
        pytest.param(reply(500, said()), Kind.UNSURE, None, id="500"),
        pytest.param(reply(500, GARBLED), Kind.UNSURE, None, id="500-garbled"),
        pytest.param(reply(502, HTML), Kind.UNSURE, None, id="502-html"),
        pytest.param(reply(503, said()), Kind.UNSURE, None, id="503"),
        pytest.param(reply(504), Kind.UNSURE, None, id="504-empty"),
        pytest.param(reply(521, HTML), Kind.UNSURE, None, id="521"),
        pytest.param(reply(401, said()), Kind.NO_ACCESS, None, id="401"),
        pytest.param(reply(401, HTML), Kind.NO_ACCESS, None, id="401-html"),
        pytest.param(reply(403, said()), Kind.NO_ACCESS, None, id="403"),
        pytest.param(reply(403, HTML), Kind.UNSURE, None, id="403-of-something-before"),
        pytest.param(reply(404, said()), Kind.NOT_THERE, None, id="404"),
        pytest.param(reply(400, said()), Kind.NO, None, id="400"),
        pytest.param(reply(400, GARBLED), Kind.UNSURE, None, id="400-garbled"),
        pytest.param(reply(409, said(category="CONFLICT")), Kind.NO, None, id="409"),
        pytest.param(reply(413), Kind.NO, None, id="413"),
        pytest.param(reply(414, HTML), Kind.NO, None, id="414"),
        pytest.param(reply(302, said()), Kind.NO, None, id="302"),
    ],
)
def test_an_answer_means(answer: Reply, kind: Kind, wait: float | None) -> None:
    verdict = read(answer)

    assert verdict.kind is kind
    assert verdict.wait == wait


def test_a_refused_token_is_told_with_what_to_do() -> None:
    advertised = "Authentication credentials not found. This API supports OAuth 2.0 ... " * 3
    verdict = read(reply(401, said(message=advertised)))

    assert verdict.message == (
        "HubSpot refused the access token; put a valid one in HUBSPOT_ACCESS_TOKEN."
    )


def test_a_missing_permission_is_named() -> None:
    error = {"message": "m", "context": {"requiredGranularScopes": ["tickets"]}}

    verdict = read(reply(403, said(category="MISSING_SCOPES", errors=[error])))

    assert "lacks a permission (tickets)" in verdict.message
    assert verdict.code == "MISSING_SCOPES"


def test_the_refusal_keeps_what_hubspot_said() -> None:
    body = said(category="VALIDATION_ERROR", message="Duplicate IDs found")

    verdict = read(reply(400, body))

    assert verdict.code == "VALIDATION_ERROR"
    assert verdict.detail == body
    assert "Duplicate IDs found" in verdict.message


@pytest.mark.parametrize("body", [b"", HTML, GARBLED, b"[1]", b"null", b"{"])
def test_a_body_that_is_no_object_reads_as_nothing(body: bytes) -> None:
    assert decoded(body) == {}


def test_faults_are_found_inside_the_message() -> None:
    inner = [
        {"isValid": False, "message": "m1", "error": "PROPERTY_DOESNT_EXIST", "name": "missing"},
        {"isValid": False, "localizedErrorMessage": "m2", "error": "INVALID_OPTION", "name": "b"},
        {"isValid": False, "message": "without a name"},
    ]
    problem = {"message": f"Property values were not valid: {orjson.dumps(inner).decode()}"}

    assert property_faults(problem) == (
        PropertyFault("missing", "PROPERTY_DOESNT_EXIST", "m1"),
        PropertyFault("b", "INVALID_OPTION", "m2"),
    )


def test_faults_are_found_in_the_errors() -> None:
    errors = [
        {"message": "m1", "code": "INVALID_OPTION", "context": {"propertyName": ["a", "b"]}},
        {"message": "m2", "in": "c"},
        {"message": 'Property "d" does not exist: [{"name": "d", "error": "X"}]'},
        "odd",
    ]

    found = property_faults({"message": "m", "errors": errors})

    assert [(fault.name, fault.code) for fault in found] == [
        ("a", "INVALID_OPTION"),
        ("b", "INVALID_OPTION"),
        ("c", ""),
        ("d", "X"),
    ]


def test_faults_are_found_in_the_context_or_only_in_words() -> None:
    context = {"message": "m", "category": "C", "context": {"propertyName": ["a"]}}
    words = {"message": 'Property "ubm_vendor" does not exist', "category": "C"}

    assert property_faults(context) == (PropertyFault("a", "C", "m"),)
    assert property_faults(words) == (PropertyFault("ubm_vendor", "C", words["message"]),)


@pytest.mark.parametrize(
    "problem",
    [{}, {"message": None}, {"message": "x [{] y"}, {"message": "[{bad}]"}, {"context": "odd"}],
)
def test_an_error_that_names_nothing_has_no_faults(problem: dict[str, object]) -> None:
    assert property_faults(problem) == ()


@pytest.mark.parametrize(
    ("problem", "holder"),
    [
        pytest.param(
            said(message="Ticket with ubm_sync_id k-1 already exists. Existing ID: 77"),
            "77",
            id="name",
        ),
        pytest.param(said(message="k-1 is taken: 77 already has that value"), "77", id="value"),
        pytest.param(
            said(message="Ticket already exists. Existing ID: 77"), "", id="not-said-whose"
        ),
        pytest.param(
            said(message='Property "city_code" is taken. Existing ID: 77'),
            "",
            id="another-property",
        ),
        pytest.param(said(message="ubm_sync_id k-1 already exists."), "", id="not-said-by-whom"),
    ],
)
def test_who_holds_a_unique_value_is_known_only_where_it_is_said_of_that_value(
    problem: dict[str, object], holder: str
) -> None:
    assert holder_of(problem, "ubm_sync_id", "k-1") == holder


def test_the_daily_limit_is_named_with_its_end() -> None:
    assert read(reply(429, DAY)).message == (
        "HubSpot's daily limit of calls is used up; it starts anew at midnight of the account, or"
        " once more calls are bought."
    )
