"""What people do with tickets, and what they see on a ticket's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from ubm_hubspot.emulator.checking import Checker
from ubm_hubspot.emulator.furniture import OBJECT_TYPES
from ubm_hubspot.emulator.instants import iso
from ubm_hubspot.emulator.pipelines import Pipeline
from ubm_hubspot.emulator.portal import Portal
from ubm_hubspot.emulator.records import Record, Source, value_of
from ubm_hubspot.emulator.writing import Writer

Order: TypeAlias = dict[str, Any]


def writer_of(portal: Portal, order: Order) -> Writer:
    """Return a writer for the person in ``who``; raises KeyError for an unknown one."""
    who = order.get("who")
    user = None if who is None else portal.owner_by_email(str(who)).user
    if order.get("source"):
        source = str(order["source"])
        return Writer(portal, Source(source, "", source.capitalize(), user), portal.stamp())
    source_id = None if user is None else f"userId:{user}"
    return Writer(portal, Source("CRM_UI", source_id or "", "", user), portal.stamp())


def contact_of(portal: Portal, email: str) -> Record | None:
    """Return the contact with an e-mail, None where the portal does not know it."""
    found = portal.shelves["contacts"].unique.get("email", {}).get(email)
    return None if found is None else portal.records[found]


def pipeline_by_label(portal: Portal, label: str) -> Pipeline:
    """Return the ticket pipeline people call ``label``; raises KeyError."""
    for pipeline in portal.pipelines["tickets"].values():
        if pipeline.label == label:
            return pipeline
    raise KeyError(f"no pipeline {label!r}")


def _create_ticket(portal: Portal, order: Order) -> object:
    given = dict(order.get("properties", {}))
    if order.get("pipeline") or order.get("stage"):
        label = order.get("pipeline")
        pipelines = portal.pipelines["tickets"]
        pipeline = pipeline_by_label(portal, label) if label else next(iter(pipelines.values()))
        given["hs_pipeline"] = pipeline.id
        if order.get("stage"):
            given["hs_pipeline_stage"] = pipeline.stage_by_label(order["stage"]).id
    accepted = Checker(portal, "tickets").check(_by_email(portal, given), None)
    writer = writer_of(portal, order)
    ticket = writer.create("tickets", accepted)
    if order.get("company"):
        company = portal.record("companies", str(order["company"]))
        writer.associate(ticket.id, company.id, [26])
    if order.get("contact"):
        contact = contact_of(portal, str(order["contact"]))
        if contact is None:
            raise KeyError(f"no contact with the e-mail {order['contact']!r}")
        writer.associate(ticket.id, contact.id, [16])
    return {"id": str(ticket.id)}


def _by_email(portal: Portal, given: Order) -> Order:
    owner = given.get("hubspot_owner_id")
    if owner and "@" in str(owner):
        return {**given, "hubspot_owner_id": str(portal.owner_by_email(owner).id)}
    return given


def _matching(portal: Portal, order: Order) -> list[Record]:
    if "ids" in order:
        return [portal.record("tickets", str(ref)) for ref in order["ids"]]
    where = _by_email(portal, dict(order.get("where", {})))
    found = (portal.records[ref] for ref in portal.shelves["tickets"].live)
    return [record for record in found if _fits(portal, record, where, order)]


def _fits(portal: Portal, record: Record, where: Order, order: Order) -> bool:
    snapshot = record.snapshot()
    if any((value_of(snapshot, name) or "") != str(value) for name, value in where.items()):
        return False
    labels = _labels(portal, record)
    wanted = order.get("pipeline"), order.get("stage")
    return all(want in {None, label} for want, label in zip(wanted, labels, strict=True))


def _labels(portal: Portal, record: Record) -> tuple[str, str]:
    pipeline_id = record.values.get("hs_pipeline", "")
    stage_id = record.values.get("hs_pipeline_stage", "")
    pipeline = portal.pipelines["tickets"].get(pipeline_id)
    if pipeline is None:
        return pipeline_id, stage_id
    stage = pipeline.stages.get(stage_id)
    return pipeline.label, stage.label if stage else stage_id


def _find_tickets(portal: Portal, order: Order) -> object:
    return [see(portal, record) for record in _matching(portal, order)]


def _see_ticket(portal: Portal, order: Order) -> object:
    return see(portal, _any_ticket(portal, order["id"]))


def _any_ticket(portal: Portal, ref: object) -> Record:
    record = portal.records.get(int(str(ref)))
    while record is not None and record.merged_into:
        record = portal.records[record.merged_into]
    if record is None or record.kind != "tickets":
        raise KeyError(f"no ticket {ref}")
    return record


def see(portal: Portal, record: Record) -> dict[str, Any]:
    """Return a ticket as a person sees it, at once and with everything on its page."""
    pipeline, stage = _labels(portal, record)
    owner = record.values.get("hubspot_owner_id", "")
    known = portal.owners.get(int(owner)) if owner.isdigit() else None
    attached: dict[str, list[Record]] = {kind: [] for kind in OBJECT_TYPES}
    for other in portal.associations.of(record.id):
        one = portal.records[other]
        if not one.archived_at:
            attached[one.kind].append(one)
    notes = sorted(attached["notes"], key=lambda one: (one.values.get("hs_timestamp"), one.id))
    return {
        "id": str(record.id),
        "archived": bool(record.archived_at),
        "pipeline": pipeline,
        "stage": stage,
        "owner": known.email if known else "",
        "created": iso(record.created),
        "modified": iso(record.modified),
        "properties": dict(record.values),
        "notes": [one.values.get("hs_note_body", "") for one in notes],
        "tasks": [_task(portal, one) for one in attached["tasks"]],
        "companies": [str(one.id) for one in attached["companies"]],
        "primary": record.values.get("hs_primary_company_id", ""),
        "contacts": [one.values.get("email", "") for one in attached["contacts"]],
        "tickets": [str(one.id) for one in attached["tickets"]],
    }


def _task(portal: Portal, task: Record) -> dict[str, Any]:
    """Return a task as people see it on a ticket: with its owner's e-mail, and its id."""
    owner = task.values.get("hubspot_owner_id", "")
    known = portal.owners.get(int(owner)) if owner.isdigit() else None
    return {**task.values, "id": str(task.id), "owner": known.email if known else ""}


def _edit_ticket(portal: Portal, order: Order) -> object:
    record = portal.record("tickets", str(order["id"]))
    _edit(portal, order, [record], order["properties"])
    return see(portal, record)


def _bulk_edit(portal: Portal, order: Order) -> object:
    return _edit(portal, order, _matching(portal, order), order["properties"])


def _edit(portal: Portal, order: Order, records: list[Record], given: Order) -> object:
    given = _by_email(portal, given)
    checker = Checker(portal, "tickets")
    writer = writer_of(portal, order)
    for record in records:
        writer.update(record, checker.check(given, record))
    return {"changed": len(records)}


def _move_ticket(portal: Portal, order: Order) -> object:
    record = portal.record("tickets", str(order["id"]))
    return _move(portal, order, [record], order.get("pipeline"))


def _bulk_move(portal: Portal, order: Order) -> object:
    records = _matching(portal, {key: value for key, value in order.items() if key != "stage"})
    return _move(portal, order, records, None)


def _move(portal: Portal, order: Order, records: list[Record], label: str | None) -> object:
    writer = writer_of(portal, order)
    checker = Checker(portal, "tickets")
    for record in records:
        pipeline = (
            pipeline_by_label(portal, label)
            if label
            else portal.pipelines["tickets"][record.values["hs_pipeline"]]
        )
        stage = pipeline.stage_by_label(order["stage"])
        given = {"hs_pipeline": pipeline.id, "hs_pipeline_stage": stage.id}
        writer.update(record, checker.check(given, record))
    return {"changed": len(records)}


def _archive_ticket(portal: Portal, order: Order) -> object:
    writer_of(portal, order).archive(portal.record("tickets", str(order["id"])))
    return {"id": str(order["id"])}


def _restore_ticket(portal: Portal, order: Order) -> object:
    record = portal.records.get(int(str(order["id"])))
    if record is None or not record.archived_at or record.merged_into:
        raise KeyError(f"no ticket {order['id']} in the recycle bin")
    writer_of(portal, order).restore(record)
    return see(portal, record)


def _merge_tickets(portal: Portal, order: Order) -> object:
    primary, other = (portal.record("tickets", str(order[name])) for name in ("primary", "other"))
    return {"id": str(writer_of(portal, order).merge(primary, other).id)}


def _add_note(portal: Portal, order: Order) -> object:
    ticket = portal.record("tickets", str(order["id"]))
    writer = writer_of(portal, order)
    given = {"hs_timestamp": iso(writer.at), "hs_note_body": order["text"]}
    note = writer.create("notes", Checker(portal, "notes").check(given, None))
    writer.associate(note.id, ticket.id, [228])
    return {"id": str(note.id)}


def _lock_ticket(portal: Portal, order: Order) -> object:
    """Make the next ``times`` writes of a ticket find it locked (423)."""
    record = portal.record("tickets", str(order["id"]))
    portal.locks[record.id] = int(order.get("times", 1))
    return {"id": str(record.id)}


def _summary(portal: Portal, order: Order) -> object:
    del order
    counts: dict[str, dict[str, int]] = {}
    for ref in portal.shelves["tickets"].live:
        pipeline, stage = _labels(portal, portal.records[ref])
        stages = counts.setdefault(pipeline, {})
        stages[stage] = stages.get(stage, 0) + 1
    return counts


TICKET_ORDERS: dict[str, Callable[[Portal, Order], object]] = {
    "create_ticket": _create_ticket,
    "find_tickets": _find_tickets,
    "see_ticket": _see_ticket,
    "edit_ticket": _edit_ticket,
    "bulk_edit": _bulk_edit,
    "move_ticket": _move_ticket,
    "bulk_move": _bulk_move,
    "archive_ticket": _archive_ticket,
    "restore_ticket": _restore_ticket,
    "merge_tickets": _merge_tickets,
    "add_note": _add_note,
    "lock_ticket": _lock_ticket,
    "summary": _summary,
}
