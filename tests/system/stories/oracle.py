"""What must be true when people have stopped and everything is mended, from what can be seen.

Nothing of the engine is used: rows and tickets as people see them, the databases by plain SQL, and
what was written down of what people typed.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import create_engine, text
from tests.stack import ENROLMENTS, LOCATIONS, ONBOARDINGS
from tests.system.stories.house import Databases
from tests.system.stories.people import FIELDS, ID_COLUMN, ID_PROPERTY, People, Typed

PLACES = {LOCATIONS: "ticket", ENROLMENTS: "enrolment", ONBOARDINGS: "onboarding"}


@dataclass(slots=True)
class Ending:
    """Everything as it is at the end."""

    rows: dict[str, tuple[str, dict[str, str]]]  # row -> (whose, cells)
    tickets: dict[str, list[dict[str, Any]]]  # pipeline -> tickets
    accounts: list[dict[str, Any]]
    kept: set[str]  # values that were replaced or put back and are kept
    conflicts: dict[tuple[str, str], str]  # (record, field) -> both values, as stored
    said: Counter[tuple[str, str]]  # (record, place) -> notes that were to be written

    @classmethod
    def of(cls, people: People, databases: Databases) -> Ending:
        """Look at everything."""
        store = _ask(databases.store, "SELECT * FROM account")
        kept = _ask(databases.state, "SELECT value FROM kept_value")
        open_ = _ask(
            databases.state, "SELECT sync_id, field, sides FROM conflict WHERE closed_at IS NULL"
        )
        notes = _ask(databases.state, "SELECT sync_id, place FROM outbox")
        return cls(
            {row: (client.key, cells) for client, row, cells in people.rows()},
            {pipeline: people.tickets(pipeline) for pipeline in PLACES},
            store,
            {str(one["value"] or "") for one in kept},
            {(one["sync_id"], one["field"]): str(one["sides"]) for one in open_},
            Counter((one["sync_id"], one["place"]) for one in notes),
        )


def _ask(url: str, question: str) -> list[dict[str, Any]]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return [dict(one) for one in connection.execute(text(question)).mappings()]
    finally:
        engine.dispose()


def complaints(people: People, databases: Databases) -> list[str]:
    """Return everything that is not as promised."""
    ending = Ending.of(people, databases)
    return [
        *_doubles(ending),
        *_missing(ending, people),
        *_disagreements(ending),
        *_lost(ending, people),
        *overruled(ending, people),
        *_accounts(ending, people),
        *_repeated(ending),
    ]


def _doubles(ending: Ending) -> Iterator[str]:
    rows = Counter(cells[ID_COLUMN] for _, cells in ending.rows.values())
    yield from (f"{many} rows carry {one!r}" for one, many in rows.items() if many > 1 or not one)
    for pipeline, tickets in ending.tickets.items():
        found = Counter(one["properties"].get(ID_PROPERTY) or "" for one in tickets)
        yield from (f"{many} tickets in {pipeline} carry {one!r}" for one, many in found.items()
                    if many > 1 or not one)  # fmt: skip
    accounts = Counter(one["sync_id"] for one in ending.accounts)
    yield from (f"{many} accounts carry {one}" for one, many in accounts.items() if many > 1)


def _missing(ending: Ending, people: People) -> Iterator[str]:
    there = {one["properties"].get(ID_PROPERTY) for one in ending.tickets[LOCATIONS]}
    for row, (_, cells) in ending.rows.items():
        if row not in people.copied and cells[ID_COLUMN] not in there:
            yield f"row {row} ({cells['Sync Status']}) has no ticket: {cells['Sync Message']}"
    if len(ending.rows) + len(people.deleted) != people.added:
        yield f"{people.added} rows were typed, {len(ending.rows)} are there"


def _disagreements(ending: Ending) -> Iterator[str]:
    """Rows, tickets and accounts of one record show the same, or both values wait."""
    rows = {cells[ID_COLUMN]: (row, cells) for row, (_, cells) in ending.rows.items()}
    tickets = {one["properties"].get(ID_PROPERTY): one for one in ending.tickets[LOCATIONS]}
    accounts = {one["sync_id"]: one for one in ending.accounts}
    for sync_id, (row, cells) in rows.items():
        for name, (title, property_, column, _) in FIELDS.items():
            if (sync_id, name) in ending.conflicts:
                continue
            shown = {f"row {row}": cells.get(title) or ""}
            if sync_id in tickets:
                properties = tickets[sync_id]["properties"]
                shown[f"ticket {tickets[sync_id]['id']}"] = properties.get(property_) or ""
            if sync_id in accounts:
                shown[f"account {accounts[sync_id]['id']}"] = accounts[sync_id][column] or ""
            if len(set(shown.values())) > 1:
                yield f"{name} differs: {shown}"


def _lost(ending: Ending, people: People) -> Iterator[str]:
    """A typed value is shown, or was replaced by somebody who saw it, or is kept."""
    shown = {value for _, cells in ending.rows.values() for value in cells.values()}
    for tickets in ending.tickets.values():
        shown |= {str(value) for one in tickets for value in one["properties"].values()}
    replaced = {one.before for one in people.typed if not one.chosen}  # what loses is kept
    waiting = " ".join(ending.conflicts.values())
    for one in people.typed:
        safe = one.value in shown | replaced | ending.kept or one.value in waiting
        if one.value and not safe and one.ref not in people.deleted:
            yield f"lost: {one}"


def _waits_from_the_start(ending: Ending, where: tuple[str, str], spoken: list[Typed]) -> bool:
    """Return whether a field waits with the value its ticket was made with and with the last word.

    Where the answer to the making was lost, nobody can say what the ticket showed when somebody
    typed over it: a field may have been left out.
    """
    sides = set(json.loads(ending.conflicts.get(where, "{}")).values())
    return sides == {spoken[0].before, spoken[-1].value}


def overruled(ending: Ending, people: People) -> Iterator[str]:
    """Where everybody saw what was typed before, the last word stands.

    Who chooses in a conflict has seen it. Who chooses twice may have looked at a ticket that does
    not show yet that the first choice was carried out.
    """
    of_ticket = {one["id"]: one["properties"].get(ID_PROPERTY) for one in ending.tickets[LOCATIONS]}
    of_row = {row: cells[ID_COLUMN] for row, (_, cells) in ending.rows.items()}
    words: defaultdict[tuple[str, str], list[Typed]] = defaultdict(list)
    for one in people.typed:
        sync_id = (of_row if one.place == "row" else of_ticket).get(one.ref)
        if sync_id:
            words[sync_id, one.field].append(one)
    for (sync_id, name), spoken in words.items():
        twice = sum(one.chosen for one in spoken) > 1
        if twice or _waits_from_the_start(ending, (sync_id, name), spoken):
            continue
        if all(later.before == earlier.value for earlier, later in pairwise(spoken)):
            yield from _last_word(ending, sync_id, name, spoken[-1])


def _last_word(ending: Ending, sync_id: str, name: str, last: Typed) -> Iterator[str]:
    title, property_, _, _ = FIELDS[name]
    for row, (_, cells) in ending.rows.items():
        if cells[ID_COLUMN] == sync_id and (cells.get(title) or "") != last.value:
            yield f"row {row} shows {cells.get(title)!r} instead of the last word {last}"
    for one in ending.tickets[LOCATIONS]:
        value = one["properties"].get(property_) or ""
        if one["properties"].get(ID_PROPERTY) == sync_id and value != last.value:
            yield f"ticket {one['id']} shows {value!r} instead of the last word {last}"


def _accounts(ending: Ending, people: People) -> Iterator[str]:
    """What was approved has its account, its enrolment and its status; what was not has none."""
    accounts = {one["sync_id"]: one for one in ending.accounts}
    asked = {
        str(one["properties"].get(ID_PROPERTY)).partition(":")[0]: one
        for one in ending.tickets[ENROLMENTS]
    }
    rows = {cells[ID_COLUMN]: (row, cells) for row, (_, cells) in ending.rows.items()}
    for ticket in ending.tickets[LOCATIONS]:
        sync_id = ticket["properties"].get(ID_PROPERTY)
        row, cells = rows.get(sync_id, ("", {}))
        if not row or row in people.copied or any(one == sync_id for one, _ in ending.conflicts):
            continue
        approved = ticket["id"] in people.approved
        if approved != (sync_id in accounts) or approved != (sync_id in asked):
            yield f"ticket {ticket['id']} approved: {approved}, account and request differ"
            continue
        want = "Not accepted" if ticket["id"] in people.declined else "Waiting for CSM"
        if approved:
            done = asked[sync_id]["stage"] == "Enrolled"
            want = "Active" if done else "Setting up"
            if cells["UBM Account ID"] != accounts[sync_id]["id"]:
                yield f"row {row} shows account {cells['UBM Account ID']!r}"
        if cells["Sync Status"] != want or ticket["stage"] != want:
            yield (
                f"row {row} is {cells['Sync Status']!r}, its ticket {ticket['stage']!r}, not "
                f"{want!r}: {cells['Sync Message']}"
            )


def _repeated(ending: Ending) -> Iterator[str]:
    """No ticket carries more notes than were to be written."""
    for pipeline, place in PLACES.items():
        for ticket in ending.tickets[pipeline]:
            sync_id = str(ticket["properties"].get(ID_PROPERTY)).partition(":")[0]
            if len(ticket["notes"]) != ending.said[sync_id, place]:
                wanted = ending.said[sync_id, place]
                yield f"{wanted} notes for ticket {ticket['id']}: {ticket['notes']}"


def status_said(code: int, said: str, *, torn: bool) -> Iterator[str]:
    """Judge ``status --json``; ``torn``: conflicts are left to decide."""
    if code != (3 if torn else 0):
        yield f"status ends with {code}: {said}"
        return
    status = json.loads(said.partition("\x1e")[0])
    waiting = {name: many for name, many in status["waiting"].items() if name != "conflicts"}
    if any(waiting.values()):
        yield f"status: something waits: {waiting}"
    for problem in status["problems"]:
        yield f"status: {problem['text']}"
