"""Reading everything an admin configures, with every flaw of every file at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from ubm_sync.calendars import Coverage
from ubm_sync.config.agreement import in_dialect, unmet
from ubm_sync.config.coverage import COVERAGE_FILE, load_coverage
from ubm_sync.config.customers import CustomerFile, compare_customers, examine_customer
from ubm_sync.config.delays import DelaySettings, load_delays
from ubm_sync.config.disconnections import DisconnectionFile, load_disconnections
from ubm_sync.config.phrases import PhraseSettings, load_phrases
from ubm_sync.config.service import GuardRule, Service
from ubm_sync.desk import DESK, KIND
from ubm_sync.errors import ConfigError, Flaw
from ubm_sync.flow import Needs
from ubm_sync.mapping import (
    Located,
    Mapping,
    Sound,
    in_order,
    load_yaml,
    misnamed,
    nearest,
    read_mappings,
    validate,
    yaml_files,
)
from ubm_sync.model import NOTHING, Customer, Place
from ubm_sync.ports import Dialect

SERVICE_FILE = "service.yaml"
CUSTOMERS_FOLDER = "customers"


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything configured, checked against each other.

    ``files`` maps a customer's key to its file. ``flaws`` (only after a tolerant reading) are those
    of customers left out. ``source`` is the service's file, to say where in it something is wrong
    that only another part of the service can know.
    """

    service: Service
    customers: tuple[Customer, ...]
    mappings: MappingOf[str, Mapping]  # by kind
    files: MappingOf[str, Path]
    flaws: tuple[Flaw, ...] = ()
    source: Located = field(default_factory=lambda: Located(SERVICE_FILE, None))
    delays: DelaySettings = field(default_factory=DelaySettings)
    coverage: Coverage = field(default_factory=Coverage)
    coverage_source: Located = field(default_factory=lambda: Located(COVERAGE_FILE, None))
    disconnections: DisconnectionFile = field(default_factory=DisconnectionFile)
    phrases: PhraseSettings = field(default_factory=PhraseSettings)

    @property
    def desk(self) -> Place | None:
        """Where people answer tickets; None where no mapping says so."""
        mapping = self.mappings.get(KIND)
        return mapping.places[0] if mapping is not None else None


def load_configuration(
    config: Path | str,
    mappings: Path | str,
    *,
    home: Path | str | None = None,
    tolerant: bool = False,
    needs: Sequence[Needs] = (),
    dialects: MappingOf[str, Dialect] = NOTHING,
    also: Callable[[Service, Located], Sequence[Flaw]] = lambda _service, _source: (),
) -> Configuration:
    """Read ``service.yaml``, the other files beside it, ``customers/*.yaml`` and the mappings.

    ``needs`` are what the flows must find in the mappings, ``dialects`` what each system
    understands, ``also`` what else is looked at in the service's file. Raises ConfigError with all
    flaws of all files. If ``tolerant``, flaws of single customers are returned beside the customers
    without any; the service and the mappings must be right. ``home`` is where the files of
    ``config`` really stand, where these are a copy: relative folders are relative to those.
    """
    sound, flaws = read_mappings(mappings)
    found = {one.mapping.kind: one.mapping for one in sound}
    whole = not flaws
    source = load_yaml(Path(config) / SERVICE_FILE)
    service = _service(source, flaws)
    delays = _delays(config, found, flaws)
    coverage, coverage_source = _coverage(config, service, flaws)
    disconnections = _disconnections(config, found, flaws)
    phrases = _phrases(config, flaws)
    folder = Path(config) / CUSTOMERS_FOLDER
    beside = Path(config if home is None else home) / CUSTOMERS_FOLDER
    located = [load_yaml(path) for path in yaml_files(folder)]
    files, personal = _customers(located, list(found.values()), beside)
    personal.extend(misnamed(folder))
    if service is not None:
        flaws.extend(_systems(service, sound))
        flaws.extend(_guard_rules(service, found if whole else {}, source))
        flaws.extend(also(service, source))
        personal.extend(_pilot(service, located, source))
        personal.extend(_guard_customers(service, located, source))
    flaws.extend(in_dialect(dialects, service, source, sound))
    if whole:
        flaws.extend(unmet(needs, sound, str(mappings)))
    if service is None or flaws or (personal and not tolerant):
        raise ConfigError(in_order([*flaws, *personal]))
    return Configuration(
        service=service,
        customers=tuple(file.customer(service.cadence.zone, beside) for file, _ in files),
        mappings=MappingProxyType(found),
        files=MappingProxyType({file.key: Path(each.file) for file, each in files}),
        flaws=tuple(in_order(personal)),
        source=source,
        delays=delays,
        coverage=coverage,
        coverage_source=coverage_source,
        disconnections=disconnections,
        phrases=phrases,
    )


def _service(source: Located, flaws: list[Flaw]) -> Service | None:
    try:
        return validate(Service, source)
    except ConfigError as error:
        flaws.extend(error.flaws)
        return None


def _delays(
    config: Path | str, mappings: MappingOf[str, Mapping], flaws: list[Flaw]
) -> DelaySettings:
    places = mappings["onboarding"].places if "onboarding" in mappings else ()
    stages = [stage.key for place in places for stage in place.stages]
    try:
        settings, more = load_delays(config, stages)
    except ConfigError as error:
        settings, more = DelaySettings(), list(error.flaws)
    flaws.extend(more)
    return settings


def _disconnections(
    config: Path | str, mappings: MappingOf[str, Mapping], flaws: list[Flaw]
) -> DisconnectionFile:
    """Return how disconnections are watched; the mapping of the desk has one place, so named."""
    mapping = mappings.get(KIND)
    if mapping is not None and [one.name for one in mapping.places] != [DESK]:
        text = f'the mapping of kind "{KIND}" has one place, named "{DESK}"; correct its places'
        flaws.append(Flaw("mappings", 0, 0, text))
    try:
        return load_disconnections(config)
    except ConfigError as error:
        flaws.extend(error.flaws)
        return DisconnectionFile()


def _coverage(
    config: Path | str, service: Service | None, flaws: list[Flaw]
) -> tuple[Coverage, Located]:
    """Return who covers whom; the file is examined for its own flaws where the service has some."""
    try:
        coverage, source, more = load_coverage(config, service or Service(systems={}))
    except ConfigError as error:
        coverage, source, more = Coverage(), Located(COVERAGE_FILE, None), list(error.flaws)
    flaws.extend(more)
    return coverage, source


def _phrases(config: Path | str, flaws: list[Flaw]) -> PhraseSettings:
    try:
        return load_phrases(config)
    except ConfigError as error:
        flaws.extend(error.flaws)
        return PhraseSettings()


def _customers(
    located: Sequence[Located], mappings: Sequence[Mapping], beside: Path
) -> tuple[list[tuple[CustomerFile, Located]], list[Flaw]]:
    """Return the customers without a flaw, and the flaws of the others."""
    flaws: dict[str, list[Flaw]] = {}
    read: list[tuple[CustomerFile, Located]] = []
    for each in located:
        try:
            read.append((validate(CustomerFile, each), each))
        except ConfigError as error:
            flaws[each.file] = list(error.flaws)
    for file, each in read:
        flaws.setdefault(each.file, []).extend(examine_customer(file, each, mappings))
    for name, more in compare_customers(read, beside).items():
        flaws.setdefault(name, []).extend(more)
    good = [(file, each) for file, each in read if not flaws.get(each.file)]
    return good, [flaw for several in flaws.values() for flaw in several]


def _systems(service: Service, sound: Sequence[Sound]) -> list[Flaw]:
    """Return a flaw for each place whose system is not configured."""
    flaws: list[Flaw] = []
    for one in sound:
        for name, block in one.file.places.items():
            for key, system in (("system", block.system), ("without_sheet", block.without_sheet)):
                if system and system not in service.systems:
                    hint = nearest(system, service.systems)
                    text = f'"{system}" is not among the systems of {SERVICE_FILE}{hint}'
                    flaws.append(one.source.flaw(text, "places", name, key))
    return flaws


def _guard_rules(
    service: Service, mappings: MappingOf[str, Mapping], source: Located
) -> list[Flaw]:
    """Return a flaw for each rule of the guard about a system or a field that does not exist."""
    names = {
        *(name for mapping in mappings.values() for name in mapping.shared),
        *(place.name for mapping in mappings.values() for place in mapping.places),
    }
    flaws: list[Flaw] = []
    about: dict[tuple[str | None, ...], int] = {}
    for index, rule in enumerate(service.guard.rules):
        where = ("guard", "rules", index)
        first = about.setdefault((rule.customer, rule.system, rule.field), index)
        if first != index:
            line = source.spot("guard", "rules", first)[0]
            text = f"the rule on line {line} is about the same; put both into one"
            flaws.append(source.flaw(text, *where))
        if rule.system is not None and rule.system not in service.systems:
            hint = nearest(rule.system, service.systems)
            text = f'"{rule.system}" is not among the systems above{hint}'
            flaws.append(source.flaw(text, *where, "system"))
        if rule.field is not None and mappings and rule.field not in names:
            text = f'no mapping shares a field "{rule.field}"{nearest(rule.field, names)}'
            flaws.append(source.flaw(text, *where, "field"))
        elif rule.field is not None and rule.system in {None, *service.systems}:
            flaws.extend(
                source.flaw(text, *where, key) for key, text in _idle(rule, mappings.values())
            )
    return flaws


def _idle(rule: GuardRule, mappings: Iterable[Mapping]) -> Iterator[tuple[str, str]]:
    """Yield key and flaw of what a rule of the guard says and nothing ever goes by."""
    name, lives = rule.field or "", dict[str, set[str]]()
    is_field = False
    for mapping in mappings:
        is_field |= name in mapping.shared
        for place in mapping.places:
            if name == place.name or (
                name in mapping.shared and mapping.binding(place.name, name) is not None
            ):
                systems = lives.setdefault(place.name, set())
                systems |= {place.system, str(place.settings.get("without_sheet", place.system))}
    is_place = name in lives
    if is_place and not is_field:
        for key in ("share", "floor", "clears"):
            if key in rule.model_fields_set:
                yield key, f'"{name}" is a place, where only creates counts; name a shared field'
    elif "creates" in rule.model_fields_set and not is_place:
        text = f'creates counts new records of a place; name one ({", ".join(lives)}), not "{name}"'
        yield "creates", text
    if rule.system is not None and rule.system not in set[str]().union(*lives.values()):
        yield "field", f'"{name}" is not in {rule.system}'


def _guard_customers(service: Service, located: Sequence[Located], source: Located) -> list[Flaw]:
    """Return a flaw for each rule of the guard about a customer that has no file."""
    known = [str(each.data["key"]) for each in located if _has_key(each)]
    return [
        source.flaw(
            f'there is no customer "{rule.customer}"{nearest(rule.customer, known)}',
            "guard", "rules", index, "customer",
        )
        for index, rule in enumerate(service.guard.rules)
        if rule.customer is not None and rule.customer not in known
    ]  # fmt: skip


def _pilot(service: Service, located: Sequence[Located], source: Located) -> list[Flaw]:
    """Return a flaw for each customer of the pilot that has no file."""
    known = [str(each.data["key"]) for each in located if _has_key(each)]
    return [
        source.flaw(f'there is no customer "{key}"{nearest(key, known)}', "rollout", "pilot", index)
        for index, key in enumerate(service.rollout.pilot)
        if key not in known
    ]


def _has_key(located: Located) -> bool:
    return isinstance(located.data, dict) and "key" in located.data
