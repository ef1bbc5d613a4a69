"""Promises about what people are told and shown, each from what they did and what is there.

As ``oracle``: nothing here imports the service, and a complaint is a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.simulation.fields import NUMBER
from tests.simulation.model import Ending, Model, Thing

CLOCKS_DIFFER = timedelta(hours=2, minutes=30)  # a clock may be set from an hour ahead to behind
NOTED = ("ticket", "enrolment", "onboarding")
TICKET_COLUMN, ACCOUNT_COLUMN, SYNCED_COLUMN = "HubSpot Ticket", "UBM Account ID", "Last Synced"
STATUS_COLUMN = "Sync Status"
CUSTOMER = "ubm_customer_key"
DECISION = "ubm_conflict_decision"
GONE = "is no longer in"  # in the note about a row that vanished
ZONE = ZoneInfo("America/Chicago")  # where both customers live


def says_everything(model: Model, ending: Ending) -> Iterator[str]:
    """Every note that was to be written stands on its ticket, and a new request is told of."""
    if model.restorations:
        return  # it may have been said before, and on another ticket
    for one in ending.things:
        wanted = ending.announced[one.record, one.place]
        if one.place in NOTED and _is_untouched(model, one) and len(one.notes) < wanted:
            yield f"{one.place} {one.ref} has {len(one.notes)} notes, {wanted} were to be written"
        if one.place == "ticket" and _is_untouched(model, one) and not one.notes:
            yield f"ticket {one.ref} has no note that tells of the request"


def shows_where(model: Model, ending: Ending) -> Iterator[str]:
    """A row names its ticket and its account."""
    tickets = {one.record: one.ref for one in ending.things
               if one.place == "ticket" and _is_untouched(model, one)}  # fmt: skip
    accounts = {one.record: one.ref for one in ending.things if one.place == "account"}
    for row in ending.things:
        if TICKET_COLUMN not in row.shown or not _is_untouched(model, row):
            continue
        ticket, account = tickets.get(row.record), accounts.get(row.record)
        shown = row.shown.get(TICKET_COLUMN) or "", row.shown.get(ACCOUNT_COLUMN) or ""
        if ticket and shown[0] != f"#{ticket}":
            yield f"row {row.ref} shows the ticket {shown[0]!r}, it is #{ticket}"
        if account and shown[1] != account:
            yield f"row {row.ref} shows the account {shown[1]!r}, it is {account}"


def does_as_decided(model: Model, ending: Ending) -> Iterator[str]:
    """A conflict that a person decided waits no longer, unless somebody typed again."""
    open_ = {(one.record, one.field) for one in ending.kept if one.open}
    for one in ending.things:
        if one.place == "ticket" and one.shown.get(DECISION):
            for record, name in sorted(open_):
                if record == one.record and (one.place, one.ref) not in model.disturbed:
                    yield f"{name} of {record} was decided on the ticket and still waits"
    records = {(one.place, one.ref): one.record for one in ending.things}
    for (record, name), number in model.resolved.items():
        again = any(
            typed.number >= number
            and typed.field == name
            and records.get((typed.place, model.now(typed.place, typed.ref)), record) == record
            for typed in model.typings
        )
        if (record, name) in open_ and not again and not model.restorations:
            yield f"{name} of {record} was decided by command and still waits"


def lets_only_owners(model: Model, ending: Ending) -> Iterator[str]:
    """Once a customer was shown the account, its number changes elsewhere only."""
    records = {one.ref: one.record for one in ending.things if one.place == "row" and one.key}
    numbers = {one.record: one for one in ending.things if one.place == "account"}
    for row, value in model.barred if not model.restorations else ():
        there = numbers.get(records.get(model.now("row", row), ""))
        if there is not None and there.fields.get(NUMBER) == value:
            yield f"account {there.ref} has the number {value!r}, which only row {row} was given"


def belongs_to_one(_model: Model, ending: Ending) -> Iterator[str]:
    """A record is one customer's in every system."""
    rows = {one.record: one for one in ending.things if one.place == "row" and one.key}
    for one in ending.things:
        row = rows.get(one.record)
        if row is None or one.place not in {"ticket", "enrolment", "account"}:
            continue
        owner = one.owner if one.place == "account" else one.shown.get(CUSTOMER)
        if owner and owner != row.owner and not owner.startswith("mine"):
            yield f"{one.place} {one.ref} is {owner}'s, its row {row.ref} is {row.owner}'s"


def takes_each_step_once(_model: Model, ending: Ending) -> Iterator[str]:
    """An account was approved before it was created, and the approval does not move later."""
    for one in ending.things:
        if one.place == "account" and one.shown.get("approved_at") and one.shown.get("created_at"):
            approved, created = (
                datetime.fromisoformat(one.shown[name]).replace(tzinfo=UTC)
                for name in ("approved_at", "created_at")
            )
            if approved > created + CLOCKS_DIFFER:
                yield f"account {one.ref}, created at {created}, was approved at {approved}"


def goes_on(model: Model, ending: Ending) -> Iterator[str]:
    """What was approved does not wait for an approval, unless a conflict must be decided first.

    Who moves the ticket back to wait takes an approval back where the service saw it elsewhere.
    """
    torn = {one.record for one in ending.kept if one.open}
    waiting = {
        one.record
        for one in ending.things
        if one.place == "row" and one.shown.get(STATUS_COLUMN) == "Waiting for CSM"
    }
    for one in ending.things:
        approved = one.place == "ticket" and one.shown.get("ubm_approval") == "approve"
        stands = approved and one.ref not in model.taken_up
        if stands and _is_untouched(model, one) and one.record in waiting - torn:
            yield f"ticket {one.ref} was approved, and its row still waits for that"


def follows_up(model: Model, ending: Ending) -> Iterator[str]:
    """A row names its account after the cycle that sets it up, not after the next one."""
    accounts = {one.record: one.ref for one in ending.things if one.place == "account"}
    for row in ending.things:
        told = row.place == "row" and row.shown.get(ACCOUNT_COLUMN) == accounts.get(row.record)
        if told and row.record in ending.waited and _is_untouched(model, row):
            yield f"row {row.ref} named its account a cycle late"


def answers_everybody(_model: Model, ending: Ending) -> Iterator[str]:
    """Every row says what becomes of it."""
    for row in ending.things:
        if row.place == "row" and STATUS_COLUMN in row.shown and not row.shown[STATUS_COLUMN]:
            yield f"row {row.ref} of {row.owner} says nothing of what becomes of it"


def tells_the_time(_model: Model, ending: Ending) -> Iterator[str]:
    """No row says in its customer's time that something happened which lies in the future."""
    for row in ending.things:
        text = row.shown.get(SYNCED_COLUMN, "") if row.place == "row" else ""
        if not text or text.startswith("mine"):
            continue
        said = datetime.strptime(text[:16], "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)
        if said.astimezone(UTC) > ending.ended:
            yield f"row {row.ref} says {text}, and it is {ending.ended.astimezone(ZONE):%H:%M}"


def misses_only_what_left(model: Model, ending: Ending) -> Iterator[str]:
    """Nobody is asked about a row that is there and never left."""
    rows = {one.record: one for one in ending.things
            if one.place == "row" and _is_untouched(model, one)}  # fmt: skip
    for ticket in ending.things:
        row = rows.get(ticket.record) if ticket.place == "ticket" else None
        if ticket.ref in model.mergers:
            continue  # it carries another one's notes too
        if row is not None and any(GONE in note for note in ticket.notes):
            yield f"ticket {ticket.ref} says that row {row.ref} is gone, and it never left"


def knows_again(model: Model, ending: Ending) -> Iterator[str]:
    """No ticket is without a row, but for the rows that people took away.

    One that came back under another id, from before it was given its identity, is another row.
    """
    rows = {one.record for one in ending.things if one.place == "row"}
    tickets = {one.record: one.ref for one in ending.things if one.place == "ticket" and one.key}
    lonely = sorted(tickets[record] for record in tickets.keys() - rows)
    left = sum(place == "row" for place, _ in model.absent)
    left += len(model.crossed | model.nameless)
    if len(lonely) > left:
        yield f"tickets {', '.join(lonely)} have no row, and {left} rows were taken away"


def _is_untouched(model: Model, one: Thing) -> bool:
    """Return whether nobody copied, moved, removed or merged it."""
    ref = one.ref
    is_copy = one.place == "row" and (ref in model.copies or ref in model.copies.values())
    return bool(one.key) and not is_copy and (one.place, ref) not in model.disturbed


TELLING: dict[str, Callable[[Model, Ending], Iterator[str]]] = {
    "notes reach people": says_everything,
    "a row names its ticket and account": shows_where,
    "decisions are carried out": does_as_decided,
    "ownership of the number": lets_only_owners,
    "a step happens once": takes_each_step_once,
    "what is approved goes on": goes_on,
    "one step follows the other": follows_up,
    "every row is answered": answers_everybody,
    "one customer": belongs_to_one,
    "time as people read it": tells_the_time,
    "only what left is missed": misses_only_what_left,
    "identity": knows_again,
}
