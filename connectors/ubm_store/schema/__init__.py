"""The tables of the UBM account store."""

from __future__ import annotations

from sqlalchemy import Table

from ubm_store.schema.accounts import (
    ENROLMENTS,
    KNOWN_KEY,
    KNOWN_METER,
    KNOWN_TAIL,
    STATUSES,
    Account,
    AccountEvent,
    ChangeCounter,
    Customer,
    DataServicesLink,
    Location,
    Meter,
    Vendor,
    VendorAlias,
)
from ubm_store.schema.base import SOURCES, Base
from ubm_store.schema.billing import (
    Bill,
    BillLine,
    CredentialReference,
    OperatorClearance,
    ServiceContract,
)

__all__ = [
    "ENROLMENTS",
    "KNOWN_KEY",
    "KNOWN_METER",
    "KNOWN_TAIL",
    "SOURCES",
    "STATUSES",
    "Account",
    "AccountEvent",
    "Base",
    "Bill",
    "BillLine",
    "ChangeCounter",
    "CredentialReference",
    "Customer",
    "DataServicesLink",
    "Location",
    "Meter",
    "OperatorClearance",
    "ServiceContract",
    "Vendor",
    "VendorAlias",
    "table",
]


def table(model: type[Base]) -> Table:
    """Return the table of a model, for statements over many rows."""
    return Base.metadata.tables[model.__tablename__]
