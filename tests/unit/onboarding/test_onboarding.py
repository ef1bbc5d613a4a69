from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from ubm_sync.flow import Decision, Flow, Situation
from ubm_sync.model import Customer, Observation
from ubm_sync.onboarding import OnboardingFlow

NOW = datetime(2026, 11, 20, 15, 12, tzinfo=UTC)
HALSTED = Customer("halsted", "Halsted Foods", company="55", csm="dana@ubm.example")
COUNTS = {
    "Draft": 1,
    "Needs information": 2,
    "Waiting for CSM": 4,
    "Approved": 8,
    "Setting up": 16,
    "Active": 32,
    "Closing": 64,
    "Closed": 128,
    "Duplicate": 256,
    "Not accepted": 512,
    "Problem on our side": 1024,
}


def decide(
    observed: Mapping[str, Observation] | None = None,
    counts: Mapping[str, int] | None = None,
    delays: Mapping[str, str | None] | None = None,
) -> Decision:
    flow: Flow = OnboardingFlow()
    situation = Situation(
        sync_id="onboarding-halsted",
        kind="onboarding",
        customer=HALSTED,
        created_at=NOW,
        values={},
        marks={},
        observed=observed or {},
        base={},
        memory={},
        counts=COUNTS if counts is None else counts,
        delays=delays or {},
    )
    return flow.decide(situation, NOW)


def ticket(values: Mapping[str, str], gone: str = "") -> Mapping[str, Observation]:
    seen = Observation("onboarding", "7", "onboarding-halsted", "tickets", "1", values, gone=gone)
    return {"onboarding": seen}


def test_a_new_ticket_has_everything() -> None:
    decision = decide()

    assert decision.present == {"onboarding"}
    assert decision.values["onboarding"] == {
        "customer_key": "halsted",
        "subject": "Onboarding Halsted Foods",
        "content": decision.values["onboarding"]["content"],
        "rows_requested": "2047",
        "rows_valid": "1788",
        "rows_approved": "248",
        "rows_set_up": "240",
        "rows_active": "224",
        "accounts_live": "224",
        "company": "55",
        "owner": "dana@ubm.example",
        "stage": "contract_signed",
    }


def test_what_is_known_of_delays_is_put_on_the_ticket_and_the_rest_of_it_emptied() -> None:
    values = decide(delays={"day_count": "12", "delay_open_reason": None}).values["onboarding"]

    assert (values["day_count"], values["delay_open_reason"]) == ("12", None)


def test_a_customer_without_rows_counts_zero() -> None:
    assert decide(counts={}).values["onboarding"]["rows_requested"] == "0"


def test_what_people_did_to_the_ticket_stays() -> None:
    theirs = {"subject": "Halsted!", "content": "Mine", "owner": "p@x.example", "stage": "live"}

    values = decide(ticket(theirs)).values["onboarding"]

    assert "stage" not in values
    assert {name: values[name] for name in ("subject", "content", "owner")} == {
        "subject": "Halsted!",
        "content": "Mine",
        "owner": "p@x.example",
    }


def test_an_archived_ticket_is_not_made_again() -> None:
    decision = decide(ticket({"subject": "x"}, gone="archived"))

    assert decision.present == frozenset()
    assert decision.values == {}


def test_deciding_again_changes_nothing() -> None:
    values = {k: v for k, v in decide().values["onboarding"].items() if isinstance(v, str)}

    again = decide(ticket(values)).values["onboarding"]

    assert all(values[name] == value for name, value in again.items())


def test_an_onboarding_is_never_a_duplicate() -> None:
    flow = OnboardingFlow()

    assert not flow.account_key(HALSTED, {"account_number": "1"})
    assert not flow.accepted({"approved_at": "x"})
