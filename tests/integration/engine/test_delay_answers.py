"""What is answered about delays comes from the ledger alone and agrees with the tickets."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from tests.engine_delays import Onboardings
from tests.integration.engine.test_delaying import GOLDEN, QUESTION
from tests.unit.delays.test_detect import HUNDRED_DAYS

from ubm_sync.delays.rules import DelayRules
from ubm_sync.reports.delay_files import files, table
from ubm_sync.reports.delay_page import page
from ubm_sync.reports.delays import Account, accounts, find, overview, portfolio, story

RULES = DelayRules()


@pytest.fixture
def house(database_url: str) -> Iterator[Onboardings]:
    with Onboardings(database_url) as house:
        house.settle()
        house.script.add("acme", *HUNDRED_DAYS)
        house.script.add("beta", *QUESTION)
        house.until("2026-12-20")
        yield house


def known(house: Onboardings, customer: str | None = None) -> list[Account]:
    customers = {one.key: one for one in house.customers}
    with house.state.reading() as tx:
        return accounts(tx, customers, RULES, house.now(), customer)


def test_the_list_says_what_the_ticket_says(house: Onboardings) -> None:
    acme, beta = (overview(one) for one in known(house))

    assert str(acme["gross_days"]) == GOLDEN["day_count"]
    assert str(acme["client_exclusive"]) == GOLDEN["client_delay_days"]
    assert str(acme["client_shared"]) == GOLDEN["client_delay_days_concurrent"]
    assert str(acme["net_days"]) == GOLDEN["net_days"]
    assert (acme["client_sum"], acme["client_union"], acme["unattributed"]) == (44, 33, 59)
    assert (acme["status"], acme["open"]) == ("live", [])
    assert (beta["status"], beta["open"]) == ("in flight", ["CL-NOREPLY"])
    assert str(beta["client_exclusive"]) == house.ticket("beta")["client_delay_days"]


def test_what_is_in_flight_is_not_averaged_with_what_is_done(house: Onboardings) -> None:
    figures = portfolio(known(house), RULES.goal_days)

    assert figures["completed"] == {
        "onboardings": 1, "within_goal": 0, "mean_gross": 100, "median_gross": 100,
        "mean_net": 75, "median_net": 75,
    }  # fmt: skip
    assert (figures["in_flight"]["onboardings"], figures["in_flight"]["mean_gross"]) == (1, 110)
    assert figures["days_by_party"] == {"client": 33 + 100, "vendor": 14, "internal": 5}
    assert figures["days_by_code"]["CL-DOCS"] == 21


def test_every_day_is_proven(house: Onboardings) -> None:
    account = find(known(house), "acme")
    assert account is not None
    with house.state.reading() as tx:
        told = story(tx, account)

    assert sum(one["counted_days"] for one in told["events"]) == 25
    docs = next(one for one in told["events"] if one["code"] == "CL-DOCS")
    assert docs["sentence"] == (
        "Client-caused, CL-DOCS: 60 bill copies requested 9/3, due 9/10, received 10/1. "
        "21 days on the calendar, 18 counted."
    )
    assert docs["notice"]["value"] == "requested"
    assert [one["value"] for one in docs["evidence"]] == ["requested", "received"]
    assert docs["revisions"][0]["settings"] == "usual"
    assert all(one["evidence"] and one["revisions"] for one in told["events"])


def test_a_manager_s_number_is_shown_beside_what_was_computed(house: Onboardings) -> None:
    house.say(delay_override="5", delay_override_reason="agreed")
    house.settle()
    acme = overview(known(house, "acme")[0])

    assert (acme["client_exclusive"], acme["net_days"], acme["client_union"]) == (5, 95, 33)
    assert acme["override"]["by"] == "dana@example.com"


def test_a_ticket_is_found_by_its_number_and_nothing_by_another(house: Onboardings) -> None:
    found = known(house)
    ticket = found[1].case.ticket

    assert find(found, f"#{ticket}") is found[1]
    assert find(found, "nobody") is None
    assert known(house, "nobody") == []


def test_a_customer_that_was_taken_out_is_still_answered_for(house: Onboardings) -> None:
    with house.state.reading() as tx:
        found = accounts(tx, {}, RULES, house.now())

    assert [one.customer.key for one in found] == ["acme", "beta"]


def stories(house: Onboardings) -> list[dict[str, Any]]:
    with house.state.reading() as tx:
        return [story(tx, one) for one in known(house)]


def drawn(text: str) -> ET.Element:
    """Return the picture of a page, read as strictly as XML is."""
    picture = text[text.index("<svg") : text.index("</svg>") + len("</svg>")]
    return ET.fromstring(picture)  # noqa: S314 - our own page


def bars(picture: ET.Element) -> list[ET.Element]:
    """Return the bars of a picture, one for each delay that is shown."""
    return picture.findall("g[@class='bars']/rect")


def band(picture: ET.Element) -> list[ET.Element]:
    """Return the parts of the band that says whose each day is."""
    parts = picture.findall("g[@class='days']/rect")
    return [one for one in parts if one.find("title") is not None]


def test_a_page_shows_a_bar_for_each_delay_and_the_same_as_a_table(house: Onboardings) -> None:
    text = page(stories(house)[0], "Made today.")
    picture = drawn(text)

    a_day = sum(float(one.get("width", "")) for one in band(picture)) / 100
    assert [
        (one.get("class"), round(float(one.get("width", "")) / a_day)) for one in bars(picture)
    ] == [("client", 21), ("client", 16), ("vendor", 14), ("internal", 5), ("client", 7)]
    assert all(one.find("title") is not None for one in bars(picture))
    assert [one.get("id") for one in picture.findall("title") + picture.findall("desc")] == [
        "svg-title", "svg-desc"
    ]  # fmt: skip
    words = [one.text or "" for one in picture.iter("text")]
    assert "Client: 21 days, 18 counted" in words
    assert "Our own: 5 days" in words
    assert "Dec 10, live" in words
    assert "The same as a table" in text
    assert "@media print" in text
    assert "60 bill copies requested 9/3, due 9/10, received 10/1." in text


def test_the_band_over_the_bars_says_whose_each_day_is(house: Onboardings) -> None:
    told = stories(house)[0]
    picture = drawn(page(told, "Made today."))

    assert [(one["share"], one["days"]) for one in told["slices"]] == [
        ("unattributed", 9), ("client", 18), ("concurrent", 8), ("other", 8),
        ("unattributed", 6), ("client", 7), ("unattributed", 44),
    ]  # fmt: skip
    assert [one.get("class") for one in band(picture)] == [one["share"] for one in told["slices"]]
    words = [one.text or "" for one in picture.iter("text")]
    assert {"the client's alone: 25", "shared: 8", "others' alone: 8", "nobody's: 59"} <= set(words)


def test_what_does_not_count_is_dashed_and_says_so(house: Onboardings) -> None:
    told = stories(house)[0]
    told["events"][0] |= {"status": "disputed", "calendar_days": None, "counted_days": None}
    told["events"][4] |= {"end": None}
    text = page(told, "Made today.")
    words = [one.text or "" for one in drawn(text).iter("text")]

    assert bars(drawn(text))[0].get("class") == "client off"
    assert "Client: disputed, not counted" in words
    assert "dashed: does not count" in words
    assert "Client: 7 days, 7 counted, goes on" in words
    assert "not counted" not in page(stories(house)[0], "Made today.")


def test_an_onboarding_without_a_delay_has_a_page_too(house: Onboardings) -> None:
    told = {**stories(house)[0], "events": [], "slices": [], "gross_days": 0, "end": None}
    text = page(told, "Made today.")

    assert bars(drawn(text)) == []
    assert text.count("No delay is known.") == 2  # in the picture and below it


def test_whatever_people_typed_is_text_on_a_page(house: Onboardings) -> None:
    evil = "<script>alert(1)</script>\"'&"
    (fact, *_) = [one for one in HUNDRED_DAYS if one.subject == "bill copies"]
    house.script.add(
        "beta",
        replace(fact, subject=evil, actor=evil, link="javascript:alert(1)", details={"text": evil}),
    )
    house.customers = tuple(replace(one, name=evil) for one in house.customers)
    house.start()
    house.settle()
    text = page(stories(house)[1], evil)

    assert "<script" not in text
    assert "javascript:" not in text
    assert drawn(text).find("title") is not None


def test_nothing_in_a_table_is_taken_for_a_formula(house: Onboardings) -> None:
    told = stories(house)[0]
    told["events"][0]["sentence"] = "=HYPERLINK(1)"
    told["events"][1]["sentence"] = "-1"
    rows = list(csv.DictReader(StringIO(table([told]))))

    assert [one["sentence"] for one in rows[:2]] == ["'=HYPERLINK(1)", "'-1"]
    assert [one["counted_days"] for one in rows] == ["18", "0", "0", "0", "7"]
    assert all(one["evidence"] for one in rows)


def test_no_name_of_a_file_leads_out_of_its_folder(house: Onboardings) -> None:
    told = {**stories(house)[0], "customer": "../../etc/passwd"}

    assert sorted(files([told], {}, "")) == [
        "______etc_passwd.html", "delays.csv", "delays.json"
    ]  # fmt: skip
