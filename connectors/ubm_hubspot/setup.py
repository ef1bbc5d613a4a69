"""Creating what the portal lacks; nothing is ever removed, renamed or relabelled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ubm_hubspot.catalog import Catalog, fold
from ubm_hubspot.client import TICKETS, Client
from ubm_hubspot.schema import (
    Wanted,
    adopted,
    flaw_of,
    missing_options,
    option,
    taken_labels,
    wanted,
)
from ubm_hubspot.settings import Settings
from ubm_hubspot.steps import is_closed
from ubm_sync.errors import Refused, UnknownOutcome
from ubm_sync.model import Place, Stage
from ubm_sync.ports import Lane, SetupStep

SYSTEM = "hubspot"
_CONFLICT = 409


class Setup:
    """Makes group, properties, options, pipelines and stages of the mapping exist."""

    def __init__(
        self,
        client: Client,
        catalog: Catalog,
        places: Sequence[Place],
        settings: Settings,
        identity: str,
    ) -> None:
        self._client = client
        self._catalog = catalog
        self._places = places
        self._settings = settings
        self._identity = identity

    def steps(self, *, dry_run: bool) -> Iterator[SetupStep]:
        """Yield what was found or done, one step per thing; idempotent."""
        yield self._group(dry_run=dry_run)
        live = self._catalog.properties()
        for want in wanted(self._places, self._identity).values():
            yield self._property(want, live.get(want.name), dry_run=dry_run)
        pipelines = {fold(str(each["label"])): each for each in self._catalog.pipelines()}
        for place in self._places:
            if place.pipeline:
                found = pipelines.get(fold(place.pipeline))
                yield from self._pipeline(place, found, dry_run=dry_run)
        if not dry_run:
            self._catalog.forget()

    def _group(self, *, dry_run: bool) -> SetupStep:
        name = self._settings.property_group
        what = f'ticket property group "{name}"'
        groups = self._client.crm.properties.groups_api
        answer = self._client.call("read property groups", groups.get_all, TICKETS)
        if any(each["name"] == name for each in answer["results"]):
            return SetupStep(SYSTEM, what, "ok")
        if dry_run:
            return SetupStep(SYSTEM, what, "would create")
        body = {"name": name, "label": self._settings.property_group_label, "displayOrder": -1}
        return self._made(what, "create property group", groups.create, TICKETS, body=body)

    def _property(
        self, want: Wanted, live: Mapping[str, Any] | None, *, dry_run: bool
    ) -> SetupStep:
        what = f'ticket property "{want.name}"'
        if live is not None:
            return self._existing(what, want, live, dry_run=dry_run)
        if want.clash:
            return SetupStep(SYSTEM, what, "problem", f"Not created: {want.clash}.")
        if want.vendors:
            text = "It is HubSpot's own and this portal lacks it: map the field elsewhere."
            return SetupStep(SYSTEM, what, "problem", text)
        if dry_run:
            return SetupStep(SYSTEM, what, "would create", f"{want.type}/{want.field_type}")
        create = self._client.crm.properties.core_api.create
        body = want.definition(self._settings.property_group)
        return self._made(what, "create property", create, TICKETS, body=body)

    def _existing(
        self, what: str, want: Wanted, live: Mapping[str, Any], *, dry_run: bool
    ) -> SetupStep:
        if flaw := flaw_of(want, live):
            return SetupStep(SYSTEM, what, "problem", f"It cannot be used: {flaw}.")
        lacking = missing_options(want, live)
        if not lacking:
            return _fitting(what, want, live)
        if taken := taken_labels(want, live):
            text = (
                f"{taken[0].upper()}{taken[1:]}: rename it in HubSpot's settings, then run setup."
            )
            return SetupStep(SYSTEM, what, "problem", text)
        names = ", ".join(lacking.values())
        if (live.get("modificationMetadata") or {}).get("readOnlyOptions"):
            text = f"Its options are fixed and lack {names}: add them in HubSpot's settings."
            return SetupStep(SYSTEM, what, "problem", text)
        detail = f"options added: {names}"
        if dry_run:
            return SetupStep(SYSTEM, what, "would change", detail)
        # HubSpot: PATCH replaces the whole list, so the options of others are sent back as read.
        there = list(live.get("options") or [])
        more = [option(v, label, len(there) + at) for at, (v, label) in enumerate(lacking.items())]
        update = self._client.crm.properties.core_api.update
        body = {"options": [*there, *more]}
        return self._made(
            what, "add options", update, TICKETS, want.name, body=body, done=("changed", detail)
        )

    def _pipeline(
        self, place: Place, live: Mapping[str, Any] | None, *, dry_run: bool
    ) -> Iterator[SetupStep]:
        what = f'ticket pipeline "{place.pipeline}"'
        if live is not None:
            yield SetupStep(SYSTEM, what, "ok")
            yield from self._stages(place, live, dry_run=dry_run)
            return
        detail = ", ".join(stage.label for stage in place.stages)
        if dry_run:
            yield SetupStep(SYSTEM, what, "would create", detail)
            return
        create = self._client.crm.pipelines.pipelines_api.create
        stages = [_stage_body(stage, at) for at, stage in enumerate(place.stages)]
        body = {"label": place.pipeline, "displayOrder": 0, "stages": stages}
        yield self._made(
            what, "create pipeline", create, TICKETS, body=body, done=("created", detail), once=True
        )

    def _stages(
        self, place: Place, live: Mapping[str, Any], *, dry_run: bool
    ) -> Iterator[SetupStep]:
        there = {fold(str(each["label"])): each for each in live.get("stages") or []}
        labels = {(str(live["id"]), str(one["id"])): one["label"] for one in there.values()}
        for stage in place.stages:
            what = f'stage "{stage.label}" of "{place.pipeline}"'
            found = there.get(fold(stage.label))
            known = self._catalog.known_ids(place.name, stage.key)
            if found is not None:
                yield _compared(what, stage, found)
            # A second one would take its place, and leave the tickets in it to nobody.
            elif known is not None and (renamed := labels.get(known)):
                yield SetupStep(SYSTEM, what, "problem", _renamed(stage, renamed))
            elif dry_run:
                yield SetupStep(SYSTEM, what, "would create")
            else:
                create = self._client.crm.pipelines.pipeline_stages_api.create
                body = _stage_body(stage, len(there))
                there[fold(stage.label)] = body
                arguments = (TICKETS, str(live["id"]))
                yield self._made(what, "create stage", create, *arguments, body=body, once=True)

    def _made(
        self,
        what: str,
        name: str,
        operation: Any,
        *arguments: object,
        body: object,
        done: tuple[str, str] = ("created", ""),
        once: bool = False,
    ) -> SetupStep:
        """Send one change; ``once`` says that sending it twice would make two of it."""
        call = self._client.call
        try:
            call(name, operation, *arguments, body=body, lane=Lane.BACKFILL, safe=not once)
        except UnknownOutcome as error:
            return SetupStep(SYSTEM, what, "problem", f"{error} Run setup again.")
        except Refused as error:
            if error.status == _CONFLICT and not once:
                return SetupStep(SYSTEM, what, *done)  # a repeat of our own call, or a neighbour's
            return SetupStep(SYSTEM, what, "problem", str(error))
        return SetupStep(SYSTEM, what, *done)


def _fitting(what: str, want: Wanted, live: Mapping[str, Any]) -> SetupStep:
    """Return that a property has all options, some perhaps under another value."""
    found = adopted(want, live).items()
    if not found:
        return SetupStep(SYSTEM, what, "ok")
    pairs = ", ".join(f'"{want.options[ours]}" as "{theirs}"' for ours, theirs in found)
    return SetupStep(SYSTEM, what, "note", f"Options used as they are there: {pairs}.")


def _renamed(stage: Stage, label: str) -> str:
    return (
        f'It is called "{label}" in HubSpot now and used all the same; rename it back to '
        f'"{stage.label}" in HubSpot\'s settings. No second stage was made.'
    )


def _stage_body(stage: Stage, order: int) -> dict[str, Any]:
    state = "CLOSED" if stage.closed else "OPEN"
    return {"label": stage.label, "displayOrder": order, "metadata": {"ticketState": state}}


def _compared(what: str, stage: Stage, live: Mapping[str, Any]) -> SetupStep:
    if is_closed(live) == stage.closed:
        return SetupStep(SYSTEM, what, "ok")
    mapped, there = ("closed", "open") if stage.closed else ("open", "closed")
    text = f"The mapping calls it {mapped}, HubSpot has it as {there}; change one of the two."
    return SetupStep(SYSTEM, what, "problem", text)
