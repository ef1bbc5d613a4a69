"""What people do in HubSpot, told as facts: through the emulator and the connector."""

from __future__ import annotations

from typing import Any, Protocol

from tests.integration.hubspot_connector.desk import Desk, at
from tests.unit.delays.facts import RULES, days_of, lasted

SLOT = "2026-10-20T15:00:00Z"
NEW_SLOT = "2026-10-27T15:00:00Z"


class Living(Protocol):
    """Where people do something at some time: see ``Desk``."""

    def do(self, when: str, what: str, ref: str = "", **order: Any) -> str: ...

    def move(self, when: str, key: str) -> None: ...


def hundred_days(desk: Living) -> None:
    """Let people live the worked example."""
    desk.move("2026-09-03", "gathering_documents")
    copies = desk.do("2026-09-03", "ask_item", subject="Document: 60 bill copies", due="2026-09-10")
    desk.do("2026-09-15", "send_message", subject="Your bill copies", to="jo@halsted.example")
    desk.move("2026-09-20", "waiting_on_customer")
    portal = desk.do("2026-09-28", "ask_item", subject="Portal: ComEd")
    desk.do("2026-10-01", "receive_item", copies)
    desk.do("2026-10-02", "accept_item", copies)
    desk.do("2026-10-06", "receive_message", contact="jo@halsted.example", subject="Re: copies")
    desk.move("2026-10-06", "kickoff_scheduling")
    desk.move("2026-10-08", "kickoff_held")
    desk.do("2026-10-12", "accept_item", portal)
    desk.move("2026-10-14", "waiting_on_utility")
    review = desk.do("2026-10-15", "book_meeting", title="Review", at=SLOT)
    desk.do("2026-10-20 11:00", "miss_meeting", review)
    desk.do("2026-10-20 12:00", "move_meeting", review, at=NEW_SLOT)
    desk.do("2026-10-27 11:00", "hold_meeting", review)
    desk.move("2026-12-10", "live")


def test_a_hundred_days_lived_in_the_portal_give_the_worked_example() -> None:
    desk = Desk()
    hundred_days(desk)

    seen = desk.found("2026-12-20")
    days = days_of(seen, RULES, at("2026-12-20"))

    assert [(one.code, *lasted(one)) for one in seen.delays] == [
        ("CL-DOCS", "2026-09-10", "2026-10-01"),
        ("CL-NOREPLY", "2026-09-20", "2026-10-06"),
        ("VN-PORTAL", "2026-09-28", "2026-10-12"),
        ("IN-BACKLOG", "2026-10-09", "2026-10-14"),
        ("CL-RESCHED", "2026-10-20", "2026-10-27"),
    ]
    assert (days.gross, days.client_sum, days.client_union) == (100, 44, 33)
    assert (days.client_exclusive, days.concurrent, days.other) == (25, 8, 8)
    assert (days.unattributed, days.net) == (59, 75)
    assert seen.doubts == ()
