"""The official client, reduced to what it is best at: addresses, authentication, headers.

Its ``Passthrough`` decodes every answer to text and parses it with the standard library before it
returns, and hides status, headers and the error's detail. So requests are built by the client's
own ``prepare_request`` (base address, token, user agent, change agent) and sent on its session,
and the raw bytes are parsed here once. Timeouts, budget and repetition are the transport's.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

import orjson
import requests
from requests.adapters import BaseAdapter

from ubm_smartsheet.settings import Settings
from ubm_smartsheet.verdicts import read
from ubm_sync.errors import ConfigError, Flaw, NoAccess, Temporary, UnknownOutcome
from ubm_sync.ports import Connection, Lane
from ubm_sync.transport import Patience, Reply, Transport

TOKEN = "SMARTSHEET_ACCESS_TOKEN"  # noqa: S105 - the name of a variable
BASE = "SMARTSHEET_BASE_URL"
MOST_CONNECTIONS = 16


class Answer(dict[str, Any]):
    """A decoded answer; ``sends`` counts how often the request was sent until it came."""

    sends: int = 1


class Client:
    """Sends requests of one token and returns decoded answers."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        token = connection.environment.get(TOKEN, "").strip()
        if not token:
            raise NoAccess(f"No Smartsheet token is set; put one in {TOKEN}.")
        digest = hashlib.sha256(token.encode()).hexdigest()[:8]
        self.budget = f"smartsheet:{digest}"  # the rate limit's key: one per token
        self.transport = Transport(
            "Smartsheet",
            partial(
                read,
                rate_limit_wait=settings.rate_limit_wait,
                maintenance_wait=settings.maintenance_wait,
            ),
            budget=connection.budget,
            clock=connection.clock,
            patience=Patience(
                connect=settings.connect_timeout,
                read=settings.write_timeout,
                attempts=settings.attempts,
                longest_wait=settings.longest_wait,
            ),
            connections=MOST_CONNECTIONS,
            seed=connection.seed,
            stop=connection.stop,
            permit=connection.permit,
        )
        self._read_timeout = (settings.connect_timeout, settings.read_timeout)
        self._agent = settings.change_agent
        self._token = token
        self._base = connection.environment.get(BASE, "").strip().rstrip("/")
        if self._base and not self._base.startswith(("https://", "http://")):
            text = f"{BASE} must begin with https:// (or http:// on this machine)"
            raise ConfigError([Flaw("environment", 0, 0, text)])
        self._lock = threading.Lock()
        self._sdk: Any = None

    def mount(self, adapter: BaseAdapter) -> None:
        """Send everything through ``adapter``: an emulator without sockets."""
        self.transport.mount(adapter)

    def get(
        self,
        name: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        lane: Lane = Lane.PERSON,
        cost: int = 1,
    ) -> Answer:
        """Read ``path``; ``name`` is what the call is counted as, ``cost`` as how many.

        Raises Throttled, Temporary, NoAccess, NotThere, Refused.
        """
        return self._call(name, "GET", path, query, None, lane=lane, safe=True, cost=cost)

    def put(
        self,
        name: str,
        path: str,
        body: object,
        query: Mapping[str, str] | None = None,
        *,
        until: datetime | None = None,
    ) -> Answer:
        """Write ``body``; safe to send again, because it says what should be, not what to add.

        Raises Outdated instead of sending it after ``until``, and as ``get``.
        """
        return self._call(name, "PUT", path, query, body, lane=Lane.PERSON, safe=True, until=until)

    def post(
        self, name: str, path: str, body: object, query: Mapping[str, str] | None = None
    ) -> Answer:
        """Add ``body``; never sent again after a lost answer: there is no idempotency key.

        Raises UnknownOutcome besides what ``get`` raises.
        """
        return self._call(name, "POST", path, query, body, lane=Lane.PERSON, safe=False)

    def close(self) -> None:
        """Release the connections."""
        self.transport.session.close()

    def _call(
        self,
        name: str,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: object,
        *,
        lane: Lane,
        safe: bool,
        cost: int = 1,
        until: datetime | None = None,
    ) -> Answer:
        data = None if body is None else orjson.dumps(body)
        sends = 0

        def send() -> Reply:
            nonlocal sends
            sends += 1
            return self._send(method, path, query, data)

        reply = self.transport.call(
            name, send, budget=self.budget, lane=lane, safe=safe, cost=cost, until=until
        )
        try:
            answer = Answer(orjson.loads(reply.body))
        except (ValueError, TypeError) as error:
            text = f"Smartsheet's answer to {name!r} cannot be read; it is asked again later."
            raise (Temporary if safe else UnknownOutcome)(text) from error
        answer.sends = sends
        return answer

    def _send(
        self, method: str, path: str, query: Mapping[str, str] | None, data: bytes | None
    ) -> Reply:
        sdk = self._client()
        from smartsheet.util import fresh_operation  # noqa: PLC0415 - 547 modules, when needed

        operation = fresh_operation("raw")
        operation |= {"method": method, "path": path, "query_params": dict(query or {})}
        if data is not None:
            # Bytes as form data are sent as they are; the client's own JSON route drops nulls.
            operation |= {"form_data": data, "headers": {"Content-Type": "application/json"}}
        # Prepared anew for each attempt: the client redacts the token on the request it has sent.
        prepared = sdk.prepare_request(operation)
        try:
            response = sdk._session.send(  # noqa: SLF001 - what the client itself sends through
                prepared, **({"timeout": self._read_timeout} if method == "GET" else {})
            )
        except requests.RequestException as error:
            if error.request is not None:
                error.request.headers["Authorization"] = "[redacted]"
            raise
        headers = {key.lower(): value for key, value in response.headers.items()}
        return Reply(response.status_code, headers, response.content)

    def _client(self) -> Any:
        with self._lock:
            if self._sdk is None:
                self._sdk = self._open()
            return self._sdk

    def _open(self) -> Any:
        from smartsheet import Smartsheet  # noqa: PLC0415 - 547 modules, when needed

        base = {"api_base": self._base} if self._base else {}
        sdk: Any = Smartsheet(
            access_token=self._token, max_retry_time=0, user_agent="ubm-sync", **base
        )
        sdk.errors_as_exceptions(True)
        sdk.with_change_agent(self._agent)
        sdk._log_request = _silent  # noqa: SLF001 - it parses every answer again even unlogged
        # The client's own session has no timeout and sends a POST twice after a dropped
        # connection; ours carries on its hook, which takes the token out of sent requests.
        session = self.transport.session
        session.hooks = sdk._session.hooks  # noqa: SLF001 - as above
        sdk._session = session  # noqa: SLF001 - as above
        return sdk


def _silent(operation: object, response: object) -> None:
    del operation, response
