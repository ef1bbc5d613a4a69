"""What people do around a ticket: write, answer, meet, ask for things and send them.

``id`` is the ticket's unless a row says otherwise; ``who`` is one of our users, ``contact`` (an
e-mail) somebody of the client's, whose changes the history tells as the switches say.

| ``do`` | takes | answers |
| --- | --- | --- |
| ``create_contact`` | ``email``, ``companies`` (ids, the first is the primary one) | ``id`` |
| ``write_in`` | ``contact``, what a mail has, ``channel``, ``pipeline`` | ``id``, ``mail`` |
| ``send_message`` | ``id``, ``who``, ``to``, what a mail has | ``id`` of it |
| ``receive_message`` | ``id``, ``also`` (tickets), ``contact``, what a mail has | ``id`` |
| ``bounce`` | ``id`` of a mail that was sent | |
| ``book_meeting`` | ``id``, ``title``, ``at``, ``who`` or ``contact`` | ``id`` |
| ``move_meeting`` | ``id`` of a meeting, ``at``, ``outcome``, ``who`` or ``contact`` | |
| ``miss_meeting``, ``hold_meeting`` | ``id`` of a meeting, ``who`` | |
| ``cancel_meeting`` | ``id`` of a meeting, ``who`` or ``contact`` | |
| ``ask_item`` | ``id``, ``subject`` (``Document: W-9``), ``due``, ``who`` | ``id`` |
| ``finish_task`` | ``id`` of a task, ``who`` | |
| ``see_tasks`` | ``who`` | the person's own list of what is to be done |
| ``receive_item``, ``reject_item``, ``accept_item``, ``drop_item`` | ``id`` of an item, ``who`` | |

A mail has ``subject``, ``text``, ``html``, ``headers``; one that came may be ``automatic``.
Instants are ISO 8601. A checklist item is a task, which waits, is looked at, and is done.
``write_in`` is a customer who writes where no ticket is yet: the inbox makes one, with the contact
and, where mail is kept, the mail. What came by chat or phone is only in the ticket itself.
"""

from __future__ import annotations

from collections.abc import Callable

from ubm_hubspot.emulator.checking import Checker
from ubm_hubspot.emulator.instants import iso
from ubm_hubspot.emulator.portal import Portal
from ubm_hubspot.emulator.records import Record, Source
from ubm_hubspot.emulator.tickets_page import Order, contact_of, pipeline_by_label, writer_of
from ubm_hubspot.emulator.writing import Writer

_TO_TICKET = {"emails": 224, "meetings": 226, "tasks": 230}
_TO_CONTACT = 198
_CONVERSATIONS = Source("CONVERSATIONS", "", "Conversations")
_AUTOMATIC = '{"auto-submitted":"auto-replied"}'


def _create_contact(portal: Portal, order: Order) -> object:
    given = {"email": order["email"], **order.get("properties", {})}
    writer = writer_of(portal, order)
    contact = writer.create("contacts", Checker(portal, "contacts").check(given, None))
    for position, ref in enumerate(order.get("companies", ())):
        company = portal.record("companies", str(ref))
        writer.associate(contact.id, company.id, [279 if position else 1])
    return {"id": str(contact.id)}


def _write_in(portal: Portal, order: Order) -> object:
    """Make a ticket of what somebody wrote, as the inbox or a form does."""
    channel = str(order.get("channel", "EMAIL")).upper()
    given = {
        "subject": str(order.get("subject", "")) or "(no subject)",
        "content": str(order.get("text", "")),
        "source_type": channel,
        **order.get("properties", {}),
    }
    pipelines = portal.pipelines["tickets"]
    label = order.get("pipeline")
    pipeline = pipeline_by_label(portal, label) if label else next(iter(pipelines.values()))
    given |= {"hs_pipeline": pipeline.id, "hs_pipeline_stage": pipeline.ordered()[0].id}
    source = Source("FORM", "", "Form") if channel == "FORM" else _CONVERSATIONS
    writer = Writer(portal, source, portal.stamp())
    ticket = writer.create("tickets", Checker(portal, "tickets").check(given, None))
    contact = contact_of(portal, str(order["contact"])) if order.get("contact") else None
    if contact is not None:
        writer.associate(ticket.id, contact.id, [16])
    mail: object = {"id": ""}
    if channel == "EMAIL":
        mail = _receive_message(portal, {**order, "id": ticket.id})
    return {"id": str(ticket.id), "mail": mail["id"] if isinstance(mail, dict) else ""}


def _send_message(portal: Portal, order: Order) -> object:
    writer = writer_of(portal, order)
    given = {
        "hs_email_direction": "EMAIL",
        "hs_email_status": "SENT",
        "hs_email_from_email": str(order.get("who", "")),
        "hs_email_to_email": str(order.get("to", "")),
    }
    sent = _mail(portal, order, writer, given)
    _tell_ticket(portal, order, ("hs_last_message_sent_at",))
    return sent


def _receive_message(portal: Portal, order: Order) -> object:
    automatic = bool(order.get("automatic"))
    given = {
        "hs_email_direction": "INCOMING_EMAIL",
        "hs_email_status": "SENT",
        "hs_email_from_email": str(order.get("contact", "")),
        "hs_email_headers": str(order.get("headers") or (_AUTOMATIC if automatic else "")),
    }
    writer = Writer(portal, _CONVERSATIONS, portal.stamp())
    received = _mail(portal, order, writer, given)
    names = ["hs_last_message_received_at"]
    if not automatic:
        names.append("last_reply_date")
    elif not portal.switches.automatic_moves_received:
        names.clear()
    _tell_ticket(portal, order, tuple(names))
    return received


def _mail(portal: Portal, order: Order, writer: Writer, given: dict[str, str]) -> object:
    """Keep a mail as an object of its own, where the portal does, on every ticket it concerns."""
    if portal.switches.email_objects == "off":
        return {"id": ""}
    texts = {
        "hs_timestamp": iso(writer.at),
        "hs_email_subject": str(order.get("subject", "")),
        "hs_email_text": str(order.get("text", "")),
        "hs_email_html": str(order.get("html", "")),
    }
    accepted = Checker(portal, "emails").check({**texts, **given}, None)
    mail = writer.create("emails", accepted)
    for ref in (order["id"], *order.get("also", ())):
        writer.associate(mail.id, portal.record("tickets", str(ref)).id, [_TO_TICKET["emails"]])
    with_whom = str(order.get("contact") or order.get("to") or "")
    if with_whom and (contact := contact_of(portal, with_whom)) is not None:
        writer.associate(mail.id, contact.id, [_TO_CONTACT])
    return {"id": str(mail.id)}


def _tell_ticket(portal: Portal, order: Order, names: tuple[str, ...]) -> None:
    """Keep the tickets' message properties current; people cannot write them themselves."""
    writer = Writer(portal, _CONVERSATIONS, portal.stamp())
    known = [name for name in names if name in portal.definitions["tickets"]]
    for ref in (order["id"], *order.get("also", ())):
        ticket = portal.record("tickets", str(ref))
        if known:
            write = writer.update if portal.switches.message_moves_ticket else writer.calculate
            write(ticket, dict.fromkeys(known, iso(writer.at)))


def _bounce(portal: Portal, order: Order) -> object:
    """Tell that a mail came back: HubSpot's own doing, some time after it was sent."""
    mail = portal.record("emails", str(order["id"]))
    writer = Writer(portal, Source("EMAIL", "", "Email"), portal.stamp())
    writer.update(mail, {"hs_email_status": "BOUNCED"})
    return {"id": str(mail.id)}


def _book_meeting(portal: Portal, order: Order) -> object:
    writer = _hand(portal, order)
    given = {
        "hs_timestamp": order["at"],
        "hs_meeting_start_time": order["at"],
        "hs_meeting_title": str(order.get("title", "Meeting")),
        "hs_meeting_outcome": "SCHEDULED",
    }
    meeting = writer.create("meetings", Checker(portal, "meetings").check(given, None))
    ticket = portal.record("tickets", str(order["id"]))
    writer.associate(meeting.id, ticket.id, [_TO_TICKET["meetings"]])
    return {"id": str(meeting.id)}


def _hand(portal: Portal, order: Order) -> Writer:
    """Return a writer for whoever acts: the client's own hand names no user of ours."""
    if not order.get("contact"):
        return writer_of(portal, order)
    source = Source(portal.switches.contact_change_source, "", "Meetings")
    return Writer(portal, source, portal.stamp())


def _move_meeting(portal: Portal, order: Order) -> object:
    given = {"hs_timestamp": order["at"], "hs_meeting_start_time": order["at"]}
    if order.get("outcome"):
        given["hs_meeting_outcome"] = str(order["outcome"])
    return _change(portal, order, "meetings", given)


def _outcome(value: str) -> Callable[[Portal, Order], object]:
    def change(portal: Portal, order: Order) -> object:
        return _change(portal, order, "meetings", {"hs_meeting_outcome": value})

    return change


def _change(portal: Portal, order: Order, kind: str, given: dict[str, str]) -> object:
    record: Record = portal.record(kind, str(order["id"]))
    _hand(portal, order).update(record, Checker(portal, kind).check(given, record))
    return {"id": str(record.id)}


def _ask_item(portal: Portal, order: Order) -> object:
    writer = writer_of(portal, order)
    given = {
        "hs_timestamp": order.get("due") or iso(writer.at),
        "hs_task_subject": order["subject"],
        "hs_task_status": "WAITING",
        "hs_task_type": "TODO",
    }
    task = writer.create("tasks", Checker(portal, "tasks").check(given, None))
    ticket = portal.record("tickets", str(order["id"]))
    writer.associate(task.id, ticket.id, [_TO_TICKET["tasks"]])
    return {"id": str(task.id)}


def _item(status: str) -> Callable[[Portal, Order], object]:
    def change(portal: Portal, order: Order) -> object:
        return _change(portal, order, "tasks", {"hs_task_status": status})

    return change


def _see_tasks(portal: Portal, order: Order) -> object:
    """Return what a person has to do, what is due first at the top."""
    owner = str(portal.owner_by_email(str(order["who"])).id)
    tasks = [portal.records[ref] for ref in portal.shelves["tasks"].live]
    own = [
        one
        for one in tasks
        if one.values.get("hubspot_owner_id") == owner
        and one.values.get("hs_task_status") not in {"COMPLETED", "DEFERRED"}
    ]
    return [
        {
            "id": str(one.id),
            "subject": one.values.get("hs_task_subject", ""),
            "body": one.values.get("hs_task_body", ""),
            "priority": one.values.get("hs_task_priority", ""),
            "due": one.values.get("hs_timestamp", ""),
            "tickets": [
                str(ref)
                for ref in portal.associations.of(one.id)
                if portal.records[ref].kind == "tickets"
            ],
        }
        for one in sorted(own, key=lambda one: one.values.get("hs_timestamp", ""))
    ]


CONVERSATION_ORDERS: dict[str, Callable[[Portal, Order], object]] = {
    "create_contact": _create_contact,
    "write_in": _write_in,
    "send_message": _send_message,
    "receive_message": _receive_message,
    "bounce": _bounce,
    "book_meeting": _book_meeting,
    "move_meeting": _move_meeting,
    "miss_meeting": _outcome("NO_SHOW"),
    "hold_meeting": _outcome("COMPLETED"),
    "cancel_meeting": _outcome("CANCELED"),
    "ask_item": _ask_item,
    "receive_item": _item("IN_PROGRESS"),
    "reject_item": _item("WAITING"),
    "accept_item": _item("COMPLETED"),
    "drop_item": _item("DEFERRED"),
    "finish_task": _item("COMPLETED"),
    "see_tasks": _see_tasks,
}
