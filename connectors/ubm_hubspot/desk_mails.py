"""New mail by a search of its own, for portals whose tickets do not tell when a customer wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ubm_hubspot.activities import Activities
from ubm_hubspot.decode import MODIFIED, modified_of
from ubm_hubspot.desk_cursor import MOST_MAILS, Position
from ubm_hubspot.desk_searching import DeskQuery
from ubm_hubspot.searching import Record, by_change
from ubm_hubspot.tickets import BATCH, chunks

EMAILS = "emails"
_DIRECTION = "hs_email_direction"


class Mails:
    """Finds the tickets that a customer wrote to."""

    def __init__(self, beside: Activities) -> None:
        self._beside = beside

    def new(self, at: Position) -> Iterator[Mapping[str, int]]:
        """Yield tickets with the time of their newest mail in epoch ms, up to 100 at a time.

        The index of mail lags too: the search goes back as far as mail seen is remembered.
        """
        query = DeskQuery([[]], [MODIFIED, _DIRECTION])
        since = max(0, at.mails - at.window.rules.overlap_max)
        for found in by_change(self._ask, query, since):
            stamps = {str(one["id"]): modified_of(one) for one in found.records if _came_in(one)}
            new = [ref for ref in stamps if ref not in at.known_mails]
            tickets = self._tickets(new, stamps)
            for some in chunks(list(tickets), BATCH):
                yield {ref: tickets[ref] for ref in some}
            if found.whole:
                at.mails = max([at.mails, *map(modified_of, found.records)])
                at.known_mails = [*at.known_mails, *new][-MOST_MAILS:]

    def _tickets(self, mails: list[str], stamps: Mapping[str, int]) -> dict[str, int]:
        found: dict[str, int] = {}
        if mails:
            for mail, tickets in self._beside.tickets_of(EMAILS, mails).items():
                for ref in tickets:
                    found[ref] = max(found.get(ref, 0), stamps.get(mail, 0))
        return found

    def _ask(self, body: dict[str, object]) -> Record:
        answer: Record = self._beside.search(EMAILS, body)
        return {"results": [], **answer}


def _came_in(mail: Record) -> bool:
    return str((mail.get("properties") or {}).get(_DIRECTION) or "").upper() != "EMAIL"
