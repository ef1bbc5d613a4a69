"""Who this process is, and whether another process of this machine is still alive.

A lease names its holder. A process that was killed cannot give its lease back; on the machine where
it ran anybody can see that it is gone, so a restarted service goes on at once. A holder on another
machine keeps its lease until it runs out.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path


def myself() -> str:
    """Return a name that no other process has, now or later: machine, number, start time."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


def is_gone(holder: str) -> bool:
    """Return whether ``holder`` was a process of this machine that has ended."""
    machine, _, rest = holder.rpartition(":")
    machine, _, number = machine.rpartition(":")
    if machine != socket.gethostname() or not number.isdigit():
        return False
    return _started(int(number)) != rest


def _started(number: int) -> str:
    """Return when a process began, in the kernel's ticks; "" where there is no such process."""
    try:
        text = Path(f"/proc/{number}/stat").read_text(encoding="utf-8")
    except OSError:
        return _alive(number)
    fields = text.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]


def _alive(number: int) -> str:
    """Return "alive" for a living process where the system does not tell start times."""
    if Path("/proc/self/stat").exists():
        return ""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        return "alive"
    return "alive"
