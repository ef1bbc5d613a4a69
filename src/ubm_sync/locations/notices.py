"""What has to be told besides the standing: edits put back, conflicts, secrets."""

from __future__ import annotations

from datetime import timedelta

from ubm_sync.calendars import instant_text, parse_instant
from ubm_sync.flow import Conflict, Edit
from ubm_sync.locations import duplicates
from ubm_sync.locations.case import Case, digest
from ubm_sync.locations.findings import shown
from ubm_sync.locations.secrets import mask
from ubm_sync.locations.states import ACCOUNT, ROW, SERVICE_FIELDS, TICKET
from ubm_sync.model import Mark, Observation

_KEPT = frozenset({"account_number", "vendor"})
_EMPTY = "(empty)"
_NOT_OURS = frozenset({Mark.FORMULA, Mark.LINKED, Mark.LOCKED})  # cells we cannot write
# A reason that names one of these tells the administrator what to mend; `quarantine list` shows it.
_FOR_ADMINS = ("ubm-sync", "mapping", "property", "token", "account Admin", "run setup")
_OWNER = f"{TICKET}.owner"  # told once for each customer, as a problem, not on each of its tickets
_NOTICE = ("notice", "notice_at", "notice_edit")


def tell(case: Case) -> str:
    """Collect the notes of this decision; return the notice for the customer, "" where none."""
    situation = case.situation
    if situation.edits:
        _edits(case, situation.edits)
    if case.secrets:
        _secrets(case)
    if duplicates.foreign(case):
        number = shown(case.values.get("account_number", ""))
        case.note("other_customer", "note.other_customer", number=number)
    for where, reason in situation.troubles.items():
        _trouble(case, where, shown(mask(reason), 300))
    return _notice(case)


def _trouble(case: Case, where: str, reason: str) -> None:
    """Tell the manager once what a system refused: a whole record, or one field of it."""
    if where == _OWNER:
        return
    place, _, field = where.partition(".")
    names = {ROW: case.intake_name, ACCOUNT: case.rules.store_name}
    system = names.get(place, case.rules.ticket_name)
    event = f"trouble:{where}:{digest(reason)}"
    for_admins = any(word in reason for word in _FOR_ADMINS)
    if field:
        title = case.title(field)
        typed = field in case.rules.titles and field not in SERVICE_FIELDS
        title = title if title != field else field.replace("_", " ").capitalize()
        key = "note.not_taken" if typed else "note.not_set"
        if for_admins:
            case.note(event, f"{key}_yet", system=system, title=title)
        else:
            case.note(event, key, system=system, title=title, reason=reason.rstrip("."))
    elif for_admins:
        case.note(event, "note.trouble_yet", system=system)
    else:
        case.note(event, "note.trouble", system=system, reason=reason)


def secret_text(case: Case) -> str:
    """Return what the customer is told about passwords in the row."""
    typed = case.secrets_in(ROW) if case.secrets else []
    if not typed:
        return ""
    fields = ", ".join(case.title(field) for field in typed[:3])
    marks = case.row.marks if case.row is not None else {}
    there = any(marks.get(field) in _NOT_OURS for field in typed)
    return case.text("row.secret_there" if there else "row.secret", fields=fields)


def _secrets(case: Case) -> None:
    """Tell the manager once of each secret, and where it was typed."""
    for place, key in ((ROW, "note.secret"), (TICKET, "note.secret_here")):
        typed = case.secrets_in(place)
        if typed:
            fields = ", ".join(case.title(field) for field in typed)
            marks = digest(*(case.memory[f"secret.{field}"] for field in typed))
            case.note(f"secret:{marks}", key, fields=fields)


def fixed_text(case: Case) -> str:
    """Return what was corrected for the customer."""
    return " ".join(
        case.text("row.fixed", title=case.title(field), old=old, new=new)
        for field, old, new in case.fixed_fields()
    )


def conflict_text(case: Case) -> str | None:
    """Return the fields in conflict with both values, None where there are none."""
    conflicts = case.situation.conflicts
    if not conflicts:
        return None
    lines = "\n".join(_conflict(case, conflict) for conflict in conflicts)
    case.note(f"conflict:{digest(lines)}", "note.conflict", lines=lines)
    return lines


def _conflict(case: Case, conflict: Conflict) -> str:
    """Return one field in conflict: what row and ticket say, and UBM where that is a third value.

    A manager may decide for the row though only ticket and UBM were changed.
    """
    row, ticket = _side(conflict, ROW, case.row), _side(conflict, TICKET, case.ticket)
    account = conflict.values.get(ACCOUNT, row)
    key = "ticket.conflict" if account in {row, ticket} else "ticket.conflict_with_account"
    return case.text(
        key,
        title=case.title(conflict.field),
        row=_quoted(row),
        ticket=_quoted(ticket),
        account=_quoted(account),
        base=_quoted(conflict.base),
    )


def _side(conflict: Conflict, place: str, there: Observation | None) -> str | None:
    """Return what a place says: one that is no side of the conflict what was agreed, if known."""
    if place in conflict.values or there is None or conflict.base is not None:
        return conflict.values.get(place, conflict.base)
    return there.values.get(conflict.field)


def _edits(case: Case, edits: tuple[Edit, ...]) -> None:
    told = []
    for edit in edits:
        if edit.place == ROW:
            told.append(_row_edit(case, edit))
        else:
            _other_edit(case, edit)
    if not told:
        return
    notice = " ".join(dict.fromkeys(told[:2]))
    if case.memory.get("notice") != notice:
        case.memory["notice"] = notice
        case.memory["notice_at"] = instant_text(case.now)
        case.memory["notice_edit"] = case.edit


def _row_edit(case: Case, edit: Edit) -> str:
    """Return what the customer is told of an edit that was put back; ask the manager about it."""
    title = case.title(edit.field)
    if edit.field in SERVICE_FIELDS:
        return case.text("row.kept_service", title=title)
    typed, kept = _plain(edit.typed), _plain(edit.kept)
    by = edit.by or "The customer"
    if edit.field not in _KEPT:
        return case.text("row.kept_other", title=title, kept=kept)
    event = f"change:{edit.field}:{digest(edit.typed or '')}"
    names = {"title": title, "typed": typed, "kept": kept}
    case.note(event, "note.change_request", by=by, **names)
    return case.text("row.kept_account", who=case.who, **names)


def _other_edit(case: Case, edit: Edit) -> None:
    typed = _quoted(edit.typed)
    service = edit.field in SERVICE_FIELDS or edit.field not in case.rules.titles
    key = "note.restored_service" if service else "note.restored_shared"
    case.note(
        f"restored:{edit.place}:{edit.field}:{digest(edit.typed or '', edit.kept or '')}",
        "note.restored",
        by=edit.by or "Somebody",
        title=case.title(edit.field),
        place=case.rules.store_name if edit.place == ACCOUNT else "this ticket",
        typed=typed,
        kept=_quoted(edit.kept),
        why=case.text(key) if service else case.text(key, typed=typed),
    )


def _notice(case: Case) -> str:
    """Return the notice that stands until the customer's next edit or for some days."""
    memory = case.memory
    text = memory.get("notice", "")
    if not text:
        return ""
    since = parse_instant(memory.get("notice_at", "")) or case.now
    until = since + timedelta(days=case.rules.notice_days)
    answered = bool(case.edit) and case.edit != memory.get("notice_edit")
    if case.now >= until or answered:
        for key in _NOTICE:
            memory.pop(key, None)
        return ""
    case.wakes.append(until)
    return text


def _plain(value: str | None) -> str:
    return shown(mask(value)) if value else _EMPTY


def _quoted(value: str | None) -> str:
    return f'"{shown(mask(value), 80)}"' if value else _EMPTY
