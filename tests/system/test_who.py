"""Who covers whom, as people ask: ``disconnections who`` and what ``check`` says of it."""

from __future__ import annotations

from datetime import timedelta

from tests.stack import MANAGER, SERVICES
from tests.system.commands import Office, Terminal

from ubm_sync.live import Live

DONE, FAILED, USAGE = 0, 1, 2
GONE = "nobody@example.com"


def cover(run: Terminal, text: str) -> None:
    (run.folder / "config" / "coverage.yaml").write_text(text, encoding="utf-8")


def test_who_is_asked_on_christmas_eve_is_told_with_every_reason(office: Office) -> None:
    run = office.run
    cover(
        run,
        "closures: [2026-12-24]\n"
        f"people:\n  {MANAGER}:\n"
        "    absences: [{from: 2026-12-21, to: 2026-12-31, reason: vacation}]\n"
        f"on_call: {{order: [{GONE}, {SERVICES}]}}\n"
        "lead: lead@example.com\n",
    )
    words = ("disconnections", "who", "--customer", "halsted", "--at", "2026-12-24 18:30")

    goes = "A disconnection of Halsted Foods (Thu Dec 24 18:30 CT, outside business hours) goes to"
    told = run(*words)
    found = run(*words, "--json").json

    assert (told.code, told.err) == (DONE, "")
    assert told.out.splitlines() == [
        f"{goes} {SERVICES} (on call).",
        f"  account manager {MANAGER}: away until Mon Jan 4 (vacation)",
        "  backup: nobody is named",
        f"  on call {GONE}: cannot sign in any more",
        f"  on call {SERVICES}: chosen: on call",
        "If nobody answers, nobody is left to be told.",
    ]
    assert (found["email"], found["role"], found["urgent"]) == (SERVICES, "on_call", True)
    assert (found["at"], found["business_time"], found["unchecked"]) == (
        "2026-12-25T00:30:00Z", False, ""
    )  # fmt: skip
    assert [step["email"] for step in found["steps"]] == [MANAGER, "", GONE, SERVICES]
    assert found["ladder"] == []


def test_work_that_can_wait_waits_for_the_manager_and_the_ladder_is_shown(office: Office) -> None:
    cover(office.run, f"lead: {SERVICES}\n")
    goes = (
        "Work that can wait of Halsted Foods (Sat Dec 5 00:00 CT, outside business hours) goes to"
    )

    told = office.run(
        "disconnections", "who", "--customer", "halsted", "--at", "2026-12-05", "--not-urgent"
    )

    assert told.out.splitlines() == [
        f"{goes} Dana Lee <{MANAGER}> (account manager).",
        f"  account manager {MANAGER}: chosen: account manager",
        "If nobody answers:",
        f"  level 1: {SERVICES} (team lead)",
    ]


def test_a_ticket_system_that_cannot_be_asked_is_said(office: Office) -> None:
    variables = {**office.world.variables, "HUBSPOT_ACCESS_TOKEN": ""}
    office.run.variables(variables)

    told = office.run("disconnections", "who", "--customer", "halsted")

    assert told.code == DONE
    assert MANAGER in told.out
    assert "Whether these people can still sign in was not checked: " in told.err
    assert "HUBSPOT_ACCESS_TOKEN" in told.err


def test_what_cannot_be_understood_is_wrong_usage_with_the_nearest_name(office: Office) -> None:
    unknown = office.run("disconnections", "who", "--customer", "halstedd")
    when = office.run("disconnections", "who", "--customer", "halsted", "--at", "tomorrow")

    assert (unknown.code, when.code) == (USAGE, USAGE)
    assert 'did you mean "halsted"?' in _flat(unknown.err)
    assert '"tomorrow" is no time; write one like' in _flat(when.err)


def test_check_names_the_day_on_which_nobody_is_there(office: Office) -> None:
    day = (office.world.clock.now() + timedelta(days=3)).date()
    cover(
        office.run,
        f"people:\n  {MANAGER}:\n    absences:\n"
        f"      - {{from: {day}, to: {day}, reason: vacation}}\n",
    )

    done = office.run("check")

    assert done.code == FAILED
    assert "config/coverage.yaml:4:9: nobody covers Halsted Foods on " in done.err
    assert "nobody covers Oakmont Schools on " in done.err
    assert "add a backup, somebody on call or a lead" in done.err
    assert office.run("sync", "--once").code == DONE  # the service itself goes on


def _flat(text: str) -> str:
    return " ".join(text.replace("│", " ").split())


def test_the_running_service_takes_an_edit_over_and_keeps_the_last_good_one(office: Office) -> None:
    live = Live(office.world.app)
    try:
        cover(office.run, "lead: lead@example.com\n")
        assert live.refresh()
        assert live.app.configuration.coverage.team.lead == "lead@example.com"
        assert live.app.flows["location"].rules.stand_ins == ("lead@example.com",)  # type: ignore[attr-defined]

        cover(office.run, "lead: nobody\n")
        assert not live.refresh()
        assert live.app.configuration.coverage.team.lead == "lead@example.com"
    finally:
        live.close()
    assert "is not an e-mail address" in office.run("status").text
