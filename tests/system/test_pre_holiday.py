"""``report pre-holiday``, as people type it."""

from __future__ import annotations

from sqlalchemy import text
from tests.system.commands import Office

from ubm_sync.database import open_engine

DONE, FAILED, USAGE = 0, 1, 2
CLOSED = "closures: [2026-12-24]\n"


def sql(office: Office, statement: str) -> None:
    engine = open_engine(office.world.variables["UBM_DATABASE_URL"])
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def owe(office: Office) -> None:
    sql(office, "INSERT INTO customer (key, name) VALUES ('halsted', 'Halsted Foods')")
    sql(
        office,
        "INSERT INTO account (customer_key, location_code, location_name, city, state, vendor,"
        " account_number, status) VALUES ('halsted', NULL, 'Joliet', 'Joliet', 'IL', 'ComEd',"
        " '4471908023', 'active')",
    )
    for due, cents, hold in (
        ("'2026-12-25'", 120411, "none"), ("'2026-12-24'", 5, "none"), ("NULL", 2500000, "held"),
        ("'2026-12-29'", 7, "none"),
    ):  # fmt: skip
        sql(
            office,
            "INSERT INTO bill (account_number, statement_date, due_date, amount_cents, hold)"  # noqa: S608 - constants
            f" VALUES (1, '2026-12-{cents % 20 + 1:02}', {due}, {cents}, '{hold}')",
        )


def test_the_list_before_christmas(office: Office) -> None:
    (office.run.folder / "config" / "coverage.yaml").write_text(CLOSED)
    owe(office)

    shown = office.run(
        "report", "pre-holiday", "--for", "2026-12-17", "--csv", "reports/holiday.csv"
    )
    found = office.run("report", "pre-holiday", "--for", "2026-12-24", "--json").json

    assert (shown.code, shown.err) == (DONE, "")
    assert "Before the closure Thu Dec 24 to Sun Dec 27 (Christmas Day)" in shown.out
    assert "Halsted Foods: 3 bills, $26,204.16" in shown.out
    assert "Oakmont Schools: nothing due" in shown.out
    assert "All together: 3 bills, $26,204.16" in shown.out
    assert "The next list is due on " in shown.out
    lines = (office.run.folder / "reports" / "holiday.csv").read_text().splitlines()
    assert [line.split(",")[9] for line in lines[1:]] == ["2026-12-24", "2026-12-25", ""]
    bills = next(one for one in found["lists"][0]["customers"] if one["customer"] == "halsted")
    assert [(one["due"], one["amount"], one["hold"]) for one in bills["bills"]] == [
        ("2026-12-24", "0.05", "none"),
        ("2026-12-25", "1204.11", "none"),
        (None, "25000.00", "held"),
    ]
    assert found["unknown"] == ""


def test_before_that_it_says_when_the_list_is_due(office: Office) -> None:
    (office.run.folder / "config" / "coverage.yaml").write_text(CLOSED)

    shown = office.run("report", "pre-holiday", "--for", "2026-12-10")

    assert shown.out.strip() == (
        "The next list is due on Thu Dec 17, before the closure Thu Dec 24 to Sun Dec 27 "
        "(Christmas Day)."
    )


def test_a_table_of_somebody_else_has_no_bills_and_that_is_said(office: Office) -> None:
    file = office.run.folder / "config" / "service.yaml"
    file.write_text(
        file.read_text().replace("    name: UBM\n", "    name: UBM\n    table: accounts\n")
    )

    shown = office.run("report", "pre-holiday", "--for", "2026-12-25")

    assert shown.code == DONE
    assert "nothing can be said" in " ".join(shown.err.split())


def test_a_day_that_is_none_is_wrong_usage(office: Office) -> None:
    done = office.run("report", "pre-holiday", "--for", "christmas")

    assert done.code == USAGE
    assert '"christmas" is no day; write it as 2026-12-24' in " ".join(
        done.err.replace("│", " ").split()
    )
