"""Keep one ticket per customer that says how far its rows are.

The service fills in the counts and the numbers of its delays (see ``ubm_sync.delays``) and nothing
else: people move the ticket, rename it and describe it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ubm_sync.flow import NOWHERE, Decision, Needs, NoteDraft, Site, Situation
from ubm_sync.model import Customer, Values, Written

PLACE = "onboarding"
NEEDS = Needs(
    kind="onboarding",
    fields={PLACE: ("customer_key", "subject", "stage")},
    stages={PLACE: ("contract_signed",)},
)

_TOLD = "told"  # the problems that were told and are not mended yet
_ACTIVE = frozenset({"Active", "Closing", "Closed"})
_SET_UP = _ACTIVE | {"Setting up"}
_APPROVED = _SET_UP | {"Approved"}
_VALID = _APPROVED | {"Waiting for CSM", "Not accepted", "Problem on our side"}
_REQUESTED = _VALID | {"Draft", "Needs information", "Duplicate"}


def _counted() -> Mapping[str, frozenset[str]]:
    return {
        "rows_requested": _REQUESTED,
        "rows_valid": _VALID,
        "rows_approved": _APPROVED,
        "rows_set_up": _SET_UP,
        "rows_active": _ACTIVE,
    }


@dataclass(frozen=True, slots=True)
class OnboardingRules:
    """The settings: the first stage of a new ticket, its texts, and what counts as what.

    ``counted`` maps a field to the statuses of rows it counts; each count includes the rows that
    are further along. ``subject`` and ``content`` may contain ``{customer}``.
    """

    first_stage: str = "contract_signed"
    subject: str = "Onboarding {customer}"
    content: str = (
        "How far the rows of {customer} are stands in the fields Rows requested to Rows active, "
        "kept up to date by the service. Stage, owner and this text are yours."
    )
    counted: Mapping[str, frozenset[str]] = field(default_factory=_counted)


class OnboardingFlow:
    """Decides about the onboarding ticket of a customer (see ``ubm_sync.flow.Flow``)."""

    kind = "onboarding"

    def __init__(self, rules: OnboardingRules | None = None) -> None:
        self.rules = rules or OnboardingRules()

    def account_key(self, customer: Customer, values: Values) -> str:  # noqa: ARG002 - the Protocol
        """Return "": an onboarding has no account."""
        return ""

    def site(self, customer: Customer, values: Values) -> Site:  # noqa: ARG002 - the Protocol
        """Return nowhere: an onboarding is at no location."""
        return NOWHERE

    def accepted(self, memory: Values) -> bool:  # noqa: ARG002 - the Protocol
        """Return False: nothing changes owner here."""
        return False

    def decide(self, situation: Situation, now: datetime) -> Decision:  # noqa: ARG002 - the Protocol
        """Return the ticket with its counts; a ticket that a person archived stays archived."""
        customer = situation.customer
        name = customer.name or customer.key
        seen = situation.observed.get(PLACE)
        there: Values = seen.values if seen is not None else {}
        values: dict[str, Written] = {
            "customer_key": customer.key,
            "subject": there.get("subject") or self.rules.subject.format(customer=name),
            "content": there.get("content") or self.rules.content.format(customer=name),
        }
        for count, statuses in self.rules.counted.items():
            rows = sum(situation.counts.get(status, 0) for status in statuses)
            values[count] = str(rows)
        values["accounts_live"] = values["rows_active"]
        if customer.contracted:
            values["accounts_contracted"] = str(customer.contracted)
        values.update(situation.delays)
        if customer.company:
            values["company"] = customer.company
        if owner := there.get("owner") or customer.csm or customer.backup:
            values["owner"] = owner
        if seen is None:
            values["stage"] = self.rules.first_stage
        gone = seen is not None and bool(seen.gone)
        memory = dict(situation.memory)
        notes = () if gone else _notes(situation, memory)
        return Decision(
            present=frozenset() if gone else frozenset({PLACE}),
            values={} if gone else {PLACE: values},
            memory=memory,
            status=there.get("stage", "") or self.rules.first_stage,
            label=name,
            notes=notes,
        )


def _notes(situation: Situation, memory: dict[str, str]) -> tuple[NoteDraft, ...]:
    """Return what must be mended in the sheet and was not told yet; each problem is told once."""
    told = memory.get(_TOLD, "").split("\n")
    fresh = [event for event in situation.problems if event not in told]
    memory[_TOLD] = "\n".join(situation.problems)
    if not memory[_TOLD]:
        del memory[_TOLD]
    return tuple(NoteDraft(event, PLACE, situation.problems[event]) for event in fresh)
