"""``python -m tests.bench.reading``: texts about disconnections read in a second on one core.

A report, not a test. The texts are those of ``tests/data``, short as people write them.
"""

from __future__ import annotations

import sys
import time

from tests.quality.texts import labelled

from ubm_sync.disconnection import builtin, read

MOST = 2_000  # texts, taken evenly from all of them, so that it ends in seconds
ROUNDS = 3


def main() -> None:
    """Read all texts several times; the first time, which fills the caches, is not counted."""
    start = time.process_time()
    grammar = builtin()
    loaded = time.process_time() - start
    texts = labelled()
    messages = [text.message for text in texts[:: max(1, len(texts) // MOST)]]
    for message in messages:
        read(message, grammar)
    start = time.process_time()
    for _ in range(ROUNDS):
        for message in messages:
            read(message, grammar)
    spent = time.process_time() - start
    characters = sum(len(message.subject) + len(message.body) for message in messages)
    count = ROUNDS * len(messages)
    sys.stdout.write(
        f"grammar made ready in {loaded:.2f} s; {count} texts of {characters // len(messages)} "
        f"characters in {spent:.2f} s of processor time: {count / spent:,.0f} texts/s\n"
    )


if __name__ == "__main__":
    main()
