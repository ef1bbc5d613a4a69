"""Customers without a sheet in a stack: their folder, their files, and what managers enter."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from tests.stack import LOCATIONS, MANAGER, ROW, START, Stack

from ubm_sync.config import write_customer
from ubm_sync.model import Customer

# A request without a flaw, in the words of the ticket.
TICKET: Mapping[str, str] = {
    "subject": "New hotel in Joliet",
    "ubm_location_request": "Add location",
    "ubm_location_code": "0412",
    "ubm_location_name": "Joliet #0412",
    "ubm_address_1": "1450 W Jefferson St",
    "ubm_city": "Joliet",
    "ubm_state": "IL",
    "ubm_zip": "60435",
    "ubm_vendor": "ComEd",
    "ubm_commodity": "Electric",
    "ubm_account_number": "4471908023",
    "ubm_bill_type": "Full service",
    "ubm_name_on_account": "Harbor Hotels LLC",
    "ubm_service_start": "2026-12-01",
    "ubm_bill_delivery": "Online portal",
    "ubm_online_access": "Provided via secure link",
}


def enter(house: Stack, key: str = "harbor", intake: str = "csv", **more: str) -> Customer:
    """Add a customer without a sheet; its folder is made too."""
    folder = house.folder / "drop" / key
    folder.mkdir(parents=True)
    customer = Customer(
        key=key,
        name=f"{key.capitalize()} Hotels",
        company=str(house.desk("create_company", name=key)["id"]),
        intake=intake,
        folder=str(folder) if intake == "csv" else "",
        csm=MANAGER,
        csm_name="Dana Lee",
        titles=more,
    )
    write_customer(house.folder / "config" / "customers" / f"{key}.yaml", customer)
    house.stop()
    return customer


def given(**cells: str) -> dict[str, str]:
    """Return a row without a flaw, with other cells: ``Account_Number="7"``."""
    return {**ROW, **{title.replace("_", " "): value for title, value in cells.items()}}


def drop(
    folder: Path | str, rows: Sequence[Mapping[str, str]], name: str = "locations.csv"
) -> Path:
    """Put a file with these rows into a folder, as it was an hour ago."""
    titles = list(dict.fromkeys(title for row in rows for title in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, titles, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return put(Path(folder) / name, text.getvalue().encode())


def drop_workbook(
    folder: Path | str, rows: Sequence[Mapping[str, object]], name: str = "locations.xlsx"
) -> Path:
    """Put a workbook with these rows into a folder, typed as they are given."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    titles = list(dict.fromkeys(title for row in rows for title in row))
    sheet.append(titles)
    for row in rows:
        sheet.append([row.get(title) for title in titles])
    out = io.BytesIO()
    book.save(out)
    return put(Path(folder) / name, out.getvalue())


def put(path: Path, content: bytes) -> Path:
    """Write a file whose time of change is an hour ago."""
    path.write_bytes(content)
    at = START.timestamp() - 3600
    os.utime(path, (at, at))
    return path


def result(folder: Path | str, name: str = "locations.csv") -> list[dict[str, str]]:
    """Return the rows of a result file by their titles."""
    path = Path(folder) / f"{name}.result.csv"
    text = path.read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def workbook_result(folder: Path | str, name: str = "locations.xlsx") -> list[dict[str, str]]:
    """Return the same of a workbook."""
    book = load_workbook(Path(folder) / f"{name}.result.xlsx")
    assert book.active is not None
    titles, *lines = [[cell or "" for cell in line] for line in book.active.values]
    return [dict(zip(map(str, titles), map(str, line), strict=True)) for line in lines]


def enter_ticket(
    house: Stack, customer: Customer | None, *, stage: str = "Waiting for CSM", **changed: str
) -> str:
    """Create a ticket as a manager does by hand; return its id."""
    properties = {name: value for name, value in {**TICKET, **changed}.items() if value}
    order: dict[str, Any] = {"properties": properties, "pipeline": LOCATIONS, "stage": stage}
    if customer is not None:
        order["company"] = customer.company
    return str(house.desk("create_ticket", **order)["id"])


def ticket(house: Stack, ref: str) -> dict[str, str]:
    """Return a ticket's properties as people see them."""
    (found,) = [one for one in house.tickets() if str(one["id"]) == ref]
    properties: dict[str, str] = found["properties"]
    return properties


def notes(house: Stack, ref: str) -> list[str]:
    """Return the notes on a ticket."""
    (found,) = [one for one in house.tickets() if str(one["id"]) == ref]
    return [str(one) for one in found["notes"]]
