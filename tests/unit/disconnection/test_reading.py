"""What a reading says, and that no text of any kind breaks it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.disconnection.reader import RECEIVED, ZONE, reading

from ubm_sync.disconnection import (
    Category,
    DeadlineKind,
    Message,
    Reading,
    ServiceState,
    builtin,
    read,
)
from ubm_sync.disconnection.calendar_words import words

NOTICE = "ComEd sent a disconnect notice for acct 4471908023. Shutoff is scheduled for 12/01."


def test_everything_a_notice_names_is_found() -> None:
    found = reading(f"{NOTICE} Past due: $1,204.11. Meter 230114477.", "Store 0412")

    assert found.category is Category.URGENT
    assert found.state is ServiceState.SCHEDULED
    assert (found.deadline, found.deadline_kind) == (date(2026, 12, 1), DeadlineKind.STATED)
    assert found.deadline_text == "12/01"
    assert found.accounts == ("4471908023",)
    assert found.meters == ("230114477",)
    assert found.vendors == ("ComEd",)
    assert found.amounts == (Decimal("1204.11"),)
    assert found.language == "en"
    assert found.confidence > 0.9


@pytest.mark.parametrize(
    ("text", "vendors"),
    [
        ("FYI Idaho Power will shut off the old suite 11/29.", ("Idaho Power",)),
        ("All Piedmont Natural Gas sites get cut off today.", ("Piedmont Natural Gas",)),
        ("Green Valley Power will shut us off today.", ("Green Valley Power",)),
    ],
)
def test_a_word_before_a_utility_is_none_of_its_name(text: str, vendors: tuple[str, ...]) -> None:
    assert reading(text).vendors == vendors


def test_the_phrase_is_quoted_and_the_rules_are_named() -> None:
    found = reading(NOTICE)

    assert found.phrase in NOTICE
    assert "disconnect notice" in found.phrase
    assert "notice-of-cut: a notice of a disconnection" in found.reasons


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("They shut us down at lunch, the bill was not paid.", ServiceState.ALREADY_OFF),
        ("Nos quitaron la luz esta mañana.", ServiceState.ALREADY_OFF),
        ("The gas man is here to lock the meter right now.", ServiceState.IN_PROGRESS),
        ("They will shut us off on Monday.", ServiceState.SCHEDULED),
        ("They are threatening to cut us off.", ServiceState.UNKNOWN),
    ],
)
def test_the_state_of_the_service(text: str, state: ServiceState) -> None:
    assert reading(text).state is state


def test_what_is_off_is_due_at_once() -> None:
    found = reading("The city shut off our water today, unpaid bill.")

    assert (found.deadline, found.deadline_kind) == (date(2026, 11, 20), DeadlineKind.ALREADY_OFF)


def test_a_request_to_close_has_a_date_of_its_own_and_no_deadline() -> None:
    found = reading("Please disconnect the power at store 9, lease ends 12/31.")

    assert found.category is Category.CLOSE
    assert (found.effective, found.deadline) == (date(2026, 12, 31), None)


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("They just shut us down. 9 patients in the building.", "medical"),
        ("City intends to shut off the fire line account for non payment.", "life_safety"),
        ("They cut the power at the store.", ""),
    ],
)
def test_who_depends_on_the_service(text: str, who: str) -> None:
    assert reading(text).vulnerable == who


@pytest.mark.parametrize(
    "text",
    [
        NOTICE.upper(),
        NOTICE.replace("disconnect", "dis\u200bcon\u00adnect"),
        NOTICE.replace("disconnect", "d1sc0nnect"),
        NOTICE.replace("disconnect notice", "d i s c o n n e c t notice"),
        NOTICE.replace("disconnect", "discon-\nnect"),
        NOTICE.replace("disconnect", "disconect"),
        f"\U0001f6a8\U0001f6a8 {NOTICE} \U0001f64f",
        f"<html><body><style>p {{}}</style><p>{NOTICE.replace(' ', '&nbsp;')}</p></body></html>",
        NOTICE.replace(" ", "\xa0"),
        NOTICE.replace("scheduled for", "\u201cscheduled for\u201d"),
    ],
)
def test_how_it_is_written_changes_nothing(text: str) -> None:
    found = reading(text)

    assert found.category is Category.URGENT
    assert found.deadline == date(2026, 12, 1)
    assert found.accounts == ("4471908023",)


def test_accents_may_be_missing() -> None:
    with_accents = reading("Última notificación: suspensión del servicio mañana")
    without = reading("Ultima notificacion: suspension del servicio manana")

    assert with_accents.category is without.category is Category.URGENT
    assert with_accents.deadline == without.deadline == date(2026, 11, 21)


def test_what_a_thread_quotes_is_old() -> None:
    quoted = f"On Tue, Nov 17, 2026 Dana wrote:\n> {NOTICE}"

    assert reading(f"Please send the October bill copy for Tampa.\n\n{quoted}").category is (
        Category.OTHER
    )


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Fwd: notice", f"pls handle\n\n> {NOTICE}"),
        ("Re: welcome", f"Any update?\n\nOn Tue, Nov 17, 2026 Dana wrote:\n> {NOTICE}"),
        ("notice", f"From: Dana\nSent: Tuesday\nSubject: notice\n\n{NOTICE}"),
    ],
)
def test_what_is_forwarded_or_pointed_at_counts(subject: str, body: str) -> None:
    found = reading(body, subject)

    assert found.category is Category.URGENT
    assert found.accounts == ("4471908023",)


def test_signatures_and_lines_on_every_bill_do_not_count() -> None:
    text = (
        "Please load the attached bill.\n"
        "Failure to pay by the due date may result in disconnection of service.\n"
        "-- \nHalsted Foods\nFor shut-off notices call our hotline 555-0123"
    )

    assert reading(text).category is Category.OTHER


def test_an_automatic_reply_that_reports_a_shutoff_counts() -> None:
    text = "I am out until 11/30. The Con Edison shutoff set for 11/24 has NOT been paid yet."
    found = reading(text, "Automatic reply: out of office")

    assert (found.category, found.deadline) == (Category.URGENT, date(2026, 11, 24))


def test_days_are_those_of_the_customer() -> None:
    late = datetime(2026, 11, 20, 23, 30, tzinfo=ZoneInfo(ZONE))
    text = "They will shut off the power tomorrow."

    here = read(Message("", text, late, ZONE), builtin())
    there = read(Message("", text, late, "America/New_York"), builtin())

    assert (here.deadline, there.deadline) == (date(2026, 11, 21), date(2026, 11, 22))


def test_the_model_hears_what_no_rule_knows() -> None:
    text = "Pulled into the lot, every light is out. Alliant says the account is 90 days behind."
    heard = reading(text)
    alone = reading(text, grammar=replace(builtin(), model=None))

    assert (heard.category, alone.category) == (Category.URGENT, Category.OTHER)
    assert heard.phrase in text
    assert heard.reasons[-1].startswith("model: threat ")


def test_the_model_never_drops_what_a_firm_rule_says() -> None:
    model = builtin().model
    assert model is not None
    deaf = model._replace(about=model.about._replace(bias=(-30.0, 0.0, 30.0)))

    found = reading("They shut us off.", grammar=replace(builtin(), model=deaf))

    assert found.category is Category.POSSIBLE


def test_a_firm_rule_does_not_insist_on_what_the_text_explains() -> None:
    model = builtin().model
    assert model is not None
    deaf = model._replace(about=model.about._replace(bias=(-30.0, 0.0, 30.0)))
    text = "They shut us off, the electrician found the fault on our side and we are back on."

    found = reading(text, grammar=replace(builtin(), model=deaf))

    assert found.category is Category.OTHER


def test_an_amount_of_nothing_threatens_nobody() -> None:
    owed = reading("Disconnect amount: $418.20, due Monday.")
    nothing = reading("Disconnect amount: $0.00, past due 0.00, status active.")

    assert any(one.startswith("cut-or-pay") for one in owed.reasons)
    assert not any(one.startswith("cut-or-pay") for one in nothing.reasons)


def test_the_model_names_the_concepts_that_go_together() -> None:
    found = reading("Gas locked at 88 Pine.")

    assert found.category is Category.URGENT
    assert "cut-past+service" in found.reasons[-1]


def test_a_notice_may_use_none_of_the_words_for_one() -> None:
    found = reading("ComEd has a man with a padlock outside, he gives us 20 minutes.")

    assert found.category is Category.URGENT


@given(st.text(max_size=400), st.text(max_size=2000))
def test_no_text_breaks_it(subject: str, body: str) -> None:
    found = read(Message(subject, body, RECEIVED, ZONE), builtin())

    assert 0 <= found.confidence <= 1
    assert isinstance(found, Reading)


WORDS = st.sampled_from(
    sorted(
        words(
            "disconnect shut off power the we they please 12/01 unless paid not <p> </p> > On "
            "wrote: 10 day notice $1.00 acct 44 \u00f1 ? . | - -- From: corte luz no in 48 hours "
            "the 31st feb"
        )
    )
)


@given(st.lists(WORDS, max_size=120), st.sampled_from([" ", "\n", ""]))
def test_no_heap_of_its_own_words_breaks_it(several: list[str], glue: str) -> None:
    text = glue.join(several)
    found = reading(text, text[:80])

    assert found.category in Category
    assert (found.deadline is None) == (found.deadline_kind is DeadlineKind.UNKNOWN)


@pytest.mark.parametrize(
    "piece",
    [
        "disconnect ", "<", "<a ", "> ", "a-\n", "1 ", "1/", "acct 1-", "account ", "|", "\n",
        "-- ", "&amp;", "On x\n", "not the ", "power is ", "shut ", "$1,1", "city of A",
        "From: a\n", "\u200b", " ", "\u00a0", "\t", "_ ",
    ],
)  # fmt: skip
def test_a_long_text_of_anything_is_read(piece: str) -> None:
    """An expression that goes back over it for each character would not end here."""
    found = reading((piece * 200_000)[:200_000])

    assert found.category in Category


def test_of_a_long_text_the_beginning_and_the_end_are_read() -> None:
    filler = "We looked at the list of locations again. " * 2_000

    assert reading(f"{NOTICE}\n{filler}").category is Category.URGENT
    assert reading(f"{filler}\n{NOTICE}").accounts == ("4471908023",)


def test_a_threat_between_other_matters_counts() -> None:
    before = (
        "Hi team, the location list is attached. The new AP contact is Jo Park. We paid the "
        "October bill of Tampa twice, please get one payment back. The rebate form is signed.\n\n"
    )
    after = (
        "\n\nThe outage of last month is settled with the insurer. Usage at Akron fell, is the "
        "read estimated? Please send the bill copies for the audit. The call is on Thursday."
    )
    found = reading(f"{before}{NOTICE}{after}", "Some points")

    assert (found.category, found.deadline) == (Category.URGENT, date(2026, 12, 1))
