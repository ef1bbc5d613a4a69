"""First connect: read what exists of one customer, match it, and keep the proposals.

Everything is read and nothing is written but this service's own state. A look may be repeated at
any time: decisions stay, what nobody decided is proposed anew from what is there now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ubm_sync.app import Application
from ubm_sync.errors import Refused
from ubm_sync.existing import ShowsUnlinked
from ubm_sync.locations.secrets import masked
from ubm_sync.matching import Candidate, Item, Matching, Proposal, match
from ubm_sync.model import Customer, Observation, Place, Values
from ubm_sync.state import Pair
from ubm_sync.state.matches import ACCEPTED, REJECTED
from ubm_sync.sync.reading import Progress

MAIN = "row"
LOOKED = "match looked at "  # + a customer's key: when the last look was
SHOWN = (
    "location_code", "location_name", "address_1", "address_2", "city", "state", "zip", "vendor",
    "commodity", "account_number", "meter_numbers", "bill_type", "status", "subject",
)  # fmt: skip


@dataclass(slots=True)
class Look:
    """What one look at a customer found.

    ``proposals`` has an entry for each row and place that is not decided or linked yet,
    ``unmatched`` what no row was matched with, by place. ``pairs`` are all that are kept, with
    their numbers and decisions. ``shown`` are the numbers of those that an earlier look had found
    just so; None where this is the first one. ``left`` counts what an approval in bulk would have
    accepted and did not, for it had not been shown.
    """

    customer: Customer
    rows: list[Item] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    unmatched: dict[str, tuple[Item, ...]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)  # what exists, by place
    pairs: list[Pair] = field(default_factory=list)
    shown: frozenset[int] | None = None
    left: int = 0

    @property
    def undecided(self) -> list[Pair]:
        """Pairs that wait for a person."""
        return [one for one in self.pairs if one.is_open]


def look(app: Application, customer: Customer, progress: Progress) -> Look:
    """Read what exists of a customer, match it and keep the proposals.

    Raises Refused where the customer has no sheet or its sheet could not be read in full, and what
    the connectors raise: of half a listing nothing is proposed.
    """
    if not customer.sheet:
        raise Refused(f"{customer.key} has no sheet, so there is nothing to match with.")
    mapping = app.configuration.mappings["location"]
    found = Look(customer)
    other = app.looking_at(customer)
    try:
        found.rows = list(_rows(other, customer, progress))
        found.counts[MAIN] = len(found.rows)
        with app.state.reading() as tx:
            found.pairs = tx.matches.of([customer.key])
            linked = _linked(tx.observations.known(MAIN, [one.ref for one in found.rows]))
            there = tx.observations.load(linked.values())
        fresh: list[Pair] = []
        for place in mapping.places:
            connector = other.connectors[place.system]
            if place.name == MAIN or not isinstance(connector, ShowsUnlinked):
                continue
            items = _items(connector, place, customer, progress)
            found.counts[place.name] = len(items)
            busy = {ref for ref, sync_id in linked.items() if place.name in there.get(sync_id, {})}
            matching = _match(found, place.name, items, busy)
            found.proposals += matching.proposals
            found.unmatched[place.name] = matching.unmatched
            fresh += _pairs(customer.key, matching.proposals)
    finally:
        other.close(but_state=True)
    with app.state.transaction() as tx:
        is_first = not found.pairs and tx.meta.get(LOOKED + customer.key) is None
        tx.matches.replace(customer.key, fresh, app.clock.now())
        tx.meta.put(LOOKED + customer.key, app.clock.now().isoformat())
        pairs = tx.matches.of([customer.key])
    if not is_first:
        before = {one.id: one for one in found.pairs}
        found.shown = frozenset(
            one.id for one in pairs if one.id in before and one.looks_like(before[one.id])
        )
    found.pairs = pairs
    return found


def _rows(other: Application, customer: Customer, progress: Progress) -> Iterator[Item]:
    """Yield the rows of a customer's sheet; raises Refused where not all of them are shown."""
    connector = other.connectors[other.configuration.mappings["location"].place(MAIN).system]
    seen: dict[str, Observation] = {}
    complete = False
    reasons: list[str] = []
    for page in connector.observe(full=True):
        seen.update(
            (one.ref, one)
            for one in page.observations
            if one.place == MAIN and one.container == customer.sheet and not one.gone
        )
        complete |= customer.sheet in page.complete
        reasons += [problem.text for problem in page.problems if problem.blocks]
        progress("reading the sheet", len(seen), None)
    if not complete:
        why = " ".join(dict.fromkeys(reasons)) or "Somebody may be changing it; look again."
        raise Refused(
            f"The sheet of {customer.name} could not be read in full, so nothing was matched. {why}"
        )
    for one in seen.values():
        yield _item(one, one.values.get("request_number", ""))


def _items(
    connector: ShowsUnlinked, place: Place, customer: Customer, progress: Progress
) -> list[Item]:
    found: dict[str, Item] = {}
    for page in connector.unlinked(place.name, customer):
        found.update((one.ref, _item(one, "")) for one in page.observations if not one.gone)
        progress(f"reading {place.system}", len(found), None)
    return list(found.values())


def _item(seen: Observation, label: str) -> Item:
    values = {**seen.values, **masked(seen.values)}
    return Item(seen.place, seen.ref, values, label, seen.created_at)


def _linked(known: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    return {ref: sync_id for ref, (sync_id, _) in known.items()}


def _match(found: Look, place: str, items: Sequence[Item], busy: Iterable[str]) -> Matching:
    """Match what nobody decided on yet; what was rejected is not proposed again."""
    of_place = [one for one in found.pairs if one.place == place and not one.void]
    accepted = [one for one in of_place if one.decision == ACCEPTED]
    banned = {(one.row_ref, one.ref) for one in of_place if one.decision == REJECTED}
    done_rows = {one.row_ref for one in accepted} | set(busy)
    done_refs = {one.ref for one in accepted}
    rows = [one for one in found.rows if one.ref not in done_rows]
    others = [one for one in items if one.ref not in done_refs]
    return match(rows, others, place, banned)


def _pairs(customer: str, proposals: Iterable[Proposal]) -> Iterator[Pair]:
    for one in proposals:
        for candidate in (one.best, *one.rivals):
            if candidate is not None:
                yield _pair(customer, one, candidate)


def _pair(customer: str, one: Proposal, candidate: Candidate) -> Pair:
    reasons = list(candidate.reasons)
    if one.contested:
        reasons.append("another one is nearly as likely: a person must choose")
    return Pair(
        customer=customer,
        place=one.place,
        row_ref=one.row.ref,
        ref=candidate.item.ref,
        kind=one.kind.value,
        score=candidate.score,
        reasons=reasons,
        row_name=one.row.name,
        name=candidate.item.name,
        row_values=_shown(one.row.values),
        other_values=_shown(candidate.item.values),
    )


def _shown(values: Values) -> dict[str, str]:
    return {name: values[name] for name in SHOWN if name in values}


def system_names(app: Application) -> dict[str, str]:
    """Return what people call the system of each place."""
    names = app.configuration.service.names
    return {
        place.name: names[place.system] for place in app.configuration.mappings["location"].places
    }
