"""Which configuration is in force: the same answer in every process, from files and state.

The files propose, the state decides. What stands in the files comes into force where a process
that works takes it up; a mistake, or a change that waits for a second name, leaves the version in
force as it is, whose files the state holds. So a service that is started again, a command beside
it and a report agree, whatever is being edited.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from ubm_sync.config import Configuration
from ubm_sync.errors import ConfigError, Flaw, NotThere, Refused, SyncError
from ubm_sync.state import Entry, Standing, State, Tx, Version
from ubm_sync.versions.files import (
    CONFIG,
    CUSTOMERS,
    MAPPINGS,
    FileSet,
    Folders,
    Read,
    keep_beside,
    load,
    not_storable,
    put_back,
    read_files,
    read_tolerantly,
    savers,
    secrets_in,
)
from ubm_sync.versions.found import Files, Found, Measure, one_name_is_enough, same_person

log = structlog.get_logger(__name__)

RESTORING = "restoring version"  # meta: the number whose files are being put back
ROUNDS = 5  # readings until the files stand still


class _OvertakenError(Exception):
    """Somebody put another version into force while a change was looked at."""


class Keeper:
    """Looks at files and state, and puts versions into force.

    ``secrets`` maps variables to the values that must not be stored; ``name`` says who edits, ""
    leaves it to the owner of the files. ``measure`` tells what a change would do; it is asked only
    where two people must agree.
    """

    def __init__(
        self,
        state: State,
        folders: Folders,
        *,
        secrets: Mapping[str, str] | None = None,
        name: str = "",
        read: Read = read_tolerantly,
    ) -> None:
        self.state = state
        self.folders = folders
        self._secrets = secrets or {}
        self._name = name
        self._read = read

    def load(self, files: FileSet, folders: Folders | None = None) -> Configuration:
        """Return what files say; raises ConfigError with the paths of the folders."""
        return load(files, folders or self.folders, self._read)

    def look(self) -> Found:
        """Return what is used now; raises ConfigError where nothing good is known."""
        with self.state.reading() as tx:
            version, waiting = tx.versions.in_force(), tx.versions.waiting()
            stored = FileSet.of(tx.versions.content(version)) if version is not None else None
            restoring = tx.meta.get(RESTORING)
        if restoring and version is not None and stored is not None:
            return Found(Files.RESTORING, self.load(stored, self.folders), version)
        try:
            files, configuration = self._standing_still(stored)
        except ConfigError as error:
            if version is None or stored is None:
                raise
            before = self._stored(stored, error)
            return Found(Files.REFUSED, before, version, error.flaws, before=before)
        flaws = configuration.flaws
        if version is None or stored is None:
            return Found(Files.FIRST, configuration, None, flaws, files)
        if files.hash == version.hash:
            return Found(Files.IN_FORCE, configuration, version, flaws, files)
        old = self._usable(stored)
        found = Found(Files.CHANGED, configuration, version, flaws, files, old)
        if old is None or not old.service.versions.second_name:
            return found
        known = waiting if waiting is not None and waiting.hash == files.hash else None
        return replace(found, files=Files.WAITING, configuration=old, waiting=known)

    def take_up(self, now: datetime, measure: Measure) -> Found:
        """Put the files into force where nothing speaks against it; return what is used now."""
        for _ in range(ROUNDS):
            with suppress(_OvertakenError):
                return self._take_up(now, measure)
        return self.look()

    def _take_up(self, now: datetime, measure: Measure) -> Found:
        self.finish_restoring()
        found = self.look()
        if found.files is Files.WAITING and found.waiting is None:
            return self._propose(found, now, measure)
        if found.files in {Files.FIRST, Files.CHANGED} and found.proposed is not None:
            return self._enforce(found, now, {})
        if found.files is Files.IN_FORCE:
            self._withdraw(now)
        return found

    def approve(self, name: str, by: str, now: datetime) -> Version:
        """Let the version that waits come into force with a second name.

        Raises Refused where it is the first name again, NotThere where nothing waits.
        """
        with self.state.transaction() as tx:
            tx.audit.hold()
            waiting = tx.versions.waiting()
            if waiting is None:
                raise NotThere("No version waits for a second name; see ubm-sync mapping history.")
            if waiting not in tx.versions.found(name):
                raise Refused(
                    f"{name} does not wait, {waiting.name} does; look at it with ubm-sync mapping "
                    f"diff {waiting.number} and approve that."
                )
            if same_person(by, waiting.by):
                raise Refused(
                    f"{waiting.name} was saved by {waiting.by}: a second person must approve it "
                    "(--by NAME)."
                )
            taken = tx.versions.take(waiting.number, now, by)
            self._log(tx, now, by, "configuration approved", taken)
        return taken

    def rollback(self, name: str, by: str, now: datetime) -> tuple[Version, list[str], list[str]]:
        """Bring an earlier version back, as a version of its own.

        Return it, the changed files, and the copies that were kept of some of them.

        It is in force with one commit; the files follow, and a start after a crash finishes them.
        What stood in them is stored first, if it is not known, or kept beside them where it cannot
        be stored. Raises NotThere, ConfigError where this program cannot read it any more, Refused
        also where two people must agree and did not: on a version that was never in force, and on
        ending that rule.
        """
        with self.state.reading() as tx:
            target = self.one(tx, name)
            files = FileSet.of(tx.versions.content(target))
            current = tx.versions.in_force()
            stored = tx.versions.content(current) if current is not None else {}
        if current is not None and target.hash == current.hash:
            if not read_files(self.folders).changed(files):
                raise Refused(f"{target.name} is in force already; nothing was changed.")
            how = f"rollback to {target.number}: files put back"
        else:
            how = f"rollback to {target.number}"
        configuration = self.load(files, self.folders)
        before = self._usable(FileSet.of(stored)) if current is not None else None
        if before is not None and before.service.versions.second_name:
            one_name_is_enough(target, configuration)
        there = read_files(self.folders)
        odd = not_storable(there, self.folders, self._secrets)
        kept = keep_beside([name for name in odd if name in there.changed(files)], self.folders)
        with self.state.transaction() as tx:
            tx.audit.hold()
            self._set_aside(tx, there.but(dict.fromkeys(odd)), by, now)
            version = self._add(tx, files, configuration, by, how, Standing.IN_FORCE, now, {})
            tx.meta.put(RESTORING, str(version.number))
            self._log(tx, now, by, "configuration rolled back", version)
        return version, self.finish_restoring(), kept

    def finish_restoring(self) -> list[str]:
        """Write the files of a version that is being brought back; return the changed ones."""
        with self.state.reading() as tx:
            number = tx.meta.get(RESTORING)
            version = tx.versions.get(int(number)) if number else None
            files = FileSet.of(tx.versions.content(version)) if version is not None else None
        if files is None:
            return []
        try:
            changed = put_back(files, self.folders)
        except OSError as error:
            raise Refused(
                f"The files of version {number} cannot be written ({error.strerror}: "
                f"{error.filename}); it is in force all the same, make the folders writable and "
                "run any command again."
            ) from error
        with self.state.transaction() as tx:
            if tx.meta.get(RESTORING) == number:
                tx.meta.put(RESTORING, "")
        return changed

    def in_force(self) -> Configuration:
        """Return what is configured in force; what the files say before the first version."""
        with self.state.reading() as tx:
            version = tx.versions.in_force()
            files = FileSet.of(tx.versions.content(version)) if version is not None else None
        return self.load(files or read_files(self.folders), self.folders)

    def version(self, name: str) -> tuple[Version, FileSet]:
        """Return a version with its files; raises NotThere, Refused."""
        with self.state.reading() as tx:
            found = self.one(tx, name)
            return found, FileSet.of(tx.versions.content(found))

    def with_mappings(self, folder: Path) -> tuple[FileSet, Configuration]:
        """Return what is in force with the mappings of another folder; raises ConfigError."""
        with self.state.reading() as tx:
            version = tx.versions.in_force()
            files = FileSet.of(tx.versions.content(version)) if version is not None else None
        files = files or read_files(self.folders)
        folders = Folders(self.folders.config, folder)
        there = read_files(folders)
        changes: dict[str, bytes | None] = dict.fromkeys(files.content)
        changes |= {name: one for name, one in files.content.items() if name.startswith(CONFIG)}
        changes |= {name: one for name, one in there.content.items() if name.startswith(MAPPINGS)}
        tried = files.but(changes)
        return tried, self.load(tried, folders)

    def one(self, tx: Tx, name: str) -> Version:
        """Return the version of a name; raises NotThere, Refused where several are meant."""
        found = tx.versions.found(name)
        if not found:
            raise NotThere(f'There is no version "{name}"; see ubm-sync mapping history.')
        if len({one.hash for one in found}) > 1:
            numbers = ", ".join(str(one.number) for one in found)
            raise Refused(f'"{name}" could mean the versions {numbers}; give the number.')
        return found[0]

    def _standing_still(self, stored: FileSet | None) -> tuple[FileSet, Configuration]:
        """Return the files as they are used, loaded; read again where one was saved meanwhile."""
        files = read_files(self.folders)
        for _ in range(ROUNDS):
            try:
                loaded = self._mended(files, stored)
                error = None
            except ConfigError as found:
                error = found
            again = read_files(self.folders)
            if again.hash == files.hash:
                break
            files = again
        if error is not None:
            raise error
        return loaded

    def _mended(self, files: FileSet, stored: FileSet | None) -> tuple[FileSet, Configuration]:
        """Load files, with the last good version of each customer whose file has a mistake."""
        if leaks := secrets_in(files, self.folders, self._secrets):
            raise ConfigError(leaks)
        configuration = self.load(files, self.folders)
        flaws = configuration.flaws
        while wrong := self._customers_with_mistakes(files, configuration.flaws):
            good = stored.content if stored is not None else {}
            changes = {
                name: good.get(name) if files.content[name] != good.get(name) else None
                for name in wrong
            }
            files = files.but(changes)
            configuration = self.load(files, self.folders)
        return files, replace(configuration, flaws=flaws)

    def _customers_with_mistakes(self, files: FileSet, flaws: tuple[Flaw, ...]) -> list[str]:
        told = {flaw.file for flaw in flaws}
        return [
            name
            for name in files.content
            if name.startswith(CUSTOMERS)
            and name.endswith(".yaml")
            and str(self.folders.path(name)) in told
        ]

    def _stored(self, stored: FileSet, error: ConfigError) -> Configuration:
        found = self._usable(stored)
        if found is None:
            raise error
        return found

    def _usable(self, stored: FileSet) -> Configuration | None:
        """Return what stored files say; None where this program cannot read them any more."""
        try:
            return self.load(stored, self.folders)
        except ConfigError as error:
            log.warning("stored version not readable", flaws=[str(one) for one in error.flaws])
            return None

    def _propose(self, found: Found, now: datetime, measure: Measure) -> Found:
        """Measure a change where two people must agree: use it, or have it wait."""
        proposed, before = found.proposed, found.before
        if proposed is None or before is None:
            return found
        after = self._mended(proposed, proposed)[1]
        try:
            measured = measure(before, after)
        except ConfigError:
            raise
        except SyncError as error:  # a system that cannot be read now: asked again later
            log.warning("change not measured", error=str(error))
            return found
        if not measured.over:
            return self._enforce(replace(found, configuration=after), now, measured.effect)
        effect = {**measured.effect, "over": list(measured.over)}
        by = self._saver(found)
        with self.state.transaction() as tx:
            tx.audit.hold()
            _still(tx, found)
            waiting = self._add(tx, proposed, after, by, "edited", Standing.WAITING, now, effect)
            self._log(tx, now, by, "configuration waits", waiting)
        return replace(found, waiting=waiting)

    def _enforce(self, found: Found, now: datetime, effect: Mapping[str, Any]) -> Found:
        if found.proposed is None:
            return found
        by = self._saver(found)
        how = "first start" if found.version is None else "edited"
        with self.state.transaction() as tx:
            tx.audit.hold()
            known = tx.versions.in_force()
            if known is not None and known.hash == found.proposed.hash:
                version = known  # another process was faster
            else:
                _still(tx, found)
                made = (found.proposed, found.configuration, by, how, Standing.IN_FORCE)
                version = self._add(tx, *made, now, effect)
                self._log(tx, now, by, "configuration in force", version)
        return replace(found, files=Files.IN_FORCE, version=version, before=None)

    def _add(
        self,
        tx: Tx,
        files: FileSet,
        configuration: Configuration,
        by: str,
        how: str,
        standing: Standing,
        now: datetime,
        effect: Mapping[str, Any],
    ) -> Version:
        kinds = {kind: one.hash for kind, one in configuration.mappings.items()}
        return tx.versions.add(
            files.hash, files.texts(), kinds=kinds, at=now, by=by, how=how, standing=standing,
            effect=dict(effect),
        )  # fmt: skip

    def _withdraw(self, now: datetime) -> None:
        """Let a change wait no more whose files were changed back."""
        with self.state.reading() as tx:
            if tx.versions.waiting() is None:
                return
        with self.state.transaction() as tx:
            tx.audit.hold()
            if (gone := tx.versions.withdraw()) is not None:
                self._log(tx, now, gone.by, "configuration withdrawn", gone)

    def _set_aside(self, tx: Tx, there: FileSet, by: str, now: datetime) -> None:
        """Store what stands in the files and is not known: nothing typed is lost."""
        if tx.versions.found(there.hash) or not there.content:
            return
        tx.versions.add(
            there.hash, there.texts(), kinds={}, at=now, by=by, how="files before a rollback",
            standing=Standing.SET_ASIDE,
        )  # fmt: skip

    def _saver(self, found: Found) -> str:
        if self._name:
            return self._name
        with self.state.reading() as tx:
            stored = tx.versions.content(found.version) if found.version is not None else {}
        names = (found.proposed or FileSet({})).changed(FileSet.of(stored))
        return ", ".join(savers(names, self.folders)) or "unknown"

    def _log(self, tx: Tx, now: datetime, by: str, action: str, version: Version) -> None:
        body = {"number": version.number, "hash": version.hash, "how": version.how}
        if version.second_by:
            body["saved_by"] = version.by
        tx.audit.append([Entry(now, "", by, action, "", body)])
        log.info(action, version=version.number, by=by, how=version.how)


def _still(tx: Tx, found: Found) -> None:
    """Raise where another version is in force than the one that a change was looked at beside."""
    known = tx.versions.in_force()
    if (known.number if known else 0) != (found.version.number if found.version else 0):
        raise _OvertakenError
