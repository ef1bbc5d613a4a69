"""A changed mapping tried out: on live data, and on what was seen in past days."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from ubm_sync.app import Application
from ubm_sync.cli import screen
from ubm_sync.cli.context import shown_at
from ubm_sync.config import Configuration
from ubm_sync.errors import ConfigError, NotThere, Refused
from ubm_sync.mapping import Mapping
from ubm_sync.rehearsal import compared
from ubm_sync.sync.rules import compile_rules
from ubm_sync.versions.effect import Effect
from ubm_sync.versions.files import FileSet
from ubm_sync.versions.replay import Replayed, Side, replay
from ubm_sync.versions.words import differences, texts

MOST = 200  # lines that fit a screen


def tried(app: Application, name: Path | str) -> Configuration:
    """Return what is in force with other mappings: of a folder; raises ConfigError, Refused."""
    folder = Path(name)
    if not folder.is_dir():
        raise Refused(f"There is no folder {folder}; give one with the changed mappings.")
    return app.keeper.with_mappings(folder)[1]


def side_of(app: Application, name: str) -> tuple[str, FileSet, Configuration]:
    """Return what people call it, files and configuration of a folder of mappings or a version."""
    keeper = app.keeper
    if Path(name).is_dir():
        files, configuration = keeper.with_mappings(Path(name))
        return str(name), files, configuration
    try:
        version, files = keeper.version(name)
    except NotThere as error:
        text = f'There is no folder and no version "{name}"; see ubm-sync mapping history.'
        raise NotThere(text) from error
    return version.name, files, keeper.load(files)


def show_effect(
    app: Application, name: str, files: FileSet, after: Configuration, *, as_json: bool
) -> None:
    """Show what mappings would change on live data, beside how they differ from those in force."""
    before = app.keeper.in_force()
    told = differences(before.mappings, after.mappings)
    found = compared(app, before, after)
    if as_json:
        rules = [
            {"kind": one.kind, "field": one.field, "place": one.place, "cause": one.cause,
             "text": one.sentence}
            for one in told
        ]  # fmt: skip
        screen.show_json({"of": name, "hash": files.hash, "rules": rules, **found.document()})
        return
    screen.table(
        "How the mappings differ", ("class", "what"), [(one.cause, one.sentence) for one in told]
    )
    show_changes(found)
    for text in found.problems:
        screen.complain(f"Needed first (ubm-sync setup --dry-run shows it): {text}")
    screen.say(found.sentence)


def show_changes(found: Effect) -> None:
    """Show an effect, one line for each system, field and customer, with an example."""
    rows = []
    for one in found.lines[:MOST]:
        sample = one.samples[0] if one.samples else {}
        change = f"{sample.get('before') or '(empty)'} -> {sample.get('after') or '(empty)'}"
        rows.append((
            one.system, one.field or f"({one.place})", one.customer, one.kind, one.count,
            sample.get("label") or sample.get("record"), "" if one.kind == "create" else change,
        ))  # fmt: skip
    columns = ("system", "field", "customer", "what", "records", "for example", "change")
    screen.table("What would change", columns, rows)
    if len(found.lines) > MOST:
        screen.say(f"... and {len(found.lines) - MOST} more lines; see them all with --json")


def show_texts(
    one: tuple[str, FileSet, Configuration],
    other: tuple[str, FileSet, Configuration],
    *,
    as_json: bool,
) -> None:
    """Show how two versions differ, as rules and as text; no system is asked."""
    told = differences(one[2].mappings, other[2].mappings)
    lines = texts(one[1].texts(), other[1].texts())
    if as_json:
        rules = [{"cause": each.cause, "text": each.sentence} for each in told]
        screen.show_json({"from": one[0], "to": other[0], "rules": rules, "text": lines})
        return
    screen.table(
        f"From {one[0]} to {other[0]}",
        ("class", "what"),
        [(each.cause, each.sentence) for each in told],
    )
    screen.say(lines or "The files are the same.")


def show_replay(app: Application, mapping: Path | None, days: int, *, as_json: bool) -> None:
    """Decide what was seen in past days again, under other mappings; show differences by cause."""
    before = app.keeper.in_force()
    after = tried(app, mapping) if mapping is not None else app.configuration
    customers = {one.key: one for one in before.customers}
    since = app.clock.now() - timedelta(days=days)
    history = _History(app, before)
    with app.state.reading() as tx:
        oldest = tx.lately.oldest()
        found = replay(
            tx.lately.since(since), history.of, _side(app, before), _side(app, after), customers
        )
    if as_json:
        screen.show_json(found.document())
        return
    if oldest is None or not found.records:
        screen.say("Nothing was seen in these days, so there is nothing to decide again.")
        return
    _show_replayed(found, shown_at(app, found.since))


def _show_replayed(found: Replayed, since: str) -> None:
    rows = []
    for one in found.groups[:MOST]:
        sample = one.samples[0]
        change = f"{sample['before'] or '(nothing)'} -> {sample['after'] or '(nothing)'}"
        name = f"{sample['place']}.{one.field}" if sample["place"] else one.field
        who = sample["label"] or sample["record"]
        rows.append((one.cause, name, len(one.records), who, change))
    screen.table("Decided otherwise", ("cause", "field", "records", "for example", "change"), rows)
    screen.say(f"{found.records} decisions since {since} were made again; nothing was written.")
    if found.left_out:
        screen.say(f"{found.left_out} were left out: their mapping or customer is not known now.")


def _side(app: Application, configuration: Configuration) -> Side:
    other = app.beside(app.state, configuration)
    mappings = configuration.mappings
    rules = {kind: compile_rules(mappings[kind]) for kind in other.flows if kind in mappings}
    return Side(mappings, rules, other.flows)


class _History:
    """The mappings of the versions there were, by kind and hash."""

    def __init__(self, app: Application, now: Configuration) -> None:
        self._app = app
        self._known: dict[tuple[str, str], Mapping | None] = {
            (kind, one.hash): one for kind, one in now.mappings.items()
        }

    def of(self, kind: str, digest: str) -> Mapping | None:
        """Return a mapping of the past; None where no version that can be read had it."""
        if (kind, digest) not in self._known:
            self._known[kind, digest] = self._read(kind, digest)
        return self._known[kind, digest]

    def _read(self, kind: str, digest: str) -> Mapping | None:
        keeper, now = self._app.keeper, self._app.clock.now()
        with self._app.state.reading() as tx:
            version = tx.versions.using(kind, digest, now)
            files = FileSet.of(tx.versions.content(version)) if version is not None else None
        if files is None:
            return None
        try:
            return keeper.load(files).mappings.get(kind)
        except ConfigError:
            return None
