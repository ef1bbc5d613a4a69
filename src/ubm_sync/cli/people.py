"""Commands about customers: add, list, pause, resume."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ubm_sync.app import Application
from ubm_sync.cli import screen
from ubm_sync.cli.context import application
from ubm_sync.cli.working import Json
from ubm_sync.config import check_customer, real_folder, set_paused, write_customer
from ubm_sync.errors import Refused, SyncError
from ubm_sync.intakes import KnowsSheets, MakesSheets
from ubm_sync.model import Customer
from ubm_sync.ports import KnowsCompanies, KnowsPeople

NO_SHEET = "0"  # until it is made


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    customer = typer.Typer(
        no_args_is_help=True, help="Customers: one file each in the configuration."
    )
    customer.command("add")(add)
    customer.command("list")(list_customers)
    customer.command("pause")(pause)
    customer.command("resume")(resume)
    app.add_typer(customer, name="customer")


def add(
    key: Annotated[str, typer.Argument(help="Short name: lower case, digits, - and _.")],
    name: Annotated[str, typer.Option(help="The customer's name as people know it.")],
    csm: Annotated[str, typer.Option(help="E-mail of the customer support manager.")],
    csm_name: Annotated[str, typer.Option(help="The manager's name, shown to the customer.")],
    company: Annotated[str, typer.Option(help="Id of the company in the ticket system.")] = "",
    sheet: Annotated[str, typer.Option(help="Id of an existing sheet.")] = "",
    share: Annotated[
        list[str] | None,
        typer.Option(help="Make a new sheet from the template and share it with this e-mail."),
    ] = None,
    folder: Annotated[
        str, typer.Option(help="No sheet: the folder where the customer's files are dropped.")
    ] = "",
    no_sheet: Annotated[
        bool, typer.Option("--no-sheet", help="No sheet: the manager enters requests as tickets.")
    ] = False,
    backup: Annotated[str, typer.Option(help="E-mail of the manager's backup.")] = "",
    zone: Annotated[str, typer.Option(help="Time zone.")] = "America/Chicago",
    match_only: Annotated[
        bool,
        typer.Option("--match-only", help="Write nothing until what exists is matched, approved."),
    ] = False,
) -> None:
    """Add a customer: its file in the configuration and, with --share, its sheet.

    Its rows come from a sheet (--sheet, --share), from files (--folder), or from tickets that the
    manager enters (--no-sheet).

    Example: ubm-sync customer add halsted --name "Halsted Foods" --csm dana@example.com
    --csm-name "Dana Lee" --company 5001 --share jsmith@halsted.example
    """
    if sum(map(bool, (sheet, share, folder, no_sheet))) != 1:
        raise typer.BadParameter(
            "give one of --sheet ID of an existing sheet, --share E-MAIL, --folder PATH, --no-sheet"
        )
    with application() as app:
        path = Path(app.environment.config) / "customers" / f"{key}.yaml"
        if path.exists():
            raise Refused(f"There is a customer {key} already, in {path}; choose another key.")
        customer = Customer(
            key=key,
            name=name,
            company=company,
            intake="csv" if folder else "csm" if no_sheet else "sheet",
            sheet="" if folder or no_sheet else sheet or NO_SHEET,
            folder=_whole(folder) if folder else "",
            csm=csm,
            csm_name=csm_name,
            backup=backup,
            zone=zone,
            match_only=match_only,
        )
        # before a sheet is made for nothing
        check_customer(path, customer, list(app.configuration.mappings.values()))
        _refuse_shared(app, customer)
        _refuse_unknown(app, company)
        _refuse_unreadable(app, sheet)
        where = f"files in {customer.folder}" if folder else "tickets the manager enters"
        if customer.has_sheet:
            made = sheet or make_sheet(app, name, share or [])
            customer, where = replace(customer, sheet=made), f"sheet {made}"
        if folder:
            _make(Path(customer.folder))
        write_customer(path, customer)
        _look_up(app, (csm, backup))
        then = "The next cycle works on it."
        if match_only:
            then = f"Nothing is written for it yet: ubm-sync match --customer {key}"
        screen.say(f"Added {name}: {path}, {where}. {then}")


def _refuse_shared(app: Application, customer: Customer) -> None:
    """Refuse a sheet or a company that is another customer's: data would mix."""
    mine = real_folder(customer.folder)
    for other in app.configuration.customers:
        theirs = real_folder(other.folder)
        if _nested(mine, theirs):
            raise Refused(
                f"One of the folders {customer.folder} and {other.folder} lies inside the other, "
                f"and that one is {other.name}'s ({other.key}); choose one where no other customer "
                "looks. Nothing was added."
            )
        for what, same in (
            ("company", customer.company == other.company),
            ("sheet", customer.sheet == other.sheet),
            ("folder", mine == theirs),  # symbolic links followed
        ):
            value = getattr(customer, what)
            if value and same:
                raise Refused(
                    f"The {what} {value} is {other.name}'s ({other.key}) already; each customer "
                    "has its own. Nothing was added."
                )


def _nested(one: str, other: str) -> bool:
    if not one or not other:
        return False
    mine, theirs = Path(one), Path(other)
    return mine != theirs and (mine in theirs.parents or theirs in mine.parents)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(
            f"The folder {folder} cannot be made ({error.strerror or error}); choose another one. "
            "Nothing was added."
        ) from error


def _refuse_unknown(app: Application, company: str) -> None:
    """Refuse a company that is not there: its tickets could not be linked. Warn where unsure."""
    system = app.configuration.mappings["location"].place("ticket").system
    connector, name = app.connectors[system], app.configuration.service.names[system]
    if not company or not isinstance(connector, KnowsCompanies):
        return
    if _is_absent(f"{name} has the company {company}", lambda: connector.has_company(company)):
        raise Refused(
            f"{name} has no company {company}, so tickets could not be linked to it; give the id "
            "in the company's address there, or leave --company out. Nothing was added."
        )


def _refuse_unreadable(app: Application, sheet: str) -> None:
    """Refuse a sheet that is not there or not shared with us. Warn where unsure."""
    system = app.configuration.mappings["location"].place("row").system
    connector, name = app.connectors[system], app.configuration.service.names[system]
    if not sheet or not isinstance(connector, KnowsSheets):
        return
    if _is_absent(f"{name} has the sheet {sheet}", lambda: connector.has_sheet(sheet)):
        raise Refused(
            f"{name} shows this service no sheet {sheet}, so nothing could be read; give the id in "
            "the sheet's properties, or share the sheet with the service's account as Admin. "
            "Nothing was added."
        )


def _is_absent(what: str, asks: Callable[[], bool]) -> bool:
    """Return whether a system says that something is not there; warn where it says nothing."""
    try:
        return not asks()
    except SyncError as error:
        screen.complain(f"Whether {what} was not checked: {error}")
        return False


def _look_up(app: Application, emails: tuple[str, ...]) -> None:
    """Warn of managers to whom no work can be given; they may still be invited."""
    system = app.configuration.mappings["location"].place("ticket").system
    connector = app.connectors[system]
    if not isinstance(connector, KnowsPeople):
        return
    name = app.configuration.service.names[system]
    for email in emails:
        try:
            known = not email or connector.knows(email)
        except SyncError as error:
            screen.complain(f"{email} could not be looked up in {name}: {error}")
            return
        if not known:
            screen.complain(
                f"No active user of {name} has the e-mail {email}: invite that person, or correct "
                "the file; tickets have no owner until then."
            )
    app.keep(system)


def make_sheet(app: Application, name: str, share: list[str]) -> str:
    """Make a customer's sheet from the template; return its id. Raises Refused."""
    intake = app.configuration.mappings["location"].place("row").system
    connector = app.connectors[intake]
    if not isinstance(connector, MakesSheets):
        raise Refused(f"{intake} cannot make sheets; make one by hand and give its id as --sheet.")
    return connector.create_sheet(f"{name} locations", share)


def list_customers(as_json: Json = False) -> None:
    """List the customers and how many records each has.

    Example: ubm-sync customer list
    """
    with application() as app:
        with app.state.reading() as tx:
            counts = tx.records.counts(kind="location")
        held = app.held
        rows = [
            (one.key, one.name, one.csm, one.sheet,
             "paused" if one.paused else "being matched" if one.key in held else "active",
             sum(counts.get(one.key, {}).values()))
            for one in app.configuration.customers
        ]  # fmt: skip
        names = ("key", "name", "csm", "sheet", "state", "records")
        if as_json:
            screen.show_json([dict(zip(names, row, strict=True)) for row in rows])
        else:
            screen.table("Customers", names, rows)
        for flaw in app.configuration.flaws:
            screen.complain(str(flaw))


def pause(key: Annotated[str, typer.Argument(help="The customer's key.")]) -> None:
    """Stop working on a customer; what it types meanwhile is taken up when it is resumed.

    Example: ubm-sync customer pause halsted
    """
    _set(key, paused=True)


def resume(key: Annotated[str, typer.Argument(help="The customer's key.")]) -> None:
    """Work on a customer again.

    Example: ubm-sync customer resume halsted
    """
    _set(key, paused=False)


def _set(key: str, *, paused: bool) -> None:
    with application() as app:
        path = app.configuration.files.get(key)
        if path is None:
            known = ", ".join(sorted(app.configuration.files)) or "none"
            raise Refused(f"There is no customer {key}; there are: {known}.")
        state = "paused" if paused else "active"
        if set_paused(path, paused=paused):
            screen.say(f"{key} is {state} now ({path}).")
        else:
            screen.say(f"{key} was {state} already.")


def _whole(folder: str) -> str:
    """Return a folder's whole path; the name of a user nobody knows stays as it was typed."""
    return os.path.normpath(Path(os.path.expanduser(folder)).absolute())  # noqa: PTH111 - the other one raises
