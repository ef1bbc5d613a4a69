"""What the people of these tests do again and again."""

from __future__ import annotations

from tests.stack import ONBOARDINGS, Stack

WAITING = "Looks complete. Dana Lee will review by Wed Nov 25."
PHASES = ("draft", "waiting", "active")


def ready(stack: Stack, phase: str, cells: dict[str, object] | None = None) -> int:
    """Type a row and take it to a phase; a draft was not seen by the service yet."""
    row = stack.type_row(cells)
    if phase != "draft":
        stack.settle()
    if phase == "active":
        stack.activate(row)
    return row


def edit(stack: Stack, phase: str, cells: dict[str, object]) -> int:
    """Return a row in which these cells were typed in this phase."""
    if phase == "draft":
        return ready(stack, phase, cells)
    row = ready(stack, phase)
    stack.edit_row(row, cells)
    return row


def onboarding_notes(stack: Stack) -> list[str]:
    """Return the notes of the first customer's onboarding ticket."""
    tickets = stack.tickets(ONBOARDINGS, ubm_customer_key=stack.clients[0].key)
    notes: list[str] = tickets[0]["notes"]
    return notes
