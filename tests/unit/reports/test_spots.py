from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ubm_sync.config import Configuration, load_configuration
from ubm_sync.model import Customer
from ubm_sync.reports.spots import spot

ROOT = Path(__file__).parents[3]
HALSTED = Customer("halsted", "Halsted Foods", sheet="8001", titles={"gl_code": "Cost Center"})
OAKMONT = Customer("oakmont", "Oakmont Schools", sheet="8002")


@pytest.fixture(scope="module")
def configuration() -> Configuration:
    shipped = load_configuration(ROOT / "config", ROOT / "mappings")
    return replace(shipped, customers=(HALSTED, OAKMONT))


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ("smartsheet/8001/gl_code", "Halsted Foods: Cost Center"),
        ("smartsheet/8002/gl_code", "Oakmont Schools: GL / Cost Center"),
        ("smartsheet/8002/reading", "Oakmont Schools"),
        ("smartsheet/8002", "Oakmont Schools"),
        ("smartsheet/999/city", "Smartsheet: City"),
        ("hubspot/tickets/ubm_city", "HubSpot: City"),
        ("hubspot/tickets/enrolment", "HubSpot: Data Services"),
        ("hubspot/tickets", "HubSpot"),
        ("hubspot/people/oakmont", "Oakmont Schools"),
        ("hubspot/@access", "HubSpot"),
        ("elsewhere", "elsewhere"),
    ],
)
def test_where_a_problem_is_stands_in_words(
    scope: str, words: str, configuration: Configuration
) -> None:
    assert spot(scope, configuration) == words


def test_without_a_configuration_the_scope_stands_as_it_is() -> None:
    assert spot("hubspot/tickets/ubm_city", None) == "hubspot/tickets/ubm_city"
