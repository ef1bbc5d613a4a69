"""The new-location procedure: what a customer's row becomes, decided purely."""

from ubm_sync.locations.needs import NEEDS
from ubm_sync.locations.procedure import LocationFlow
from ubm_sync.locations.rules import DuplicatePolicy, LocationRules

__all__ = ["NEEDS", "DuplicatePolicy", "LocationFlow", "LocationRules"]
