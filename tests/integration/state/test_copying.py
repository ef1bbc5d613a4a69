"""A copy of the state: everything a rehearsal reads is there, and nothing done to it comes back."""

from __future__ import annotations

from tests.integration.state.samples import NOON, record, seen

from ubm_sync.state import Entry, State, copied


def test_a_copy_holds_what_is_there_and_keeps_its_own(state: State) -> None:
    with state.transaction() as tx:
        tx.records.save([record("a", base={"city": "Joliet", "ünïcode": "✓"})])
        tx.observations.save([("a", seen("r1"))])
        tx.meta.put("mapped fields", "{}")
        tx.audit.append([Entry(NOON, "", "dana", "looked", "a", {"x": 1})])
        intent = tx.journal.intent("run-1", "store", {"creates": {}, "updates": {}}, NOON, ["a"])

    with copied(state) as copy:
        with copy.reading() as tx:
            assert tx.records.load(["a"])["a"].base == {"city": "Joliet", "ünïcode": "✓"}
            assert tx.observations.load(["a"])["a"]["row"] == seen("r1")
            assert tx.meta.get("mapped fields") == "{}"
            assert [one.id for one in tx.journal.open_intents()] == [intent]
        with copy.transaction() as tx:
            tx.journal.abandon(intent)
            tx.records.save([record("a", base={}), record("b")])

    with state.reading() as tx:
        assert tx.records.load(["a", "b"]).keys() == {"a"}
        assert tx.records.load(["a"])["a"].base["city"] == "Joliet"
        assert [one.id for one in tx.journal.open_intents()] == [intent]
        assert tx.audit.verify() is None
