"""Requests and answers as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs

import orjson


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request: header names in lower case, ``query`` as sent."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def parameters(self) -> Mapping[str, Sequence[str]]:
        """Return the query as lists, empty values kept."""
        return _parsed(self.query)

    def parameter(self, name: str, default: str | None = None) -> str | None:
        """Return the last value of a query parameter."""
        values = self.parameters().get(name)
        return values[-1] if values else default

    def json(self) -> Any:
        """Return the decoded body; raises ValueError where it is no JSON."""
        return orjson.loads(self.body) if self.body else None


@lru_cache(maxsize=256)
def _parsed(query: str) -> Mapping[str, Sequence[str]]:
    return parse_qs(query, keep_blank_values=True)


class Delivery(Enum):
    """What happens to an answer on its way."""

    WHOLE = "whole"
    NOTHING = "nothing"  # the connection closes without a byte
    CUT = "cut"  # the connection closes half-way through the body


@dataclass(frozen=True, slots=True)
class Response:
    """One answer, and how it is delivered; ``stall`` in seconds before the first byte."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json;charset=utf-8"
    delivery: Delivery = Delivery.WHOLE
    stall: float = 0.0


def as_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return ``value`` as a JSON answer."""
    return Response(status=status, body=orjson.dumps(value), headers=headers or {})
