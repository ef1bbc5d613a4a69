"""What should happen with a case now; pure: a case, its tickets and ``now`` in, a step out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import NamedTuple

from ubm_sync.calendars.coverage import Active, Choice, Coverage
from ubm_sync.calendars.local import instant_text, stamp, zone_of
from ubm_sync.desk import Dossier
from ubm_sync.disconnection.values import Category
from ubm_sync.model import Customer
from ubm_sync.routing import signals, words
from ubm_sync.routing.adopting import adopt
from ubm_sync.routing.case import ARCHIVED, ROW, Case, Told
from ubm_sync.routing.escalation import Ladder
from ubm_sync.routing.fields import values_for
from ubm_sync.routing.rules import RoutingRules

_UNOWNED = timedelta(minutes=5)  # until it is asked again who can own it


@dataclass(frozen=True, slots=True)
class World:
    """What a decision needs besides the case.

    ``customer`` has no key where nobody knows whose ticket it is. ``visible``: the customer may be
    told things. ``close_row`` says how a request to close goes on. ``account_tickets`` stand for
    the accounts named: the tickets with which their locations were added.
    """

    customer: Customer
    coverage: Coverage
    rules: RoutingRules
    active: Active
    visible: bool = False
    close_row: str = ""
    account_tickets: tuple[str, ...] = ()

    @property
    def ladder(self) -> Ladder:
        """Who is told next."""
        return Ladder(self.customer, self.coverage, self.rules, self.active)


class NoteDraft(NamedTuple):
    """A note to write once; ``event`` makes it unique within the case."""

    event: str
    text: str


class TaskDraft(NamedTuple):
    """A task to make once."""

    event: str
    owner: str
    subject: str
    body: str
    due: datetime
    urgent: bool


@dataclass(slots=True)
class Step:
    """What to do now: fields of the ticket to set, notes, tasks, and what to tell the customer.

    ``case`` is how the case is afterwards. ``events`` are what happened, for the audit log.
    ``links`` are tickets of the accounts named that it is not linked to yet. ``left`` is an owner
    who cannot sign in any more.
    """

    case: Case
    values: dict[str, str | None] = field(default_factory=dict)
    links: tuple[str, ...] = ()
    notes: list[NoteDraft] = field(default_factory=list)
    tasks: list[TaskDraft] = field(default_factory=list)
    replies: list[NoteDraft] = field(default_factory=list)
    events: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    left: str = ""

    def happened(self, action: str, **details: str) -> None:
        """Remember one event."""
        self.events.append((action, details))

    def note(self, event: str, text: str) -> None:
        """Ask for a note."""
        self.notes.append(NoteDraft(f"{self.case.turn}:{event}", text))


def decide(case: Case, dossiers: Mapping[str, Dossier], world: World, now: datetime) -> Step:
    """Return the next step of a case whose ticket is there.

    ``dossiers`` are its tickets as they are now, by ref, ``case.ticket`` among them.
    """
    step = Step(replace(case, due=False))
    mine = dossiers[case.ticket]
    if adopt(step.case, mine.ticket, world.customer, world.coverage):
        case = step.case
        step.happened("taken over from the ticket", routed=instant_text(case.routed_at or now))
    if case.routed_at is not None and all(_is_done(case, one) for one in dossiers.values()):
        _close(step, mine, now)
        return step
    if case.outcome == "closed" and case.acknowledged_how == ARCHIVED:
        renew(step.case, "the ticket was archived and is back")
    elif case.outcome == "closed":  # reopened: it stays answered until new words come
        step.case.outcome, step.case.closed_at = "acknowledged", None
        return step
    _listen(step, dossiers, world)
    if step.case.is_open and _has_left(step.case, mine, world):
        step.left = step.case.owner
        renew(step.case, f"{step.case.owner} cannot sign in any more")
    elif step.case.is_open and _can_be_owned_now(step.case, world, now):
        renew(step.case, "somebody can take it now")
    if step.case.routed_at is None and step.case.outcome == "":
        _route(step, mine, world, now)
        step.case.since = signals.newest(dossiers.values())
    elif step.case.outcome == "":
        _escalate(step, world, now)
    step.values |= values_for(step.case, mine)
    step.links = tuple(
        ref for ref in world.account_tickets if ref not in {*step.case.linked, *dossiers}
    )
    return step


def _is_done(case: Case, dossier: Dossier) -> bool:
    """Return whether a ticket was closed; one that was closed when it was routed was not since."""
    ticket = dossier.ticket
    return ticket.closed and not (ticket.ref == case.ticket and ticket.stage_name == case.stage)


def _has_left(case: Case, mine: Dossier, world: World) -> bool:
    """Return whether the owner cannot sign in any more and nobody took the ticket over."""
    if case.routed_at is None or not case.owner or world.active(case.owner):
        return False
    return not (mine.ticket.owner_active and signals.chosen_owner(mine))


def _can_be_owned_now(case: Case, world: World, now: datetime) -> bool:
    """Return whether a case that was routed to nobody has somebody by now."""
    if case.routed_at is None or case.owner:
        return False
    return bool(_choice(case, world, now).email)


def _choice(case: Case, world: World, now: datetime) -> Choice:
    urgent = case.category is Category.URGENT
    return world.coverage.effective_owner(world.customer, now, urgent=urgent, active=world.active)


def _close(step: Step, mine: Dossier, now: datetime) -> None:
    case = step.case
    case.wake_at = case.held = None
    if case.outcome != "closed":
        case.outcome, case.closed_at = "closed", now
        step.happened("closed", stage=mine.ticket.stage_name)


def _listen(step: Step, dossiers: Mapping[str, Dossier], world: World) -> None:
    """Take over what people did and said since the case was routed."""
    case, zone = step.case, world.customer.zone
    if case.routed_at is None or case.outcome != "":
        return
    for one in dossiers.values():
        said = signals.verdict(case, one)
        if said is Category.OTHER:
            case.outcome, case.wake_at = "no", None
            step.note("no", "Understood: this is no disconnection. Nobody is reminded any more.")
            step.happened("answered no")
            return
        if said is Category.URGENT and case.category is Category.POSSIBLE:
            renew(case, "somebody says that it is a disconnection")
            case.category, case.confidence = Category.URGENT, 1.0
            step.happened("answered yes")
            return
        if said is Category.CLOSE and case.category is not Category.CLOSE:
            renew(case, "")
            case.category, case.confidence = Category.CLOSE, 1.0
            case.deadline = case.pay_by = None  # they were those of the threat
            step.happened("answered close")
            return
    if case.category is Category.CLOSE:
        return
    found = [
        sign
        for one in dossiers.values()
        if (sign := signals.acknowledged(case, one, world.rules.grace)) is not None
    ]
    if found:
        first = min(found, key=lambda one: one.at)
        case.acknowledged_at, case.acknowledged_by, case.acknowledged_how = first
        case.outcome, case.wake_at = "acknowledged", None
        step.note("acknowledged", words.acknowledged(case, zone))
        step.happened("acknowledged", by=first.by, how=first.how)


def renew(case: Case, why: str) -> None:
    """Begin a case anew: new facts came, or a person answered the question."""
    case.turn += 1
    case.news = why
    case.outcome, case.routed_at, case.told, case.held = "", None, (), None
    case.acknowledged_at, case.acknowledged_by, case.acknowledged_how = None, "", ""
    case.closed_at, case.due = None, True


def _route(step: Step, mine: Dossier, world: World, now: datetime) -> None:
    case, coverage = step.case, world.coverage
    urgent = case.category is Category.URGENT
    if not urgent and coverage.is_quiet(now):
        _hold(step, world, now)
        return
    case.held = None
    choice = _choice(case, world, now)
    owner, role = _owner(case, mine, choice, world.active)
    case.owner, case.role = owner, role
    case.routed_at, case.stage = now, mine.ticket.stage_name
    case.told = (Told(0, owner, role, now, coverage.name(owner, world.customer)),) if owner else ()
    verdicts = "; ".join(f"{one.email or one.role}: {one.verdict}" for one in choice.steps)
    step.happened("routed", to=owner, role=role, why=verdicts)
    if case.category is Category.CLOSE:
        step.note("routed", words.closing(case, world.customer.name, world.close_row))
        case.wake_at = _next_look(case, None, now)
        return
    told = list(case.told)
    if urgent and role == "owner" and owner != choice.email and not coverage.is_working(owner, now):
        told.append(Told(1, choice.email, choice.role, now, choice.name))  # the other is off
        case.told = tuple(told)
    ladder = world.ladder
    if ladder.near(case) and case.level == 0 and (next_ := ladder.next(case, now)) is not None:
        told.append(next_._replace(at=now))
        case.told = tuple(told)
    _tell_of_routing(step, world, now, told)


def _tell_of_routing(step: Step, world: World, now: datetime, told: list[Told]) -> None:
    case, customer = step.case, world.customer
    next_ = world.ladder.next(case, now)
    case.wake_at = _next_look(case, next_, now)
    text = words.routed(case, customer.name, customer.zone, now, told, next_)
    if case.news:
        text = f"{words.changed(case.news)} {text}"
    if case.off_channel:
        reply = _reply(case, world)
        is_told = _is_told(case, world)
        text += " " + words.off_channel(words.way(case.way), reply, visible=is_told)
        if is_told:
            step.replies.append(NoteDraft(f"{case.turn}:reply", reply))
    step.note("routed", text)
    for one in told:
        step.tasks.append(_task(case, one, world, now, text))


def _next_look(case: Case, next_: Told | None, now: datetime) -> datetime | None:
    """Return when to look again: soon where nobody owns it, since somebody may sign in again."""
    times = [next_.at] if next_ is not None else []
    if not case.owner:
        times.append(now + _UNOWNED)
    return min(times, default=None)


def _owner(case: Case, mine: Dossier, choice: Choice, active: Active) -> tuple[str, str]:
    """Return who owns it, and as what: what a person chose stays (domain C.6)."""
    kept = signals.chosen_owner(mine)
    if kept and mine.ticket.owner_active:
        same = kept.casefold() == choice.email.casefold()
        return kept, choice.role if same else "owner"
    is_theirs = case.turn > 1 and mine.ticket.owner.casefold() == case.owner.casefold()
    if case.owner and is_theirs and active(case.owner):
        return case.owner, case.role
    return choice.email, choice.role


def _hold(step: Step, world: World, now: datetime) -> None:
    case = step.case
    if case.held is None:
        case.held = world.coverage.quiet_until(now) or now
        when = stamp(case.held, world.customer.zone)
        who = world.customer.csm_name or "Your support manager"
        reply = world.rules.queued.format(who=who, when=when)
        is_told = _is_told(case, world)
        text = words.held(case, world.customer.zone, reply, visible=is_told)
        step.note("held", text)
        if is_told:
            step.replies.append(NoteDraft(f"{case.turn}:held", reply))
        step.happened("held", until=instant_text(case.held))
    case.wake_at = case.held


def _escalate(step: Step, world: World, now: datetime) -> None:
    """Tell everybody whose time has come."""
    case, customer, ladder = step.case, world.customer, world.ladder
    if case.category is Category.CLOSE:
        case.wake_at = _next_look(case, None, now)
        return
    next_ = ladder.next(case, now)
    while next_ is not None and next_.at <= now:
        to = next_._replace(at=now)
        case.told = (*case.told, to)
        next_ = ladder.next(case, now)
        text = words.escalated(case, customer.zone, now, to, next_, customer.name)
        step.note(f"level{to.level}", text)
        step.tasks.append(_task(case, to, world, now, text))
        step.happened("escalated", level=str(to.level), to=to.email)
    case.wake_at = _next_look(case, next_, now)


def _task(case: Case, to: Told, world: World, now: datetime, text: str) -> TaskDraft:
    customer = world.customer
    due = now
    if not case.is_off and case.pay_by is not None:
        due = datetime.combine(
            case.pay_by, time(world.rules.task_hour), tzinfo=zone_of(customer.zone)
        )
    subject = words.subject(case, customer.name)
    if case.pay_by is not None and not case.is_off:
        subject += f", pay by {words.short_day(case.pay_by, weekday=True)}"
    event = f"{case.turn}:task:{to.level}:{to.email}"
    return TaskDraft(event, to.email, subject, text, max(due, now), urgent=True)


def _reply(case: Case, world: World) -> str:
    who = world.coverage.name(case.owner, world.customer) if case.owner else "Our team"
    return world.rules.reply.format(who=who, where=words.way(case.way, here=True))


def _is_told(case: Case, world: World) -> bool:
    """Return whether the service itself may answer the customer: in a row only."""
    return world.visible and case.source.startswith(ROW)
