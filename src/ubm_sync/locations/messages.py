"""Every text people read, by key; an admin may replace each.

``row.*`` texts are for customers: plain words, no codes, nothing internal. ``note.*`` and
``ticket.*`` are for the manager: cause and next step. Names in braces are filled in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from string import Formatter

from ubm_sync.errors import ConfigError, Flaw
from ubm_sync.locations.findings import Finding

TEXTS: Mapping[str, str] = {
    "row.waiting": "Looks complete. {who} will review by {day}.",
    "row.asked": "{who} has a question about this row and will contact you.",
    "row.approved": "{who} approved this. We are setting it up.",
    "row.setting_up": "Account created. Online enrollment under way.",
    "row.enrolment_problem": (
        "Account created. Online enrollment needs more time; we are on it. Nothing for you to do."
    ),
    "row.adopted": "This account is set up already and live.",
    "row.active": "Done {day}. First bill expected in about {days} days.",
    "row.duplicate": (
        "This account is already on {label} ({status}). If that is wrong, add a note."
    ),
    "row.duplicate_by_person": (
        "{who} found that we have this account already. If that is wrong, add a note."
    ),
    "row.merged": "{who} joined this with another request (ticket {ticket}).",
    "row.declined": "{first}: {reason}",
    "row.declined_no_reason": "{who} did not accept this and will tell you why.",
    "row.closing": "Final bill requested for {day}.",
    "row.closing_soon": "Final bill requested.",
    "row.withdrawn": "{who} closed this request because its row was deleted.",
    "row.closing_before": "This account is being closed.",
    "row.closing_elsewhere": "This account is being closed ({label}).",
    "row.close_waiting": "We will close this account after {day}. {who} will review by {review}.",
    "row.close_refused": "We did not close this account. {first}: {reason}",
    "row.closed": "Closed. Last day of service: {day}.",
    "row.closed_stays": "To open it again, add a new row.",
    "row.closed_elsewhere": "This account is closed.",
    "row.change_done": "Done {day}.",
    "row.change_approved": "{who} approved this change and will carry it out.",
    "row.no_account": (
        "We have no open account {number} with {vendor} to {verb}. "
        "Please check Account Number, Utility Vendor and State."
    ),
    "row.problem": "We hit a problem and are on it. Nothing for you to do.",
    "row.problem_ticket": (
        "We hit a problem and are on it (ticket {ticket}). Nothing for you to do."
    ),
    "row.fixed": 'We changed {title} "{old}" to {new}.',
    "row.secret": (
        "A password seems to be in {fields}. We did not copy it anywhere and masked it here. "
        "Please delete it and use the secure link."
    ),
    "row.secret_there": (
        "A password seems to be in {fields}. We did not copy it anywhere, but we cannot mask it "
        "here. Please delete it at once and use the secure link."
    ),
    "row.kept_account": (
        "{title} is kept by us once the account exists; we put back {kept}. "
        "You typed {typed}. {who} was told."
    ),
    "row.kept_service": "{title} is filled in by us; we put it back.",
    "row.kept_other": "{title} is kept by us; we put back {kept}.",
    "note.new": (
        "New location request {label} from {by} ({intake}, {clock}): {what}. {checks} {next}"
    ),
    "note.adopted": "{label} from {by} ({intake}, {clock}): {what}. {next} {checks}",
    "note.next_adopted": (
        "It is linked with {account}, which was in {store} before; nothing has to be approved for "
        "that."
    ),
    "note.next_ended": (
        "It is linked with {account}, which was closed, or being closed, in {store} before, and "
        "stays so. To open the account again the customer adds a new row for it."
    ),
    "note.entered": "Taken up as request {label}: {what}. {result}",
    "note.next": (
        'Set "Approval" to "Approve" to create it in {store} and ask {team} to enroll. '
        "Nothing is created until you do."
    ),
    "note.next_close": (
        'Set "Approval" to "Approve" to ask {team} for the final bill. '
        "Nothing is closed until you do."
    ),
    "note.next_change": 'Set "Approval" to "Approve" to agree to the change, then carry it out.',
    "note.next_duplicate": "The account is on {label} ({status}) already. Nothing is created.",
    "note.created": (
        "Created in {store}: {account} ({created}). {team} asked to enroll ({asked}). "
        "I will tell you when enrolled."
    ),
    "note.enrolled": "{team} enrolled {account} ({day}, {clock}). The row says Active.",
    "note.enrolment_problem": (
        "{team} reports a problem with enrolling {account} (ticket {ticket}). "
        "The customer sees only that it takes longer."
    ),
    "note.close_asked": (
        "The customer asks to close account {account}; last day of service {day}. {next}"
    ),
    "note.close_agreed": "Close agreed. {team} asked for the final bill of {account} ({asked}).",
    "note.closed": "Account {account} is closed ({day}).",
    "note.change_asked": (
        "The customer set Request Type to Change on {label}. Edits of the row flow as usual; look "
        "whether more is wanted."
    ),
    "note.torn": "row and ticket say different things about {fields}.",
    "note.not_carried_out": (
        "Approve is noted but not carried out yet: {why} It is carried out as soon as that is "
        'settled. To take it back, clear "Approval".'
    ),
    "note.reason_wanted": (
        "Declined without a reason. The customer sees only that it was not accepted: please fill "
        'in "Decline reason".'
    ),
    "note.too_late": (
        "This request is accepted and the account exists or is being created, so it was not taken "
        "back. To end it, let the customer's row say Close with a Service End."
    ),
    "note.out_of_order": (
        'Nothing was created by moving the ticket to "{stage}". To approve, set "Approval" to '
        '"Approve" or move the ticket to Approved.'
    ),
    "note.withdrawn": "Approval taken back before the account existed. Nothing was created.",
    "note.foreign_stage": (
        "This ticket is in a stage or pipeline that is not ours. Its stage is left alone; "
        '"Approval" still works.'
    ),
    "note.declined_edit": (
        "The customer changed this row after it was declined ({fields}). To take it up again, set "
        '"Approval" to "Approve" or move the ticket to Waiting for CSM.'
    ),
    "note.duplicate_disputed": (
        "The customer says in Notes that this is no duplicate of {label}. Please look at both."
    ),
    "note.other_customer": (
        "Account {number} is on file for another customer too. Please check whose it is before "
        "you approve. The customer is not told."
    ),
    "note.vanished": (
        "The row of {label} is no longer in {intake}. We kept everything: was that intended? Set "
        '"Row decision" to "Close" and the request or the account is closed, or to "Keep" and all '
        "stays as it is. If the row comes back, this question is withdrawn."
    ),
    "note.vanished_again": (
        "The account of {label} was typed again as {again}, which says that it is a duplicate. To "
        "go on with {label}, have its row restored and {again} deleted; to begin anew with "
        '{again}, set "Row decision" to "Close".'
    ),
    "note.vanished_back": (
        "The row of {label} is back in {intake}. Nothing needs to be decided about it any more."
    ),
    "note.vanished_back_closing": (
        'The row of {label} is back in {intake}. What "Close" began is taken back: {label} goes on.'
    ),
    "note.vanished_keep": "Kept: {label} goes on without its row.",
    "note.vanished_close": "Closing {label}, because its row was meant to go.",
    "note.change_request": (
        "Change request: {by} changed {title} in the row from {kept} to {typed}. It is kept here "
        "once the account exists, so the row was put back. If {typed} is right, change it on this "
        "ticket."
    ),
    "note.restored": (
        "{by} changed {title} in {place} to {typed}. It was put back to {kept}: {why}"
    ),
    "note.restored_service": "it is filled in by the service.",
    "note.restored_shared": "if {typed} is right, change it on this ticket.",
    "note.secret": (
        "A password seemed to be in {fields} of the row. It was masked and copied nowhere. Please "
        "ask the customer to use the secure link and to change it."
    ),
    "note.secret_here": (
        "A password seemed to be in {fields} of this ticket. It was masked and copied nowhere. "
        "Please use the secure link, and have the password changed."
    ),
    "note.conflict": (
        '{lines}\nBoth values stay until you decide: set "Conflict decision" to keep the '
        "value of the row or of this ticket, or make both the same."
    ),
    "note.gone": (
        "{what} was removed by somebody. Nothing is made again by itself: please restore it."
    ),
    "note.not_taken": (
        "{title} could not be written to {system}: {reason}. It is kept where it was typed, and "
        "written by itself once that is mended."
    ),
    "note.not_set": (
        "{title} could not be set in {system}: {reason}. It is tried again once that is mended."
    ),
    "note.trouble": "{system} refused what should be written: {reason}",
    "note.not_taken_yet": (
        "{title} could not be written to {system} yet. It is kept where it was typed. The "
        "administrator is told what to mend; then it is written by itself."
    ),
    "note.not_set_yet": (
        "{title} could not be set in {system} yet. The administrator is told what to mend; then it "
        "is set by itself."
    ),
    "note.trouble_yet": (
        "{system} did not take this yet. Nothing is lost. The administrator is told what to mend; "
        "then it is written by itself."
    ),
    "ticket.use_sheet": (
        "{customer} lists its locations in a sheet: add this one there, or ask the customer to, "
        "and its ticket comes by itself. Nothing is created from this ticket."
    ),
    "ticket.subject": "{verb} {where} - {account} ({customer})",
    "ticket.checks": "Checks passed: {passed} of {total}.",
    "ticket.secret": "Warning: a password seemed to be in {fields}; it was masked.",
    "ticket.elsewhere": (
        "Warning: {title} {code} is at another address on other rows of this customer ({address}); "
        "one code should be one location."
    ),
    "ticket.closed_before": (
        "Warning: {label} had this account and was closed; approving this row makes a new account "
        "in {store}, the closed one stays as it is."
    ),
    "ticket.conflict": "{title}: the row says {row}, this ticket says {ticket} (before: {base}).",
    "ticket.conflict_with_account": (
        "{title}: UBM says {account}, the row says {row}, this ticket says {ticket} "
        "(before: {base})."
    ),
    "enrolment.subject": "{verb} {where} - {account} ({customer})",
    "enrolment.content": (
        'Please enroll this account and move the ticket to "Enrolled" when done.'
    ),
    "enrolment.close": (
        'Please get the final bill, end enrollment and move the ticket to "Enrolled" when done.'
    ),
}


def wrong_texts(overrides: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with an admin's own texts: the key, and a sentence."""
    for key, text in overrides.items():
        if key not in TEXTS:
            close = get_close_matches(key, TEXTS, n=1)
            hint = f'; did you mean "{close[0]}"?' if close else "; see the list of texts"
            yield key, f'there is no text "{key}"{hint}'
            continue
        try:
            unknown = _names(text) - _names(TEXTS[key])
        except ValueError as error:
            yield key, f"a brace is wrong here: {error}; write a word to fill in as {{word}}"
            continue
        if unknown:
            names = ", ".join(f"{{{name}}}" for name in sorted(unknown))
            known = ", ".join(f"{{{name}}}" for name in sorted(_names(TEXTS[key]))) or "nothing"
            yield key, f"{names} cannot be filled in here; this text knows {known}"


def texts(overrides: Mapping[str, str]) -> dict[str, str]:
    """Return all texts with an admin's own ones in place.

    Raises ``ConfigError`` with every flaw: an unknown key, or a name in braces that the original
    does not have (it could not be filled in).
    """
    flaws = [Flaw("texts", 0, 0, f"text {key!r}: {why}") for key, why in wrong_texts(overrides)]
    if flaws:
        raise ConfigError(flaws)
    return {**TEXTS, **overrides}


def problems(errors: Sequence[Finding], missing: Sequence[str], limit: int, room: int) -> str:
    """Return all problems of a row in one message of at most ``room`` characters.

    At most ``limit`` are named, errors first, then missing columns by title; the rest is counted:
    "and 2 more".
    """
    total = len(errors) + len(missing)
    for count in range(min(limit, total), 0, -1):
        text = _some(errors[:count], missing[: max(0, count - len(errors))], total - count)
        if len(text) <= room:
            return text
    return joined((errors[0].sentence if errors else f"Missing: {missing[0]}.",), room)


def joined(parts: Iterable[str], room: int) -> str:
    """Return the parts as one text of at most ``room`` characters; what does not fit is left out.

    A first part that is too long on its own is cut.
    """
    text = ""
    for part in parts:
        if not part:
            continue
        longer = f"{text} {part}" if text else part
        if len(longer) <= room:
            text = longer
        elif not text:
            text = f"{part[: room - 1].rstrip()}…"
    return text


def _some(errors: Sequence[Finding], missing: Sequence[str], more: int) -> str:
    parts = [finding.sentence for finding in errors]
    rest = f" and {more} more" if more else ""
    if missing:
        word = "Also missing" if errors else "Missing"
        parts.append(f"{word}: {', '.join(missing)}{rest}.")
    elif rest:
        parts.append(f"{rest.strip().capitalize()}.")
    return " ".join(parts)


def _names(text: str) -> set[str]:
    """Return the words to fill in; with a width or a form (``{who:>9}``) one is no such word."""
    return {
        f"{name}{f'!{form}' if form else ''}{f':{width}' if width else ''}"
        for _, name, width, form in Formatter().parse(text)
        if name is not None
    }
