"""Every mistake an admin can make is refused at its line and column, in words that help."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.mapping.samples import GOOD, flaws_of, located, replaced

# what is wrong -> the file, with § right before the mistake, and a part of the message
BAD = {
    "two values on one line": ("kind: a§: b\n", "not valid YAML"),
    "a tab": ("kind: site\nplaces:\n§\trow: 1\n", "indent with spaces, not with tabs"),
    "a list without an end": ("kind: [site§", "not valid YAML"),
    "an unknown alias": ("kind: §*nothing\n", "undefined alias"),
    "a second document": ("kind: site\n§---\nkind: other\n", "another document"),
    "a control character": ("kind: a§\x07b\n", "control character"),
    "an endless alias": (replaced("kind: site", "kind: §&x [*x]"), "endless"),
    "a tag of its own": (replaced("kind: site", "kind: §!word site"), "the tag !word"),
    "a key that is a list": (replaced("kind: site", "kind: site\n§[a, b]: 1"), "must be a word"),
    "a list instead of keys": ("§- kind\n- places\n", "a block of keys belongs here, not a list"),
    "a word instead of keys": ("§kind\n", 'a block of keys belongs here, not "kind"'),
    "a key twice": (
        replaced("    role: service", "    role: service\n    §type: text"),
        '"type" is here twice (first on line 43)',
    ),
    "a field twice": (
        GOOD + "  §city: {type: text, role: service, at: {row: Town}}\n",
        '"city" is here twice (first on line 19)',
    ),
    "an unknown key": (
        replaced("    required: true", "    §requird: true"),
        'unknown key "requird"; did you mean "required"?',
    ),
    "a key unlike any other": (
        replaced("    required: true", "    §colour: red"),
        'unknown key "colour"; known here: ',
    ),
    "an unknown key of a place": (
        replaced("    suffix: task", "    §sufix: task"),
        'unknown key "sufix"; did you mean "suffix"?',
    ),
    "an unknown key of a spot": (
        replaced("{name: Ticket, locked", "{name: Ticket, §loked"),
        'unknown key "loked"; did you mean "locked"?',
    ),
    "an unknown key of a stage": (
        replaced("label: Open}", "label: Open, §close: true}"),
        'unknown key "close"; did you mean "closed"?',
    ),
    "an unknown key of the file": (
        "§knd: site\n" + GOOD,
        'unknown key "knd"; did you mean "kind"?',
    ),
    "no kind": (replaced("kind: site\nplaces", "§places"), '"kind" is missing'),
    "no role": (
        replaced(
            "  number:\n    type: identifier\n    role: service",
            "  §number:\n    type: identifier",
        ),
        '"role" is missing here',
    ),
    "an unknown type": (
        replaced("type: identifier", "type: §identfier"),
        'did you mean "identifier"?',
    ),
    "an unknown role": (replaced("role: service", "role: §servise"), 'did you mean "service"?'),
    "an unknown policy": (
        replaced("conflict: owner", "conflict: §latest"),
        '"latest" is not one of ask, owner, newest',
    ),
    "a number for text": (
        replaced("kind: site", "kind: §12"),
        'text belongs here, not 12 (put it in quotes: "12")',
    ),
    "a word for yes or no": (
        replaced("required: true", "required: §yes"),
        'true or false belongs here, not "yes"',
    ),
    "a word for a list": (
        replaced("    writers: [row, ticket]\n    at", "    writers: §row\n    at"),
        'a list belongs here, not "row"',
    ),
    "nothing for a name": (replaced("row: City", "row:§"), "belongs here, not nothing"),
    "an empty name": (replaced("row: City", 'row: §""'), "this is empty; fill it in"),
    "a field name with a blank": (
        replaced("  number:", "  §the number:"),
        '"the number" is no good name',
    ),
    "a share over one": (replaced("share: 0.1", "share: §10"), "this must be at most 1 (found 10)"),
    "a setting that is a list": (
        replaced("width: 90", "width: §[90]"),
        "text belongs here, not a list",
    ),
    "an unknown place": (
        replaced("      task: site_city", "      §tsk: site_city"),
        'there is no place "tsk"; did you mean "task"?',
    ),
    "an unknown writer": (
        replaced("    writers: [row, ticket]\n    at", "    writers: [row, §tickt]\n    at"),
        'there is no place "tickt"; did you mean "ticket"?',
    ),
    "a writer where the field does not live": (
        replaced("writers_once_accepted: [ticket]", "writers_once_accepted: [ticket, §task]"),
        '"size" does not live in "task"',
    ),
    "a writer where the field is locked": (
        replaced(
            "    writers: [row, ticket]\n    at:\n      row: City",
            "    writers: [§row, ticket]\n    at:\n      row: {name: City, locked: true}",
        ),
        '"city" is locked in "row"',
    ),
    "a writer that is not read": (
        replaced(
            "    writers: [row, ticket]\n    at:\n      row: City",
            "    writers: [§row, ticket]\n    at:\n      row: {name: City, readable: false}",
        ),
        '"city" is not read from "row"',
    ),
    "a change that cannot arrive": (
        replaced("      row: City", "      row: §{name: City, writable: false}"),
        'a change of "city" in "ticket" can never reach "row"',
    ),
    "a writer of a service field": (
        replaced("    role: service", "    role: service\n    §writers: [row]"),
        "filled by the service",
    ),
    "a shared field nobody may change": (
        replaced("    writers: [row, ticket]\n    at", "    §writers: []\n    at"),
        'nobody may change "city"',
    ),
    "a field that lives nowhere": (
        replaced('    at:\n      row: {name: Ticket, locked: true, shape: "#{}"}', "    §at: {}"),
        '"number" lives nowhere',
    ),
    "a shared field in one place": (
        replaced(
            "    writers: [row, ticket]\n    at:\n      row: City\n"
            "      ticket: site_city\n      task: site_city",
            "    writers: [task]\n    §at:\n      task: site_city",
        ),
        "shared but lives in one place only",
    ),
    "a conflict policy for a service field": (
        replaced("    role: service", "    role: service\n    §conflict: ask"),
        "only a shared field has `conflict`",
    ),
    "a service field required of people": (
        replaced("    role: service", "    role: service\n    §required: true"),
        "cannot be required of people",
    ),
    "an owner that nobody named": (
        replaced("    conflict: owner\n    owner: row\n", "    conflict: §owner\n"),
        "who is the owner?",
    ),
    "an owner without the policy": (
        replaced("    conflict: owner\n    owner: row\n", "    §owner: row\n"),
        "`owner` needs `conflict: owner`",
    ),
    "an owner that may not write": (
        replaced("owner: row\n", "owner: §rows\n"),
        'the owner "rows" is not among the writers; did you mean "row"?',
    ),
    "a choice without choices": (
        replaced("    type: identifier", "    type: §choice").replace(', shape: "#{}"', ""),
        '"number" is a choice; list its `choices`',
    ),
    "choices of a text": (
        replaced("    type: identifier", "    type: identifier\n    §choices: [A, B]"),
        "only a choice has `choices`",
    ),
    "a choice twice": (
        replaced("[Small, Large]", "[Small, Large, §small]"),
        '"small" is the same choice as number 1',
    ),
    "a stage where there is no pipeline": (
        replaced("at: {ticket: stage}", "at: {ticket: stage, §task: stage}"),
        '"task" has no pipeline',
    ),
    "a restriction to nothing": (
        replaced('shape: "#{}"}', 'shape: "#{}", settings: {restricted: §true}}'),
        "restricted to what?",
    ),
    "stages without a pipeline": (
        replaced(
            "    pipeline: New sites\n    stages:\n      - {key: open",
            "    stages:\n      §- {key: open",
        ),
        "stages need the pipeline",
    ),
    "a pipeline without stages": (
        replaced("    suffix: task", "    suffix: task\n    pipeline: §Tasks"),
        "a pipeline needs its stages",
    ),
    "a stage key twice": (
        replaced("{key: done, label: Done", "{key: §open, label: Done"),
        'two stages have the key "open"',
    ),
    "a stage label twice": (
        replaced("{key: done, label: Done", "{key: done, label: §OPEN"),
        'two stages have the label "OPEN"',
    ),
    "two places with one identity": (
        replaced("  task:\n    system: desk\n    suffix: task", "  §task:\n    system: desk"),
        '"task" and "ticket" would carry the same identity in desk',
    ),
    "a colon in a suffix": (replaced("suffix: task", 'suffix: §"a:b"'), "cannot contain"),
    "a place without fields": (
        replaced("      task: site_city\n", "").replace("  task:", "  §task:"),
        'no field lives in "task"',
    ),
    "the name of the identity": (
        replaced("      row: City", "      row: §Sync ID"),
        "already holds the identity of the record",
    ),
    "two types for one name": (
        replaced(
            "    at: {ticket: stage}",
            "    at: {ticket: stage}\n"
            "  town:\n    type: date\n    role: service\n    at: {task: §site_size}",
        ),
        '"site_size" is date here but choice for "ticket" of the same system',
    ),
    "two of our values for one of theirs": (
        replaced("{Small: S, Large: L}", "{Small: S, Large: §s}"),
        '"Small" and "Large" would both be "s" there: reading "s" back, nobody can tell',
    ),
    "a translation that hits an untranslated value": (
        replaced("{Small: S, Large: L}", "{Small: §Large}"),
        '"Small" and "Large" would both be "Large" there',
    ),
    "a translation of an unknown value": (
        replaced("{Small: S, Large: L}", "{§Smal: S, Large: L}"),
        '"Smal" is not one of our values of this field; did you mean "Small"?',
    ),
    "a translation of free text": (
        replaced("      task: site_city", "      task: {name: site_city, §encode: {Ulm: U}}"),
        "`encode` needs a known list of values",
    ),
    "a shape without a place for the value": (
        replaced('shape: "#{}"', 'shape: §"#"'),
        "a shape needs {} exactly once",
    ),
    "a shape around a choice": (
        replaced("{name: Size, settings", '{name: Size, §shape: "({})", settings'),
        "cannot have a shape",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_mistake_is_named_where_it_stands(name: str) -> None:
    marked, part = BAD[name]
    text, line, column = located(marked)

    flaws = flaws_of(text)

    assert {(flaw.line, flaw.column) for flaw in flaws} == {(line, column)}, flaws
    assert any(part in flaw.message for flaw in flaws), flaws


def test_one_name_for_two_fields_is_told_at_both() -> None:
    text, line, column = located(replaced("{name: Ticket, locked", "§{name: city, locked"))

    first, second = sorted(flaws_of(text), key=lambda flaw: flaw.line)

    assert '"city" of "row" already holds' in first.message
    assert (second.line, second.column) == (line, column)
    assert '"city" of "row" already holds "city"' in second.message


@given(st.data())
def test_no_slip_of_the_hand_breaks_the_check(data: st.DataObject) -> None:
    lines = GOOD.splitlines()
    place = data.draw(st.integers(0, len(lines) - 1))
    column = data.draw(st.integers(0, len(lines[place])))
    cut = data.draw(st.integers(0, 3))
    typed = data.draw(st.text("{}[]:,-#&*!|>'\"% \t\nab0~?\u2028\u00e9", max_size=3))
    line = lines[place]
    lines[place] = line[:column] + typed + line[column + cut :]

    flaws = flaws_of("\n".join(lines))

    assert all(0 < flaw.line <= len(lines) + 3 and flaw.column > 0 for flaw in flaws)


def test_the_corpus_starts_from_a_file_without_a_flaw() -> None:
    assert flaws_of(GOOD) == ()


def test_all_mistakes_of_all_files_are_named_at_once() -> None:
    first = replaced("role: service", "role: servise").replace("[Small, Large]", "[Small, small]")
    second = replaced("kind: site", "kind: sites").replace("row: City", "rwo: City")

    files = [(flaw.file, flaw.line) for flaw in flaws_of(first, second)]

    assert ("0.yaml", 30) in files
    assert ("0.yaml", 44) in files
    assert ("1.yaml", 24) in files
    assert files == sorted(files)


def test_two_files_cannot_describe_one_kind_or_one_place() -> None:
    messages = [flaw.message for flaw in flaws_of(GOOD, GOOD) if flaw.file == "1.yaml"]

    assert messages[0] == 'kind "site" is described in 0.yaml too; keep one'
    assert messages[1] == 'place "row" is also in 0.yaml; give one another name'


def test_one_name_has_one_type_in_all_files_of_a_system() -> None:
    other = """\
kind: person
places:
  card: {system: desk, identity: sync_id}
fields:
  born: {type: date, role: service, at: {card: site_city}}
"""
    (flaw,) = flaws_of(GOOD, other)

    assert str(flaw) == (
        '1.yaml:5:48: "site_city" is date here but text for "ticket" of the same system; '
        "make them agree or use two names"
    )
