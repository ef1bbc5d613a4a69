"""Real HTTP on loopback for an emulator, and a way to reach it without sockets."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self, cast
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3.response import HTTPResponse

from ubm_sync.emulation.emulator import Emulator
from ubm_sync.emulation.messages import Delivery, Request, Response


class Server:
    """An emulator answering on ``127.0.0.1``; ``port`` 0 lets the system choose one."""

    def __init__(self, emulator: Emulator, port: int = 0) -> None:
        handler = type("Handler", (_Handler,), {"emulator": emulator})
        self._http = _Http(("127.0.0.1", port), handler)
        self._thread = threading.Thread(
            target=self._http.serve_forever,
            args=(0.05,),
            name=f"{emulator.name}-emulator",
            daemon=True,
        )
        self.emulator = emulator

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(timeout=5)

    def serve_forever(self) -> None:
        """Answer in this thread until interrupted."""
        self._http.serve_forever(0.2)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that went away is part of the play."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    emulator: ClassVar[Emulator]

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, parts.path, parts.query, headers, body)
        response = self.emulator.handle(request)
        if response.stall:
            time.sleep(response.stall)
        self._deliver(response)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - names of the base

    def _deliver(self, response: Response) -> None:
        if response.delivery is Delivery.NOTHING:
            self.close_connection = True
            return
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if response.delivery is Delivery.CUT:
            self.wfile.write(response.body[: len(response.body) // 2])
            self.close_connection = True
        else:
            self.wfile.write(response.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - signature of the base
        """Keep the terminal clean: the emulator has its own call log."""


class InProcessAdapter(BaseAdapter):
    """Lets a ``requests`` session reach an emulator without sockets."""

    def __init__(self, emulator: Emulator) -> None:
        super().__init__()
        self._emulator = emulator

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Answer ``request`` from the emulator; a lost answer raises ConnectionError."""
        del stream, verify, cert, proxies
        parts = urlsplit(cast("str", request.url))
        body = request.body or b""
        headers = {name.lower(): str(value) for name, value in request.headers.items()}
        answer = self._emulator.handle(
            Request(
                str(request.method),
                parts.path,
                parts.query,
                headers,
                body.encode() if isinstance(body, str) else bytes(body),
            )
        )
        limit = timeout[1] if isinstance(timeout, tuple) else timeout
        if answer.stall and limit is not None and answer.stall > limit:
            raise requests.ReadTimeout("the answer came too late", request=request)
        if answer.delivery is Delivery.NOTHING:
            raise requests.ConnectionError("connection closed", request=request)
        return self._response(request, answer)

    def _response(self, request: requests.PreparedRequest, answer: Response) -> requests.Response:
        whole = answer.delivery is Delivery.WHOLE
        if not whole:
            raise requests.exceptions.ChunkedEncodingError("connection broken", request=request)
        response = requests.Response()
        response.status_code = answer.status
        response.headers.update({"Content-Type": answer.content_type, **answer.headers})
        response.raw = HTTPResponse(
            io.BytesIO(answer.body),
            headers=response.headers,
            preload_content=False,
            status=answer.status,
        )
        response.request = request
        response.url = str(request.url)
        response.encoding = "utf-8"
        return response

    def close(self) -> None:
        """Nothing to close."""
