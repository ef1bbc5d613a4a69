"""Owners: read-only, active and deactivated ones apart."""

from __future__ import annotations

from typing import Any

from ubm_hubspot.emulator.api import Answer, Call, next_page
from ubm_hubspot.emulator.portal import missing_scope
from ubm_hubspot.emulator.refusals import invalid, not_found

DEFAULT_PAGE = 100
_SCOPE = "crm.objects.owners.read"


def owners(call: Call, rest: list[str]) -> Answer:
    """Answer a request below ``/crm/v3/owners``."""
    if call.request.method != "GET":
        raise not_found()
    if (
        _SCOPE in call.portal.switches.missing_scopes
        or "owners" in call.portal.switches.missing_scopes
    ):
        raise missing_scope(_SCOPE)
    return _list(call) if not rest else _one(call, rest[0])


def _list(call: Call) -> Answer:
    most = call.portal.switches.owners_limit
    limit = call.limit(min(DEFAULT_PAGE, most), most)
    email = call.request.parameter("email")
    after = call.request.parameter("after") or "0"
    if not after.isdigit():
        raise invalid(f"Invalid paging cursor: {after}")
    archived = call.flag("archived")
    listed = [
        owner
        for owner in sorted(call.portal.owners.values(), key=lambda one: one.id)
        if owner.archived == archived
        and owner.id > int(after)
        and (email is None or owner.email.lower() == email.lower())
    ]
    page = [owner.as_json() for owner in listed[:limit]]
    answer: dict[str, Any] = {"results": call.shortened(page)}
    if len(listed) > limit:
        answer["paging"] = next_page(call.request, str(listed[limit - 1].id))
    return 200, answer


def _one(call: Call, ref: str) -> Answer:
    by_user = call.request.parameter("idProperty") == "userId"
    for owner in call.portal.owners.values():
        known = owner.user if by_user else owner.id
        if str(known) == ref and owner.archived == call.flag("archived"):
            return 200, owner.as_json()
    raise not_found(f"Owner with id {ref} not found")
