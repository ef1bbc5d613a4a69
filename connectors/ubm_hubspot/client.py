"""The official client as transport: it makes the requests, we send them and read raw bytes.

Budget keys: ``hubspot:<id>`` for the ten-secondly limit and ``hubspot-search:<id>`` for the
search limit, which HubSpot counts apart; ``<id>`` is 8 hex digits of a hash of the token, so that
all instances with one token share one budget and no log shows the token.
"""

from __future__ import annotations

import copy
import hashlib
import re
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import orjson
import requests

from ubm_hubspot.reading import read
from ubm_hubspot.settings import Settings
from ubm_sync.errors import ConfigError, Flaw, NoAccess, Temporary, UnknownOutcome
from ubm_sync.ports import Connection, Lane
from ubm_sync.transport import Patience, Reply, Transport, Verdict

TICKETS = "tickets"
DEFAULT_URL = "https://api.hubapi.com"

_TOKEN = re.compile(r"[\x21-\x7e]+")


class SessionRest:
    """Stands in for a generated ``RESTClientObject``: sends through a ``requests`` session.

    The generated client calls it with ``_preload_content=False``, so any answer is returned as it
    came and the reading of it stays in one place.
    """

    def __init__(self, session: requests.Session) -> None:
        self._session = session

    def _send(self, method: str, url: str, options: Mapping[str, Any]) -> Reply:
        body = options.get("body")
        if body is not None and not isinstance(body, bytes):
            body = orjson.dumps(body)
        answer = self._session.request(
            method,
            url,
            params=[(name, _plain(value)) for name, value in options.get("query_params") or ()],
            headers=options.get("headers"),
            data=body,
            auth=_as_it_is,
            allow_redirects=False,
        )
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Reply(answer.status_code, headers, answer.content)

    def GET(self, url: str, **options: Any) -> Reply:  # noqa: N802 - the generated client's name
        """Send a GET."""
        return self._send("GET", url, options)

    def POST(self, url: str, **options: Any) -> Reply:  # noqa: N802 - as above
        """Send a POST."""
        return self._send("POST", url, options)

    def PUT(self, url: str, **options: Any) -> Reply:  # noqa: N802 - as above
        """Send a PUT."""
        return self._send("PUT", url, options)

    def PATCH(self, url: str, **options: Any) -> Reply:  # noqa: N802 - as above
        """Send a PATCH."""
        return self._send("PATCH", url, options)

    def DELETE(self, url: str, **options: Any) -> Reply:  # noqa: N802 - as above
        """Send a DELETE."""
        return self._send("DELETE", url, options)


def _plain(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    # An explicit auth keeps requests from replacing our header by an entry of ~/.netrc.
    return request


class ApiFactory:
    """The client's ``api_factory``: one API object per class, all on one session.

    Without it each ``client.crm.tickets.batch_api`` would open its own pool and connection.
    """

    def __init__(self, session: requests.Session, version: str) -> None:
        self._rest = SessionRest(session)
        self._version = version
        self._lock = threading.Lock()
        self._made: dict[tuple[str, str], Any] = {}

    def __call__(self, package: Any, name: str, config: Mapping[str, Any]) -> Any:
        """Return the API object ``name`` of a generated ``package``."""
        with self._lock:
            key = (package.__name__, name)
            if key not in self._made:
                self._made[key] = self._make(package, name, config)
            return self._made[key]

    def _make(self, package: Any, name: str, config: Mapping[str, Any]) -> Any:
        configuration = package.Configuration()
        configuration.access_token = config["access_token"]
        configuration.host = config["host"]
        api_client = package.ApiClient(configuration=configuration)
        api_client.rest_client = self._rest
        if self._version:
            generated, version = api_client.call_api, self._version

            def call_api(path: str, *args: Any, **kwargs: Any) -> Any:
                return generated(dated(path, version), *args, **kwargs)

            api_client.call_api = call_api
        return getattr(package, name)(api_client=api_client)


def dated(path: str, version: str) -> str:
    """Return the date-versioned form of one of the client's v3/v4 paths."""
    path = re.sub(r"^/crm/v[34]/objects/", f"/crm/objects/{version}/", path)
    path = re.sub(r"^/crm/v4/associations/", f"/crm/associations/{version}/", path)
    path = re.sub(r"^/crm/v3/(owners|pipelines|properties)", rf"/crm/\1/{version}", path)
    return path.removesuffix("/")


class Client:
    """Every call the connector makes, sent through one ``Transport``."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        environment = connection.environment
        self._token = environment.get("HUBSPOT_ACCESS_TOKEN", "").strip()
        self._url = (environment.get("HUBSPOT_BASE_URL") or DEFAULT_URL).strip().rstrip("/")
        if not self._url.startswith(("https://", "http://")):
            text = "HUBSPOT_BASE_URL must begin with https:// (or http:// on this machine)"
            raise ConfigError([Flaw("environment", 0, 0, text)])
        self._version = settings.api_version
        token_id = hashlib.sha256(self._token.encode()).hexdigest()[:8]
        self.budget = f"hubspot:{token_id}"
        self.search_budget = f"hubspot-search:{token_id}"
        self.transport = Transport(
            "HubSpot",
            self._read,
            budget=connection.budget,
            clock=connection.clock,
            patience=Patience(
                connect=settings.connect_timeout,
                read=settings.read_timeout,
                attempts=settings.attempts,
                first_wait=settings.first_wait,
                longest_wait=settings.longest_wait,
            ),
            connections=settings.concurrency + 2,
            seed=connection.seed,
            stop=connection.stop,
            permit=connection.permit,
        )
        self._crm: Any = None
        self.lane: Lane | None = None  # of every call, whatever its caller names

    def __repr__(self) -> str:
        return f"Client({self._url!r}, budget={self.budget!r})"

    def in_lane(self, lane: Lane) -> Client:
        """Return this client with every call in ``lane``, whatever lane the caller names."""
        other = copy.copy(self)
        other.lane = lane
        return other

    @property
    def crm(self) -> Any:
        """The official client's CRM part; raises NoAccess where no usable token is set."""
        if self._crm is None:
            self._check_token()
            import hubspot  # noqa: PLC0415 - 0.1 s that a command without calls need not pay

            factory = ApiFactory(self.transport.session, self._version)
            client = hubspot.HubSpot(
                access_token=self._token, host=self._url, base_url=self._url, api_factory=factory
            )
            self._crm = client.crm
        return self._crm

    def call(
        self,
        name: str,
        operation: Callable[..., Any],
        *arguments: object,
        body: object = None,
        lane: Lane = Lane.PERSON,
        safe: bool = True,
        search: bool = False,
        until: datetime | None = None,
        before_repeat: Callable[[], None] | None = None,
        **query: object,
    ) -> Any:
        """Send one operation of the official client and return the decoded answer.

        ``body`` is sent as JSON bytes. ``safe`` says that sending it twice does no harm. It is not
        sent after ``until``, nor again without an answer before ``before_repeat`` was called.
        Raises what ``Transport.call`` raises.
        """
        sent = (*arguments, orjson.dumps(body)) if body is not None else arguments

        def send() -> Reply:
            answer: Reply = operation(*sent, _preload_content=False, **query)
            return answer

        budget = self.search_budget if search else self.budget
        lane = lane if self.lane is None else self.lane
        reply = self.transport.call(
            name,
            send,
            budget=budget,
            lane=lane,
            safe=safe,
            until=until,
            before_repeat=before_repeat,
        )
        try:
            return orjson.loads(reply.body) if reply.body else {}
        except ValueError:
            text = f"HubSpot's answer ({reply.status}) ended before its end."
            raise (Temporary(text) if safe else UnknownOutcome(text)) from None

    def close(self) -> None:
        """Close the session's connections."""
        self.transport.session.close()

    def _read(self, reply: Reply) -> Verdict:
        verdict = read(reply)
        if self._token and self._token in verdict.message:
            return verdict._replace(message=verdict.message.replace(self._token, "..."))
        return verdict

    def _check_token(self) -> None:
        if not self._token:
            raise NoAccess("HUBSPOT_ACCESS_TOKEN is not set; put HubSpot's access token in it.")
        if not _TOKEN.fullmatch(self._token):
            raise NoAccess(
                "HUBSPOT_ACCESS_TOKEN holds a space or another character that no token has; "
                "copy the token again."
            )
