"""Before the play: the systems are set up, and managers and customers enter."""

from __future__ import annotations

from collections.abc import Iterable

from ubm_sync.app import Application
from ubm_sync.cli import screen
from ubm_sync.cli.people import make_sheet
from ubm_sync.config import Environment, write_customer
from ubm_sync.demo.cast import OWNERS, Client
from ubm_sync.demo.people import People
from ubm_sync.demo.stage import Stage
from ubm_sync.errors import Refused
from ubm_sync.model import Customer


def set_up(app: Application) -> None:
    """Create in each system what the service needs; raises Refused where one cannot be used."""
    for name in sorted(app.connectors):
        made = [step for step in app.connectors[name].ensure(dry_run=False) if step.state != "ok"]
        bad = [step for step in made if step.state == "problem"]
        if bad:
            raise Refused(f"Setting up {name} failed: {bad[0].what}: {bad[0].detail}")
        screen.say(f"  {name}: {len(made)} things created")


def enter(stage: Stage, app: Application, clients: Iterable[Client]) -> Application:
    """Let managers and customers enter; return the application that knows them."""
    people = People(stage, app)
    for email, first, last in OWNERS:
        people.hire(email, first, last)
    for client in clients:
        company = people.sign(client)
        sheet = make_sheet(app, client.name, [client.person])
        customer = Customer(
            key=client.key,
            name=client.name,
            company=company,
            sheet=sheet,
            csm=client.csm,
            csm_name=client.csm_name,
            backup=client.backup,
            zone=client.zone,
        )
        write_customer(app.environment.config / "customers" / f"{client.key}.yaml", customer)
    app.close()
    return Application(Environment.load({}, stage.env_file), clock=app.clock, stop=app.stop)
