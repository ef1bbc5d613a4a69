"""Mappings: which field lives where, who owns it, how its values translate.

``load_mappings(folder)`` gives one frozen ``Mapping`` for each kind of record, or every flaw.
"""

from __future__ import annotations

from ubm_sync.mapping.equality import comparable, same
from ubm_sync.mapping.language import MappingFile
from ubm_sync.mapping.loading import check_mappings, load_mappings, misnamed, yaml_files
from ubm_sync.mapping.located import Located, listed, load_yaml, nearest, parse_yaml
from ubm_sync.mapping.rules import FieldRule, Mapping, Policy, Role, Threshold
from ubm_sync.mapping.validation import in_order, validate

__all__ = [
    "FieldRule",
    "Located",
    "Mapping",
    "MappingFile",
    "Policy",
    "Role",
    "Threshold",
    "check_mappings",
    "comparable",
    "in_order",
    "listed",
    "load_mappings",
    "load_yaml",
    "misnamed",
    "nearest",
    "parse_yaml",
    "same",
    "validate",
    "yaml_files",
]
