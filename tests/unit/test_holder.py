"""A lease holder of this machine that ended is known to have ended."""

from __future__ import annotations

import subprocess
import sys

from ubm_sync.holder import is_gone, myself

ASK = "from ubm_sync.holder import myself; print(myself())"


def test_this_process_is_not_gone() -> None:
    assert not is_gone(myself())


def test_a_process_that_ended_is_gone() -> None:
    holder = subprocess.run(
        [sys.executable, "-c", ASK], capture_output=True, text=True, check=True
    ).stdout.strip()

    assert is_gone(holder)


def test_another_process_with_the_same_number_is_not_the_holder() -> None:
    machine, number, started = myself().rsplit(":", 2)

    assert is_gone(f"{machine}:{number}:{int(started) - 1}")


def test_nothing_is_known_of_another_machine() -> None:
    assert not is_gone("another-machine:1:1")
    assert not is_gone("somebody else")
