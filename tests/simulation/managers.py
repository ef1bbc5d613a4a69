"""What managers and Data Services do in the ticket system."""

from __future__ import annotations

from dataclasses import replace

from tests.simulation.fields import (
    DELIVERIES,
    EMPTIED,
    ENROLMENTS,
    ID_PROPERTY,
    LOCATIONS,
    LONGEST,
    NAMES,
    OWNED,
    TYPED,
)
from tests.simulation.hands import Act, Hands, text
from tests.stack import SERVICES

WAITING = ("Waiting for CSM", "Needs information")  # stages in which nothing is approved yet


class Managers(Hands):
    """People at the tickets."""

    def edit_ticket(self, act: Act) -> None:
        """Type over a field of a ticket."""
        name = TYPED[act.c % len(TYPED)]
        before = self.ticket(act)["properties"].get(NAMES[name][1]) or ""
        self._type_in_ticket(act, name, text(act, name, before))

    def choose_on_ticket(self, act: Act) -> None:
        """Choose another entry of a list on a ticket."""
        self._type_in_ticket(act, "bill_delivery", DELIVERIES[act.c % len(DELIVERIES)])

    def type_too_much(self, act: Act) -> None:
        """Type more into a ticket than a cell of the sheet takes."""
        self._type_in_ticket(act, "notes", f"much {act.a} " * (LONGEST // 8))

    def clear_property(self, act: Act) -> None:
        """Empty a field of a ticket."""
        self._type_in_ticket(act, EMPTIED[act.c % len(EMPTIED)], "")

    def _type_in_ticket(self, act: Act, name: str, value: str) -> None:
        ticket, name_there = self.ticket(act), NAMES[name][1]
        before = ticket["properties"].get(name_there) or ""
        self.desk("edit_ticket", id=ticket["id"], properties={name_there: value})
        told = f"{name}={value[:60]!r} over {before[:60]!r}"
        self.world.say(f"the manager types {told} in {ticket['id']}")
        key = ticket["properties"].get(ID_PROPERTY, "")
        self.model.typed("ticket", ticket["id"], name, value, before, key)

    def bulk_edit(self, act: Act) -> None:
        """Type the same text into several tickets."""
        some = self.tickets()[act.b % 3 :][: 2 + act.c % 3]
        text = f"bulk {act.a}"
        self.desk("bulk_edit", ids=[one["id"] for one in some], properties={"ubm_notes": text})
        self.world.say(f"the manager types notes={text!r} into {[one['id'] for one in some]}")
        for one in some:
            before = one["properties"].get("ubm_notes") or ""
            key = one["properties"].get(ID_PROPERTY, "")
            self.model.typed("ticket", one["id"], "notes", text, before, key)

    def approve(self, act: Act) -> None:
        """Approve some tickets from a list."""
        waiting = [one for one in self.tickets() if not one["properties"].get("ubm_approval")]
        some = waiting[act.b % 2 :][: 1 + act.c % 4]
        ids = [one["id"] for one in some]
        self._decide(ids, ubm_approval="approve")
        for one in some:
            self.model.accepted(one["id"], one["properties"].get(ID_PROPERTY, ""))

    def decline(self, act: Act) -> None:
        """Decline a ticket with a reason."""
        ids = [self.ticket(act)["id"]]
        self._decide(ids, ubm_approval="decline", ubm_decline_reason=f"no contract {act.a}")

    def withdraw(self, act: Act) -> None:
        """Take back what was decided."""
        ticket = self.ticket(act)
        self._decide([ticket["id"]], ubm_approval="")
        if ticket["stage"] in WAITING:
            self.model.withdrawn(ticket["id"], ticket["properties"].get(ID_PROPERTY, ""))

    def _decide(self, ids: list[str], **properties: str) -> None:
        if ids:
            self.desk("bulk_edit", ids=ids, properties=properties)
            self.world.say(f"the manager sets {properties} on {ids}")

    def move_stage(self, act: Act) -> None:
        """Move a ticket to another stage."""
        ticket = self.ticket(act)
        stage = ("Approved", "Not accepted", "Waiting for CSM", "Active")[act.c % 4]
        self.desk("move_ticket", id=ticket["id"], stage=stage)
        self.world.say(f"the manager moves {ticket['id']} from {ticket['stage']} to {stage}")
        self.model.stepped.add(ticket["id"])
        if stage == "Approved":
            self.model.accepted(ticket["id"], ticket["properties"].get(ID_PROPERTY, ""))
        elif stage == "Waiting for CSM":
            self.model.taken_up.add(ticket["id"])

    def move_pipeline(self, act: Act) -> None:
        """Move a ticket out of our pipelines."""
        ticket = self.ticket(act)
        pipeline = next(iter(self.world.hubspot.portal.pipelines["tickets"].values()))
        stage = next(iter(pipeline.stages.values())).label
        self.desk("move_ticket", id=ticket["id"], pipeline=pipeline.label, stage=stage)
        self.world.say(f"the manager moves {ticket['id']} to the pipeline {pipeline.label}")
        self.model.removed("ticket", ticket["id"])

    def archive(self, act: Act) -> None:
        """Archive a ticket."""
        ticket = self.ticket(act, (LOCATIONS, LOCATIONS, ENROLMENTS)[act.c % 3])
        self.desk("archive_ticket", id=ticket["id"])
        self.world.say(f"the manager archives {ticket['id']}")
        self.model.removed("ticket", ticket["id"])

    def unarchive(self, act: Act) -> None:
        """Take an archived ticket back."""
        portal = self.world.hubspot.portal
        bin_ = [
            one
            for one in portal.records.values()
            if one.kind == "tickets" and one.archived_at and not one.merged_into
        ]
        ref = str(sorted(bin_, key=lambda one: one.id)[act.b % max(len(bin_), 1)].id)
        self.desk("restore_ticket", id=ref)
        self.world.say(f"the manager restores {ref}")
        self.model.restored("ticket", ref, ref)

    def merge(self, act: Act) -> None:
        """Merge two tickets of the same pipeline."""
        kept, gone = self.ticket(act), self.ticket(replace(act, b=act.c))
        if kept["id"] == gone["id"]:
            raise ValueError("one ticket")
        new = self.desk("merge_tickets", primary=kept["id"], other=gone["id"])["id"]
        self.world.say(f"the manager merges {gone['id']} into {kept['id']}")
        keys = kept["properties"].get(ID_PROPERTY, ""), gone["properties"].get(ID_PROPERTY, "")
        self.model.merged(kept["id"], gone["id"], str(new), keys)
        # HubSpot: what is empty in the one that stays takes what the other one holds.
        after = {str(one["id"]): one["properties"] for one in self.tickets()}.get(str(new), {})
        number = len(self.model.typings) + len(self.model.meddlings)
        for name, (_, known, _) in NAMES.items():
            if after.get(known) and not kept["properties"].get(known):
                self.model.filled[str(new), name] = number

    def enrol(self, act: Act) -> None:
        """Say as Data Services that some accounts are enrolled, or that one is a problem."""
        some = [one for one in self.tickets(ENROLMENTS) if one["stage"] != "Enrolled"]
        ids = [one["id"] for one in some[: 1 + act.b % 3]]
        stage = "Problem" if act.c % 5 == 0 else "Enrolled"
        if ids:
            self.desk("bulk_move", SERVICES, ids=ids, stage=stage)
            self.world.say(f"Data Services moves {ids} to {stage}")

    def decide_on_ticket(self, act: Act) -> None:
        """Decide a conflict on its ticket."""
        torn = [one for one in self.tickets() if one["properties"].get("ubm_conflict")]
        ticket = torn[act.b % max(len(torn), 1)]
        choice = ("keep_row", "keep_ticket")[act.c % 2]
        self._decide([ticket["id"]], ubm_conflict_decision=choice)
        self.model.decided(ticket["properties"].get(ID_PROPERTY, ""))

    def edit_owned_property(self, act: Act) -> None:
        """Change a field of a ticket that only the service fills."""
        ticket, name = self.ticket(act), OWNED[act.c % len(OWNED)][1]
        before = ticket["properties"].get(name) or ""
        self.desk("edit_ticket", id=ticket["id"], properties={name: f"mine {act.a}"})
        self.world.say(f"the manager types 'mine {act.a}' into {name} of {ticket['id']}")
        self.model.meddled("ticket", ticket["id"], f"mine {act.a}", before)
