"""The end of a cycle for systems that are answered as a whole: files beside dropped files."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from ubm_sync.errors import NEXT_CYCLE, LeaseLost, SyncError, with_next_step
from ubm_sync.intakes import Answers
from ubm_sync.ports import Connector

log = structlog.get_logger(__name__)


def answer(connectors: Mapping[str, Connector]) -> list[str]:
    """Have each connector bring its answers up to date; return what went wrong, by system.

    Raises LeaseLost.
    """
    problems = []
    for name, connector in connectors.items():
        if not isinstance(connector, Answers):
            continue
        try:
            connector.finish()
        except LeaseLost:
            raise
        except SyncError as error:
            log.warning("answers wait", system=name, error=str(error))
            problems.append(f"{name}: {with_next_step(error, NEXT_CYCLE)}")
    return problems
