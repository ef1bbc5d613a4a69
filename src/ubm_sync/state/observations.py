"""Observations: each record as last seen in each place, and what became of moved records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Column,
    Index,
    Integer,
    Table,
    Text,
    bindparam,
    delete,
    func,
    select,
    text,
    type_coerce,
    update,
)

from ubm_sync.database import upsert
from ubm_sync.model import NOTHING, Observation
from ubm_sync.state.records import record
from ubm_sync.state.repository import Bulk, Pick, Repository
from ubm_sync.state.schema import (
    CleanText,
    JsonText,
    Moment,
    clean,
    instant,
    json_text,
    json_value,
    metadata,
    microseconds,
)

observation = Table(
    "observation",
    metadata,
    Column("place", Text, primary_key=True),
    Column("ref", Text, primary_key=True),
    Column("sync_id", Text, nullable=False, index=True),
    Column("record_key", CleanText),
    Column("container", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("seen_values", JsonText, nullable=False),
    Column("marks", JsonText, nullable=False),
    Column("created_at", Moment),
    Column("modified_at", Moment),
    Column("modified_by", CleanText),
    Column("gone", Text, nullable=False),
    Column("missing", Integer, nullable=False),  # full listings in a row that did not show it
    Column("missing_since", Moment),  # when the first of them did not
    Column("asked_at", Moment),  # when its loss was proven and a person was asked
    Index("ix_observation_place_container", "place", "container"),
    Index(
        "ix_observation_missing",
        "place",
        sqlite_where=text("missing > 0"),
        postgresql_where=text("missing > 0"),
    ),
)

alias = Table(
    "observation_alias",
    metadata,
    Column("place", Text, primary_key=True),
    Column("old_ref", Text, primary_key=True),
    Column("new_ref", Text, nullable=False),
    Column("sync_id", Text, nullable=False),
    Index("ix_observation_alias_place_new_ref", "place", "new_ref"),
)

_columns = observation.c
_many: BindParameter[Any] = bindparam("many", expanding=True)
_here = _columns.place == bindparam("at_place")
SAVE = Bulk(observation, ["place", "ref"], kept=("missing", "missing_since", "asked_at"))
WHOLE = select(
    _columns.sync_id,
    _columns.place,
    _columns.ref,
    _columns.record_key,
    _columns.container,
    _columns.version,
    _columns.seen_values,
    _columns.marks,
    _columns.created_at,
    _columns.modified_at,
    _columns.modified_by,
    _columns.gone,
)
OF_RECORDS = Pick(WHOLE, _columns.sync_id)
OF_REFS = WHOLE.where(_here, _columns.ref.in_(_many))
KNOWN = Pick(
    select(_columns.ref, _columns.sync_id, _columns.version), _columns.ref, within=_columns.place
)
MISSING = (
    update(observation)
    .where(_here, _columns.ref.in_(_many))
    .values(
        missing=_columns.missing + 1,
        missing_since=func.coalesce(_columns.missing_since, bindparam("at", type_=Moment)),
    )
)
ABSENT = select(
    _columns.ref,
    _columns.sync_id,
    _columns.container,
    _columns.missing,
    _columns.missing_since,
    _columns.asked_at,
).where(_here, _columns.missing > text("0"))  # a constant, so that the small index serves
SEEN = (
    update(observation)
    .where(_here, _columns.ref.in_(_many), _columns.missing > 0)
    .values(missing=0, missing_since=None, asked_at=None)
)
ASKED = (
    update(observation)
    .where(_here, _columns.ref.in_(_many))
    .values(asked_at=bindparam("at", type_=Moment))
)
FORGET = delete(observation).where(_here, _columns.ref.in_(_many))
ALIASES = Pick(
    select(alias.c.old_ref, alias.c.new_ref, alias.c.sync_id),
    alias.c.old_ref,
    within=alias.c.place,
)
SAVE_ALIAS = upsert(alias, ["place", "old_ref"])

NEVER = datetime(1, 1, 1, tzinfo=UTC)


class Absent(NamedTuple):
    """A record that full listings did not show: how many in a row, and since when.

    ``asked_at`` is when its loss was proven and a person was asked, None before.
    """

    ref: str
    sync_id: str
    container: str
    listings: int
    since: datetime
    asked_at: datetime | None


class Observations(Repository):
    """What was last seen, by ``(place, ref)``."""

    def load(self, sync_ids: Iterable[str]) -> dict[str, dict[str, Observation]]:
        """Return ``{sync_id: {place: observation}}`` of what is there now, or how it left.

        A place has at most one: where several refs carry one record (a row that was moved and
        whose old id was not yet found missing), the one that was modified last; one that is gone
        only where none is there any more.
        """
        found: dict[str, dict[str, Observation]] = {}
        for row in OF_RECORDS.rows(self._connection, sync_ids):
            places = found.setdefault(row[0], {})
            seen = _stored(row)
            rival = places.get(seen.place)
            if rival is None or _age(rival) < _age(seen):
                places[seen.place] = seen
        return found

    def get(self, place: str, refs: Iterable[str]) -> dict[str, tuple[str, Observation]]:
        """Return ``{ref: (sync_id, observation)}``, gone ones included, aliases not followed."""
        rows = self._rows_in(OF_REFS, refs, {"at_place": place})
        return {row.ref: (row[0], _observation(row)) for row in rows}

    def resolve(self, place: str, refs: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Return ``{ref: (sync_id, version)}`` of the known refs, following aliases.

        An alias gives the version of the ref it stands for, "" where that was never observed.
        """
        wanted = list(dict.fromkeys(refs))
        found = ALIASES.rows(self._connection, wanted, place)
        aliases = {old: (new, sync_id) for old, new, sync_id in found}
        direct = [aliases[ref][0] if ref in aliases else ref for ref in wanted]
        known = self.known(place, direct)
        for old, (new, sync_id) in aliases.items():
            known[old] = (sync_id, known[new][1] if new in known else "")
        return {ref: known[ref] for ref in wanted if ref in known}

    def known(self, place: str, refs: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Return ``{ref: (sync_id, version)}`` of the known refs, aliases not followed."""
        rows = KNOWN.rows(self._connection, refs, place)
        return {ref: (sync_id, version) for ref, sync_id, version in rows}

    def save(self, seen: Iterable[tuple[str, Observation]]) -> None:
        """Insert or replace ``(sync_id, observation)`` pairs; what is missing stays so."""
        SAVE.run(self._connection, [_row(sync_id, observed) for sync_id, observed in seen])

    def all_of(self, place: str, container: str = "") -> list[tuple[str, Observation]]:
        """Return ``(sync_id, observation)`` of a place, of one container where it is given."""
        statement = WHOLE.where(_columns.place == place, _columns.gone == "")
        if container:
            statement = statement.where(_columns.container == container)
        return [(row[0], _observation(row)) for row in self._connection.execute(statement)]

    def telling(self, place: str, container: str, field: str, value: str) -> list[str]:
        """Return the records whose ``field`` is ``value`` in a container now."""
        fragment = json_text({field: value})[1:-1]
        find = func.instr if self._connection.dialect.name == "sqlite" else func.strpos
        statement = select(_columns.sync_id).where(
            _columns.place == place,
            _columns.container == container,
            _columns.gone == "",
            find(type_coerce(_columns.seen_values, Text), fragment) > 0,
        )
        return list(self._connection.scalars(statement))

    def refs_in(self, place: str, container: str) -> set[str]:
        """Return the refs believed to be in a container now."""
        statement = select(_columns.ref).where(
            _columns.place == place, _columns.container == container, _columns.gone == ""
        )
        return set(self._connection.scalars(statement))

    def count(self, container: str) -> int:
        """Return how many observations are believed to be in a container now."""
        statement = select(func.count()).where(_columns.container == container, _columns.gone == "")
        return int(self._connection.scalar(statement) or 0)

    def elsewhere(self, place: str, containers: Iterable[str]) -> list[tuple[str, str, int]]:
        """Return ``(customer, container, how many)`` of what is there in no container of these."""
        statement = (
            select(record.c.customer, _columns.container, func.count())
            .join_from(observation, record, record.c.sync_id == _columns.sync_id)
            .where(
                _columns.place == place,
                _columns.container.not_in(list(containers)),
                _columns.gone == "",
            )
            .group_by(record.c.customer, _columns.container)
            .order_by(record.c.customer, _columns.container)
        )
        return [(row[0], row[1], row[2]) for row in self._connection.execute(statement)]

    def missing(self, place: str, refs: Iterable[str], at: datetime) -> None:
        """Note that a full listing at ``at`` did not show these refs."""
        self._change_in(MISSING, refs, {"at_place": place, "at": at})

    def absent(self, place: str) -> dict[str, Absent]:
        """Return what the last full listings did not show, by ref; nearly always nothing."""
        rows = self._connection.execute(ABSENT, {"at_place": place})
        return {row.ref: Absent(*row) for row in rows}

    def asked(self, place: str, refs: Iterable[str], at: datetime) -> None:
        """Note that a person is asked about these refs from now on."""
        self._change_in(ASKED, refs, {"at_place": place, "at": at})

    def seen(self, place: str, refs: Iterable[str]) -> None:
        """Note that these refs are there: whatever was counted of them begins anew."""
        self._change_in(SEEN, refs, {"at_place": place})

    def forget(self, place: str, refs: Iterable[str]) -> None:
        """Remove observations; their aliases stay."""
        self._change_in(FORGET, refs, {"at_place": place})

    def alias(self, place: str, old_ref: str, new_ref: str, sync_id: str) -> None:
        """Remember that ``old_ref`` is now ``new_ref`` (moved, merged); chains are shortened."""
        found = ALIASES.rows(self._connection, [new_ref], place)
        final: str = next((row[1] for row in found), new_ref)
        if final == old_ref:  # back to where it came from: the newest word counts
            final = new_ref
            self._connection.execute(
                delete(alias).where(alias.c.place == place, alias.c.old_ref == new_ref)
            )
        self._connection.execute(
            update(alias)
            .where(alias.c.place == place, alias.c.new_ref == old_ref)
            .values(new_ref=final, sync_id=sync_id)
        )
        row = {"place": place, "old_ref": old_ref, "new_ref": final, "sync_id": sync_id}
        self._write(SAVE_ALIAS, [row])


def _observation(row: Any) -> Observation:
    return Observation(*row[1:])


def _stored(row: tuple[Any, ...]) -> Observation:
    """Return an observation as ``_row`` stored it."""
    _, place, ref, key, container, version, values, marks, created, modified, by, gone = row
    return Observation(
        place,
        ref,
        key,
        container,
        version,
        json_value(values),
        NOTHING if marks == "{}" else json_value(marks),
        None if created is None else instant(created),
        None if modified is None else instant(modified),
        by,
        gone,
    )


def _age(seen: Observation) -> tuple[bool, datetime, datetime, str]:
    return (
        not seen.gone,
        seen.modified_at or seen.created_at or NEVER,
        seen.created_at or NEVER,
        seen.ref,
    )


def _row(sync_id: str, seen: Observation) -> tuple[Any, ...]:
    return (
        seen.place,
        seen.ref,
        sync_id,
        None if seen.key is None else clean(seen.key),
        seen.container,
        seen.version,
        json_text(seen.values),
        json_text(seen.marks) if seen.marks else "{}",
        None if seen.created_at is None else microseconds(seen.created_at),
        None if seen.modified_at is None else microseconds(seen.modified_at),
        None if seen.modified_by is None else clean(seen.modified_by),
        seen.gone,
        0,
        None,
        None,
    )
