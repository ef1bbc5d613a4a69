"""Acting as a person in the vendor's own pages: orders in, what the person sees out.

``who`` is an owner's e-mail; changes are recorded in the history as made by that user, or, with a
``source`` (``AUTOMATION_PLATFORM``, say), by what HubSpot calls so in the user's name. People
see pipelines and stages by label, owners by e-mail, and everything without the search's delay.

| ``do`` | takes | answers |
| --- | --- | --- |
| ``add_owner``, ``deactivate_owner`` | ``email``, ``firstName``, ``lastName`` | ``id`` |
| ``create_company`` | ``name``, ``properties`` | ``id`` |
| ``create_ticket`` | ``properties``, ``pipeline``, ``stage``, ``company``, ``contact`` | ``id`` |
| ``find_tickets`` | ``where`` (property: value), ``pipeline``, ``stage`` | a list of pages |
| ``see_ticket`` | ``id`` | its page: see ``tickets_page.see`` |
| ``edit_ticket`` | ``id``, ``properties`` | its page |
| ``bulk_edit`` | ``ids`` or ``where``, ``properties`` | ``changed`` |
| ``move_ticket`` | ``id``, ``stage``, ``pipeline`` | ``changed`` |
| ``bulk_move`` | ``ids`` or ``where``, ``stage`` | ``changed`` |
| ``archive_ticket``, ``restore_ticket`` | ``id`` | ``id`` |
| ``merge_tickets`` | ``primary``, ``other`` | ``id`` of what remains |
| ``add_note`` | ``id``, ``text`` | ``id`` |
| what people do beside tickets (mail, meetings, checklists) | see ``conversations`` | |
| ``lock_ticket`` | ``id``, ``times``: so many writes are answered with 423 | ``id`` |
| ``add_option``, ``drop_option`` | ``property``, ``value``, ``label`` | the options |
| ``rename_stage``, ``delete_stage`` | ``pipeline``, ``stage``, ``to`` | ``id`` |
| ``require_in_stage`` | ``pipeline``, ``stage``, ``properties`` | ``id`` |
| ``revoke_token``, ``restore_token`` | | |
| ``subscribe`` | ``url``, ``subscriptions``: ``{"type", "property"?}`` each | their number |
| ``summary`` | | number of tickets by pipeline and stage |
"""

from __future__ import annotations

from collections.abc import Callable

from ubm_hubspot.emulator.checking import Checker
from ubm_hubspot.emulator.conversations import CONVERSATION_ORDERS
from ubm_hubspot.emulator.portal import Owner, Portal
from ubm_hubspot.emulator.refusals import Refusal
from ubm_hubspot.emulator.tickets_page import TICKET_ORDERS, Order, pipeline_by_label, writer_of
from ubm_hubspot.emulator.webhooks import Webhooks


def act(portal: Portal, webhooks: Webhooks, order: Order) -> object:
    """Carry out one order; raises KeyError or ValueError where the page would not allow it."""
    name = order["do"]
    if name == "subscribe":
        webhooks.subscribe(order["url"], order["subscriptions"])
        portal.stamp()
        return {"subscriptions": len(webhooks.subscriptions)}
    if name not in _ORDERS:
        raise ValueError(f"nobody knows how to {name!r}; known: {', '.join(sorted(_ORDERS))}")
    try:
        return _ORDERS[name](portal, order)
    except Refusal as refusal:
        raise ValueError(refusal.message) from None


def _add_owner(portal: Portal, order: Order) -> object:
    email = str(order["email"])
    now = portal.stamp()
    try:
        owner = portal.owner_by_email(email)
        owner.archived, owner.updated = False, now
    except KeyError:
        number = portal.next_id() - 18_800_000_000
        names = str(order.get("firstName", "")), str(order.get("lastName", ""))
        owner = Owner(number, number + 7_000_000, email, *names, now, now)
        portal.owners[owner.id] = owner
    return {"id": str(owner.id), "userId": owner.user}


def _deactivate_owner(portal: Portal, order: Order) -> object:
    owner = portal.owner_by_email(str(order["email"]))
    owner.archived, owner.updated = True, portal.stamp()
    return {"id": str(owner.id)}


def _create_company(portal: Portal, order: Order) -> object:
    given = {"name": order["name"], **order.get("properties", {})}
    accepted = Checker(portal, "companies").check(given, None)
    return {"id": str(writer_of(portal, order).create("companies", accepted).id)}


def _add_option(portal: Portal, order: Order) -> object:
    definition = portal.definitions["tickets"][order["property"]]
    option = {"value": order["value"], "label": order.get("label", order["value"])}
    definition.set_options([*definition.options, option])
    definition.updated = portal.stamp()
    return definition.options


def _drop_option(portal: Portal, order: Order) -> object:
    definition = portal.definitions["tickets"][order["property"]]
    kept = [one for one in definition.options if one["value"] != str(order["value"])]
    if len(kept) == len(definition.options):
        raise KeyError(f"no option {order['value']!r} of {definition.name}")
    definition.set_options(kept)
    definition.updated = portal.stamp()
    return definition.options


def _rename_stage(portal: Portal, order: Order) -> object:
    stage = pipeline_by_label(portal, order["pipeline"]).stage_by_label(order["stage"])
    stage.label, stage.updated = str(order["to"]), portal.stamp()
    return {"id": stage.id}


def _delete_stage(portal: Portal, order: Order) -> object:
    pipeline = pipeline_by_label(portal, order["pipeline"])
    stage = pipeline.stage_by_label(order["stage"])
    portal.drop_stage("tickets", pipeline, stage.id)
    portal.stamp()
    return {"id": stage.id}


def _require_in_stage(portal: Portal, order: Order) -> object:
    stage = pipeline_by_label(portal, order["pipeline"]).stage_by_label(order["stage"])
    stage.required, stage.updated = list(order["properties"]), portal.stamp()
    return {"id": stage.id}


def _revoke_token(portal: Portal, order: Order) -> object:
    del order
    portal.revoked = True
    portal.stamp()
    return {}


def _restore_token(portal: Portal, order: Order) -> object:
    del order
    portal.revoked = False
    portal.stamp()
    return {}


_ORDERS: dict[str, Callable[[Portal, Order], object]] = {
    **TICKET_ORDERS,
    **CONVERSATION_ORDERS,
    "add_owner": _add_owner,
    "deactivate_owner": _deactivate_owner,
    "create_company": _create_company,
    "add_option": _add_option,
    "drop_option": _drop_option,
    "rename_stage": _rename_stage,
    "delete_stage": _delete_stage,
    "require_in_stage": _require_in_stage,
    "revoke_token": _revoke_token,
    "restore_token": _restore_token,
}
