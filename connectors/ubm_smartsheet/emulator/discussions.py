"""Discussions and comments, attached links, update requests."""

from __future__ import annotations

from typing import Any

from ubm_smartsheet.emulator.context import Context, page_of, success
from ubm_smartsheet.emulator.errors import Refused
from ubm_smartsheet.emulator.model import Comment, Discussion, Level, Row, Sheet
from ubm_smartsheet.emulator.reading import thread_head
from ubm_smartsheet.emulator.render import person, stamp
from ubm_smartsheet.emulator.state import Author, State


def start(state: State, sheet: Sheet, row: Row | None, text: str, author: Author) -> Discussion:
    """Open a discussion on a row, or on the sheet."""
    comment = Comment(state.ids.draw(), text, author.user, author.at)
    row_id = row.id if row else None
    thread = Discussion(state.ids.draw(), row_id, [comment], author.user, author.at)
    sheet.discussions[thread.id] = thread
    state.tell(sheet, author, "discussion", "created", id=thread.id)
    state.tell(sheet, author, "comment", "created", id=comment.id)
    state.touch(sheet, author)
    return thread


def _comment(ctx: Context, comment: Comment, thread: Discussion) -> dict[str, Any]:
    return {
        "id": comment.id,
        "discussionId": thread.id,
        "text": comment.text,
        "createdBy": person(ctx.state.users[comment.by]),
        "createdAt": stamp(comment.at),
        "modifiedAt": stamp(comment.at),
    }


def _whole(ctx: Context, sheet: Sheet, thread: Discussion) -> dict[str, Any]:
    comments = [_comment(ctx, comment, thread) for comment in thread.comments]
    return thread_head(ctx, sheet, thread.id) | {"comments": comments}


def _text(body: Any, attribute: str) -> str:
    text = body.get("text") if isinstance(body, dict) else None
    if not text or not isinstance(text, str):
        raise Refused(1012, attribute)
    return text


def _create(ctx: Context, sheet: Sheet, row: Row | None) -> dict[str, object]:
    text = _text(ctx.json_object().get("comment"), "comment.text")
    thread = start(ctx.state, sheet, row, text, ctx.author(sheet))
    return success(_whole(ctx, sheet, thread), version=sheet.version)


def create_on_row(ctx: Context) -> dict[str, object]:
    """POST sheets/{id}/rows/{id}/discussions: ``{comment: {text}}``."""
    sheet = ctx.sheet(Level.COMMENTER)
    return _create(ctx, sheet, ctx.row(sheet))


def create_on_sheet(ctx: Context) -> dict[str, object]:
    """POST sheets/{id}/discussions: ``{comment: {text}}``."""
    return _create(ctx, ctx.sheet(Level.COMMENTER), None)


def _listed(ctx: Context, sheet: Sheet, threads: list[Discussion]) -> dict[str, Any]:
    with_comments = "comments" in ctx.names("include")
    return page_of(
        ctx,
        [
            _whole(ctx, sheet, thread) if with_comments else thread_head(ctx, sheet, thread.id)
            for thread in threads
        ],
    )


def list_all(ctx: Context) -> dict[str, Any]:
    """GET sheets/{id}/discussions: ``include=comments`` for their text."""
    sheet = ctx.sheet()
    return _listed(ctx, sheet, list(sheet.discussions.values()))


def list_of_row(ctx: Context) -> dict[str, Any]:
    """GET sheets/{id}/rows/{id}/discussions."""
    sheet = ctx.sheet()
    row = ctx.row(sheet)
    return _listed(ctx, sheet, [one for one in sheet.discussions.values() if one.row == row.id])


def _thread(ctx: Context, sheet: Sheet) -> Discussion:
    thread = sheet.discussions.get(ctx.id(1))
    if thread is None:
        raise Refused(1006)
    return thread


def get(ctx: Context) -> dict[str, Any]:
    """GET sheets/{id}/discussions/{id}."""
    sheet = ctx.sheet()
    return _whole(ctx, sheet, _thread(ctx, sheet))


def delete(ctx: Context) -> dict[str, object]:
    """DELETE sheets/{id}/discussions/{id}: by its author or an administrator."""
    sheet = ctx.sheet(Level.COMMENTER)
    thread = _thread(ctx, sheet)
    author = ctx.author(sheet)
    if thread.by != author.user and not author.is_admin:
        raise Refused(1081)
    del sheet.discussions[thread.id]
    ctx.state.tell(sheet, author, "discussion", "deleted", id=thread.id)
    ctx.state.touch(sheet, author)
    return success(None, version=sheet.version)


def add_comment(ctx: Context) -> dict[str, object]:
    """POST sheets/{id}/discussions/{id}/comments: ``{text}``."""
    sheet = ctx.sheet(Level.COMMENTER)
    thread = _thread(ctx, sheet)
    author = ctx.author(sheet)
    text = _text(ctx.json_object(), "comment.text")
    comment = Comment(ctx.state.ids.draw(), text, author.user, author.at)
    thread.comments.append(comment)
    ctx.state.tell(sheet, author, "comment", "created", id=comment.id)
    ctx.state.touch(sheet, author)
    return success(_comment(ctx, comment, thread), version=sheet.version)


def _found(ctx: Context, sheet: Sheet) -> tuple[Discussion, Comment]:
    for thread in sheet.discussions.values():
        for comment in thread.comments:
            if comment.id == ctx.id(1):
                return thread, comment
    raise Refused(1006)


def _own_comment(ctx: Context, sheet: Sheet) -> tuple[Discussion, Comment]:
    thread, comment = _found(ctx, sheet)
    if comment.by != ctx.user.id:
        raise Refused(1081)
    return thread, comment


def get_comment(ctx: Context) -> dict[str, Any]:
    """GET sheets/{id}/comments/{id}."""
    thread, comment = _found(ctx, ctx.sheet())
    return _comment(ctx, comment, thread)


def delete_comment(ctx: Context) -> dict[str, object]:
    """DELETE sheets/{id}/comments/{id}: own comments only; the last one ends its discussion."""
    sheet = ctx.sheet(Level.COMMENTER)
    thread, comment = _own_comment(ctx, sheet)
    thread.comments.remove(comment)
    if not thread.comments:
        del sheet.discussions[thread.id]
    author = ctx.author(sheet)
    ctx.state.tell(sheet, author, "comment", "deleted", id=comment.id)
    ctx.state.touch(sheet, author)
    return success(None, version=sheet.version)


def edit_comment(ctx: Context) -> dict[str, object]:
    """PUT sheets/{id}/comments/{id}: own comments only."""
    sheet = ctx.sheet(Level.COMMENTER)
    thread, comment = _own_comment(ctx, sheet)
    comment.text = _text(ctx.json_object(), "comment.text")
    author = ctx.author(sheet)
    ctx.state.tell(sheet, author, "comment", "updated", id=comment.id)
    ctx.state.touch(sheet, author)
    return success(_comment(ctx, comment, thread), version=sheet.version)


def attach_to_row(ctx: Context) -> dict[str, object]:
    """POST sheets/{id}/rows/{id}/attachments: a link, or a file's name and size."""
    sheet = ctx.sheet(Level.EDITOR)
    row = ctx.row(sheet)
    link = not ctx.notes.get("file")
    body = ctx.json_object() if link else ctx.notes["file"]
    if not ctx.part(body, "name", str):
        raise Refused(1012, "attachment.name")
    file = {"name": body["name"], "attachmentType": body.get("attachmentType", "FILE")}
    if link:
        file = {"attachmentType": "LINK"} | {
            name: body[name] for name in ("name", "attachmentType", "url") if name in body
        }
    else:
        file |= {name: body[name] for name in ("mimeType", "sizeInKb")}
    attachment = attach(ctx.state, sheet, row, file, ctx.author(sheet))
    return success(attachment, version=sheet.version)


def attach(
    state: State, sheet: Sheet, row: Row, file: dict[str, Any], author: Author
) -> dict[str, Any]:
    """Keep a file's name and size, or a link, on a row."""
    attachment = {
        "id": state.ids.draw(),
        **file,
        "parentType": "ROW",
        "parentId": row.id,
        "createdAt": stamp(author.at),
        "createdBy": person(state.users[author.user]),
    }
    sheet.attachments.append(attachment)
    state.tell(sheet, author, "attachment", "created", id=attachment["id"])
    state.touch(sheet, author)
    return attachment


def attachments_of_row(ctx: Context) -> dict[str, Any]:
    """GET sheets/{id}/rows/{id}/attachments."""
    sheet = ctx.sheet()
    row = ctx.row(sheet)
    return page_of(ctx, [one for one in sheet.attachments if one["parentId"] == row.id])


def attachments_of_sheet(ctx: Context) -> dict[str, Any]:
    """GET sheets/{id}/attachments."""
    return page_of(ctx, ctx.sheet().attachments)


def request_update(ctx: Context) -> dict[str, object]:
    """POST sheets/{id}/updaterequests: recorded, nobody is written to."""
    sheet = ctx.sheet(Level.EDITOR)
    body = ctx.json_object()
    for name in ("sendTo", "rowIds"):
        if not body.get(name):
            raise Refused(1012, f"updateRequest.{name}")
    row_ids = ctx.part(body, "rowIds", list)
    if not all(isinstance(row_id, int) and row_id in sheet.rows for row_id in row_ids):
        raise Refused(1006)
    request = body | {
        "id": ctx.state.ids.draw(),
        "sentBy": person(ctx.user),
        "createdAt": stamp(ctx.now),
        "modifiedAt": stamp(ctx.now),
    }
    sheet.update_requests.append(request)
    sheet.touched += 1
    ctx.state.changes += 1
    return success(request, version=sheet.version)


def update_requests(ctx: Context) -> dict[str, Any]:
    """GET sheets/{id}/updaterequests."""
    return page_of(ctx, ctx.sheet().update_requests)
