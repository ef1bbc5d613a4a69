"""The audit log is one chain: whatever is done to it behind its back is found."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text
from tests.integration.state.samples import HOUR, NOON

from ubm_sync.errors import Refused
from ubm_sync.model import Ref, Write
from ubm_sync.state import Entry, Logged, State


def _entry(number: int, subject: str = "", body: object = None) -> Entry:
    return Entry(NOON + number * HOUR, "run-1", "pat@example.com", "test", subject, body)


@pytest.fixture
def log(state: State) -> State:
    """A log of 250 entries: more than are checked in one page."""
    with state.transaction() as tx:
        tx.audit.append([_entry(number, body={"n": number}) for number in range(1, 251)])
    return state


def _meddle(state: State, *statements: str) -> None:
    engine = create_engine(state.url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def _broken(state: State) -> tuple[int, str] | None:
    with state.reading() as tx:
        found = tx.audit.verify()
    return None if found is None else (found.seq, found.reason)


def test_an_empty_log_holds(state: State) -> None:
    with state.reading() as tx:
        assert tx.audit.verify() is None
        assert tx.audit.last_hash() == ""


def test_entries_are_numbered_without_a_gap(state: State) -> None:
    with state.transaction() as tx:
        assert tx.audit.append([_entry(1), _entry(2)]) == [1, 2]
        assert tx.audit.append([]) == []
    with state.transaction() as tx:
        assert tx.audit.append([_entry(3)]) == [3]


def test_an_untouched_log_holds(log: State) -> None:
    assert _broken(log) is None


def test_a_rolled_back_entry_leaves_no_gap(log: State) -> None:
    with pytest.raises(ZeroDivisionError), log.transaction() as tx:
        tx.audit.append([_entry(1)]).append(1 // 0)
    with log.transaction() as tx:
        assert tx.audit.append([_entry(2)]) == [251]

    assert _broken(log) is None


@pytest.mark.parametrize(
    "change",
    [
        "body = '{\"n\": 0}'",
        "actor = 'somebody else'",
        "at = at + 1",
        "subject = 'another record'",
        "run = 'run-2'",
        "action = 'nothing'",
    ],
)
def test_an_edited_entry_is_found(log: State, change: str) -> None:
    _meddle(log, f"UPDATE audit SET {change} WHERE seq = 150")  # noqa: S608 - the test's own text

    assert _broken(log) == (150, "Entry 150 was changed after it was written.")


def test_a_dropped_entry_is_found(log: State) -> None:
    _meddle(log, "DELETE FROM audit WHERE seq = 100")

    assert _broken(log) == (100, "Entry 100 is missing.")


def test_a_dropped_entry_is_found_even_if_the_rest_is_renumbered(log: State) -> None:
    _meddle(log, "DELETE FROM audit WHERE seq = 249", "UPDATE audit SET seq = 249 WHERE seq = 250")

    assert _broken(log) == (249, "Entry 249 does not follow the entry before it.")


def test_swapped_entries_are_found(log: State) -> None:
    _meddle(
        log,
        "UPDATE audit SET seq = 9999 WHERE seq = 10",
        "UPDATE audit SET seq = 10 WHERE seq = 11",
        "UPDATE audit SET seq = 11 WHERE seq = 9999",
    )

    assert _broken(log) == (10, "Entry 10 does not follow the entry before it.")


def test_a_cut_tail_is_found(log: State) -> None:
    _meddle(log, "DELETE FROM audit WHERE seq > 240")

    assert _broken(log) == (241, "Entries 241 to 250 are missing at the end.")


def test_an_emptied_log_is_found(log: State) -> None:
    _meddle(log, "DELETE FROM audit")

    assert _broken(log) == (1, "Entries 1 to 250 are missing at the end.")


def test_a_changed_end_is_found(log: State) -> None:
    _meddle(log, "UPDATE audit_head SET count = 249")

    assert _broken(log) == (250, "The record of the log's end does not fit the last entry.")


def test_a_log_without_its_end_is_found_and_takes_no_more_entries(log: State) -> None:
    _meddle(log, "DELETE FROM audit_head")

    assert _broken(log) == (250, "The record of the log's end is missing.")
    with pytest.raises(Refused, match="lost its head"), log.transaction() as tx:
        tx.audit.append([_entry(1)])


def test_the_last_hash_moves_with_every_entry(state: State) -> None:
    hashes = set()
    for number in range(3):
        with state.transaction() as tx:
            tx.audit.append([_entry(number)])
            hashes.add(tx.audit.last_hash())

    assert len(hashes) == 3


def test_entries_that_mention_a_record_are_found_newest_first(state: State) -> None:
    with state.transaction() as tx:
        tx.audit.append(
            [
                _entry(1, "rec-1"),
                _entry(2, "rec-2"),
                _entry(3, body={"updates": {"row rec-1": {"city": ["A", "B"]}}}),
                _entry(4, body=["100 % rec_1"]),
            ]
        )

        assert [one.seq for one in tx.audit.mentioning("rec-1")] == [3, 1]
        assert [one.seq for one in tx.audit.mentioning("rec-1", limit=1)] == [3]
        assert [one.seq for one in tx.audit.mentioning("% rec")] == [4]


def test_an_entry_comes_back_as_it_was_written(state: State) -> None:
    with state.transaction() as tx:
        tx.audit.append([_entry(1, "rec-1", {"text": "nul\0", "half": "\ud800"})])
        found = tx.audit.last(5)
        expected = Logged(
            1,
            NOON + HOUR,
            "run-1",
            "pat@example.com",
            "test",
            "rec-1",
            {"text": "nul\0", "half": "\ufffd"},
            tx.audit.last_hash(),
        )

        assert found == [expected]
        assert list(tx.audit.of_run("run-1")) == [expected]
        assert list(tx.audit.of_run("run-2")) == []


def test_an_intent_is_open_until_its_outcome_is_known(state: State) -> None:
    with state.transaction() as tx:
        first = tx.journal.intent("run-1", "desk", {"creates": ["ticket a"]}, NOON)
        second = tx.journal.intent("run-1", "sheets", {}, NOON + HOUR)
    with state.transaction() as tx:
        tx.journal.outcome(first, {"landed": 1}, NOON)

    with state.reading() as tx:
        (open_one,) = tx.journal.open_intents()
        assert (open_one.id, open_one.run, open_one.system) == (second, "run-1", "sheets")
        assert (open_one.at, open_one.body) == (NOON + HOUR, {})
        assert [one.action for one in tx.audit.of_run("run-1")] == ["intent", "intent", "outcome"]
        assert tx.audit.last(1)[0].body == {
            "intent": first,
            "system": "desk",
            "outcomes": {"landed": 1},
        }
        assert tx.audit.verify() is None


def test_an_abandoned_intent_is_no_longer_open(state: State) -> None:
    with state.transaction() as tx:
        number = tx.journal.intent("run-1", "desk", {})
        tx.journal.abandon(number)

        assert tx.journal.open_intents() == []
        assert [(one.action, one.at) for one in tx.audit.last(1)] == [("abandoned", NOON)]


def test_writes_can_be_journalled_as_they_are(state: State) -> None:
    write = Write("ticket", "a", None, "1", {"city": "B", "ubm_account_id": Ref("account")})

    with state.transaction() as tx:
        number = tx.journal.intent("run-1", "desk", [write])
        (intent,) = tx.journal.open_intents()
        tx.journal.outcome(number, {"landed": 1})
        (end,) = tx.audit.last(1)

    assert intent.body[0]["values"] == {"city": "B", "ubm_account_id": {"place": "account"}}
    assert end.body["outcomes"] == {"landed": 1}


def test_an_outcome_without_an_intent_is_refused(state: State) -> None:
    with pytest.raises(ValueError, match="no intent 7"), state.transaction() as tx:
        tx.journal.outcome(7, {})
