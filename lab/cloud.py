# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One AWS out of two emulators: each service where it is emulated best.

A request's signature names its service, so one door can send it on: what moto knows
in part only (ELSEWHERE) goes to ministack, all else to moto. Nothing is changed on the
way.
"""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from lab.emulators import emulator

ELSEWHERE = {
    "cloudcontrolapi",
    "cloudformation",
    "ecr",
    "ecs",
    "elasticache",
    "wafv2",
}
SCOPE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")
# Headers of one hop; http.client and the server write their own.
HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date"}


class Cloud(ThreadingHTTPServer):
    """The door. `url` is what to give as endpoint_url."""

    daemon_threads = True

    def __init__(self, moto: str, ministack: str) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.moto, self.ministack = moto, ministack
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def behind(self, service: str) -> str:
        """The emulator of a service."""
        return self.ministack if service in ELSEWHERE else self.moto


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Cloud

    def _forward(self) -> None:
        scope = SCOPE.search(self.headers.get("Authorization", ""))
        service = scope.group(1) if scope else ""
        to = urlsplit(self.server.behind(service)).netloc
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP}
        connection = http.client.HTTPConnection(to, timeout=60)
        try:
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP:
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _forward  # noqa: N815

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """The emulators keep logs of their own."""


@contextmanager
def cloud(folder: Path) -> Iterator[Cloud]:
    """Both emulators and the door in front of them; their logs go to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        emulator("moto", folder / "moto.log") as moto,
        emulator("ministack", folder / "ministack.log") as ministack,
    ):
        door = Cloud(moto, ministack)
        thread = threading.Thread(target=door.serve_forever, daemon=True)
        thread.start()
        try:
            yield door
        finally:
            door.shutdown()
            door.server_close()
