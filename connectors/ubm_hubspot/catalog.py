"""What this portal calls things: owners, pipelines, properties, read when first needed.

An unknown owner or stage makes the list be read again: at once where it was never asked for, else
at most once in ``refresh_every`` seconds, so that a quiet cycle costs no call. What was used is
kept with the reading position (``dump``), so that a new process need not read the lists again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ubm_hubspot.client import TICKETS, Client
from ubm_hubspot.steps import Pair, Step, steps_of
from ubm_sync.clock import Clock
from ubm_sync.errors import Temporary
from ubm_sync.model import Place

_OWNERS_A_PAGE = 100
_NEW = timedelta(seconds=5)  # between two readings for names never asked for before
_MISSED = 10_000  # names remembered as asked for


class Catalog:
    """The portal's own names and ids; safe to ask from several threads."""

    def __init__(
        self, client: Client, clock: Clock, places: Iterable[Place], refresh_every: float
    ) -> None:
        self._client = client
        self._clock = clock
        self._places = tuple(places)
        self._pause = timedelta(seconds=refresh_every)
        self._lock = threading.RLock()
        self._read_at: dict[str, datetime] = {}
        self._failed: dict[str, tuple[datetime, Temporary]] = {}
        self._missed: set[tuple[str, str]] = set()
        self._emails: dict[str, str] = {}
        self._owners: dict[str, str] = {}
        self._users: dict[str, str] = {}  # user id -> e-mail
        self._missing: frozenset[str] = frozenset()  # who was not in the last listing
        self._used: dict[str, str] = {}  # id -> e-mail of the owners somebody asked for
        self._keys: dict[str, dict[Pair, str]] = {}
        self._pairs: dict[str, dict[str, Pair]] = {}
        self.left: frozenset[str] = frozenset()  # ids of owners who cannot sign in, once read
        self.steps: dict[Pair, Step] = {}  # every stage of the portal, once read
        self._former: dict[str, dict[str, str]] = {}  # stages that are gone, by place and id
        self.options: dict[Pair, str] = {}  # property and our value -> the portal's own value
        self._ours: dict[Pair, str] = {}  # and back
        self.read_options: Callable[[], object] = lambda: None  # set: ends in ``adopt``

    def owner_email(self, owner_id: str) -> str | None:
        """Return the e-mail of an owner, leavers included, in lower case."""
        found = self._emails.get(owner_id)
        if found is None and self._read_again("owners", owner_id, self._read_active):
            found = self._emails.get(owner_id)
        if found is None and self._read_again("leavers", owner_id, self._read_leavers):
            found = self._emails.get(owner_id)
        if found is not None:
            self._used[owner_id] = found
        return found

    def owner_id(self, email: str) -> str | None:
        """Return the id of the active owner with this e-mail."""
        email = email.strip().lower()
        found = self._owners.get(email)
        if found is None and self._read_again("owners", email, self._read_active):
            found = self._owners.get(email)
        if found is not None:
            self._used[found] = email
        return found

    def user_email(self, user_id: str) -> str | None:
        """Return the e-mail of a user, which is another number than the owner's."""
        for what, read in (("owners", self._read_active), ("leavers", self._read_leavers)):
            found = self._users.get(user_id)
            if found is None and self._read_again(what, f"user {user_id}", read):
                found = self._users.get(user_id)
            if found is not None:
                return found
        return None

    def is_user(self, email: str) -> bool:
        """Return whether a mail's address is that of an active user: a colleague, not a client."""
        email = email.strip().lower()
        known = self._owners
        if email not in known and self._read_again("owners", "whoever writes", self._read_active):
            known = self._owners
        return email in known

    def people(self) -> None:
        """Read all owners, those who left too (``left``)."""
        self._read_active()
        self._read_leavers()

    def step(self, pipeline: str, stage: str) -> Step | None:
        """Return a stage of any pipeline, None where the portal has no such stage."""
        found = self.steps.get((pipeline, stage))
        if found is None and self._read_again("steps", f"{pipeline} {stage}", self.pipelines):
            found = self.steps.get((pipeline, stage))
        return found

    def stage_of(self, place: str, stage: str) -> str | None:
        """Return the mapping's key of a stage by its id alone, of one that was deleted too."""
        found = self.known_stage(place, stage)
        name = f"{place} {stage}"
        if found is None and self._read_again("pipelines", name, self.pipelines):
            found = self.known_stage(place, stage)
        return found

    def known_stage(self, place: str, stage: str) -> str | None:
        """Return what ``stage_of`` does, without asking HubSpot."""
        keys = self._keys.get(place, {})
        found = next((key for (_, known), key in keys.items() if known == stage), None)
        return found or self._former.get(place, {}).get(stage)

    def doubt_owner(self, email: str) -> None:
        """Have an owner looked up again: HubSpot did not take what we know of that person."""
        with self._lock:
            email = email.strip().lower()
            known = self._owners.pop(email, None)
            if known is not None:
                self._used.pop(known, None)
                self._missed.discard(("owners", email))
                self._read_at.pop("owners", None)

    def stage_key(self, place: str, pipeline: str, stage: str) -> str | None:
        """Return the mapping's key of a stage, None where it is not one of the place's."""
        found = self.known_key(place, pipeline, stage)
        name = f"{place} {pipeline} {stage}"
        if found is None and self._read_again("pipelines", name, self.pipelines):
            found = self.known_key(place, pipeline, stage)
        return found

    def known_key(self, place: str, pipeline: str, stage: str) -> str | None:
        """Return what ``stage_key`` does, without asking HubSpot."""
        return self._keys.get(place, {}).get((pipeline, stage))

    def stage_ids(self, place: str, key: str) -> Pair | None:
        """Return the ids of pipeline and stage, None where the portal lacks one of them."""
        found = self.known_ids(place, key)
        name = f"{place} {key}"
        if found is None and self._read_again("pipelines", name, self.pipelines):
            found = self.known_ids(place, key)
        return found

    def known_ids(self, place: str, key: str) -> Pair | None:
        """Return what ``stage_ids`` does, without asking HubSpot."""
        return self._pairs.get(place, {}).get(key)

    def pipelines(self) -> list[dict[str, Any]]:
        """Read the ticket pipelines with their stages, archived ones left out."""
        operation = self._client.crm.pipelines.pipelines_api.get_all
        answer = self._client.call("read pipelines", operation, TICKETS)
        found = [each for each in answer["results"] if not each.get("archived")]
        with self._lock:
            self._index_stages(found)
        return found

    def properties(self) -> dict[str, dict[str, Any]]:
        """Read the ticket properties by name, archived ones left out."""
        operation = self._client.crm.properties.core_api.get_all
        answer = self._client.call("read properties", operation, TICKETS)
        return {each["name"]: each for each in answer["results"] if not each.get("archived")}

    def adopt(self, options: Iterable[tuple[str, str, str]]) -> None:
        """Take over ``(property, our value, the portal's value)`` of options that differ."""
        options = tuple(options)
        with self._lock:
            self.options = {(name, ours): theirs for name, ours, theirs in options}
            self._ours = {(name, theirs): ours for name, ours, theirs in options}

    def our_option(self, name: str, value: str) -> str:
        """Return our value of an option that is none of ours by its own value.

        HubSpot makes the value of an option of its label: "Approve" deleted and made again is
        another value than "approve".
        """
        found = self._ours.get((name, value))
        if found is None and self._read_again("options", f"{name} {value}", self.read_options):
            found = self._ours.get((name, value))
        return value if found is None else found

    def forget(self) -> None:
        """Read everything again when next needed."""
        with self._lock:
            self._read_at.clear()
            self._missed.clear()

    def dump(self) -> dict[str, Any]:
        """Return what was used, as JSON values: the stages of our pipelines, some owners."""
        with self._lock:
            active = {e for e, owner_id in self._owners.items() if owner_id in self._used}
            return {
                "stages": {place: dict(pairs) for place, pairs in self._pairs.items()},
                "owners": {i: [e, e in active] for i, e in self._used.items()},
                "options": [[*key, theirs] for key, theirs in self.options.items()],
                "former": {place: dict(gone) for place, gone in self._former.items() if gone},
            }

    def load(self, known: Mapping[str, Any]) -> None:
        """Go on with what ``dump`` returned; what it lacks is read when it is needed."""
        with self._lock:
            for place, pairs in known.get("stages", {}).items():
                own = {key: (str(one[0]), str(one[1])) for key, one in pairs.items()}
                self._pairs[place] = own
                self._keys[place] = {pair: key for key, pair in own.items()}
            for place, gone in known.get("former", {}).items():
                self._former[place] = {str(stage): str(key) for stage, key in gone.items()}
            self.adopt(tuple(each) for each in known.get("options", ()))
            for owner_id, (email, is_active) in known.get("owners", {}).items():
                self._emails[owner_id] = self._used[owner_id] = str(email)
                if is_active:
                    self._owners[str(email)] = owner_id

    def _read_again(self, what: str, asked: str, read: Callable[[], object]) -> bool:
        """Read a list again where it is time, or where ``asked`` was never looked for.

        Only a reading that succeeded counts: a name must not look unknown because HubSpot was out
        of order when it was asked for.
        """
        with self._lock:
            now = self._clock.now()
            last = self._read_at.get(what)
            pause = self._pause if (what, asked) in self._missed else min(self._pause, _NEW)
            if last is not None and timedelta() <= now - last < pause:
                return False
            self._read_now(what, now, read)
            self._read_at[what] = now
            if len(self._missed) > _MISSED:
                self._missed.clear()
            self._missed.add((what, asked))
            return True

    def _read_now(self, what: str, now: datetime, read: Callable[[], object]) -> None:
        failed = self._failed.get(what)
        if failed is not None and timedelta() <= now - failed[0] < _NEW:
            raise failed[1]  # a thousand records ask within a second: one wait is enough
        try:
            read()
        except Temporary as error:
            self._failed[what] = (self._clock.now(), error)
            raise

    def _read_active(self) -> None:
        active = dict(self._listed(archived=False))
        owners: dict[str, str] = {}
        for owner_id, email in active.items():
            owners.setdefault(email, owner_id)
        with self._lock:
            missing = self._owners.keys() - owners.keys()
            # One listing may leave somebody out: who is in neither list is asked for once more.
            doubtful = {email: self._owners[email] for email in missing - self._missing}
            self._missing = frozenset(missing)
            self._owners = owners | doubtful
            self._emails |= active

    def _read_leavers(self) -> None:
        leavers = dict(self._listed(archived=True))
        with self._lock:
            self._emails = leavers | self._emails  # the active ones win where both exist
            here = self._owners.items()
            self._owners = {
                email: ref
                for email, ref in here
                if ref not in leavers or email not in self._missing
            }
            self.left = frozenset(leavers) - set(self._owners.values())

    def _listed(self, *, archived: bool) -> Iterator[Pair]:
        for owner in self._owner_pages(archived=archived):
            email = str(owner.get("email") or "").strip().lower()
            if email:
                user = owner.get("userId") or owner.get("userIdIncludingInactive")
                if user:
                    self._users.setdefault(str(user), email)
                yield str(owner["id"]), email

    def _owner_pages(self, *, archived: bool) -> Iterator[Mapping[str, Any]]:
        operation = self._client.crm.owners.owners_api.get_page
        query: dict[str, Any] = {"limit": _OWNERS_A_PAGE, "archived": archived}
        while True:
            answer = self._client.call("read owners", operation, **query)
            yield from answer["results"]
            after = ((answer.get("paging") or {}).get("next") or {}).get("after")
            if not after:
                return
            query["after"] = after

    def _index_stages(self, pipelines: Sequence[Mapping[str, Any]]) -> None:
        self.steps = steps_of(pipelines)
        by_label = {fold(each["label"]): each for each in pipelines}
        there = {(str(p["id"]), str(s["id"])) for p in pipelines for s in p.get("stages") or []}
        for place in self._places:
            pipeline = by_label.get(fold(place.pipeline)) if place.pipeline else None
            stages = pipeline.get("stages") or [] if pipeline else []
            live = {fold(s["label"]): str(s["id"]) for s in stages if not s.get("archived")}
            pairs = {
                stage.key: (str(pipeline["id"]), live[fold(stage.label)])
                for stage in place.stages
                if pipeline and fold(stage.label) in live
            }
            # A stage that was only renamed is still the same stage to us until we restart.
            for key, pair in self._pairs.get(place.name, {}).items():
                if key not in pairs and pair in there and pair not in pairs.values():
                    pairs[key] = pair
            former = self._former.setdefault(place.name, {})
            for key, pair in self._pairs.get(place.name, {}).items():
                if pair not in there:
                    former[pair[1]] = key
            self._pairs[place.name] = pairs
            self._keys[place.name] = {pair: key for key, pair in pairs.items()}


def fold(label: str) -> str:
    """Return a label as it is compared: people change case and spaces without meaning it."""
    return " ".join(label.split()).casefold()
