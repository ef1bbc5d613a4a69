"""Commands about the template of the customers' sheets: status, plan, apply, versions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from ubm_sync.app import Application
from ubm_sync.calendars import parse_instant
from ubm_sync.cli import screen
from ubm_sync.cli.context import FAILED, application, decider, finish, shown_at
from ubm_sync.cli.report import report
from ubm_sync.cli.working import Json
from ubm_sync.config import write_text
from ubm_sync.errors import Refused
from ubm_sync.model import Customer
from ubm_sync.ports import SetupStep
from ubm_sync.reports.template import exceptions_document, standing_document, versions_document
from ubm_sync.state import Entry
from ubm_sync.sync.templates import known_versions, note_version
from ubm_sync.template import KeepsTemplate

OneCustomer = Annotated[
    str | None, typer.Option("--customer", metavar="KEY", help="Only this customer's sheet.")
]
OneSheet = Annotated[str | None, typer.Option("--sheet", metavar="ID", help="Only this sheet.")]
Order = Annotated[
    bool, typer.Option("--order", help="Put columns that were moved back in order as well.")
]
_FORMAT = 1
_LEFT = "left"  # needed, and not in the plan that is carried out
_NOTHING_DONE = frozenset({"ok", "problem", _LEFT})


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    template = typer.Typer(
        no_args_is_help=True, help="The template of the customers' sheets, and what differs."
    )
    template.command()(status)
    template.command()(plan)
    template.command()(apply)
    template.command()(versions)
    app.add_typer(template, name="template")
    report.command("template-exceptions")(template_exceptions)


def status(customer: OneCustomer = None, sheet: OneSheet = None, as_json: Json = False) -> None:
    """Show of each sheet its version, what differs, what is held up and what is approved.

    It tells what was last read and asks nobody.

    Example: ubm-sync template status --customer halsted
    """
    with application() as app:
        connector = _keeper(app)
        chosen = _chosen(app, customer, sheet)
        with app.state.transaction() as tx:
            current = note_version(tx, connector, app.clock.now())
            known = known_versions(tx, connector.name)
        found = standing_document(connector.standing(), chosen, known, current)
        if as_json:
            screen.show_json(found)
            return
        screen.say(f"The template has version {current.number} (since {current.since[:10]}).")
        names = ("customer", "sheet", "version", "differs", "paused fields", "approved")
        screen.table("Sheets", names, [_row(one) for one in found["sheets"]], whole=names[:2])
        for one in found["sheets"]:
            for each in one["drift"]:
                screen.say(f"  {each['kind']}: {each['text']}")


def _row(one: Mapping[str, Any]) -> list[object]:
    version = one["version"] if one["version"] is not None else "none known"
    approved = [each for each in one["drift"] if each["approved_until"]]
    kinds = [each["kind"] for each in one["drift"]]
    return [
        one["customer"],
        one["sheet"],
        version if one["read"] else "not read yet",
        ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)) or "nothing",
        ", ".join(one["paused"]) or "none",
        len(approved) or "none",
    ]


def plan(
    customer: OneCustomer = None,
    sheet: OneSheet = None,
    order: Order = False,
    out: Annotated[Path | None, typer.Option("--out", help="Write the plan to this file.")] = None,
    as_json: Json = False,
) -> None:
    """Show what would make the sheets what the template says; nothing is changed.

    Example: ubm-sync template plan --out roll-out.json
    """
    with application() as app, screen.progress() as progress:
        connector = _keeper(app)
        chosen = _chosen(app, customer, sheet, only_free=True)
        found = _mend(connector, chosen, progress, dry_run=True, order=order)
        if out is not None:
            steps = [
                {"sheet": where, "key": key, "what": step.what, "detail": step.detail}
                for where, step, key in found
                if step.state.startswith("would")
            ]
            made = {"format": _FORMAT, "order": order, "steps": steps}
            write_text(out, orjson.dumps(made, option=orjson.OPT_INDENT_2).decode() + "\n")
        _show(found, chosen, as_json=as_json)
        if out is not None and not as_json:
            screen.say(f"Saved; carry it out with: ubm-sync template apply {out}")


def apply(
    file: Annotated[
        Path | None, typer.Argument(metavar="[PLAN]", help="Only what template plan --out wrote.")
    ] = None,
    customer: OneCustomer = None,
    sheet: OneSheet = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be done.")
    ] = False,
    order: Order = False,
    by: Annotated[str, typer.Option("--by", help="Who does it; kept in the log.")] = "",
    as_json: Json = False,
) -> None:
    """Make the sheets what the template says: columns, types, options, locks; no cell is touched.

    No column, option or row is ever deleted. Doing it again, or after it was interrupted, does what
    is left. What is approved as an exception stays.

    Example: ubm-sync template apply --customer halsted --dry-run
    """
    with application() as app, screen.progress() as progress:
        connector = _keeper(app)
        chosen = _chosen(app, customer, sheet, only_free=True)
        planned = _read_plan(file) if file is not None else None
        if planned is not None:
            order = order or planned.order
            chosen = {one: chosen[one] for one in planned.keys if one in chosen}
        who = decider(app, by)
        if not dry_run:
            _log(app, who, "template to be applied", {"sheets": sorted(chosen)})
        found: list[tuple[str, SetupStep, str]] = []
        try:
            for where in chosen:
                keys = planned.keys[where] if planned is not None else None
                one = {where: chosen[where]}
                part = _mend(connector, one, progress, dry_run=dry_run, order=order, only=keys)
                found += part
                if not dry_run and any(step.state not in _NOTHING_DONE for _, step, _ in part):
                    _log(app, who, "template applied", {"sheet": where, "steps": _plain(part)})
        finally:
            _show(found, chosen, as_json=as_json)
        if any(step.state == "problem" for _, step, _ in found):
            finish(FAILED)


def versions(as_json: Json = False) -> None:
    """List the versions that the template had, and what each changed.

    Example: ubm-sync template versions
    """
    with application() as app:
        connector = _keeper(app)
        with app.state.transaction() as tx:
            current = note_version(tx, connector, app.clock.now())
            known = known_versions(tx, connector.name)
        found = versions_document(known, current)
        if as_json:
            screen.show_json(found)
            return
        rows = [
            (
                one["version"],
                shown_at(app, parse_instant(one["since"])),
                "yes" if one["in_effect"] else "",
                "; ".join([*(f"+ {x}" for x in one["added"]), *(f"- {x}" for x in one["removed"])]),
            )
            for one in found
        ]
        screen.table("Versions of the template", ("version", "since", "in effect", "changes"), rows)


def template_exceptions(as_json: Json = False) -> None:
    """List the approved exceptions from the template, with owner and end.

    Example: ubm-sync report template-exceptions
    """
    with application() as app:
        standing = _keeper(app).standing()
        found = exceptions_document(app.configuration.customers, standing, app.clock.now())
        if as_json:
            screen.show_json(found)
            return
        names = ("customer", "field", "drift", "owner", "until", "days_left", "state", "reason")
        rows = [[one[name] for name in names] for one in found["exceptions"]]
        titles = [name.replace("_", " ") for name in names]
        screen.table("Exceptions from the template", titles, rows, whole=("owner", "until"))
        counts = ", ".join(f"{number} {state}" for state, number in found["counts"].items())
        screen.say(f"{len(rows)} exceptions: {counts}.")


def _keeper(app: Application) -> KeepsTemplate:
    """Return the connector of the intake, knowing what the service knows."""
    system = app.configuration.mappings["location"].place("row").system
    connector = app.connectors[system]
    if not isinstance(connector, KeepsTemplate):
        raise Refused(f"{system} has no sheets made from a template; there is nothing to compare.")
    app.recall(system)
    return connector


def _chosen(
    app: Application, customer: str | None, sheet: str | None, *, only_free: bool = False
) -> dict[str, Customer]:
    """Return the customers by their sheet; raises Refused where nothing fits.

    ``only_free`` leaves out those that are being matched: nothing is written for them before a
    person lets it begin.
    """
    held = app.held if only_free else frozenset()
    if customer in held:
        raise Refused(
            f"{customer} is being matched, so nothing is written to its sheet; let it begin first: "
            f"ubm-sync match --customer {customer} --begin --by NAME"
        )
    active = {
        one.sheet: one
        for one in app.configuration.customers
        if one.sheet and not one.paused and one.key not in held
    }
    chosen = {
        where: one
        for where, one in active.items()
        if customer in {None, one.key} and sheet in {None, where}
    }
    if not chosen and (customer or sheet):
        known = ", ".join(f"{one.key} ({where})" for where, one in active.items()) or "none"
        wanted = f"customer {customer}" if customer else f"sheet {sheet}"
        raise Refused(f"There is no {wanted} with a sheet that is worked on; there are: {known}.")
    return chosen


def _mend(
    connector: KeepsTemplate,
    chosen: Mapping[str, Customer],
    progress: Any,
    *,
    dry_run: bool,
    order: bool,
    only: Collection[str] | None = None,
) -> list[tuple[str, SetupStep, str]]:
    found = []
    for one in connector.mend(list(chosen), dry_run=dry_run, order=order, only=only):
        found.append(one)
        progress("comparing" if dry_run else "applying the template", len(found), None)
    return found


class _Plan:
    """What a plan allows: the keys of its steps by sheet."""

    def __init__(self, order: bool, keys: Mapping[str, frozenset[str]]) -> None:
        self.order = order
        self.keys = keys


def _read_plan(file: Path) -> _Plan:
    try:
        body = orjson.loads(file.read_bytes())
        keys: dict[str, set[str]] = {}
        for step in body["steps"] if body["format"] == _FORMAT else [{}]:
            keys.setdefault(str(step["sheet"]), set()).add(str(step["key"]))
        return _Plan(bool(body["order"]), {one: frozenset(each) for one, each in keys.items()})
    except OSError as error:
        raise Refused(f"{file} cannot be read ({error.strerror}); name a plan's file.") from error
    except (ValueError, KeyError, TypeError) as error:
        text = (
            f"{file} is no plan of this version; make one with: ubm-sync template plan --out {file}"
        )
        raise Refused(text) from error


def _plain(found: Sequence[tuple[str, SetupStep, str]]) -> list[dict[str, str]]:
    return [{"what": s.what, "state": s.state, "detail": s.detail, "key": k} for _, s, k in found]


def _log(app: Application, who: str, action: str, body: Mapping[str, Any]) -> None:
    with app.state.transaction() as tx:
        tx.audit.append([Entry(app.clock.now(), "", who, action, "", dict(body))])


def _show(
    found: Sequence[tuple[str, SetupStep, str]], chosen: Mapping[str, Customer], *, as_json: bool
) -> None:
    if as_json:
        screen.show_json(
            [
                {"customer": chosen[where].key, "sheet": where, **plain}
                for (where, _, _), plain in zip(found, _plain(found), strict=True)
            ]
        )
        return
    rows = [
        (chosen[where].key, step.what, step.state, step.detail)
        for where, step, _ in found
        if step.state != "ok"
    ]
    left = {
        where
        for where, step, _ in found
        if step.state in {"problem", _LEFT} or step.state.startswith("would ")
    }
    screen.say(f"{len(chosen) - len(left)} of {len(chosen)} sheets are as they should be.")
    if rows:
        screen.table("Template", ("customer", "what", "state", "detail"), rows)
