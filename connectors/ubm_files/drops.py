"""One customer's folder: files are taken into the register, archived, and answered beside them.

Taking in is one transaction of the register; moving the file and writing the answer come after it
and are done again where the service was killed in between: the same file changes nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import structlog

from ubm_files import folder
from ubm_files.folder import Lying
from ubm_files.layout import Drop, Form, read_drop
from ubm_files.register import Entry, FileState, Register
from ubm_files.results import render, result_lines
from ubm_files.settings import Settings
from ubm_files.tables import Limits, Unreadable, read_table
from ubm_files.taking import Mask, take
from ubm_sync.model import Customer, Problem

log = structlog.get_logger(__name__)

SYSTEM = "files"
ENTERED = "requests.csv"  # the file in whose result rows are shown that came in no file
_MEGABYTE = 1_000_000
Stamps: TypeAlias = tuple[tuple[str, str], ...]  # of every file of a folder


class Drops:
    """The files of one customer."""

    def __init__(
        self, customer: Customer, form: Form, register: Register, settings: Settings, mask: Mask
    ) -> None:
        self.customer = customer
        self.form = form
        self._container = customer.container
        self._folder = Path(customer.folder)
        self._register = register
        self._settings = settings
        self._mask = mask
        self._trouble: dict[str, str] = {}  # part of a scope -> what could not be done
        self._states: dict[str, FileState] = {}
        self._calm: Stamps | None = None  # the folder when nothing in it was left to look at
        self._answered: tuple[int, Stamps] | None = None  # and when all of it was answered

    # ---------------------------------------------------------------------------------- reading

    def look(self, now: datetime) -> None:
        """Take in every file that is there and whole; nothing in the folder is touched.

        What cannot be read is remembered as a problem of that file.
        """
        self._trouble.pop("@folder", None)
        try:
            there = list(folder.lying(self._folder))
        except OSError as error:
            self._trouble["@folder"] = (
                f"The drop folder {self._folder} cannot be read: {folder.reason(error)}. "
                "Create it or correct `folder` in the customer's file."
            )
            return
        stamps = _stamps(there)
        if stamps == self._calm:
            return
        with self._register.reading() as session:
            self._states = known = session.files(self._container)
        waits = False
        for one in there:
            state = known.setdefault(one.name, FileState(self._container, one.name))
            if self._is_news(one, state):
                self._consider(one, state, now)
                waits = waits or self._is_news(one, state)
        self._forget_refused({one.name for one in there if not one.is_result})
        self._calm = None if waits else stamps

    def inspect(self) -> Iterator[str]:
        """Yield a sentence for each file that could not be read now; changes nothing."""
        try:
            for one in folder.lying(self._folder):
                try:
                    if not one.is_result:
                        self._read(one)
                except Unreadable as error:
                    yield _sentence(one, str(error))
        except OSError as error:
            yield f"The drop folder {self._folder} cannot be read: {folder.reason(error)}."

    def _is_news(self, one: Lying, state: FileState) -> bool:
        """Return whether a file has to be looked at: nobody knows yet what is in it."""
        if one.is_result:
            return one.stamp != state.result_stamp
        return one.stamp != state.taken

    def _consider(self, one: Lying, state: FileState, now: datetime) -> None:
        """Take a file in, once it does not change any more; say why not where it cannot be."""
        seconds = now.timestamp()
        if state.stamp != one.stamp:
            state.stamp, state.looked = one.stamp, seconds
        # Whichever is longer: by its own time of change, or as long as we have known it so.
        quiet = max(seconds - state.looked, seconds - one.changed / 1e9)
        if quiet >= self._settings.settle_seconds:
            try:
                content = self._content(one)
                digest = folder.digest_of(content)
                if not (one.is_result and digest == state.result):
                    self._take(one, state, self._parsed(one, content), digest, now)
                    return
                state.result_stamp = one.stamp  # saved again as it was
            except Unreadable as error:
                if not error.may_grow or quiet >= self._settings.patience_seconds:
                    state.problem, state.refused = _sentence(one, str(error)), True
                    state.taken = one.stamp
                    if one.is_result:
                        state.result_stamp = one.stamp
                    log.warning("file not read", customer=self.customer.key, file=one.name)
        with self._register.writing() as session:
            session.save_file(state)

    def _read(self, one: Lying) -> Drop:
        return self._parsed(one, self._content(one))

    def _content(self, one: Lying) -> bytes:
        if one.trouble:
            raise Unreadable(one.trouble)
        if not folder.is_table(one.name):
            raise Unreadable("it is neither csv nor xlsx; save it as one of them.")
        most = round(self._settings.most_megabytes * _MEGABYTE)
        too_large = f"it is larger than {self._settings.most_megabytes:g} MB; split it."
        if one.size > most:
            raise Unreadable(too_large)
        try:
            content = folder.read(one.path, most)
        except OSError as error:
            text = f"it cannot be opened: {folder.reason(error)}."
            raise Unreadable(text, may_grow=True) from error
        if len(content) > most:
            raise Unreadable(too_large)
        return content

    def _parsed(self, one: Lying, content: bytes) -> Drop:
        unpacked = round(self._settings.most_unpacked_megabytes * _MEGABYTE)
        limits = Limits(self._settings.most_rows, unpacked)
        suffix = one.path.suffix.lower()  # of a result, its own
        found = read_table(suffix, content, self.form.fits, limits)
        drop = read_drop(found.table, self.form, found.delimiter)
        if len(drop.lines) > limits.rows:
            raise Unreadable(f"it has more than {limits.rows:,} rows; split it.")
        return drop

    def _take(self, one: Lying, state: FileState, drop: Drop, digest: str, now: datetime) -> None:
        with self._register.writing() as session:
            taken = take(
                drop,
                session.of(self._container),
                self.form,
                self._mask,
                container=self._container,
                name=one.name,
                last_number=session.last_number(self._container),
                now=now,
            )
            session.save(taken.save)
            before = [ref for ref in state.lines if ref not in set(taken.refs)]
            state.lines = [*taken.refs, *before]  # what a later file leaves out stays
            state.digest, state.refused = digest, False
            state.delimiter = drop.delimiter or state.delimiter
            state.problem = f"File {one.name}: {drop.remark}." if drop.remark else ""
            state.shown = ""  # it is answered in any case
            if one.is_result:
                state.result_stamp = one.stamp
            else:
                state.taken = one.stamp
            state.stamp = one.stamp
            session.save_file(state)
        log.info(
            "file taken in",
            customer=self.customer.key,
            file=one.name,
            rows=len(taken.refs),
            new=taken.new,
            changed=taken.changed,
        )

    def _forget_refused(self, there: set[str]) -> None:
        """Forget what was wrong with files that were taken away."""
        over = [one for name, one in self._states.items() if one.refused and name not in there]
        if not over:
            return
        with self._register.writing() as session:
            for state in over:
                state.problem, state.refused, state.taken = "", False, ""
                session.save_file(state)

    # --------------------------------------------------------------------------------- answering

    def finish(self, now: datetime) -> None:
        """Archive what was taken in and bring the result files up to date."""
        try:
            lie = list(folder.lying(self._folder))
        except OSError:
            return  # the next look says so
        with self._register.reading() as session:
            newest = session.newest()
            if self._answered == (newest, _stamps(lie)):
                return
            self._states = files = session.files(self._container)
            rows = {row.ref: row for row in session.of(self._container)}
        in_files = {ref for state in files.values() for ref in state.lines}
        entered = [ref for ref in rows if ref not in in_files]
        if entered:
            state = files.setdefault(ENTERED, FileState(self._container, ENTERED))
            state.lines = [*state.lines, *entered]
        there = {(one.name, one.is_result): one for one in lie}
        for state in files.values():
            lies = there.get((state.name, False))
            if lies is not None and not state.refused and lies.stamp == state.taken:
                self._archive(lies, state, now)
            self._answer(state, rows, there.get((state.name, True)))
        self._answered = None
        if not self._trouble:
            with suppress(OSError):
                self._answered = (newest, _stamps(folder.lying(self._folder)))

    def _archive(self, lies: Lying, state: FileState, now: datetime) -> None:
        part = f"@archive:{state.name}"
        self._trouble.pop(part, None)
        try:
            folder.archive(lies.path, lies.stamp, state.digest, state.name, now)
        except OSError as error:
            self._trouble[part] = (
                f"File {state.name} was taken in and cannot be moved to the archive: "
                f"{folder.reason(error)}. Give the service the right to change the drop folder."
            )

    def _answer(self, state: FileState, rows: dict[str, Entry], there: Lying | None) -> None:
        """Write the result of a file where it shows something else by now."""
        if there is not None and there.stamp != state.result_stamp:
            return  # somebody is editing it: it is taken in first
        mine = [rows[ref] for ref in state.lines if ref in rows]
        newest = max((row.version for row in mine), default=0)
        shown = f"{newest}/{len(mine)}/{state.problem}"
        if shown == state.shown or not (mine or state.problem):
            return
        part = f"@result:{state.name}"
        self._trouble.pop(part, None)
        lines = result_lines(
            self.form, mine, "Not read" if state.refused else "Note", state.problem
        )
        name = folder.result_name(state.name)
        content = render(lines, Path(name).suffix, state.delimiter)
        try:
            state.result_stamp = folder.write(self._folder / name, content)
        except OSError as error:
            self._trouble[part] = (
                f"The result file {name} cannot be written: {folder.reason(error)}. Close it, or "
                "give the service the right to change the drop folder."
            )
            return
        state.result, state.shown = folder.digest_of(content), shown
        with self._register.writing() as session:
            session.save_file(state)

    # ---------------------------------------------------------------------------------- problems

    def problems(self) -> tuple[list[Problem], set[str]]:
        """Return what people should know about the files, and every scope that was looked at."""
        found: list[Problem] = []
        scope = f"{SYSTEM}/{self._container}"
        scopes = {f"{scope}/@folder"}
        for state in self._states.values():
            scopes |= {f"{scope}/@{kind}:{state.name}" for kind in ("file", "archive", "result")}
            if state.problem:
                code = "file_not_read" if state.refused else "columns_not_read"
                found.append(Problem(f"{scope}/@file:{state.name}", code, state.problem))
        for part, text in self._trouble.items():
            code = "folder_not_usable" if part == "@folder" else "file_not_answered"
            found.append(Problem(f"{scope}/{part}", code, text))
        return found, scopes


def _stamps(there: Iterable[Lying]) -> Stamps:
    return tuple((one.path.name, one.stamp) for one in there)


def _sentence(one: Lying, why: str) -> str:
    return f"File {one.path.name} was not read: {why}"
