from __future__ import annotations

import json
from typing import Any

import pytest
from smartsheet.models import AssetShare
from tests.integration.smartsheet_emulator.playground import ANN, Book


def test_shares_are_listed_owner_first(book: Book) -> None:
    listed = book.play.client().Sharing.list_asset_shares("sheet", book.id)

    assert [(one.email, str(one.access_level)) for one in listed.items] == [
        ("ubm-sync@example.com", "OWNER"),
        (ANN, "EDITOR"),
    ]
    assert listed.items[1].user_id.isdigit()


def test_shares_come_in_parts(book: Book) -> None:
    query = f"assetType=sheet&assetId={book.id}&maxItems=1"
    first = json.loads(book.play.raw("GET", "/shares", query=query).body)
    rest = json.loads(
        book.play.raw("GET", "/shares", query=f"{query}&lastKey={first['lastKey']}").body
    )

    assert [one["email"] for one in [*first["items"], *rest["items"]]] == [
        "ubm-sync@example.com",
        ANN,
    ]
    assert "lastKey" not in rest


def test_a_share_is_made_changed_and_taken_back(book: Book) -> None:
    sharing = book.play.client().Sharing
    share = AssetShare({"email": "bob@x.example", "access_level": "VIEWER", "type": "USER"})

    made = sharing.share_asset([share], "sheet", book.id, send_email=False).result[0]
    token = book.play.act("add_user", email="bob@x.example")["token"]
    assert book.play.code("POST", f"{book.path}/rows", {"cells": []}, token=token) == (403, 1004)

    sharing.update_asset_share(AssetShare({"access_level": "EDITOR"}), "sheet", book.id, made.id)
    assert str(sharing.get_asset_share("sheet", book.id, made.id).access_level) == "EDITOR"
    assert book.play.raw("POST", f"{book.path}/rows", {"cells": []}, token=token).status == 200

    sharing.delete_asset_share("sheet", book.id, made.id)
    assert book.play.code("GET", book.path, token=token) == (404, 1006)


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({"accessLevel": "EDITOR"}, (400, 1012)),
        ({"email": ANN, "accessLevel": "OWNER"}, (400, 1031)),
        ({"email": ANN}, (400, 1031)),
    ],
)
def test_a_malformed_share_is_refused(
    book: Book, body: dict[str, Any], answer: tuple[int, int]
) -> None:
    query = f"assetType=sheet&assetId={book.id}"

    assert book.play.code("POST", "/shares", body, query=query) == answer


def test_a_share_needs_its_asset(book: Book) -> None:
    assert book.play.code("GET", "/shares", query="assetType=sheet") == (400, 1009)
    assert book.play.code("GET", "/shares", query="assetType=report&assetId=5") == (400, 1018)
    assert book.play.code("GET", "/shares", query="assetType=sheet&assetId=5") == (404, 1006)
    query = f"assetType=sheet&assetId={book.id}"
    assert book.play.code("GET", "/shares/share5", query=query) == (404, 1006)


def test_editors_cannot_share(book: Book) -> None:
    token = book.play.act("add_user", email=ANN)["token"]
    query = f"assetType=sheet&assetId={book.id}"
    body = {"email": "bob@x.example", "accessLevel": "ADMIN"}

    assert book.play.code("POST", "/shares", body, query=query, token=token) == (403, 1004)
    book.play.act("share_sheet", sheet=book.id, email=ANN, level="EDITOR_SHARE")
    assert book.play.code("POST", "/shares", body, query=query, token=token) == (403, 1004)


def test_the_owners_share_stays(book: Book) -> None:
    query = f"assetType=sheet&assetId={book.id}"
    path = f"/shares/share{book.play.emulator.state.service.id}"

    assert book.play.code("PATCH", path, {"accessLevel": "VIEWER"}, query=query) == (400, 1028)


def test_users_are_found_by_address(book: Book) -> None:
    listed = book.play.client().Users.list_users(email=ANN)

    assert [(user.email, user.first_name) for user in listed.data] == [(ANN, "Ann")]
    assert book.play.client().Users.get_user(listed.data[0].id).email == ANN
    assert book.play.code("GET", "/users/5") == (404, 1006)


def test_commenters_show_only_to_newer_readers(book: Book) -> None:
    token = book.play.act("add_user", email=ANN)["token"]
    book.play.act("share_sheet", sheet=book.id, email=ANN, level="COMMENTER")

    old = json.loads(book.play.raw("GET", "/sheets", token=token).body)
    new = json.loads(book.play.raw("GET", "/sheets", query="accessApiLevel=1", token=token).body)

    assert [body["data"][0]["accessLevel"] for body in (old, new)] == ["VIEWER", "COMMENTER"]
