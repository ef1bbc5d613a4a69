"""``ubm-sync demo``: raise the curtain, run the service, play the people."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from ubm_sync import logs
from ubm_sync.app import Application
from ubm_sync.cli import screen
from ubm_sync.cli.context import options
from ubm_sync.cli.people import make_sheet
from ubm_sync.cli.working import jobs
from ubm_sync.config import Environment, write_customer
from ubm_sync.demo.cast import CLIENTS, OWNERS
from ubm_sync.demo.people import People
from ubm_sync.demo.stage import Stage
from ubm_sync.demo.story import Story
from ubm_sync.errors import Refused
from ubm_sync.model import Customer
from ubm_sync.scheduler import Service

BEAT = 1.0  # seconds between two cycles while people watch


def play(folder: Path, *, once: bool, resume: bool) -> None:
    """Play the demo in ``folder``; raises StepFailed if a step did not really happen."""
    stage = Stage(folder)
    surroundings = Environment.load(os.environ, None)
    if not resume:
        stage.clear()
    stage.open(surroundings.config, surroundings.mappings)
    stop = threading.Event()
    with (folder / "service.log").open("a", encoding="utf-8") as log:
        environment = Environment.load({}, stage.env_file)
        app = Application(environment, stop=stop)
        logs.configure(secrets=app.secrets(), stream=log)
        try:
            _announce(stage, folder)
            if resume:
                _serve(app)
            else:
                _set_up(app)
                app = _enter(stage, app, stop)
                _perform(stage, app, once=once)
        finally:
            stop.set()
            app.close()
            logs.configure(stream=options.log_stream)
    if once:
        stage.stop()
        screen.say("Every step happened. The emulators are stopped.", "bold")


def _announce(stage: Stage, folder: Path) -> None:
    screen.say(f"Both outside systems are played on this machine; everything is kept in {folder}.")
    screen.say(f"To point a command at them: ubm-sync --env-file {stage.env_file} status")


def _set_up(app: Application) -> None:
    screen.heading("Setting up the three systems")
    for name in sorted(app.connectors):
        made = [step for step in app.connectors[name].ensure(dry_run=False) if step.state != "ok"]
        bad = [step for step in made if step.state == "problem"]
        if bad:
            raise Refused(f"Setting up {name} failed: {bad[0].what}: {bad[0].detail}")
        screen.say(f"  {name}: {len(made)} things created")


def _enter(stage: Stage, app: Application, stop: threading.Event) -> Application:
    """Let managers and customers enter; return the application that knows them."""
    people = People(stage, app)
    for email, first, last in OWNERS:
        people.hire(email, first, last)
    for client in CLIENTS:
        company = people.sign(client)
        sheet = make_sheet(app, client.name, [client.person])
        customer = Customer(
            key=client.key,
            name=client.name,
            company=company,
            sheet=sheet,
            csm=client.csm,
            csm_name=client.csm_name,
            zone=client.zone,
        )
        write_customer(app.environment.config / "customers" / f"{client.key}.yaml", customer)
    app.close()
    return Application(Environment.load({}, stage.env_file), stop=stop)


def _perform(stage: Stage, app: Application, *, once: bool) -> None:
    people = People(stage, app)
    for client in CLIENTS:
        people.enter(client, app.customers[client.key].sheet)
    service = Service(jobs(app, every=BEAT), app.stop)
    service.start()
    try:
        Story(app, people).tell()
        if not once:
            _stay(stage, app)
    finally:
        service.finish()


def _stay(stage: Stage, app: Application) -> None:
    """Tell how to poke the running demo, and wait for Ctrl-C."""
    sheet = next(iter(app.customers.values())).sheet
    command = f"ubm-sync --env-file {stage.env_file}"
    screen.heading("The service goes on. Poke it (in another terminal):")
    screen.say(f"  {command} status")
    screen.say(f"  {command} conflicts list")
    screen.say(f"  {command} customer list")
    system, address = stage.address_of(app.configuration.mappings["location"].place("row").system)
    order = '{"do": "see_sheet", "who": "jsmith@halsted.example", "sheet": ' + sheet + "}"
    screen.say(
        f"  curl -s {address}/_control/act -d '{order}'   # what a customer of {system} sees"
    )
    screen.say("Stop with Ctrl-C.")
    try:
        while not app.stop.wait(0.5):
            pass
    except KeyboardInterrupt:
        screen.say("Stopping; the emulators stop too.")
        stage.stop()


def _serve(app: Application) -> None:
    """Go on after an interruption: only the service, nobody plays."""
    screen.heading("The service goes on where it was. Stop with Ctrl-C.")
    Service(jobs(app, every=BEAT), app.stop).run()
