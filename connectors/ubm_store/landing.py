"""A batch of rows of which some cannot go in: the others land all the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ubm_sync.database import as_sync_error
from ubm_sync.model import Outcome

D = TypeVar("D")


def land(
    connection: Connection,
    drafts: Sequence[D],
    send: Callable[[Sequence[D]], list[Outcome]],
    refuse: Callable[[D, DBAPIError], Outcome],
    address: str,
) -> list[Outcome]:
    """Send all drafts at once; while the database refuses, halve until those at fault stand alone.

    ``send`` runs inside a savepoint. Errors of the database as a whole are raised.
    """
    if not drafts:
        return []
    try:
        with connection.begin_nested():
            return send(drafts)
    except DBAPIError as error:
        if error.connection_invalidated or as_sync_error(error, address) is not None:
            raise
        if len(drafts) == 1:
            return [refuse(drafts[0], error)]
    middle = len(drafts) // 2
    return [
        *land(connection, drafts[:middle], send, refuse, address),
        *land(connection, drafts[middle:], send, refuse, address),
    ]
