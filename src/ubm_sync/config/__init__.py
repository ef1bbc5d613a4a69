"""Configuration: what an admin sets about the service and its customers, and the environment."""

from __future__ import annotations

from ubm_sync.config.coverage import examine_coverage
from ubm_sync.config.customers import CustomerFile, real_folder
from ubm_sync.config.delays import DelaySettings
from ubm_sync.config.environment import DEFAULTS, Environment
from ubm_sync.config.loading import Configuration, load_configuration
from ubm_sync.config.phrases import PhraseSettings, failed_tests, load_phrases
from ubm_sync.config.schemas import schemas
from ubm_sync.config.service import Service
from ubm_sync.config.writing import check_customer, set_paused, write_customer, write_text

__all__ = [
    "DEFAULTS",
    "Configuration",
    "CustomerFile",
    "DelaySettings",
    "Environment",
    "PhraseSettings",
    "Service",
    "check_customer",
    "examine_coverage",
    "failed_tests",
    "load_configuration",
    "load_phrases",
    "real_folder",
    "schemas",
    "set_paused",
    "write_customer",
    "write_text",
]
