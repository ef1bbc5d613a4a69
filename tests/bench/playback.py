"""``python -m tests.bench.playback FOLDER``: what a first sync costs by itself.

The answers of one first sync (5,000 records unless told otherwise) are recorded in FOLDER, once.
Then the same sync is played again, several times and each in a process of its own: a copy of the
folder as it was, the clock standing still, every answer taken from memory. So neither emulators
nor network cost anything, two checkouts can be compared on one recording, and what a request says
can be compared too: ``asked otherwise`` counts requests that were not made when it was recorded.

The floor is measured before and after in the same process, and only processor time counts, so a
machine that is busy disturbs it little. Still run versions in turns, and compare medians.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import orjson
import requests
from requests.adapters import BaseAdapter
from tests.bench.floor import measure
from tests.bench.run import Bench
from tests.bench.world import ROOT, World

from ubm_sync import logs
from ubm_sync.app import Application
from ubm_sync.clock import VirtualClock
from ubm_sync.config import Environment
from ubm_sync.sync.cycle import Engine
from ubm_sync.sync.reading import Reading
from ubm_sync.sync.work import Work

RECORDS, ROUNDS = 5_000, 5
LATER = timedelta(seconds=60)  # by which the clock is ahead of whatever was typed
PARTS: Mapping[str, tuple[type, str]] = {
    "reading": (Reading, "round"),
    "planning": (Work, "prepare"),
    "settling": (Work, "settle"),
}
LATE = ("holidays.countries", "smartsheet")  # imported at first use, once however many records
LINE = "{:<28}" + "{:>9}" * 7
TITLES = ("", "cpu s", "floor s", "x floor", *PARTS, "sending")


class Recorder(BaseAdapter):
    """Passes requests on and keeps what came back."""

    def __init__(self, inner: BaseAdapter, path: Path) -> None:
        super().__init__()
        self._inner = inner
        self._path = path
        self._lock = threading.Lock()

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send ``request`` and keep the answer."""
        given = cast("Any", {"timeout": timeout, "verify": verify, "cert": cert})
        response = self._inner.send(request, stream=stream, proxies=proxies, **given)
        headers = {k: v for k, v in response.headers.items() if k.lower() != "content-encoding"}
        kept = [_call(request), _said(request), response.status_code, headers, response.text]
        with self._lock, self._path.open("ab") as file:
            file.write(orjson.dumps(kept) + b"\n")
        return response

    def close(self) -> None:
        """Release connections."""
        self._inner.close()


class Player(BaseAdapter):
    """Answers requests as they were answered when they were recorded.

    The same request gets its own answer; one that says something else the next of its path.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.otherwise = 0
        self.bodies: list[bytes] = []
        self._lock = threading.Lock()
        self._left: defaultdict[str, deque[tuple[str, requests.Response]]] = defaultdict(deque)
        for line in path.read_bytes().splitlines():
            call, said, status, headers, text = orjson.loads(line)
            answer = requests.Response()
            answer.status_code = status
            answer.headers.update(headers)
            answer._content = text.encode()  # as if it had been read
            self.bodies.append(answer.content)
            self._left[call].append((said, answer))

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Return the recorded answer."""
        call, said = _call(request), _said(request)
        with self._lock:
            left = self._left[call]
            if not left:
                raise requests.ConnectionError(f"Nothing more was recorded of {call}.")
            same = [index for index, (known, _) in enumerate(left) if known == said]
            self.otherwise += not same
            index = same[0] if same else 0
            answer = left[index][1]
            del left[index]
        answer.request, answer.url = request, request.url or ""
        return answer

    def close(self) -> None:
        """Nothing is open."""


def _call(request: requests.PreparedRequest) -> str:
    return f"{request.method} {request.path_url}"


def _said(request: requests.PreparedRequest) -> str:
    body = request.body or b""
    return hashlib.sha256(body.encode() if isinstance(body, str) else body).hexdigest()[:16]


def record(folder: Path, records: int) -> None:
    """Record one first sync; ``folder`` appears only once it is whole."""
    with tempfile.TemporaryDirectory(prefix="record") as name, World(Path(name)) as world:
        bench = Bench(world, records, lambda _: None)
        bench.set_up()
        made = Path(f"{folder}.part")
        shutil.rmtree(made, ignore_errors=True)
        shutil.copytree(world.folder, made / "start")
        _run("--record", str(made), str(world.folder))
        made.rename(folder)


def play(folder: Path, *, recording: Path | None = None) -> dict[str, Any]:
    """Run the first sync of ``folder``; with ``recording`` by the real answers, which are kept."""
    os.chdir(folder)
    logs.configure(level="info", stream=Path("service.log").open("a", encoding="utf-8"))  # noqa: SIM115 - for the whole process
    source = recording or folder.parent
    began = source / "clock"
    app = Application(Environment.load(os.environ), clock=VirtualClock(_began(began)))
    engine = app.engine()
    players = []
    for name in ("hubspot", "smartsheet"):
        connector: Any = app.connectors[name]
        transport = connector.client.transport if name == "hubspot" else connector.transport
        path = source / f"{name}.jsonl"
        if recording is not None:
            inner = transport.session.get_adapter("http://127.0.0.1")
            transport.mount(Recorder(inner, path))
        else:
            players.append(Player(path))
            transport.mount(players[-1])
    if recording is not None:
        return dict(engine.cycle().summary())
    return _measured(engine, players)


def _measured(engine: Engine, players: list[Player]) -> dict[str, Any]:
    kept = Path("floor.bodies")
    bodies = [body for player in players for body in player.bodies]
    kept.write_bytes(b"".join(struct.pack("<I", len(body)) + body for body in bodies))
    floors = [measure([kept], Path(f"floor{number}.db"))["cpu"] for number in (1, 2)]
    for module in LATE:
        importlib.import_module(module)
    spent: defaultdict[str, float] = defaultdict(float)
    for name, (owner, method) in PARTS.items():
        setattr(owner, method, _timed(getattr(owner, method), name, spent))
    before = time.process_time()
    report = engine.cycle()
    cpu = time.process_time() - before
    floors += [measure([kept], Path(f"floor{number}.db"))["cpu"] for number in (3, 4)]
    parts = {name: spent[name] for name in PARTS}
    return {
        "cpu": cpu,
        "floor": statistics.median(floors),
        **parts,
        "sending": cpu - sum(parts.values()),
        "otherwise": sum(player.otherwise for player in players),
        "report": report.summary(),
    }


def _timed(
    method: Callable[..., Any], name: str, spent: defaultdict[str, float]
) -> Callable[..., Any]:
    def timed(*args: Any, **kwargs: Any) -> Any:
        before = time.thread_time()
        try:
            return method(*args, **kwargs)
        finally:
            spent[name] += time.thread_time() - before

    return timed


def _began(path: Path) -> datetime:
    """Return the instant at which the recorded sync stands still."""
    if not path.exists():
        now = datetime.now().astimezone() + LATER
        path.write_text(now.replace(microsecond=0).isoformat())
    return datetime.fromisoformat(path.read_text())


def _run(*arguments: str) -> dict[str, Any]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # as an installed service
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.playback", *arguments],
        check=True,
        stdout=subprocess.PIPE,
        env=environment,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    """Record where nothing is, play, and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.playback", description=__doc__)
    parser.add_argument("folder", type=Path, help="of the recording; made where it is not there")
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true", help="one round, as JSON")
    parser.add_argument("--record", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder = options.folder.absolute()
    if options.record is not None:
        answer = play(folder, recording=options.record)
        sys.stdout.write(json.dumps(answer))
        return
    if not folder.exists():
        record(folder, options.records)
    if options.json:
        with tempfile.TemporaryDirectory(prefix="play") as name:
            copy = Path(name) / "start"
            shutil.copytree(folder / "start", copy)
            for path in folder.iterdir():
                if path.is_file():
                    (copy.parent / path.name).symlink_to(path)
            sys.stdout.write(json.dumps(play(copy)))
            os.chdir("/")
        return
    _print(LINE.format(*TITLES))
    rounds = [_run(str(folder), "--json") for _ in range(options.rounds)]
    for number, one in enumerate(rounds, 1):
        _print(_line(f"round {number}", one))
    names = ("cpu", "floor", *PARTS, "sending")
    _print(_line("median", {n: statistics.median(one[n] for one in rounds) for n in names}))
    _print(f"asked otherwise than recorded: {max(one['otherwise'] for one in rounds)}")


def _line(name: str, one: Mapping[str, Any]) -> str:
    floor = one["floor"]
    shares = [f"{one[part] / floor:.2f}" for part in ("cpu", *PARTS, "sending")]
    return LINE.format(name, f"{one['cpu']:.3f}", f"{floor:.3f}", *shares)


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
