"""Which configuration is in force: the files propose, the state decides; on both databases."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

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
    meanwhile: Callable[[], object] | None = None  # what others do while a change is measured

    def keeper(self, **given: object) -> Keeper:
        return Keeper(self.state, self.folders, name="dana", **given)  # type: ignore[arg-type]

    def take_up(self, **given: object) -> Found:
        return self.keeper(**given).take_up(NOON, self._measure)

    def _measure(self, before: Configuration, after: Configuration) -> Measured:
        assert before != after
        if (doing := self.meanwhile) is not None:
            self.meanwhile = None
            doing()
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
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    """The files that come with the program, and one customer."""
    for name in ("config", "mappings"):
        shutil.copytree(ROOT / name, tmp_path / name)
    state = open_state(database_url)
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
    for name in ("dana", " Dana ", "kim, dana", "DANA,kim"):
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

    version, changed, kept = desk.keeper().rollback("1", "kim", NOON)

    assert (version.number, version.by, version.standing) == (4, "kim", Standing.IN_FORCE)
    assert (changed, kept) == (["config/service.yaml", "mappings/new.yaml"], [])
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
        desk.keeper().rollback("7", "kim", NOON)  # even where a hash begins with it


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


def waiting(desk: Desk) -> int:
    """Let an edit wait for a second name; return the number of its version."""
    desk.edit("second_name: false", "second_name: true")
    desk.take_up()
    desk.over = ("it changes 417 records",)
    desk.edit("notice_days: 7", "notice_days: 9")
    found = desk.take_up()
    assert found.waiting is not None
    return found.waiting.number


def test_one_person_cannot_roll_back_to_what_a_second_one_never_approved(desk: Desk) -> None:
    waits = waiting(desk)

    with pytest.raises(Refused, match="was never in force and needs a second name"):
        desk.keeper().rollback(str(waits), "dana", NOON)
    desk.edit("notice_days: 9", "notice_days: 11")
    desk.take_up()  # the first one is withdrawn, another one waits
    with pytest.raises(Refused, match="was never in force and needs a second name"):
        desk.keeper().rollback(str(waits), "dana", NOON)

    assert desk.number() == 1
    assert "notice_days: 11" in desk.service.read_text(encoding="utf-8")


def test_one_person_cannot_end_the_rule_by_a_rollback(desk: Desk) -> None:
    desk.take_up()
    desk.edit("second_name: false", "second_name: true")
    desk.take_up()

    with pytest.raises(Refused, match="without the rule of the second name"):
        desk.keeper().rollback("1", "dana", NOON)

    assert desk.number() == 2
    assert desk.keeper().look().configuration.service.versions.second_name


def test_a_rollback_among_approved_versions_needs_one_name(desk: Desk) -> None:
    waits = waiting(desk)
    desk.keeper().approve(str(waits), "kim", NOON)
    desk.take_up()

    version, changed, _ = desk.keeper().rollback("1", "dana", NOON)

    assert changed == ["config/service.yaml"]
    assert desk.take_up().version == version


def test_files_changed_after_the_approval_wait_anew(desk: Desk) -> None:
    waits = waiting(desk)
    desk.edit("notice_days: 9", "notice_days: 11")
    desk.keeper().approve(str(waits), "kim", NOON)

    found = desk.take_up()

    assert found.files is Files.WAITING
    assert found.waiting is not None
    assert found.waiting.number > waits
    assert found.configuration.service.intake.notice_days == 9


def test_a_rollback_while_a_change_is_measured_stays(desk: Desk) -> None:
    desk.edit("second_name: false", "second_name: true")
    desk.take_up()
    desk.edit("review_business_days: 2", "review_business_days: 3")
    desk.take_up()
    desk.edit("notice_days: 7", "notice_days: 9")
    desk.meanwhile = lambda: desk.keeper().rollback("1", "kim", NOON)

    found = desk.take_up()

    assert found.files is Files.IN_FORCE
    assert found.version is not None
    assert (found.version.how, found.version.by) == ("rollback to 1", "kim")
    assert "notice_days: 7" in desk.service.read_text(encoding="utf-8")
    with desk.state.reading() as tx:
        assert tx.versions.waiting() is None


def test_of_many_at_once_one_stores_the_edit(desk: Desk) -> None:
    desk.take_up()
    desk.edit("notice_days: 7", "notice_days: 9")
    many = 4
    start = Barrier(many)

    def take_up() -> int:
        start.wait()
        version = desk.take_up().version
        return version.number if version is not None else 0

    with ThreadPoolExecutor(many) as pool:
        numbers = [one.result() for one in [pool.submit(take_up) for _ in range(many)]]

    assert numbers == [2] * many
    with desk.state.reading() as tx:
        standings = [one.standing for one in tx.versions.last(10)]
    assert standings == [Standing.IN_FORCE, Standing.FORMER]


def test_of_two_second_names_at_once_one_counts(desk: Desk) -> None:
    number = str(waiting(desk))
    names = ("kim", "lee")
    start = Barrier(len(names))

    def approve(name: str) -> str:
        start.wait()
        try:
            return str(desk.keeper().approve(number, name, NOON).second_by)
        except NotThere:
            return ""

    with ThreadPoolExecutor(len(names)) as pool:
        told = [one.result() for one in [pool.submit(approve, name) for name in names]]

    assert min(told) == ""
    taken, _ = desk.keeper().version(number)
    assert taken.second_by == max(told)
    with desk.state.reading() as tx:
        assert tx.audit.verify() is None


def test_what_no_version_may_hold_is_kept_beside_it(desk: Desk) -> None:
    desk.take_up()
    token = "pat-na1-0123abcd-4567-89ab-cdef-0123456789ab"
    desk.edit("notice_days: 7", f"notice_days: 9 # {token}")
    broken = CUSTOMER.replace("Acme Foods", "Caf\u00e9").encode("latin-1")
    desk.customer.write_bytes(broken)

    _, changed, kept = desk.keeper().rollback("1", "kim", NOON)

    assert changed == ["config/customers/acme.yaml", "config/service.yaml"]
    assert kept == [f"{desk.customer}.before-rollback-1", f"{desk.service}.before-rollback-1"]
    assert Path(kept[0]).read_bytes() == broken
    assert token in Path(kept[1]).read_text(encoding="utf-8")
    assert desk.take_up().files is Files.IN_FORCE
    with desk.state.reading() as tx:
        for version in tx.versions.last(10):
            assert token not in "".join(tx.versions.content(version).values())


@pytest.mark.parametrize("name", ["", "0", "-1", "9" * 30, "%", "\u0663", "zz", "1 "])
def test_a_name_that_is_none_is_said(desk: Desk, name: str) -> None:
    desk.take_up()

    with pytest.raises(NotThere):
        desk.keeper().version(name)
