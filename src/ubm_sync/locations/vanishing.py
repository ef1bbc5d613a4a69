"""A row that is not in the sheet any more: the manager is asked, and the answer carried out.

Nothing is concluded from the absence itself. The manager says on the ticket whether the row was
meant to go: *Close* closes the request or the account, *Keep* leaves everything as it is. A row
that comes back takes question and answer back, as far as the account is not closed yet.
"""

from __future__ import annotations

from ubm_sync.locations import duplicates
from ubm_sync.locations.case import Case
from ubm_sync.locations.states import NOT_ACCEPTED, ROW

DECISION = "row_decision"
KEEP, CLOSE = "keep", "close"
_TOGETHER = "many"  # it went with many others: they are one question, asked elsewhere
_VANISHED, _COUNT, _ANSWER = "vanished", "vanishings", "vanished_answer"


def read(case: Case) -> None:
    """Bring question and answer up to date; asks once each time the row is gone."""
    how = case.situation.vanished.get(ROW, "")
    if not how:
        _back(case)
        return
    memory, ticket = case.memory, case.ticket
    if ticket is None:
        return
    if _VANISHED not in memory:
        memory[_VANISHED] = memory[_COUNT] = str(int(memory.get(_COUNT, "0")) + 1)
        if how != _TOGETHER:
            intake = case.intake_name
            case.note(_event(case, "vanished"), "note.vanished", label=case.label, intake=intake)
    again = duplicates.later(case)
    if again is not None:
        names = {"label": case.label, "again": again.label}
        case.note(_event(case, f"again:{again.sync_id}"), "note.vanished_again", **names)
    answer = ticket.values.get(DECISION, "")
    if answer in {KEEP, CLOSE} and answer != memory.get(_ANSWER):
        memory[_ANSWER] = answer
        case.note(_event(case, answer), f"note.vanished_{answer}", label=case.label)


def is_answered(case: Case) -> bool:
    """Return whether nobody need decide about the vanished row any more."""
    return ROW in case.situation.vanished and (case.ticket is None or _ANSWER in case.memory)


def wants_close(case: Case) -> bool:
    """Return whether the manager said that the row was meant to go."""
    return case.memory.get(_ANSWER) == CLOSE


def request_closed(case: Case) -> bool:
    """Close a request that nobody accepted yet, where its row was meant to go."""
    if not wants_close(case):
        return False
    case.status = NOT_ACCEPTED
    case.message = case.text("row.withdrawn", who=case.who)
    return True


def _back(case: Case) -> None:
    """Take question and answer back: the row is there again."""
    memory = case.memory
    if _VANISHED not in memory:
        return
    intake = case.intake_name
    asked = case.was_said(_event(case, "vanished")) or _ANSWER in memory
    if asked:
        closing = wants_close(case) and "closed_at" not in memory
        key = "note.vanished_back_closing" if closing else "note.vanished_back"
        case.note(_event(case, "back"), key, label=case.label, intake=intake)
    del memory[_VANISHED]
    memory.pop(_ANSWER, None)


def _event(case: Case, name: str) -> str:
    return f"{name}:{case.memory[_COUNT]}"
