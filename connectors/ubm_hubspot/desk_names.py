"""What the help desk calls its people and stages: the catalog, but never stopped by a permission.

A ticket of the desk may lie in any pipeline, so that a stage which is not the desk's is no reason
to read the pipelines again. Without the permission to read owners tickets have none that we know.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ubm_hubspot.catalog import Catalog
from ubm_hubspot.steps import Step
from ubm_sync.clock import Clock
from ubm_sync.errors import NoAccess, Stopping, Temporary, Throttled

FORBIDDEN = 403
_SOON = timedelta(seconds=60)


class DeskNames:
    """See ``decode.Names``; ``lacking`` says why owners cannot be read, "" where they can."""

    def __init__(self, catalog: Catalog, clock: Clock, leavers_every: float) -> None:
        self._catalog = catalog
        self._clock = clock
        self._every = timedelta(seconds=leavers_every)
        self._read_at: datetime | None = None
        self.lacking = ""

    def probe(self) -> None:
        """Find out again whether owners can be read, where they could not."""
        if self.lacking:
            self.lacking, self._read_at = "", None
        self.left()

    def owner_email(self, owner_id: str) -> str | None:
        """Return the e-mail of an owner, leavers included, in lower case."""
        if self.lacking:
            return None
        try:
            return self._catalog.owner_email(owner_id)
        except NoAccess as error:
            self._lack(error)
            return None

    def user_email(self, user_id: str) -> str | None:
        """Return the e-mail of a user, which is another number than the owner's."""
        if self.lacking:
            return None
        try:
            return self._catalog.user_email(user_id)
        except NoAccess as error:
            self._lack(error)
            return None

    def left(self) -> frozenset[str]:
        """Return the ids of the owners who cannot sign in any more, read again where it is time."""
        now = self._clock.now()
        is_due = self._read_at is None or not timedelta() <= now - self._read_at < self._every
        if is_due and not self.lacking:
            self._read_people(now)
        return self._catalog.left

    def knows(self, email: str) -> bool:
        """Return whether an active user has this e-mail; nobody is known who cannot be read."""
        self.left()
        try:
            return not self.lacking and self._catalog.owner_id(email) is not None
        except NoAccess as error:
            self._lack(error)
            return False

    def _read_people(self, now: datetime) -> None:
        try:
            self._catalog.people()
            self._read_at = now
        except NoAccess as error:
            self._lack(error)
        except (Throttled, Stopping):
            raise
        except Temporary:
            if self._read_at is None:
                raise
            # Who left was known a while ago, and that must do until owners can be read again.
            self._read_at = max(self._read_at, now - self._every + min(self._every, _SOON))

    def step(self, pipeline: str, stage: str) -> Step | None:
        """Return a stage of any pipeline, None where the portal has no such stage."""
        return self._catalog.step(pipeline, stage)

    def stage_key(self, place: str, pipeline: str, stage: str) -> str | None:
        """Return the mapping's key of a stage, None where it is not one of the desk's."""
        if self._catalog.step(pipeline, stage) is None:
            return None
        return self._catalog.known_key(place, pipeline, stage)

    def stage_of(self, place: str, stage: str) -> str | None:
        """Return the mapping's key of a stage by its id alone."""
        return self._catalog.known_stage(place, stage)

    def our_option(self, name: str, value: str) -> str:
        """Return our value of an option that the portal has under another one."""
        return self._catalog.our_option(name, value)

    def _lack(self, error: NoAccess) -> None:
        if error.status != FORBIDDEN:
            raise error
        self.lacking = str(error)
