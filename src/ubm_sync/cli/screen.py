"""What people read: answers on standard output, complaints and progress on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from ubm_sync.sync.reading import Progress as Report

out = Console(soft_wrap=True, highlight=False)
_wide = Console(soft_wrap=True, highlight=False, width=240)  # a file has no edge to fold at
err = Console(stderr=True, soft_wrap=True, highlight=False)


def say(text: str, style: str = "") -> None:
    """Print one line."""
    out.print(escape(text), style=style or None)


def heading(text: str) -> None:
    """Print the title of a part."""
    out.print()
    out.rule(f"[bold]{escape(text)}", align="left")


def complain(text: str) -> None:
    """Print one line to standard error."""
    err.print(escape(text), style="red")


def show_json(value: Any) -> None:
    """Print one JSON document."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode() + "\n")


def table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    whole: Collection[str] = (),
) -> None:
    """Print rows, or that there are none; the columns ``whole`` are never broken into lines."""
    content = [[escape("" if cell is None else str(cell)) for cell in row] for row in rows]
    if not content:
        say(f"{title}: none")
        return
    shown = Table(title=title, title_justify="left", header_style="bold", show_edge=False)
    for column in columns:
        shown.add_column(column, overflow="fold", no_wrap=column in whole)
    for row in content:
        shown.add_row(*row)
    (out if out.is_terminal or "COLUMNS" in os.environ else _wide).print(shown)


@contextmanager
def progress() -> Iterator[Report]:
    """Show how far long work is; nothing where standard error is no terminal."""
    if not err.is_terminal:
        yield lambda _what, _done, _total: None
        return
    bars = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
    )
    tasks: dict[str, Any] = {}

    def report(what: str, done: int, total: int | None) -> None:
        if what not in tasks:
            tasks[what] = bars.add_task(what, total=total)
        bars.update(tasks[what], completed=done, total=total)

    with bars:
        yield report
