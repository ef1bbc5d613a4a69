"""Laws of single values: when two are the same, and what survives the way out and back."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from tests.simulation.planner.world import rewritten

from ubm_hubspot.decode import _shaped
from ubm_hubspot.values import READERS, WRITERS, choice_reader, choice_writer
from ubm_sync.errors import Flaw
from ubm_sync.mapping.equality import comparable, same
from ubm_sync.mapping.language import FieldBlock, SpotBlock
from ubm_sync.mapping.located import Located
from ubm_sync.mapping.translation import examine_translation
from ubm_sync.model import Binding, FieldType

_WORDS = ("Electric", "electric", "Gas", "Water", "gas ", "E", "Sewer", "true", "Wasser")
_BLANKS = ("", " ", "  ", "\t", "\u00a0", "\u200b", "\ufeff")
_PARTS = (
    "0", "00", "1", "45", "0045", "4.5", "1e1", "10", "-1", "+1", "1.0", "true", "True", "TRUE",
    "false", "a", "A", "é", "e\u0301", "ß", "SS", "ss", "İ", "2026-01-02", "2026-01-02T00:00:00",
    "2026-1-2", "20260102", "nan", "inf", "x@y.us", "X@Y.us", "1 000", "\uff11",
)  # fmt: skip
_EXACT = {FieldType.IDENTIFIER, FieldType.TEXT, FieldType.LONG_TEXT, FieldType.LINK}
_KINDS = tuple(FieldType)
_NOWHERE = Located("", {})
_UNLIKE = (
    ("0045", "45", _EXACT),
    ("true", "1", _KINDS),
    ("false", "0", _KINDS),
    ("1", "1.0", _EXACT),
    ("10", "1e1", _EXACT),
    ("a", "A", _EXACT - {FieldType.LINK}),
    ("1", None, _KINDS),
    ("0", None, _KINDS),
    ("false", None, _KINDS),
)


class Values(NamedTuple):
    """Values of one type, and a translation of choices: ours -> theirs."""

    number: int
    kind: FieldType
    values: tuple[str | None, ...]
    choices: tuple[str, ...]
    encode: dict[str, str]
    several: bool


def draw_values(number: int, seed: int) -> Values:
    """Return the values with a number."""
    drawn = Random(seed * 1_000_003 + number)  # noqa: S311 - repeatable, not secret
    random = drawn.random
    kind = _KINDS[int(random() * len(_KINDS))]
    values: list[str | None] = [None]
    for _ in range(5):
        if random() < 0.5 and (before := values[-1]) is not None:
            value = rewritten(kind, before) if random() < 0.5 else before + _pick(random(), _BLANKS)
        else:
            value = "".join(_pick(random(), _PARTS) for _ in range(1 + int(random() * 2.3)))
            value = _pick(random(), _BLANKS) + value + _pick(random(), _BLANKS)
        values.append(value)
    choices = tuple(dict.fromkeys(_pick(random(), _WORDS) for _ in range(2 + int(random() * 3))))
    encode = {one: _pick(random(), _WORDS) for one in choices if random() < 0.6}
    return Values(number, kind, tuple(values), choices, encode, random() < 0.3)


def _pick(luck: float, some: tuple[str, ...]) -> str:
    return some[int(luck * len(some))]


def being_the_same_is_an_equivalence(case: Values) -> str | bool:
    """Promise 13: a value is itself; being the same goes both ways, and on."""
    kind, values = case.kind, case.values
    for a in values:
        if not same(kind, a, a):
            return f"{a!r} is not the same {kind} as itself"
        for b in values:
            alike = same(kind, a, b)
            if alike != same(kind, b, a):
                return f"{a!r} and {b!r} are the same {kind} only one way"
            if alike != (comparable(kind, a) == comparable(kind, b)):
                return f"{a!r} and {b!r} as {kind} are compared in two ways"
            for c in values if alike else ():
                if same(kind, b, c) and not same(kind, a, c):
                    return f"{a!r}, {b!r} and {c!r} are the same {kind} two by two only"
    return True


def a_vendors_spelling_is_no_news(case: Values) -> str | bool:
    """Promise 13: what a vendor makes of a value's spelling is still the same value."""
    for value in case.values:
        if value is None or case.kind in {FieldType.DATE, FieldType.NUMBER}:
            continue  # a vendor formats those only where they are dates and numbers
        for other in (f" {value} ", value.strip(), rewritten(case.kind, value)):
            if value.isascii() and not same(case.kind, value, other):
                return f"{value!r} and {other!r} are two {case.kind} values"
    return case.kind not in {FieldType.DATE, FieldType.NUMBER}


def what_looks_alike_is_not_the_same(case: Values) -> str | bool:
    """Promise 13, and the model: 0045 is not 45, True is not 1, nothing is not 0."""
    asked = False
    for a, b, kinds in _UNLIKE:
        if case.kind in kinds:
            asked = True
            if same(case.kind, a, b):
                return f"{a!r} and {b!r} are the same {case.kind}"
    return asked


def a_translation_loses_nothing(case: Values) -> str | bool:
    """Promise 14: each value comes back as itself, or the doctor refuses the mapping."""
    if len({comparable(FieldType.CHOICE, one) for one in case.choices}) < len(case.choices):
        return False  # the same choice twice is refused as such
    words = {ours.strip(): theirs.strip() for ours, theirs in case.encode.items()}
    choices = [one.strip() for one in case.choices]
    block = FieldBlock.model_construct(type=FieldType.CHOICE, choices=choices)
    spot = SpotBlock.model_construct(name="x", encode=words, shape="")
    flaws: list[Flaw] = list(examine_translation(_NOWHERE, (), block, spot))
    decode = {theirs: ours for ours, theirs in words.items()}
    settings = {"field_type": "checkbox"} if case.several else {}
    binding = Binding(
        "x", "x", FieldType.CHOICE, choices=tuple(choices), encode=words, decode=decode,
        settings=settings,
    )  # fmt: skip
    write, read = choice_writer(binding), choice_reader(binding)
    lost = [one for one in choices if read(write(one)).value != one]
    if flaws:
        return True
    if lost:
        return f"{lost[0]!r} of {choices} comes back as {read(write(lost[0])).value!r} by {words}"
    for one in choices:  # put-get, and get-put of what they show
        shown = write(one)
        if write(read(shown).value) != shown:
            return f"{shown!r} is written back as {write(read(shown).value)!r} by {words}"
    return True


def a_format_loses_nothing(case: Values) -> str | bool:
    """Promise 14: what is read of a vendor's format is written so that it is read as itself."""
    read, write = READERS.get(case.kind), WRITERS.get(case.kind)
    if read is None or write is None:
        return False
    asked = False
    for value in case.values:
        if value is None or not value.strip():
            continue
        first = read(value)
        if first.mark or not first.value:
            continue
        asked = True
        again = read(write(first.value))
        if again != first:
            return f"{value!r} is read as {first.value!r} and comes back as {again.value!r}"
        if not same(case.kind, first.value, again.value):
            return f"{first.value!r} and {again.value!r} are two {case.kind} values"
    return asked


def a_shape_loses_nothing(case: Values) -> str | bool:
    """Promise 14: a value that is written in a shape comes back without it."""
    if case.kind not in {FieldType.TEXT, FieldType.IDENTIFIER}:
        return False
    for value in case.values:
        text = (value or "").strip()
        if not text or not text.isascii():
            continue
        for shape in ("#{}", "No. {}", "{} (old)", "<{}>"):
            found = _shaped(shape)(shape.replace("{}", text)).value
            if not same(case.kind, found, text):
                return f"{text!r} written as {shape!r} comes back as {found!r}"
    return True


OF_VALUES: tuple[Callable[[Values], str | bool], ...] = (
    being_the_same_is_an_equivalence,
    a_vendors_spelling_is_no_news,
    what_looks_alike_is_not_the_same,
    a_translation_loses_nothing,
    a_format_loses_nothing,
    a_shape_loses_nothing,
)
