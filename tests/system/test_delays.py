"""The commands about delays, as people type them."""

from __future__ import annotations

from tests.system.commands import Office

DONE, FAILED = 0, 1


def test_an_onboarding_is_listed_explained_and_exported(office: Office) -> None:
    run = office.run
    assert run("sync").code == DONE

    listed = run("delays", "list", "--customer", "halsted")
    answer = run("delays", "list", "--json").json
    explained = run("delays", "explain", "halsted")
    ticket = next(one for one in answer["onboardings"] if one["customer"] == "halsted")["ticket"]
    told = run("delays", "explain", ticket, "--json").json
    exported = run("delays", "export", "--out", "reports")

    assert (listed.code, explained.code, exported.code) == (DONE, DONE, DONE)
    assert "Completed: none yet (the goal is 90 days)." in listed.out
    assert "No delay is known." in explained.out
    assert (told["customer"], told["gross_days"], told["events"]) == ("halsted", 0, [])
    assert answer["portfolio"]["in_flight"]["onboardings"] == 2
    assert sorted(path.name for path in (run.folder / "reports").iterdir()) == [
        "delays.csv", "delays.json", "halsted.html", "oakmont.html"
    ]  # fmt: skip


def test_what_is_not_known_is_refused_with_the_nearest_name(office: Office) -> None:
    office.run("sync")
    refused = office.run("delays", "explain", "halstedt")

    assert refused.code == FAILED
    assert 'did you mean "halsted"?' in " ".join(refused.err.split())
