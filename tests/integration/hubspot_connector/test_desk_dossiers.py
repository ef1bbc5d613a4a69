"""What stands beside a ticket: companies, contacts, messages, and who decided what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.integration.hubspot_connector.helpdesk import BO, CSM, JO, HelpDesk, refs

from ubm_hubspot.emulator.associations import LINKS
from ubm_sync.desk import Channel, Filing
from ubm_sync.emulation.faults import Fault
from ubm_sync.errors import Temporary

HTML = """<html><head><title>x</title><style>p {color: red}</style></head><body>
<p>Service&nbsp;will be <b>disconnected</b></p><!-- no --><table><tr><td>Account</td><td>12-3</td>
</tr></table></body></html>"""


@pytest.fixture
def desk() -> HelpDesk:
    return HelpDesk()


def company(desk: HelpDesk, name: str = "Halsted") -> str:
    return str(desk.act("create_company", name=name)["id"])


def test_the_primary_company_comes_first_and_contacts_are_named(desk: HelpDesk) -> None:
    other, primary = company(desk, "Other"), company(desk)
    desk.act("create_contact", email=JO.upper(), properties={})
    ref = desk.ticket(company=primary, contact=JO.upper())
    portal = desk.emulator.portal
    portal.associations.link(int(ref), int(other), [LINKS[339]])

    dossier = desk.dossier(ref)

    assert dossier.companies == (primary, other)
    assert dossier.contacts == (JO,)


def test_a_ticket_without_a_company_has_its_contacts_primary_one(desk: HelpDesk) -> None:
    primary, other = company(desk), company(desk, "Other")
    desk.act("create_contact", email=JO, companies=[primary, other])
    ref = desk.write_in(contact=JO)

    assert desk.dossier(ref).companies == (primary,)


def test_a_ticket_of_nobody_has_neither(desk: HelpDesk) -> None:
    dossier = desk.dossier(desk.ticket())

    assert (dossier.companies, dossier.contacts, dossier.messages) == ((), (), ())


def test_messages_are_the_newest_first_with_who_wrote_and_how(desk: HelpDesk) -> None:
    ref = desk.write_in("Notice", "We got a notice.", contact=JO)
    desk.later(60)
    desk.act("send_message", id=ref, who=BO, subject="Re: Notice", text="We look at it.", to=JO)
    desk.later(60)
    desk.act("receive_message", id=ref, contact=JO, subject="Re: Notice", html=HTML)
    desk.later(60)
    desk.act(
        "receive_message", id=ref, contact=JO, automatic=True, subject="Away", text="I am away."
    )

    dossier = desk.dossier(ref)

    assert [(one.subject, one.sender, one.inbound, one.automatic) for one in dossier.messages] == [
        ("Away", JO, True, True),
        ("Re: Notice", JO, True, False),
        ("Re: Notice", BO, False, False),
        ("Notice", JO, True, False),
    ]
    assert dossier.messages[1].text == "Service will be disconnected\nAccount 12-3"
    assert dossier.messages[3].text == "We got a notice."
    ticket = dossier.ticket
    assert ticket.written_at is not None
    assert ticket.heard_at is not None
    assert ticket.written_at < ticket.heard_at


@pytest.mark.parametrize(
    ("headers", "automatic"),
    [
        ('{"auto-submitted":"auto-generated","precedence":"bulk"}', False),
        ("Auto-Submitted: auto-replied\r\nX-Mailer: x", True),
        ('{"X-Autoreply":"yes"}', True),
        ("Precedence: auto_reply", True),
        ("{broken", False),
    ],
)
def test_a_notice_of_a_utilitys_machine_is_no_automatic_answer(
    desk: HelpDesk, headers: str, automatic: bool
) -> None:
    ref = desk.ticket()
    desk.act("receive_message", id=ref, contact="no-reply@coned.example", headers=headers)

    (message,) = desk.dossier(ref).messages

    assert message.automatic is automatic


def test_a_mail_that_came_back_is_automatic(desk: HelpDesk) -> None:
    ref = desk.ticket()
    desk.act("receive_message", id=ref, contact="MAILER-DAEMON@mx.example", subject="Oops")

    (message,) = desk.dossier(ref).messages

    assert (message.sender, message.automatic) == ("mailer-daemon@mx.example", True)


def test_of_many_messages_the_newest_are_told(desk: HelpDesk) -> None:
    ref = desk.ticket()
    for index in range(60):
        desk.act("receive_message", id=ref, contact=JO, subject=f"m{index}")
        desk.later(1)

    subjects = [one.subject for one in desk.dossier(ref).messages]

    assert subjects == [f"m{index}" for index in range(59, 49, -1)]


def test_who_decided_is_told_apart_from_what_programs_did(desk: HelpDesk) -> None:
    ref = desk.write_in()
    desk.later(60)
    desk.act("edit_ticket", id=ref, source="AUTOMATION_PLATFORM",
             properties={"hubspot_owner_id": CSM})  # fmt: skip
    desk.later(60)
    desk.file(Filing("f", ref, {"owner": BO, "priority": "urgent"}))
    desk.later(60)
    desk.act("edit_ticket", id=ref, properties={"hs_ticket_priority": "HIGH"})
    desk.act("move_ticket", id=ref, stage="In progress", pipeline="Support")
    desk.act("edit_ticket", id=ref, who=BO, source="MOBILE_IOS",
             properties={"ubm_acknowledged_at": "2026-11-23T10:00:00Z"})  # fmt: skip

    changes = desk.dossier(ref).changes

    assert [(one.value, one.is_person) for one in changes["owner"]] == [(BO, False), (CSM, False)]
    assert [(one.value, one.by, one.is_person) for one in changes["priority"]] == [
        ("high", CSM, True),
        ("urgent", "ubm-sync", False),
    ]
    assert [(one.value, one.is_person) for one in changes["stage"]] == [
        ("in_progress", True),
        ("1", False),
    ]
    (acknowledged,) = changes["acknowledged_at"]
    assert (acknowledged.value, acknowledged.by) == ("2026-11-23T10:00:00Z", BO)
    assert acknowledged.is_person
    assert "ticket_type" not in changes


def test_an_owner_that_was_taken_away_by_a_person_is_told(desk: HelpDesk) -> None:
    ref = desk.ticket(properties={"hubspot_owner_id": BO})
    desk.act("edit_ticket", id=ref, properties={"hubspot_owner_id": ""})

    emptied, chosen = desk.dossier(ref).changes["owner"]

    assert (emptied.value, emptied.is_person) == (None, True)
    assert (chosen.value, chosen.is_person) == (BO, True)


def test_a_ticket_that_was_merged_away_is_told_under_the_id_asked(desk: HelpDesk) -> None:
    primary, other, alone = (desk.ticket(f"t{index}") for index in range(3))
    desk.act("merge_tickets", primary=primary, other=other)

    told = desk.connector.dossiers([other, alone, primary])

    assert list(told) == [other, alone, primary]
    assert told[other].ticket.ref == primary
    assert told[other].merged == told[primary].merged == (other,)
    assert told[alone].merged == ()


def test_what_is_not_there_is_left_out(desk: HelpDesk) -> None:
    gone, there = desk.ticket(), desk.ticket()
    desk.act("archive_ticket", id=gone)

    assert list(desk.connector.dossiers([gone, "404", there])) == [there]
    assert desk.connector.dossiers([]) == {}


def test_many_dossiers_are_few_calls(desk: HelpDesk) -> None:
    new = [desk.write_in(f"n{index}", contact=JO) for index in range(250)]
    desk.poll()
    before = desk.calls()

    told = desk.connector.dossiers(new)

    assert len(told) == 250
    assert all(one.messages for one in told.values())
    assert desk.calls() - before == 5 + 3 + 3  # histories by 50, three associations, mails by 100


@pytest.mark.parametrize(
    ("switches", "kind"),
    [
        ({"missing_scopes": ("sales-email-read",)}, "emails"),
        ({"missing_objects": ("emails",)}, "emails"),
        ({"missing_scopes": ("contacts",)}, "contacts"),
        ({"missing_scopes": ("companies",)}, "companies"),
        ({"missing_scopes": ("owners",)}, "owners"),
        ({"missing_scopes": ("tasks",)}, "tasks"),
        ({"missing_scopes": ("notes",)}, "notes"),
    ],
)
def test_without_a_permission_everything_else_is_told(
    desk: HelpDesk, switches: Any, kind: str
) -> None:
    desk.act("create_contact", email=JO, companies=[company(desk)])
    ref = desk.write_in("Notice", "Shut off!", contact=JO)
    desk.file(Filing("f", ref, {"owner": BO}))
    desk.switch(**switches)
    desk.begin_again()

    assert refs(desk.poll()) == [ref]
    dossier = desk.dossier(ref)
    desk.poll()

    assert (dossier.ticket.content, dossier.ticket.channel) == ("Shut off!", Channel.EMAIL)
    assert bool(dossier.messages) is (kind != "emails")
    assert bool(dossier.contacts) is (kind != "contacts")
    assert bool(dossier.companies) is (kind not in {"companies", "contacts"})
    assert dossier.ticket.owner == ("" if kind == "owners" else BO)
    (problem,) = desk.problems.values()
    assert problem.scope == f"hubspot/desk/{kind}"
    assert not problem.blocks

    desk.later(90)  # still so when it is looked at again
    desk.poll()
    assert list(desk.problems) == [problem.scope]
    desk.switch(missing_scopes=(), missing_objects=())
    desk.later(90)
    desk.poll()
    assert desk.problems == {}
    assert desk.dossier(ref).messages


@pytest.mark.parametrize("fault", [Fault.THROTTLE, Fault.ERROR, Fault.RESET, Fault.PARTIAL])
def test_a_dossier_is_whole_or_there_is_none(desk: HelpDesk, fault: Fault) -> None:
    desk.act("create_contact", email=JO, companies=[company(desk)])
    new = [desk.write_in(f"n{index}", contact=JO) for index in range(20)]
    desk.poll()
    desk.fault(fault, times=None, rate=0.3)
    told = 0
    for _ in range(20):
        try:
            found = desk.connector.dossiers(new)
        except Temporary:
            continue
        told += 1
        assert set(found) == set(new)
        assert all(one.messages and one.companies for one in found.values())
    assert told


@pytest.mark.parametrize(
    "path", ["companies/batch/read", "emails/batch/read", "tickets/batch/read"]
)
def test_a_part_that_is_left_out_once_is_asked_for_again(desk: HelpDesk, path: str) -> None:
    halsted = company(desk)
    new = [desk.write_in(f"n{index}", contact=JO) for index in range(20)]
    desk.file(*(Filing(ref, ref, {}, halsted) for ref in new))
    desk.fault(Fault.PARTIAL, path, times=1)

    told = desk.connector.dossiers(new)

    assert len(told) == 20
    assert all(one.messages and one.companies for one in told.values())


def test_a_ticket_of_which_nothing_is_said_is_not_taken_for_gone(desk: HelpDesk) -> None:
    new = [desk.write_in(f"n{index}") for index in range(5)]
    desk.fault(Fault.PARTIAL, "tickets/batch/read", times=None)

    with pytest.raises(Temporary):
        desk.connector.dossiers(new)


def test_in_a_portal_without_message_properties_mail_is_found_by_itself() -> None:
    desk = HelpDesk(message_properties=False)
    desk.read()
    ref = str(desk.add("0198-a").ref)
    desk.poll()
    assert "hubspot/desk/messages" in desk.problems
    desk.later(60)
    searched = desk.searches()
    assert desk.poll() == []
    assert desk.searches() - searched == 2

    desk.act("send_message", id=ref, who=BO, text="Hello")
    assert desk.poll() == []
    desk.act("receive_message", id=ref, contact=JO, text="Our power is off")

    (seen,) = desk.poll()
    assert seen.ref == ref
    assert seen.heard_at is not None
    assert timedelta() <= seen.heard_at - desk.clock.now() < timedelta(seconds=1)
    assert desk.poll() == []
    dossier = desk.dossier(ref)
    assert dossier.ticket.heard_at == dossier.messages[0].at
    assert dossier.ticket.written_at == dossier.messages[1].at


def test_a_leaver_is_named_and_known_to_have_left(desk: HelpDesk) -> None:
    ref = desk.ticket(properties={"hubspot_owner_id": BO})
    assert desk.dossier(ref).ticket.owner_active
    desk.act("deactivate_owner", email=BO)
    desk.later(301)

    ticket = desk.dossier(ref).ticket

    assert (ticket.owner, ticket.owner_active) == (BO, False)
