"""What differs in a sheet and how to mend it, in sentences. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ubm_smartsheet.columns import SYNC_ID, Column, type_of, wanted_type
from ubm_smartsheet.traits import had_by
from ubm_sync.model import Binding, Deviation

APPLY = 'run "ubm-sync template apply"'
_SHOWN = 5
_KINDS = {
    "TEXT_NUMBER": "Text/Number",
    "PICKLIST": "Dropdown",
    "MULTI_PICKLIST": "Dropdown with several values",
    "DATE": "Date",
    "CHECKBOX": "Checkbox",
    "CONTACT_LIST": "Contact list",
    "MULTI_CONTACT_LIST": "Contact list with several people",
    "AUTO_NUMBER": "Auto-Number",
    "DATETIME": "Date and time",
    "ABSTRACT_DATETIME": "Date and time",
}
_WORDS = {
    "locked:true": "lock",
    "locked:false": "no lock",
    "hidden:true": "hidden",
    "hidden:false": "shown",
    "restricted:true": "listed values only",
}


def kind_of(word: str) -> str:
    """Return a column's type as people choose it."""
    return _KINDS.get(word, word)


def in_words(short: str) -> str:
    """Return a trait without its field, such as ``option:IL``, as people read it."""
    if short in _WORDS:
        return _WORDS[short]
    what, _, value = short.partition(":")
    return {
        "option": f'option "{value}"',
        "title": f'title "{value}"',
        "description": "description",
    }.get(what, short)


def plainly(binding: Binding, column: Column) -> frozenset[str]:
    """Return the traits of a column without its field."""
    return frozenset(one.partition("/")[2] for one in had_by(binding, column, binding.external))


def quoted(words: Iterable[str], most: int = _SHOWN) -> str:
    """Return words in quotes, and how many more there are."""
    every = list(words)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(f'"{one}"' for one in every[:most]) + more


def missing(sheet: str, binding: Binding, former: str, impostor: Column | None) -> str:
    """Say that a column is gone; ``former``: how ``impostor``, which has its title, was called."""
    other, first = "", ""
    if former and former != binding.external:
        other = f' Another column, "{former}" before, has its title now and is not taken for it.'
    elif impostor is not None:
        kind = kind_of(type_of(impostor))
        other = f" Another column with its title, of type {kind}, is not taken for it."
        first = "Rename that one, then "
    stop = _what_stops(binding, "back")
    return (
        f'Column "{binding.external}" is missing in sheet "{sheet}"; {stop}. The rows are safe.'
        f"{other} {first}{APPLY if first else APPLY.capitalize()} to add it again with the values "
        "it had, or restore the deleted column."
    )


def awaited(sheet: str, binding: Binding) -> str:
    """Say that a sheet never had a column of the template."""
    stop = _what_stops(binding, "there")
    return (
        f'Column "{binding.external}" is missing in sheet "{sheet}", which never had it; {stop}. '
        f"{APPLY.capitalize()} to add it."
    )


def _what_stops(binding: Binding, until: str) -> str:
    if binding.field == SYNC_ID:
        return f"nothing is written to this sheet until it is {until}"
    return "its values are neither read nor written, everything else goes on"


def renamed(sheet: str, binding: Binding, column: Column) -> str:
    """Say that a column has another title."""
    return (
        f'Column "{binding.external}" was renamed to "{column.title}" in sheet "{sheet}". The rows '
        "are safe and everything keeps working; rename it back, or note the new title under "
        f'"titles" of this customer.'
    )


def confused(sheet: str, binding: Binding, column: Column, other: str) -> str:
    """Say that titles were swapped, or that one stands over another column."""
    why = (
        f'and another column is called "{binding.external}" now'
        if other == binding.external
        else "which is the title of another column of the template"
    )
    return (
        f'Column "{binding.external}" was renamed to "{column.title}" in sheet "{sheet}", {why}; '
        "people would type into the wrong one, so its values wait, everything else goes on. The "
        f"rows are safe. {APPLY.capitalize()} to put the titles back, or rename the columns."
    )


def replaced(sheet: str, binding: Binding, column: Column) -> str:
    """Say that a column was deleted and another one took its place."""
    return (
        f'Column "{binding.external}" of sheet "{sheet}" was deleted, and another column '
        f'"{column.title}" with the same title and type is used in its place; what it held is '
        "put back."
    )


def retyped(sheet: str, binding: Binding, column: Column) -> str:
    """Say that a column's type was changed, and its cells with it."""
    return (
        f'Column "{column.title}" of sheet "{sheet}" is of type {kind_of(type_of(column))} but '
        f"should be {kind_of(wanted_type(binding))}; its values wait until the type is put back. "
        f"The rows are safe. {APPLY.capitalize()}, or change the type (Edit Column Properties)."
    )


def untyped(sheet: str, binding: Binding, column: Column) -> str:
    """Say that a column has another type, which works."""
    return (
        f'Column "{column.title}" of sheet "{sheet}" is of type {kind_of(type_of(column))} but '
        f"should be {kind_of(wanted_type(binding))}; what is in it is read as text and works. To "
        "have it checked while people type, change its type (Edit Column Properties)."
    )


def options_gone(sheet: str, column: Column, gone: Sequence[str]) -> str:
    """Say which values were taken out of a dropdown."""
    one = len(gone) == 1
    return (
        f"The value{'' if one else 's'} {quoted(gone)} of dropdown "
        f'"{column.title}" in sheet "{sheet}" {"is" if one else "are"} gone; its values wait until '
        f"{'it is' if one else 'they are'} back, everything else goes on. The rows are safe; put "
        f"{'it' if one else 'them'} back (Edit Column Properties), or {APPLY}."
    )


def options_added(sheet: str, column: Column, more: Sequence[str]) -> str:
    """Say which values a dropdown offers besides the template's."""
    return (
        f'Dropdown "{column.title}" in sheet "{sheet}" also offers {quoted(more)}; a row with '
        "such a value is asked for another one. Delete them there (Edit Column Properties) if "
        "nobody needs them."
    )


def unlocked(sheet: str, column: Column) -> str:
    """Say that people can type over what the service fills in."""
    return (
        f'Column "{column.title}" of sheet "{sheet}" is not locked, so people can type over what '
        f"the service fills in; lock it, or {APPLY}."
    )


def unrestricted(sheet: str, column: Column) -> str:
    """Say that anything can be entered into a column that takes listed values."""
    return (
        f'Column "{column.title}" of sheet "{sheet}" takes any value now, not only the listed '
        "ones; rows are checked all the same. Restrict it again (Edit Column Properties), or "
        f"{APPLY}."
    )


def altered(sheet: str, column: Column, lost: Sequence[str]) -> str:
    """Say which harmless properties are no longer the template's."""
    what = ", ".join(in_words(one) for one in lost)
    return (
        f'Column "{column.title}" of sheet "{sheet}" is no longer as in the template ({what}); '
        f"nothing depends on it. {APPLY.capitalize()} to have it back."
    )


def to_come(sheet: str, column: Column, awaited_traits: Sequence[str]) -> str:
    """Say what a newer template asks of a column and the sheet never had."""
    what = ", ".join(in_words(one) for one in awaited_traits[:_SHOWN])
    return (
        f'Column "{column.title}" of sheet "{sheet}" waits for the newer template ({what}). '
        f"{APPLY.capitalize()}."
    )


def unknown(sheet: str, column: Column) -> str:
    """Say that a column is none of the template's."""
    return (
        f'Column "{column.title}" of sheet "{sheet}" is not of the template; it is neither read '
        "nor written, and it stays."
    )


def moved(sheet: str, columns: Sequence[Column]) -> str:
    """Say which columns stand elsewhere."""
    return (
        f'The order of the columns in sheet "{sheet}" is another one '
        f"({quoted(one.title for one in columns)} moved); nothing depends on it. "
        'Run "ubm-sync template apply --order" to have the template\'s.'
    )


def excepted(text: str, exempt: Deviation) -> str:
    """Add that a difference is approved."""
    because = f" ({exempt.reason})" if exempt.reason else ""
    return f"{text} Approved until {exempt.until}, {exempt.owner}{because}."
