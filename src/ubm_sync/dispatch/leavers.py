"""Tickets whose owner cannot sign in any more: somebody else must have them (domain A41)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import structlog

from ubm_sync.calendars.coverage import Active, Coverage
from ubm_sync.desk import Desk, Filing, Ticket
from ubm_sync.dispatch.gathering import Gatherer
from ubm_sync.dispatch.handovers import list_handovers
from ubm_sync.dispatch.working import ACTOR
from ubm_sync.model import Problem, Result
from ubm_sync.routing import signals
from ubm_sync.state import Entry, State

TOGETHER = 100
SCOPE = "disconnections/leavers"
log = structlog.get_logger(__name__)


class Leavers:
    """Hands over what people who left still own."""

    def __init__(
        self,
        state: State,
        desk: Desk,
        gatherer: Gatherer,
        coverage: Coverage,
        active: Active,
        run: str,
    ) -> None:
        self._state = state
        self._desk = desk
        self._gather = gatherer
        self._coverage = coverage
        self._active = active
        self._run = run

    def hand_over(self, now: datetime) -> int:
        """Give each open ticket of a person who left to whoever owns such work now.

        Returns how many were handed over. A ticket nobody can own is a problem until somebody can.
        """
        left = list(self._desk.abandoned())
        moved, nobody = 0, Counter[str]()
        for start in range(0, len(left), TOGETHER):
            moved += self._some(left[start : start + TOGETHER], nobody, now)
        problems = (
            [
                Problem(
                    SCOPE,
                    "no_owner",
                    f"{sum(nobody.values())} open tickets belong to people who cannot sign in any "
                    f"more ({', '.join(sorted(nobody))}), and nobody can take them; name an active "
                    "backup, somebody on call or a lead.",
                )
            ]
            if nobody
            else []
        )
        with self._state.transaction() as tx:
            tx.problems.replace({SCOPE}, problems, now)
        return moved

    def _some(self, tickets: Sequence[Ticket], nobody: Counter[str], now: datetime) -> int:
        dossiers = self._desk.dossiers([one.ref for one in tickets])
        filings: dict[str, Filing] = {}
        before: dict[str, str] = {}
        for one in tickets:
            dossier = dossiers.get(one.ref)
            if dossier is None or dossier.ticket.owner_active or dossier.ticket.closed:
                continue
            customer = self._gather.customer_of(dossier)
            owner = dossier.ticket.owner
            choice = self._coverage.effective_owner(
                customer, now, urgent=False, active=self._active, skip=frozenset({owner})
            )
            if choice.email:
                values = {signals.OWNER: choice.email}
                filings[one.ref] = Filing(one.ref, dossier.ticket.ref, values)
                before[one.ref] = owner
            else:
                nobody[owner] += 1
        done = [
            outcome.key
            for outcome in (self._desk.file(list(filings.values())) if filings else ())
            if outcome.result is Result.LANDED
        ]
        after = {ref: filings[ref].values[signals.OWNER] or "" for ref in done}
        with self._state.transaction() as tx:
            bound = tx.disconnections.of_tickets(done)
            tx.disconnections.stir(bound.values())
            tx.audit.append(
                Entry(
                    now,
                    self._run,
                    ACTOR,
                    "handed over",
                    bound.get(ref, ""),
                    {"ticket": ref, "from": before[ref], "to": after[ref]},
                )
                for ref in done
            )
            list_handovers(tx, [(ref, before[ref], after[ref]) for ref in done], now)
        for ref in done:
            log.info("ticket handed over", ticket=ref, to=after[ref])
        return len(done)
