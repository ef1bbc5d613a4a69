"""Somebody who acts exactly between the service's look and its write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from requests import PreparedRequest, Response
from requests.exceptions import ConnectionError as Lost
from tests.stack import Stack

from ubm_sync.emulation.emulator import Emulator
from ubm_sync.emulation.server import InProcessAdapter

UPDATE = {"hubspot": ("POST", "/tickets/batch/update"), "smartsheet": ("PUT", "/rows")}
MAKE = ("POST", "/tickets/batch/upsert")


class Interloper(InProcessAdapter):
    """Lets somebody act once, right before a request that writes to existing records arrives.

    ``makes``: before one that makes tickets instead.

    ``loses_answer``: that request takes effect, and its answer is lost. ``afterwards``: they act
    once it has taken effect, before it is sent again.
    """

    def __init__(
        self,
        emulator: Emulator,
        act: Callable[[], None],
        *,
        loses_answer: bool,
        afterwards: bool = False,
        makes: bool = False,
    ) -> None:
        super().__init__(emulator)
        self._writes = MAKE if makes else UPDATE[emulator.name]
        self._act = act
        self._loses_answer = loses_answer
        self._afterwards = afterwards
        self.acted = 0

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        method, end = self._writes
        path = (request.url or "").partition("?")[0]
        if self.acted or request.method != method or not path.endswith(end):
            return super().send(request, *args, **options)
        self.acted += 1
        if not self._afterwards:
            self._act()
        answer = super().send(request, *args, **options)
        if self._afterwards:
            self._act()
        if self._loses_answer:
            raise Lost("the answer is lost", request=request)
        return answer


def let_in(
    stack: Stack,
    system: str,
    act: Callable[[], None],
    *,
    loses_answer: bool = False,
    afterwards: bool = False,
    makes: bool = False,
) -> Interloper:
    """Have somebody act before the next write to a system by a new process of the service."""
    stack.stop()
    adapter = Interloper(
        stack.emulators[system],
        act,
        loses_answer=loses_answer,
        afterwards=afterwards,
        makes=makes,
    )
    connector: Any = stack.app.connectors[system]
    if system == "hubspot":
        connector.client.transport.mount(adapter)
    else:
        connector.mount(adapter)
    return adapter
