"""How long ``why`` and ``undo`` take on 100,000 records: ``python -m tests.bench.why``.

Seconds are those of the processor: the machine may have other work.

The state is filled as cycles fill it: each record is created once, its row told twice, and a share
of the records edited again in many small cycles, so that a record's entries lie far apart.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from tests.engine_house import ACME, MAPPINGS, START

from ubm_sync.model import Observation
from ubm_sync.reports.why import explain, find
from ubm_sync.state import RecordState, State, open_state
from ubm_sync.sync import undo
from ubm_sync.sync.identity import mint
from ubm_sync.sync.rules import compile_rules

PORTION, CYCLES, EDITED = 2_500, 500, 100
FIELDS = ("city", "notes", "location_name")


def main(records: int) -> None:
    """Fill a state and print what it took to ask it."""
    with tempfile.TemporaryDirectory() as folder:
        state = open_state(f"sqlite:///{Path(folder) / 'state.db'}")
        begun = time.process_time()
        ids = [mint("row", f"r{n}", START + timedelta(seconds=n)) for n in range(records)]
        for start in range(0, records, PORTION):
            _first_sync(state, ids[start : start + PORTION], start)
        big = _edits(state, ids)
        for number in range(CYCLES):
            _edits(state, [ids[(number * 7919 + n * 104_729) % records] for n in range(EDITED)])
        size = (Path(folder) / "state.db").stat().st_size / 1e6
        _say(f"filled in {time.process_time() - begun:.1f} s: {size:.0f} MB")
        _measure(state, ids, big)
        state.close()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _measure(state: State, ids: Sequence[str], run: str) -> None:
    slowest = 0.0
    for number in range(0, len(ids), len(ids) // 20):
        begun = time.process_time()
        with state.reading() as tx:
            subject = find(tx, MAPPINGS, "smartsheet", f"r{number}", "city")
            assert subject is not None
            told = explain(tx, subject, {})
        slowest = max(slowest, time.process_time() - begun)
        assert len(told["history"]) > 1
    _say(f"why: {slowest:.3f} s at most, {len(told['history'])} entries in the last answer")
    begun = time.process_time()
    rules = {"location": compile_rules(MAPPINGS["location"])}
    found = undo.look(state, rules, run, lambda *_: None)
    seconds = time.process_time() - begun
    _say(f"undo: {seconds:.1f} s to look at {len(found.fields)} fields: {undo.tally(found.fields)}")


def _first_sync(state: State, ids: Sequence[str], start: int) -> None:
    values = {name: f"{name} of a location" for name in MAPPINGS["location"].shared}
    seen = Observation("row", "", None, "S1", "1", values, modified_at=START)
    with state.transaction() as tx:
        tx.records.save(
            RecordState(one, "location", ACME.key, START, values, {}, dirty=False) for one in ids
        )
        tx.observations.save(
            (one, replace(seen, ref=f"r{start + n}", key=one)) for n, one in enumerate(ids)
        )
        tx.observations.save(
            (one, replace(seen, place="ticket", ref=f"t{start + n}", key=one))
            for n, one in enumerate(ids)
        )
        run = tx.runs.start(START, "sync")
        at = START.isoformat()
        creates = {f"ticket {one}": [values, "row", "jsmith@example.com", at] for one in ids}
        body = {"mapping": "0" * 64, "creates": creates, "updates": {}}
        begun = time.process_time()
        intent = tx.journal.intent(run, "hubspot", body, START, ids)
        if not start:
            took = (time.process_time() - begun) / len(ids) * 1e6
            _say(f"journal of a create: {took:.1f} us for each record")
        tx.journal.outcome(intent, {"landed": len(ids)}, START)
        update = {"sync_status": [None, "Waiting for CSM", "filled by the service"]}
        body = {"mapping": "0" * 64, "creates": {}, "updates": dict(_named("row", ids, update))}
        intent = tx.journal.intent(run, "smartsheet", body, START, ids)
        tx.journal.outcome(intent, {"landed": len(ids)}, START)


def _edits(state: State, ids: Sequence[str]) -> str:
    why = ["changed in row by jsmith@example.com", {"by": "jsmith@example.com"}]
    with state.transaction() as tx:
        run = tx.runs.start(START, "sync")
        for start in range(0, len(ids), PORTION):
            part = list(dict.fromkeys(ids[start : start + PORTION]))
            update = {name: ["before", f"{name} of a location", *why] for name in FIELDS[:1]}
            body = {
                "mapping": "0" * 64,
                "creates": {},
                "updates": dict(_named("ticket", part, update)),
            }
            intent = tx.journal.intent(run, "hubspot", body, START, part)
            tx.journal.outcome(intent, {"landed": len(part)}, START)
    return run


def _named(place: str, ids: Sequence[str], change: object) -> Iterator[tuple[str, object]]:
    return ((f"{place} {one}", change) for one in ids)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
