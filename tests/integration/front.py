# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A way to a server that goes wrong where a test wants it to."""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

# What is passed on of a request and of an answer.
HEADERS = (
    "X-Consul-Token",
    "X-Consul-Index",
    "X-Vault-Token",
    "X-Vault-Namespace",
    "X-Vault-Request",
    "Content-Type",
)


class Reached(Protocol):
    """A server: its HTTPS address, and the authority of its certificate."""

    url: str
    ca: Path


@dataclass(frozen=True)
class Answered:
    """Instead of the server's: an answer of this status and text."""

    status: int
    text: str = ""


class Cut:
    """The server does what it was asked, and its answer is lost."""


class Severed:
    """Nothing comes through to the server."""


Fault = Answered | Cut | Severed | None


@dataclass
class Front:
    """What a test says of the requests that pass, and sees of them.

    fault: asked before each request is passed on, with its method and path. always:
        asked before that, whatever the test says.
    connections: how many were opened.
    """

    url: str = ""
    always: Callable[[str, str], Fault] = lambda method, path: None
    fault: Callable[[str, str], Fault] = lambda method, path: None
    seen: list[tuple[str, str]] = field(default_factory=list)
    connections: int = 0


@contextmanager
def front(server: Reached) -> Iterator[Front]:
    """Plain HTTP to a server, on a free port."""
    told = Front()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            told.connections += 1

        def pass_on(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            told.seen.append((self.command, self.path))
            asked = (self.command, self.path)
            fault = told.always(*asked) or told.fault(*asked)
            if isinstance(fault, Answered):
                self.answer(fault.status, fault.text.encode(), {})
                return
            if isinstance(fault, Severed):
                self.close_connection = True
                return
            given = {name: self.headers[name] for name in HEADERS if self.headers[name]}
            status, kept, said = ask(server, self.command, self.path, body, given)
            if isinstance(fault, Cut):
                self.close_connection = True
                return
            self.answer(status, said, kept)

        def answer(self, status: int, said: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_PUT = do_DELETE = do_POST = do_LIST = pass_on  # noqa: N815

        def log_message(self, *what: Any) -> None:
            """Nothing is written."""

    way = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    way.daemon_threads = True
    thread = threading.Thread(target=way.serve_forever, daemon=True)
    thread.start()
    told.url = f"http://127.0.0.1:{way.server_address[1]}"
    try:
        yield told
    finally:
        way.shutdown()
        way.server_close()


def ask(server: Reached, *request: Any) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body that a server answers with."""
    context = ssl.create_default_context(cafile=str(server.ca))
    place = urlsplit(server.url).netloc
    there = http.client.HTTPSConnection(place, context=context, timeout=30)
    there.request(*request)
    answer = there.getresponse()
    kept = {name: value for name, value in answer.getheaders() if name in HEADERS}
    said = answer.read()
    there.close()
    return answer.status, kept, said


def first(times: float, fault: Fault, method: str = "", path: str = "") -> Callable:
    """The fault for the first so many requests of a method and a part of a path."""
    left = [times]

    def tell(asked: str, at: str) -> Fault:
        if method in ("", asked) and path in at and left[0] > 0:
            left[0] -= 1
            return fault
        return None

    return tell
