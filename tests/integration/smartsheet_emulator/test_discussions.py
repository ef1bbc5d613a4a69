from __future__ import annotations

import json

from smartsheet.models import Attachment, Comment, Discussion
from tests.integration.smartsheet_emulator.playground import ANN, Book


def test_a_discussion_opens_on_a_row(book: Book) -> None:
    (row,) = book.add({"location_code": "1"})
    discussions = book.play.client().Discussions
    body = Discussion({"comment": Comment({"text": "What is the meter number? " * 10})})

    made = discussions.create_discussion_on_row(book.id, row, body).result
    discussions.add_comment_to_discussion(book.id, made.id, Comment({"text": "Please tell us."}))
    found = discussions.get_row_discussions(book.id, row, include="comments").data

    assert len(made.title) == 100
    assert [comment.text for comment in found[0].comments][1] == "Please tell us."
    assert found[0].comment_count == 2
    assert (found[0].parent_type, found[0].parent_id) == ("ROW", row)
    assert book.read()["version"] == 4


def test_comment_texts_come_only_where_asked(book: Book) -> None:
    (row,) = book.add({"location_code": "1"})
    book.play.act("comment", who=ANN, sheet=book.id, row=row, text="Meter is 77.")

    plain = json.loads(book.play.raw("GET", f"{book.path}/discussions").body)["data"]
    query = "include=comments"
    whole = json.loads(book.play.raw("GET", f"{book.path}/discussions", query=query).body)["data"]

    assert "comments" not in plain[0]
    assert whole[0]["comments"][0]["text"] == "Meter is 77."
    assert whole[0]["comments"][0]["createdBy"] == {"name": "Ann Lee", "email": ANN}
    read = book.read("include=discussions")
    assert read["discussions"] == []
    assert read["rows"][0]["discussions"] == plain
    one = json.loads(book.play.raw("GET", f"{book.path}/discussions/{plain[0]['id']}").body)
    assert one["comments"] == whole[0]["comments"]


def test_only_own_comments_change(book: Book) -> None:
    (row,) = book.add({"location_code": "1"})
    book.play.act("comment", who=ANN, sheet=book.id, row=row, text="Mine.")
    token = book.play.act("add_user", email=ANN)["token"]
    query = "include=comments"
    (thread,) = json.loads(book.play.raw("GET", f"{book.path}/discussions", query=query).body)[
        "data"
    ]
    path = f"{book.path}/comments/{thread['comments'][0]['id']}"

    assert book.play.code("PUT", path, {"text": "Ours."}) == (403, 1081)
    assert book.play.raw("PUT", path, {"text": "Mine!"}, token=token).status == 200
    assert json.loads(book.play.raw("GET", path).body)["text"] == "Mine!"
    assert book.play.code("PUT", f"{book.path}/comments/5", {"text": "x"}) == (404, 1006)
    assert book.play.code("DELETE", path) == (403, 1081)
    assert book.play.raw("DELETE", path, token=token).status == 200
    assert book.play.code("GET", f"{book.path}/discussions/{thread['id']}") == (404, 1006)


def test_a_discussion_on_the_sheet_is_deleted_by_its_author_or_an_administrator(
    book: Book,
) -> None:
    token = book.play.act("add_user", email=ANN)["token"]
    body = {"comment": {"text": "Hello"}}
    made = json.loads(book.play.raw("POST", f"{book.path}/discussions", body).body)["result"]
    path = f"{book.path}/discussions/{made['id']}"

    assert made["parentType"] == "SHEET"
    assert book.play.code("DELETE", path, token=token) == (403, 1081)
    assert book.play.raw("DELETE", path).status == 200
    assert book.play.code("GET", path) == (404, 1006)
    assert book.play.code("POST", f"{book.path}/discussions", {}) == (400, 1012)


def test_attachments_are_kept_as_names(book: Book) -> None:
    (row,) = book.add({"location_code": "1"})
    attachments = book.play.client().Attachments
    link = Attachment(
        {"name": "Bill", "attachment_type": "LINK", "url": "https://files.example/bill"}
    )

    attachments.attach_url_to_row(book.id, row, link)
    attachments.attach_file_to_row(book.id, row, ("bill.pdf", b"%PDF-1.4 ...", "application/pdf"))
    found = attachments.list_row_attachments(book.id, row).data

    assert [(one.name, str(one.attachment_type)) for one in found] == [
        ("Bill", "LINK"),
        ("bill.pdf", "FILE"),
    ]
    assert found[1].mime_type == "application/pdf"
    assert len(json.loads(book.play.raw("GET", f"{book.path}/attachments").body)["data"]) == 2
    assert book.play.code("POST", f"{book.path}/rows/{row}/attachments", {}) == (400, 1012)
    book.play.act("attach", who=ANN, sheet=book.id, row=row, name="loa.pdf")
    read = book.read("include=attachments,discussions")
    assert [one["name"] for one in read["rows"][0]["attachments"]] == [
        "Bill",
        "bill.pdf",
        "loa.pdf",
    ]
    assert read["attachments"] == read["discussions"] == []


def test_update_requests_are_recorded(book: Book) -> None:
    (row,) = book.add({"location_code": "1"})
    path = f"{book.path}/updaterequests"
    body = {"sendTo": [{"email": ANN}], "rowIds": [row], "subject": "Please fill in"}

    assert json.loads(book.play.raw("POST", path, body).body)["result"]["subject"]
    assert len(json.loads(book.play.raw("GET", path).body)["data"]) == 1
    assert book.play.code("POST", path, body | {"rowIds": [5]}) == (404, 1006)
    assert book.play.code("POST", path, {}) == (400, 1012)
