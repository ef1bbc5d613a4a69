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
    1024: (400, "The HTTP request body is required for this Method."),
    1028: (400, "You cannot edit the share of the owner."),
    1031: (400, "The value {} was not valid for the attribute {}."),
    1032: (400, "The attribute(s) {} are not allowed for this operation."),
    1034: (400, "Invalid Row Id."),
    1036: (400, "The columnId {} is invalid."),
    1037: (400, "The columnId {} is included more than once in a single row."),
    1038: (400, "Invalid Cell value. Must be numeric or a string."),
    1039: (403, "Cannot edit a locked column {}."),
    1041: (400, "The value for {} must be {} characters in length or less, but was {}."),
    1042: (
        400,
        (
            "The value for cell in column {}, {}, did not conform to the strict requirements "
            "for type {}."
        ),
    ),
    1046: (
        400,
        (
            "Cells containing system values cannot be inserted or updated through the API, "
            "columnId : {}."
        ),
    ),
    1050: (403, "You cannot edit a locked row."),
    1054: (400, "The new sheet requires either a fromId or columns."),
    1055: (400, "One and only one column must be primary."),
    1056: (400, "Column titles must be unique."),
    1057: (400, "Primary columns must be of type TEXT_NUMBER."),
    1060: (400, "Column options are not allowed for column type {}."),
    1062: (400, "Invalid row location."),
    1063: (400, "Invalid parentId: {}."),
    1064: (400, "Invalid siblingId: {}."),
    1065: (400, "The column specified cannot be deleted."),
    1077: (400, "Duplicate system column type: {}."),
    1079: (400, "Column type {} is not supported for system column type {}."),
    1081: (403, "You cannot delete or update another user's discussions or comments."),
    1090: (400, "Column.type is required when changing symbol, systemColumnType or options."),
    1092: (
        403,
        "You cannot delete this row. Either it or one or more of its children are locked.",
    ),
    1109: (400, "Only one of cell.hyperlink or cell.linkInFromCell may be non-null."),
    1110: (400, "cell.value must be null if cell.linkInFromCell is non-null."),
    1111: (
        400,
        "Only one of cell.hyperlink.sheetId and cell.hyperlink.reportId may be non-null.",
    ),
    1112: (400, "cell.hyperlink.url must be null for sheet or report hyperlinks."),
    1113: (400, "cell.value must be a string when the cell is a hyperlink."),
    1115: (
        400,
        "Row must contain either cell link updates or row/cell value updates, not both.",
    ),
    1117: (400, "One of cell.hyperlink url, sheetId or reportId must be non-null."),
    1122: (405, "Requested URL does not support this method: {}."),
    1123: (
        400,
        (
            "Specifying multiple row locations is not yet supported. Each row must use the same "
            "row location attribute and value (toBottom, toTop, parentId, siblingId, above)."
        ),
    ),
    1130: (400, "One of cell.value or objectValue may be set, but not both."),
    1131: (400, "cell.objectValue for column {1} was of the wrong object type: {0}."),
    1135: (400, "Input column index {} is different from the first input column index {}."),
    1136: (400, "Cannot copy or move row(s) within the same sheet."),
    1137: (400, "Input collection contains multiple instances of the same element."),
    1148: (400, "Numeric cell values must be between -9007199254740992 and 9007199254740992."),
    1151: (404, "Scope object not found."),
    1152: (400, "URL must have HTTPS."),
    1154: (403, "Webhook disabled by Smartsheet."),
    1160: (400, "Invalid bulk request. See detail for more information: {}"),
    1162: (400, "A formula must always start with an equal sign (=)."),
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
