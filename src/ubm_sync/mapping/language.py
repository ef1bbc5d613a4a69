"""The language of ``mappings/*.yaml``: what an admin may write, key by key.

These models say what a file looks like; ``doctor`` says whether it makes sense.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from ubm_sync.mapping.rules import Policy, Role
from ubm_sync.model import FieldType


def _as_text(value: Any) -> Any:
    """Let true, 300 and 0.5 be written without quotes: settings are text for the connector."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


Name: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Words: TypeAlias = Annotated[str, StringConstraints(min_length=1)]
Setting: TypeAlias = Annotated[str, BeforeValidator(_as_text, json_schema_input_type=Any)]


class Block(BaseModel):
    """What all blocks have in common: no unknown keys, no silent conversion of values."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class StageBlock(Block):
    """One stage of a pipeline."""

    key: Name
    label: Words
    closed: bool = False


class PlaceBlock(Block):
    """One spot a record can live in.

    ``identity`` is the system's name of the field that carries the record's identity there; it is
    given to the connector as the setting ``identity``. ``intake`` marks the place that customers
    type into, where each of them may have other titles; the setting ``intake`` is "true" there.
    """

    system: Words
    suffix: str = ""
    intake: bool = False
    identity: Words
    pipeline: str = ""
    stages: list[StageBlock] = []
    settings: dict[str, Setting] = {}


class SpotBlock(Block):
    """How a field lives in one place; a bare word is its name there."""

    name: Words
    label: str = ""
    description: str = ""
    encode: dict[str, Words] = {}
    shape: str = ""
    readable: bool = True
    writable: bool = True
    locked: bool = False
    unique: bool = False
    settings: dict[str, Setting] = {}

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, given: Any) -> Any:
        return {"name": given} if isinstance(given, str) else given

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Let an editor accept the short form too."""
        long_form = handler(core_schema)
        return {
            "anyOf": [{"type": "string", "minLength": 1}, handler.resolve_ref_schema(long_form)]
        }


class ThresholdBlock(Block):
    """How much of a field one cycle may change, instead of the guard's default."""

    share: float | None = Field(default=None, ge=0, le=1)
    floor: int | None = Field(default=None, ge=0)


class FieldBlock(Block):
    """One canonical field."""

    type: Annotated[FieldType, Field(strict=False)]
    role: Annotated[Role, Field(strict=False)]
    label: str = ""
    description: str = ""
    choices: list[Words] = []
    required: bool = False
    writers: list[str] | None = None
    writers_once_accepted: list[str] | None = None
    conflict: Annotated[Policy, Field(strict=False)] | None = None
    owner: str | None = None
    threshold: ThresholdBlock | None = None
    at: dict[str, SpotBlock]


class MappingFile(Block):
    """One file of ``mappings/``: one kind of record."""

    kind: Name
    places: dict[Name, PlaceBlock]
    fields: dict[Name, FieldBlock]
