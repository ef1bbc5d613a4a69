from __future__ import annotations

import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import orjson
import pytest
import structlog

from ubm_sync import logs

TOKEN = "pat-na1-0a1b2c3d"


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Put the logging of the test run back."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(stream: StringIO) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in stream.getvalue().splitlines()]


def test_each_event_is_one_line_of_json_with_its_keys() -> None:
    stream = StringIO()
    logs.configure(stream=stream)

    structlog.get_logger("ubm_sync.sync").info("cycle done", notes=3)

    (line,) = lines(stream)
    assert (line["event"], line["notes"], line["level"]) == ("cycle done", 3, "info")
    assert line["logger"] == "ubm_sync.sync"
    assert line["timestamp"].endswith("Z")


def test_libraries_write_the_same_lines() -> None:
    stream = StringIO()
    logs.configure(stream=stream)

    logging.getLogger("somebody").warning("odd: %s", "thing")

    (line,) = lines(stream)
    assert (line["event"], line["level"]) == ("odd: thing", "warning")


@pytest.mark.parametrize("stream", [StringIO(), Terminal()], ids=["file", "terminal"])
def test_a_secret_is_hidden_wherever_it_stands(stream: StringIO) -> None:
    logs.configure(level="debug", secrets=[TOKEN], stream=stream)
    log = structlog.get_logger("t")

    sent = f"sent {TOKEN}"
    log.info(sent, headers={"Authorization": f"Bearer {TOKEN}"}, parts=[TOKEN, (TOKEN,)])
    logging.getLogger("library").debug("GET /?token=%s", TOKEN)
    try:
        raise ValueError(f"bad token {TOKEN}")  # noqa: TRY301 - its traceback is what is tested
    except ValueError:
        log.exception("failed")

    assert stream.getvalue()
    assert TOKEN not in stream.getvalue()
    assert logs.HIDDEN in stream.getvalue()


def test_short_values_do_not_blank_out_words() -> None:
    stream = StringIO()
    logs.configure(secrets=["a", "no"], stream=stream)

    structlog.get_logger("t").info("nothing to do")

    assert lines(stream)[0]["event"] == "nothing to do"


def test_what_is_below_the_level_is_not_written_and_noisy_libraries_are_quiet() -> None:
    stream = StringIO()
    logs.configure(level="info", stream=stream)

    structlog.get_logger("t").debug("detail")
    logging.getLogger("urllib3").info("connection")

    assert stream.getvalue() == ""
