"""What the portal has of what the help desk needs, learned from its properties and refusals.

HubSpot refuses a whole search for one filter on a property it does not have, and takes no value of
an option it lacks. So both are known before anything is asked or sent; what was not known is
learned from the refusal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ubm_hubspot import schema
from ubm_hubspot.catalog import Catalog
from ubm_hubspot.desk_names import FORBIDDEN
from ubm_hubspot.reading import property_faults
from ubm_sync.errors import NoAccess, Refused
from ubm_sync.model import Binding, Place, Problem

PART = "hubspot/desk"
SOURCE_TYPE = "source_type"
TYPE = "ticket_type"  # the field whose values make a ticket the desk's own
CASE = "case"  # the field that every ticket has which this service took up
OWN_TYPES = ("urgent_disconnect", "possible_disconnect", "close_account")  # domain C.6
LEVELS = ("urgent", "high", "medium", "low")  # priorities, the highest first


class DeskSchema:
    """The desk's properties as they are in the portal; ``heard`` tell when a customer wrote."""

    def __init__(self, catalog: Catalog, desk: Place, identity: str, heard: Iterable[str]) -> None:
        self._catalog = catalog
        self._desk = desk
        self._identity = identity
        self._heard = tuple(heard)
        self._priority = next((one for one in desk.bindings if one.field == "priority"), None)
        kind = next((one for one in desk.bindings if one.field == TYPE), None)
        self._kind = kind
        self.case = next((one.external for one in desk.bindings if one.field == CASE), "")
        self.type = kind.external if kind else ""
        self._asked = frozenset(
            {*schema.wanted((desk,), identity), *self._heard, self.type, SOURCE_TYPE} - {""}
        )
        self._searched = frozenset({identity, self.type, self.case, *self._heard} - {""})
        self._absent: frozenset[str] = frozenset()
        self._refused: set[str] = set()  # properties that HubSpot does not search by
        self._options: dict[str, list[str]] = {}  # property -> values; missing: not known
        self.problems: tuple[Problem, ...] = ()
        self.known = False  # whether the portal was compared with the mapping, ever

    def has(self, name: str) -> bool:
        """Return whether the portal has a property; True where that is not known."""
        return name not in self._absent

    def searchable(self, name: str) -> bool:
        """Return whether tickets can be searched by a property."""
        return self.has(name) and name not in self._refused

    @property
    def refused(self) -> str:
        """What HubSpot does not search by although it is there, as a sentence; "" for nothing."""
        if not self._refused:
            return ""
        names = ", ".join(f'"{name}"' for name in sorted(self._refused))
        return f"HubSpot refuses to search tickets by {names}: what only these tell is not seen."

    @property
    def heard(self) -> str:
        """The property that tells when a customer wrote; "" where none can be searched by."""
        return next((name for name in self._heard if self.searchable(name)), "")

    @property
    def types(self) -> list[str]:
        """The options of the type that make a ticket the desk's own, as the portal has them."""
        if self._kind is None or not self.searchable(self.type):
            return []
        return [self._sent(self._kind, one) for one in OWN_TYPES]

    def takes(self, name: str, value: str) -> bool:
        """Return whether a property has an option; True where that is not known."""
        return self.has(name) and value in self._options.get(name, [value])

    def priority(self, level: str) -> str:
        """Return a priority, or the next one below it that the portal has."""
        if self._priority is None or level not in LEVELS:
            return level
        known = self._priority.choices or LEVELS
        for one in LEVELS[LEVELS.index(level) :]:
            if one in known and self.takes(
                self._priority.external, self._sent(self._priority, one)
            ):
                return one
        return level

    def meant(self, level: str) -> str:
        """Return the highest priority that the portal shows as this one.

        Where no higher one can be set, it would be set again at every look, and move the ticket.
        """
        return next((one for one in LEVELS if self.priority(one) == level), level)

    def drop_priority(self, level: str) -> None:
        """Remember that the portal refused a priority it was known to have."""
        if self._priority is not None:
            name, value = self._priority.external, self._sent(self._priority, level)
            kept = self._options.get(name) or [self._sent(self._priority, one) for one in LEVELS]
            self._options[name] = [one for one in kept if one != value]

    def look(self) -> None:
        """Compare the portal with the mapping. Raises NoAccess, Temporary."""
        try:
            properties, pipelines = self._catalog.properties(), self._catalog.pipelines()
        except NoAccess as error:
            if error.status != FORBIDDEN:
                raise
            text = f"What HubSpot's tickets hold cannot be read: {error}"
            self.problems = (Problem(f"{PART}/schema", "schema_unreadable", text),)
            self.known = True
            return
        self._refused.clear()
        self.known = True
        self._catalog.adopt(
            (name, ours, theirs)
            for name, want in schema.wanted((self._desk,), self._identity).items()
            for ours, theirs in schema.adopted(want, properties.get(name, {})).items()
        )
        self._absent = self._asked - properties.keys()
        self._options = {
            name: [str(one.get("value")) for one in properties[name].get("options") or []]
            for name in self._choices()
            if name in properties
        }
        self.problems = (
            *schema.problems((self._desk,), self._identity, properties, pipelines, part=PART),
            *self._unheard(),
        )

    def scopes(self) -> frozenset[str]:
        """Return every scope that ``problems`` may speak of."""
        more = {f"{PART}/schema", f"{PART}/messages"}
        return schema.scopes((self._desk,), self._identity, part=PART) | more

    def learn(self, error: Refused) -> bool:
        """Take over from a refused search what it must not ask; False where nothing is learned."""
        problem: Mapping[str, Any] = error.detail if isinstance(error.detail, dict) else {}
        said = f"{error} {problem}"
        named = {fault.name for fault in property_faults(problem)}
        named |= {name for name in self._searched if name in said}
        new = {name for name in named & self._searched if self.searchable(name)}
        if not new:  # it does not say which: search by nothing that a portal may lack
            new = {name for name in self._searched if self.searchable(name)}
        self._refused |= new
        return bool(new)

    def dump(self) -> dict[str, Any]:
        """Return what is known, as JSON values."""
        return {
            "absent": sorted(self._absent),
            "refused": sorted(self._refused),
            "options": self._options,
            "names": {**self._catalog.dump(), "owners": {}},
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on with what ``dump`` returned."""
        self.known = True
        self._absent = frozenset(state["absent"])
        self._refused = set(state["refused"])
        self._options = {name: list(values) for name, values in state["options"].items()}
        self._catalog.load(state["names"])

    def _choices(self) -> list[str]:
        return [SOURCE_TYPE, *([self._priority.external] if self._priority else [])]

    def _sent(self, binding: Binding, level: str) -> str:
        ours = binding.encode.get(level, level)
        return self._catalog.options.get((binding.external, ours), ours)

    def _unheard(self) -> Iterable[Problem]:
        if self._heard and not any(self.has(name) for name in self._heard):
            names = " or ".join(f'"{name}"' for name in self._heard)
            text = (
                f"HubSpot's tickets have no property {names}, so that a customer's answer is seen "
                "by its e-mail only; correct systems.hubspot.facts.received in "
                "config/service.yaml."
            )
            yield Problem(f"{PART}/messages", "messages_unknown", text)
