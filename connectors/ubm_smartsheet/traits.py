"""What the template asks of a column, and what a column has of it, as traits. Pure.

A trait is a line such as ``state/type:PICKLIST`` (see ``ubm_sync.template``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

from ubm_smartsheet.columns import (
    SYSTEM_TYPES,
    Column,
    Match,
    expected_options,
    type_of,
    wanted_type,
)
from ubm_sync.model import Binding, FieldType

LONGEST_DESCRIPTION = 250
DROPDOWNS = frozenset({"PICKLIST", "MULTI_PICKLIST"})
_RESTRICTABLE = frozenset({FieldType.CHOICE, FieldType.DATE, FieldType.BOOLEAN})


def is_restricted(binding: Binding) -> bool:
    """Return whether only listed values, or those of the type, may be entered."""
    return binding.settings.get("restricted") == "true" and binding.type in _RESTRICTABLE


def asked(binding: Binding) -> tuple[str, ...]:
    """Return the traits that the template asks for, in the order people read them."""
    kind = wanted_type(binding)
    found = ["column", f"title:{binding.external}", f"type:{kind}"]
    if kind in DROPDOWNS:
        found += [f"option:{one}" for one in expected_options(binding)]
    if kind not in SYSTEM_TYPES:
        found.append(f"locked:{_word(binding.locked)}")
        found.append(f"hidden:{_word(binding.settings.get('hidden') == 'true')}")
    if is_restricted(binding):
        found.append("restricted:true")
    if binding.description:
        found.append(f"description:{binding.description[:LONGEST_DESCRIPTION]}")
    return tuple(f"{binding.field}/{one}" for one in found)


def had_by(binding: Binding, column: Column, template_title: str) -> frozenset[str]:
    """Return the traits that a column has.

    ``binding`` names the column as this customer calls it: under that title it has the template's.
    """
    title = template_title if column.title == binding.external else column.title
    kind = type_of(column)
    found = ["column", f"title:{title}", f"type:{kind}", f"description:{column.description}"]
    found += [f"option:{one}" for one in column.options]
    for name, value in (("locked", column.locked), ("hidden", column.hidden)):
        # The primary column can be neither by itself, so it is what is asked for.
        both = column.primary
        found += [f"{name}:{_word(one)}" for one in (True, False) if both or value is one]
    if column.validation:
        found.append("restricted:true")
    return frozenset(f"{binding.field}/{one}" for one in found)


def with_losses(
    found: Match,
    bindings: Sequence[Binding],
    titles: Mapping[str, str],
    before: Mapping[str, Column],
) -> Match:
    """Return the match with what each column had of the template and has no more.

    ``before`` are the columns as last read, ``titles`` the template's own titles by field.
    """
    known = dict(found.known)
    for binding in bindings:
        field = binding.field
        one = known.get(field)
        if one is None:
            continue
        old, column = before.get(field), found.columns.get(field)
        if not one.lost and (old is None or old == column):
            continue  # it had nothing that it has no more
        title = titles.get(field, binding.external)
        had: Iterable[str] = one.lost
        if old is not None:
            had = [*had, *had_by(binding, old, title)]
        has = had_by(binding, column, title) if column is not None else frozenset()
        wanted = asked(replace(binding, external=title))
        kept = set(had)
        lost = tuple(each for each in wanted if each in kept and each not in has)
        known[field] = one._replace(lost=lost)
    return replace(found, known=known)


def held(found: Match, bindings: Sequence[Binding], titles: Mapping[str, str]) -> frozenset[str]:
    """Return the traits that a sheet has, or had before they drifted."""
    held: set[str] = set()
    for binding in bindings:
        column, known = found.columns.get(binding.field), found.known.get(binding.field)
        if column is not None:
            held |= had_by(binding, column, titles.get(binding.field, binding.external))
        if known is not None:
            held |= set(known.lost)
    return frozenset(held)


def print_of(columns: Iterable[Column]) -> str:
    """Return the fingerprint of a sheet's columns: another one after any change of them."""
    return sha256(repr([tuple(one) for one in columns]).encode()).hexdigest()[:16]


def _word(value: bool) -> str:
    return "true" if value else "false"
