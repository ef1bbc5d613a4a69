"""Leases: who may write, with an epoch that fences off a holder that was frozen and came back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    Table,
    Text,
    and_,
    bindparam,
    case,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from ubm_sync.errors import LeaseLost
from ubm_sync.state.repository import Repository
from ubm_sync.state.schema import CleanText, Moment, metadata

lease_row = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", CleanText, nullable=False),  # "" when nobody has it
    Column("epoch", BigInteger, nullable=False),
    Column("until", Moment, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write under ``name``; ``epoch`` tells two holders apart for good."""

    name: str
    holder: str
    epoch: int
    until: datetime


_new = insert(lease_row)
ACQUIRE = _new.on_conflict_do_update(
    index_elements=["name"],
    set_={
        "holder": _new.excluded.holder,
        "until": _new.excluded.until,
        "epoch": lease_row.c.epoch + case((lease_row.c.holder == _new.excluded.holder, 0), else_=1),
    },
    where=or_(
        lease_row.c.holder == _new.excluded.holder,
        lease_row.c.holder == "",
        lease_row.c.until <= bindparam("now", type_=Moment),
    ),
).returning(lease_row.c.epoch)
# Asked before every request and in every transaction, so they are built once. A parameter may not
# be named like a column that the same statement sets.
_SAME = and_(
    lease_row.c.name == bindparam("its_name"),
    lease_row.c.holder == bindparam("its_holder"),
    lease_row.c.epoch == bindparam("its_epoch"),
)
HOLDER = select(lease_row.c.holder).where(lease_row.c.name == bindparam("its_name"))
EPOCH = select(lease_row.c.epoch).where(lease_row.c.name == bindparam("its_name"))
RENEW = update(lease_row).where(_SAME).values(until=bindparam("later"))
CHECK = select(lease_row.c.until).where(_SAME).with_for_update(read=True)
CONFIRM = select(lease_row.c.epoch).where(_SAME)
RELEASE = update(lease_row).where(_SAME).values(holder="")


class Leases(Repository):
    """Leases by name; taken and given back by compare and set."""

    def acquire(self, name: str, holder: str, seconds: float, now: datetime) -> Lease | None:
        """Take a lease that is free, expired or already ``holder``'s; None if another has it.

        ``holder`` must be different in every process. The epoch grows by one with every new
        holder, and when a lease that was given back is taken again.
        """
        until = now + timedelta(seconds=seconds)
        row = {"name": name, "holder": holder, "epoch": 1, "until": until, "now": now}
        epoch = self._connection.execute(ACQUIRE, row).scalar()
        return None if epoch is None else Lease(name, holder, epoch, until)

    def holder(self, name: str) -> str:
        """Return who has a lease, "" where nobody does."""
        return str(self._connection.execute(HOLDER, {"its_name": name}).scalar() or "")

    def epoch(self, name: str) -> int:
        """Return the epoch of whoever had a lease last, 0 where nobody ever did."""
        return int(self._connection.execute(EPOCH, {"its_name": name}).scalar() or 0)

    def evict(self, name: str, holder: str) -> None:
        """Take a lease from a holder that is known to have ended; nothing happens to another's."""
        whose = and_(lease_row.c.name == name, lease_row.c.holder == holder)
        self._connection.execute(update(lease_row).where(whose).values(holder=""))

    def renew(self, lease: Lease, seconds: float, now: datetime) -> Lease:
        """Prolong a lease; raises LeaseLost if another took it.

        One that ran out and that nobody took may be renewed: nobody wrote meanwhile.
        """
        until = now + timedelta(seconds=seconds)
        if self._connection.execute(RENEW, {**_same(lease), "later": until}).rowcount == 0:
            raise _lost(lease)
        return replace(lease, until=until)

    def check(self, lease: Lease, now: datetime) -> None:
        """Raise LeaseLost unless the lease still holds.

        The row stays locked against other takers until this transaction ends, so what is committed
        with it was written by the holder.
        """
        until = self._connection.execute(CHECK, _same(lease)).scalar()
        if until is None or until <= now:
            raise _lost(lease)

    def confirm(self, lease: Lease) -> None:
        """Raise LeaseLost if another took the lease; one that only ran out is still ours."""
        if self._connection.execute(CONFIRM, _same(lease)).scalar() is None:
            raise _lost(lease)

    def release(self, lease: Lease) -> None:
        """Give a lease back; nothing happens if another took it meanwhile."""
        self._connection.execute(RELEASE, _same(lease))


def _same(lease: Lease) -> dict[str, object]:
    return {"its_name": lease.name, "its_holder": lease.holder, "its_epoch": lease.epoch}


def _lost(lease: Lease) -> LeaseLost:
    return LeaseLost(
        f'The lease "{lease.name}" of {lease.holder} ran out or was taken over by another '
        "instance; what was in hand is dropped and the other instance continues."
    )
