"""Plan, then apply: what was looked at is what is done, or it is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy.exc import OperationalError
from tests.simulation.evidence import things
from tests.simulation.hands import Act
from tests.simulation.people import People
from tests.simulation.world import World

from ubm_sync.errors import SyncError
from ubm_sync.rehearsal import foresee
from ubm_sync.sync.planfile import PlanFile, read_plan


def plan_and_apply(world: World, people: People, between: Sequence[Act]) -> Iterator[str]:
    """Save a plan, let people act, carry it out; yield what is not as planned."""
    try:
        service = world.service(0)
        now = service.app.clock.now()
        plans, _, engine = foresee(service.app)
        made = PlanFile.of(plans, engine, now)
    except (SyncError, OperationalError) as error:
        world.say(f"no plan: {type(error).__name__}")
        return
    file = Path(world.template.folder.name) / "plan.json"
    made.save(file)
    world.say(f"an admin saves a plan of {len(made.items)} writes")
    for act in between:
        people.do(act)
    before = {(one.place, one.ref): one.fields for one in things(world)}
    chosen, wanted, _ = read_plan(file)
    report = world.working(0, lambda service: service.engine.cycle(only=chosen))
    if report is None or report.skipped:
        return
    planned = {
        (f"{item.place} {item.sync_id}", name): values[1]
        for item in made.items
        for name, values in item.fields.items()
    }
    if stray := report.done - wanted.keys():
        yield f"plan == apply: {len(stray)} writes were done that were not planned"
    for one in things(world):
        was = before.get((one.place, one.ref))
        if was is None or not one.key:
            continue
        for name, value in one.fields.items():
            place = "ticket" if one.place == "elsewhere" else one.place
            told = planned.get((f"{place} {one.record}", name))
            if value != was.get(name, "") and value != (told or ""):
                yield (
                    f"plan == apply: {name} of {one.place} {one.ref} became {value!r}, "
                    f"planned was {told!r}"
                )
