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
from typing import Any

from lab.consul_cluster import Cluster

# What is passed on of a request and of an answer.
HEADERS = ("X-Consul-Token", "Content-Type", "X-Consul-Index")


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

    fault: asked before each request is passed on, with its method and path.
    connections: how many were opened.
    """

    url: str = ""
    fault: Callable[[str, str], Fault] = lambda method, path: None
    seen: list[tuple[str, str]] = field(default_factory=list)
    connections: int = 0


@contextmanager
def front(cluster: Cluster) -> Iterator[Front]:
    """Plain HTTP to the cluster's first server, on a free port."""
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
            fault = told.fault(self.command, self.path)
            if isinstance(fault, Answered):
                self.answer(fault.status, fault.text.encode(), {})
                return
            if isinstance(fault, Severed):
                self.close_connection = True
                return
            given = {name: self.headers[name] for name in HEADERS if self.headers[name]}
            status, kept, said = ask(cluster, self.command, self.path, body, given)
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

        do_GET = do_PUT = do_DELETE = do_POST = pass_on  # noqa: N815

        def log_message(self, *what: Any) -> None:
            """Nothing is written."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()


def ask(cluster: Cluster, *request: Any) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body that the cluster's first server answers with."""
    context = ssl.create_default_context(cafile=str(cluster.ca))
    address = cluster.servers[0].address
    server = http.client.HTTPSConnection(address, 8501, context=context, timeout=30)
    server.request(*request)
    answer = server.getresponse()
    kept = {name: value for name, value in answer.getheaders() if name in HEADERS}
    said = answer.read()
    server.close()
    return answer.status, kept, said


def first(times: int, fault: Fault, method: str = "", path: str = "") -> Callable:
    """The fault for the first so many requests of a method and a part of a path."""
    left = [times]

    def tell(asked: str, at: str) -> Fault:
        if method in ("", asked) and path in at and left[0] > 0:
            left[0] -= 1
            return fault
        return None

    return tell
