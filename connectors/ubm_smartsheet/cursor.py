"""What is remembered of each sheet between two reads: small, and stored by the engine as text."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from ubm_smartsheet.columns import Column, Known

FORMAT = 1
MOST_COUNTED = 2000  # new rows of the overlap that are remembered by id
MOST_LATEST = 20_000
_STAMP = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(slots=True)
class SheetState:
    """One sheet as last read.

    ``version`` is the sheet's version up to which everything is known, 0 for none. ``rows`` is the
    number of its rows, None before the first complete read. ``newest`` is the latest time (the
    vendor's) up to which rows were seen. ``counted`` are the rows created within the overlap before
    ``newest`` that ``rows`` includes already; None where they were too many to remember.
    ``written`` counts the rows of our own writes by the second: they would all be read again with
    the next edit of a person, and a great many are better listed by pages.
    ``wrong`` says that its columns were not as they should be when they were last read.
    ``unsure`` are identities of creates whose answer was lost. ``latest`` holds versions of rows
    read since the last start, for writes decided on an older one; it is not stored. ``replaced``
    are fields whose column another one has taken the place of, as long as no page has said so.
    ``live`` are all columns, from left to right; ``titles`` the first titles of those that are no
    field's. ``judged`` says by which template and exceptions they were compared last, ``paused``
    which fields are held up since. ``looked`` is the sheet's time up to which its columns are known
    where that is later than any row's. ``puzzled`` says that the rows shown last did not explain
    the sheet's version; it is not stored. ``own_rows`` are rows that ``own_requests`` requests of
    ours wrote since that version, with the time they were answered with, "" for none. ``doubtful``
    says that since the sheet was read in full its version moved by more steps than rows were shown;
    then ``again`` is the time since which the changed rows are read once more, "" where they were.
    """

    id: str
    name: str = ""
    version: int = 0
    rows: int | None = None
    newest: str = ""
    counted: dict[int, str] | None = field(default_factory=dict)
    lost: bool = False
    wrong: bool = False
    written: dict[str, int] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    known: Mapping[str, Known] = field(default_factory=dict)
    columns: Mapping[str, Column] = field(default_factory=dict)
    latest: dict[str, str] = field(default_factory=dict)
    replaced: set[str] = field(default_factory=set)
    live: tuple[Column, ...] = ()
    titles: dict[int, str] = field(default_factory=dict)
    judged: str = ""
    paused: tuple[str, ...] = ()
    looked: str = ""
    puzzled: bool = False
    own_rows: dict[str, str] = field(default_factory=dict)
    own_requests: int = 0
    doubtful: bool = False
    again: str = ""
    _text: bytes = b""

    def changed(self) -> None:
        """Say that the stored text must be made again."""
        self._text = b""

    def text(self) -> bytes:
        """Return the stored form; made only after a change, for it is asked for every cycle."""
        if not self._text:
            self._text = orjson.dumps(self._stored())
        return self._text

    def learn_columns(self, known: Mapping[str, Known], columns: Mapping[str, Column]) -> None:
        """Take over which column each field lives in.

        Where a field's column is another one, or is there or not there anew, the rows last read
        say nothing about it: the sheet is read in full. So it is where what may be written in it
        is not what it was, for no row changes with that.
        """
        if known != self.known or columns != self.columns:
            if self.columns and _layout(columns) != _layout(self.columns):
                self.version, self.rows = 0, None
            self.known, self.columns = known, columns
            self.changed()

    def learn_sheet(self, live: tuple[Column, ...]) -> None:
        """Take over all columns there are, after those of fields."""
        bound = {column.id for column in self.columns.values()}
        titles = {one.id: self.titles.get(one.id, one.title) for one in live if one.id not in bound}
        if (live, titles) != (self.live, self.titles):
            self.live, self.titles = live, titles
            self.changed()

    def judge(self, standard: str, paused: tuple[str, ...]) -> None:
        """Note what is held up, by which template.

        What was held up and is not any more must be read: people went on typing there.
        """
        if not set(self.paused) <= set(paused):
            self.distrust()
        if (standard, paused) != (self.judged, self.paused):
            self.judged, self.paused = standard, paused
            self.changed()

    def moved_since(self, modified: str) -> bool:
        """Return whether a sheet changed later than anything that is known of it."""
        return bool(self.newest) and modified > max(self.newest, self.looked)

    def saw(self, versions: Iterable[tuple[str, str]]) -> None:
        """Remember the versions of rows that were just read."""
        if len(self.latest) > MOST_LATEST:
            self.latest.clear()
        self.latest.update(versions)

    def count(self, rows: Mapping[int, str], overlap: float) -> None:
        """Remember which new rows are counted; ``rows`` maps row id to creation time."""
        since = before(self.newest, overlap)
        known = {} if self.counted is None else self.counted
        together = {**known, **rows}
        recent = {ref: at for ref, at in together.items() if at >= since}
        self.counted = recent if len(recent) <= MOST_COUNTED else None
        self.changed()

    def written_lately(self, overlap: float) -> int:
        """Return how many of our own rows a reading of the changed ones would bring."""
        since = before(self.newest, overlap)
        self.written = {at: rows for at, rows in self.written.items() if at >= since}
        return sum(self.written.values())

    def own_write(self, version: int, newest: str, *, rows: int, sends: int) -> bool:
        """Take over the version after one of our writes, if nobody else wrote in between.

        The vendor moves a sheet's version by one for a write. A request that was sent more than
        once may have moved it twice, and then nothing is concluded: the sheet is read again. A
        write of which no row was taken moves nothing: a version moved by then is somebody's edit.
        """
        ours = self.version + bool(rows)
        self.written[newest] = self.written.get(newest, 0) + rows
        self.changed()
        if not self.version or sends != 1 or version not in {self.version, ours}:
            return False
        self.version = version
        self.newest = max(self.newest, newest)
        self.changed()
        return True

    def wrote(self, rows: Mapping[str, str]) -> None:
        """Remember rows of one request of ours of which the known version says nothing.

        ``rows`` are ids with the time of their change, "" where nothing was answered.
        """
        if not self.version:
            return
        self.own_rows.update(rows)
        self.own_requests += 1
        self.changed()
        if len(self.own_rows) > MOST_COUNTED:
            self.distrust()

    def forget_own(self) -> None:
        """Forget our own rows: everything up to the known version was read."""
        self.own_rows, self.own_requests = {}, 0

    def news(
        self, changed: Iterable[tuple[str, str, str]], new: Collection[int] = ()
    ) -> list[bool]:
        """Return for each row that changed since the last reading whether the change is ours.

        ``changed`` are the rows shown: id, time of change, version; ``new`` those never seen.
        """
        return [
            self.own_rows.get(ref) in {"", at}
            for ref, at, now in changed
            if at > self.newest
            or (at == self.newest and self.latest.get(ref, now) != now)
            or int(ref) in new
        ]

    def explains(self, version: int, news: Sequence[bool]) -> bool:
        """Return whether rows that were shown explain a new version of the sheet; see ``news``.

        Smartsheet: a comment moves a sheet's version, and no row. An answer that leaves rows out
        looks the same, and what was typed there must not be written over unseen: the version counts
        as not known, whatever is written meanwhile as contested, and where the next answer does not
        explain it either, all rows are listed, whose number is known. What we wrote ourselves
        explains no more steps of the version than we sent requests.
        """
        steps = version - self.version
        if not self.version or not steps:
            return True
        ours = all(news) and steps > self.own_requests
        return bool(news) and not ours

    def doubt(self, version: int, news: Sequence[bool]) -> None:
        """Note whether a new version is explained by fewer rows than it has steps; see ``news``.

        Somebody saved a row twice, or an answer left a row out: it is asked for once more, and
        until all rows were listed the version says nothing about those that were not shown.
        """
        self.again = ""
        if self.version and version - self.version > self.own_requests + news.count(False):
            self.doubtful, self.again = True, self.newest
        self.changed()

    def note(self, *, wrong: bool) -> None:
        """Note whether something is wrong with the columns."""
        if wrong != self.wrong:
            self.wrong = wrong
            self.changed()

    def is_listed(self) -> bool:
        """Return whether the sheet was read in full, with the columns it has now."""
        return self.rows is not None

    def lose(self) -> None:
        """Note that the sheet is not accessible; it is read in full when it is back."""
        self.version, self.rows, self.lost = 0, None, True
        self.forget_own()
        self.changed()

    def distrust(self) -> None:
        """Note that the sheet is to be read in full, although nothing says that it changed."""
        self.version, self.rows = 0, None
        self.forget_own()
        self.changed()

    def _stored(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "version": self.version,
            "rows": self.rows,
            "newest": self.newest,
            "counted": None
            if self.counted is None
            else {str(ref): at for ref, at in self.counted.items()},
            "lost": self.lost,
            "wrong": self.wrong,
            "written": self.written,
            "unsure": sorted(self.unsure),
            "known": {name: list(one) for name, one in self.known.items()},
            "columns": {
                name: one.id if one in self.live else list(one)
                for name, one in self.columns.items()
            },
            "replaced": sorted(self.replaced),
            "live": [list(one) for one in self.live],
            "titles": {str(number): title for number, title in self.titles.items()},
            "judged": self.judged,
            "paused": list(self.paused),
            "looked": self.looked,
            "own_rows": self.own_rows,
            "own_requests": self.own_requests,
            "doubtful": self.doubtful,
            "again": self.again,
        }


def before(newest: str, seconds: float) -> str:
    """Return the time ``seconds`` before a time of the vendor, in its own form; "" for ""."""
    if not newest:
        return ""
    return (datetime.fromisoformat(newest) - timedelta(seconds=seconds)).strftime(_STAMP)


def _layout(columns: Mapping[str, Column]) -> dict[str, tuple[int, str, str, bool, bool]]:
    return {
        field: (one.id, one.type, one.system, one.formula, one.locked_for_us)
        for field, one in columns.items()
    }


def store(states: Iterable[SheetState]) -> str:
    """Return the cursor of all sheets as text."""
    sheets = b",".join(state.text() for state in states)
    return (b'{"format":%d,"sheets":[%b]}' % (FORMAT, sheets)).decode()


def restore(cursor: str | None) -> dict[str, SheetState]:
    """Return the sheets of a stored cursor; one of another format counts as none.

    Starting again from nothing costs one full read and loses nothing.
    """
    try:
        body = orjson.loads(cursor or "{}")
        if body.get("format") != FORMAT:
            return {}
        states = [_sheet(one) for one in body["sheets"]]
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}
    return {state.id: state for state in states}


def _sheet(body: dict[str, Any]) -> SheetState:
    counted = body["counted"]
    live = tuple(_column(one) for one in body.get("live", ()))
    by_id = {one.id: one for one in live}
    return SheetState(
        id=body["id"],
        name=body["name"],
        version=body["version"],
        rows=body["rows"],
        newest=body["newest"],
        counted=None if counted is None else {int(ref): at for ref, at in counted.items()},
        lost=body["lost"],
        wrong=bool(body.get("wrong")),
        written=body["written"],
        unsure=set(body["unsure"]),
        known={name: _known(one) for name, one in body["known"].items()},
        columns={
            name: by_id[one] if isinstance(one, int) else _column(one)
            for name, one in body["columns"].items()
        },
        replaced=set(body.get("replaced", ())),
        live=live,
        titles={int(number): title for number, title in body.get("titles", {}).items()},
        judged=body.get("judged", ""),
        paused=tuple(body.get("paused", ())),
        looked=body.get("looked", ""),
        own_rows=body.get("own_rows", {}),
        own_requests=body.get("own_requests", 0),
        doubtful=bool(body.get("doubtful")),
        again=body.get("again", ""),
    )


def _known(one: list[Any]) -> Known:
    found = Known(*one)
    return found._replace(lost=tuple(found.lost))


def _column(one: list[Any]) -> Column:
    """Return a stored column; an older service stored fewer attributes."""
    found = Column(*one)
    return found._replace(options=tuple(found.options))
