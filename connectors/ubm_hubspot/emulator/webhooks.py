"""Tells subscribers what happened: signed, batched, sometimes doubled, retried, in no order."""

from __future__ import annotations

import base64
import hashlib
import heapq
import hmac
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import orjson
import requests

from ubm_hubspot.emulator.portal import Event, Portal
from ubm_hubspot.emulator.refusals import PORTAL_ID

LARGEST_BATCH = 100  # events in one request
MOST_RETRIES = 10
TIMEOUT = 5.0  # seconds
APP_ID = 1_200_300
_DECODED = {
    "%3A": ":",
    "%2F": "/",
    "%3F": "?",
    "%40": "@",
    "%21": "!",
    "%24": "$",
    "%27": "'",
    "%28": "(",
    "%29": ")",
    "%2A": "*",
    "%2C": ",",
    "%3B": ";",
}

Send: TypeAlias = Callable[[str, Mapping[str, str], bytes], int]


@dataclass(frozen=True, slots=True)
class Manners:
    """How deliveries misbehave; times in milliseconds."""

    doubled: float = 0.05  # share of batches sent twice
    lost: float = 0.0  # share of batches never sent
    shuffled: bool = True
    stale: float = 0.0  # share signed with a timestamp too old to be accepted
    retry_after: int = 1_000  # first wait; grows with each attempt (24 h compressed)


@dataclass(order=True, slots=True)
class _Batch:
    due: int
    number: int
    events: list[dict[str, Any]] = field(compare=False)
    attempt: int = field(default=0, compare=False)


class Webhooks:
    """The subscriptions of one app, and what waits to be delivered."""

    def __init__(
        self, portal: Portal, secret: str, *, seed: int = 0, manners: Manners | None = None
    ) -> None:
        self.url = ""
        self.subscriptions: dict[tuple[str, str], int] = {}  # (type, property) -> id
        self.manners = manners or Manners()
        self.delivered = 0  # requests answered with 2xx
        self.given_up = 0  # batches that failed on every attempt
        self._portal = portal
        self._secret = secret
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._waiting: list[_Batch] = []
        self._numbers = 0
        self._stop = threading.Event()

    def forget(self, portal: Portal) -> None:
        """Drop subscriptions and what waits; from now on watch ``portal``."""
        self._portal = portal
        self.url, self.subscriptions, self._waiting = "", {}, []
        self.delivered = self.given_up = 0

    def subscribe(self, url: str, subscriptions: list[dict[str, str]]) -> None:
        """Deliver to ``url`` what is listed: ``{"type": ..., "property"?: ...}``.

        Raises ValueError for what HubSpot does not offer: propertyChange without a property or of
        ``hs_lastmodifieddate``.
        """
        wanted = {}
        for number, one in enumerate(subscriptions, start=90_001):
            name = one.get("property", "")
            change = one["type"].endswith(".propertyChange")
            if change != bool(name) or name == "hs_lastmodifieddate":
                raise ValueError(f"HubSpot offers no subscription {one['type']} of {name!r}")
            wanted[one["type"], name] = number
        self.url, self.subscriptions = url, wanted
        self._portal.watched = bool(wanted)

    def drain(self, send: Send | None = None) -> int:
        """Deliver what is due through ``send(url, headers, body) -> status``; returns requests.

        A status outside 2xx, or any exception of ``send``, is retried later on the portal's clock.
        """
        self._collect()
        deliver = send or post
        sent = 0
        while self._waiting and self._waiting[0].due <= self._portal.now():
            batch = heapq.heappop(self._waiting)
            sent += 1
            self._settle(batch, self._deliver(batch, deliver))
        return sent

    def waiting(self) -> int:
        """Return how many batches wait for delivery or a retry."""
        return len(self._waiting)

    def _collect(self) -> None:
        told = []
        while self._portal.events:
            event = self._portal.events.popleft()
            key = (event.type, str(event.detail.get("propertyName", "")))
            subscription = self.subscriptions.get(key)
            if subscription:
                told.append(self._shown(event, subscription))
        if self.manners.shuffled:
            self._random.shuffle(told)
        for start in range(0, len(told), LARGEST_BATCH):
            if self._random.random() >= self.manners.lost:
                self._queue(told[start : start + LARGEST_BATCH])

    def _queue(self, events: list[dict[str, Any]]) -> None:
        times = 2 if self._random.random() < self.manners.doubled else 1
        for _ in range(times):
            self._numbers += 1
            heapq.heappush(self._waiting, _Batch(self._portal.now(), self._numbers, events))

    def _shown(self, event: Event, subscription: int) -> dict[str, Any]:
        return {
            "eventId": self._random.randrange(1, 10_000),  # HubSpot: not unique
            "subscriptionId": subscription,
            "portalId": PORTAL_ID,
            "appId": APP_ID,
            "occurredAt": event.at,
            "subscriptionType": event.type,
            "attemptNumber": 0,
            "objectId": event.record,
            "changeSource": event.source,
            **event.detail,
        }

    def _deliver(self, batch: _Batch, send: Send) -> bool:
        events = [{**event, "attemptNumber": batch.attempt} for event in batch.events]
        body = orjson.dumps(events)
        stale = self._random.random() < self.manners.stale
        at = self._portal.now() - (3_600_000 if stale else 0)
        headers = {
            "Content-Type": "application/json",
            "X-HubSpot-Request-Timestamp": str(at),
            "X-HubSpot-Signature-v3": signature(self._secret, "POST", self.url, body, at),
        }
        try:
            return 200 <= send(self.url, headers, body) < 300  # noqa: PLR2004 - HTTP success
        except (OSError, requests.RequestException):
            return False

    def _settle(self, batch: _Batch, fine: bool) -> None:
        if fine:
            self.delivered += 1
        elif batch.attempt >= MOST_RETRIES:
            self.given_up += 1
        else:
            batch.attempt += 1
            wait = self.manners.retry_after * 2**batch.attempt * (0.5 + self._random.random())
            batch.due = self._portal.now() + int(wait)
            heapq.heappush(self._waiting, batch)

    def behave(self, **manners: Any) -> None:
        """Change how deliveries misbehave."""
        self.manners = replace(self.manners, **manners)

    def start(self, lock: threading.RLock, every: float = 0.2) -> threading.Thread:
        """Deliver over HTTP from a thread until ``stop``; ``every`` in seconds."""

        def run() -> None:
            while not self._stop.wait(every):
                with lock:
                    self._collect()
                    due = [one for one in self._waiting if one.due <= self._portal.now()]
                    self._waiting = [one for one in self._waiting if one not in due]
                    heapq.heapify(self._waiting)
                for batch in due:
                    fine = self._deliver(batch, post)
                    with lock:
                        self._settle(batch, fine)

        thread = threading.Thread(target=run, name="hubspot-webhooks", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """End the thread of ``start``."""
        self._stop.set()


def signature(secret: str, method: str, uri: str, body: bytes, at: int) -> str:
    """Return HubSpot's signature v3 of a request made at ``at`` (milliseconds).

    Base64 of HMAC-SHA256 over method, URI, body and timestamp; of the URI only some escapes are
    decoded.
    """
    for escaped, plain in _DECODED.items():
        uri = uri.replace(escaped, plain).replace(escaped.lower(), plain)
    text = method.encode() + uri.encode() + body + str(at).encode()
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Send one delivery over HTTP and return the status; HubSpot waits 5 seconds."""
    return requests.post(url, data=body, headers=dict(headers), timeout=TIMEOUT).status_code
