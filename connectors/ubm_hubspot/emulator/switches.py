"""The behaviours nobody has verified on a live portal, and the limits a test wants small.

Each default is the documented or the more demanding behaviour. Times are in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Switches:
    """What may differ between portals; set by name through the control API."""

    # Rate limits; 0 switches a limit off.
    per_ten_seconds: int = 190
    search_per_second: int = 5
    daily: int = 650_000
    account_time_zone: str = "America/New_York"  # the daily count starts again at midnight there
    retry_after: bool = False  # send Retry-After with a 429
    migrating: int = 0  # answer 477 with this Retry-After

    # Search.
    search_lag: float = 2.0  # a change is found this much later
    search_lag_jitter: float = 0.0  # plus up to this, a fixed share per record
    search_repeats: int = 0  # every n-th result of a page comes once more, at the page's end
    search_cap: int = 10_000
    search_body_limit: int = 3_000

    # Sizes.
    uri_limit: int = 8_000
    body_limit: int = 0  # bytes; 0: none
    owners_limit: int = 500  # largest page of owners

    # Records.
    unique_conflict: str = "validation"  # or "conflict": 409 with "Existing ID"
    archived_holds_unique_value: bool = False
    unknown_property: str = "error"  # or "ignore"
    read_only_property: str = "error"  # or "ignore"
    stage_error: str = "INVALID_OPTION"  # code for a stage outside its pipeline
    create_without_stage: str = "default"  # first stage of the pipeline; or "reject"
    missing_rejects_batch: bool = False  # a batch update with a missing id: 400 instead of 207
    deactivated_owner: str = "reject"  # or "accept": may a record be given to who left
    shuffle_results: bool = True
    trims_text: bool = False
    merge_makes_new_record: bool = False
    merge_fills_empty: bool = True  # the other's values go into what is empty
    merged_listed_as_archived: bool = False  # the record that was merged away
    whole_seconds: bool = False  # times of change are whole seconds, so that two may be the same
    activity_touches_record: bool = False  # a note or task moves the ticket's modification time

    # Tickets.
    closed_date: str = "clear"  # on reopening: "clear" or "keep"; "off": never set
    ticket_is_closed: bool = False  # tickets have hs_is_closed
    urgent_priority: bool = True
    unique_creation_key_writable: bool = False
    task_priority_none: bool = True
    time_to_close_unit: str = "ms"  # or "s"
    message_properties: bool = True  # tickets tell when they were last written to and from

    # Conversations, meetings and histories.
    email_objects: str = "kept"  # or "off": mail shows only in the ticket's message properties
    contact_change_source: str = "MEETINGS"  # sourceType of a change by a client's own hand
    automatic_moves_received: bool = True  # an automatic answer counts as a message received
    message_moves_ticket: bool = True  # a message moves the ticket's modification time
    history_limit: int = 0  # newest values a property's history shows; 0: all

    # Properties and scopes.
    property_delay: float = 0.0  # a new property is readable this much later
    missing_scopes: tuple[str, ...] = ()  # e.g. ("tickets",): answered with 403
    missing_objects: tuple[str, ...] = ()  # e.g. ("emails",): the portal knows no such type
