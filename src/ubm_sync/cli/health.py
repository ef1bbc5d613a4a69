"""The command that says how the service is: status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import typer

from ubm_sync.calendars import parse_instant, stamp
from ubm_sync.cli import screen
from ubm_sync.cli.context import FAILED, UNDECIDED, application, finish
from ubm_sync.cli.standing import standing_document
from ubm_sync.cli.working import Json
from ubm_sync.errors import ConfigError
from ubm_sync.reports.status import service_status
from ubm_sync.sync.limits import Kind
from ubm_sync.versions.found import Files

MOST_SHOWN = 20  # tickets that changed hands; a person may have left thousands


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(status)


def status(as_json: Json = False) -> None:
    """Say how the service is: last work, what is wrong, what waits for whom.

    Example: ubm-sync status --json
    """
    with application() as app:
        try:
            configuration, flaws = app.configuration, app.found.flaws
            standing = standing_document(app.found)
            refused = app.found.files is Files.REFUSED
        except ConfigError as error:  # no version is in force that could be looked at
            configuration, flaws, standing, refused = None, error.flaws, None, True
        with app.state.reading() as tx:
            found = service_status(tx, app.clock.now(), configuration, flaws)
        found["version"] = standing
        if as_json:
            screen.show_json(found)
        else:
            _show_status(found)
        if refused:
            finish(FAILED)
        waits = standing is not None and standing["waiting"] is not None
        if waits or found["waiting"]["stops"] or found["waiting"]["conflicts"]:
            finish(UNDECIDED)


def _show_disconnections(found: dict[str, Any]) -> None:
    """Say how disconnections stand, where there are any."""
    for key, one, many in (
        ("open", "disconnection waits for somebody", "disconnections wait for somebody"),
        ("acknowledged", "disconnection is in hand", "disconnections are in hand"),
        ("unrouted", "of them reached nobody", "of them reached nobody"),
    ):
        if number := found[key]:
            screen.say(f"{number:>7} {one if number == 1 else many}")


def _show_status(found: dict[str, Any]) -> None:
    zone = found["zone"]
    last = _shown(found["last_success"], zone)
    lag = found["lag_seconds"]
    ago = "" if lag is None else f" ({lag:.0f} s ago)"
    screen.say(f"Last successful cycle: {last or 'none yet'}{ago}")
    for system in found["systems"].values():
        trouble = f"; since then: {system['trouble']}" if system["trouble"] else ""
        done = _shown(system["last_success"], zone)
        screen.say(f"  {system['name']} worked last: {done or '-'}{trouble}")
    for key, one, many in (
        ("conflicts", "conflict waits for a decision", "conflicts wait for a decision"),
        ("quarantine", "value or record is set aside", "values or records are set aside"),
        (
            "stops",
            "group of changes waits for an approval",
            "groups of changes wait for an approval",
        ),
        ("notes", "note waits to be written", "notes wait to be written"),
        ("due", "record waits for the next cycle", "records wait for the next cycle"),
    ):
        number = found["waiting"][key]
        screen.say(f"{number:>7} {one if number == 1 else many}")
    for whom, number in found["waits_for"].items():
        wait = "location waits" if number == 1 else "locations wait"
        screen.say(f"{number:>7} {wait} for {whom}")
    _show_disconnections(found["disconnections"])
    if oldest := _shown(found["oldest_unsolved"], zone):
        screen.say(f"The oldest of what is unsolved is from {oldest}.")
    if found["version"] is not None:
        screen.say(found["version"]["text"])
    screen.table(
        "Problems",
        ("where", "since", "what"),
        [(one["where"], _shown(one["since"], zone), one["text"]) for one in found["problems"]],
    )
    for one in found["left_behind"]:
        screen.complain(one["text"])
    _show_handed_over(found["handed_over"], zone)
    show_stops(found["stops"])
    screen.table(
        "Customers",
        ("customer", "state", "records by status"),
        [
            (key, one["state"], ", ".join(f"{n} {s or 'new'}" for s, n in one["records"].items()))
            for key, one in found["customers"].items()
        ],
    )
    for text in found["configuration"]:
        screen.complain(text)


def _show_handed_over(tickets: Sequence[Mapping[str, str]], zone: str) -> None:
    """Say which tickets somebody else has now because their owner cannot sign in any more."""
    if not tickets:
        return
    screen.table(
        "Tickets of people who cannot sign in any more",
        ("when", "ticket", "was with", "is with"),
        [
            (_shown(one["at"], zone), f"#{one['ticket']}", one["from"], one["to"])
            for one in tickets[:MOST_SHOWN]
        ],
    )
    if len(tickets) > MOST_SHOWN:
        screen.say(f"and {len(tickets) - MOST_SHOWN} more: ubm-sync status --json lists them all.")


def _shown(instant: str | None, zone: str) -> str:
    """Return an instant's ISO text as people read it, to the minute; "" for none."""
    at = parse_instant(instant or "")
    return stamp(at, zone) if at is not None else ""


def _before_and_after(kind: str, sample: Mapping[str, Any]) -> tuple[str, str]:
    """Return what a change that waits is from and to; of a new record no single value is named."""
    if kind == Kind.CREATE:
        return "", "(new)"
    return sample["before"] or "(empty)", sample["after"] or "(empty)"


def show_stops(stops: Sequence[Mapping[str, Any]]) -> None:
    """Show what the guard stopped, one sentence each, and some of the changes."""
    for one in stops:
        screen.complain(one["text"])
    screen.table(
        "Changes that wait for an approval",
        ("id", "customer", "system", "field", "what", "before", "after"),
        [
            (
                one["id"], one["customer"], one["system"], one["field"],
                sample["label"] or sample["record"],
                *_before_and_after(one["kind"], sample),
            )
            for one in stops
            if one["approved_by"] is None
            for sample in one["samples"]
        ],
    )  # fmt: skip
