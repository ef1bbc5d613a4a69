"""The account store on a real database, and the colleague with SQL."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine, text
from tests.contract.system import System, installed, shipped_place

from ubm_sync.database import open_engine
from ubm_sync.ports import Connector


class Store(System):
    """The accounts of one customer."""

    name = "store"

    def __init__(self, url: str) -> None:
        self.place = shipped_place("account")
        self.samples = {
            "location_name": ("Joliet #0412", "Elgin & Söhne <1>"),
            "notes": ("first line\nsecond line", "other"),
            "account_number": ("0045-118", "007"),
            "commodity": ("Electric", "Natural gas"),
            "data_services": ("Not requested", "Enrolled"),
            "service_start": ("2026-12-01", "2027-01-31"),
            "approved_at": ("2026-12-01T09:40:00Z", "2026-12-02T10:00:00Z"),
        }
        self.url = url
        self._person: Engine | None = None
        super().__init__()

    @property
    def person(self) -> Engine:
        if self._person is None:
            self._person = open_engine(self.url)
        return self._person

    def made(self) -> Connector:
        return installed(self.name, self, {"UBM_DATABASE_URL": self.url})

    def values(self, number: int) -> dict[str, str]:
        return super().values(number) | {
            "customer_key": "halsted",
            "vendor_canonical": "ComEd",
            "account_key": f"halsted|ComEd|IL|44719{number:05}",
            "status": "setting_up",
        }

    def edit(self, ref: str, field: str, value: str | None) -> None:
        with self.person.begin() as connection:
            statement = f"UPDATE account SET {field} = :value WHERE id = :ref"  # noqa: S608 - a column
            connection.execute(text(statement), {"value": value, "ref": ref})

    def records(self) -> int:
        with self.person.begin() as connection:
            return int(connection.execute(text("SELECT count(*) FROM account")).scalar_one())

    def notes(self, ref: str) -> Sequence[str]:
        statement = (
            "SELECT new_value FROM account_event JOIN account "
            "ON account.number = account_event.account_number "
            "WHERE account.id = :ref AND kind = 'remark'"
        )
        with self.person.begin() as connection:
            return list(connection.execute(text(statement), {"ref": ref}).scalars())

    def close(self) -> None:
        super().close()
        if self._person is not None:
            self._person.dispose()
