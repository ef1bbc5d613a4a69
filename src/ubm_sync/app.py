"""The one place that wires things: configuration, state, connectors, flows, engine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from urllib.parse import unquote, urlsplit

from ubm_sync.assembly import dispatcher_of, guard_settings
from ubm_sync.clock import Clock, SystemClock
from ubm_sync.config import Configuration, Environment
from ubm_sync.desk import Desk
from ubm_sync.dispatch.lane import Dispatcher
from ubm_sync.errors import ConfigError
from ubm_sync.flow import Flow
from ubm_sync.holder import is_gone, myself
from ubm_sync.installed import connector_of, read_configuration
from ubm_sync.intakes import Inspects, Intakes
from ubm_sync.locations import DuplicatePolicy, LocationFlow, LocationRules
from ubm_sync.locations.secrets import masked
from ubm_sync.model import Customer
from ubm_sync.onboarding import OnboardingFlow
from ubm_sync.ports import Budget, Connection, Connector, Learns
from ubm_sync.reports.rows import RowWitness
from ubm_sync.state import Limit, SharedBudget, State, open_state
from ubm_sync.sync.absence import Patience
from ubm_sync.sync.cycle import Engine, EngineSettings
from ubm_sync.sync.delaying import DelayPolicy
from ubm_sync.sync.reading import Progress
from ubm_sync.sync.rules import compile_rules
from ubm_sync.versions.files import Folders
from ubm_sync.versions.found import Found, Measured
from ubm_sync.versions.keeper import Keeper

_NAMED = ("row", "ticket", "account")
_SECRET = ("TOKEN", "SECRET", "PASSWORD", "KEY")


class Application:
    """Everything one process of the service works with, made at its first use."""

    def __init__(
        self,
        environment: Environment,
        *,
        clock: Clock | None = None,
        stop: threading.Event | None = None,
        tolerant: bool = True,
    ) -> None:
        self.environment = environment
        self.stop = stop or threading.Event()
        self.clock = clock or SystemClock(self.stop)
        self._tolerant = tolerant
        self._engine: Engine | None = None

    @cached_property
    def configuration(self) -> Configuration:
        """What the next cycle works with; raises ConfigError.

        An application that is not tolerant reads the files as they stand, all of them.
        """
        if self._tolerant:
            return self.found.configuration
        return read_configuration(
            self.environment.config, self.environment.mappings, tolerant=False
        )

    @cached_property
    def found(self) -> Found:
        """Which version is in force, and how the files stand to it; raises ConfigError."""
        return self.keeper.look()

    @property
    def keeper(self) -> Keeper:
        """Who looks at files and versions, and changes what is in force."""
        return Keeper(
            self.state,
            Folders(self.environment.config, self.environment.mappings),
            secrets=self.named_secrets(),
            name=self.environment.get("UBM_SYNC_USER", ""),
            read=read_configuration,
        )

    def take_up(self) -> Found | None:
        """Put what the files say into force, where nothing speaks against it.

        To be done before anything configured is used. None where what is configured was given to
        this application and does not come from files. Raises ConfigError.
        """
        if "configuration" in vars(self) and "found" not in vars(self):
            return None
        found = self.keeper.take_up(self.clock.now(), self.measured)
        vars(self).update(found=found, configuration=found.configuration)
        return found

    def measured(self, before: Configuration, after: Configuration) -> Measured:
        """Return what a change of the configuration would write, on what the systems show now."""
        from ubm_sync.rehearsal import measure  # noqa: PLC0415 - it works with applications

        return measure(self, before, after)

    @property
    def version(self) -> int:
        """The number of the version in force; 0 where there is none."""
        found: Found | None = vars(self).get("found")
        return found.version.number if found is not None and found.version is not None else 0

    @cached_property
    def state(self) -> State:
        """The service's memory, migrated to this version."""
        return open_state(self.environment.state_url)

    @cached_property
    def budget(self) -> Budget:
        """The rate limits, shared by every process on the same state."""
        limits = {
            prefix: Limit(*limit) for prefix, limit in self.configuration.service.limits.items()
        }
        return SharedBudget(self.state, limits, self.clock)

    @cached_property
    def connectors(self) -> dict[str, Connector]:
        """One connector for each configured system that a mapping uses."""
        systems = {
            system
            for mapping in self.configuration.mappings.values()
            for place in mapping.places
            for system in (place.system, place.settings.get("without_sheet", ""))
            if system
        }
        found = {name: self.connect(name) for name in sorted(systems)}
        customers = self.configuration.customers
        for system, other in self._without_sheet.items():
            if any(not one.has_sheet for one in customers):
                found[system] = Intakes(found[system], found[other], customers)
        return found

    @property
    def _without_sheet(self) -> dict[str, str]:
        """Systems of rows -> the system that keeps those of customers without a sheet."""
        return {
            place.system: other
            for mapping in self.configuration.mappings.values()
            for place in mapping.places
            if (other := place.settings.get("without_sheet", place.system)) != place.system
        }

    def connect(self, name: str, permit: Callable[[], None] | None = None) -> Connector:
        """Return a connector of one system; raises ConfigError where none is installed.

        ``permit`` is asked before each request, the engine's lease where it is not given.
        """
        configuration = self.configuration
        desk = configuration.desk
        connection = Connection(
            places=tuple(
                place
                for mapping in configuration.mappings.values()
                for place in mapping.places
                if name in {place.system, place.settings.get("without_sheet")}
                if place is not desk
            ),
            customers=tuple(self.customers.values()),
            settings=configuration.service.systems[name].settings,
            environment=self.environment,
            clock=self.clock,
            budget=self.budget,
            stop=self.stop,
            stand_ins=configuration.coverage.stand_ins,
            permit=permit or self._permit,
            desk=desk if desk is not None and desk.system == name else None,
            mask=masked,
        )
        return connector_of(name)(connection)

    @cached_property
    def customers(self) -> dict[str, Customer]:
        """Customers by key; one whose matches wait for approval is paused until then."""
        return {
            one.key: replace(one, paused=True) if one.key in self.held else one
            for one in self.configuration.customers
        }

    @cached_property
    def held(self) -> frozenset[str]:
        """Customers for whom nothing may be written yet: what exists is being matched."""
        return self.held_now()

    def held_now(self) -> frozenset[str]:
        """Return those that are held at this moment: a person may have let one begin."""
        matching = {one.key for one in self.configuration.customers if one.match_only}
        if not matching:
            return frozenset()
        with self.state.reading() as tx:
            return frozenset(matching - tx.matches.begun().keys())

    def looking_at(self, customer: Customer) -> Application:
        """Return an application that reads one customer, whether it is held or paused or not."""
        seen = replace(customer, paused=False, match_only=False)
        configuration = replace(self.configuration, customers=(seen,))
        return self.renewed(self.environment, replace(self.found, configuration=configuration))

    def setting_up(self) -> Application:
        """Return an application that reaches those being matched: their sheets get our columns."""
        vars(other := self.renewed(self.environment, self.found))["held"] = frozenset()
        return other

    @cached_property
    def flows(self) -> Mapping[str, Flow]:
        """The flows by the kind of record they decide."""
        service = self.configuration.service
        intake = service.intake
        mapping = self.configuration.mappings["location"]
        row = mapping.bindings["row"]
        names = {place: service.names[mapping.place(place).system] for place in _NAMED}
        other = mapping.place("row").settings.get("without_sheet", "")
        rules = LocationRules(
            **{**service.intake.model_dump(), "duplicates": DuplicatePolicy(intake.duplicates)},
            intake_name=names["row"],
            intake_names={"csv": service.names.get(other, other), "csm": names["ticket"]},
            ticket_name=names["ticket"],
            store_name=names["account"],
            choices={name: rule.choices for name, rule in mapping.fields.items() if rule.choices},
            required=tuple(name for name, rule in mapping.fields.items() if rule.required),
            checks=mapping.checks,
            titles={name: binding.external for name, binding in row.items()},
            stand_ins=self.configuration.coverage.stand_ins,
        )
        return {"location": LocationFlow(rules), "onboarding": OnboardingFlow()}

    def engine(self, progress: Progress | None = None) -> Engine:
        """Return an engine over everything configured."""
        configuration = self.configuration
        kinds = [kind for kind in ("location", "onboarding") if kind in configuration.mappings]
        self._engine = Engine(
            state=self.state,
            connectors={
                name: connector
                for name, connector in self.connectors.items()
                if name not in self._without_sheet.values()
            },
            rules={kind: compile_rules(configuration.mappings[kind]) for kind in kinds},
            flows=self.flows,
            customers=self.customers,
            clock=self.clock,
            holder=myself(),
            is_gone=is_gone,
            settings=EngineSettings(
                guard=guard_settings(configuration),
                patience=self._patience,
                delays=self._delays,
                listens=self._listens,
                version=self.version,
                kept=timedelta(days=configuration.service.versions.seen_days),
            ),
            progress=progress,
            stop=self.stop,
            mask=masked,
        )
        return self._engine

    def dispatcher(self) -> Dispatcher | None:
        """Return the lane of disconnections; None where no help desk is mapped, or it is off.

        It has connectors of its own, so that it can work beside the engine.
        """
        configuration = self.configuration
        place = configuration.desk
        if place is None or not configuration.disconnections.on:
            return None
        made: list[Dispatcher] = []

        def permit() -> None:
            for one in made:
                one.permitted()

        desk = self.connect(place.system, permit)
        if not isinstance(desk, Desk):
            return None
        mapping = configuration.mappings.get("location")
        place = mapping.place("account") if mapping is not None else None
        store = self.connect(place.system, permit) if place is not None else None
        made.append(
            dispatcher_of(
                configuration,
                self.state,
                desk,
                self.clock,
                self.stop.is_set,
                store,
                store.close if store is not None else lambda: None,
            )
        )
        return made[0]

    def _permit(self) -> None:
        """Let a request pass unless another instance has taken over from our engine."""
        if self._engine is not None:
            self._engine.permitted()

    @property
    def _listens(self) -> Mapping[str, frozenset[str]]:
        """The cells whose words are read for disconnections."""
        configuration = self.configuration
        mapping = configuration.mappings.get("location")
        if configuration.desk is None or not configuration.disconnections.on or mapping is None:
            return {}
        return {"row": frozenset({"notes"} & mapping.bindings["row"].keys())}

    @property
    def _delays(self) -> DelayPolicy:
        given = self.configuration.delays
        rows = RowWitness(self.state)
        return DelayPolicy(given.rules, given.digest, given.log_url, {rows.name: rows})

    @property
    def _patience(self) -> Patience:
        given = self.configuration.service.vanished
        return Patience(timedelta(minutes=given.quiet_minutes), given.rows, given.share)

    def unread_files(self) -> list[str]:
        """Return a sentence for each file of a customer that waits and cannot be read."""
        if not any(one.folder for one in self.configuration.customers):
            return []
        try:
            found = [self.connect(name) for name in sorted(set(self._without_sheet.values()))]
            return [text for one in found if isinstance(one, Inspects) for text in one.inspect()]
        finally:
            self.close()

    def secrets(self) -> list[str]:
        """Return values that must never be shown: what is named like a secret, and passwords."""
        return sorted(set(self.named_secrets().values()))

    def named_secrets(self) -> dict[str, str]:
        """Return the same by the variable they stand in.

        A variable of somebody else whose file cannot be read is none of our business.
        """
        found = {}
        for name in self.environment:
            with suppress(ConfigError, ValueError):
                value = self.environment.get(name, "")
                if any(word in name for word in _SECRET):
                    found[name] = value
                elif "://" in value:
                    found[f"{name} (its password)"] = unquote(urlsplit(value).password or "")
                    found[f"{name} (as written)"] = urlsplit(value).password or ""
        return {name: value for name, value in found.items() if value}

    def recall(self, system: str) -> None:
        """Let a command know of a system what the service knows: which column is which, say."""
        connector = self.connectors[system]
        if not isinstance(connector, Learns):  # what it learns itself is newer
            with self.state.reading() as tx:
                connector.resume(tx.cursors.get(system))

    def keep(self, system: str) -> None:
        """Store what a command learned of a system, so that the service need not ask again.

        Where the service itself stored something meanwhile, that stays.
        """
        connector = self.connectors[system]
        if not isinstance(connector, Learns):
            return
        with self.state.reading() as tx:
            before = tx.cursors.get(system)
        after = connector.learned(before)
        with self.state.transaction() as tx:
            if tx.cursors.get(system) == before:
                tx.cursors.put(system, after)

    def renewed(self, environment: Environment, found: Found) -> Application:
        """Return an application with other addresses and settings on the same state."""
        other = Application(environment, clock=self.clock, stop=self.stop, tolerant=self._tolerant)
        vars(other).update(state=self.state, found=found, configuration=found.configuration)
        return other

    def beside(self, state: State, configuration: Configuration) -> Application:
        """Return an application on another state, which shares clock and rate limits with this."""
        other = Application(self.environment, clock=self.clock, stop=self.stop)
        vars(other).update(state=state, configuration=configuration, budget=self.budget)
        return other

    def close_connectors(self) -> None:
        """Release the connections to the systems; only of what was opened."""
        for connector in vars(self).get("connectors", {}).values():
            connector.close()

    def close(self, *, but_state: bool = False) -> None:
        """Release connections; only of what was opened."""
        self.close_connectors()
        for part in ("budget",) if but_state else ("budget", "state"):
            opened = self.__dict__.get(part)
            if opened is not None:
                opened.close()
