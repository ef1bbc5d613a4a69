"""The reasons for a delay: 15 codes, who bears each, and how long people have before it begins.

The order of the table is the order of precedence between two delays that began together.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Party(StrEnum):
    """Who bears a delay."""

    CLIENT = "client"
    VENDOR = "vendor"
    INTERNAL = "internal"


class Code(NamedTuple):
    """One reason for a delay.

    ``threshold`` are the business days people have, counted from the notice, before a delay begins
    (0: it begins with the fact itself).
    """

    key: str
    party: Party
    meaning: str
    threshold: int


_CODES = (
    Code("CL-KICKOFF", Party.CLIENT, "kickoff not agreed", 5),
    Code("CL-RESCHED", Party.CLIENT, "meeting moved or missed", 0),
    Code("CL-DOCS", Party.CLIENT, "documents missing or incomplete", 2),
    Code("CL-LIST", Party.CLIENT, "location list incomplete", 5),
    Code("CL-CREDS", Party.CLIENT, "login not provided or not valid", 5),
    Code("CL-NOREPLY", Party.CLIENT, "no answer to a question", 3),
    Code("CL-APPROVAL", Party.CLIENT, "approval pending", 3),
    Code("CL-SCOPE", Party.CLIENT, "scope added after the baseline", 0),
    Code("CL-HOLD", Party.CLIENT, "paused at the client's request", 0),
    Code("VN-PORTAL", Party.VENDOR, "utility portal not usable", 0),
    Code("VN-AUTH", Party.VENDOR, "utility has not confirmed an authorisation", 10),
    Code("VN-BILL", Party.VENDOR, "utility has not issued a bill", 0),
    Code("IN-BACKLOG", Party.INTERNAL, "longer with us than planned", 0),
    Code("IN-PRIORITY", Party.INTERNAL, "other work put first", 0),
    Code("IN-REWORK", Party.INTERNAL, "an error of ours had to be mended", 0),
)

CODES = {code.key: code for code in _CODES}
RANK = {code.key: rank for rank, code in enumerate(_CODES)}
