"""An emulator on real HTTP, its service's client, and a sheet to work on."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import smartsheet

from ubm_smartsheet.emulator import SmartsheetEmulator, create
from ubm_sync.clock import VirtualClock
from ubm_sync.emulation.messages import Request, Response
from ubm_sync.emulation.server import Server

START = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
ANN = "ann@halsted.example"
COLUMNS: list[dict[str, Any]] = [
    {"title": "Location Code", "type": "TEXT_NUMBER", "primary": True},
    {
        "title": "Request #",
        "type": "TEXT_NUMBER",
        "systemColumnType": "AUTO_NUMBER",
        "autoNumberFormat": {"prefix": "LOC-", "fill": "00000"},
    },
    {"title": "State", "type": "PICKLIST", "options": ["IL", "WI"], "validation": True},
    {"title": "Bill Type", "type": "PICKLIST", "options": ["Full service", "Delivery only"]},
    {"title": "Service Start", "type": "DATE"},
    {"title": "Online", "type": "CHECKBOX"},
    {"title": "Contact", "type": "CONTACT_LIST"},
    {"title": "Meters", "type": "MULTI_PICKLIST", "options": ["A", "B", "C"]},
    {"title": "Sync Status", "type": "TEXT_NUMBER", "locked": True},
]


@dataclass
class Playground:
    emulator: SmartsheetEmulator
    url: str
    clients: dict[str, Any] = field(default_factory=dict)

    @property
    def token(self) -> str:
        return self.emulator.environment(self.url)["SMARTSHEET_ACCESS_TOKEN"]

    def client(self, token: str | None = None) -> Any:
        """The official client, unchanged, for the service or for somebody's own token."""
        token = token or self.token
        if token not in self.clients:
            client: Any = smartsheet.Smartsheet(
                access_token=token,
                api_base=self.emulator.environment(self.url)["SMARTSHEET_BASE_URL"],
                max_retry_time=0,
                user_agent="test",
            )
            client.errors_as_exceptions(True)
            self.clients[token] = client
        return self.clients[token]

    def close(self) -> None:
        for client in self.clients.values():
            client._session.close()

    def act(self, do: str, **order: Any) -> Any:
        return self.emulator.act({"do": do, **order})

    def set(self, **switches: Any) -> None:
        self.emulator.handle(
            Request("POST", "/_control/switches", "", {}, json.dumps(switches).encode())
        )

    def raw(
        self, method: str, path: str, body: object = None, *, query: str = "", token: str = ""
    ) -> Response:
        """One request without sockets, as the emulator sees it."""
        headers = {"authorization": f"Bearer {token or self.token}"}
        sent = b"" if body is None else json.dumps(body).encode()
        return self.emulator.handle(Request(method, f"/2.0{path}", query, headers, sent))

    def code(self, method: str, path: str, body: object = None, **more: str) -> tuple[int, int]:
        """The status and the vendor's code of a refused request."""
        answer = self.raw(method, path, body, **more)
        return answer.status, json.loads(answer.body).get("errorCode", 0)


@dataclass
class Book:
    """A sheet and its columns by title."""

    play: Playground
    id: int
    columns: dict[str, int]

    @property
    def path(self) -> str:
        return f"/sheets/{self.id}"

    def cells(self, **values: Any) -> list[dict[str, Any]]:
        """Cells of a request; title words are joined by underscores."""
        named = {title.lower().replace(" ", "_"): column for title, column in self.columns.items()}
        return [{"columnId": named[name], "value": value} for name, value in values.items()]

    def add(self, *rows: dict[str, Any]) -> list[int]:
        body = [{"cells": self.cells(**row)} for row in rows]
        answer = json.loads(self.play.raw("POST", f"{self.path}/rows", body).body)
        return [row["id"] for row in answer["result"]]

    def read(self, query: str = "level=2&include=objectValue") -> Any:
        return json.loads(self.play.raw("GET", self.path, query=query).body)

    def cell(self, row: dict[str, Any], title: str) -> dict[str, Any]:
        found: dict[str, Any] = next(
            cell for cell in row["cells"] if cell["columnId"] == self.columns[title]
        )
        return found

    def seen(self, title: str) -> list[str]:
        rows = self.play.act("see_sheet", sheet=self.id)
        return [row["cells"][title] for row in rows]


def played(**switches: Any) -> SmartsheetEmulator:
    return create(clock=VirtualClock(START), seed=7, **{"per_minute": 0, **switches})


def opened(play: Playground, name: str = "Halsted locations") -> Book:
    made = play.act("create_sheet", name=name, columns=COLUMNS)
    play.act("add_user", email=ANN, name="Ann Lee")
    play.act("share_sheet", sheet=made["sheet"], email=ANN, level="EDITOR")
    return Book(play, made["sheet"], made["columns"])


__all__ = ["ANN", "COLUMNS", "START", "Book", "Playground", "Server", "opened", "played"]
