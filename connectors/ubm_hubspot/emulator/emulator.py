"""The emulator: tokens, limits, sizes and faults around the routes."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from ubm_hubspot.emulator import people
from ubm_hubspot.emulator.api import Answer, Call
from ubm_hubspot.emulator.limits import Limits, secondly, ten_secondly
from ubm_hubspot.emulator.portal import Portal
from ubm_hubspot.emulator.records import Source
from ubm_hubspot.emulator.refusals import Refusal, invalid
from ubm_hubspot.emulator.routes import counted_as, dispatch, is_search
from ubm_hubspot.emulator.saving import dump, restore, write_whole
from ubm_hubspot.emulator.switches import Switches
from ubm_hubspot.emulator.webhooks import Webhooks
from ubm_sync.clock import Clock
from ubm_sync.emulation.emulator import Emulator
from ubm_sync.emulation.faults import Fault, Faults, Rule
from ubm_sync.emulation.messages import Request, Response

TOKEN = "pat-na1-00000000-0000-4000-8000-00000000ubms"  # noqa: S105 - opens nothing but this
CLIENT_SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"  # noqa: S105 - signs nothing but this
_HTML = b"<html><head><title>502 Bad Gateway</title></head><body>cloudflare</body></html>"


class HubSpotEmulator(Emulator):
    """One portal behind the vendor's HTTP API."""

    name = "hubspot"

    def __init__(self, clock: Clock, switches: Switches | None = None, seed: int = 0) -> None:
        super().__init__(clock, switches or Switches(), Faults(seed=seed))
        self.seed = seed
        self.portal = Portal(clock, self.switches, seed)
        self.webhooks = Webhooks(self.portal, CLIENT_SECRET, seed=seed)
        self.reset()

    def reset(self) -> None:
        """Forget everything but clock, switches and seed."""
        self.portal = Portal(self.clock, self.switches, self.seed)
        self.limits = Limits()
        self.webhooks.forget(self.portal)
        self._correlations = random.Random(self.seed)  # noqa: S311 - repeatable on purpose

    @property
    def mark(self) -> object:
        """What is different after every change."""
        return id(self.portal), self.portal.changes

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Send webhooks while the portal is served."""
        deliveries = self.webhooks.start(self.lock)
        try:
            yield
        finally:
            self.webhooks.stop()
            deliveries.join(timeout=1)

    def save(self, path: Path) -> None:
        """Write the whole state to a file, at once or not at all."""
        with self.lock:
            content = dump(self.portal, self.webhooks)
        write_whole(path, content)

    def load(self, path: Path) -> None:
        """Take over a saved state; raises ValueError where ``path`` holds none."""
        with self.lock:
            self.reset()
            try:
                restore(self.portal, self.webhooks, path.read_bytes())
            except ValueError as error:
                raise ValueError(
                    f"{path} holds no portal: {error}; delete it to start anew."
                ) from None

    def environment(self, url: str) -> dict[str, str]:
        """Return the variables that point a service at this emulator."""
        return {
            "HUBSPOT_BASE_URL": url,
            "HUBSPOT_ACCESS_TOKEN": TOKEN,
            "HUBSPOT_CLIENT_SECRET": CLIENT_SECRET,
        }

    def route(self, request: Request) -> str:
        """Return the path without ids."""
        return counted_as(request.path)

    def act(self, order: dict[str, Any]) -> object:
        """Do what a person does in the vendor's pages: see ``people``."""
        self.portal.fit(self.switches)
        return people.act(self.portal, self.webhooks, order)

    def answer(self, request: Request, fault: Rule | None) -> Response:
        """Answer one request of the API."""
        with self.lock:
            headers: dict[str, str] = {}
            try:
                self.portal.fit(self.switches)
                source = self._admit(request)
                search = is_search(request.path)
                headers = self.limits.count(self.clock.now(), self.switches, search=search)
                call = Call(self.portal, request, source, self.faults, fault)
                return _respond(dispatch(call), headers)
            except Refusal as refusal:
                return self._refused(refusal, headers)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                # A body of the wrong shape is the client's mistake, whatever part trips over it.
                text = f"Invalid input JSON on line 1, column 1: {type(error).__name__}: {error}"
                return self._refused(invalid(text), headers)

    def failed(self, request: Request, fault: Fault) -> Response:
        """Return the vendor's words for a failure before any effect."""
        if fault is Fault.HTML:
            return Response(502, _HTML, content_type="text/html; charset=UTF-8")
        if fault is Fault.GARBLED:
            return Response(500, b'{"status":"error","message":"\xff\xfe\xe9"}')
        with self.lock:
            if fault is Fault.THROTTLE and is_search(request.path):
                return self._refused(secondly(self.switches), {})
            if fault is Fault.THROTTLE:
                headers = self.limits.headers(self.switches)
                return self._refused(ten_secondly(self.switches, headers), {})
            message = "Service temporarily unavailable"
            return self._refused(Refusal(503, "SERVICE_UNAVAILABLE", message), {})

    def _admit(self, request: Request) -> Source:
        """Check size, token and state of the portal; raises Refusal."""
        switches: Switches = self.switches
        if len(request.path) + len(request.query) > switches.uri_limit:
            raise Refusal(414, "", "URI Too Long")
        if switches.body_limit and len(request.body) > switches.body_limit:
            raise Refusal(413, "", "Request Entity Too Large")
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or token != TOKEN or self.portal.revoked:
            message = (
                "Authentication credentials not found. This API supports OAuth 2.0 "
                "authentication and you can find more details at "
                "https://developers.hubspot.com/docs/methods/auth/oauth-overview"
            )
            raise Refusal(401, "INVALID_AUTHENTICATION", message)
        if switches.migrating:
            wait = {"Retry-After": str(switches.migrating)}
            raise Refusal(477, "MIGRATION_IN_PROGRESS", "Migration in progress.", headers=wait)
        return _INTEGRATION

    def _refused(self, refusal: Refusal, headers: dict[str, str]) -> Response:
        correlation = uuid.UUID(int=self._correlations.getrandbits(128), version=4)
        body = orjson.dumps(refusal.body(str(correlation)))
        return Response(refusal.status, body, headers={**headers, **refusal.headers})


_INTEGRATION = Source()


def _respond(answer: Answer, headers: dict[str, str]) -> Response:
    status, value = answer
    body = b"" if value is None else orjson.dumps(value)
    return Response(status, body, headers=headers)
