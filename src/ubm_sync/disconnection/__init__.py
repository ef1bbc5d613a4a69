"""Disconnections: what a message says of one, and until when. Pure, no clock."""

from ubm_sync.disconnection.deadlines import effective_deadline
from ubm_sync.disconnection.grammar import Grammar, GrammarError, Thresholds, builtin
from ubm_sync.disconnection.merging import worst
from ubm_sync.disconnection.reading import read
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
    "Grammar",
    "GrammarError",
    "Message",
    "Reading",
    "ServiceState",
    "Thresholds",
    "builtin",
    "effective_deadline",
    "read",
    "worst",
]
