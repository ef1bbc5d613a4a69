"""Where records are: found by their location's code, with everything that was said of it."""

from __future__ import annotations

from ubm_sync.flow import Site
from ubm_sync.state import State

HERE = Site("acme|00098", "60435 12", "12 Main St, Joliet, IL", told=True)
THERE = Site("acme|00098", "60435 14", "14 Main St, Joliet, IL", told=False)
ODD = Site("acme|\0", "60435 1", "1 Main St\ud83d", told=True)


def test_sites_are_found_by_record_and_by_key(state: State) -> None:
    with state.transaction() as tx:
        tx.sites.save({"a": HERE, "b": THERE, "c": HERE._replace(key="acme|7")})

    with state.reading() as tx:
        assert tx.sites.load(["a", "b", "nobody"]) == {"a": HERE, "b": THERE}
        assert dict(tx.sites.around([HERE.key, "nowhere"])) == {"a": HERE, "b": THERE}


def test_a_site_is_replaced_and_one_without_a_key_is_dropped(state: State) -> None:
    with state.transaction() as tx:
        tx.sites.save({"a": HERE, "b": HERE})
        tx.sites.save({"a": THERE, "b": Site()})

    with state.reading() as tx:
        assert tx.sites.load(["a", "b"]) == {"a": THERE}


def test_a_site_is_found_whatever_no_database_can_hold_in_it(state: State) -> None:
    with state.transaction() as tx:
        tx.sites.save({"a": ODD})

    with state.reading() as tx:
        assert [sync_id for sync_id, _ in tx.sites.around([ODD.key])] == ["a"]
