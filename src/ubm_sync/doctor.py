"""The doctor: everything wrong with what is configured, found at once, each with its place.

``examine`` looks at the files alone, ``examine_live`` asks the systems as well: whether what the
mappings say is there, of the right type and with the right options, and whether people, companies
and sheets of the customers exist. Nothing is ever written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ubm_sync.app import Application
from ubm_sync.config import (
    Configuration,
    Environment,
    examine_coverage,
    failed_tests,
    load_phrases,
)
from ubm_sync.errors import ConfigError, Flaw, SyncError
from ubm_sync.mapping import Located, Sound, in_order, load_yaml, read_mappings
from ubm_sync.ports import Connector, KnowsCompanies, KnowsPeople, SetupStep

_QUOTED = re.compile(r'"([^"]+)"')
_WRONG = frozenset({"problem", "would create", "would change"})


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found; ``configuration`` is None where the files cannot be used at all."""

    flaws: tuple[Flaw, ...]
    configuration: Configuration | None
    tests: int = 0  # phrases that were tried


def examine(environment: Environment) -> Diagnosis:
    """Return every flaw of every file; a flaw in one never hides one in another."""
    flaws: list[Flaw] = []
    configuration = None
    app = Application(environment, tolerant=False)
    try:
        configuration = app.configuration
    except ConfigError as error:
        flaws.extend(error.flaws)
        try:
            configuration = Application(environment, tolerant=True).configuration
        except ConfigError:
            configuration = None
    if configuration is not None:
        source = configuration.coverage_source
        flaws += examine_coverage(
            configuration.coverage, source, configuration.customers, app.clock.now()
        )
    more, ran = _phrases(environment)
    return Diagnosis(tuple(in_order([*flaws, *more])), configuration, ran)


def _phrases(environment: Environment) -> tuple[list[Flaw], int]:
    try:
        return failed_tests(load_phrases(environment.config))
    except ConfigError as error:
        return list(error.flaws), 0


def examine_live(app: Application) -> list[Flaw]:
    """Return what the systems lack or have otherwise; each is asked, none is changed.

    Customers that a system will be told of with their first record are nothing that it lacks.
    """
    sound, _ = read_mappings(app.environment.mappings)
    flaws: list[Flaw] = []
    for name in sorted(app.connectors):
        connector = app.connectors[name]
        try:
            flaws.extend(
                _at_its_place(step, sound, app.configuration)
                for step in connector.ensure(dry_run=True)
                if step.state in _WRONG and not step.what.startswith("customer ")
            )
            flaws.extend(_customers(connector, app.configuration))
            flaws.extend(_people(name, connector, sound))
        except SyncError as error:
            text = f"{app.configuration.service.names[name]} cannot be compared: {error}"
            flaws.append(app.configuration.source.flaw(text, "systems", name, key=True))
    return in_order(flaws)


def _at_its_place(step: SetupStep, sound: Sequence[Sound], configuration: Configuration) -> Flaw:
    """Return a step of the set-up as a flaw of the line that asks for it."""
    done = {"would create": "is missing", "would change": "is not as it should be"}
    what = f"{step.what} {done[step.state]}" if step.state in done else step.what
    detail = f": {step.detail}" if step.detail else ""
    mend = "" if step.state == "problem" else f"; run `ubm-sync setup {step.system}`"
    text = f"in {configuration.service.names[step.system]}: {what}{detail}{mend}"
    for name in _QUOTED.findall(f"{step.what} {step.detail}"):
        for located, path in _places_of(name, step.system, sound):
            return located.flaw(text, *path)
    return configuration.source.flaw(text, "systems", step.system, key=True)


def _places_of(
    name: str, system: str, sound: Sequence[Sound]
) -> Iterator[tuple[Located, tuple[str | int, ...]]]:
    """Yield where a name of a system stands: a field, the identity, a stage, a pipeline."""
    wanted = name.casefold()
    for one in sound:
        for place, block in one.file.places.items():
            if block.system != system:
                continue
            for field, rule in one.file.fields.items():
                spot = rule.at.get(place)
                if spot is not None and wanted in {spot.name.casefold(), field}:
                    yield one.source, ("fields", field, "at", place)
            if block.identity.casefold() == wanted:
                yield one.source, ("places", place, "identity")
            for index, stage in enumerate(block.stages):
                if stage.label.casefold() == wanted:
                    yield one.source, ("places", place, "stages", index, "label")
            if block.pipeline.casefold() == wanted:
                yield one.source, ("places", place, "pipeline")


def _customers(connector: Connector, configuration: Configuration) -> Iterator[Flaw]:
    """Yield the companies and people of customers that a system does not know."""
    known: dict[str, bool] = {}
    for customer in configuration.customers:
        located = load_yaml(configuration.files[customer.key])
        company = customer.company
        if company and isinstance(connector, KnowsCompanies) and not connector.has_company(company):
            text = f'there is no company "{company}", or this service may not see it'
            yield located.flaw(text, "company")
        if not isinstance(connector, KnowsPeople):
            continue
        for email, path in ((customer.csm, ("csm", "email")), (customer.backup, ("backup",))):
            if email and not known.setdefault(email, connector.knows(email)):
                text = f'nobody with the e-mail "{email}" can be given work there'
                yield located.flaw(text, *path)


def _people(system: str, connector: Connector, sound: Sequence[Sound]) -> Iterator[Flaw]:
    """Yield the people of value maps whom a system does not know by the e-mail given for it."""
    if not isinstance(connector, KnowsPeople):
        return
    for one in sound:
        places = {name for name, block in one.file.places.items() if block.system == system}
        for field, rule in one.file.fields.items():
            for place in sorted(places & rule.at.keys()):
                for ours, theirs in rule.at[place].people.items():
                    if not connector.knows(theirs):
                        text = f'nobody with the e-mail "{theirs}" can be given work there'
                        yield one.source.flaw(text, "fields", field, "at", place, "people", ours)
