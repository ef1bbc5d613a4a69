"""Labelled texts are read as people labelled them; the counts are facts, not wishes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.quality.texts import DATA, beside_the_rules, digest, labelled

from ubm_sync.disconnection import builtin
from ubm_sync.disconnection.grammar import builtin_text
from ubm_sync.reports.disconnection_quality import details, judge, load_labelled, quality


def figures(name: str) -> dict[str, Any]:
    texts, note = load_labelled(DATA / f"disconnection_texts_{name}.csv")
    assert note == ""
    judged = judge(texts, builtin())
    return quality(judged) | {"details": details(judged)["fields"]}


@pytest.mark.parametrize(
    ("name", "texts", "threats", "requests"),
    [("own", 677, 273, 102), ("other_author", 160, 75, 30), ("tuning", 80, 37, 11)],
)
def test_no_disconnection_is_missed_and_few_alarms_are_false(
    name: str, texts: int, threats: int, requests: int
) -> None:
    found = figures(name)

    assert found["texts"] == texts
    assert (found["recall"]["count"], found["recall"]["of"]) == (threats, threats)
    assert found["precision"]["of"] - found["precision"]["count"] <= 3
    assert found["close_called_urgent"] == {"count": 0, "of": requests, "rate": 0.0}


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("own", {"deadline": 2, "effective": 0, "state": 8, "account": 0}),
        ("other_author", {"deadline": 0, "effective": 0, "state": 1, "account": 0}),
        ("tuning", {"deadline": 0, "effective": 0, "state": 0, "account": 0}),
    ],
)
def test_deadlines_states_and_accounts_are_found(name: str, wrong: dict[str, int]) -> None:
    found = figures(name)["details"]

    assert all(one["of"] > 0 for one in found.values())
    more = {key: one["of"] - one["count"] for key, one in found.items()}
    assert all(more[key] <= wrong[key] for key in wrong), more


def test_an_author_that_nothing_was_learned_from_is_read_as_well() -> None:
    texts, _ = load_labelled(DATA / "disconnection_unseen.csv")
    found = quality(judge(texts, builtin()))

    assert (found["recall"]["count"], found["recall"]["of"]) == (90, 90)
    assert found["precision"]["of"] <= 96
    assert found["close_called_urgent"]["count"] <= 1


@pytest.mark.parametrize(
    ("name", "noticed", "of", "alarms", "closings"),
    [
        ("desk", 48, 50, 52, 0),
        ("letters", 45, 45, 53, 0),
        ("ordinary", 24, 24, 35, 0),
        ("second", 100, 102, 110, 2),
        ("third", 109, 111, 123, 1),
    ],
)
def test_registers_that_nothing_was_learned_from_are_read_no_worse(
    name: str, noticed: int, of: int, alarms: int, closings: int
) -> None:
    texts, _ = load_labelled(DATA / f"disconnection_unseen_{name}.csv")
    found = quality(judge(texts, builtin()))

    assert found["recall"]["of"] == of
    assert found["recall"]["count"] >= noticed
    assert found["precision"]["of"] <= alarms
    assert found["close_called_urgent"]["count"] <= closings


def test_ordinary_messages_raise_no_alarm() -> None:
    found = figures("routine")

    assert found["texts"] == 169
    assert found["false_alarms"] == []


def test_the_model_was_trained_on_the_texts_that_are_here() -> None:
    made_of = json.loads(builtin_text("model.json"))
    texts = [*labelled(), *beside_the_rules()]

    assert made_of["texts"] == len(texts)
    assert made_of["digest"] == digest(texts), "run python -m tests.quality --write"
