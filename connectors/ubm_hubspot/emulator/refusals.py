"""What the vendor says when it says no, as an exception that becomes an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson

PORTAL_ID = 4_410_021


class Flaw(NamedTuple):
    """One property value that was not accepted."""

    name: str
    code: str
    message: str


class Refusal(Exception):
    """An error answer: status, category and the optional parts of the vendor's error body."""

    def __init__(
        self,
        status: int,
        category: str,
        message: str,
        *,
        sub_category: str = "",
        context: Mapping[str, list[str]] | None = None,
        errors: Iterable[Mapping[str, Any]] = (),
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.category = category
        self.message = message
        self.sub_category = sub_category
        self.context = dict(context or {})
        self.errors = list(errors)
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})

    def body(self, correlation: str) -> dict[str, Any]:
        """Return the error body of a whole request."""
        body: dict[str, Any] = {
            "status": "error",
            "message": self.message,
            "correlationId": correlation,
        }
        if self.errors:
            body["errors"] = self.errors
        if self.context:
            body["context"] = self.context
        if self.category:
            body["category"] = self.category
        if self.sub_category:
            body["subCategory"] = self.sub_category
        return body | self.extra

    def item(self, context: Mapping[str, list[str]]) -> dict[str, Any]:
        """Return the entry of a 207 answer: the detail of properties stays in the message."""
        item: dict[str, Any] = {
            "status": "error",
            "category": self.category,
            "message": self.message,
            "context": {**self.context, **context},
            "errors": [],
            "links": {},
        }
        if self.sub_category:
            item["subCategory"] = self.sub_category
        return item


def invalid(message: str) -> Refusal:
    """Return a refusal of the request as a whole."""
    return Refusal(400, "VALIDATION_ERROR", message)


def invalid_values(flaws: Iterable[Flaw]) -> Refusal:
    """Return the refusal of property values: the detail is JSON inside the message."""
    flaws = list(flaws)
    details = [
        {
            "isValid": False,
            "message": flaw.message,
            "error": flaw.code,
            "name": flaw.name,
            "localizedErrorMessage": flaw.message,
            "portalId": PORTAL_ID,
        }
        for flaw in flaws
    ]
    errors = [
        {"message": flaw.message, "code": flaw.code, "context": {"propertyName": [flaw.name]}}
        for flaw in flaws
    ]
    text = f"Property values were not valid: {orjson.dumps(details).decode()}"
    return Refusal(400, "VALIDATION_ERROR", text, errors=errors)


def not_found(message: str = "resource not found") -> Refusal:
    """Return the refusal for something that is not there."""
    return Refusal(404, "OBJECT_NOT_FOUND", message)
