"""What was there before this service: records without its identity. Protocols, no code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

from ubm_sync.model import Customer, Observation, Page, Values


@runtime_checkable
class ShowsUnlinked(Protocol):
    """A connector of a system that holds records from before this service: without identity."""

    def unlinked(self, place: str, customer: Customer) -> Iterator[Page]:
        """Yield what lives in a place for one customer and carries no identity of this service.

        Nothing is written, and the reading position stays. Raises NoAccess, Temporary.
        """
        ...

    def unlinked_again(self, place: str, refs: Sequence[str]) -> Iterator[Page]:
        """Yield single ones of them as they are now, with the identity they have got meanwhile.

        What is not there any more is left out. Raises NoAccess, Temporary.
        """
        ...


@runtime_checkable
class Adopts(Protocol):
    """A flow whose records may be there in part before this service knows of them."""

    def adopted(self, memory: Values, seen: Observation) -> Values:
        """Return a record's memory once what exists as ``seen`` is known to belong to it; pure.

        What was done there already must not be asked for again.
        """
        ...
