"""What every command starts with and how every command ends."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

import structlog
import typer

from ubm_sync import logs
from ubm_sync.app import Application
from ubm_sync.calendars import stamp
from ubm_sync.cli.screen import complain
from ubm_sync.config import Environment
from ubm_sync.errors import ConfigError, Flaw, PersonNeeded, SyncError, with_next_step

DONE, FAILED, USAGE, UNDECIDED = 0, 1, 2, 3
LOG_FILE = Path("var/ubm-sync.log")
DEFAULT_ENV_FILE = ".env"
log = structlog.get_logger(__name__)


@dataclass
class Options:
    """What was given before the command's name."""

    env_file: str | None = None
    log_level: str = "info"
    log_stream: TextIO | None = None  # where people's commands log


options = Options()


@contextmanager
def application(*, tolerant: bool = True, log_to_screen: bool = False) -> Iterator[Application]:
    """Give the application of this process and release it at the end."""
    app = Application(reload_environment(), tolerant=tolerant)
    log_to_stream(app, sys.stderr if log_to_screen else options.log_stream)
    try:
        yield app
    finally:
        app.close()


def decider(app: Application, by: str) -> str:
    """Return who decides: ``by``, else ``UBM_SYNC_USER``, else who is signed in.

    It is as people read it: what nobody sees, or blanks alone, make no other person of a name.
    """
    return _seen(by) or _seen(app.environment.get("UBM_SYNC_USER", "")) or getpass.getuser()


def _seen(name: str) -> str:
    """Return a name in one line, without characters that are not shown."""
    return "".join(one for one in " ".join(name.split()) if one.isprintable())


def shown_at(app: Application, moment: datetime | None, *, seconds: bool = False) -> str:
    """Return an instant in the zone of ``service.yaml``, named; "" for none.

    It is UTC, named as well, where no configuration can be used.
    """
    if moment is None:
        return ""
    try:
        zone = app.configuration.service.cadence.zone
    except ConfigError:
        zone = "UTC"
    return stamp(moment, zone, seconds=seconds)


def reload_environment() -> Environment:
    """Read the variables of this process and of the ``.env`` file, raises ConfigError."""
    named = options.env_file
    if named is not None and not Path(named).is_file():
        text = f"there is no file {named}; give the path of a file with variables as --env-file"
        raise ConfigError([Flaw(named, 0, 0, text)])
    return Environment.load(os.environ, named or DEFAULT_ENV_FILE)


def log_to_stream(app: Application, stream: TextIO | None) -> None:
    """Send logs to a stream, without what must never be shown."""
    logs.configure(level=options.log_level, secrets=app.secrets(), stream=stream)


@contextmanager
def _log_stream() -> Iterator[TextIO]:
    """Give the file that keeps the log of people's commands; nothing where it cannot be kept."""
    try:
        LOG_FILE.parent.mkdir(parents=True, exist_ok=True)
        stream = LOG_FILE.open("a", encoding="utf-8")
    except OSError:
        stream = Path(os.devnull).open("a", encoding="utf-8")  # noqa: SIM115 - closed below
    with stream:
        yield stream


def guarded(command: Callable[[], None]) -> int:
    """Run a command and return its exit code; every error becomes a sentence."""
    with _log_stream() as stream:
        options.log_stream = stream
        logs.configure(level=options.log_level, stream=stream)
        return _ended(command)


def _ended(command: Callable[[], None]) -> int:
    try:
        command()
    except ConfigError as error:
        for flaw in error.flaws:
            complain(str(flaw))
        found = _count(len(error.flaws), "mistake")
        complain(f"{found} in the configuration; correct it and retry.")
        return FAILED
    except PersonNeeded as error:
        complain(str(error))
        return UNDECIDED
    except SyncError as error:
        log.warning("command failed", error=str(error))
        complain(with_next_step(error, "Run the command again in a while."))
        return FAILED
    except BrokenPipeError:
        return DONE
    except KeyboardInterrupt:
        complain("Stopped; what was finished is kept, the rest goes on at the next start.")
        return FAILED
    except Exception as error:
        log.exception("command broke")
        complain(
            f"Something in ubm-sync itself went wrong ({type(error).__name__}). Nothing typed is "
            f"lost; the details are in {LOG_FILE}, send them to the people who maintain it."
        )
        return FAILED
    return DONE


def finish(code: int) -> None:
    """End the command with an exit code."""
    raise typer.Exit(code)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
