"""What every connector on a network promises when the network or the vendor fails."""

from __future__ import annotations

import pytest
from tests.contract.system import Remote, System, key

from ubm_sync.emulation.faults import Fault
from ubm_sync.errors import NoAccess
from ubm_sync.model import Outcome, Result

BEFORE_EFFECT = [Fault.THROTTLE, Fault.ERROR, Fault.HTML, Fault.RESET, Fault.GARBLED]
ANSWER_LOST = [Fault.DROP, Fault.TRUNCATE]


def settled(system: System, *numbers: int) -> dict[str, Outcome]:
    """Send records until none is unknown, as the engine does: look, then send what is not there."""
    outcomes: dict[str, Outcome] = {}
    for _ in range(4):
        left = [system.new(n) for n in numbers if not landed(outcomes.get(key(n)))]
        if not left:
            break
        outcomes |= system.apply(*left)
    return outcomes


def landed(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.result is Result.LANDED


@pytest.mark.parametrize("fault", BEFORE_EFFECT)
def test_a_failure_before_any_effect_is_survived(remote: Remote, fault: Fault) -> None:
    remote.fail(fault, times=2)

    outcomes = settled(remote, 1, 2, 3)

    assert all(landed(one) for one in outcomes.values())
    assert remote.records() == 3


@pytest.mark.parametrize("fault", ANSWER_LOST)
def test_a_lost_answer_doubles_no_record(remote: Remote, fault: Fault) -> None:
    remote.fail(fault)

    outcomes = settled(remote, 1, 2, 3)

    assert all(landed(one) for one in outcomes.values())
    assert remote.records() == 3
    assert {one.key for one in remote.read(full=True).all} == {key(1), key(2), key(3)}


@pytest.mark.parametrize("fault", ANSWER_LOST)
def test_a_change_whose_answer_was_lost_is_there_when_read_back(
    remote: Remote, fault: Fault
) -> None:
    made = remote.add(1)
    write = remote.change(made, **{remote.typed: "Romeoville"})
    remote.fail(fault)

    outcome = remote.apply(write)[made.key]

    assert outcome.result in {Result.UNKNOWN, Result.LANDED}
    assert remote.fetch(str(made.ref)).of(made.ref).values[remote.typed] == "Romeoville"


@pytest.mark.parametrize("fault", [*BEFORE_EFFECT, *ANSWER_LOST])
def test_a_failed_read_is_read_again(remote: Remote, fault: Fault) -> None:
    made = remote.add(1)
    remote.edit(str(made.ref), remote.typed, "Romeoville")
    remote.fail(fault, on_write=False)

    assert remote.read().of(made.ref).values[remote.typed] == "Romeoville"


def test_without_access_reading_and_writing_say_so_and_name_no_secret(remote: Remote) -> None:
    remote.add(1)
    remote.revoke()

    with pytest.raises(NoAccess) as reading:
        remote.read()
    with pytest.raises(NoAccess) as writing:
        remote.apply(remote.new(2))

    for error in (reading.value, writing.value):
        assert remote.secret not in str(error)
        assert remote.secret[-8:] not in str(error)
        assert str(error).endswith(".")
        assert len(str(error)) > 20
    assert remote.records() == 1


def test_a_connector_shows_no_secret(remote: Remote) -> None:
    assert remote.secret not in f"{remote.connector!r} {remote.connector}"
    assert remote.secret not in remote.connector.cursor()
