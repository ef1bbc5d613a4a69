"""Commands that work: setup, plan, apply, sync, run."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ubm_sync.app import Application
from ubm_sync.cli import screen
from ubm_sync.cli.context import (
    FAILED,
    UNDECIDED,
    application,
    finish,
    log_to_stream,
    reload_environment,
)
from ubm_sync.cli.lane import Lane
from ubm_sync.cli.rehearsing import show_replay, tried
from ubm_sync.cli.standing import say_standing
from ubm_sync.errors import Refused, SyncError
from ubm_sync.live import SETTLED, Live
from ubm_sync.ports import SetupStep
from ubm_sync.rehearsal import foresee, rehearse
from ubm_sync.reports.status import stop_document
from ubm_sync.scheduler import Job, Service
from ubm_sync.sync.cycle import Report
from ubm_sync.sync.planfile import PlanFile, read_plan, refuse_other_mapping
from ubm_sync.sync.stops import sentence
from ubm_sync.versions.found import Files

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]
WATCH_EVERY = 0.5  # seconds between two looks at the files
ENOUGH = 10  # cycles after which `sync` gives up waiting for rest


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(setup)
    app.command()(plan)
    app.command()(apply)
    app.command()(sync)
    app.command()(run)


def setup(
    system: Annotated[str | None, typer.Argument(help="One system only.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be done.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Create or mend what the service needs in each system; doing it again changes nothing.

    Example: ubm-sync setup --dry-run
    """
    with application() as app, screen.progress() as report:
        names = [system] if system else sorted(app.configuration.service.systems)
        unknown = [name for name in names if name not in app.configuration.service.systems]
        if unknown:
            known = ", ".join(sorted(app.configuration.service.systems))
            raise Refused(f'There is no system "{unknown[0]}"; choose one of {known}.')
        steps = []
        reaching = app.setting_up()
        try:
            for name in names:
                reaching.recall(name)
                for step in reaching.connectors[name].ensure(dry_run=dry_run):
                    steps.append(step)
                    report(f"setting up {name}", len(steps), None)
            if not dry_run:
                for name in names:
                    with suppress(SyncError):  # the service asks again then
                        reaching.keep(name)
        finally:
            reaching.close(but_state=True)
        if as_json:
            screen.show_json(
                [
                    {"system": s.system, "what": s.what, "state": s.state, "detail": s.detail}
                    for s in steps
                ]
            )
        else:
            _show_steps(steps)
        if any(step.state == "problem" for step in steps):
            finish(FAILED)


def _show_steps(steps: list[SetupStep]) -> None:
    counts = Counter((step.system, step.state) for step in steps)
    for (system, state), number in sorted(counts.items()):
        screen.say(f"{system}: {number} {state}")
    rows = [(s.system, s.what, s.state, s.detail) for s in steps if s.state != "ok"]
    if rows:
        screen.table("Done", ("system", "what", "state", "detail"), rows)
    else:
        screen.say("Everything is there already; nothing was changed.")


def plan(
    as_json: Json = False,
    out: Annotated[Path | None, typer.Option("--out", help="Write the plan to this file.")] = None,
    mapping: Annotated[
        Path | None, typer.Option("--mapping", help="A folder of changed mappings to try.")
    ] = None,
    replay_days: Annotated[
        int | None,
        typer.Option(
            "--replay", min=1, max=3650, help="Try it on what was seen in so many past days."
        ),
    ] = None,
) -> None:
    """Show what the next cycle would write, field by field; nothing is written outside.

    Example: ubm-sync plan --out plan.json
    """
    with application() as app, screen.progress() as report:
        if replay_days is not None:
            show_replay(app, mapping, replay_days, as_json=as_json)
            return
        now = app.clock.now()
        if mapping is not None:
            then = rehearse(app, tried(app, mapping), app.configuration)
            plans, stops, engine, version = then.plans, then.stops, then.engine, 0
            for text in then.lacking:
                screen.complain(text)
        else:
            version = app.version if app.found.files is Files.IN_FORCE else 0
            plans, stops, engine = foresee(app, report)
        made = PlanFile.of(plans, engine, now, [stop_document(one) for one in stops], version)
        if out is not None:
            made.save(out)
        if as_json:
            screen.show_json(made.document())
            return
        rows = made.lines()
        screen.table("Plan", ("customer", "record", "place", "field", "now", "then"), rows[:200])
        if len(rows) > 200:  # noqa: PLR2004 - what fits a screen
            screen.say(f"... and {len(rows) - 200} more fields; see them all with --json")
        screen.say(f"{len(made.items)} writes for {made.records} records.")
        for one in made.stops:
            screen.complain(one["text"])
        if out is not None:
            once = "" if mapping is None else f", once {mapping} is in force"
            screen.say(f"Saved; carry it out{once} with: ubm-sync apply {out}")


def apply(
    file: Annotated[Path, typer.Argument(help="A plan written by plan --out.")],
    as_json: Json = False,
) -> None:
    """Carry out a saved plan: exactly what it shows; what has changed since is refused.

    Example: ubm-sync apply plan.json
    """
    with application() as app, screen.progress() as progress:
        chosen, wanted, mapping = read_plan(file)
        say_standing(app.take_up())
        engine = app.engine(progress)
        refuse_other_mapping(mapping, engine, app.version)
        report = engine.cycle(only=chosen)
        missed = {digest: text for digest, text in wanted.items() if digest not in report.done}
        if as_json:
            screen.show_json({**report.summary(), "refused_items": sorted(missed.values())})
        else:
            _show_report(report)
            for text in sorted(missed.values())[:20]:
                screen.complain(f"Not done, because it is not what would be done now: {text}")
        if missed:
            raise Refused(
                f"{len(missed)} of {len(wanted)} planned writes were not done: what they were "
                "based on has changed. Look at a new plan."
            )
        _end(app, report)


def sync(
    once: Annotated[
        bool, typer.Option("--once", help="One cycle, whatever is left to do.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Read everything, not only changes.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run cycles until nothing is left to write, then exit; with --once exactly one.

    Example: ubm-sync sync --once
    """
    with application() as app, screen.progress() as progress:
        say_standing(app.take_up())
        engine = app.engine(progress)
        lane = Lane(app)
        lane.look()
        reports = [engine.cycle(full=full)]
        while not once and len(reports) < ENOUGH and _unfinished(reports[-1]):
            reports.append(engine.cycle())
        lane.look(again=True)
        lane.close()
        if as_json:
            told = lane.told()
            screen.show_json([{**report.summary(), "disconnections": told} for report in reports])
        else:
            for report in reports[:-1]:
                _show_report(replace(report, stops=()))  # the last one tells what still waits
            _show_report(reports[-1])
            lane.show()
        if any(one.problems for one in lane.rounds) or app.found.files is Files.REFUSED:
            finish(FAILED)
        if app.found.files is Files.WAITING:
            finish(UNDECIDED)
        _end(app, reports[-1])


def _unfinished(report: Report) -> bool:
    return bool((report.landed or report.notes) and not report.skipped)


def _show_report(report: Report) -> None:
    if report.skipped:
        screen.say(report.skipped)
        return
    landed = sorted(report.landed.items())
    written = ", ".join(f"{number} in {system}" for system, number in landed)
    fresh = report.changed + report.new
    records = "record" if report.observed == 1 else "records"
    screen.say(
        f"{report.run}: {report.observed} {records} read, {fresh} new or changed; "
        f"written: {written or 'nothing'}; notes: {report.notes}; {report.seconds:.2f} s"
    )
    look = "(ubm-sync quarantine list)"
    for number, one, many in (
        (report.restored, "edit put back", "edits put back"),
        (report.refused, f"value refused {look}", f"values refused {look}"),
        (report.quarantined, f"record set aside {look}", f"records set aside {look}"),
        (
            report.vanished,
            "row vanished; its manager is asked",
            "rows vanished; their managers are asked",
        ),
    ):
        if number:
            screen.say(f"  {number} {one if number == 1 else many}")
    for text in (*report.problems, *(sentence(stop) for stop in report.stops)):
        screen.complain(f"  {text}")


def _end(app: Application, report: Report) -> None:
    """Choose the exit code: failed where a system failed, 3 where a person must decide."""
    if report.problems or report.skipped:
        finish(FAILED)
    with app.state.reading() as tx:
        stops, conflicts = tx.guard.list(), tx.conflicts.list()
    waiting = bool(report.stops or stops or conflicts)
    if not report.stops:
        for stop in stops:
            screen.complain(f"  {sentence(stop)}")
    if number := len(conflicts):
        wait = "1 conflict waits" if number == 1 else f"{number} conflicts wait"
        screen.complain(f"  {wait} for a decision (ubm-sync conflicts list)")
    for key in sorted(app.held):
        screen.complain(
            f"Nothing is written for {key}: what exists is being matched. Look at it with: "
            f"ubm-sync match --customer {key}"
        )
    if waiting or app.held:
        finish(UNDECIDED)


def run() -> None:
    """Run the service until it is told to stop (SIGTERM, Ctrl-C); logs go to standard error.

    Example: ubm-sync run
    """
    with application(log_to_screen=True) as app:

        def taken_over(renewed: Application) -> None:
            log_to_stream(renewed, sys.stderr)
            service.follow(jobs(renewed, live=live))

        live = Live(app, reload_environment, taken_over, settled=SETTLED)
        watching = Job("configuration", live.refresh, seconds=WATCH_EVERY, turn="files")
        service = Service([*jobs(app, live=live), watching], app.stop)
        try:
            service.run()
        finally:
            live.close()


def jobs(app: Application, every: float | None = None, live: Live | None = None) -> list[Job]:
    """Return what the service does and when; ``every`` replaces the configured seconds."""
    cadence = app.configuration.service.cadence
    lane = app.configuration.disconnections
    service = live or Live(app)
    return [
        Job("disconnections", service.dispatch, seconds=every or lane.poll_every, turn="desk"),
        Job("sync", service.cycle, seconds=every or cadence.sync_every),
        Job(
            "full read",
            lambda: service.cycle(full=True),
            at=cadence.full_read_at,
            zone=cadence.zone,
        ),
        Job(
            "daily check",
            service.check_unrouted,
            at=lane.daily_check_at,
            zone=cadence.zone,
            turn="desk",
        ),
    ]
