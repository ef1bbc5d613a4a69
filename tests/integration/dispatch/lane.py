"""The lane as a test drives it: a desk in memory, a real state, a clock that is moved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from tests.integration.dispatch.help_desk import HelpDesk

from ubm_sync.calendars.coverage import Coverage
from ubm_sync.calendars.presence import Team
from ubm_sync.clock import VirtualClock
from ubm_sync.disconnection import builtin, read
from ubm_sync.dispatch.gathering import Account, Gatherer, Reader
from ubm_sync.dispatch.lane import Dispatcher, Round
from ubm_sync.locations.secrets import mask
from ubm_sync.model import Customer
from ubm_sync.routing.case import Case
from ubm_sync.routing.rules import RoutingRules
from ubm_sync.spelling import number_key
from ubm_sync.state import State, Tx

DANA, PRIYA, OMAR, LEA, DREW = (
    "dana@ubm.example", "priya@ubm.example", "omar@ubm.example", "lea@ubm.example",
    "drew@ubm.example",
)  # fmt: skip
MORNING = datetime(2026, 11, 23, 16, 5, tzinfo=UTC)  # Monday 10:05 in Chicago
HALSTED = Customer(
    "halsted", "Halsted Foods", "77", "sheet-1", DANA, "Dana Lee", PRIYA, "America/Chicago"
)
RIVERBEND = Customer("riverbend", "Riverbend", "78", "sheet-2", DANA, "Dana Lee", PRIYA)
TEAM = Team(on_call=(OMAR,), lead=LEA, director=DREW)


@dataclass
class Lane:
    """One help desk and the dispatcher that watches it."""

    state: State
    clock: VirtualClock
    team: Team = TEAM
    rules: RoutingRules = field(default_factory=RoutingRules)
    visible: bool = False
    accounts: tuple[Account, ...] = ()
    reader: Reader = field(default_factory=lambda: partial(read, grammar=builtin()))
    customers: tuple[Customer, ...] = (HALSTED, RIVERBEND)
    meant: dict[str, str] = field(default_factory=dict)  # which utility a name stands for
    desk: HelpDesk = field(init=False)

    def __post_init__(self) -> None:
        self.desk = HelpDesk(self.clock, [DANA, PRIYA, OMAR, LEA, DREW])
        self.dispatcher = self.another()

    def another(self, holder: str = "one") -> Dispatcher:
        """Return a dispatcher: after a restart, or of another instance."""
        gatherer = Gatherer(
            self.reader,
            {one.key: one for one in self.customers},
            self.rules,
            "America/Chicago",
            number_key,
            mask,
            Coverage(self.team),
            self._named,
            lambda name: self.meant.get(name, ""),
        )
        return Dispatcher(
            state=self.state,
            desk=self.desk,
            gatherer=gatherer,
            coverage=Coverage(self.team),
            visible=lambda _customer: self.visible,
            clock=self.clock,
            holder=holder,
            system="desk",
        )

    def _named(self, customer: str, reading: object, _text: str) -> tuple[Account, ...]:
        numbers = {number_key(one) for one in getattr(reading, "accounts", ())}
        return tuple(
            one
            for one in self.accounts
            if number_key(one.number) in numbers and customer in {"", one.customer}
        )

    def restart(self) -> None:
        """Go on with another process: of what the last one knew only the state is left."""
        self.dispatcher = self.another()

    def round(self) -> Round:
        """One look at the desk."""
        return self.dispatcher.round()

    def wait(self, minutes: float) -> Round:
        """Let time go by, then look."""
        self.clock.advance(timedelta(minutes=minutes))
        return self.round()

    def cases(self) -> list[Case]:
        """Every case, the newest first."""
        with self.reading() as tx:
            return tx.disconnections.all()

    def case_of(self, ref: str) -> Case:
        """The case a ticket belongs to."""
        with self.reading() as tx:
            return tx.disconnections.load([tx.disconnections.of_tickets([ref])[ref]]).popitem()[1]

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        """A look into the state."""
        with self.state.reading() as tx:
            yield tx
