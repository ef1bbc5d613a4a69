"""The template of the intake: its versions, and how the place of each customer differs from it.

The mapping says what the columns of an intake should be; that is the template. It is written down
as *traits*, one line each: ``state/type:PICKLIST``, ``state/option:IL``, ``notes/locked:false``.
A template with other traits is another version; a container (a sheet) is of the newest version
whose traits it has, or had until somebody took them away. What it lacks although it had it is
*drift*; what it never had waits for a roll-out. Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from ubm_sync.model import Customer, Deviation
from ubm_sync.ports import SetupStep


class Kind(StrEnum):
    """How a column differs from the template."""

    MISSING = "missing"
    AWAITED = "awaited"  # the container never had it: a newer version is not rolled out yet
    RENAMED = "renamed"
    CONFUSED = "confused"  # its title stands over another column, or it has another field's title
    REPLACED = "replaced"  # deleted, and one of the same title and type came instead
    RETYPED = "retyped"
    UNTYPED = "untyped"  # it never had the type, and what is in it can be read all the same
    OPTIONS = "options"
    UNLOCKED = "unlocked"
    UNRESTRICTED = "unrestricted"  # values that are not listed can be entered
    ALTERED = "altered"  # hidden, shown, locked against the customer, described otherwise
    EXTRA = "extra"
    MOVED = "moved"


#: What may be approved as an exception, because somebody can want it for a while. Extra columns and
#: another order need no approval.
APPROVABLE = (
    Kind.MISSING,
    Kind.RENAMED,
    Kind.RETYPED,
    Kind.OPTIONS,
    Kind.UNLOCKED,
    Kind.UNRESTRICTED,
    Kind.ALTERED,
)


class Drift(NamedTuple):
    """One difference. ``field`` is "" for columns that are no field's.

    ``pauses``: the field is neither read nor written in this container meanwhile. ``exempt`` is the
    approved exception that covers it. ``text`` says what it is and what mends it.
    """

    kind: Kind
    field: str
    title: str
    text: str
    pauses: bool = False
    exempt: Deviation | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How one container stands to the template, as it was last read.

    ``holds`` are the traits it has, or had before they drifted. ``fingerprint`` is of its columns,
    "" where it was never read. ``paused`` are the fields that are held up.
    """

    container: str
    name: str
    fingerprint: str
    holds: frozenset[str]
    drift: tuple[Drift, ...]
    paused: tuple[str, ...]
    within_reach: bool = True


class Version(NamedTuple):
    """A template that was in effect: its number, when it first was, and its traits."""

    number: int
    fingerprint: str
    since: str  # an instant, ISO 8601
    traits: tuple[str, ...]


@runtime_checkable
class KeepsTemplate(Protocol):
    """A connector of an intake whose containers are made from a template."""

    name: str

    def template(self) -> Sequence[str]:
        """Return the traits that the mapping asks for, in order."""
        ...

    def standing(self) -> Sequence[Standing]:
        """Return how each customer's container stands, as last read; asks nobody."""
        ...

    def mend(
        self,
        containers: Sequence[str],
        *,
        dry_run: bool,
        order: bool = False,
        only: Collection[str] | None = None,
    ) -> Iterator[tuple[str, SetupStep, str]]:
        """Yield ``(container, step, key)`` while making containers what the template says.

        What is in the cells stays as it is. ``order``: columns are put back in order as well.
        ``only``: no other steps than those with these keys; what else is needed is yielded as
        ``left``. Doing it again changes nothing. Raises NoAccess, Temporary; what was done until
        then stays done.
        """
        ...


def fingerprint(traits: Collection[str]) -> str:
    """Return what two templates, or two containers, with the same traits have in common."""
    return hashlib.sha256("\n".join(sorted(traits)).encode()).hexdigest()[:16]


def noted(
    versions: Sequence[Version], traits: Sequence[str], now: datetime
) -> tuple[tuple[Version, ...], Version]:
    """Return the versions with the one in effect among them, and that one.

    A template that was in effect before gets its number back.
    """
    print_ = fingerprint(traits)
    for one in versions:
        if one.fingerprint == print_:
            return tuple(versions), one
    number = max((one.number for one in versions), default=0) + 1
    new = Version(number, print_, now.isoformat(), tuple(traits))
    return (*versions, new), new


def version_of(
    holds: Collection[str], versions: Sequence[Version], current: Version
) -> Version | None:
    """Return the version that a container has: the one in effect if it can be, else the newest.

    None: it was made by hand, or from a template that nobody remembers.
    """
    has = frozenset(holds)
    newest_first = sorted(versions, key=lambda one: (one == current, one.number), reverse=True)
    return next((one for one in newest_first if has.issuperset(one.traits)), None)


def differences(before: Version, after: Version) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the traits that came and those that went from one version to the other."""
    old, new = frozenset(before.traits), frozenset(after.traits)
    return (
        tuple(one for one in after.traits if one not in old),
        tuple(one for one in before.traits if one not in new),
    )


def active(customer: Customer, now: datetime) -> Mapping[tuple[str, str], Deviation]:
    """Return ``(field, kind)`` -> the exception of a customer that counts today, in its zone.

    An exception counts to the end of its last day.
    """
    if not customer.exceptions:
        return {}
    today = now.astimezone(ZoneInfo(customer.zone)).date().isoformat()
    return {(one.field, one.drift): one for one in customer.exceptions if one.until >= today}
