"""What is found of files and versions: values. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from ubm_sync.config import Configuration
from ubm_sync.errors import Flaw, Refused
from ubm_sync.state import Version
from ubm_sync.versions.files import FileSet


@dataclass(frozen=True, slots=True)
class Measured:
    """What a change of the configuration would do; ``over`` says why it needs a second name."""

    effect: Mapping[str, Any]
    over: tuple[str, ...] = ()


class Files(StrEnum):
    """How the files relate to the version in force."""

    IN_FORCE = "in force"
    FIRST = "first"  # nothing was in force before
    CHANGED = "changed"  # they are right, and come into force with the next cycle
    WAITING = "waiting"  # for a second name
    REFUSED = "refused"  # they have a mistake
    RESTORING = "restoring"  # an earlier version is being written into them


@dataclass(frozen=True, slots=True)
class Found:
    """What is used, and how the files stand to it.

    ``version`` is the one in force (None before the first); ``configuration`` is what the next
    cycle uses. ``proposed`` are the files as they would be stored. ``flaws`` are the mistakes in
    them. ``before`` is what is configured in force, read only where it differs.
    """

    files: Files
    configuration: Configuration
    version: Version | None
    flaws: tuple[Flaw, ...] = ()
    proposed: FileSet | None = None
    before: Configuration | None = None
    waiting: Version | None = None


Measure: TypeAlias = Callable[[Configuration, Configuration], Measured]


def same_person(one: str, other: str) -> bool:
    """Return whether a name is among those another text gives, however they are spelled."""
    mine, theirs = (
        {" ".join(part.split()).casefold() for part in text.split(",")} for text in (one, other)
    )
    return bool(mine & theirs)


def one_name_is_enough(target: Version, configuration: Configuration) -> None:
    """Raise Refused for a rollback by which one person would get around the second name.

    ``configuration`` is what the version holds that would come back.
    """
    if target.since is None:
        why = "was never in force and needs a second name, so it cannot be rolled back to"
    elif not configuration.service.versions.second_name:
        why = "is without the rule of the second name, so one person cannot bring it back"
    else:
        return
    raise Refused(
        f"{target.name} {why}; write its files with ubm-sync mapping export {target.number} FOLDER "
        "and save what you want of them, for another person to approve."
    )


def told_effect(version: Version) -> str:
    """Return why a version waits, in words."""
    over = version.effect.get("over", ()) if isinstance(version.effect, dict) else ()
    return "; ".join(over) or "its effect is not known"
