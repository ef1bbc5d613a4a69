"""What nobody has verified against the vendor, and how strict the play is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Switches:
    """Behaviours to test with both settings; every field may be set while the emulator runs."""

    #: Requests per minute and token (vendor: 300); 0 turns the limit off.
    per_minute: int = 300
    #: Headers of a 429: "none", "retry-after" or "x-ratelimit".
    rate_headers: str = "none"
    #: A page after the last one: "empty" or "last" (the last page again).
    past_last_page: str = "empty"
    #: Code of a value that a restricted column does not take.
    restricted_error: int = 5536
    #: Whether a restricted column answers with that code for strict values too (else 1042).
    restriction_first: bool = False
    #: Code of a sheet that is full (others have met 5732 and 5636).
    full_error: int = 5732
    #: Hard limits of a sheet; 0 turns one off.
    max_rows: int = 20_000
    max_columns: int = 400
    max_cells: int = 500_000
    #: Rows a write request may hold.
    max_batch: int = 500
    #: Whether row deletions move the sheet's version.
    delete_moves_version: bool = True
    #: Whether column changes move the sheet's version.
    columns_move_version: bool = True
    #: Status of a sheet that the token may not see: 404 (1006) or 403 (1004).
    lost_access: int = 404
    #: Whether a recalculated formula moves the row's modifiedAt.
    formula_moves_modified: bool = False
    #: Whether a row restored from the sheet's bin keeps its id.
    restored_rows_keep_ids: bool = True
    #: Whether a person who types 007 gets the number 7.
    ui_strips_zeros: bool = True
    #: Whether whole numbers are sent as 7.0 instead of 7.
    numbers_as_floats: bool = False
    #: Whether the answer of a row write holds every cell or only those that were sent.
    write_answers_all_cells: bool = False
    #: Code of a token that was revoked: 1002 (invalid) or 1003 (expired).
    revoked_error: int = 1002
    #: Seconds a write takes per row (a customer's sheet took 0.6 to 0.8).
    seconds_per_row: float = 0.0
    #: Longest request line in bytes before a 414 with an HTML body.
    longest_line: int = 8190
    #: Whether http callbacks to this machine are taken (the vendor takes https only).
    loopback_callbacks: bool = True
    #: Seconds by which events are gathered into one callback (vendor: 6 to 60).
    callback_delay: float = 0.0
    #: Seconds before the first retry of a callback; doubles seven times.
    callback_retry: float = 1.0
    #: How often a callback arrives twice or late: every n-th; 0 never.
    callbacks_doubled_every: int = 0
    callbacks_lost_every: int = 0
