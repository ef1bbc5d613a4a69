"""What HubSpot tells of onboardings: every fact with who, when and where it stands.

Only tickets that moved are read, by 50 with the histories of their properties, and the mail,
meetings and tasks of the same ones. Those change without moving their ticket, so that now and then
one search a kind asks which of them changed. A quiet look between costs no call.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from ubm_hubspot import facts_of_mail, facts_of_meetings, facts_of_tasks, facts_of_tickets
from ubm_hubspot.activities import ASSOCIATIONS, Activities, Activity
from ubm_hubspot.authors import BATCH
from ubm_hubspot.catalog import Catalog
from ubm_hubspot.client import Client
from ubm_hubspot.decode import CREATED, MERGED, MODIFIED, modified_of
from ubm_hubspot.facts import CUT, SYSTEM, Reading, Record, instant_of
from ubm_hubspot.settings import FactSettings
from ubm_hubspot.tickets import certain, chunks
from ubm_hubspot.values import instant
from ubm_sync.errors import NotThere
from ubm_sync.evidence import Evidence
from ubm_sync.model import Customer, Problem
from ubm_sync.ports import Asked, Hearing, Lane, Testimony

EMAILS, MEETINGS, TASKS = "emails", "meetings", "tasks"
SCOPE = f"{SYSTEM}/facts"
_FORMAT = 2  # of the mark, and of what is read: higher where all must be read again
_WORDS = {
    "emails": "e-mails (answers of machines and mail that bounced cannot be told)",
    "meetings": "meetings",
    "tasks": "tasks (the checklist)",
}


class HubSpotWitness:
    """See ``ubm_sync.ports.Witness``."""

    def __init__(
        self,
        client: Client,
        catalog: Catalog,
        settings: FactSettings,
        customers: Sequence[Customer],
        now: Callable[[], int],
    ) -> None:
        self._client = client
        self._catalog = catalog
        self._settings = settings
        self._zones = {one.key: one.zone for one in customers}
        self._now = now
        self._names = facts_of_tickets.wanted(settings)
        self._absent: set[str] | None = None  # properties that no ticket has; None: not known
        self._activities = Activities(
            client,
            (
                Activity(EMAILS, facts_of_mail.PROPERTIES),
                Activity(
                    MEETINGS,
                    ("hs_meeting_title",),
                    tuple(facts_of_meetings.wanted(settings)),
                ),
                Activity(TASKS, (facts_of_tasks.TITLE,), facts_of_tasks.WANTED),
            ),
        )
        told = orjson.dumps(settings.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
        self._hash = hashlib.sha256(told).hexdigest()[:12]

    def testify(self, asked: Sequence[Asked], mark: str | None) -> Iterator[Hearing]:
        """Yield what was done in the onboardings that moved; see ``Witness``."""
        looked, lacked = self._read_mark(mark)
        began = self._now()
        if looked is not None and looked > began:  # our clock was set back: nobody knows since when
            looked = None
        is_due = looked is None or began - looked >= self._settings.look_every * 1000
        self._absent = None
        if is_due:
            self._activities.forget()
        moved = self._moved(asked, looked, lacked, is_due=is_due)
        owners = {one.ticket: one.customer for one in asked}
        for block in chunks(moved, ASSOCIATIONS):
            there = self._activities.of([one.ticket for one in block])
            for some in chunks(block, BATCH):
                yield Hearing(tuple(self._heard(some, there, owners)))
        if is_due:
            yield self._told(began)
        elif moved:
            yield self._told(looked)

    def _moved(
        self, asked: Sequence[Asked], looked: int | None, lacked: set[str], *, is_due: bool
    ) -> list[Asked]:
        """Return the onboardings of which something may have changed.

        That is all of them where something can be read again that could not at the last look.
        """
        touched: set[str] | None = set()
        if looked is None:
            touched = None
        elif is_due and asked:
            touched = self._activities.touched(looked - round(self._settings.overlap * 1000))
            if not lacked <= self._activities.lacking.keys():
                touched = None
        return [
            one
            for one in asked
            if touched is None or not one.known or one.version > one.known or one.ticket in touched
        ]

    def _heard(
        self,
        some: Sequence[Asked],
        there: Mapping[str, Mapping[str, Sequence[str]]],
        owners: Mapping[str, str],
    ) -> Iterator[Testimony]:
        """Yield the testimonies of up to 50 tickets; one that is not there has none."""
        tickets = self._read([one.ticket for one in some])
        merged = {ref: facts_of_tickets.merged_into(record) for ref, record in tickets.items()}
        old = self._read([ref for refs in merged.values() for ref in refs], archived=True)
        beside = {
            kind: self._activities.read(
                kind, [each for one in some for each in found.get(one.ticket, ())]
            )
            for kind, found in there.items()
        }
        doubts = self._shared(beside, owners)
        for one in some:
            if one.ticket not in tickets:
                continue
            record = tickets[one.ticket]
            histories = [record, *(old[ref] for ref in merged[one.ticket] if ref in old)]
            own = {
                kind: [
                    beside[kind][ref] for ref in found.get(one.ticket, ()) if ref in beside[kind]
                ]
                for kind, found in there.items()
            }
            told = _facts(histories, own, doubts, self._reading(one))
            facts = tuple(fact for fact in told if not _is_known(fact, one.known))
            version = max(one.version, instant(modified_of(record)))
            yield Testimony(one.ticket, version, facts, merged[one.ticket])

    def _read(self, refs: Sequence[str], *, archived: bool = False) -> dict[str, Record]:
        found: dict[str, Record] = {}
        operation = self._client.crm.tickets.batch_api.read
        query: dict[str, Any] = {"archived": True} if archived else {}
        for some in chunks(list(dict.fromkeys(refs)), BATCH):
            body = {
                "inputs": [{"id": ref} for ref in some],
                "properties": [CREATED, MODIFIED, MERGED],
                "propertiesWithHistory": [*self._names, MERGED],
            }
            try:
                answer = self._client.call(
                    "read facts", operation, body=body, lane=Lane.AUDIT, **query
                )
            except NotThere:
                continue
            certain(answer, "tickets")
            found |= {str(one["id"]): one for one in answer["results"]}
        for record in found.values():
            known = set(record.get("propertiesWithHistory") or ())
            lacks = set(self._names) - known
            self._absent = lacks if self._absent is None else self._absent & lacks
        return found

    def _shared(
        self, beside: Mapping[str, Mapping[str, Record]], owners: Mapping[str, str]
    ) -> dict[str, str]:
        """Return what belongs to the onboardings of two customers: nobody can say to which.

        HubSpot logs a mail on every open ticket of its contact, who may work for both.
        """
        doubts: dict[str, str] = {}
        for kind in (EMAILS, MEETINGS):
            ids = list(beside.get(kind, ()))
            for ref, tickets in self._activities.tickets_of(kind, ids).items():
                customers = {owners[one] for one in tickets if one in owners}
                if len(customers) > 1:
                    doubts[ref] = "it is on the tickets of " + " and ".join(sorted(customers))
        return doubts

    def _reading(self, one: Asked) -> Reading:
        return Reading(
            self._settings,
            self._catalog.user_email,
            self._catalog.is_user,
            lambda stage: self._catalog.stage_of(one.place, stage) or "",
            self._zones.get(one.customer, "UTC"),
        )

    def _told(self, looked: int | None) -> Hearing:
        """Return the last part: what could not be read, and how far the portal was looked at."""
        problems = [
            Problem(
                f"{SCOPE}/{kind}",
                "facts_unreadable",
                f"HubSpot's {_WORDS[kind]} cannot be read, so delays are judged without them: "
                f"{why}",
            )
            for kind, why in sorted(self._activities.lacking.items())
        ]
        scopes = {f"{SCOPE}/{kind}" for kind in self._activities.kinds}
        if self._absent is not None:
            scopes.add(f"{SCOPE}/tickets")
        if self._absent:
            names = ", ".join(f'"{name}"' for name in sorted(self._absent))
            text = (
                f"HubSpot's tickets have no property {names}, so delays are judged without what it "
                "would tell; run setup, or correct systems.hubspot.facts in config/service.yaml."
            )
            problems.append(Problem(f"{SCOPE}/tickets", "facts_missing", text))
        state = {
            "format": _FORMAT,
            "at": looked,
            "settings": self._hash,
            "lacking": sorted(self._activities.lacking),
        }
        return Hearing((), tuple(problems), frozenset(scopes), orjson.dumps(state).decode())

    def _read_mark(self, mark: str | None) -> tuple[int | None, set[str]]:
        """Return how far the portal was looked at (epoch ms), and what could not be read then."""
        state = orjson.loads(mark) if mark else {}
        if state.get("format") != _FORMAT or state.get("settings") != self._hash:
            return None, set()
        return int(state["at"]), set(state["lacking"])


def _facts(
    histories: Sequence[Record],
    own: Mapping[str, Sequence[Record]],
    doubts: Mapping[str, str],
    reading: Reading,
) -> Iterator[Evidence]:
    for record in histories:
        yield from facts_of_tickets.of_ticket(record, reading)
    yield from facts_of_mail.of_messages(histories, own.get(EMAILS, ()), reading, doubts)
    for meeting in own.get(MEETINGS, ()):
        yield from facts_of_meetings.of_meeting(
            meeting, reading, doubts.get(str(meeting["id"]), "")
        )
    for task in own.get(TASKS, ()):
        yield from facts_of_tasks.of_task(task, reading)


def _is_known(fact: Evidence, known: str) -> bool:
    """Return whether a fact stands where a history is cut off that was read whole before.

    What was told then is kept; that HubSpot forgot it since is no reason to doubt it.
    """
    read = instant_of(known)
    return read is not None and fact.at <= read and fact.details.get("doubt", "").startswith(CUT)
