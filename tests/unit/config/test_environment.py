"""Variables come from the environment, a .env file or files of their own, and are never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from ubm_sync.config import DEFAULTS, Environment
from ubm_sync.errors import ConfigError


def test_the_environment_goes_before_the_file_and_the_file_before_the_defaults(
    tmp_path: Path,
) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("TOKEN=from-file\nUBM_SYNC_CONFIG=settings\n", encoding="utf-8")

    environment = Environment.load({"TOKEN": "from-process"}, dotenv)

    assert environment["TOKEN"] == "from-process"
    assert environment.config == Path("settings")
    assert environment.mappings == Path("mappings")


def test_without_any_variable_the_defaults_of_the_contract_count() -> None:
    environment = Environment.load({}, None)

    assert dict(environment) == dict(DEFAULTS)
    assert environment.database_url == "sqlite:///var/ubm.db"
    assert environment.state_url == "sqlite:///var/state.db"


def test_an_empty_variable_counts_as_not_set() -> None:
    environment = Environment.load({"UBM_DATABASE_URL": "", "TOKEN": ""}, None)

    assert environment.database_url == "sqlite:///var/ubm.db"
    assert "TOKEN" not in environment
    with pytest.raises(KeyError):
        environment["TOKEN"]


def test_a_secret_is_read_from_the_file_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret\n", encoding="utf-8")

    environment = Environment.load({"TOKEN_FILE": str(tmp_path / "token")}, None)

    assert environment["TOKEN"] == "s3cret"
    assert environment.get("TOKEN") == "s3cret"
    assert "TOKEN" in set(environment)


def test_a_renewed_secret_counts_without_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("old", encoding="utf-8")
    environment = Environment.load({"TOKEN_FILE": str(path)}, None)
    assert environment["TOKEN"] == "old"

    path.write_text("new", encoding="utf-8")

    assert environment["TOKEN"] == "new"


def test_a_path_in_the_file_is_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret", encoding="utf-8")
    (tmp_path / ".env").write_text("TOKEN_FILE=token\n", encoding="utf-8")

    assert Environment.load({}, tmp_path / ".env")["TOKEN"] == "s3cret"


def test_a_missing_secret_file_is_named(tmp_path: Path) -> None:
    environment = Environment.load({"TOKEN_FILE": str(tmp_path / "gone")}, None)

    with pytest.raises(
        ConfigError, match=r"TOKEN_FILE names .*gone, which cannot be read: No such"
    ):
        environment["TOKEN"]


def test_an_empty_secret_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n", encoding="utf-8")
    environment = Environment.load({"TOKEN_FILE": str(tmp_path / "token")}, None)

    with pytest.raises(ConfigError, match="which is empty"):
        environment["TOKEN"]


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    environment = Environment.load({"TOKEN": "a", "TOKEN_FILE": str(tmp_path)}, None)

    with pytest.raises(ConfigError, match="are both set in the environment"):
        environment["TOKEN"]


def test_files_of_other_programs_are_left_alone(tmp_path: Path) -> None:
    environment = Environment.load({"SSL_CERT_FILE": str(tmp_path / "none.pem")}, None)

    assert dict(environment) == {**DEFAULTS, "SSL_CERT_FILE": str(tmp_path / "none.pem")}


def test_quotes_comments_and_dollar_signs_are_read_as_meant(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "# secrets\nexport A='x y'\nB=a$HOME # c\nC=\n", encoding="utf-8"
    )

    environment = Environment.load({}, tmp_path / ".env")

    assert (environment["A"], environment["B"]) == ("x y", "a$HOME")
    assert "C" not in environment


def test_a_line_that_sets_nothing_is_named_without_its_content(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=1\ns3cret by mistake\n", encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        Environment.load({}, tmp_path / ".env")

    (flaw,) = caught.value.flaws
    assert (flaw.line, flaw.file) == (2, str(tmp_path / ".env"))
    assert "s3cret" not in str(caught.value)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=\xff\xfe")

    with pytest.raises(ConfigError, match="not UTF-8"):
        Environment.load({}, tmp_path / ".env")


def test_values_are_never_shown(tmp_path: Path) -> None:
    environment = Environment.load({"TOKEN": "s3cret"}, tmp_path / "none")

    assert "s3cret" not in f"{environment!r} {environment}"
    assert repr(environment) == "Environment(5 variables, values hidden)"
