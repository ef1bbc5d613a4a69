"""The commands about delays, as people type them."""

from __future__ import annotations

from tests.system.commands import Office

DONE, FAILED = 0, 1
NINE_DAYS = 9 * 86_400.0


def test_an_onboarding_and_its_delay_are_shown_and_explained(office: Office) -> None:
    run, world = office.run, office.world
    assert run("sync").code == DONE
    world.clock.sleep(NINE_DAYS)
    assert run("sync").code == DONE

    listed = run("delays", "list", "--customer", "halsted")
    answer = run("delays", "list", "--json").json
    explained = run("delays", "explain", "halsted")
    ticket = next(one for one in answer["onboardings"] if one["customer"] == "halsted")["ticket"]
    told = run("delays", "explain", ticket, "--json").json

    assert (listed.code, explained.code) == (DONE, DONE)
    assert "IN-BACKLOG" in listed.out
    assert "Completed: none yet (the goal is 90 days)." in listed.out
    assert "In contract_signed since" in " ".join(explained.out.split())
    assert (told["gross_days"], told["internal"]) == (9, told["events"][0]["calendar_days"])
    assert answer["portfolio"]["in_flight"]["onboardings"] == 2


def test_what_is_not_known_is_refused_with_the_nearest_name(office: Office) -> None:
    office.run("sync")
    refused = office.run("delays", "explain", "halstedt")

    assert refused.code == FAILED
    assert 'did you mean "halsted"?' in " ".join(refused.err.split())
