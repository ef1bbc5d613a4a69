"""Configurations an admin might leave behind: the shipped files and two customers, and one slip.

A bad one is a file, a passage of it, what stands there instead (``§`` right before the mistake) and
a part of the message. A good one has no mark. An empty passage means: at the end of the file.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[3]
LOCATIONS, ONBOARDING, DESK = (
    "mappings/locations.yaml",
    "mappings/onboarding.yaml",
    "mappings/disconnections.yaml",
)
SERVICE, COVERAGE = "config/service.yaml", "config/coverage.yaml"
DELAYS, PHRASES = "config/delays.yaml", "config/disconnection_phrases.yaml"
DESK_FILE = "config/disconnections.yaml"
HALSTED, ACME = "config/customers/halsted.yaml", "config/customers/acme.yaml"

CUSTOMERS = {
    HALSTED: """\
key: halsted
name: Halsted Foods
company: "18840211"
intake: sheet
sheet: "4583173393803140"
csm:
  email: dana.lee@example.com
  name: Dana Lee
backup: priya.shah@example.com
zone: America/Chicago
states: [IL]
closures:
  - 2026-12-24
contracted: 240
titles:
  gl_code: Cost Center
paused: false
""",
    ACME: """\
key: acme
name: Acme Stores
company: "18840999"
sheet: "4583173393809999"
csm: {email: lee.park@example.com, name: Lee Park}
""",
}
MESSAGES = {  # the coverage file as a team would fill it in
    COVERAGE: """\
zone: America/Chicago
hours:
  mon-fri: "08:00-17:00"
people:
  dana.lee@example.com:
    name: Dana Lee
    absences:
      - {from: 2026-12-21, to: 2026-12-23, reason: holiday}
on_call:
  order: [priya.shah@example.com, lee.park@example.com]
lead: lead@example.com
director: director@example.com
quiet:
  - {from: 2026-12-24 12:00, to: 2026-12-26, reason: Christmas}
""",
}


class Slip(NamedTuple):
    """One change of one file."""

    file: str
    old: str
    new: str
    words: str = ""


def folder(root: Path) -> Path:
    """Write the good files under ``root``."""
    for name in ("mappings", "config"):
        shutil.copytree(ROOT / name, root / name)
    for name, text in {**CUSTOMERS, **MESSAGES}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def changed(text: str, slip: Slip) -> tuple[str, int, int]:
    """Return the file with the slip, and the line and column of its mark (0, 0 without one)."""
    assert not slip.old or text.count(slip.old) == 1, (text.count(slip.old), slip.old)
    marked = text.replace(slip.old, slip.new) if slip.old else text + slip.new
    before, mark, _ = marked.partition("§")
    if not mark:
        return marked, 0, 0
    return marked.replace("§", ""), before.count("\n") + 1, len(before) - before.rfind("\n")


CITY = """\
    at:
      row: {name: City, settings: {column: TEXT_NUMBER, width: 110}}
      ticket: ubm_city
      account: city
"""
ZIP_ROW = "row: {name: ZIP, settings: {column: TEXT_NUMBER, width: 80}}"
GL = "    label: GL / cost center\n"

BAD: dict[str, Slip] = {
    # ------------------------------------------------------------------------------ YAML itself
    "a tab for indentation": Slip(
        HALSTED, "  name: Dana Lee", "§\tname: Dana Lee", "not with tabs"
    ),
    "an unquoted colon": Slip(
        HALSTED, "name: Halsted Foods", "name: Halsted§: Foods", "belongs in quotes"
    ),
    "a percent sign": Slip(HALSTED, "Halsted Foods", "§%Halsted", "put the text in quotes"),
    "a list without an end": Slip(HALSTED, "states: [IL]", "states: §[IL", "has no end"),
    "a quote without an end": Slip(ACME, "Acme Stores", '§"Acme Stores', "has no end"),
    "a key twice": Slip(HALSTED, "paused: false", "paused: false\n§zone: America/Denver", "twice"),
    "a key twice in a flow": Slip(
        ACME, "name: Lee Park}", "name: Lee, §name: Park}", '"name" is here twice'
    ),
    "a wrong indentation": Slip(
        LOCATIONS, "    role: shared\n    required: true\n    choices: [Add",
        "    role: shared\n   §required: true\n    choices: [Add", "",
    ),
    "an unknown anchor": Slip(HALSTED, "states: [IL]", "states: §*usual", "undefined alias"),
    "blocks that are merged": Slip(HALSTED, "csm:\n", "csm:\n  §<<: {name: X}\n", "not merged"),
    "an endless file": Slip(HALSTED, "states: [IL]", "states: §&a [*a]", "endless"),
    "a tag": Slip(HALSTED, "contracted: 240", "contracted: §!!python/name:os.system 240", "tag"),
    "two documents": Slip(HALSTED, "paused: false", "§---\npaused: false", "another document"),
    "a control character": Slip(HALSTED, "Halsted Foods", "Halsted§\x00", "control character"),
    # ------------------------------------------------------------------------ kinds of values
    "yes for true": Slip(HALSTED, "paused: false", "paused: §no", "; write false"),
    "on for true": Slip(LOCATIONS, "    intake: true\n", "    intake: §on\n", "; write true"),
    "a number with a zero": Slip(HALSTED, "contracted: 240", "contracted: §0240", "a whole number"),
    "a number for a name": Slip(HALSTED, "Halsted Foods", "§1912", "put it in quotes"),
    "nothing": Slip(HALSTED, "name: Halsted Foods", "name:§", "not nothing"),
    "a list where a block belongs": Slip(
        HALSTED, "csm:\n  email: dana.lee@example.com\n  name: Dana Lee",
        "csm:\n  §- dana.lee@example.com", "a block of keys belongs here, not a list",
    ),
    "a word where a list belongs": Slip(
        LOCATIONS, "writers: [row, ticket]\n    label: State", "writers: §row\n    label: State",
        "a list belongs here",
    ),
    "a time without minutes": Slip(SERVICE, 'full_read_at: "02:30"', "full_read_at: §2am", "time"),
    "an hour that does not exist": Slip(SERVICE, '"02:30"', '§"24:30"', "time of day"),
    "seconds with a unit": Slip(SERVICE, "sync_every: 20", "sync_every: §20s", "a number belongs"),
    "a zone's short name": Slip(HALSTED, "America/Chicago", "§CST", "America/Chicago"),
    "a misspelt zone": Slip(HALSTED, "America/Chicago", "§America/Chigaco", "did you mean"),
    "a day that does not exist": Slip(HALSTED, "2026-12-24", "§2026-02-30", "not a day"),
    "a day as people write it": Slip(HALSTED, "2026-12-24", "§12/24/2026", "write it as"),
    "a state's name": Slip(HALSTED, "[IL]", "[§Illinois]", "two letters"),
    "an address without a domain": Slip(HALSTED, "priya.shah@example.com", "§priya.shah", "e-mail"),
    "a share of 30": Slip(SERVICE, "  share: 0.3\n", "  share: §30\n", "at most 1"),
    # ------------------------------------------------------------------------------- unknown words
    "an unknown key of a customer": Slip(HALSTED, "backup:", "§bakup:", 'did you mean "backup"'),
    "an unknown key of a field": Slip(
        LOCATIONS, GL, GL + "    §writer: [row]\n", 'did you mean "writers"'
    ),
    "an unknown setting of a system": Slip(
        SERVICE, "template_name:", "§template_nam:", 'did you mean "template_name"'
    ),
    "a wrong setting of a system": Slip(
        SERVICE, "    name: UBM\n", "    name: UBM\n    facts_every: §often\n", "a number belongs"
    ),
    "an unknown setting of a column": Slip(
        LOCATIONS, "width: 80}}", "§widht: 80}}", 'did you mean "width"'
    ),
    "an unknown type of column": Slip(
        LOCATIONS, ZIP_ROW, ZIP_ROW.replace("TEXT_NUMBER", "§TEXT"), "TEXT_NUMBER"
    ),
    "an unknown system": Slip(
        LOCATIONS, "    system: store", "    system: §stroe", 'did you mean "store"'
    ),
    "an unknown kind": Slip(LOCATIONS, "kind: location", "kind: §locations", 'mean "location"'),
    "an unknown code of a delay": Slip(
        DELAYS, "stages:\n  contract_signed:", "stages:\n  §contract_sgned:", "contract_signed"
    ),
    "an unknown message": Slip(
        SERVICE, "texts: {}", "texts: {§row.wating: Thanks}", 'did you mean "row.waiting"'
    ),
    "a message that cannot be filled in": Slip(
        SERVICE, "texts: {}", 'texts: {row.waiting: §"Thanks, {whom}"}', "{whom} cannot be filled"
    ),
    "a customer nobody knows in the pilot": Slip(
        SERVICE, "pilot: []", "pilot: [§halstead]", 'did you mean "halsted"'
    ),
    # ---------------------------------------------------------------------------------- secrets
    "a token": Slip(
        SERVICE, "    name: HubSpot\n", "    name: HubSpot\n    access_token: §abc123def456\n",
        "secret",
    ),
    "an address with a password": Slip(
        SERVICE, "    name: UBM\n", "    name: UBM\n    url: §postgresql://ubm:hunter2@db/ubm\n",
        "an address with a password",
    ),
    "a private app's token as a name": Slip(
        HALSTED, "Halsted Foods", "§pat-na1-0123abcd-4567-89ab-cdef-0123456789ab", "access token"
    ),
    # ---------------------------------------------------------------------------- owners and ways
    "an owner where the field is not": Slip(
        LOCATIONS, "    label: City\n", "    conflict: owner\n    owner: §enrolment\n"
        "    label: City\n", "is not among the writers",
    ),
    "a writer where the field is not": Slip(
        LOCATIONS, "writers: [row, ticket]\n    label: City",
        "writers: [row, §enrolment]\n    label: City", 'does not live in "enrolment"',
    ),
    "a field without an owner": Slip(
        LOCATIONS, "    writers: [row, ticket]\n    label: City", "    §writers: []\n"
        "    label: City", "nobody may change",
    ),
    "a field mapped twice": Slip(
        LOCATIONS, "ticket: ubm_city", "ticket: §ubm_state", "already holds"
    ),
    "a field that lives nowhere": Slip(LOCATIONS, CITY, "    §at: {}\n", "lives nowhere"),
    "a property that changes by itself": Slip(
        LOCATIONS, "ticket: ubm_city", "ticket: §hs_lastmodifieddate", "changes by itself"
    ),
    "an unknown column of the store": Slip(
        LOCATIONS, "account: city", "account: §citty", 'did you mean "city"'
    ),
    "a day in a column of words": Slip(
        LOCATIONS, "settings: {column: DATE, width: 100}}\n      ticket: ubm_service_end",
        "settings: {column: CHECKBOX, width: 100}}\n      ticket: ubm_service_end", "CHECKBOX",
    ),
    "a change that goes nowhere": Slip(
        LOCATIONS, "account: city", "account: §{name: city, direction: in}", "can never reach"
    ),
    "a direction against its writers": Slip(
        LOCATIONS, "writers: [row, ticket]\n    label: ZIP\n",
        "writers: [row, §ticket]\n    label: ZIP\n", "goes only out",
    ),
    "a required field that customers do not see": Slip(
        LOCATIONS, "  checks:\n    type: long_text\n    role: service",
        "  checks:\n    type: long_text\n    role: shared\n    writers: [ticket]\n"
        "    §required: true", "customers must fill in",
    ),
    # ------------------------------------------------------------------- values and transforms
    "two of ours for one of theirs": Slip(
        LOCATIONS, "Requested: requested, Enrolled: enrolled,",
        "Requested: enrolled, Enrolled: §enrolled,", "nobody can tell",
    ),
    "a value map of an unknown value": Slip(
        LOCATIONS, "{Not requested: not_requested", "{§Not asked: not_requested", "is not one of"
    ),
    "a value map without a default": Slip(
        LOCATIONS, "      row: {name: State, settings",
        "      row: {name: State, unmapped: §default, settings", "which one? add `default`",
    ),
    "a default that is no value": Slip(
        LOCATIONS, "      row: {name: State, settings",
        "      row: {name: State, unmapped: default, default: §ILL, settings", "is not one of our",
    ),
    "a transform that loses letters": Slip(
        LOCATIONS, "account: city", "account: {name: city, §transform: [upper]}",
        'is written there as "',
    ),
    "a transform without a way back": Slip(
        LOCATIONS, ZIP_ROW, ZIP_ROW.replace("ZIP,", "ZIP, §transform: [digits],"), "read back as"
    ),
    "an unknown transform": Slip(
        LOCATIONS, ZIP_ROW, ZIP_ROW.replace("ZIP,", "ZIP, transform: [§uper],"), 'mean "upper"'
    ),
    "an expression with an unknown function": Slip(
        LOCATIONS, ZIP_ROW,
        ZIP_ROW.replace("ZIP,", 'ZIP, direction: in, transform: [§{read: "value.uper()"}],'),
        'did you mean "upper"',
    ),
    "an expression that is none": Slip(
        LOCATIONS, ZIP_ROW,
        ZIP_ROW.replace("ZIP,", 'ZIP, transform: [§{read: "value +"}],'), "no expression",
    ),
    "an expression that reaches out": Slip(
        LOCATIONS, ZIP_ROW,
        ZIP_ROW.replace("ZIP,", 'ZIP, transform: [§{read: "__import__(value)"}],'), "no function",
    ),
    "a pattern that is none": Slip(
        LOCATIONS, GL, GL + '    validation: §{pattern: "["}\n', "is no pattern"
    ),
    "a check that nothing passes": Slip(
        LOCATIONS, GL, GL + "    validation: {shortest: 9, longest: §3}\n", "no text has"
    ),
    "an example against its own check": Slip(
        LOCATIONS, GL, GL + '    examples: [§"12"]\n    validation: {shortest: 3}\n', "too short"
    ),
    "a map of people for a text": Slip(
        LOCATIONS, "account: city",
        "account: {name: city, §people: {a@x.com: b@x.com}}", "for e-mails of people",
    ),
    # -------------------------------------------------------------------------- statuses and stages
    "a status that is missing": Slip(
        LOCATIONS, "Duplicate,\n              Not accepted, Closing", "Duplicate,\n"
        "              §Not acepted, Closing", 'write "Not accepted"',
    ),
    "a status nobody can reach": Slip(
        LOCATIONS, "Closed, Problem on our side]", "Closed, Problem on our side, §Parked]",
        "nothing ever sets",
    ),
    "a stage that is missing": Slip(
        LOCATIONS, "- {key: declined,", "- {key: §decline,", 'write "declined"'
    ),
    "a field the procedure needs": Slip(
        LOCATIONS, "  sync_message:", "  sync_mesage:", 'did you mean "sync_mesage"'
    ),
    "a stage twice": Slip(
        LOCATIONS, "{key: duplicate, label: Duplicate", "{key: duplicate, label: §Active",
        "two stages have the label",
    ),
    # -------------------------------------------------------------------------------- customers
    "another customer's sheet": Slip(
        ACME, "4583173393809999", "4583173393803140", "is also in"
    ),
    "no sheet": Slip(ACME, 'sheet: "4583173393809999"\n', "", "which sheet?"),
    "a title of an unknown field": Slip(HALSTED, "gl_code: Cost", "§gl_cod: Cost", '"gl_code"'),
    "a title that is taken": Slip(HALSTED, "Cost Center", "§Notes", "already; two columns"),
    "a backup that is the manager": Slip(
        HALSTED, "priya.shah@example.com", "§Dana.Lee@example.com", "the backup is the manager"
    ),
    "a window that ends before it begins": Slip(
        COVERAGE, "{from: 2026-12-24 12:00, to: 2026-12-26", "§{from: 2026-12-28, to: 2026-12-26",
        "before it begins",
    ),
    "hours that run backwards": Slip(COVERAGE, '"08:00-17:00"', '§"17:00-08:00"', "ends before"),
    "a hole in the coverage": Slip(
        COVERAGE, "on_call:\n  order: [priya.shah@example.com, lee.park@example.com]\n"
        "lead: lead@example.com\ndirector: director@example.com\n",
        "  priya.shah@example.com:\n    absences: [{from: 2026-12-22, to: 2026-12-22}]\n", "22",
    ),
    # ------------------------------------------------------- what a hostile reader came up with
    "a word without a blank after its colon": Slip(
        LOCATIONS, "    label: City\n", "    §label:City\n", "ends with a colon and a blank"
    ),
    "a token in a comment": Slip(
        HALSTED, "paused: false", "paused: false # §pat-na1-0123abcd-4567-89ab-cdef-0123456789ab",
        "an access token stands here",
    ),
    "a token as a key": Slip(
        HALSTED, "paused: false", "§pat-na1-0123abcd-4567-89ab-cdef-0123456789ab: false",
        "an access token stands here",
    ),
    "a token as an alias": Slip(
        HALSTED, "paused: false", "paused: *§pat-na1-0123abcd-4567-89ab-cdef-0123456789ab",
        "an access token stands here",
    ),
    "a token as a tag": Slip(
        HALSTED, "paused: false", "paused: !§pat-na1-0123abcd-4567-89ab-cdef-0123456789ab false",
        "an access token stands here",
    ),
    "a match without a sheet": Slip(
        ACME, 'sheet: "4583173393809999"\n', "intake: csm\nmatch: §only\n", "nothing to match with"
    ),
    "a sign that is none": Slip(HALSTED, "Halsted Foods", "Halsted §\ufffe", "control character"),
    "an unfinished merge": Slip(
        HALSTED, "paused: false", "§<<<<<<< HEAD\npaused: false\n=======\npaused: true\n>>>>>>> x",
        "were not merged here",
    ),
    "a name of blanks": Slip(HALSTED, "Halsted Foods", '§"   "', "this is blank"),
    "a name over two lines": Slip(
        HALSTED, "Halsted Foods", "§|\n  Halsted\n  Foods", "on one line"
    ),
    "a sign that turns the writing about": Slip(
        HALSTED, "Halsted Foods", '§"Halsted\u202e Foods"', "U+202E"
    ),
    "a sheet's address": Slip(
        ACME, '"4583173393809999"', "§https://app.smartsheet.com/sheets/4583173393809999", "no id"
    ),
    "quotation marks of a document": Slip(
        ACME, '"4583173393809999"', "§\u201c4583173393809999\u201d", "no quotation marks"
    ),
    "a letter of another alphabet": Slip(
        HALSTED, "dana.lee@example.com", "§d\u0430na.lee@example.com", "in no e-mail address"
    ),
    "a zone that is none": Slip(HALSTED, "America/Chicago", "§Factory", "no time zone"),
    "a column's title that is the identity's": Slip(
        HALSTED, "Cost Center", "§UBM sync ID", "the identity"
    ),
    "a text that is filled in too wide": Slip(
        SERVICE, "texts: {}", 'texts: {row.waiting: §"Thanks, {who:>999999999}"}', "cannot be"
    ),
    "a brace that is wrong the other way round": Slip(
        DESK_FILE, "on: true", 'on: true\nreply: §"} {who} {"', "a brace is missing"
    ),
    "two rules of the guard for the same": Slip(
        SERVICE, "  rules: []",
        "  rules:\n    - {field: zip, floor: 5}\n    - §{field: zip, floor: 500}",
        "is about the same",
    ),
    "a width with a unit": Slip(
        LOCATIONS, ZIP_ROW, ZIP_ROW.replace("width: 80", "width: §80px"), "a whole number belongs"
    ),
    "too many steps": Slip(
        LOCATIONS, ZIP_ROW,
        ZIP_ROW.replace("ZIP,", f"ZIP, transform: §[{', '.join(['trim'] * 11)}],"),
        "at most 10 entries; here are 11",
    ),
}  # fmt: skip

GOOD: dict[str, Slip] = {
    "as shipped": Slip(HALSTED, "", ""),
    "comments and blank lines": Slip(HALSTED, "key: halsted", "# ours\n\nkey: halsted # key"),
    "Windows line ends": Slip(HALSTED, "\nname: Halsted Foods\n", "\r\nname: Halsted Foods\r\n"),
    "a byte order mark": Slip(HALSTED, "key: halsted", "\ufeffkey: halsted"),
    "a schema line": Slip(
        HALSTED, "key: halsted", "# yaml-language-server: $schema=x.json\nkey: halsted"
    ),
    "a name with an accent and a colon": Slip(HALSTED, "Halsted Foods", '"Café Zürich: Foods"'),
    "an id without quotes": Slip(HALSTED, '"18840211"', "18840211"),
    "no is a word": Slip(LOCATIONS, "label: Notes", "label: no"),
    "an anchor": Slip(
        HALSTED, "states: [IL]\nclosures:\n  - 2026-12-24", "states: &s [IL]\nclosures: []"
    ),
    "a new field": Slip(
        LOCATIONS, "  # ------------------------------------------------- filled by the service, "
        "shown to the customer\n",
        "  square_feet:\n    type: number\n    role: shared\n    writers: [row, ticket]\n"
        "    examples: ['1200']\n    validation: {at_least: 1, at_most: 1000000}\n"
        "    at:\n      row: {name: Square Feet, settings: {column: TEXT_NUMBER}}\n"
        "      ticket: ubm_square_feet\n\n",
    ),
    "one choice more": Slip(LOCATIONS, "Fuel oil, Lighting]", "Fuel oil, Lighting, Hydrogen]"),
    "one stage more": Slip(
        LOCATIONS, "      - {key: closed, label: Closed, closed: true}\n",
        "      - {key: closed, label: Closed, closed: true}\n"
        "      - {key: parked, label: Parked}\n",
    ),
    "a stage with another label": Slip(LOCATIONS, "label: Setting up}", "label: In set-up}"),
    "a field that is required now": Slip(
        LOCATIONS, "    writers: [row, ticket]\n" + GL, "    required: true\n"
        "    writers: [row, ticket]\n" + GL,
    ),
    "another owner": Slip(
        LOCATIONS, "    label: City\n", "    conflict: owner\n    owner: ticket\n    label: City\n"
    ),
    "the newest wins": Slip(
        LOCATIONS, "    label: City\n", "    conflict: newest\n    label: City\n"
    ),
    "a quiet time": Slip(
        LOCATIONS, "    label: City\n", "    quiet_minutes: 5\n    label: City\n"
    ),
    "a transform with a way back": Slip(
        LOCATIONS, "account: zip",
        "account: {name: zip, transform: [{replace: {old: '|', new: ''}}]}",
    ),
    "a value map with more words of theirs": Slip(
        LOCATIONS, "      row: {name: State, settings",
        "      row: {name: State, decode: {Illinois: IL, Texas: TX}, unmapped: restore, settings",
    ),
    "a map of people": Slip(
        LOCATIONS, "    at: {ticket: hubspot_owner_id}",
        "    at: {ticket: {name: hubspot_owner_id, "
        "people: {dana.lee@example.com: dl@desk.example}}}",
    ),
    "a check by pattern": Slip(
        LOCATIONS, GL, GL + "    examples: ['4100-22']\n"
        "    validation: {pattern: '[0-9]{4}-[0-9]{2}', message: '{} looks like 4100-22.'}\n",
    ),
    "a check by expression": Slip(
        LOCATIONS, GL, GL + "    validation: {expression: \"!value.startsWith('9')\"}\n"
    ),
    "an own message": Slip(
        SERVICE, "texts: {}", 'texts: {row.waiting: "Thank you. {who} looks at this by {day}."}'
    ),
    "a secret by its name": Slip(
        PHRASES, "vendors: []", "vendors: [Token Power, Password Electric]"
    ),
    "a customer without a sheet": Slip(
        ACME, 'sheet: "4583173393809999"', "intake: csv\nfolder: drop"
    ),
    "a text that speaks of passwords": Slip(
        LOCATIONS, "description: Anything else we should know, at most 1,000 characters. Never a "
        "password.", 'description: "Never a password: use https://example.com/secure instead."',
    ),
    "titles of their own": Slip(
        HALSTED, "  gl_code: Cost Center", "  gl_code: Cost Center\n  location_code: Store Number"
    ),
    "rules of the guard": Slip(
        SERVICE, "  rules: []", "  rules: [{customer: halsted, field: zip, floor: 500}]"
    ),
}  # fmt: skip
