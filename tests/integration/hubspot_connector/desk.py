"""An onboarding as people live it in a portal, and what the connector tells of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.integration.hubspot_connector.portal import CSM, Portal
from tests.unit.delays.facts import RULES, ZONE, at, onboarding

from ubm_sync.delays.detect import Found, detect
from ubm_sync.evidence import Evidence, Kind
from ubm_sync.model import Binding, Customer, FieldType, Place, Stage
from ubm_sync.ports import Asked, Hearing

STAGES = (
    "contract_signed", "kickoff_scheduling", "kickoff_held", "gathering_documents",
    "waiting_on_customer", "account_setup", "waiting_on_utility", "first_bills", "live", "on_hold",
)  # fmt: skip
PLACE = Place(
    "onboarding",
    "onboarding",
    "hubspot",
    "",
    (
        Binding("subject", "subject"),
        Binding("stage", "hs_pipeline_stage", FieldType.STAGE),
        Binding("waiting_for", "ubm_waiting_for"),
        Binding("requested_at", "ubm_requested_at", FieldType.INSTANT),
        Binding("due_at", "ubm_due_at", FieldType.DATE),
        Binding("priority_reason", "ubm_priority_reason"),
        Binding("contracted", "ubm_accounts_contracted", FieldType.NUMBER),
        Binding("replanned", "ubm_replanned_at", FieldType.DATE),
    ),
    "Onboarding",
    tuple(Stage(key, key.replace("_", " ").capitalize()) for key in STAGES),
)
HALSTED = Customer("halsted", "Halsted Foods", zone=ZONE)
AURORA = Customer("aurora", "Aurora University", zone=ZONE)


class Desk(Portal):
    """A portal with the onboarding pipeline; its clock is set to when things happen."""

    def __init__(self, started: str = "2026-09-01", **more: Any) -> None:
        super().__init__(
            places=(PLACE,), customers=(HALSTED, AURORA), start=at("2026-08-20"), **more
        )
        self.mark: str | None = None
        self.known: dict[str, str] = {}
        list(self.connector.ensure(dry_run=False))
        self.owner: dict[str, str] = {}
        self.ticket = self.open("halsted", started)

    def at(self, when: str) -> datetime:
        """Let time pass until an instant of the customer's zone."""
        until = at(when)
        self.later(max(0.0, (until - self.clock.now()).total_seconds()))
        return until

    def open(self, customer: str, when: str) -> str:
        """Open the ticket of an onboarding."""
        self.at(when)
        made = self.act(
            "create_ticket",
            properties={"subject": customer},
            pipeline="Onboarding",
            stage="Contract signed",
        )
        self.owner[made["id"]] = customer
        return str(made["id"])

    def do(self, when: str, what: str, ref: str = "", **order: Any) -> str:
        """Do what a person does at some time; returns the id of what was made."""
        self.at(when)
        answer = self.act(what, id=ref or self.ticket, **order)
        return str(answer.get("id", "")) if isinstance(answer, dict) else ""

    def move(self, when: str, key: str, ref: str = "") -> None:
        """Move the ticket to a stage."""
        self.do(when, "move_ticket", ref, stage=key.replace("_", " ").capitalize())

    def edit(self, when: str, **properties: str) -> None:
        """Fill in fields of the ticket."""
        self.do(when, "edit_ticket", properties=properties)

    def switch(self, **switches: Any) -> None:
        """Make the portal behave otherwise from now on."""
        self.emulator.switches = replace(self.emulator.switches, **switches)

    def asked(self) -> list[Asked]:
        """Return what the service would ask: every onboarding with what was seen of it."""
        found = []
        for ref, customer in self.owner.items():
            seen = self.see(ref)
            if not seen["archived"]:
                version = seen["modified"]
                known = self.known.get(ref, "")
                found.append(Asked(ref, PLACE.name, customer, version, known))
        return found

    def hear(self) -> list[Hearing]:
        """Let the connector tell, and remember how far it came."""
        heard = list(self.connector.testify(self.asked(), self.mark))
        for part in heard:
            self.mark = part.mark or self.mark
            self.known |= {one.ticket: one.version for one in part.testimonies}
        return heard

    def facts(self, *kinds: Kind, ref: str = "", again: bool = False) -> list[Evidence]:
        """Return what is told about an onboarding never heard of, or once more; oldest first."""
        self.mark = None
        if not again:
            self.known.clear()
        told = [one for part in self.hear() for one in part.testimonies]
        facts = [fact for one in told if one.ticket == (ref or self.ticket) for fact in one.facts]
        wanted = [fact for fact in facts if not kinds or fact.kind in kinds]
        return sorted(wanted, key=lambda one: (one.at, one.identity))

    def found(self, now: str, *more: Evidence) -> Found:
        """Return the delays that the facts show."""
        self.at(now)
        return detect(onboarding(), [*self.facts(), *more], RULES, at(now))


def short(facts: list[Evidence]) -> list[tuple[str, str]]:
    """Return facts as the day and their value."""
    return [(one.at.date().isoformat(), one.value) for one in facts]


__all__ = ["AURORA", "CSM", "HALSTED", "Desk", "at", "short"]
