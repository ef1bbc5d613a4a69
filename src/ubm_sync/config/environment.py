"""Addresses and secrets: the environment, a ``.env`` file, and files that hold one secret each."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from dotenv.parser import parse_stream

from ubm_sync.errors import ConfigError, Flaw

DEFAULTS: Mapping[str, str] = {
    "UBM_DATABASE_URL": "sqlite:///var/ubm.db",
    "UBM_SYNC_STATE_URL": "sqlite:///var/state.db",
    "UBM_SYNC_CONFIG": "config",
    "UBM_SYNC_MAPPINGS": "mappings",
}
_FILE = "_FILE"


class Environment(Mapping[str, str]):
    """Variables by name; values are never shown by ``repr`` or ``str``.

    A variable is looked up in the process's environment, then in the ``.env`` file, then among
    the defaults of the contract; an empty one counts as not set. In each of the first two,
    ``NAME_FILE`` names a file that holds the value: it is read at each look-up, so that a renewed
    secret counts.
    A look-up raises KeyError where there is no such variable, ConfigError where its file is
    missing or where both ``NAME`` and ``NAME_FILE`` are set.
    """

    def __init__(
        self,
        process: Mapping[str, str],
        dotenv: Mapping[str, str],
        folder: Path | None = None,
        file: Path | None = None,
    ) -> None:
        self.file = file  # the ``.env`` file that was read
        self._layers = (
            ("the environment", {k: v for k, v in process.items() if v}, Path()),
            (".env", {k: v for k, v in dotenv.items() if v}, folder or Path()),
        )

    @classmethod
    def load(cls, process: Mapping[str, str], dotenv: Path | str | None = ".env") -> Environment:
        """Return the environment of a process and of a ``.env`` file, where there is one.

        Relative paths in the file are relative to its folder. Raises ConfigError naming each line
        that is not ``NAME=value`` (the value is not shown).
        """
        path = Path(dotenv) if dotenv else None
        if path is None or not path.is_file():
            return cls(process, {})
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            flaw = Flaw(str(path), 0, 0, f"this file cannot be read: {reason}")
            raise ConfigError([flaw]) from None
        lines = list(parse_stream(io.StringIO(text)))
        message = "this line is not NAME=value; correct or delete it"
        flaws = [Flaw(str(path), each.original.line, 1, message) for each in lines if each.error]
        if flaws:
            raise ConfigError(flaws)
        return cls(
            process,
            {each.key: each.value for each in lines if each.key and each.value},
            path.parent,
            path,
        )

    def __getitem__(self, name: str) -> str:
        for where, layer, folder in self._layers:
            found = _look_up(name, where, layer, folder)
            if found:
                return found
        return DEFAULTS[name]

    def __iter__(self) -> Iterator[str]:
        """Yield names; of ``NAME_FILE`` variables those whose file is there."""
        names = set(DEFAULTS)
        for _, layer, folder in self._layers:
            files = {k for k, v in layer.items() if k.endswith(_FILE) and (folder / v).is_file()}
            names |= {*layer, *(name.removesuffix(_FILE) for name in files)}
        return iter(sorted(names - {""}))

    def __contains__(self, name: object) -> bool:
        """Return whether the variable is set, without reading the file it may be in."""
        return name in DEFAULTS or any(
            name in layer or f"{name}{_FILE}" in layer for _, layer, _ in self._layers
        )

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"Environment({len(self)} variables, values hidden)"

    @property
    def config(self) -> Path:
        """Return the folder of service.yaml and customers/."""
        return Path(self["UBM_SYNC_CONFIG"])

    @property
    def mappings(self) -> Path:
        """Return the folder of the mappings."""
        return Path(self["UBM_SYNC_MAPPINGS"])

    @property
    def state_url(self) -> str:
        """Return the address of the service's own state."""
        return self["UBM_SYNC_STATE_URL"]

    @property
    def database_url(self) -> str:
        """Return the address of the account store."""
        return self["UBM_DATABASE_URL"]


def _look_up(name: str, where: str, layer: Mapping[str, str], folder: Path) -> str:
    pointer = layer.get(f"{name}{_FILE}", "")
    if not pointer:
        return layer.get(name, "")
    if name in layer:
        text = f"{name} and {name}{_FILE} are both set in {where}; set only one of them"
        raise ConfigError([Flaw(where, 0, 0, text)])
    try:
        value = (folder / pointer).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        text = f"{name}{_FILE} names {pointer}, which cannot be read: {reason}"
        raise ConfigError([Flaw(where, 0, 0, f"{text}; correct the path")]) from None
    if not value:
        text = f"{name}{_FILE} names {pointer}, which is empty; put the value into it"
        raise ConfigError([Flaw(where, 0, 0, text)])
    return value
