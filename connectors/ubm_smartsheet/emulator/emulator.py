"""The emulator: authentication, limits, routing, faults, people."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson

from ubm_smartsheet.emulator import storage
from ubm_smartsheet.emulator.context import Context
from ubm_smartsheet.emulator.errors import Refused
from ubm_smartsheet.emulator.limits import Limits
from ubm_smartsheet.emulator.people import People
from ubm_smartsheet.emulator.routes import PATHS, PREFIX, ROUTES, Route, template
from ubm_smartsheet.emulator.state import State
from ubm_smartsheet.emulator.switches import Switches
from ubm_smartsheet.emulator.webhooks import Post, Webhooks, post
from ubm_sync.clock import Clock, VirtualClock
from ubm_sync.emulation.emulator import Emulator
from ubm_sync.emulation.faults import Fault, Rule
from ubm_sync.emulation.messages import Request, Response

JSON = "application/json;charset=UTF-8"
HTML = "text/html;charset=iso-8859-1"
#: What ERROR faults say, in turn.
ERRORS = (4004, 4002, 4001, 4000)
_FILE = re.compile(rb'filename="([^"]*)"(?:[^\r\n]*\r\n(?:Content-Type: ([^\r\n]+))?)?')


class SmartsheetEmulator(Emulator):
    """Plays the vendor's API 2.0 for one plan with its users and sheets."""

    name = "smartsheet"

    def __init__(
        self,
        clock: Clock,
        switches: Switches | None = None,
        seed: int = 0,
        send: Post = post,
    ) -> None:
        super().__init__(clock, switches or Switches())
        self._seed = seed
        self._send = send
        self._use(State(seed))

    def reset(self) -> None:
        """Forget every sheet, user and webhook, and start again from the seed."""
        self.webhooks.close()
        self._use(State(self._seed))

    def _use(self, state: State) -> None:
        self.state = state
        self.limits = Limits()
        self._failures = 0
        self.webhooks = Webhooks(state, lambda: self.switches, self.clock, self._send)

    def environment(self, url: str) -> dict[str, str]:
        """Return the variables that point a service at this emulator."""
        return {
            "SMARTSHEET_BASE_URL": f"{url}/2.0",
            "SMARTSHEET_ACCESS_TOKEN": self.state.service.token,
        }

    def act(self, order: dict[str, Any]) -> object:
        """Do what a person does in the sheet itself; see ``people`` for the orders.

        Raises ValueError (with the vendor's code) where the person may not, KeyError for an
        unknown sheet, row, column or person.
        """
        if order.get("do") == "deliver_callbacks":
            return {"sent": self.webhooks.deliver()}
        with self.lock:
            people = People(self.state, self.switches, int(self.clock.now().timestamp()))
            result = people.act(order)
        self.webhooks.wake()
        return result

    @property
    def mark(self) -> object:
        """What is different after every change."""
        return id(self.state), self.state.changes

    def save(self, path: Path) -> None:
        """Write the whole state to a file, which is replaced in one step."""
        with self.lock:
            lines = storage.dumped(self.state)
        storage.write(path, lines)

    def load(self, path: Path) -> None:
        """Take the whole state from a file that ``save`` wrote."""
        with self.lock:
            self.webhooks.close()
            self._use(storage.load(path))

    def route(self, request: Request) -> str:
        """Return the path with ``{}`` for ids."""
        if not request.path.startswith(PREFIX):
            return request.path
        return PREFIX + template(request.path)[0]

    def handle(self, request: Request) -> Response:
        """Answer one request; a write that answers late keeps its sheet busy meanwhile."""
        response = super().handle(request)
        if response.stall and request.method != "GET" and not isinstance(self.clock, VirtualClock):
            ids = template(request.path)[1]
            if request.path.startswith(f"{PREFIX}sheets/") and ids:
                until = self.clock.now().timestamp() + response.stall
                self.limits.hold(int(ids[0]), _token(request), until)
        return response

    def answer(self, request: Request, fault: Rule | None) -> Response:
        """Answer one request of the API."""
        token = _token(request)
        try:
            line = len(request.method) + len(request.path) + len(request.query) + len("? HTTP/1.1 ")
            if line > self.switches.longest_line:
                return _html(414, "Request-URI Too Long")
            return self._answer(request, token, fault)
        except Refused as refused:
            return self._refusal(refused, token)

    def _answer(self, request: Request, token: str, fault: Rule | None) -> Response:
        user = self._user(token)
        path, ids = template(request.path)
        route = ROUTES.get((request.method, path))
        if not request.path.startswith(PREFIX) or path not in PATHS:
            raise Refused(1006)
        if route is None:
            raise Refused(1122, request.method)
        now = self.clock.now()
        self.limits.spend(token, route.cost, self.switches.per_minute, now)
        context = Context(
            self.state,
            self.switches,
            self.state.users[user],
            int(now.timestamp()),
            ids,
            request.parameters(),
            request.body,
            _agent(request),
            self.faults.choose if fault else None,
            fault is not None and fault.fault is Fault.SHORT,
        )
        _read_file(context, request)
        context.notes["webhooks"] = self.webhooks
        sheet = int(ids[0]) if route.writes else None
        with ExitStack() as stack:
            stack.enter_context(self.limits.writing(sheet, token, now))
            if not route.calls_out:
                stack.enter_context(self.lock)
            result = route.handler(context)
        self.webhooks.wake()
        return self._whole(result, context, route)

    def _whole(self, result: object, context: Context, route: Route) -> Response:
        body = result if isinstance(result, bytes) else orjson.dumps(result)
        stall = 0.0
        if route.writes:
            stall = self.switches.seconds_per_row * context.notes.get("rows", 0)
        return Response(body=body, content_type=JSON, stall=stall)

    def _user(self, token: str) -> int:
        if not token:
            raise Refused(1001)
        if token in self.state.revoked:
            raise Refused(self.switches.revoked_error)
        user = self.state.tokens.get(token)
        if user is None:
            raise Refused(1002)
        return user

    def _refusal(self, refused: Refused, token: str) -> Response:
        headers: dict[str, str] = {}
        if refused.code == 4003:  # noqa: PLR2004 - the vendor's code of the rate limit
            wait = self.limits.resets_in(token, self.clock.now())
            if self.switches.rate_headers == "retry-after":
                headers["Retry-After"] = str(wait)
            elif self.switches.rate_headers == "x-ratelimit":
                reset = int(self.clock.now().timestamp() + wait)
                headers |= {
                    "X-RateLimit-Limit": str(self.switches.per_minute),
                    "X-RateLimit-Remaining": "0",
                    "X-RateLimit-Reset": str(reset),
                }
        body = orjson.dumps(refused.body(self._reference()))
        return Response(refused.status, body, headers, JSON)

    def _reference(self) -> str:
        self.state.references += 1
        return f"e{self.state.references:011x}"

    def failed(self, request: Request, fault: Fault) -> Response:
        """Return the vendor's own words for a fault before any effect."""
        token = _token(request)
        if fault is Fault.THROTTLE:
            return self._refusal(Refused(4003), token)
        if fault is Fault.HTML:
            return _html(503, "Service Unavailable")
        if fault is Fault.GARBLED:
            return Response(500, b'{"errorCode":4000,"message":"\xff\xfe\x00 err', {}, JSON)
        self._failures += 1
        return self._refusal(Refused(ERRORS[(self._failures - 1) % len(ERRORS)]), token)


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _agent(request: Request) -> str | None:
    # The vendor keeps the last 512 characters.
    agent = request.headers.get("smartsheet-change-agent", "")[-512:]
    return agent or None


def _read_file(context: Context, request: Request) -> None:
    kind = request.headers.get("content-type", "")
    named = _FILE.search(request.body[:2000]) if kind.startswith("multipart/") else None
    if named:
        context.notes["file"] = {
            "name": named[1].decode("utf-8", "replace"),
            "mimeType": (named[2] or b"application/octet-stream").decode(),
            "sizeInKb": max(1, len(request.body) // 1024),
        }


def _html(status: int, words: str) -> Response:
    page = (
        '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n'
        f"<html><head><title>{status} {words}</title></head>\n"
        f"<body><h1>{words}</h1></body></html>\n"
    )
    return Response(status, page.encode(), {}, HTML)
