"""Which version is in force and how the files stand to it, in the words of the commands."""

from __future__ import annotations

from typing import Any

from ubm_sync.calendars import stamp
from ubm_sync.cli import screen
from ubm_sync.live import waiting_text
from ubm_sync.state import Version
from ubm_sync.versions.found import Files, Found


def say_standing(found: Found | None) -> None:
    """Complain where the edited files are not what is used."""
    if found is None:
        return
    if found.files is Files.REFUSED and found.version is not None:
        for flaw in found.flaws:
            screen.complain(str(flaw))
        screen.complain(f"The files are not used; {found.version.name} goes on.")
    elif found.files is Files.WAITING:
        screen.complain(waiting_text(found))


def standing_text(found: Found) -> str:
    """Say in a sentence which version is in force, and how the files stand to it."""
    version = found.version
    if version is None:
        return "No version is in force yet; the next cycle puts these files into force."
    zone = found.configuration.service.cadence.zone
    since = stamp(version.since, zone, seconds=True) if version.since is not None else "-"
    name = f"{version.name[0].upper()}{version.name[1:]}"
    text = f"{name} is in force since {since}, saved by {version.by}"
    if version.second_by:
        text += f" and approved by {version.second_by}"
    return f"{text}. {_files(found)}"


def _files(found: Found) -> str:
    return {
        Files.IN_FORCE: "The files are that version.",
        Files.FIRST: "",
        Files.CHANGED: "The files were changed and come into force with the next cycle.",
        Files.WAITING: waiting_text(found),
        Files.REFUSED: "The files have mistakes and are not used.",
        Files.RESTORING: "An earlier version is being put back into the files.",
    }[found.files]


def standing_document(found: Found) -> dict[str, Any]:
    """Return the same for JSON."""
    waiting = found.waiting
    return {
        "in_force": version_document(found.version) if found.version is not None else None,
        "files": found.files.value,
        "flaws": [str(one) for one in found.flaws],
        "waiting": version_document(waiting) if waiting is not None else None,
        "text": standing_text(found),
    }


def version_document(version: Version) -> dict[str, Any]:
    """Return a version for JSON, without its files."""
    return {
        "version": version.number,
        "hash": version.hash,
        "standing": version.standing.value,
        "at": version.at.isoformat(),
        "since": version.since.isoformat() if version.since is not None else None,
        "by": version.by,
        "second_by": version.second_by,
        "how": version.how,
        "mappings": dict(version.kinds),
        "files": len(version.files),
        "runs": version.runs,
        "written": dict(version.written),
        "effect": version.effect,
    }
