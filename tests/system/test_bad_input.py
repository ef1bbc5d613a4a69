"""Bad input, played as people would: who is told what, that nothing is lost, that it heals."""

from __future__ import annotations

import pytest
from tests.stack import Stack
from tests.system.people import PHASES, WAITING, edit, onboarding_notes, ready

# -------------------------------------------------------------------------------- columns


@pytest.mark.parametrize("phase", ["waiting", "active"])
@pytest.mark.parametrize("title", ["GL / Cost Center", "Account Number", "Notes"])
def test_column_deleted_and_added_again_empties_nothing(
    stack: Stack, phase: str, title: str
) -> None:
    row = ready(stack, phase, {"GL / Cost Center": "GL-1", "Notes": "Ask the store first."})
    before, ticket = stack.row(row)[title], stack.ticket(row)["properties"]
    stack.admin_does("delete_column", title=title)
    stack.settle()
    stack.edit_row(row, {"City": "Rockdale"})
    stack.settle()
    assert stack.ticket(row)["properties"]["ubm_city"] == "Rockdale"
    assert f'Column "{title}" is missing' in " ".join(stack.problems())

    stack.admin_does("add_column", column={"title": title, "type": "TEXT_NUMBER"})
    stack.settle()

    assert stack.row(row)[title] == before
    for name in ("ubm_gl_code", "ubm_account_number", "ubm_notes"):
        assert stack.ticket(row)["properties"].get(name) == ticket.get(name)
    assert "typed" not in stack.row(row)["Sync Message"]


def test_what_is_typed_after_a_column_came_back_counts(stack: Stack) -> None:
    row = ready(stack, "waiting", {"GL / Cost Center": "GL-1"})
    other = ready(stack, "waiting", {"GL / Cost Center": "GL-2", "Account Number": "5550001112"})
    stack.admin_does("delete_column", title="GL / Cost Center")
    stack.settle()
    stack.admin_does("add_column", column={"title": "GL / Cost Center", "type": "TEXT_NUMBER"})
    stack.edit_row(row, {"GL / Cost Center": "GL-9"})
    stack.settle()
    assert stack.row(row)["GL / Cost Center"] == "GL-9"
    assert stack.ticket(row)["properties"]["ubm_gl_code"] == "GL-9"
    assert stack.row(other)["GL / Cost Center"] == "GL-2"
    stack.edit_row(other, {"GL / Cost Center": None})
    stack.settle()
    assert not stack.ticket(other)["properties"].get("ubm_gl_code")


def test_manager_may_change_a_field_whose_column_is_missing(stack: Stack) -> None:
    row = ready(stack, "waiting", {"GL / Cost Center": "GL-1"})
    stack.admin_does("delete_column", title="GL / Cost Center")
    stack.settle()
    stack.edit_ticket(stack.ticket(row), ubm_gl_code="GL-5")
    stack.settle()
    stack.admin_does("add_column", column={"title": "GL / Cost Center", "type": "TEXT_NUMBER"})
    stack.settle()
    assert stack.row(row)["GL / Cost Center"] == "GL-5"


def test_many_rows_of_a_deleted_column_are_brought_back_though_untouched(stack: Stack) -> None:
    rows = [
        stack.type_row({"Account Number": f"70000000{n:02}", "GL / Cost Center": f"GL-{n}"})
        for n in range(20)
    ]
    stack.settle()
    stack.wait(86_400)  # long unchanged: a look at changed rows does not show them
    stack.settle()
    stack.admin_does("delete_column", title="GL / Cost Center")
    stack.settle()
    stack.wait(86_400)
    stack.admin_does("add_column", column={"title": "GL / Cost Center", "type": "TEXT_NUMBER"})
    stack.settle()
    assert [stack.row(row)["GL / Cost Center"] for row in rows] == [f"GL-{n}" for n in range(20)]


def test_renamed_column_goes_on_and_is_told_once(stack: Stack) -> None:
    row = ready(stack, "waiting")
    stack.admin_does("rename_column", title="Account Number", to="Acct #")
    stack.settle()
    stack.edit_row(row, {"City": "Rockdale"})
    stack.settle()
    text = (
        'Column "Account Number" was renamed to "Acct #" in sheet "Halsted Foods locations". The '
        "rows are safe and everything keeps working; rename it back, or note the new title under "
        '"titles" of this customer.'
    )
    assert stack.problems() == [text]
    assert onboarding_notes(stack) == [text]
    assert stack.row(row)["Sync Message"] == WAITING
    assert stack.ticket(row)["properties"]["ubm_city"] == "Rockdale"
    stack.admin_does("rename_column", title="Acct #", to="Account Number")
    stack.settle()
    assert stack.problems() == []
    assert onboarding_notes(stack) == [text]


def test_new_row_in_a_sheet_without_a_needed_column_says_so(stack: Stack) -> None:
    stack.admin_does("delete_column", title="Account Number")
    row = stack.type_row({"Account Number": None})
    stack.settle()
    assert stack.row(row)["Sync Status"] == "Needs information"
    assert stack.row(row)["Sync Message"] == (
        'We cannot read the column "Account Number" of this sheet now: it was removed, renamed or '
        "changed. Please put it back; your rows are safe."
    )
    stack.admin_does("add_column", column={"title": "Account Number", "type": "TEXT_NUMBER"})
    stack.edit_row(row, {"Account Number": "4471908023"})
    stack.settle()
    assert stack.row(row)["Sync Message"] == WAITING


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(
    ("title", "kind", "back"),
    [("Service Start", "TEXT_NUMBER", "DATE"), ("Commodity", "CHECKBOX", "PICKLIST")],
)
def test_retyped_column_waits_and_heals(
    stack: Stack, phase: str, title: str, kind: str, back: str
) -> None:
    row = ready(stack, phase)
    shown = stack.row(row)[title]
    stack.admin_does("retype_column", title=title, type=kind)
    stack.settle()
    assert len([one for one in stack.problems() if f'"{title}"' in one]) == 1
    if phase == "draft":
        assert stack.row(row)["Sync Message"].startswith(f'We cannot read the column "{title}"')
    stack.admin_does("retype_column", title=title, type=back)
    stack.set_up()  # a dropdown that was none has no values any more
    stack.settle()
    assert stack.row(row)[title] == shown
    assert stack.row(row)["Sync Status"] == ("Active" if phase == "active" else "Waiting for CSM")


def test_sheet_without_the_identity_column_is_left_alone_until_it_is_back(stack: Stack) -> None:
    row = ready(stack, "waiting")
    other = stack.type_row({"Account Number": "888777666"}, stack.clients[1])
    stack.admin_does("delete_column", title="UBM Sync ID")
    stack.edit_row(row, {"City": "Rockdale"})
    stack.settle()
    assert "nothing is written to this sheet until it is back" in " ".join(stack.problems())
    assert stack.row(other, stack.clients[1])["Sync Status"] == "Waiting for CSM"
    stack.set_up()
    stack.settle()
    assert stack.ticket(row)["properties"]["ubm_city"] == "Rockdale"
    assert len(stack.tickets()) == 2


# -------------------------------------------------------------------------- listed values


@pytest.mark.parametrize("phase", PHASES)
def test_option_that_the_tickets_lack_is_told_and_written_once_it_is_back(
    stack: Stack, phase: str
) -> None:
    stack.desk("drop_option", property="ubm_commodity", value="Natural gas")
    row = edit(stack, phase, {"Commodity": "Natural gas", "Utility Vendor": "Nicor Gas"})
    other = stack.type_row({"Account Number": "999888777"})
    stack.settle()
    note = (
        "Commodity could not be written to HubSpot yet. It is kept where it was typed. The "
        "administrator is told what to mend; then it is written by itself."
    )
    assert stack.ticket(row)["notes"].count(note) == 1
    reason = (
        '"Natural gas" is not an option of the HubSpot property "ubm_commodity"; add it there '
        "or run `ubm-sync setup hubspot`."
    )
    assert stack.refusals() == [("ticket.commodity", reason)]
    assert stack.row(other)["Sync Status"] == "Waiting for CSM"
    assert stack.row(row)["Commodity"] == "Natural gas"
    stack.desk("add_option", property="ubm_commodity", value="Natural gas")
    stack.settle()
    assert stack.ticket(row)["properties"]["ubm_commodity"] == "Natural gas"
    assert stack.refusals() == []
    assert stack.problems() == []


def test_option_that_the_sheet_lacks_is_told_and_written_once_it_is_back(stack: Stack) -> None:
    row = ready(stack, "waiting")
    stack.admin_does("drop_option", title="Commodity", option="Water")
    stack.edit_ticket(stack.ticket(row), ubm_commodity="Water")
    stack.settle()
    assert stack.row(row)["Commodity"] == "Electric"
    assert stack.ticket(row)["properties"]["ubm_commodity"] == "Water"
    (told,) = [one for one in stack.problems() if '"Commodity"' in one]
    assert "Water" in told
    stack.admin_does("add_option", title="Commodity", option="Water")
    stack.settle()
    assert stack.row(row)["Commodity"] == "Water"
    assert stack.refusals() == []


# ------------------------------------------------------------- one code, two addresses


ADDISON = {
    "Account Number": "5550001112", "Address 1": "99 W Lake St", "City": "Addison", "ZIP": "60101",
}  # fmt: skip


@pytest.mark.parametrize("order", ["first", "later", "together"])
def test_one_code_at_two_addresses_is_told_to_the_manager(stack: Stack, order: str) -> None:
    away = stack.type_row(ADDISON) if order == "first" else 0
    stack.settle()
    row = stack.type_row()
    same = stack.type_row({"Account Number": "777888999", "Address 1": "1450 West Jefferson"})
    if order == "later":
        stack.settle()
    away = away or stack.type_row(ADDISON)
    stack.settle()

    def warned(one: int) -> str:
        return str(stack.ticket(one)["properties"]["ubm_checks"])

    where = "is at another address on other rows of this customer"
    assert f"Warning: Location Code 0412 {where} (1450 W" in warned(away)
    for one in (row, same):
        assert f"Warning: Location Code 0412 {where} (99 W Lake St, Addison, IL)" in warned(one)
        assert "address" not in stack.row(one)["Sync Message"]
    assert stack.rests() == {}
    stack.edit_row(away, {"Location Code": "0413"})
    stack.settle()
    assert not any("another address" in warned(one) for one in (row, same, away))
    assert stack.rests() == {}


def test_a_declined_row_and_another_customers_code_are_no_other_address(stack: Stack) -> None:
    row = stack.type_row()
    away = stack.type_row(ADDISON)
    stack.type_row(ADDISON, stack.clients[1])
    stack.settle()
    stack.edit_ticket(stack.ticket(away), ubm_approval="decline", ubm_decline_reason="no")
    stack.settle()
    assert "another address" not in stack.ticket(row)["properties"]["ubm_checks"]


# ------------------------------------------------------------------------------ odd texts


@pytest.mark.parametrize("phase", PHASES)
def test_long_texts_are_told_in_the_row_and_kept(stack: Stack, phase: str) -> None:
    row = edit(stack, phase, {"Notes": "n" * 3_990, "Location Name": "L" * 300})
    stack.settle()
    assert stack.row(row)["Sync Message"] == (
        f'Location Name "{"L" * 39}…" should have 2 to 100 characters. Notes has 3,990 '
        "characters. Please shorten it to 1,000."
    )
    assert len(stack.row(row)["Notes"]) == 3_990
    stack.edit_row(row, {"Notes": "short", "Location Name": "Joliet"})
    stack.settle()
    assert stack.row(row)["Sync Status"] == ("Active" if phase == "active" else "Waiting for CSM")


@pytest.mark.parametrize("phase", ["waiting", "active"])
def test_text_longer_than_a_cell_stays_on_the_ticket_and_is_told(stack: Stack, phase: str) -> None:
    row = ready(stack, phase, {"Notes": "from the customer"})
    stack.edit_ticket(stack.ticket(row), ubm_notes="t" * 20_000)
    stack.settle()
    assert stack.row(row)["Notes"] == "from the customer"
    assert len(stack.ticket(row)["properties"]["ubm_notes"]) == 20_000
    assert (
        "Notes could not be written to Smartsheet: it has 20,000 characters and a cell takes at "
        "most 4,000; shorten it. It is kept where it was typed, and written by itself once that "
        "is mended."
    ) in stack.ticket(row)["notes"]
    stack.edit_ticket(stack.ticket(row), ubm_notes="short again")
    stack.settle()
    assert stack.row(row)["Notes"] == "short again"
    assert stack.refusals() == []
    assert not any("put back" in note for note in stack.ticket(row)["notes"])


@pytest.mark.parametrize("phase", PHASES)
def test_emoji_and_formulas_are_text_everywhere(stack: Stack, phase: str) -> None:
    cells: dict[str, object] = {
        "Location Name": "🏪🔥 Joliet",
        "Notes": '=HYPERLINK("http://example.com","click")',
        "GL / Cost Center": "+1+1",
        "Address 1": "<b>1450</b> W Jefferson St 🚀",
    }
    row = edit(stack, phase, cells)
    stack.settle()
    properties = stack.ticket(row)["properties"]
    assert properties["ubm_location_name"] == "🏪🔥 Joliet"
    assert properties["ubm_notes"] == cells["Notes"]
    assert properties["ubm_address_1"] == cells["Address 1"]
    assert {title: stack.row(row)[title] for title in cells} == cells


def test_a_formula_is_read_and_never_overwritten(stack: Stack) -> None:
    row = ready(stack, "waiting")
    stack.sheet_does("set_formula", row=row, title="Notes", formula="=1+1", value="two")
    stack.settle()
    assert stack.ticket(row)["properties"]["ubm_notes"] == "two"
    assert (
        "Notes holds a formula: we read it but cannot correct it there."
        in stack.ticket(row)["properties"]["ubm_checks"]
    )
    stack.edit_ticket(stack.ticket(row), ubm_notes="=cmd|calc")
    stack.settle()
    assert stack.row(row)["Notes"] == "two"
    assert stack.ticket(row)["properties"]["ubm_notes"] == "=cmd|calc"
    assert stack.ticket(row)["notes"][-1] == (
        "Notes could not be written to Smartsheet: the cell holds a formula. It is kept where it "
        "was typed, and written by itself once that is mended."
    )


def test_values_that_a_vendor_trims_do_not_come_and_go(stack: Stack) -> None:
    stack.switch("hubspot", trims_text=True)
    row = ready(stack, "waiting")
    stack.edit_row(
        row, {"Location Name": "  Joliet   Store  ", "City": "JOLIET", "Notes": " a\nb "}
    )
    stack.settle()
    stack.edit_ticket(stack.ticket(row), ubm_location_name=" JOLIET store ", ubm_zip=" 60435")
    stack.settle()
    assert stack.row(row)["Location Name"] == "JOLIET store"


# -------------------------------------------------------------------------------- secrets


@pytest.mark.parametrize("phase", PHASES)
def test_password_is_masked_told_and_nowhere_kept(stack: Stack, phase: str) -> None:
    row = edit(stack, phase, {"Notes": "login bsmith password: Hunter2!x"})
    stack.settle()
    assert stack.row(row)["Notes"] == "login bsmith password: ••••••"
    assert stack.row(row)["Sync Message"].startswith(
        "A password seems to be in Notes. We did not copy it anywhere and masked it here. Please "
        "delete it and use the secure link."
    )
    note = (
        "A password seemed to be in Notes of the row. It was masked and copied nowhere. Please ask "
        "the customer to use the secure link and to change it."
    )
    assert stack.ticket(row)["notes"].count(note) == 1
    stack.edit_row(row, {"Notes": "see the secure link"})
    stack.settle()
    assert "password" not in stack.row(row)["Sync Message"]
    assert stack.ticket(row)["properties"]["ubm_notes"] == "see the secure link"
    assert not stack.kept_anywhere("Hunter2")


def test_password_typed_by_the_manager_is_masked_and_the_customer_is_not_blamed(
    stack: Stack,
) -> None:
    row = ready(stack, "waiting")
    stack.edit_ticket(stack.ticket(row), ubm_notes="portal pw: Zebra99#")
    stack.settle()
    assert stack.ticket(row)["properties"]["ubm_notes"] == "portal pw: ••••••"
    assert stack.row(row)["Sync Message"] == WAITING
    assert (
        "A password seemed to be in Notes of this ticket. It was masked and copied nowhere. Please "
        "use the secure link, and have the password changed."
    ) in stack.ticket(row)["notes"]
    assert not stack.kept_anywhere("Zebra99")


def test_password_in_a_field_that_waits_for_a_decision_is_masked_too(stack: Stack) -> None:
    row = ready(stack, "waiting", {"Notes": "plain"})
    stack.edit_row(row, {"Notes": "password: Hunter2!x"})
    stack.edit_ticket(stack.ticket(row), ubm_notes="call them first")
    stack.settle()
    assert stack.row(row)["Notes"] == "password: ••••••"
    assert stack.ticket(row)["properties"]["ubm_notes"] == "call them first"
    assert stack.ticket(row)["properties"]["ubm_conflict"]
    assert not stack.kept_anywhere("Hunter2")
    stack.edit_ticket(stack.ticket(row), ubm_conflict_decision="keep_ticket")
    stack.settle()
    assert stack.row(row)["Notes"] == "call them first"
