"""``exceptions`` of a customer's file: approved differences of its sheet from the template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, field_validator

from ubm_sync.config.kinds import Address, Day
from ubm_sync.errors import Flaw
from ubm_sync.mapping import Located, nearest
from ubm_sync.mapping.wording import Words
from ubm_sync.model import Deviation
from ubm_sync.template import APPROVABLE


class ExceptionBlock(BaseModel):
    """One exception: which field's column, how it differs, who answers for it, until when."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )

    field: Words
    """The field whose column differs."""

    drift: Words
    """How it differs: missing, renamed, retyped, options, unlocked, unrestricted or altered."""

    owner: Address
    """Who answers for it."""

    until: Day
    """The last day on which it counts."""

    reason: Words | None = None
    """Why, for the report."""

    @field_validator("drift")
    @classmethod
    def _is_approvable(cls, value: str) -> str:
        known = [str(one) for one in APPROVABLE]
        if value in known:
            return value
        hint = nearest(value, known)
        text = f'"{value}" is nothing that can be approved; choose one of {", ".join(known)}{hint}'
        raise ValueError(text)

    def deviation(self) -> Deviation:
        """Return the exception."""
        return Deviation(self.field, self.drift, self.owner, self.until, self.reason or "")


def examine_exceptions(
    blocks: Sequence[ExceptionBlock], located: Located, known: Mapping[str, str]
) -> list[Flaw]:
    """Return a flaw for each exception of a field that no column holds, and for each said twice.

    ``known`` are the titles by field.
    """
    flaws: list[Flaw] = []
    said: set[tuple[str, str]] = set()
    for index, one in enumerate(blocks):
        where = ("exceptions", index, "field")
        if one.field not in known:
            text = f'no column holds a field "{one.field}"{nearest(one.field, known)}'
            flaws.append(located.flaw(text, *where))
        if (one.field, one.drift) in said:
            text = f'"{one.field}" has an exception for "{one.drift}" already; keep one of them'
            flaws.append(located.flaw(text, *where))
        said.add((one.field, one.drift))
    return flaws
