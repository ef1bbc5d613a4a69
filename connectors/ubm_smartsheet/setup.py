"""Set-up of the template and of customers' sheets: idempotent, and it never takes anything away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import structlog

from ubm_smartsheet.client import Answer, Client
from ubm_smartsheet.columns import Match, bindings_of, match, parse_column
from ubm_smartsheet.drift import SYSTEM, problems
from ubm_smartsheet.judging import Judge
from ubm_smartsheet.layout import changes, missing, new_column, new_sheet
from ubm_smartsheet.mending import BUILDERS
from ubm_smartsheet.reading import HEAD, Reader
from ubm_smartsheet.settings import Settings
from ubm_sync.errors import NoAccess, NotThere, Refused, SyncError, Temporary, UnknownOutcome
from ubm_sync.model import Binding, Place
from ubm_sync.ports import SetupStep
from ubm_sync.template import Drift

log = structlog.get_logger(__name__)
_NO_BUILDER = (
    "The service's account may edit this sheet but not its columns, and locked ones not at all; "
    "share it with the account as Admin and run setup again."
)
_LONGEST_NAME = 50  # characters of a sheet's name
_MENDED = frozenset({"column_unlocked", "option_missing"})  # by the changes themselves
_WORKS = frozenset(
    {
        "column_renamed",
        "column_replaced",
        "column_untyped",
        "column_unrestricted",
        "column_exempt",
    }
)  # nothing fails because of these, or it is approved
_ABSENT = frozenset({"column_missing", "column_awaited"})


class Setup:
    """Makes sheets fit the mapping."""

    def __init__(self, client: Client, place: Place, settings: Settings, reader: Reader) -> None:
        self._client = client
        self._settings = settings
        self._reader = reader
        self._bindings = bindings_of(place, settings.id_column)

    def ensure(self, *, dry_run: bool) -> Iterator[SetupStep]:
        """Yield what was found or done, for the template and then for each customer's sheet."""
        listed = self._sheets()
        template = self._template(listed)
        name = self._settings.template_name
        if template is None and dry_run:
            yield SetupStep(SYSTEM, f'sheet "{name}"', "would create")
        elif template is None:
            template = self._create(new_sheet(name, self._bindings))
            yield SetupStep(SYSTEM, f'sheet "{name}"', "created", f"id {template}")
        else:
            yield SetupStep(SYSTEM, f'sheet "{name}"', "ok", f"id {template}")
        if template is not None:
            yield from self._mend(template, self._bindings, template=True, dry_run=dry_run)
        for sheet, bindings in self._reader.bindings.items():
            yield from self._mend(sheet, bindings, template=False, dry_run=dry_run)

    def create_sheet(self, name: str, share_with: Sequence[str]) -> str:
        """Create a customer's sheet from the template, share it as Editor, return its id.

        Raises Refused where the template is missing, UnknownOutcome where the sheet may exist or
        exists but is not ready; the message then holds its id.
        """
        listed = self._sheets()
        template = self._template(listed)
        if template is None:
            raise Refused(
                f'The template sheet "{self._settings.template_name}" does not exist; run '
                '"ubm-sync setup smartsheet" first.'
            )
        name = name[:_LONGEST_NAME].strip()
        sheet = self._create({"name": name, "fromId": int(template)}, before=set(listed))
        try:
            for step in self._mend(sheet, self._bindings, template=True, dry_run=False):
                log.info("sheet set up", sheet=sheet, what=step.what, state=step.state)
            self._share(sheet, share_with)
        except NoAccess:
            raise
        except SyncError as error:
            raise UnknownOutcome(
                f'Sheet "{name}" was created (id {sheet}) but is not ready: '
                f"{str(error).rstrip('.')}. Name it with --sheet {sheet} instead of --share, run "
                "setup, and share it by hand."
            ) from error
        return sheet

    def has_sheet(self, sheet: str) -> bool:
        """Return whether a sheet is there and can be read; costs one request.

        Raises NoAccess, Temporary.
        """
        try:
            self._client.get("look for sheet", f"/sheets/{sheet}", HEAD)
        except NoAccess:
            raise
        except Refused:  # not there, not shared, or no number at all
            return False
        return True

    def _share(self, sheet: str, emails: Sequence[str]) -> None:
        """Share a sheet as Editor with those who do not see it yet.

        The addresses under the sheet itself ended in June 2026; these took over from them.
        """
        asset = {"assetType": "sheet", "assetId": sheet}
        for _ in range(2):  # the second time only after a lost answer
            body = self._client.get("read shares", "/shares", asset)
            there = {str(one.get("email", "")).casefold() for one in body.get("items") or ()}
            left = [email for email in emails if email.casefold() not in there]
            if not left:
                return
            shares = [{"email": email, "accessLevel": "EDITOR"} for email in left]
            try:
                self._client.post("share", "/shares", shares, {**asset, "sendEmail": "true"})
            except UnknownOutcome:
                continue
            return
        raise Temporary("Smartsheet did not answer whether it shared the sheet.")

    def _sheets(self) -> dict[str, str]:
        """Return the names of all sheets this token sees, by id."""
        return {sheet: str(entry.get("name", "")) for sheet, entry in self._reader.listed().items()}

    def _template(self, listed: Mapping[str, str]) -> str | None:
        name = self._settings.template_name
        bound = self._reader.bindings
        return next(
            (one for one, called in listed.items() if called == name and one not in bound), None
        )

    def _create(self, body: Mapping[str, object], before: set[str] | None = None) -> str:
        """Create a sheet; after a lost answer look for it before anything else."""
        known = set(self._sheets()) if before is None else before
        try:
            answer = self._client.post("create sheet", "/sheets", body)
        except UnknownOutcome:
            new = [one for one, name in self._sheets().items() if name == body["name"]]
            new = [one for one in new if one not in known]
            if len(new) != 1:
                raise
            return new[0]
        return str(answer["result"]["id"])

    def _mend(
        self, sheet: str, bindings: Sequence[Binding], *, template: bool, dry_run: bool
    ) -> Iterator[SetupStep]:
        try:
            body = self._client.get("read columns", f"/sheets/{sheet}", HEAD)
        except NotThere as error:
            yield SetupStep(SYSTEM, f"sheet {sheet}", "problem", str(error))
            return
        name = str(body.get("name") or sheet)
        found = self._match(sheet, bindings, body)
        ours, theirs = missing(bindings, found.columns)
        if template:
            ours, theirs = [*ours, *theirs], []
        if str(body.get("accessLevel") or BUILDERS[0]) not in BUILDERS:
            yield SetupStep(SYSTEM, f'sheet "{name}"', "problem", _NO_BUILDER)
            yield from self._remaining(sheet, name, bindings, found, theirs)
            return
        try:
            yield from self._add(sheet, name, ours, len(body["columns"]), dry_run=dry_run)
            if ours and not dry_run:
                body = self._client.get("read columns", f"/sheets/{sheet}", HEAD)
                found = self._match(sheet, bindings, body)
            yield from self._change(sheet, name, bindings, found, template, dry_run=dry_run)
        except Refused as error:
            yield SetupStep(SYSTEM, f'sheet "{name}"', "problem", str(error))
        yield from self._remaining(sheet, name, bindings, found, theirs)

    def _match(self, sheet: str, bindings: Sequence[Binding], body: Answer) -> Match:
        live = [parse_column(column) for column in body["columns"]]
        if sheet in self._reader.bindings:
            return self._reader.standard.found(self._reader.state(sheet), live)
        return match(bindings, {}, live)

    def _drifts(
        self, sheet: str, name: str, bindings: Sequence[Binding], found: Match
    ) -> tuple[Drift, ...]:
        if sheet in self._reader.bindings:
            state = self._reader.state(sheet)
            state.name = name
            return self._reader.standard.drifts(state, found)
        return Judge(name, bindings, found, {}, {}, {}).drifts()

    def _add(
        self, sheet: str, name: str, new: Sequence[Binding], index: int, *, dry_run: bool
    ) -> Iterator[SetupStep]:
        """Add columns behind the others; several in one request share one index."""
        if new and not dry_run:
            body = [new_column(binding) | {"index": index} for binding in new]
            self._client.post("add columns", f"/sheets/{sheet}/columns", body)
        for binding in new:
            state = "would create" if dry_run else "created"
            yield SetupStep(SYSTEM, f'column "{binding.external}" of sheet "{name}"', state)

    def _change(
        self,
        sheet: str,
        name: str,
        bindings: Sequence[Binding],
        found: Match,
        template: bool,
        *,
        dry_run: bool,
    ) -> Iterator[SetupStep]:
        exempt = {field for field, _ in self._reader.standard.exempt(sheet)}
        columns = {name: one for name, one in found.columns.items() if name not in exempt}
        for change in changes(bindings, columns, template=template):
            what = f'column "{change.column.title}" of sheet "{name}"'
            if dry_run:
                yield SetupStep(SYSTEM, what, "would change", change.what)
                continue
            path = f"/sheets/{sheet}/columns/{change.column.id}"
            try:
                self._client.put("change column", path, change.body)
            except Refused as error:
                yield SetupStep(SYSTEM, what, "problem", str(error))
            else:
                yield SetupStep(SYSTEM, what, "changed", change.what)

    def _remaining(
        self,
        sheet: str,
        name: str,
        bindings: Sequence[Binding],
        found: Match,
        theirs: Sequence[Binding],
    ) -> Iterator[SetupStep]:
        """Yield what a person must mend: renamed, retyped and deleted columns of the customer."""
        absent = {one.field for one in theirs}
        wrong = [
            problem
            for problem in problems(sheet, self._drifts(sheet, name, bindings, found))
            if problem.code not in _MENDED
            and (problem.code not in _ABSENT or absent & set(problem.fields))
        ]
        for problem in wrong:
            state = "note" if problem.code in _WORKS else "problem"
            yield SetupStep(SYSTEM, f'sheet "{name}"', state, problem.text)
        if not wrong:
            yield SetupStep(SYSTEM, f'columns of sheet "{name}"', "ok")
