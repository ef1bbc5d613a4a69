"""The main job, played under every behaviour of the vendors that nobody has verified."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.stack import ENROLMENTS, ROW, Stack

OTHER: list[tuple[str, dict[str, Any]]] = [
    ("hubspot", {"retry_after": True, "per_ten_seconds": 12}),
    ("hubspot", {"search_lag": 45.0, "search_lag_jitter": 60.0}),
    ("hubspot", {"search_cap": 400}),
    ("hubspot", {"unique_conflict": "conflict"}),
    ("hubspot", {"archived_holds_unique_value": True}),
    ("hubspot", {"unknown_property": "ignore", "read_only_property": "ignore"}),
    ("hubspot", {"create_without_stage": "reject"}),
    ("hubspot", {"missing_rejects_batch": True}),
    ("hubspot", {"deactivated_owner": "accept"}),
    ("hubspot", {"shuffle_results": False}),
    ("hubspot", {"trims_text": True}),
    ("hubspot", {"merge_makes_new_record": True}),
    ("hubspot", {"merge_fills_empty": False}),
    ("hubspot", {"merged_listed_as_archived": True}),
    ("hubspot", {"activity_touches_record": True}),
    ("hubspot", {"whole_seconds": True}),
    ("hubspot", {"closed_date": "keep", "ticket_is_closed": True}),
    ("hubspot", {"closed_date": "off", "time_to_close_unit": "s"}),
    ("hubspot", {"urgent_priority": False}),
    ("hubspot", {"property_delay": 0.5}),
    ("hubspot", {"owners_limit": 100}),
    ("smartsheet", {"per_minute": 60, "rate_headers": "retry-after"}),
    ("smartsheet", {"per_minute": 60, "rate_headers": "x-ratelimit"}),
    ("smartsheet", {"past_last_page": "last"}),
    ("smartsheet", {"restriction_first": True}),
    ("smartsheet", {"delete_moves_version": False, "columns_move_version": False}),
    ("smartsheet", {"lost_access": 403}),
    ("smartsheet", {"formula_moves_modified": True}),
    ("smartsheet", {"ui_strips_zeros": False}),
    ("smartsheet", {"numbers_as_floats": True}),
    ("smartsheet", {"write_answers_all_cells": True}),
    ("smartsheet", {"restored_rows_keep_ids": False}),
]
NAMES = [f"{system} {' '.join(f'{k}={v}' for k, v in given.items())}" for system, given in OTHER]


@pytest.mark.parametrize(("system", "given"), OTHER, ids=NAMES)
def test_a_row_becomes_active_whatever_the_vendors_do(
    tmp_path: Path, system: str, given: dict[str, Any]
) -> None:
    with Stack(tmp_path, switches={system: given}) as stack:
        first = stack.type_row()
        second = stack.type_row({**ROW, "Account Number": "5519044871", "GL / Cost Center": "6410"})
        twice = stack.type_row({**ROW, "Account Number": "4471-908-023"})
        stack.wait(120)
        stack.settle()
        stack.approve(*stack.tickets())
        stack.wait(120)
        stack.settle()
        stack.enrol()
        stack.wait(120)
        stack.settle()
        stack.edit_ticket(stack.ticket(second), ubm_gl_code="6411")
        stack.wait(120)
        stack.settle()

        shown = {row: cells["Sync Status"] for row, cells in stack.rows().items()}
        assert shown == {first: "Active", second: "Active", twice: "Duplicate"}
        assert stack.row(second)["GL / Cost Center"] == "6411"
        assert len(stack.tickets()) == len(stack.tickets(ENROLMENTS)) == len(stack.accounts()) == 2
        before = stack.writes()
        stack.cycle()
        stack.cycle(full=True)
        assert stack.writes() == before
        assert stack.problems() == []
