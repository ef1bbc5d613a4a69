"""The delays of onboardings: facts are heard, judged, written down and told, each change once.

Once a cycle, after reading: every system that knows what was done in an onboarding is asked; the
onboardings of which something is new, whose next threshold or new day has come, or for which
people said something, are judged. What came of one is stored in one transaction: the revisions,
the notes to write and what its ticket should tell; the ticket itself is written as any other. So a
kill between any two steps costs nothing but the time to look again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from ubm_sync.calendars import calendar_of
from ubm_sync.delays.assess import Assessment, assess
from ubm_sync.delays.case import Onboarding
from ubm_sync.delays.delay import Delay
from ubm_sync.delays.detect import VERSION
from ubm_sync.delays.ledger import Basis, Revision, delay_id
from ubm_sync.delays.people import from_plain
from ubm_sync.delays.rules import DelayRules
from ubm_sync.errors import SyncError
from ubm_sync.evidence import Evidence, Kind
from ubm_sync.model import Customer, Problem, nothing
from ubm_sync.ports import Asked, Connector, Hearing, Testimony, Witness
from ubm_sync.state import DelayCase, Line, State, Ticket, Tx
from ubm_sync.sync.rules import Rules
from ubm_sync.sync.said import Said

PORTION = 50  # onboardings judged in one transaction
RETRY = timedelta(hours=1)  # until an onboarding that could not be judged is tried again
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DelayPolicy:
    """How delays are judged: the rules, the hash of what was configured, where pages are shown.

    ``log_url`` may name ``{customer}`` and ``{ticket}``. ``witnesses`` are those that are asked
    besides the connectors, by name.
    """

    rules: DelayRules
    digest: str
    log_url: str = ""
    witnesses: Mapping[str, Witness] = field(default_factory=nothing)

    @property
    def version(self) -> str:
        """What results are compared by: other rules give another one, other pages too."""
        return f"{VERSION}:{self.digest}|{self.log_url}"

    def judged(self, version: str) -> bool:
        """Return whether a result of this version came about by the same rules."""
        return version.partition("|")[0] == self.version.partition("|")[0]


class Delaying:
    """Watches the onboardings, at the place where their tickets are."""

    def __init__(
        self,
        state: State,
        connectors: Mapping[str, Connector],
        rules: Rules,
        customers: Mapping[str, Customer],
        policy: DelayPolicy,
    ) -> None:
        self._state = state
        self._witnesses = {
            **{name: one for name, one in connectors.items() if isinstance(one, Witness)},
            **policy.witnesses,
        }
        self._place = rules.main
        self._said = Said(state, rules.main, connectors[rules.places[rules.main].system])
        self._customers = {f"onboarding-{key}": one for key, one in customers.items()}
        self._policy = policy

    def look(self, run: str, now: datetime) -> list[str]:
        """Look at every onboarding once; return what went wrong, a sentence each.

        An onboarding of which nothing is new costs nothing but the comparison of its version.
        """
        with self._state.reading() as tx:
            tickets = [
                one for one in tx.cases.tickets(self._place) if one.onboarding in self._customers
            ]
        if not tickets:
            return []
        self._open(tickets)
        wrong = [text for name in self._witnesses if (text := self._ask(name, tickets, now))]
        self._said.hear([one for one in tickets if one.version != one.looked_at], run, now)
        self._judge({one.onboarding for one in tickets}, run, now)
        return wrong

    def _open(self, tickets: Iterable[Ticket]) -> None:
        """Begin to watch new onboardings, and those whose ticket is another one now."""
        new = [one for one in tickets if one.looked_at is None]
        with self._state.reading() as tx:
            changed = tx.cases.judged_otherwise(self._policy.version)
            known = tx.cases.load([one.onboarding for one in new])
        if not new and not changed:
            return
        cases = []
        for one in new:
            case = known.get(one.onboarding)
            if case is None:
                customer = self._customers[one.onboarding].key
                case = DelayCase(one.onboarding, customer, one.ref)
            case.ticket, case.version, case.due = one.ref, "", True
            cases.append(case)
        with self._state.transaction() as tx:
            tx.cases.save(cases)
            tx.cases.stir(changed)

    def _ask(self, name: str, tickets: Iterable[Ticket], now: datetime) -> str:
        """Hear one witness; return why it could not tell everything, "" where it could."""
        with self._state.reading() as tx:
            known = tx.cases.heard(name)
            mark = tx.meta.get(_mark(name))
        asked = [
            Asked(
                one.ref,
                self._place,
                self._customers[one.onboarding].key,
                one.version,
                known.get(one.onboarding, ""),
            )
            for one in tickets
        ]
        onboardings = {one.ref: one.onboarding for one in tickets}
        try:
            for hearing in self._witnesses[name].testify(asked, mark):
                if hearing.testimonies or hearing.checked or hearing.mark not in {"", mark}:
                    self._keep(name, hearing, onboardings, now)
        except SyncError as error:  # what was told until then is kept, the rest is asked again
            log.warning("evidence not complete", system=name, error=str(error))
            return str(error)
        return ""

    def _keep(
        self, name: str, hearing: Hearing, onboardings: Mapping[str, str], now: datetime
    ) -> None:
        with self._state.transaction() as tx:
            heard = {}
            told: dict[str, list[Evidence]] = {}
            merged = [ref for one in hearing.testimonies for ref in one.merged]
            others = tx.observations.known(self._place, merged) if merged else {}
            for one in hearing.testimonies:
                onboarding = onboardings.get(one.ticket)
                if onboarding is None:
                    continue
                heard[onboarding] = one.version
                names = {others[ref][0] for ref in one.merged if ref in others} - {onboarding}
                facts = told.setdefault(onboarding, [])
                facts += [*one.facts, *_inherited(tx, names, one)]
            tx.cases.stir(tx.facts.keep(told, now))
            tx.cases.hear(name, heard)
            if hearing.checked:
                tx.problems.replace(hearing.checked, hearing.problems, now)
            if hearing.mark:
                tx.meta.put(_mark(name), hearing.mark)

    def _judge(self, present: set[str], run: str, now: datetime) -> None:
        with self._state.reading() as tx:
            due = [one for one in tx.cases.due(now) if one in present]
        for start in range(0, len(due), PORTION):
            self._judge_some(due[start : start + PORTION], run, now)

    def _judge_some(self, onboardings: list[str], run: str, now: datetime) -> None:
        basis = Basis(VERSION, self._policy.digest, run)
        with self._state.transaction() as tx:
            ledger = tx.delays.newest(onboardings)
            problems: list[Problem] = []
            changed: list[str] = []
            fresh: list[tuple[Revision, list[str]]] = []
            cases = tx.cases.load(onboardings)
            for name in onboardings:  # the ledger has the same order in every database
                case = cases[name]
                lines = ledger.get(name, {})
                # of one after the other: one may have tens of thousands
                facts = tx.facts.used([name]).get(name, {})
                case.due = False
                try:
                    found = self._assess(case, facts.values(), lines, basis, now)
                except Exception as error:  # one odd onboarding delays no other
                    log.exception("delays not judged", onboarding=name)
                    case.wake_at = now + RETRY
                    problems.append(_broken(name, case.customer, error))
                    continue
                fresh += self._write(tx, case, found, lines, facts, now)
                if self._take(case, found):
                    changed.append(name)
            if fresh:
                tx.delays.append(fresh)
            tx.problems.replace({f"delays/{one}" for one in onboardings}, problems, now)
            tx.records.mark_dirty(changed)
            tx.cases.save(cases.values())

    def _assess(
        self,
        case: DelayCase,
        facts: Collection[Evidence],
        lines: Mapping[str, Line],
        basis: Basis,
        now: datetime,
    ) -> Assessment:
        customer = self._customers[case.onboarding]
        stages = (one.at for one in facts if one.kind is Kind.STAGE)
        case.started = min(stages, default=case.started or now)
        onboarding = Onboarding(
            case.onboarding,
            customer.key,
            customer.zone,
            calendar_of(customer),
            case.started,
            contracted=customer.contracted,
        )
        return assess(
            onboarding,
            facts,
            self._policy.rules,
            now,
            known={name: line.revision for name, line in lines.items()},
            people=from_plain(case.people),
            basis=basis,
            other_rules=case.settings != "" and not self._policy.judged(case.settings),
        )

    def _write(
        self,
        tx: Tx,
        case: DelayCase,
        found: Assessment,
        lines: Mapping[str, Line],
        facts: Mapping[str, Evidence],
        now: datetime,
    ) -> list[tuple[Revision, list[str]]]:
        """Queue what people are told; return the revisions to append, with their evidence."""
        delays = {delay_id(case.onboarding, one): one for one in found.found.delays}
        digests = {id(fact): digest for digest, fact in facts.items()}
        for event, text in found.notes:
            tx.outbox.queue(f"{case.onboarding}:{event}", case.onboarding, self._place, text, now)
        return [(one, _proof(one, delays, lines, digests)) for one in found.revisions]

    def _take(self, case: DelayCase, found: Assessment) -> bool:
        """Take over what was found; return whether the ticket has to tell something else."""
        onboarding = found.found.onboarding
        case.settings, case.wake_at = self._policy.version, found.wake_at
        case.over, case.doubts = onboarding.over, found.doubts
        if found.bound:
            case.people = {**case.people, "bound": {w: list(n) for w, n in found.bound.items()}}
        case.outcome = "live" if onboarding.live else "cancelled" if onboarding.over else ""
        address = self._policy.log_url.replace("{customer}", case.customer)
        headline = {
            **found.headline,
            "delay_log_url": address.replace("{ticket}", case.ticket) or None,
        }
        changed = dict(case.headline) != headline
        case.headline = headline
        return changed


def _proof(
    revision: Revision,
    delays: Mapping[str, Delay],
    lines: Mapping[str, Line],
    digests: Mapping[int, str],
) -> list[str]:
    """Return the digests of a revision's evidence; of one that is none any more, the last."""
    delay = delays.get(revision.delay)
    if delay is None:
        return list(lines[revision.delay].proof)
    return [digests[id(one)] for one in delay.evidence]  # the very facts that were kept


def _inherited(tx: Tx, onboardings: Iterable[str], told: Testimony) -> Iterator[Evidence]:
    """Yield what this system told of the tickets that live on in this one: it may tell no more."""
    systems, refs = {one.system for one in told.facts}, {one.ref for one in told.facts}
    for known in tx.facts.used(sorted(onboardings)).values():
        for fact in known.values():
            if fact.system in systems and fact.ref not in refs:
                yield fact


def _broken(onboarding: str, customer: str, error: Exception) -> Problem:
    text = (
        f"The delays of {customer} could not be worked out ({type(error).__name__}). What was "
        "written down stays, and it is tried again every hour; the log has the details."
    )
    return Problem(f"delays/{onboarding}", "not_judged", text)


def _mark(name: str) -> str:
    return f"delays:{name}"
