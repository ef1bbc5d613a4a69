"""The command line as a person uses it: typed words in, exit code and both streams out."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import structlog
from tests.stack import Stack

from ubm_sync.cli.context import guarded
from ubm_sync.cli.main import app


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON document and nothing else."""
        return orjson.loads(self.out)

    @property
    def text(self) -> str:
        """Both streams."""
        return self.out + self.err


@dataclass(frozen=True, slots=True)
class Terminal:
    """A working folder with a file of variables; commands run in this process, in this folder."""

    folder: Path

    @property
    def env_file(self) -> Path:
        """The file that points the service at its systems."""
        return self.folder / "service.env"

    def variables(self, values: Mapping[str, str]) -> None:
        """Write the file of variables."""
        lines = "".join(f"{name}={value}\n" for name, value in values.items())
        self.env_file.write_text(lines, encoding="utf-8")

    def __call__(self, *words: str) -> Done:
        """Run ``ubm-sync --env-file ... words``."""
        return self.plain("--env-file", str(self.env_file), *words)

    def plain(self, *words: str) -> Done:
        """Run ``ubm-sync words``."""
        out, err = StringIO(), StringIO()
        before = Path.cwd()
        root = logging.getLogger()
        handlers, level = root.handlers, root.level
        os.chdir(self.folder)
        try:
            with redirect_stdout(out), redirect_stderr(err):
                code = _code(list(words))
        finally:
            os.chdir(before)
            root.handlers = handlers
            root.setLevel(level)
            structlog.reset_defaults()
        return Done(code, out.getvalue(), err.getvalue())

    def command(self, *words: str) -> list[str]:
        """Return what starts the same command as a process of its own."""
        return [sys.executable, "-m", "ubm_sync", "--env-file", str(self.env_file), *words]

    def log(self) -> str:
        """Return the log of people's commands."""
        return (self.folder / "var" / "ubm-sync.log").read_text(encoding="utf-8")

    def process(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        """Start the same command as a process of its own, in pipes."""
        return subprocess.Popen(
            self.command(*words),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **variables},
        )


@dataclass(frozen=True, slots=True)
class Office:
    """The world, and a terminal in a working folder."""

    world: Stack
    run: Terminal


def _code(words: list[str]) -> int:
    try:
        return guarded(lambda: app(words, prog_name="ubm-sync"))
    except SystemExit as end:
        return int(end.code or 0)
