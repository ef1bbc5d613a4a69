"""The vendor's refusals: code, HTTP status and words."""

from __future__ import annotations

from typing import Any

#: Code -> (HTTP status, the vendor's words with places for particulars).
REFUSALS: dict[int, tuple[int, str]] = {
    1001: (401, "An Access Token is required."),
    1002: (401, "Your Access Token is invalid."),
    1003: (401, "Your Access Token has expired."),
    1004: (403, "You are not authorized to perform this action."),
    1006: (404, "Not Found"),
    1008: (400, "Unable to parse request. The following error occurred: {}"),
    1009: (400, "A required parameter is missing from your request: {}."),
    1012: (400, "Required object attribute(s) are missing from your request: {}."),
    1018: (400, "The value {} was not valid for the parameter {}."),
    1031: (400, "The value {} was not valid for the attribute {}."),
    1032: (400, "The attribute(s) {} are not allowed for this operation."),
    1034: (400, "The rowId {} is invalid."),
    1036: (400, "The columnId {} is invalid."),
    1037: (400, "The columnId {} is included more than once in a single row."),
    1038: (400, "Invalid cell value. Must be numeric or a string."),
    1039: (403, "Column {} is locked and cannot be edited."),
    1041: (400, "The value for the attribute {} must be {} characters in length or less."),
    1042: (
        400,
        (
            "The value for cell in column {}, {}, did not conform to the strict requirements "
            "for type {}."
        ),
    ),
    1046: (400, "Cells in system column {} cannot be written."),
    1050: (403, "Row {} is locked and cannot be edited."),
    1055: (400, "A sheet must have exactly one primary column."),
    1056: (400, "Column titles must be unique: {}."),
    1057: (400, "The primary column must be of type TEXT_NUMBER."),
    1062: (400, "Invalid row location."),
    1063: (400, "Invalid parentId: {}."),
    1064: (400, "Invalid siblingId: {}."),
    1065: (400, "The primary column cannot be deleted."),
    1081: (403, "Only the author of a discussion or comment may change it."),
    1087: (400, "The column is used by conditional formatting and cannot be deleted."),
    1090: (400, "column.type is required when changing symbol, systemColumnType or options."),
    1092: (403, "Row {} or one of its children is locked and cannot be deleted."),
    1109: (400, "cell.hyperlink and cell.linkInFromCell cannot both be set."),
    1110: (400, "cell.value must be null when cell.linkInFromCell is set."),
    1111: (400, "cell.hyperlink takes only one of sheetId and reportId."),
    1112: (400, "cell.hyperlink.url must be null when sheetId or reportId is set."),
    1113: (400, "cell.value must be a string when cell.hyperlink is set."),
    1115: (400, "Cell links and cell values cannot be set in one row update."),
    1123: (400, "All rows of a request must have the same location attributes and values."),
    1130: (400, "Only one of cell.value and cell.objectValue may be set."),
    1131: (400, "cell.objectValue of type {} does not fit column {}."),
    1136: (400, "Rows cannot be copied or moved within one sheet."),
    1148: (400, "The number {} is out of range."),
    1151: (404, "The object of the webhook's scope was not found."),
    1152: (400, "The callback URL must use https."),
    1154: (403, "The webhook was disabled by the vendor."),
    1160: (400, "Invalid bulk request: {}"),
    1163: (400, "cell.formula cannot be combined with other attributes of the cell."),
    1212: (403, "Only an administrator of the sheet may override validation."),
    1260: (400, "The last visible column cannot be deleted or hidden."),
    1277: (400, "The multi-select value is too large."),
    1293: (404, "The webhook's subscope holds invalid ids."),
    1302: (400, "Cells of a column formula cannot be edited: column {}."),
    4000: (500, "An unexpected error has occurred. Please contact the vendor's support."),
    4001: (503, "The service is currently offline for system maintenance."),
    4002: (500, "Server timeout exceeded. Request has failed."),
    4003: (429, "Rate limit exceeded."),
    4004: (500, "An unexpected error has occurred. Please retry your request."),
}

BUSY = (
    "Request failed because sheetId {} is currently being updated by another request "
    "that uses the same access token."
)


class Refused(ValueError):
    """The vendor refuses a request; ``detail`` says which item of a batch is meant."""

    def __init__(
        self, code: int, *parts: object, status: int | None = None, words: str | None = None
    ) -> None:
        usual, text = REFUSALS.get(code, (400, "{}"))
        self.code = code
        self.status = status or usual
        self.words = words or text.format(*parts)
        self.detail: dict[str, Any] = {}
        super().__init__(f"{code} {self.words}")

    def at(self, index: int, row: int | None) -> Refused:
        """Say which item of the request is refused."""
        self.detail = {"index": index} | ({"rowId": row} if row else {})
        return self

    def body(self, reference: str) -> dict[str, Any]:
        """Return the vendor's error body."""
        body: dict[str, Any] = {
            "refId": reference,
            "errorCode": self.code,
            "message": self.words,
        }
        return body | ({"detail": self.detail} if self.detail else {})


def unexpected(name: str) -> Refused:
    """Return the refusal of a field that is not the JSON it should be."""
    return Refused(1008, f'Field "{name}" was of unexpected type.')
