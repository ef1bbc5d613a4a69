"""Commands that look: check, why, verify-log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer

from ubm_sync.app import Application
from ubm_sync.calendars import AHEAD, parse_instant
from ubm_sync.cli import screen
from ubm_sync.cli.context import (
    FAILED,
    UNDECIDED,
    application,
    finish,
    reload_environment,
    shown_at,
)
from ubm_sync.cli.standing import standing_document
from ubm_sync.cli.working import Json
from ubm_sync.doctor import examine, examine_live
from ubm_sync.errors import ConfigError, Refused, SyncError
from ubm_sync.mapping import in_order, nearest
from ubm_sync.ports import Change, KnowsAuthors
from ubm_sync.reports.why import Subject, explain, find, with_versions
from ubm_sync.state import Tx

log = structlog.get_logger(__name__)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(check)
    app.command()(why)
    app.command("verify-log")(verify_log)


def check(
    live: Annotated[
        bool, typer.Option("--live", help="Ask the systems too: fields, options, people.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Check every configuration file; each mistake with file, line and column.

    Days of the next weeks on which nobody covers a customer are mistakes too. Files of customers
    that wait in a drop folder and cannot be read are named (exit code 3).

    Example: ubm-sync check --live
    """
    environment = reload_environment()
    found = examine(environment)
    flaws = list(found.flaws)
    configuration = found.configuration
    if live and configuration is not None:
        with application() as app:
            flaws = in_order([*flaws, *examine_live(app)])
    log.debug("configuration checked", flaws=len(flaws))
    mappings = configuration.mappings if configuration is not None else {}
    kinds = {kind: len(mapping.fields) for kind, mapping in mappings.items()}
    customers = len(configuration.customers) if configuration is not None else 0
    unread = [] if flaws or configuration is None else Application(environment).unread_files()
    if as_json:
        shown = [
            {"file": one.file, "line": one.line, "column": one.column, "message": one.message}
            for one in flaws
        ]
        counts = {"fields": kinds, "customers": customers, "phrase_tests": found.tests}
        screen.show_json({"flaws": shown, **counts, "files": unread, "version": _standing()})
    if flaws:
        raise ConfigError(flaws)
    if not as_json:
        _show_checked(kinds, customers, found.tests, live=live)
        for text in unread:
            screen.complain(text)
    if unread:
        finish(UNDECIDED)


def _show_checked(kinds: Mapping[str, int], customers: int, tests: int, *, live: bool) -> None:
    """Say what was looked at and found right."""
    for kind, fields in kinds.items():
        screen.say(f"mapping {kind}: {fields} fields, all right")
    screen.say(f"customers: {customers}, all right")
    screen.say(f"coverage: somebody is there for each of them on each of the next {AHEAD} days")
    screen.say(f"disconnection phrases: {tests} tests, all right")
    if live:
        screen.say("the systems: everything the mappings ask for is there")
    standing = _standing()
    if standing is not None:
        screen.say(standing["text"])


def _standing() -> dict[str, Any] | None:
    """Return which version is in force, as the running service sees it; None without a state."""
    environment = reload_environment()
    url = environment.state_url
    path = url.partition("sqlite:///")[2]
    if path and not Path(path).exists():
        return None  # a check makes no database
    with application() as app:
        try:
            return standing_document(app.found)
        except SyncError as error:
            log.warning("versions not known", error=str(error))
            return None


def why(
    system: Annotated[str, typer.Argument(help="The system you look at.")],
    ref: Annotated[str, typer.Argument(metavar="ID", help="The record's id there.")],
    field: Annotated[str, typer.Argument(help="The field, by its name in the mapping.")],
    as_json: Json = False,
) -> None:
    """Say why a value is what it is: who set it, when, by which rule, and what was there before.

    Example: ubm-sync why store UBM-0000001 city
    """
    with application() as app:
        with app.state.reading() as tx:
            mappings = app.configuration.mappings
            _known_names(app, system, field)
            subject = find(tx, mappings, system, ref.lstrip("#"), field)
        if subject is None:
            raise Refused(
                f"Nothing is known of {ref} in {system} with a field {field}; "
                "check the id, or run ubm-sync sync first."
            )
        authors = _authors(app, subject)
        with app.state.reading() as tx:
            found = with_versions(tx, subject, explain(tx, subject, authors), app.clock.now())
        if as_json:
            screen.show_json(found)
        else:
            _show_story(app, found)


def _authors(app: Application, subject: Subject) -> dict[str, Sequence[Change]]:
    """Ask the systems that remember it who gave the field its values; without them it goes too."""
    found: dict[str, Sequence[Change]] = {}
    for place, seen in subject.seen.items():
        system = subject.mapping.place(place).system
        try:
            connector = app.connectors[system]
            if isinstance(connector, KnowsAuthors) and not seen.gone:
                told = connector.authors([seen], {seen.ref: [subject.field]})
                found[place] = told.get(seen.ref, {}).get(subject.field, ())
        except SyncError as error:
            screen.complain(f"{system} was not asked who changed it: {error}")
    return found


_TOLD = ("run", "version", "place", "before", "after", "by", "why", "result")  # of a change


def _show_story(app: Application, found: dict[str, Any]) -> None:
    def when(text: str | None) -> str:
        return shown_at(app, parse_instant(text or ""), seconds=True)

    screen.say(f"Record {found['record']} of {found['customer']}, field {found['field']}")
    version = found["rule"]["version"]
    by = f" (version {version})" if version else ""
    screen.say(f"Rule{by}: {found['rule']['text']}.")
    screen.table(
        "Now",
        ("place", "id", "value", "since", "by", "how"),
        [
            (one["place"], one["ref"], one["value"], when(one["at"]), one["by"], one["how"])
            for one in found["now"]
        ],
    )
    _say_what_is_gone(found["now"])
    screen.say(f"Agreed by all places: {found['base'] or '(nothing)'}")
    screen.table(
        "History, newest first",
        ("when", *_TOLD),
        [
            [
                when(one["at"]),
                *(one[name] for name in _TOLD),
            ]
            for one in found["history"]
        ],
    )
    screen.table(
        "Conflicts",
        ("since", "values", "ended", "how", "by"),
        [
            (
                when(one["since"]),
                "; ".join(f"{place}: {value or ''}" for place, value in one["values"].items()),
                when(one["closed"]),
                one["how"],
                one["by"],
            )
            for one in found["conflicts"]
        ],
    )
    screen.table(
        "Values that were replaced and are kept (bring one back: ubm-sync kept restore ID)",
        ("id", "when", "place", "value", "reason", "by"),
        [
            (one["id"], when(one["at"]), one["place"], one["value"], one["reason"], one["by"])
            for one in found["kept"]
        ],
    )


def _known_names(app: Application, system: str, field: str) -> None:
    """Refuse a system or a field that does not exist, naming the nearest one."""
    systems = app.configuration.service.systems
    if system not in systems:
        raise Refused(f'There is no system "{system}"; choose one of {", ".join(sorted(systems))}.')
    fields = {name for mapping in app.configuration.mappings.values() for name in mapping.fields}
    if field not in fields:
        hint = nearest(field, fields) or "; the mapping's files name them all."
        raise Refused(f'There is no field "{field}"{hint}')


def _say_what_is_gone(places: Sequence[Mapping[str, str]]) -> None:
    for one in places:
        if one["gone"]:
            how, _, into = one["gone"].partition(":")
            how = f"{how} into {into}" if into else how
            screen.say(f"The {one['place']} {one['ref']} is gone ({how}); so it was last seen.")


def verify_log(
    noted: Annotated[
        str, typer.Option("--noted", help="A hash noted earlier, e.g. from the service's log.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Check the audit log, the ledger of delays and its evidence: nothing edited, dropped, moved.

    Example: ubm-sync verify-log --noted 9f2c4e...
    """
    with application() as app, app.state.reading() as tx:
        heads = {
            "head": tx.audit.last_hash(),
            "delays": tx.delays.last_hash(),
            "evidence": tx.facts.last_hash(),
        }
        fault = _fault(tx, noted)
    if fault is None:
        if as_json:
            screen.show_json({"whole": True, **heads})
            return
        screen.say(f"The log is whole; its head is {heads['head'] or '(empty)'}.")
        screen.say(f"The ledger of delays is whole; its head is {heads['delays'] or '(empty)'}.")
        screen.say(f"Its evidence is whole; its head is {heads['evidence'] or '(empty)'}.")
        return
    where, entry, reason = fault
    if as_json:
        screen.show_json({"whole": False, "entry": entry, "reason": f"{reason}."})
    screen.complain(
        f"The {where}: {reason}. Keep the database as it is and compare it with a backup."
    )
    finish(FAILED)


def _fault(tx: Tx, noted: str) -> tuple[str, int | None, str] | None:
    """Return what is wrong with the chains (where, entry, why), None where they hold."""
    for chain, name in (
        (tx.audit, "log"),
        (tx.delays, "ledger of delays"),
        (tx.facts, "log of evidence"),
    ):
        broken = chain.verify()
        if broken is not None:
            return f"{name} is broken at entry {broken.seq}", broken.seq, broken.reason.rstrip(".")
    if noted and not any(one.holds(noted) for one in (tx.audit, tx.delays, tx.facts)):
        return "log is not the one of that time", None, f"No entry has the hash {noted}"
    return None
