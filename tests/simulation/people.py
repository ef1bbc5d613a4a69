"""What people do, as data: an act keeps its meaning whatever other steps are left out.

``Act.a`` makes typed text unique, ``b`` and ``c`` choose by position among what is there. An act
for which nothing is there does nothing. What is done is told to the model (``model.Model``) in
plain values: who, where, what was visible there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy.exc import SQLAlchemyError
from tests.simulation.customers import Customers
from tests.simulation.fields import ALIKE, ID_COLUMN, ID_PROPERTY, TEXTS, TYPED
from tests.simulation.hands import Act
from tests.simulation.managers import Managers

from ubm_smartsheet.emulator.errors import Refused
from ubm_sync.errors import SyncError
from ubm_sync.sync import decisions


class People(Customers, Managers):
    """Everybody: in the sheets, at the tickets, at the command line, in the store."""

    def do(self, act: Act) -> None:
        """Do it, where it can be done."""
        try:
            ACTS[act.kind](self, act)
        except (Refused, SyncError, SQLAlchemyError, LookupError, ValueError) as error:
            self.world.note(f"{act.kind} cannot be done: {type(error).__name__}")
        else:
            self.world.counts[f"people: {act.kind}"] += 1

    def quarrel(self, act: Act) -> None:
        """Type differently into a ticket and into its row before either sees the other."""
        row, name = self._its_row(act), TYPED.index(ALIKE[act.c % len(ALIKE)])
        self.edit_ticket(replace(act, c=name))
        self.edit_row(replace(act, a=act.a + 1, b=row, c=name))

    def edit_its_row(self, act: Act) -> None:
        """Type over a cell of the row of a ticket."""
        row, name = self._its_row(act), TYPED.index(ALIKE[act.c % len(ALIKE)])
        self.edit_row(replace(act, b=row, c=name))

    def say_the_same(self, act: Act) -> None:
        """Type the same note into a ticket and into its row, with one blank more."""
        row, value = self._its_row(act), TEXTS["notes"].format(act.a)
        self._type_in_ticket(act, "notes", value)
        self._type_in_row(replace(act, b=row), "notes", value.replace(" ", "  "))

    def _its_row(self, act: Act) -> int:
        """Return the position of a ticket's row; raises ValueError where it has none."""
        rows = [cells.get(ID_COLUMN) for _, _, cells in self.rows()]
        return rows.index(self.ticket(act)["properties"].get(ID_PROPERTY))

    def think_again(self, act: Act) -> None:
        """Take an approval back of which nothing came so far: no account stands in the store."""
        keys = self.world.store.raw.execute("SELECT sync_id FROM account")
        there = {str(key).partition(":")[0] for (key,) in keys}
        early = [
            (one["id"], key)
            for one in self.tickets()
            if one["properties"].get("ubm_approval") == "approve"
            and (key := one["properties"].get(ID_PROPERTY, "")) not in there
        ]
        ref, key = early[act.b % max(len(early), 1)]
        self._decide([ref], ubm_approval="")
        self.model.thought_again(ref, key)

    def resolve(self, act: Act) -> None:
        """Decide a conflict by command."""
        with self.world.memory.transaction() as tx:
            found = sorted(tx.conflicts.list(), key=lambda one: (one.sync_id, one.field))
            one = found[act.b % max(len(found), 1)]
            place = sorted(one.values)[act.c % len(one.values)]
            decisions.resolve_conflict(tx, one.sync_id, one.field, place, "Priya N.")
        self.world.say(f"an admin decides {one.field} of {one.sync_id}: {place}")
        self.model.resolved_by_command(one.sync_id, one.field)

    def retry(self, act: Act) -> None:
        """Have everything that was set aside tried again."""
        del act
        with self.world.memory.transaction() as tx:
            released = decisions.retry(tx, None)
        self.world.say(f"an admin has {len(released)} tried again")

    def approve_stop(self, act: Act) -> None:
        """Approve what the guard stopped."""
        with self.world.memory.transaction() as tx:
            waiting = tx.guard.list()
            one = waiting[act.b % max(len(waiting), 1)]
            tx.guard.approve(one.fingerprint, "Priya N.", self.world.clock.now())
        self.world.say(f"Priya N. approves {one.count} changes of {one.field} in {one.system}")
        at = self.world.clock.now().timestamp()
        self.model.waved_through(one.customer, one.system, one.field, one.count, at)

    def pause(self, act: Act) -> None:
        """Pause a customer, or go on."""
        key = self.world.clients[act.b % len(self.world.clients)].key
        paused = act.c % 2 == 0
        self.world.customers(lambda one: replace(one, paused=paused) if one.key == key else one)
        self.world.say(f"an admin {'pauses' if paused else 'resumes'} {key}")

    def edit_account(self, act: Act) -> None:
        """Change an account in the store with SQL."""
        name = ("gl_code", "notes")[act.c % 2]
        raw = self.world.store.raw
        one_of = f"SELECT number, id, {name} FROM account ORDER BY number"  # noqa: S608 - a column
        found = raw.execute(one_of).fetchall()
        number, ref, before = found[act.b % max(len(found), 1)]
        value = TEXTS[name].format(act.a)
        change = f"UPDATE account SET {name} = ? WHERE number = ?"  # noqa: S608 - a column
        raw.execute(change, (value, number))
        self.world.say(f"somebody types {name}={value!r} over {before!r} in account {ref}")
        self.model.typed("account", ref, name, value, before or "")


ACTS: dict[str, Callable[[People, Act], None]] = {
    name: act
    for kind in (Customers, Managers, People)
    for name, act in vars(kind).items()
    if not name.startswith("_") and name != "do"
}
# Acts that touch the service's own databases: nobody does them in the middle of a transaction.
BY_COMMAND = frozenset({"resolve", "retry", "approve_stop", "edit_account"})
