"""Commands about disconnections: disconnections who."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from ubm_sync.app import Application
from ubm_sync.calendars import ROLES, Choice, Rung, clock_text, day_text, instant_text, local
from ubm_sync.calendars.local import zone_of
from ubm_sync.cli import screen
from ubm_sync.cli.context import application
from ubm_sync.cli.working import Json
from ubm_sync.config import Configuration
from ubm_sync.errors import SyncError, with_next_step
from ubm_sync.mapping import listed, nearest
from ubm_sync.model import Customer
from ubm_sync.ports import KnowsPeople

disconnections = typer.Typer(
    no_args_is_help=True, help="Notices of disconnection: who is given them, and what came of them."
)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(disconnections, name="disconnections")


@dataclass
class Colleagues:
    """Whether somebody can be given work in the ticket system; asked once for each e-mail.

    Where the system cannot be asked, everybody counts as active and ``unchecked`` says why.
    """

    people: KnowsPeople | None
    unchecked: str = ""
    known: dict[str, bool] = field(default_factory=dict)

    def active(self, email: str) -> bool:
        """Return whether work can be given to this e-mail, as far as it can be known."""
        if self.people is None or self.unchecked:
            return True
        if email not in self.known:
            try:
                self.known[email] = self.people.knows(email)
            except SyncError as error:
                self.unchecked = with_next_step(error, "Ask again later.")
                return True
        return self.known[email]


@contextmanager
def colleagues(app: Application) -> Iterator[Colleagues]:
    """Give who can say whether people sign in: the ticket system, where it can be reached."""
    system = _ticket_system(app.configuration)
    if not system:
        yield Colleagues(None, "No mapping names a ticket system.")
        return
    try:
        connector = app.connect(system)  # the other systems need not be reachable
    except SyncError as error:
        yield Colleagues(None, str(error))
        return
    with closing(connector):
        if isinstance(connector, KnowsPeople):
            yield Colleagues(connector)
        else:
            name = app.configuration.service.names[system]
            yield Colleagues(None, f"{name} does not tell who signs in to it.")


def _ticket_system(configuration: Configuration) -> str:
    """Return the system in which people are given work, "" where there is none."""
    if configuration.desk is not None:
        return configuration.desk.system
    for mapping in configuration.mappings.values():
        with suppress(KeyError):
            return mapping.place("ticket").system
    return ""


@disconnections.command()
def who(
    customer: Annotated[str, typer.Option("--customer", metavar="KEY", help="The customer's key.")],
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help='When, by the customer\'s clock: "2026-12-24 18:30".'),
    ] = None,
    not_urgent: Annotated[
        bool, typer.Option("--not-urgent", help="Ask for work that can wait.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say who would be given a customer's disconnection, why, and who is told next.

    Example: ubm-sync disconnections who --customer halsted --at "2026-12-24 18:30"
    """
    with application() as app, colleagues(app) as people:
        found = _customer(app, customer)
        now = _instant(at, found.zone) if at is not None else app.clock.now()
        coverage = app.configuration.coverage
        choice = coverage.effective_owner(found, now, urgent=not not_urgent, active=people.active)
        rungs = coverage.ladder(found, now, choice.email, people.active)
        business = coverage.is_business_time(found, now)
    if as_json:
        screen.show_json(
            _as_json(found, now, choice, rungs)
            | {"urgent": not not_urgent, "business_time": business, "unchecked": people.unchecked}
        )
        return
    when = f"{_time(now, found.zone)}, {'in' if business else 'outside'} business hours"
    what = "Work that can wait" if not_urgent else "A disconnection"
    screen.say(f"{what} of {found.name} ({when}) goes to {_named(choice)}.")
    for step in choice.steps:
        screen.say(f"  {ROLES[step.role]}{f' {step.email}' if step.email else ''}: {step.verdict}")
    screen.say("If nobody answers:" if rungs else "If nobody answers, nobody is left to be told.")
    for rung in rungs:
        screen.say(f"  level {rung.level}: {_named(rung)}")
    if people.unchecked:
        screen.complain(
            f"Whether these people can still sign in was not checked: {people.unchecked}"
        )


def _customer(app: Application, key: str) -> Customer:
    """Return a customer; raises BadParameter with the nearest name."""
    customer = app.customers.get(key)
    if customer is not None:
        return customer
    hint = nearest(key, app.customers) or f"; there are: {listed(sorted(app.customers)) or 'none'}"
    raise typer.BadParameter(f'there is no customer "{key}"{hint}', param_hint="--customer")


def _instant(text: str, zone: str) -> datetime:
    """Return a time as typed, by the clocks of ``zone`` unless it names an offset itself."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(
            f'"{text}" is no time; write one like "2026-12-24 18:30"', param_hint="--at"
        ) from None
    aware = found if found.tzinfo is not None else found.replace(tzinfo=zone_of(zone))
    return aware.astimezone(UTC)


def _time(now: datetime, zone: str) -> str:
    return f"{day_text(local(now, zone).date())} {clock_text(now, zone, with_zone=True)}"


def _named(one: Choice | Rung) -> str:
    if not one.email:
        return "nobody"
    name = one.name if one.name == one.email else f"{one.name} <{one.email}>"
    return f"{name} ({ROLES[one.role]})"


def _as_json(
    customer: Customer, now: datetime, choice: Choice, rungs: Sequence[Rung]
) -> dict[str, Any]:
    return {
        "customer": customer.key,
        "at": instant_text(now),
        "email": choice.email,
        "name": choice.name,
        "role": choice.role,
        "steps": [step._asdict() for step in choice.steps],
        "ladder": [rung._asdict() for rung in rungs],
    }
