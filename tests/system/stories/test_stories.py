"""Over real sockets, on real databases, killed at any moment: as if nothing had been."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.databases import KINDS, PostgresServer
from tests.system.stories.house import House
from tests.system.stories.plans import plan
from tests.system.stories.story import Story

STORIES = 100  # on each database
BATCH = 4  # played by one test, so that workers share them evenly


@pytest.fixture(scope="session")
def house(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The emulators, the templates of the databases and the zygote of one worker."""
    with House(tmp_path_factory.mktemp("stories"), postgres) as house:
        yield house


@pytest.mark.parametrize("database", KINDS)
@pytest.mark.parametrize("first", range(0, STORIES, BATCH))
def test_a_killed_service_ends_where_one_that_lived_would(
    house: House, database: str, first: int
) -> None:
    for seed in range(first, first + BATCH):
        story = Story(house, database, plan(seed))
        complaints = story.play()
        replay = f"python -m tests.system.stories --seed {seed} --database {database}"
        assert not complaints, "\n".join([*story.told, "", *complaints, "", f"Again: {replay}"])
