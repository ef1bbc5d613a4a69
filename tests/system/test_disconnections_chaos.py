"""The lane over the emulator while everything goes wrong: each told once, nobody forgotten."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from tests.stack import MANAGER, Stack

from ubm_sync.emulation.faults import Fault, Rule
from ubm_sync.state import Tx

FAULTS = [one for one in Fault if one is not Fault.STALL]
TURNS, QUIET = 20, 5
NOTICE = "ComEd disconnect notice for acct 55{:08}, shutoff is scheduled for 12/08/2026."


class Killed(BaseException):
    """The process ends here."""


def kill_at(commit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the process end before one of the next commits; 0: at none."""
    flush, count = Tx.flush, 0

    def flushing(tx: Tx) -> None:
        nonlocal count
        count += 1
        if count == commit:
            raise Killed
        flush(tx)

    monkeypatch.setattr(Tx, "flush", flushing)


@pytest.mark.parametrize("seed", range(4))
def test_hours_of_faults_and_kills(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a repeatable play
    switches = {
        "search_lag": chance.choice([0.0, 2.0, 20.0]),
        "search_lag_jitter": chance.choice([0.0, 10.0]),
        "activity_touches_record": chance.random() < 0.5,
        "message_properties": chance.random() < 0.7,
        "urgent_priority": chance.random() < 0.7,
    }
    with Stack(tmp_path, switches={"hubspot": switches}) as stack:
        refs: list[str] = []
        for turn in range(TURNS + QUIET):
            wild = turn < TURNS
            stack.hubspot.faults.rules[:] = (
                [Rule(one, chance.choice([0.02, 0.08])) for one in FAULTS] if wild else []
            )
            for _ in range(chance.randint(0, 3) if wild else 0):
                refs.append(write_in(stack, len(refs), chance.choice(stack.clients).company))
            with monkeypatch.context() as patch:
                kill_at(chance.randint(1, 15) if wild and chance.random() < 0.3 else 0, patch)
                killed = True
                with suppress(Killed):
                    stack.look()
                    killed = False
            if killed:
                stack.stop()
                stack.wait(301)  # the lease of the dead one runs out
        pages = {ref: stack.desk("see_ticket", id=ref) for ref in refs}
    assert len(refs) > TURNS // 2
    assert len(stack.hubspot.faults.struck) > 50
    wrong = {ref: found for ref, page in pages.items() if (found := what_is_wrong(page))}
    assert wrong == {}


def write_in(stack: Stack, number: int, company: str) -> str:
    words = {"subject": "NOTICE", "content": NOTICE.format(number), "source_type": "EMAIL"}
    ticket = stack.desk("create_ticket", properties=words, stage="New", company=company)
    return str(ticket["id"])


def what_is_wrong(page: dict[str, object]) -> list[str]:
    """What is missing on a ticket, or there twice."""
    notes, tasks, properties = page["notes"], page["tasks"], page["properties"]
    assert isinstance(notes, list)
    assert isinstance(tasks, list)
    assert isinstance(properties, dict)
    owned = page["owner"] == MANAGER
    found = [] if owned else [f"owner {page['owner']}"]
    found += [] if any("DISCONNECTION - act by" in one for one in notes) else ["no note"]
    found += [] if tasks else ["no task"]
    subjects = Counter(one["hs_task_subject"] for one in tasks)
    twice = [*Counter(notes).items(), *subjects.items()]
    found += [f"{count} times: {text}" for text, count in twice if count > 1]
    if properties.get("hs_ticket_priority") not in {"URGENT", "HIGH"}:
        found.append("no priority")
    return found
