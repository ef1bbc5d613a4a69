"""The floor: what the same bytes cost with nothing done to them but being taken and stored.

Every answer the service received is decoded by orjson, every record in it is hashed and put into
a table with SQLite's upsert (a file, write-ahead log, one transaction per answer). No HTTP, no
merge, no second place to write to.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

RECORDS = ("rows", "results", "result", "data")  # where the vendors put them


def bodies(path: Path) -> Iterator[bytes]:
    """Yield the bodies that were kept in a file."""
    with path.open("rb") as file:
        while head := file.read(4):
            yield file.read(struct.unpack("<I", head)[0])


def records(answer: Any) -> list[Any]:
    """Return the records in an answer."""
    for name in RECORDS:
        found = answer.get(name) if isinstance(answer, dict) else None
        if isinstance(found, list):
            return found
    return []


def measure(paths: list[Path], database: Path) -> dict[str, float]:
    """Return seconds, records and bytes of the floor."""
    kept = [body for path in paths for body in bodies(path)]
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=normal")
    connection.execute("create table seen (id text primary key, hash blob, body blob)")
    upsert = (
        "insert into seen values (?, ?, ?) "
        "on conflict (id) do update set hash = excluded.hash, body = excluded.body"
    )
    wall, cpu, number = time.perf_counter(), time.process_time(), 0
    for body in kept:
        found = []
        for record in records(orjson.loads(body)):
            text = orjson.dumps(record)
            ref = record.get("id") if isinstance(record, dict) else None
            found.append((str(ref or number), hashlib.sha256(text).digest(), text))
        number += len(found)
        connection.execute("begin")
        connection.executemany(upsert, found)
        connection.execute("commit")
    return {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "records": number,
        "bytes": sum(map(len, kept)),
    }


if __name__ == "__main__":
    files = [Path(name) for name in sys.argv[2:]]
    sys.stdout.write(json.dumps(measure(files, Path(sys.argv[1]))))
