"""A state that was restored from a backup: what tickets tell of is not told again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.dispatch.lane import DANA, DREW, LEA, MORNING, PRIYA, Lane

from ubm_sync.clock import VirtualClock
from ubm_sync.state import open_state

FAR = "ComEd disconnect notice for acct 4471908023, shutoff is scheduled for 12/08/2026."


class Backup:
    """A lane whose state can be saved and brought back."""

    def __init__(self, folder: Path) -> None:
        self.file, self.saved = folder / "state.db", folder / "saved.db"
        self.clock = VirtualClock(MORNING)
        self.lane = Lane(open_state(f"sqlite:///{self.file}", self.clock), self.clock)

    def save(self) -> None:
        self.lane.state.close()
        shutil.copy(self.file, self.saved)
        self._open()

    def restore(self) -> None:
        self.lane.state.close()
        shutil.copy(self.saved, self.file)
        for more in ("-wal", "-shm"):
            Path(f"{self.file}{more}").unlink(missing_ok=True)
        self._open()

    def _open(self) -> None:
        self.lane.state = open_state(f"sqlite:///{self.file}", self.clock)
        self.lane.restart()


@pytest.fixture
def backup(tmp_path: Path) -> Iterator[Backup]:
    found = Backup(tmp_path)
    yield found
    found.lane.state.close()


def test_who_was_told_before_is_not_told_again(backup: Backup) -> None:
    lane = backup.lane
    lane.round()
    backup.save()
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    lane.wait(31)
    backup.restore()
    lane.wait(1)
    assert lane.desk.tasks_of(ref) == [DANA, PRIYA]
    assert len(lane.desk.notes_of(ref)) == 2
    lane.wait(30)
    lane.wait(60)
    assert lane.desk.tasks_of(ref) == [DANA, PRIYA, LEA, DREW]
    assert len(lane.desk.notes_of(ref)) == 4


def test_a_level_that_was_told_meanwhile_is_not_told_again(backup: Backup) -> None:
    lane = backup.lane
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    backup.save()
    lane.wait(31)
    backup.restore()
    lane.wait(1)
    assert lane.desk.tasks_of(ref) == [DANA, PRIYA]
    assert len(lane.desk.notes_of(ref)) == 2


def test_an_acknowledgement_is_not_forgotten(backup: Backup) -> None:
    lane = backup.lane
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    backup.save()
    lane.round()
    lane.clock.advance(lane.rules.grace)
    lane.desk.answer(ref, DANA)
    lane.wait(5)
    backup.restore()
    for _ in range(5):
        lane.wait(40)
    assert lane.case_of(ref).outcome == "acknowledged"
    assert lane.desk.tasks_of(ref) == [DANA]
    assert len(lane.desk.notes_of(ref)) == 2


def test_new_facts_after_the_backup_begin_it_anew_once(backup: Backup) -> None:
    lane = backup.lane
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    backup.save()
    lane.wait(5)
    lane.desk.reply(ref, "The power is off now! ComEd disconnected us.")
    lane.wait(1)
    before = lane.desk.tasks_of(ref)
    backup.restore()
    lane.wait(1)
    assert DANA in before
    assert len(lane.desk.tasks_of(ref)) >= len(before)
    assert lane.case_of(ref).is_off
