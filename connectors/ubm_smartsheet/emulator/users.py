"""Who is who: users and the shares of a sheet."""

from __future__ import annotations

from typing import Any

from ubm_smartsheet.emulator.context import Context, page_of, success
from ubm_smartsheet.emulator.errors import Refused
from ubm_smartsheet.emulator.model import Level, Sheet, User

_MARK = "share"


def me(ctx: Context) -> dict[str, Any]:
    """GET users/me."""
    body = profile(ctx.user)
    return {
        **body,
        "account": {"id": 1, "name": "Emulated plan"},
        "locale": "en_US",
        "timeZone": "US/Central",
    }


def profile(user: User) -> dict[str, Any]:
    """Return a user as the API shows it."""
    first, _, last = user.name.partition(" ")
    return {
        "id": user.id,
        "email": user.email,
        "firstName": first,
        "lastName": last,
        "name": user.name,
        "status": "ACTIVE",
        "admin": False,
        "licensedSheetCreator": True,
    }


def list_users(ctx: Context) -> dict[str, Any]:
    """GET users: everyone, or those with the given e-mail addresses."""
    wanted = ctx.names("email")
    users = [user for user in ctx.state.users.values() if not wanted or user.email in wanted]
    return page_of(ctx, [profile(user) for user in users])


def get_user(ctx: Context) -> dict[str, Any]:
    """GET users/{id}."""
    user = ctx.state.users.get(ctx.id(0))
    if user is None:
        raise Refused(1006)
    return profile(user)


def _sheet(ctx: Context, needed: Level = Level.VIEWER) -> Sheet:
    kind, asset = ctx.text("assetType"), ctx.number("assetId")
    if not kind or asset is None:
        raise Refused(1009, "assetType" if not kind else "assetId")
    if kind.lower() != "sheet":
        raise Refused(1018, kind, "assetType")
    return ctx.sheet_of(asset, needed)


def _share(user: User, level: Level) -> dict[str, Any]:
    return {
        "id": f"{_MARK}{user.id}",
        "type": "USER",
        "userId": str(user.id),
        "email": user.email,
        "name": user.name,
        "accessLevel": level.name,
        "scope": "ITEM",
    }


def list_shares(ctx: Context) -> dict[str, Any]:
    """GET shares?assetType=sheet&assetId=: owner first; ``maxItems`` and ``lastKey`` page."""
    sheet = _sheet(ctx)
    users = ctx.state.users
    everyone = [(users[sheet.owner], Level.OWNER)]
    everyone += [(users[user_id], level) for user_id, level in sheet.shares.items()]
    size = ctx.number("maxItems") or len(everyone)
    start = ctx.number("lastKey") or 0
    body: dict[str, Any] = {
        "items": [_share(user, level) for user, level in everyone[start : start + size]]
    }
    if start + size < len(everyone):
        body["lastKey"] = str(start + size)
    return body


def get_share(ctx: Context) -> dict[str, Any]:
    """GET shares/{id}."""
    sheet = _sheet(ctx)
    user = _shared(ctx, sheet)
    return _share(user, sheet.level_of(user.id) or Level.VIEWER)


def _shared(ctx: Context, sheet: Sheet) -> User:
    text = ctx.ids[0].removeprefix(_MARK)
    user = ctx.state.users.get(int(text)) if text.isdigit() else None
    if user is None or (user.id != sheet.owner and user.id not in sheet.shares):
        raise Refused(1006)
    return user


def create_shares(ctx: Context) -> dict[str, object]:
    """POST shares: ``{email, accessLevel}``, one or several."""
    sheet = _sheet(ctx, Level.EDITOR_SHARE)
    given = ctx.body()
    bodies = given if isinstance(given, list) else [given]
    result = []
    for body in bodies:
        if not isinstance(body, dict) or not body.get("email"):
            raise Refused(1012, "share.email")
        level = _level(ctx, sheet, body)
        email = str(body["email"])
        user = ctx.state.add_user(email, str(body.get("name") or email.partition("@")[0]))
        grant(sheet, user, level)
        result.append(_share(user, level))
    sheet.touched += 1
    ctx.state.changes += 1
    return success(result if isinstance(given, list) else result[0])


def grant(sheet: Sheet, user: User, level: Level) -> None:
    """Give a user a level on a sheet; the owner keeps what the owner has."""
    if user.id != sheet.owner:
        sheet.shares[user.id] = level


def _level(ctx: Context, sheet: Sheet, body: dict[str, Any]) -> Level:
    name = str(body.get("accessLevel") or "")
    if name not in Level.__members__ or name == Level.OWNER.name:
        raise Refused(1031, name, "share.accessLevel")
    if Level[name] > ctx.level(sheet):
        raise Refused(1004)
    return Level[name]


def update_share(ctx: Context) -> dict[str, object]:
    """PATCH shares/{id}: another access level."""
    sheet = _sheet(ctx, Level.ADMIN)
    user = _shared(ctx, sheet)
    if user.id == sheet.owner:
        raise Refused(1028)
    level = _level(ctx, sheet, ctx.json_object())
    grant(sheet, user, level)
    sheet.touched += 1
    ctx.state.changes += 1
    return _share(user, level)


def delete_share(ctx: Context) -> dict[str, object]:
    """DELETE shares/{id}: an administrator's right, and everyone's for the own share."""
    sheet = _sheet(ctx)
    user = _shared(ctx, sheet)
    if user.id != ctx.user.id and ctx.level(sheet) < Level.ADMIN:
        raise Refused(1004)
    sheet.shares.pop(user.id, None)
    sheet.touched += 1
    ctx.state.changes += 1
    return {"message": "SUCCESS", "resultCode": 0}
