"""Webhooks through the API: create, enable, list, delete."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ubm_smartsheet.emulator.context import Context, success
from ubm_smartsheet.emulator.errors import Refused
from ubm_smartsheet.emulator.render import stamp
from ubm_smartsheet.emulator.webhooks import Webhook, Webhooks

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
PORTS = {None, 443, 8000, 8008, 8080, 8443}
MOST = 10_000


def _hooks(ctx: Context) -> Webhooks:
    hooks: Webhooks = ctx.notes["webhooks"]
    return hooks


def _shown(hook: Webhook, *, listed: bool = False) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": hook.id,
        "name": hook.name,
        "callbackUrl": hook.url,
        "scope": "sheet",
        "scopeObjectId": hook.sheet,
        "events": ["*.*"],
        "version": 1,
        "enabled": hook.enabled,
        "status": hook.status,
        "createdAt": stamp(hook.created_at),
        "modifiedAt": stamp(hook.modified_at),
    }
    if listed:
        return body
    body["sharedSecret"] = hook.secret
    if hook.columns:
        body["subscope"] = {"columnIds": hook.columns}
    if hook.details:
        body["disabledDetails"] = hook.details
    if hook.last_try is not None:
        body["stats"] = {
            "lastCallbackAttempt": stamp(hook.last_try),
            "lastCallbackAttemptRetryCount": hook.retries,
        }
        if hook.last_success is not None:
            body["stats"]["lastSuccessfulCallback"] = stamp(hook.last_success)
    return body


def list_all(ctx: Context) -> dict[str, Any]:
    """GET webhooks: newest first, totals are -1."""
    size = min(ctx.number("pageSize") or 100, MOST)
    page = ctx.number("page") or 1
    own = [hook for hook in ctx.state.webhooks.values() if hook.user == ctx.user.id]
    own.reverse()
    return {
        "pageNumber": page,
        "pageSize": size,
        "totalPages": -1,
        "totalCount": -1,
        "data": [_shown(hook, listed=True) for hook in own[(page - 1) * size : page * size]],
    }


def _own(ctx: Context) -> Webhook:
    hook: Webhook | None = ctx.state.webhooks.get(ctx.id(0))
    if hook is None or hook.user != ctx.user.id:
        raise Refused(1006)
    return hook


def get(ctx: Context) -> dict[str, Any]:
    """GET webhooks/{id}."""
    return _shown(_own(ctx))


def create(ctx: Context) -> dict[str, object]:
    """POST webhooks: disabled until it is verified by PUT ``{enabled: true}``."""
    body = ctx.json_object()
    for name in ("name", "callbackUrl", "scope", "scopeObjectId", "events", "version"):
        if body.get(name) is None:
            raise Refused(1012, f"webhook.{name}")
    if body["scope"] != "sheet":
        raise Refused(1031, body["scope"], "webhook.scope")
    if body["events"] != ["*.*"]:
        raise Refused(1031, body["events"], "webhook.events")
    _check_url(ctx, str(body["callbackUrl"]))
    sheet = ctx.state.sheets.get(ctx.part(body, "scopeObjectId", int))
    if sheet is None or sheet.level_of(ctx.user.id) is None:
        raise Refused(1151)
    columns = ctx.part(ctx.part(body, "subscope", dict), "columnIds", list)
    if any(sheet.column(column) is None for column in columns):
        raise Refused(1293)
    ids = ctx.state.ids
    hook = Webhook(
        ids.draw(),
        str(body["name"]),
        str(body["callbackUrl"]),
        sheet.id,
        ctx.user.id,
        ids.text(26),
        ctx.now,
        ctx.now,
        columns,
    )
    ctx.state.webhooks[hook.id] = hook
    ctx.state.changes += 1
    return success(_shown(hook))


def _check_url(ctx: Context, url: str) -> None:
    parts = urlsplit(url)
    if ctx.switches.loopback_callbacks and parts.hostname in LOOPBACK:
        return
    if parts.scheme != "https":
        raise Refused(1152)
    if parts.port not in PORTS or parts.hostname in LOOPBACK:
        raise Refused(1031, url, "webhook.callbackUrl")


def update(ctx: Context) -> dict[str, object]:
    """PUT webhooks/{id}: name, address, enabled; enabling waits for the challenge."""
    hook = _own(ctx)
    body = ctx.json_object()
    for name in ("scope", "scopeObjectId", "subscope", "sharedSecret", "status"):
        if name in body:
            raise Refused(1032, f"webhook.{name}")
    hook.name = str(body.get("name", hook.name))
    if ctx.part(body, "callbackUrl", str) not in {"", hook.url}:
        _check_url(ctx, str(body["callbackUrl"]))
        hook.url, hook.enabled, hook.status = str(body["callbackUrl"]), False, "NEW_NOT_VERIFIED"
    hook.modified_at = ctx.now
    if body.get("enabled") is True and not hook.enabled:
        if hook.status == "DISABLED_ADMINISTRATIVE":
            raise Refused(1154)
        hook.sent = hook.retries = 0
        hook.not_before = 0.0
        _hooks(ctx).challenge(hook)
    elif body.get("enabled") is False and hook.enabled:
        hook.enabled, hook.status = False, "DISABLED_BY_OWNER"
        hook.waiting.clear()
    _hooks(ctx).refresh()
    return success(_shown(hook))


def delete(ctx: Context) -> dict[str, object]:
    """DELETE webhooks/{id}."""
    del ctx.state.webhooks[_own(ctx).id]
    _hooks(ctx).refresh()
    return {"message": "SUCCESS", "resultCode": 0}


def reset_secret(ctx: Context) -> dict[str, object]:
    """POST webhooks/{id}/resetsharedsecret."""
    hook = _own(ctx)
    hook.secret = ctx.state.ids.text(26)
    ctx.state.changes += 1
    return success({"sharedSecret": hook.secret})
