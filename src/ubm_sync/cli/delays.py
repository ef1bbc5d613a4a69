"""Commands about the delays of onboardings: delays list, explain, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ubm_sync.app import Application
from ubm_sync.calendars import instant_text
from ubm_sync.cli import screen
from ubm_sync.cli.context import application
from ubm_sync.cli.working import Json
from ubm_sync.config import write_text
from ubm_sync.errors import Refused
from ubm_sync.reports.delay_files import files
from ubm_sync.reports.delays import Account, accounts, find, hint, overview, portfolio, story
from ubm_sync.state import Tx

delays = typer.Typer(
    no_args_is_help=True, help="Who delayed the onboardings, by how much, and how it is known."
)
OfCustomer = Annotated[
    str | None, typer.Option("--customer", metavar="KEY", help="Only of this customer.")
]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(delays, name="delays")


def _accounts(app: Application, tx: Tx, customer: str | None = None) -> list[Account]:
    """Return the onboardings; raises Refused where a customer that was named has none."""
    rules = app.configuration.delays.rules
    found = accounts(tx, app.customers, rules, app.clock.now(), customer)
    if customer is not None and not found:
        everybody = accounts(tx, app.customers, rules, app.clock.now())
        raise _unknown(everybody, customer)
    return found


def _unknown(found: list[Account], subject: str) -> Refused:
    return Refused(
        f'No onboarding of "{subject}" was looked at yet{hint(found, subject)}. Give a ticket\'s '
        "id or a customer's key, or run ubm-sync sync first."
    )


@delays.command("list")
def list_delays(customer: OfCustomer = None, as_json: Json = False) -> None:
    """Show every onboarding with its days, and the figures of all of them against the goal.

    Example: ubm-sync delays list --customer halsted
    """
    with application() as app, app.state.reading() as tx:
        found = _accounts(app, tx, customer)
        lines = [overview(one) for one in found]
        figures = portfolio(found, app.configuration.delays.rules.goal_days)
    if as_json:
        screen.show_json({"onboardings": lines, "portfolio": figures})
        return
    screen.table(
        "Onboardings, in days",
        (
            "customer", "ticket", "status", "day", "client alone", "shared", "utility", "our own",
            "net", "open", "remarks",
        ),
        [_line(one) for one in lines],
    )  # fmt: skip
    _show_portfolio(figures)


def _line(one: dict[str, Any]) -> list[object]:
    remarks = [
        *(["override"] if one["override"] else []),
        *(["disputed"] if one["disputes"] else []),
    ]
    remarks += ["needs review"] if one["needs_review"] else []
    names = (
        "customer", "ticket", "status", "gross_days", "client_exclusive", "client_shared",
        "vendor", "internal", "net_days",
    )  # fmt: skip
    return [*(one[name] for name in names), ", ".join(one["open"]), ", ".join(remarks)]


def _show_portfolio(figures: dict[str, Any]) -> None:
    done, flying = figures["completed"], figures["in_flight"]
    goal = figures["goal_days"]
    if done["onboardings"]:
        screen.say(
            f"Completed: {done['onboardings']}, {done['within_goal']} of them within {goal} days; "
            f"gross mean {done['mean_gross']}, median {done['median_gross']}; "
            f"net mean {done['mean_net']}, median {done['median_net']}."
        )
    else:
        screen.say(f"Completed: none yet (the goal is {goal} days).")
    if flying["onboardings"]:
        screen.say(
            f"In flight: {flying['onboardings']}, on day {flying['mean_gross']} on average, "
            f"{flying['mean_net']} without the client's own delays."
        )
    for what, days in (
        ("party", figures["days_by_party"]),
        ("code", figures["days_by_code"]),
    ):
        told = ", ".join(f"{name} {number}" for name, number in days.items())
        screen.say(f"Days by {what}: {told or 'none'}")


@delays.command()
def explain(
    subject: Annotated[
        str, typer.Argument(metavar="TICKET|CUSTOMER", help="A ticket's id or a customer's key.")
    ],
    as_json: Json = False,
) -> None:
    """Say why an onboarding's days are what they are: every delay with its evidence and history.

    It reads the ledger alone; no other system is asked.

    Example: ubm-sync delays explain halsted
    """
    with application() as app, app.state.reading() as tx:
        found = _accounts(app, tx)
        account = find(found, subject)
        if account is None:
            raise _unknown(found, subject)
        told = story(tx, account)
    if as_json:
        screen.show_json(told)
        return
    _show_story(told)


@delays.command()
def export(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the files go.")],
    customer: OfCustomer = None,
) -> None:
    """Write the delays as CSV, JSON and one page with a timeline for each customer.

    The pages need no other file and can be printed or saved as PDF by any browser.

    Example: ubm-sync delays export --out reports
    """
    with application() as app:
        written = export_files(app, out, customer)
    screen.say(f"{written} onboardings written to {out}: delays.csv, delays.json and their pages.")


def export_files(app: Application, out: Path, customer: str | None = None) -> int:
    """Write what is known of the delays into a folder; return how many onboardings there are.

    Raises Refused where the folder cannot be written, or the customer has no onboarding.
    """
    with app.state.reading() as tx:
        now = app.clock.now().replace(microsecond=0)
        found = _accounts(app, tx, customer)
        figures = portfolio(found, app.configuration.delays.rules.goal_days)
        told = [story(tx, one) for one in found]
        head = tx.delays.last_hash()
    made = f"Made {instant_text(now)}; the ledger ends with {head or 'nothing'}."
    for name, content in files(told, figures, made).items():
        _save(out / name, content)
    return len(told)


def _save(path: Path, content: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, content)
    except OSError as error:
        raise Refused(
            f"{path} cannot be written ({error.strerror}); give another folder as --out."
        ) from error


def _show_story(told: dict[str, Any]) -> None:
    screen.say(
        f"{told['name']} (ticket {told['ticket']}), {told['status']}: day {told['gross_days']}, "
        f"net {told['net_days']}. Client alone {told['client_exclusive']}, shared "
        f"{told['client_shared']}, others alone {told['others_only']}, nobody's "
        f"{told['unattributed']}."
    )
    if override := told["override"]:
        screen.say(
            f"{override['by']} set {override['days']} client days at {override['at']}: "
            f"{override['reason']}"
        )
    for code, one in told["disputes"].items():
        screen.say(f"{one['by']} disputes {code} since {one['at']}: {one['reason']}")
    if response := told["client_response"]:
        screen.say(
            f"The client's statement, attached by {response['by']} at {response['at']}: "
            f"{response['text']}"
        )
    for text in told["needs_review"]:
        screen.complain(f"Needs review: {text}.")
    if not told["events"]:
        screen.say("No delay is known.")
    for event in told["events"]:
        _show_event(event)


def _show_event(event: dict[str, Any]) -> None:
    screen.heading(
        f"{event['number']}. {event['code']} {event['start']} to {event['end'] or 'now'}: "
        f"{event['status']}"
    )
    screen.say(event["sentence"])
    if event["client_response"]:
        screen.say(f"The client says: {event['client_response']}")
    notice = event["notice"]
    screen.say(f"Notice: {_fact(notice)}" if notice else "Notice: none is known")
    for one in event["evidence"]:
        screen.say(f"  {_fact(one)}")
    for one in event["revisions"]:
        why = one["why"] or "first seen"
        by = f"rules {one['rules']}, settings {one['settings']}, {one['run']}"
        screen.say(
            f"  revision {one['number']} at {one['at']}: {one['status']}, {why} "
            f"({by}, entry {one['entry']})"
        )


def _fact(one: dict[str, str]) -> str:
    who = f" by {one['actor']}" if one["actor"] else ""
    where = one["link"] or f"{one['system']} {one['record']} {one['field']}".rstrip()
    return f"{one['at']} {one['kind']} {one['value']}{who} ({where})"
