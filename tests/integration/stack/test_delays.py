"""Delays from what people did in the systems themselves to the numbers on the ticket."""

from __future__ import annotations

from pathlib import Path

from tests.stack import ONBOARDINGS, Stack

DAY = 86_400.0


def test_a_row_that_stays_wrong_is_a_delay_of_the_customer_s(tmp_path: Path) -> None:
    with Stack(tmp_path) as stack:
        stack.settle()
        stack.type_row({"ZIP": "123"})
        stack.settle()
        for _ in range(9):
            stack.clock.sleep(DAY)
            stack.settle()
        (ticket,) = stack.tickets(ONBOARDINGS, ubm_customer_key="halsted")

        assert ticket["properties"]["ubm_delay_reasons"] == "CL-LIST;IN-BACKLOG"
        assert stack.problems() == []
