"""``ubm-sync demo``: raise the curtain, run the service, play the people."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from ubm_sync import logs
from ubm_sync.app import Application
from ubm_sync.cli import screen
from ubm_sync.cli.context import options
from ubm_sync.cli.working import jobs
from ubm_sync.config import Environment
from ubm_sync.demo.cast import CLIENTS
from ubm_sync.demo.desk_tale import START as MONDAY
from ubm_sync.demo.help_desk import HelpDesk
from ubm_sync.demo.hundred_days import START, HundredDays
from ubm_sync.demo.lasting import LastingStage
from ubm_sync.demo.opening import enter, set_up
from ubm_sync.demo.people import People
from ubm_sync.demo.story import Story
from ubm_sync.demo.virtual import VirtualStage
from ubm_sync.scheduler import Service

BEAT = 1.0  # seconds between two cycles while people watch
OWN_TIME, AT_THE_DESK = "onboarding", "desk"  # the folders of the chapters with their own clocks


def play(folder: Path, *, once: bool, resume: bool) -> None:
    """Play the demo in ``folder``; raises StepFailed if a step did not really happen."""
    stage = LastingStage(folder)
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
                screen.heading("Setting up the three systems")
                set_up(app)
                app = enter(stage, app, CLIENTS)
                _perform(stage, app, surroundings, once=once)
        finally:
            stop.set()
            app.close()
            logs.configure(stream=options.log_stream)
    if once:
        stage.stop()
        screen.say("Every step happened. The emulators are stopped.", "bold")


def _announce(stage: LastingStage, folder: Path) -> None:
    screen.say(f"Both outside systems are played on this machine; everything is kept in {folder}.")
    screen.say(f"To point a command at them: ubm-sync --env-file {stage.env_file} status")


def _perform(
    stage: LastingStage, app: Application, surroundings: Environment, *, once: bool
) -> None:
    people = People(stage, app)
    for client in CLIENTS:
        people.enter(client, app.customers[client.key].sheet)
    service = Service(jobs(app, every=BEAT), app.stop)
    service.start()
    try:
        Story(app, people).tell()
        with VirtualStage(stage.folder / OWN_TIME, START) as aside:
            aside.open(surroundings.config, surroundings.mappings)
            HundredDays(aside).tell()
        with VirtualStage(stage.folder / AT_THE_DESK, MONDAY) as aside:
            aside.open(surroundings.config, surroundings.mappings)
            HelpDesk(aside).tell()
        if not once:
            _stay(stage, app)
    finally:
        service.finish()


def _stay(stage: LastingStage, app: Application) -> None:
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
