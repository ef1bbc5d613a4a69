"""Logs: constant events with keys, one line each, no secret ever.

Our own events and those of the libraries go through one chain, so that the scheduler's and the
vendors' clients' lines are redacted and look the same.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any, TextIO

import structlog

HIDDEN = "[hidden]"
SHORTEST = 6  # a shorter "secret" would blank out ordinary words
QUIET = ("apscheduler", "urllib3", "alembic", "requests")


class Redactor:
    """Replaces known secrets in every value of a log line."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = sorted(
            {one for one in secrets if len(one) >= SHORTEST}, key=len, reverse=True
        )

    def __call__(
        self, _logger: Any, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Return the event with secrets hidden, nested values included."""
        for key, value in event.items():
            event[key] = self._clean(value)
        return event

    def text(self, _logger: Any, _method: str, line: str) -> str:
        """Return a finished line with secrets hidden: it may hold a traceback by now."""
        cleaned: str = self._clean(line)
        return cleaned

    def _clean(self, value: Any) -> Any:
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, HIDDEN)
            return value
        if isinstance(value, dict):
            return {key: self._clean(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self._clean(one) for one in value]
        return value


def configure(
    *, level: str = "info", secrets: Iterable[str] = (), stream: TextIO | None = None
) -> None:
    """Send all logs to ``stream`` (standard error): JSON lines, or colours on a terminal."""
    target = stream or sys.stderr
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    terminal = target.isatty()
    redactor = Redactor(secrets)
    # Plain tracebacks: the pretty ones show local variables, and those may hold anything.
    console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    renderer: list[Any] = (
        [redactor, console, redactor.text]
        if terminal
        else [
            structlog.processors.format_exc_info,
            redactor,
            structlog.processors.JSONRenderer(default=str),
            redactor.text,
        ]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
