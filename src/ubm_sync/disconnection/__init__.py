"""Disconnections: what a message says of one, and until when. Pure, no clock."""

from ubm_sync.disconnection.deadlines import effective_deadline
from ubm_sync.disconnection.grammar import (
    Extension,
    Grammar,
    GrammarError,
    builtin,
    builtin_source,
    extended,
)
from ubm_sync.disconnection.merging import worst
from ubm_sync.disconnection.reading import read
from ubm_sync.disconnection.rules import Thresholds
from ubm_sync.disconnection.values import (
    Category,
    DeadlineKind,
    Message,
    Reading,
    ServiceState,
)

__all__ = [
    "Category",
    "DeadlineKind",
    "Extension",
    "Grammar",
    "GrammarError",
    "Message",
    "Reading",
    "ServiceState",
    "Thresholds",
    "builtin",
    "builtin_source",
    "effective_deadline",
    "extended",
    "read",
    "worst",
]
