"""What properties of tickets held before, for the few that somebody may have set unseen.

HubSpot tells nothing else of a race: the time of change after our own update is ours, and there is
no number that counts changes. So the history of what people set too is read back, 50 tickets a
call, in the cycle after the write; after a bulk edit in several cycles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ubm_hubspot.decode import MODIFIED, PIPELINE, STAGE, Decoder
from ubm_hubspot.encode import Encoder
from ubm_hubspot.tickets import Tickets
from ubm_sync.model import Mark, Past, Spot


class Histories:
    """Reads property histories."""

    def __init__(
        self, tickets: Tickets, decoder: Decoder, encoder: Encoder, *, identity: str, most: int
    ) -> None:
        self._most = most
        self._tickets = tickets
        self._decoder = decoder
        self._also = (MODIFIED, PIPELINE, STAGE, identity)
        self._named = {
            place: {
                field: STAGE if external == PIPELINE else external
                for external, field in fields.items()
            }
            for place, fields in encoder.fields_of.items()
        }

    def read(self, place: str, spots: Sequence[Spot]) -> Iterator[tuple[Spot, Sequence[Past]]]:
        """Yield what fields held, the newest first, for the first ``most`` tickets.

        A ticket that is not there any more has no history; one of which HubSpot does not say
        anything is left out. Raises NoAccess, Temporary.
        """
        wanted: dict[str, list[Spot]] = {}
        for spot in spots:
            if spot.ref in wanted or len(wanted) < self._most:
                wanted.setdefault(spot.ref, []).append(spot)
        named = self._named.get(place, {})
        fields = {spot.field for some in wanted.values() for spot in some}
        names = sorted(named[field] for field in fields if field in named)
        answered: set[Spot] = set()
        unsaid: set[str] = set()
        pages = self._tickets.histories(list(wanted), names, self._also, unsaid) if names else ()
        for records in pages:
            for record in records:
                for spot in wanted.get(str(record["id"]), ()):
                    answered.add(spot)
                    yield spot, self._past(record, spot.field, named.get(spot.field, ""))
        for spot in (one for some in wanted.values() for one in some):
            if spot not in answered and spot.ref not in unsaid:
                yield spot, ()

    def _past(self, record: Mapping[str, Any], field: str, name: str) -> list[Past]:
        found = []
        for entry in (record.get("propertiesWithHistory") or {}).get(name) or ():
            properties = {**record["properties"], name: entry.get("value")}
            seen = next(self._decoder.observe({**record, "properties": properties}), None)
            if seen is None or seen.marks.get(field) == Mark.FOREIGN:
                break  # what cannot be read cannot be put back either
            by, at = entry.get("updatedByUserId"), entry.get("timestamp")
            value = seen.values.get(field)
            found.append(Past(value, str(by) if by else None, _moment(at)))
        return found


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
