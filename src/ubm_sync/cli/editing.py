"""The command that helps while files are edited: schemas for editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ubm_sync.cli import screen
from ubm_sync.cli.working import Json
from ubm_sync.config import schemas
from ubm_sync.errors import Refused
from ubm_sync.installed import dialects

FOLDER = Path("schemas")


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(schema)


def schema(
    folder: Annotated[
        Path, typer.Option("--dir", metavar="FOLDER", help="Where the schemas go.")
    ] = FOLDER,
    as_json: Json = False,
) -> None:
    """Write a JSON Schema for each kind of file, so that your editor completes and checks it.

    An editor with the YAML language server finds one by the file's first line:
    # yaml-language-server: $schema=../schemas/mapping.schema.json

    Example: ubm-sync schema --dir schemas
    """
    found = schemas(dialects())
    if as_json:
        screen.show_json(found)
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in found.items():
            text = json.dumps(content, indent=2, ensure_ascii=False)
            (folder / name).write_text(f"{text}\n", encoding="utf-8")
            screen.say(f"{folder / name}")
    except OSError as error:
        raise Refused(
            f"The schemas cannot be written to {folder}: {error.strerror}; name another with --dir."
        ) from error
    line = "# yaml-language-server: $schema=PATH/TO/mapping.schema.json"
    screen.say(f"Begin a file with this line, and an editor knows its keys: {line}")
