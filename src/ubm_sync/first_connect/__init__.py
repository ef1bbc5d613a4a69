"""First connect: what exists is read, matched, shown to people and decided; nothing is written."""

from __future__ import annotations

from ubm_sync.first_connect.deciding import accept, approve_above, begin, reject
from ubm_sync.first_connect.looking import MAIN, Look, look, system_names

__all__ = ["MAIN", "Look", "accept", "approve_above", "begin", "look", "reject", "system_names"]
