"""Which configuration is in force: the files propose, the state decides."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ubm_sync.config import Configuration
from ubm_sync.errors import ConfigError, NotThere, Refused, Temporary
from ubm_sync.state import Standing, State, open_state
from ubm_sync.versions.files import Folders
from ubm_sync.versions.found import Files, Found, Measured
from ubm_sync.versions.keeper import RESTORING, Keeper

ROOT = Path(__file__).parents[3]
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CUSTOMER = """\
key: acme
name: Acme Foods
company: '77'
sheet: '1'
csm: {email: d@example.com, name: Dana}
"""


@dataclass
class Desk:
    """An admin's desk: files, a state, and what a measurement would say."""

    folders: Folders
    state: State
    over: tuple[str, ...] = ()
    broken: bool = False

    def keeper(self, **given: object) -> Keeper:
        return Keeper(self.state, self.folders, name="dana", **given)  # type: ignore[arg-type]

    def take_up(self, **given: object) -> Found:
        return self.keeper(**given).take_up(NOON, self._measure)

    def _measure(self, before: Configuration, after: Configuration) -> Measured:
        assert before != after
        if self.broken:
            raise Temporary("The desk cannot be reached.")
        return Measured({"text": "measured"}, self.over)

    @property
    def service(self) -> Path:
        return self.folders.config / "service.yaml"

    @property
    def customer(self) -> Path:
        return self.folders.config / "customers" / "acme.yaml"

    def edit(self, old: str, new: str, path: Path | None = None) -> None:
        path = path or self.service
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def number(self) -> int:
        with self.state.reading() as tx:
            version = tx.versions.in_force()
        return version.number if version is not None else 0


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """The files that come with the program, and one customer."""
    for name in ("config", "mappings"):
        shutil.copytree(ROOT / name, tmp_path / name)
    state = open_state(f"sqlite:///{tmp_path / 'state.db'}")
    desk = Desk(Folders(tmp_path / "config", tmp_path / "mappings"), state)
    desk.customer.write_text(CUSTOMER, encoding="utf-8")
    yield desk
    state.close()


def test_the_first_version_and_an_edit_come_into_force_once(desk: Desk) -> None:
    assert desk.take_up().version is not None
    assert desk.take_up().files is Files.IN_FORCE
    assert desk.number() == 1
    desk.edit("notice_days: 7", "notice_days: 9")

    assert desk.keeper().look().files is Files.CHANGED  # looking changes nothing
    assert desk.number() == 1
    found = desk.take_up()
    assert found.configuration.service.intake.notice_days == 9
    assert desk.number() == 2


def test_a_mistake_leaves_what_is_in_force_with_its_place(desk: Desk) -> None:
    desk.take_up()
    desk.edit("notice_days: 7", "notice_day: 7")

    found = desk.take_up()

    assert found.files is Files.REFUSED
    assert found.configuration.service.intake.notice_days == 7
    assert str(found.flaws[0]).startswith(f"{desk.service}:")
    assert "notice_day" in str(found.flaws[0])
    assert desk.number() == 1


def test_without_any_version_a_mistake_is_an_error(desk: Desk) -> None:
    desk.edit("notice_days: 7", "notice_day: 7")

    with pytest.raises(ConfigError, match="notice_day"):
        desk.take_up()


def test_a_customers_mistake_keeps_that_customers_last_good_file(desk: Desk) -> None:
    desk.take_up()
    desk.customer.write_text(CUSTOMER.replace("csm:", "cms:"), encoding="utf-8")
    desk.edit("notice_days: 7", "notice_days: 9")

    found = desk.take_up()

    assert [one.name for one in found.configuration.customers] == ["Acme Foods"]
    assert found.configuration.service.intake.notice_days == 9
    assert any("cms" in str(flaw) for flaw in found.configuration.flaws)
    assert desk.take_up().files is Files.IN_FORCE  # the same again is no new version
    assert desk.number() == 2


def test_a_secret_in_a_file_is_refused_and_not_stored(desk: Desk) -> None:
    desk.take_up()
    desk.edit("name: UBM\n", "name: UBM Pat-Secret-123\n")

    found = desk.take_up(secrets={"HELP_TOKEN": "Pat-Secret-123", "SHORT": "UBM"})

    assert found.files is Files.REFUSED
    assert "HELP_TOKEN" in str(found.flaws[0])
    assert "Pat-Secret" not in str(found.flaws[0])
    with pytest.raises(NotThere):
        desk.keeper().version("2")


def test_a_large_change_waits_and_a_second_person_lets_it(desk: Desk) -> None:
    desk.edit("second_name: false", "second_name: true")
    desk.take_up()
    desk.over = ("it changes 417 records",)
    desk.edit("notice_days: 7", "notice_days: 9")

    waits = desk.take_up()
    assert waits.files is Files.WAITING
    assert waits.configuration.service.intake.notice_days == 7
    assert waits.waiting is not None
    assert desk.number() == 1
    for name in ("dana", " Dana "):
        with pytest.raises(Refused, match="second person"):
            desk.keeper().approve(str(waits.waiting.number), name, NOON)
    desk.keeper().approve(str(waits.waiting.number), "kim", NOON)

    assert desk.keeper().look().configuration.service.intake.notice_days == 9
    with pytest.raises(NotThere):
        desk.keeper().approve(str(waits.waiting.number), "kim", NOON)


def test_a_change_back_withdraws_and_an_unmeasured_one_goes_on_waiting(desk: Desk) -> None:
    desk.edit("second_name: false", "second_name: true")
    desk.take_up()
    desk.broken = True
    desk.edit("notice_days: 7", "notice_days: 9")
    assert desk.take_up().files is Files.WAITING
    desk.broken, desk.over = False, ("it is large",)
    assert desk.take_up().waiting is not None
    desk.edit("notice_days: 9", "notice_days: 7")

    assert desk.take_up().files is Files.IN_FORCE
    with desk.state.reading() as tx:
        assert tx.versions.waiting() is None


def test_a_rollback_brings_the_files_back_and_keeps_what_stood_there(desk: Desk) -> None:
    before = desk.service.read_bytes()
    desk.take_up()
    desk.edit("notice_days: 7", "notice_days: 9")
    desk.take_up()
    desk.service.write_text("half: [typed\n", encoding="utf-8")
    extra = desk.folders.mappings / "new.yaml"
    extra.write_text("kind: x\n", encoding="utf-8")

    version, changed = desk.keeper().rollback("1", "kim", NOON)

    assert (version.number, version.by, version.standing) == (4, "kim", Standing.IN_FORCE)
    assert changed == ["config/service.yaml", "mappings/new.yaml"]
    assert desk.service.read_bytes() == before
    assert not extra.exists()
    assert desk.take_up().files is Files.IN_FORCE
    assert desk.number() == 4
    aside, files = desk.keeper().version("3")
    assert aside.standing is Standing.SET_ASIDE
    assert files.content["config/service.yaml"] == b"half: [typed\n"


def test_a_rollback_that_was_killed_is_finished_by_the_next_process(desk: Desk) -> None:
    desk.take_up()
    good = desk.service.read_bytes()
    desk.edit("notice_days: 7", "notice_days: 9")
    desk.take_up()
    desk.keeper().rollback("1", "kim", NOON)
    desk.edit("notice_days: 7", "notice_days: 9")  # as if the files had not been reached
    with desk.state.transaction() as tx:
        tx.meta.put(RESTORING, str(desk.number()))

    assert desk.keeper().look().files is Files.RESTORING
    assert desk.keeper().look().configuration.service.intake.notice_days == 7
    assert desk.take_up().files is Files.IN_FORCE
    assert desk.service.read_bytes() == good


def test_going_back_to_what_is_there_is_refused(desk: Desk) -> None:
    desk.take_up()

    with pytest.raises(Refused, match="in force already"):
        desk.keeper().rollback("1", "kim", NOON)
    with pytest.raises(NotThere, match="mapping history"):
        desk.keeper().rollback("7", "kim", NOON)


def test_a_relative_folder_is_relative_to_the_customers_file(desk: Desk) -> None:
    desk.edit("sheet: '1'", "intake: csv\nfolder: ../drop", desk.customer)
    desk.take_up()

    for configuration in (desk.keeper().look().configuration, desk.keeper().in_force()):
        (customer,) = configuration.customers
        assert Path(customer.folder) == desk.folders.config.absolute() / "drop"


def test_a_link_that_leads_nowhere_takes_no_customer_away(desk: Desk) -> None:
    desk.take_up()
    desk.customer.unlink()
    desk.customer.symlink_to("gone.yaml")

    found = desk.take_up()

    assert found.files is Files.REFUSED
    assert [one.key for one in found.configuration.customers] == ["acme"]
    assert "leads to no file" in found.flaws[0].message
