"""What managers say about delays on the ticket, with who said it and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import structlog

from ubm_sync.delays.people import SAID, SIGNED, Author, from_plain, people_of, plain
from ubm_sync.errors import SyncError
from ubm_sync.model import Observation
from ubm_sync.ports import Changes, Connector, KnowsAuthors
from ubm_sync.state import DelayCase, Entry, State, Ticket

NOBODY_KNOWN = "somebody"
log = structlog.get_logger(__name__)


class Said:
    """Reads the words of people off the tickets of one place."""

    def __init__(self, state: State, place: str, connector: Connector) -> None:
        self._state = state
        self._place = place
        self._connector = connector

    def hear(self, moved: Iterable[Ticket], run: str, now: datetime) -> None:
        """Take over what the tickets say that moved since they were last looked at.

        Who said it, and when, is asked of the system where it remembers that; only for words that
        are new. Each change is in the audit log.
        """
        onboardings = [one.onboarding for one in moved]
        if not onboardings:
            return
        with self._state.reading() as tx:
            cases = tx.cases.load(onboardings)
            seen = {
                name: places[self._place]
                for name, places in tx.observations.load(onboardings).items()
                if self._place in places
            }
        fresh = {
            name: seen[name]
            for name, case in cases.items()
            if name in seen and _said(seen[name]) != dict(case.said)
        }
        authors = self._authors(fresh.values())
        with self._state.transaction() as tx:
            for name, one in seen.items():
                case = cases[name]
                case.version = one.version
                case.started = case.started or one.created_at
                if name in fresh:
                    _take(case, one, authors.get(one.ref, {}), now)
                    tx.audit.append([_entry(case, one, run, now)])
            tx.cases.save(cases[name] for name in seen)

    def _authors(self, seen: Iterable[Observation]) -> Mapping[str, Changes]:
        """Return who gave the fields their values, by ref; nothing where nobody can tell."""
        spoken = [one for one in seen if _said(one)]
        if not spoken or not isinstance(self._connector, KnowsAuthors):
            return {}
        fields = {one.ref: [name for name in SIGNED if name in one.values] for one in spoken}
        try:
            return self._connector.authors(spoken, fields)
        except SyncError as error:  # what was said counts at once, with the ticket's last editor
            log.warning("authors not known", system=self._connector.name, error=str(error))
            return {}


def _said(seen: Observation) -> dict[str, str]:
    return {name: seen.values[name] for name in SAID if name in seen.values}


def _take(case: DelayCase, seen: Observation, changes: Changes, now: datetime) -> None:
    """Take over what a ticket says, with its author: the ticket's last editor where unknown."""
    before = case.people
    authors: dict[str, Author] = {}
    for name in SIGNED:
        newest = next(iter(changes.get(name, ())), None)
        if newest is not None:
            authors[name] = Author(newest.by, newest.at)
        else:
            authors[name] = Author(seen.modified_by or NOBODY_KNOWN, seen.modified_at or now)
    case.said = _said(seen)
    case.people = plain(people_of(case.said, authors, from_plain(before)))
    case.due = case.due or case.people != before


def _entry(case: DelayCase, seen: Observation, run: str, now: datetime) -> Entry:
    body = {"place": seen.place, "ref": seen.ref, "said": case.said, "people": case.people}
    actor = seen.modified_by or NOBODY_KNOWN
    newest = ""
    for said in (
        case.people["override"],
        case.people["response"],
        *case.people["disputes"].values(),
        *case.people["single"].values(),
    ):
        if said and said["at"] > newest:
            actor, newest = said["by"], said["at"]
    return Entry(now, run, actor, "delay words", case.onboarding, body)
