"""One case: a mapping, the state it begins in, and what people, systems and machines do then.

Steps are tuples that begin with a word, small and quick to make:

| step | what happens |
| --- | --- |
| ``("edit", place, field, value, minute)`` | somebody types a value (None: empties the field) |
| ``("sign", place, field, value, minute)`` | somebody sets a signal |
| ``("decide", field, choice)`` | somebody decides a conflict by command: a place, or ``=VALUE`` |
| ``("restore", field, number)`` | an admin wants the numbered kept value back |
| ``("gone", place)``, ``("back", place)`` | a record is archived, or comes back as it was |
| ``("hide", place, field, word)`` | a column is ``renamed`` or ``deleted`` |
| ``("show", place, field)`` | the column is there again |
| ``("shut", place)``, ``("open", place)`` | nothing may be written there, or it may again |
| ``("mark", place, field, mark)`` | a cell can not be written |
| ``("cycle", faults, unseen)`` | the service works; ``faults`` maps a place to what goes wrong |

A fault is a tuple as well: ``("busy",)``, ``("never",)``, ``("part", field)``, ``("lost",)``,
``("void",)``, ``("down",)``, ``("kill", "before" or "after")``, and edits that come between:
``("early", field, value)`` before the look, ``("race", field, value)`` after it.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

Step: TypeAlias = tuple[Any, ...]
Fault: TypeAlias = tuple[Any, ...]


class Start(NamedTuple):
    """What is agreed and what each place shows when the case begins."""

    base: dict[str, str]
    there: dict[str, dict[str, str]]  # place -> what it showed when all agreed
    known: bool  # the service knows the record; False: a person just made it
    accepted: bool


class Case(NamedTuple):
    """Everything that happens in one case; ``house`` is the number of its mapping."""

    number: int
    house: int
    start: Start
    steps: tuple[Step, ...]
    sample: int  # which of the dear laws are asked: a number that its bits are taken of
