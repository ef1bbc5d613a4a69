"""Errors, named by what the caller can do about them.

SyncError
├── Temporary            try again later; nothing is known to have happened
│   ├── Throttled        the other side asks for a pause of a known or assumed length
│   └── Stopping         the service was told to stop: nothing new is sent
├── UnknownOutcome       the request may or may not have taken effect: look before sending again
├── Refused              the other side understood and said no; sending it again cannot help
│   ├── NoAccess         the token is missing, wrong, expired, or lacks a permission
│   └── NotThere         the thing asked for is not there, or we may not see it
├── LeaseLost            another instance took over: stop writing at once
├── ConfigError          an admin must change a file; carries every problem found
└── PersonNeeded         nothing is wrong, but a person must decide first

Each message is one sentence or two: what happened, why, what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NEXT_CYCLE = "It is tried again at the next cycle."


class SyncError(Exception):
    """Base of all errors this service raises on purpose.

    ``unsure``: the request was sent several times, and an attempt may have taken effect although
    the last one did not.
    """

    unsure = False


class Temporary(SyncError):
    """Nothing is known to have happened; the same request may work later."""


class Throttled(Temporary):
    """The other side asked for a pause.

    ``wait`` is in seconds.
    """

    def __init__(self, message: str, *, wait: float) -> None:
        super().__init__(message)
        self.wait = wait


def with_next_step(error: SyncError, step: str) -> str:
    """Return an error's sentence; where the same may work later, ``step`` says what happens."""
    text = str(error)
    if not isinstance(error, Temporary) or " again" in text:
        return text
    return f"{text}{'' if text.endswith('.') else '.'} {step}"


class UnknownOutcome(SyncError):
    """The request may have taken effect: read back before sending it again."""


class Refused(SyncError):
    """The other side understood the request and said no.

    ``status`` is the HTTP status (0 where there is none), ``code`` the system's own error code as
    text, ``detail`` whatever else it said, already decoded.
    """

    def __init__(
        self, message: str, *, status: int = 0, code: str = "", detail: object = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.detail = detail


class NoAccess(Refused):
    """The token is missing, wrong, expired or lacks a permission."""


class NotThere(Refused):
    """The thing asked for does not exist, or this token may not see it; never proof of deletion."""


class Stopping(Temporary):
    """The service is stopping: nothing new is sent."""

    def __init__(self, system: str) -> None:
        super().__init__(f"Stopping: nothing more was sent to {system}.")


class LeaseLost(SyncError):
    """Another instance holds the lease now; everything in hand must be dropped."""


class PersonNeeded(SyncError):
    """Nothing is wrong, but a person must decide first (exit code 3)."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong in a configuration file: where it is, what is wrong, what to do."""

    file: str
    line: int  # from 1; 0 where the file as a whole is meant
    column: int  # from 1; 0 where the line as a whole is meant
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class ConfigError(SyncError):
    """Configuration cannot be used; ``flaws`` lists everything found, not only the first."""

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        super().__init__("\n".join(str(flaw) for flaw in flaws))
        self.flaws = tuple(flaws)
