"""The language of ``mappings/*.yaml``: what an admin may write, key by key.

These models say what a file looks like; ``doctor`` says whether it makes sense. The text under each
key is what editors and docs/configuration.md show.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Self, TypeAlias

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

from ubm_sync.mapping.checks import Validation
from ubm_sync.mapping.expressions import BadExpression, Pattern, expression
from ubm_sync.mapping.located import listed, nearest
from ubm_sync.mapping.rules import Direction, Policy, Role
from ubm_sync.mapping.transforms import (
    PLAIN,
    WITH_ARGUMENT,
    Step,
    Unmapped,
    divide,
    expressions,
    plain_step,
    replace,
    zero_pad,
)
from ubm_sync.mapping.wording import Words
from ubm_sync.model import FieldType


def _as_text(value: Any) -> Any:
    """Let true, 300 and 0.5 be written without quotes: settings are text for the connector."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def _expression(value: str) -> str:
    try:
        expression(value)
    except BadExpression as error:
        raise ValueError(str(error)) from None
    return value


Name: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Setting: TypeAlias = Annotated[str, BeforeValidator(_as_text, json_schema_input_type=Any)]
MOST_STEPS = 10


class Block(BaseModel):
    """What all blocks have in common: no unknown keys, no silent conversion of values."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )


class StageBlock(Block):
    """One stage of a pipeline."""

    key: Name
    """Our word for the stage; never change it."""

    label: Words
    """What people see, and what the stage is found by in the ticket system."""

    closed: bool = False
    """Whether a ticket counts as done there."""


class PlaceBlock(Block):
    """One spot a record can live in.

    ``identity`` and ``without_sheet`` are given to the connectors as settings of these names; the
    setting ``intake`` is "true" where ``intake`` is.
    """

    system: Words
    """Which system it is in: a key of ``systems`` in config/service.yaml."""

    suffix: str = ""
    """Tells it apart from other places of the same system; never change it once in use."""

    intake: bool = False
    """Whether customers type here; the ``titles`` of their files are about this place."""

    without_sheet: str = ""
    """Which system keeps the rows of customers without a sheet, where customers type."""

    identity: Words
    """The system's field that carries the record's identity; never change it once in use."""

    pipeline: str = ""
    """The label of the pipeline, in a ticket system."""

    stages: list[StageBlock] = []
    """The steps of the pipeline, in order."""

    settings: dict[str, Setting] = {}
    """For the connector."""


class ReplaceBlock(Block):
    """A text for another one."""

    old: Words
    """What stands there."""

    new: str
    """What it is for us; where it is empty, it is not put back on the way out."""


class StepBlock(Block):
    """One step of a transform that needs to be told something; one key of these, or both last."""

    zero_pad: int | None = Field(default=None, ge=1, le=100)
    """Numbers of this many digits stand there without their leading zeros."""

    divide: Annotated[str, BeforeValidator(_as_text, json_schema_input_type=float)] | None = None
    """Numbers stand there this many times as large: 100 for cents where we have dollars."""

    replace: ReplaceBlock | None = None
    """One text for another."""

    read: Words | None = None
    """An expression that makes our value of ``value``, what stands there."""

    write: Words | None = None
    """An expression that makes what is to stand there of ``value``, ours."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        given = self.model_fields_set - {"read", "write"}
        if len(given) + bool(self.read or self.write) != 1:
            raise ValueError("a step is one thing; write the others as steps of their own")
        for source in (self.read, self.write):
            if source is not None:
                _expression(source)
        if self.divide is not None and not _is_factor(self.divide):
            raise ValueError(f'"{self.divide}" is no factor; write a number above 0, like 100')
        return self

    def step(self) -> Step:
        """Return the step."""
        if self.zero_pad is not None:
            return zero_pad(self.zero_pad)
        if self.divide is not None:
            return divide(self.divide)
        if self.replace is not None:
            return replace(self.replace.old, self.replace.new)
        return expressions(self.read or "", self.write or "")


def _is_factor(text: str) -> bool:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    return number.is_finite() and number > 0 and abs(number.adjusted()) < 30  # noqa: PLR2004


def _step(value: Any) -> Any:
    """Let a step without an argument be a bare word."""
    if not isinstance(value, str):
        return value
    if value in PLAIN:
        return value
    if value in WITH_ARGUMENT:
        raise ValueError(f'"{value}" needs to be told something, like {value}: 4')
    known = (*PLAIN, *WITH_ARGUMENT, "read", "write")
    hint = nearest(value, known) or f"; known here: {listed(known, 20)}"
    raise ValueError(f'there is no transform "{value}"{hint}')


class SpotBlock(Block):
    """How a field lives in one place; a bare word is its name there."""

    name: Words
    """What it is called there: a column's title, a property's name, a column of a table."""

    label: str = ""
    """What people see there, where it is not the field's label."""

    description: str = ""
    """What people read about it there, where it is not the field's description."""

    direction: Annotated[Direction, Field(strict=False)] = Direction.BOTH
    """``both``; ``in``: it is read there and never written; ``out``: it is written there, and a
    change by a person there never counts."""

    encode: dict[str, Words] = {}
    """The value map: our value -> theirs, where they differ."""

    decode: dict[Words, str] = {}
    """More of their values that mean one of ours: theirs -> ours. They are never written."""

    unmapped: Annotated[Unmapped, Field(strict=False)] | None = None
    """What becomes of a value there that is none of ours: ``keep`` it and complain (usual), read
    it as the ``default``, or ``restore`` the last good one (what was typed is kept, and told)."""

    default: str | None = None
    """Our value that an unknown one is read as, with ``unmapped: default``."""

    people: dict[Words, Words] = {}
    """The map of people: our e-mail -> the one somebody has there."""

    transform: list[Annotated[StepBlock | str, BeforeValidator(_step)]] = Field(
        default=[], max_length=MOST_STEPS
    )
    """Steps from what stands there to our value, first to last; writing goes the other way round.
    ``trim``, ``spaces``, ``upper``, ``lower``, ``digits``, ``us_date``, or a block: ``zero_pad``,
    ``divide``, ``replace``, or ``read`` and ``write``."""

    shape: str = ""
    """Text around the value, with one {} for it."""

    readable: bool = True
    """Whether it is read there."""

    writable: bool = True
    """Whether the service may write it there."""

    locked: bool = False
    """Whether people must not edit it there."""

    unique: bool = False
    """Whether no two records have the same value there."""

    settings: dict[str, Setting] = {}
    """For the connector: of a sheet's column ``column``, ``restricted``, ``hidden``, ``primary``,
    ``width``, ``prefix``, ``fill``, ``link``."""

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

    def steps(self) -> tuple[Step, ...]:
        """Return the transform's steps."""
        return tuple(
            plain_step(one) if isinstance(one, str) else one.step() for one in self.transform
        )


class ThresholdBlock(Block):
    """How much of a field one cycle may change, instead of the guard's default."""

    share: float | None = Field(default=None, ge=0, le=1)
    """Of a customer's records, 0 to 1."""

    floor: int | None = Field(default=None, ge=0)
    """Changes that are always allowed."""


class ValidationBlock(Block):
    """What a value that a customer types must be like; all problems of a row are told at once."""

    pattern: Words | None = None
    """A regular expression that the whole value must match."""

    shortest: int | None = Field(default=None, ge=1)
    """The fewest characters."""

    longest: int | None = Field(default=None, ge=1)
    """The most characters."""

    at_least: Annotated[str, BeforeValidator(_as_text, json_schema_input_type=Any)] | None = None
    """The lowest number, or the first day of a date (YYYY-MM-DD)."""

    at_most: Annotated[str, BeforeValidator(_as_text, json_schema_input_type=Any)] | None = None
    """The highest number, or the last day of a date (YYYY-MM-DD)."""

    expression: Words | None = None
    """An expression about ``value`` that must be true."""

    message: Words | None = None
    """What the customer reads instead of the usual sentence; {} is the column's title."""

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        if self.pattern is not None:
            Pattern(self.pattern).fits("")
        if self.expression is not None:
            _expression(self.expression)
        return self

    def validation(self, type_: FieldType) -> Validation:
        """Return what values of a type are asked."""
        return Validation(
            type_,
            Pattern(self.pattern) if self.pattern is not None else None,
            self.shortest,
            self.longest,
            self.at_least,
            self.at_most,
            expression(self.expression) if self.expression is not None else None,
            self.message or "",
        )


class FieldBlock(Block):
    """One canonical field."""

    type: Annotated[FieldType, Field(strict=False)]
    """How its values are read and compared."""

    role: Annotated[Role, Field(strict=False)]
    """``shared``: people type it and it is the same everywhere; ``service``: filled by the service,
    an edit is put back; ``signal``: set by people for the service to read."""

    label: str = ""
    """What people see."""

    description: str = ""
    """What people read about it."""

    examples: list[Words] = []
    """Values that occur; they must pass the field's own ``validation`` and ``transform``."""

    choices: list[Words] = []
    """The values of a choice, in the order people see them."""

    required: bool = False
    """Whether a customer must fill it in to add a location."""

    validation: ValidationBlock | None = None
    """What a value must be like, besides its type."""

    writers: list[str] | None = None
    """The places where a person's change counts; a change anywhere else is put back."""

    writers_once_accepted: list[str] | None = None
    """The same from the moment the account exists in the store."""

    conflict: Annotated[Policy, Field(strict=False)] | None = None
    """Two places changed it differently: ``ask`` the manager (usual), the ``owner`` or the
    ``newest`` wins; the other value is always kept."""

    owner: str | None = None
    """The place that wins, with ``conflict: owner``."""

    quiet_minutes: int = Field(default=0, ge=0, le=1440)
    """How long a change of an agreed value rests before it goes on, counted from the last edit of
    its record; 0: at once."""

    threshold: ThresholdBlock | None = None
    """How much of this field one cycle may change before a person must approve."""

    at: dict[str, SpotBlock]
    """Where it lives: place -> the name there, or a block."""


class MappingFile(Block):
    """One file of ``mappings/``: one kind of record."""

    kind: Name
    """What kind of record this is: location, onboarding or disconnection."""

    places: dict[Name, PlaceBlock]
    """The spots such a record can live in; a request begins in the first."""

    fields: dict[Name, FieldBlock]
    """Every field, in the order of the sheet's columns."""
