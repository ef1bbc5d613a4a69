"""What the manager's ticket and Data Services' ticket hold, besides the fields of the row."""

from __future__ import annotations

from ubm_sync.locations import adopting, duplicates, entering, notices, vanishing
from ubm_sync.locations.case import Case, digest
from ubm_sync.locations.findings import shown
from ubm_sync.locations.standing import data_services
from ubm_sync.locations.states import (
    ACCOUNT,
    DRAFT,
    ENROLMENT_PLACE,
    RANKS,
    STAGES,
    TICKET,
)
from ubm_sync.model import Mark, Observation, Ref, Written

_NOT_TAKEN = "owner_not_taken"  # who could not be made the ticket's owner
_VERBS = {"": "Add", "close": "Close", "change": "Change"}


def ticket_values(case: Case) -> dict[str, Written]:
    """Return what the service fills on the location ticket."""
    customer, ticket = case.customer, case.ticket
    values: dict[str, Written] = {
        "customer_key": customer.key,
        "sync_status": case.status,
        "sync_message": case.message or None,
        "ubm_account_id": case.account.ref if case.account is not None else None,
        "data_services": data_services(case),
        "conflict": notices.conflict_text(case) if case.situation.conflicts else None,
    }
    if case.status != DRAFT:  # whoever is typing into this ticket is left in peace
        checks = checks_text(case)
        texts = _settled(case, ticket, checks) or _ticket_texts(case, checks)
        values |= {"checks": checks, "subject": texts[0], "content": texts[1]}
    stage = _stage(case)
    if stage:
        values["stage"] = stage
    if customer.company:
        values["company"] = customer.company
    if owner := _owner(case):
        values["owner"] = owner
    if ticket is None:
        if case.rules.priority:
            values["priority"] = case.rules.priority
        return values
    if "conflict_decision" in ticket.values and not case.situation.conflicts:
        values["conflict_decision"] = None
    if vanishing.DECISION in ticket.values:
        values[vanishing.DECISION] = None  # it was read, or there is nothing to decide
    if case.memory.get("close") == "ask" and "approval" in ticket.values:
        values["approval"] = None  # approve said yes to adding; closing is asked anew
    return values


def _owner(case: Case) -> str:
    """Return who should own the ticket: whoever does, else the first who can be given it.

    The manager, the backup, the people on call, the lead; somebody the ticket system does not
    take (they may have left) is passed over.
    """
    memory, ticket = case.memory, case.ticket
    there = ticket.values.get("owner", "") if ticket is not None else ""
    if there:
        memory.pop(_NOT_TAKEN, None)
        return there
    customer = case.customer
    people = [one for one in (customer.csm, customer.backup, *case.rules.stand_ins) if one]
    passed = memory.get(_NOT_TAKEN, "").split()
    left = [one for one in people if one not in passed]
    if left and f"{TICKET}.owner" in case.situation.troubles:
        memory[_NOT_TAKEN] = " ".join([*passed, left.pop(0)])
    return next(iter([*left, *people]), "")


def enrolment_values(case: Case) -> dict[str, Written]:
    """Return what the service fills on Data Services' ticket."""
    customer, enrolment, memory = case.customer, case.enrolment, case.memory
    key = _asked(case)
    texts = _settled(case, enrolment, key) or _enrolment_texts(case, key)
    values: dict[str, Written] = {
        "customer_key": customer.key,
        "subject": texts[0],
        "content": texts[1],
    }
    if "request" not in memory:
        values["ubm_account_id"] = case.account.ref if case.account is not None else Ref(ACCOUNT)
    if customer.company:
        values["company"] = customer.company
    if enrolment is None:
        values["stage"] = "requested"
        return values
    stage = _enrolment_stage(case, enrolment)
    if stage:
        values["stage"] = stage
    return values


def _asked(case: Case) -> str:
    """Return the key of what Data Services are asked for."""
    memory = case.memory
    closing = memory.get("request") == "close" or memory.get("close") == "agreed"
    return "enrolment.close" if closing else "enrolment.content"


def retold(case: Case) -> frozenset[str]:
    """Return the texts that only repeat the row's fields: what is asked for stays the same."""
    places = []
    if case.memory.get("request") == case.situation.memory.get("request"):
        places.append(TICKET)
    there = case.enrolment.values.get("content") if case.enrolment is not None else None
    if there is not None and there.startswith(case.text(_asked(case))):
        places.append(ENROLMENT_PLACE)
    return frozenset(f"{place}.{field}" for place in places for field in ("subject", "content"))


def _ticket_texts(case: Case, checks: str) -> tuple[str, str]:
    """Return subject and description; say the note of a new request."""
    where, account = _where(case), _account(case)
    names = _summary_names(case, f"{where}, {account}", checks)
    request = _request(case, names)
    if case.ticket is None or TICKET in case.situation.unanswered:
        case.say("new", request)
    entering.tell(case, names["what"], checks, names["next"])
    subject = case.text(
        "ticket.subject",
        verb=_VERBS[case.memory.get("request", "")],
        where=where,
        account=account,
        customer=case.customer.name or case.customer.key,
    )
    content = "\n".join([request, "", *_fields(case)])
    frozen = "approved_at" in case.memory  # the description stays what was approved
    return (
        _own_text(case, case.ticket, "subject", subject, frozen=frozen),
        _own_text(case, case.ticket, "content", content, frozen=frozen),
    )


def _request(case: Case, names: dict[str, str]) -> str:
    """Return who wants what and what to do; nothing, where the account was there before."""
    if case.account is None or not adopting.is_adopted(case.memory):
        return case.text("note.new", **names)
    key = "note.next_ended" if adopting.ended_as(case.memory) else "note.next_adopted"
    following = case.text(key, account=case.account.ref, store=case.rules.store_name)
    what = f"{_where(case)}, {_account(case)}"
    return case.text("note.adopted", **{**names, "what": what, "next": following})


def _enrolment_texts(case: Case, key: str) -> tuple[str, str]:
    """Return subject and description of Data Services' ticket."""
    subject = case.text(
        "enrolment.subject",
        verb="Close" if key == "enrolment.close" else "Enroll",
        where=_where(case),
        account=_account(case),
        customer=case.customer.name or case.customer.key,
    )
    content = "\n".join([case.text(key), "", *_fields(case)])
    # What was asked and answered stays as it was: no later edit rewrites a closed ticket.
    frozen = "enrolled_at" in case.memory and key == "enrolment.content"
    return (
        _own_text(case, case.enrolment, "subject", subject, frozen=frozen),
        _own_text(case, case.enrolment, "content", content, frozen=frozen),
    )


def _settled(case: Case, seen: Observation | None, *inputs: str) -> tuple[str, str] | None:
    """Return subject and description as they are there, where nothing they are made of changed.

    None where they have to be made: something changed, or a write of ours may not have landed.
    What somebody changed on this very ticket is no news to its reader: the description waits for
    the next change from elsewhere, and one edit causes no second write there.
    """
    if seen is None:
        return None
    memory, place = case.memory, seen.place
    source = digest(case.print_of_values(), *inputs)
    same = memory.get(f"source.{place}") == source
    memory[f"source.{place}"] = source
    subject, content = seen.values.get("subject"), seen.values.get("content")
    if subject is not None and content is not None and _typed_there(case, place):
        return subject, content
    if not same or subject is None or content is None:
        return None
    for field in ("subject", "content"):
        ours = memory.get(f"text.{place}.{field}")
        if ours is None or " " in ours:
            return None
    return subject, content


def _typed_there(case: Case, place: str) -> bool:
    """Return whether everything that changed was changed in ``place`` itself."""
    changed = case.situation.changed
    return bool(changed) and all(places == (place,) for places in changed.values())


def checks_text(case: Case) -> str:
    """Return what was checked: "Checks passed: 11 of 12. Warning: ..."."""
    findings = case.findings
    fixed = case.fixed_fields()
    flagged = {*findings.flagged, *(field for field, _, _ in fixed), *case.secrets}
    elsewhere = _elsewhere(case)
    if elsewhere:
        flagged.add("location_code")
    before = _closed_before(case)
    if before:
        flagged.add("account_number")
    total = findings.total
    parts = [
        case.text("ticket.checks", passed=max(0, total - len(flagged)), total=total),
        *(f"Error: {finding.sentence}" for finding in findings.errors),
    ]
    if findings.missing:
        parts.append(f"Missing: {', '.join(case.title(name) for name in findings.missing)}.")
    parts += [f"Warning: {finding.sentence}" for finding in findings.warnings]
    parts += [
        f'Warning: {case.title(field)} "{old}" corrected to {new}.' for field, old, new in fixed
    ]
    if elsewhere:
        title, code = case.title("location_code"), shown(case.values.get("location_code", ""))
        parts.append(case.text("ticket.elsewhere", title=title, code=code, address=elsewhere))
    if before:
        parts.append(case.text("ticket.closed_before", label=before, store=case.rules.store_name))
    if case.secrets:
        fields = ", ".join(case.title(field) for field in case.secrets)
        parts.append(case.text("ticket.secret", fields=fields))
    return " ".join(parts)


def _elsewhere(case: Case) -> str:
    """Return where else the location is said to be; once approved, as it was then."""
    memory, others = case.memory, case.situation.elsewhere
    if "approved_at" not in memory:
        memory.pop("elsewhere", None)
        if others:
            more = f" and {len(others) - 1} more" if len(others) > 1 else ""
            memory["elsewhere"] = f"{others[0]}{more}"
    return memory.get("elsewhere", "")


def _closed_before(case: Case) -> str:
    """Return which row had this account and closed it; once approved, as it was then."""
    memory = case.memory
    if "approved_at" not in memory:
        memory.pop("closed_before", None)
        if "request" not in memory and (one := duplicates.former(case)) is not None:
            memory["closed_before"] = one.label
    return memory.get("closed_before", "")


def _summary_names(case: Case, what: str, checks: str) -> dict[str, str]:
    """Return what fills the note of a new request: who wants what, what was checked, what next."""
    kind, rules = case.memory.get("request", ""), case.rules
    if kind == "close":
        following = case.text("note.next_close", team=rules.team_name)
    elif kind == "change":
        following = case.text("note.next_change")
    else:
        following = case.text("note.next", team=rules.team_name, store=rules.store_name)
    return {
        "label": case.label,
        "by": case.memory.get("by") or "the customer",
        "intake": case.intake_name,
        "clock": case.clock(case.situation.created_at, with_zone=True),
        "what": f"{_VERBS[kind].lower()} {what}",
        "checks": checks,
        "next": following,
    }


def _fields(case: Case) -> list[str]:
    values, titles = case.values, case.titles
    return [f"{title}: {values[field]}" for field, title in titles.items() if field in values]


def _where(case: Case) -> str:
    values = case.values
    return (
        f"{shown(values.get('location_code', ''))} {shown(values.get('location_name', ''))}".strip()
    )


def _account(case: Case) -> str:
    values = case.values
    parts = (
        shown(values.get("vendor", "")),
        values.get("commodity", "").lower(),
        shown(values.get("account_number", "")) or "number pending",
    )
    return " ".join(part for part in parts if part)


def _own_text(
    case: Case, seen: Observation | None, field: str, text: str, *, frozen: bool = False
) -> str:
    """Return a text we keep up to date until a person writes their own there, or it is frozen.

    Memory holds fingerprints of what we wrote; anything else that is there was typed by a person.
    """
    memory = case.memory
    there = seen.values.get(field) if seen is not None else None
    key = f"text.{seen.place}.{field}" if seen is not None else ""
    if there is None:
        return text
    ours = memory.get(key, "")
    if there == text or _print(there) == _print(text):
        if not ours or " " in ours:
            memory[key] = _print(text)
        return there
    if frozen or (ours and _print(there) not in ours):
        return there
    memory[key] = f"{_print(there)} {_print(text)}"
    return text


def _print(text: str) -> str:
    return digest(" ".join(text.split()))


def _stage(case: Case) -> str:
    """Return where the ticket should stand, "" to leave it alone."""
    memory, ticket = case.memory, case.ticket
    wanted = STAGES.get(case.status, "")
    if ticket is None:
        memory["stage"] = wanted
        return wanted
    if ticket.marks.get("stage") == Mark.FOREIGN:
        return ""
    there = ticket.values.get("stage", "")
    if not wanted:
        return there
    held = "stage_held" in memory and "approved_at" in memory
    if held and (memory.get("stage") == wanted or RANKS.get(there, 0) > RANKS[wanted]):
        memory["stage"] = wanted
        return there
    memory["stage"] = wanted
    memory.pop("stage_held", None)
    return wanted


def _enrolment_stage(case: Case, enrolment: Observation) -> str:
    """Return where Data Services' ticket should stand: theirs, unless a close asks anew."""
    memory = case.memory
    there = enrolment.values.get("stage", "")
    if enrolment.marks.get("stage") == Mark.FOREIGN:
        return ""
    if memory.get("close") == "agreed" and "close_asked" not in memory:
        return "requested"
    if there == "enrolled":
        memory.pop("reopened", None)
    if memory.get("reopened") and there == "requested" and "enrolled_at" in memory:
        return "enrolled"
    return there


def wants_enrolment(case: Case) -> bool:
    """Return whether Data Services are to be asked by now."""
    if ENROLMENT_PLACE in case.situation.observed:
        return False
    memory = case.memory
    if "approved_at" not in memory or "closed_at" in memory:
        return False
    if adopting.is_settled(memory):
        return memory.get("close") == "agreed"  # only the final bill is left to ask for
    return memory.get("request", "close") == "close"
