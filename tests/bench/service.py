"""The service as one process that is measured: orders as JSON lines in, measurements out.

| order | does |
| --- | --- |
| ``["prepare", [company ids]]`` | set-up, and one customer with a new sheet for each company |
| ``["cycle", null]`` | one cycle |
| ``["keep", FILE]`` | from now on keep every answer's body in FILE; null: no more |

Peak memory is the kernel's high-water mark of this process, the interpreter and all libraries
included. Nothing of the emulators runs here.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

import requests
from requests.adapters import BaseAdapter

from ubm_sync import logs
from ubm_sync.app import Application
from ubm_sync.config import Environment, write_customer
from ubm_sync.model import Customer


class Keeper(BaseAdapter):
    """Passes requests on and keeps the bodies of the answers while a file is open.

    ``spent`` is the processor time that keeping took: it is none of the service's.
    """

    def __init__(self, inner: BaseAdapter) -> None:
        super().__init__()
        self._inner = inner
        self.file: BinaryIO | None = None
        self.spent = 0.0

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send ``request`` and keep what came back."""
        given = cast("Any", {"timeout": timeout, "verify": verify, "cert": cert})
        response = self._inner.send(request, stream=stream, proxies=proxies, **given)
        if self.file is not None:
            body = response.content
            before = time.thread_time()
            self.file.write(struct.pack("<I", len(body)) + body)  # one call: threads share it
            self.spent += time.thread_time() - before
        return response

    def close(self) -> None:
        """Release connections."""
        self._inner.close()


class Measured:
    """The application, and what is asked of it."""

    def __init__(self) -> None:
        environment = Environment.load(os.environ)
        self._app = Application(environment)
        self._engine: Any = None
        self._keepers: list[Keeper] = []

    def prepare(self, companies: list[str]) -> dict[str, Any]:
        """Set everything up; return the ids of the customers' sheets."""
        app = self._app
        for name, connector in app.connectors.items():
            for step in connector.ensure(dry_run=False):
                if step.state == "problem":
                    raise RuntimeError(f"{step.what}: {step.detail}")
            app.keep(name)  # as `setup` does: what it read need not be read again
        desk: Any = app.connectors["hubspot"]
        desk.knows("dana@example.com")  # `customer add` asks whether the manager is there
        app.keep("hubspot")
        sheets: Any = app.connectors["smartsheet"]
        made = []
        for number, company in enumerate(companies):
            sheet = sheets.create_sheet(f"Customer {number} locations", [])
            path = Path(app.environment.config) / "customers" / f"customer{number}.yaml"
            write_customer(
                path,
                Customer(
                    key=f"customer{number}",
                    name=f"Customer {number}",
                    company=company,
                    sheet=sheet,
                    csm="dana@example.com",
                    csm_name="Dana Lee",
                ),
            )
            made.append(sheet)
        return {"sheets": made}

    def keep(self, path: str | None) -> dict[str, Any]:
        """Begin or end keeping answers."""
        for name in ("hubspot", "smartsheet"):
            connector: Any = self._app.connectors[name]
            transport = connector.client.transport if name == "hubspot" else connector.transport
            session: requests.Session = transport.session
            adapter = session.get_adapter("http://127.0.0.1")
            if not isinstance(adapter, Keeper):
                adapter = Keeper(adapter)
                self._keepers.append(adapter)
                transport.mount(adapter)
            if adapter.file is not None:
                adapter.file.close()
            adapter.file = open(f"{path}.{name}", "wb") if path else None  # noqa: PTH123, SIM115 - stays open
        return {}

    def cycle(self) -> dict[str, Any]:
        """Run one cycle as the service does."""
        if self._engine is None:
            self._engine = self._app.engine()
        keeping = self._keeping()
        wall, cpu = time.perf_counter(), time.process_time()
        report = self._engine.cycle()
        return {
            **report.summary(),
            "wall": time.perf_counter() - wall,
            "cpu": time.process_time() - cpu - (self._keeping() - keeping),
            "peak": _peak(),
        }

    def _keeping(self) -> float:
        return sum(one.spent for one in self._keepers)


def _peak() -> float:
    """Return the most memory this process ever had, in MB."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def main() -> None:
    """Answer orders until there are no more."""
    log = Path("service.log").open("a", encoding="utf-8")  # noqa: SIM115 - for the whole process
    logs.configure(level="info", stream=log)
    measured = Measured()
    for line in sys.stdin:
        what, given = json.loads(line)
        answer = getattr(measured, what)(*([] if given is None and what == "cycle" else [given]))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
