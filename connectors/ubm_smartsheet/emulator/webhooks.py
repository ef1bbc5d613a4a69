"""Callbacks: challenged, signed, merged, retried, switched off when not answered with 200."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

import orjson
import requests

from ubm_smartsheet.emulator.state import Event, State
from ubm_smartsheet.emulator.switches import Switches
from ubm_sync.clock import Clock, VirtualClock

#: Sends one callback: (address, headers, body) -> (status, headers in lower case, body).
Post: TypeAlias = Callable[[str, Mapping[str, str], bytes], tuple[int, Mapping[str, str], bytes]]

OK = 200
CHALLENGE_EVERY = 100
TRIES = 14
QUICK_TRIES = 7
SLOW_TRY = 3 * 3600.0
FAILED = "DISABLED_CALLBACK_FAILED"
INACCESSIBLE = "DISABLED_SCOPE_INACCESSIBLE"
LOST = (OSError, requests.RequestException)


def post(url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
    """Send a callback over HTTP; raises OSError where nobody answers within 10 s."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(
            url, data=body, headers=dict(headers), timeout=10, allow_redirects=False
        )
        named = {name.lower(): value for name, value in answer.headers.items()}
        return answer.status_code, named, answer.content


@dataclass(slots=True)
class Webhook:
    """A subscription to one sheet, and what waits to be sent."""

    id: int
    name: str
    url: str
    sheet: int
    user: int
    secret: str
    created_at: int
    modified_at: int
    columns: list[int] = field(default_factory=list)
    enabled: bool = False
    status: str = "NEW_NOT_VERIFIED"
    details: str | None = None
    last_try: int | None = None
    retries: int = 0
    last_success: int | None = None
    sent: int = 0
    waiting: list[Event] = field(default_factory=list)
    not_before: float = 0.0

    def wants(self, event: Event) -> bool:
        """Tell whether an event lies in the subscope; deletions of rows always do."""
        if event.sheet != self.sheet:
            return False
        return not self.columns or event.object_type != "cell" or event.column in self.columns


def moment(seconds: float) -> str:
    """Return an instant as callbacks write it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


class Webhooks:
    """Delivers events; in a thread of its own unless the clock stands still."""

    def __init__(
        self, state: State, switches: Callable[[], Switches], clock: Clock, send: Post
    ) -> None:
        self._state = state
        self._switches = switches
        self._clock = clock
        self._send = send
        self._wake = threading.Event()
        self._delivering = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def known(self) -> dict[int, Webhook]:
        """The webhooks by id."""
        return self._state.webhooks

    def refresh(self) -> None:
        """Learn again which sheets are listened to; a sheet nobody can see still is."""
        self._state.listened = {
            hook.sheet
            for hook in self.known.values()
            if hook.enabled or hook.status == INACCESSIBLE
        }
        self._state.changes += 1

    def wake(self) -> None:
        """Tell the thread that something may have to be sent."""
        if not self.known or isinstance(self._clock, VirtualClock):
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="callbacks", daemon=True)
            self._thread.start()
        self._wake.set()

    def _run(self) -> None:
        while not self._closed:
            self._wake.wait(0.05 if self._busy() else 1.0)
            self._wake.clear()
            self.deliver()

    def close(self) -> None:
        """Stop sending."""
        self._closed = True
        self._wake.set()

    def _busy(self) -> bool:
        return bool(self._state.events) or any(hook.waiting for hook in list(self.known.values()))

    def deliver(self) -> int:
        """Send every callback that is due; returns how many were sent."""
        with self._delivering:
            self._distribute()
            return sum(self._serve(hook) for hook in list(self.known.values()))

    def _distribute(self) -> None:
        firing = self._firing()
        while self._state.events:
            event = self._state.events.popleft()
            for hook in firing:
                if hook.wants(event):
                    hook.waiting.append(event)

    def _firing(self) -> list[Webhook]:
        # Of equal subscriptions only the oldest enabled one fires (since January 2023).
        seen: set[tuple[object, ...]] = set()
        firing = []
        for hook in sorted(self.known.values(), key=lambda hook: (hook.created_at, hook.id)):
            key = (hook.sheet, hook.user, hook.url, tuple(sorted(hook.columns)))
            if hook.enabled and key not in seen:
                seen.add(key)
                firing.append(hook)
        return firing

    def _serve(self, hook: Webhook) -> int:
        now = self._clock.now().timestamp()
        if self._access_changed(hook, now):
            return 1
        if not hook.enabled or not hook.waiting or now < hook.not_before:
            return 0
        if now < hook.waiting[0].at + self._switches().callback_delay:
            return 0
        if hook.sent and hook.sent % CHALLENGE_EVERY == 0 and not self.challenge(hook):
            return 0
        events = list(hook.waiting)
        if self._attempt(hook, self._callback(hook, events, now), now):
            del hook.waiting[: len(events)]
        return 1

    def _access_changed(self, hook: Webhook, now: float) -> bool:
        sheet = self._state.sheets.get(hook.sheet)
        seen = sheet is not None and sheet.level_of(hook.user) is not None
        if hook.enabled and not seen:
            self._switch(hook, enabled=False, status=INACCESSIBLE)
        elif seen and hook.status == INACCESSIBLE:
            self._switch(hook, enabled=True, status="ENABLED")
        else:
            return False
        body = self._envelope(hook, now) | {"newWebhookStatus": hook.status}
        self._attempt(hook, body, now)
        return True

    def _switch(
        self, hook: Webhook, *, enabled: bool, status: str, details: str | None = None
    ) -> None:
        hook.enabled, hook.status, hook.details = enabled, status, details
        if not enabled:
            hook.waiting.clear()
        self.refresh()

    def _envelope(self, hook: Webhook, now: float) -> dict[str, Any]:
        return {
            "nonce": hashlib.sha256(f"{hook.id}/{hook.sent}/{hook.retries}".encode()).hexdigest()[
                :32
            ],
            "timestamp": moment(now),
            "webhookId": hook.id,
            "scope": "sheet",
            "scopeObjectId": hook.sheet,
        }

    def _callback(self, hook: Webhook, events: list[Event], now: float) -> dict[str, Any]:
        first = events[0]
        whole = Event(
            hook.sheet, "sheet", "updated", first.user, first.at, hook.sheet, agent=first.agent
        )
        return self._envelope(hook, now) | {"events": [_event(one) for one in [whole, *events]]}

    def _attempt(self, hook: Webhook, body: dict[str, Any], now: float) -> bool:
        """Send one signed callback; tells whether it was taken (or given up)."""
        raw = orjson.dumps(body)
        signature = hmac.new(hook.secret.encode(), raw, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "Smartsheet-Hmac-SHA256": signature}
        hook.last_try = int(now)
        hook.sent += 1
        switches = self._switches()
        if _every(switches.callbacks_lost_every, hook.sent):
            return True
        try:
            status = self._send(hook.url, headers, raw)[0]
            if _every(switches.callbacks_doubled_every, hook.sent):
                self._send(hook.url, headers, raw)
        except LOST:
            status = 0
        return self._judge(hook, status, now)

    def _judge(self, hook: Webhook, status: int, now: float) -> bool:
        if status == OK:
            hook.retries, hook.not_before, hook.last_success = 0, 0.0, int(now)
            return True
        if 200 < status < 300 or 309 <= status < 400 or status == 410:  # noqa: PLR2004 - HTTP
            self._switch(hook, enabled=False, status=FAILED, details=f"answered {status}")
            return True
        hook.retries += 1
        if hook.retries > TRIES:
            self._switch(hook, enabled=False, status=FAILED, details="no answer 200 in 15 tries")
            return True
        quick = hook.retries <= QUICK_TRIES
        first = self._switches().callback_retry
        hook.not_before = now + (first * 2.0 ** (hook.retries - 1) if quick else SLOW_TRY)
        return False

    def challenge(self, hook: Webhook) -> bool:
        """Ask the callback address to prove itself; failing it disables the webhook."""
        value = hashlib.sha256(f"{hook.id}{hook.secret}{hook.sent}".encode()).hexdigest()[:32]
        body = orjson.dumps({"challenge": value, "webhookId": hook.id})
        headers = {"Content-Type": "application/json", "Smartsheet-Hook-Challenge": value}
        try:
            status, answered, content = self._send(hook.url, headers, body)
        except LOST:
            status, answered, content = 0, {}, b""
        if status == OK and value in {answered.get("smartsheet-hook-response"), _echo(content)}:
            self._switch(hook, enabled=True, status="ENABLED")
            hook.sent += 1
            return True
        self._switch(
            hook, enabled=False, status="DISABLED_VERIFICATION_FAILED", details="challenge"
        )
        return False


def _every(nth: int, count: int) -> bool:
    return nth > 0 and count % nth == 0


def _echo(content: bytes) -> object:
    try:
        body = orjson.loads(content)
    except ValueError:
        return None
    return body.get("smartsheetHookResponse") if isinstance(body, dict) else None


def _event(event: Event) -> dict[str, Any]:
    body: dict[str, Any] = {"objectType": event.object_type, "eventType": event.event_type}
    ids = (("id", event.id), ("rowId", event.row), ("columnId", event.column))
    body |= {name: value for name, value in ids if value is not None}
    body |= {"userId": event.user, "timestamp": moment(event.at)}
    return body | ({"changeAgent": event.agent} if event.agent else {})
