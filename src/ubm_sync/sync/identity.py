"""Identity of records: minted once, and the same again if everything else is lost.

A ``sync_id`` is a UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then 74 bits that are random in
the RFC and a hash of the record's first place here. So a record that is seen for the first time
twice - after a crash, by two instances, after the service's state was lost - gets the same id
twice, and a create that is sent again meets the record it made before.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime

_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def mint(place: str, ref: str, created_at: datetime) -> str:
    """Return the id of the record first seen in ``place`` as ``ref``, created at ``created_at``."""
    milliseconds = int(created_at.timestamp() * 1000) & (1 << 48) - 1
    digest = int.from_bytes(hashlib.sha256(f"{place}\0{ref}".encode()).digest()[:10], "big")
    value = milliseconds << 80 | 0x7 << 76 | (digest >> 62 & 0xFFF) << 64 | 0b10 << 62
    text = f"{value | digest & (1 << 62) - 1:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_sync_id(text: str | None) -> bool:
    """Return whether ``text`` can be an id that this service minted."""
    return text is not None and _CANONICAL.fullmatch(text) is not None


def must_identify(
    carried: str | None,
    key: str,
    intake: bool,
    base: Mapping[str, str],
) -> bool:
    """Return whether a record must be given its identity though nothing else is to be written.

    A copy carries another record's. In an intake the identity may have gone with what held it; a
    record nothing was agreed on yet (no ``base``) gets it with its first write.
    """
    return intake and bool(base) if carried is None else carried != key
