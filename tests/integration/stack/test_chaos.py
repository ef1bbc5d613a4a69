"""Nothing is lost, doubled or invented, whatever fails: random plays that all end in agreement."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.stack.play import Play


@pytest.mark.parametrize("seed", range(60))
def test_when_faults_heal_and_people_stop_all_systems_agree(seed: int, tmp_path: Path) -> None:
    with Play(tmp_path, seed) as play:
        play.run(turns=12)
        complaints = play.complaints(play.rest())

        assert not complaints, "\n".join([*play.story, "", *complaints])
