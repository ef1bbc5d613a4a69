"""A small mapping, and a way to say where a mistake is: ``§`` stands right before it."""

from __future__ import annotations

from ubm_sync.errors import ConfigError, Flaw
from ubm_sync.mapping import Mapping, check_mappings, parse_yaml

GOOD = """\
kind: site
places:
  row:
    system: sheets
    intake: true
    identity: Sync ID
  ticket:
    system: desk
    identity: sync_id
    pipeline: New sites
    stages:
      - {key: open, label: Open}
      - {key: done, label: Done, closed: true}
  task:
    system: desk
    suffix: task
    identity: sync_id
fields:
  city:
    type: text
    role: shared
    writers: [row, ticket]
    at:
      row: City
      ticket: site_city
      task: site_city
  size:
    type: choice
    role: shared
    choices: [Small, Large]
    required: true
    writers: [row, ticket]
    writers_once_accepted: [ticket]
    conflict: owner
    owner: row
    threshold: {share: 0.1, floor: 5}
    at:
      row: {name: Size, settings: {restricted: true, width: 90}}
      ticket:
        name: site_size
        encode: {Small: S, Large: L}
  number:
    type: identifier
    role: service
    at:
      row: {name: Ticket, locked: true, shape: "#{}"}
  stage:
    type: stage
    role: signal
    at: {ticket: stage}
"""


def located(text: str) -> tuple[str, int, int]:
    """Return the text without its mark, and the line and column the mark stood at."""
    before = text.partition("§")[0]
    return text.replace("§", ""), before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def replaced(old: str, new: str, base: str = GOOD) -> str:
    """Return ``base`` with one passage changed."""
    assert base.count(old) == 1, old
    return base.replace(old, new)


def read(text: str, file: str = "mappings/site.yaml") -> Mapping:
    """Return the one mapping in ``text``."""
    return next(iter(check_mappings([parse_yaml(text, file)]).values()))


def flaws_of(*texts: str) -> tuple[Flaw, ...]:
    """Return the flaws of files with these contents, called 0.yaml, 1.yaml and so on."""
    try:
        check_mappings([parse_yaml(text, f"{index}.yaml") for index, text in enumerate(texts)])
    except ConfigError as error:
        return error.flaws
    return ()
