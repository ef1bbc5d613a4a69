"""Commands that are killed as well: set-up, a migration, ``apply FILE``, ``conflicts resolve``."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.stack import ENROLMENTS, LOCATIONS, MANAGER, ONBOARDINGS
from tests.system.stories.house import Databases
from tests.system.stories.people import FIELDS, Act

if TYPE_CHECKING:
    from tests.system.stories.story import Story

Errand = Callable[["Story", Databases], list[str]]  # complaints
AGAIN = 100  # numbers of the acts around an errand


def around(errand: str) -> tuple[Errand, Errand]:
    """Return what is done before the service starts and after it rests."""
    before: dict[str, Errand] = {"setup": set_up, "migrate": migrate}
    after: dict[str, Errand] = {"apply": apply_plan, "resolve": resolve}
    return before.get(errand, _nothing), after.get(errand, _nothing)


def _nothing(_story: Story, _databases: Databases) -> list[str]:
    return []


def set_up(story: Story, databases: Databases) -> list[str]:
    """Set up systems in which nothing is there yet; nothing may be made twice."""
    house = story.house
    house.restore(prepared=False)
    config = house.folder / "bare-config"
    shutil.copytree(house.folder / "w" / "config", config, dirs_exist_ok=True)
    shutil.rmtree(config / "customers")
    story.lives.plan(story.plan.errand_ends)
    said = []
    for words in (("setup",), ("setup", "--json")):
        code, output = story.lives.insist(databases, (words,), {"UBM_SYNC_CONFIG": str(config)})
        if code:
            said.append(f"{words} ends with {code}: {output} {story.lives.last_words()}")
    if said:
        return said
    again = [one for one in json.loads(output.partition("\x1e")[0]) if one["state"] != "ok"]
    if again:
        said.append(f"a second set-up finds something to do: {again}")
    return [*said, *_made_twice(story)]


def _made_twice(story: Story) -> list[str]:
    portal = story.house.emulators["hubspot"].portal  # type: ignore[attr-defined] # as an admin
    sheets = story.house.emulators["smartsheet"].state.sheets  # type: ignore[attr-defined]
    labels = Counter(one.label for one in portal.pipelines["tickets"].values())
    names = Counter(one.name for one in sheets.values())
    said = [f"{many} pipelines are called {one}" for one, many in labels.items() if many > 1]
    said += [f"{many} sheets are called {one}" for one, many in names.items() if many > 1]
    said += [
        f"no pipeline is called {one}"
        for one in (LOCATIONS, ENROLMENTS, ONBOARDINGS)
        if one not in labels
    ]
    return said


def migrate(story: Story, databases: Databases) -> list[str]:
    """Make the tables of the store; those of the state are made by the service itself."""
    story.lives.plan(story.plan.errand_ends)
    code, output = story.lives.insist(databases, (("setup", "store"),))
    return [f"setup store ends with {code}: {output}"] if code else []


def apply_plan(story: Story, databases: Databases) -> list[str]:
    """Carry out a plan of what people typed while the service was down."""
    for number, kind in enumerate(("edit row", "edit ticket", "add"), AGAIN):
        story.people.do(Act(kind, number, number, number))
    file = story.house.folder / "plan.json"
    code, output = story.ask(databases, ("plan", "--out", str(file)))
    if code:
        return [f"plan ends with {code}: {output}"]
    story.lives.plan(story.plan.errand_ends)
    code, output = story.lives.insist(databases, (("apply", str(file)),))
    # 1 after a kill: what was done before it cannot be done again as it was planned
    if code not in ({0, 1, 3} if story.plan.errand_ends else {0, 3}):
        return [f"apply ends with {code}: {output}"]
    story.lives.plan(())
    return story.serve(databases)


def resolve(story: Story, databases: Databases) -> list[str]:
    """Decide a conflict by command; the chosen value is everywhere afterwards."""
    rows = {
        cells["UBM Sync ID"]: (row, client, cells) for client, row, cells in story.people.rows()
    }
    tickets = [one for one in story.people.tickets() if one["properties"]["ubm_sync_id"] in rows]
    if not tickets:
        return []
    ticket, (title, there, _, _) = tickets[0], FIELDS["gl_code"]
    row, client, _ = rows[ticket["properties"]["ubm_sync_id"]]
    sync_id, people = ticket["properties"]["ubm_sync_id"], story.people
    people.sheet("edit_row", client, row=int(row), cells={title: "GL-row"})
    people.desk("edit_ticket", MANAGER, id=ticket["id"], properties={there: "GL-ticket"})
    if said := story.serve(databases):
        return said
    code, output = story.ask(databases, ("conflicts", "list", "--json"))
    if code or not any(one["record"] == sync_id for one in json.loads(output.partition("\x1e")[0])):
        return [f"two edits of one field are no conflict: {code} {output}"]
    story.lives.plan(story.plan.errand_ends)
    words = ("conflicts", "resolve", sync_id, "gl_code", "--keep", "ticket", "--by", "Dana")
    code, output = story.lives.insist(databases, (words,))
    if code:
        return [f"conflicts resolve ends with {code}: {output} {story.lives.last_words()}"]
    story.lives.plan(())
    people.typed = [one for one in people.typed if one.field != "gl_code"]
    return story.serve(databases) or _decided(story, row, ticket["id"])


def _decided(story: Story, row: str, ref: str) -> list[str]:
    title, there, _, _ = FIELDS["gl_code"]
    shown = {
        **{one: cells[title] for _, one, cells in story.people.rows() if one == row},
        **{
            one["id"]: one["properties"].get(there)
            for one in story.people.tickets()
            if one["id"] == ref
        },
    }
    return [] if set(shown.values()) == {"GL-ticket"} else [f"the decision does not stand: {shown}"]
