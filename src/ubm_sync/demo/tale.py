"""What chapters on a clock of their own have in common: a service, and parts told in order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator

from structlog.contextvars import bound_contextvars

from ubm_sync.app import Application
from ubm_sync.config import Environment
from ubm_sync.demo.virtual import VirtualStage


class Tale(ABC):
    """Plays its parts on a stage of its own; the service is closed whatever happens."""

    def __init__(self, stage: VirtualStage) -> None:
        self.stage = stage
        self.app = Application(Environment.load({}, stage.env_file), clock=stage.clock)

    def tell(self) -> None:
        """Play everything; raises StepFailed at the first thing that is not as it must be."""
        try:
            with bound_contextvars(stage=self.stage.folder.name):  # in a log that others write to
                self._open()
                for chapter in self.chapters():
                    chapter()
        finally:
            self.app.close()

    @abstractmethod
    def chapters(self) -> Iterator[Callable[[], None]]:
        """Yield the parts in order."""

    @abstractmethod
    def _open(self) -> None:
        """Set the stage: who is there when the first part begins."""
