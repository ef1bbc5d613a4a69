"""First connect: which existing rows, tickets and accounts are the same. Pure; decides nothing."""

from __future__ import annotations

from ubm_sync.matching.assigning import Candidate, Class, Matching, Proposal, match
from ubm_sync.matching.item import Item
from ubm_sync.matching.scoring import ASK, PROBABLE, SAME

__all__ = ["ASK", "PROBABLE", "SAME", "Candidate", "Class", "Item", "Matching", "Proposal", "match"]
