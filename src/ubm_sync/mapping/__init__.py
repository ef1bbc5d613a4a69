"""Mappings: which field lives where, who owns it, how its values translate.

``load_mappings(folder)`` gives one frozen ``Mapping`` for each kind of record, or every flaw.
"""

from __future__ import annotations

from ubm_sync.mapping.equality import comparable, same
from ubm_sync.mapping.language import MappingFile
from ubm_sync.mapping.literals import issued_in
from ubm_sync.mapping.loading import (
    Sound,
    check_mappings,
    load_mappings,
    misnamed,
    read_mappings,
    yaml_files,
)
from ubm_sync.mapping.located import Located, listed, load_yaml, nearest, parse_yaml
from ubm_sync.mapping.rules import FieldRule, Mapping, Policy, Role, Threshold
from ubm_sync.mapping.validation import in_order, inspect_part, validate

__all__ = [
    "FieldRule",
    "Located",
    "Mapping",
    "MappingFile",
    "Policy",
    "Role",
    "Sound",
    "Threshold",
    "check_mappings",
    "comparable",
    "in_order",
    "inspect_part",
    "issued_in",
    "listed",
    "load_mappings",
    "load_yaml",
    "misnamed",
    "nearest",
    "parse_yaml",
    "read_mappings",
    "same",
    "validate",
    "yaml_files",
]
