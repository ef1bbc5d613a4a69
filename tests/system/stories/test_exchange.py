"""When people may act: at any time but between a look and its write."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.system.stories.exchange import TOO_LATE, Exchange, Moment, Pass, When

from ubm_sync.emulation.messages import Delivery, Request, Response

UPDATE = Request("POST", "/crm/v3/objects/tickets/batch/update")
FINE = Response(status=200)


def may_act_after(request: Request, response: Response) -> bool:
    """Return whether people may act once a request was answered like this."""
    moments: list[Moment] = []

    def watch(moment: Moment) -> Pass:
        moments.append(moment)
        return Pass.ON

    exchange = Exchange(lambda _words: None, watch)
    moment, _ = exchange.arrives("A", request)
    exchange.answered(moment, response)
    assert moments[-1].when is When.AFTER
    return not moments[-1].is_before_a_write


@pytest.mark.parametrize(
    "response",
    [
        FINE,
        replace(FINE, status=202, body=b""),
        replace(FINE, status=500),
        replace(FINE, delivery=Delivery.NOTHING),
        replace(FINE, delivery=Delivery.CUT),
        replace(FINE, headers={TOO_LATE: "yes"}),
    ],
)
def test_people_act_after_a_write_whatever_its_answer(response: Response) -> None:
    assert may_act_after(UPDATE, response)


def test_nobody_acts_between_a_look_and_its_write() -> None:
    look = Request("POST", "/crm/v3/objects/tickets/batch/read")
    assert not may_act_after(look, FINE)
    for again in (replace(FINE, status=500), replace(FINE, status=202)):  # it looks again
        assert may_act_after(look, again)
