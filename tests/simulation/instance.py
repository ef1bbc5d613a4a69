"""One process of the service in a world: the real one, with lines to the emulators for sockets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.simulation.straight import straighten

from ubm_sync.app import Application
from ubm_sync.config import Configuration, Environment
from ubm_sync.live import Live
from ubm_sync.ports import Connector
from ubm_sync.state import State
from ubm_sync.sync.cycle import Engine
from ubm_sync.versions.found import Files, Found

if TYPE_CHECKING:
    from tests.simulation.world import World


class Instance(Application):
    """The application of one process; ``wired`` is what stays when edited files are taken over."""

    def __init__(
        self, world: World, number: int, holder: str, configuration: Configuration
    ) -> None:
        super().__init__(
            Environment(dict(world.template.variables), {}), clock=world.clocks[number]
        )
        self._world, self._number, self._holder = world, number, holder
        vars(self).update(
            configuration=configuration,
            budget=world.budget,
            state=State("sqlite://", world.state.engine, world.clocks[number]),
        )

    def connect(self, name: str, permit: Callable[[], None] | None = None) -> Connector:
        """Connect to an emulator of the world, or to its store."""
        connector: Any = super().connect(name, permit)
        world = self._world
        if name == "store":
            connector._opened = world.store.engine
        elif name == "hubspot":
            straighten(connector.client.transport.session)
            connector.client.transport.mount(world.lines[name])
        elif name == "smartsheet":
            transport = connector._client.transport
            straighten(transport.session)
            connector.mount(world.lines[name])
            connector._client._sdk = world.template.sheet_client_for(transport.session)
        found: Connector = connector
        return found

    def engine(self, progress: Any = None) -> Engine:
        """Return the engine, which knows of the holders of this world."""
        engine = super().engine(progress)
        engine._holder, engine._is_gone = self._holder, self._world.is_gone
        engine.settings = replace(engine.settings, ahead=False)
        if self._world.busy_from is not None:
            engine.settings = replace(engine.settings, busy_from=self._world.busy_from)
        engine.flows = self._world.flows(engine.flows)
        return engine

    def dispatcher(self) -> None:
        """Return no lane of disconnections: it works in a thread of its own, beside the stories."""

    def renewed(self, environment: Environment, found: Found) -> Application:
        """Return the application with what is configured now."""
        del environment
        return Instance(self._world, self._number, self._holder, found.configuration)

    def beside(self, state: State, configuration: Configuration) -> Application:
        """Return a process of this world on another state."""
        other = Instance(self._world, self._number, self._holder, configuration)
        vars(other).update(state=state)
        return other

    def close(self, *, but_state: bool = False) -> None:
        """Release what belongs to this process alone: the databases are the world's."""
        del but_state
        self.close_connectors()

    def close_connectors(self) -> None:
        """Release the connections to the vendors: the store is the world's."""
        for name, connector in vars(self).get("connectors", {}).items():
            if name != "store":
                connector.close()


class Edited:
    """What is configured in a world, in the place of files."""

    def __init__(self, world: World, taken: Configuration) -> None:
        self._world = world
        self._taken = taken

    def moved(self, environment: Environment) -> bool:
        """Return whether somebody changed it since this was asked last."""
        del environment
        before, self._taken = self._taken, self._world.configuration
        return self._taken is not before

    def read(self) -> tuple[Environment, Found]:
        """Return it."""
        environment = Environment(dict(self._world.template.variables), {})
        return environment, Found(Files.IN_FORCE, self._taken, None)


def started(world: World, number: int, holder: str) -> Live:
    """Start a process of the service."""
    app = Instance(world, number, holder, world.configuration)
    return Live(app, source=Edited(world, world.configuration))
