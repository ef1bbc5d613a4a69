"""How a bug is put into the engine and taken out again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, TypeAlias
from unittest import mock

Bug: TypeAlias = Callable[[], AbstractContextManager[Any]]


def instead(target: object, name: str, new: object) -> Bug:
    """Return a bug that puts ``new`` in the place of ``target.name``."""
    return lambda: mock.patch.object(target, name, new)


def around(target: Any, name: str, bug: Callable[..., Any]) -> Bug:
    """Return a bug that calls ``bug`` with the original of ``target.name`` and its arguments."""

    def apply() -> AbstractContextManager[Any]:
        original = getattr(target, name)
        return mock.patch.object(target, name, lambda *some, **named: bug(original, *some, **named))

    return apply


def both(*bugs: Bug) -> Bug:
    """Return several bugs as one: what a second line of defence would hide."""

    @contextmanager
    def apply() -> Iterator[None]:
        with ExitStack() as stack:
            for bug in bugs:
                stack.enter_context(bug())
            yield

    return apply
