# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""portal: the sample application that the lab deploys.

Serves ``/`` (who answers), ``/health`` (may it get visitors?) and ``/slow/SECONDS``
(an answer that takes its time, 30 s at most), over HTTP/1.1 with connections kept
open. On SIGTERM it takes no new connection, finishes what visitors asked for, and
exits. Beside it lies ``release.json``: ``{"version": "1.0.0", "healthy": true}``.
Environment: ``PORTAL_ADDRESS``, ``PORTAL_PORT`` (default: all, 8080).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SLOWEST = 30.0  # seconds


class Portal(ThreadingHTTPServer):
    """The server. It reads its release once: what is on disk later is not what runs."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], release: dict[str, object]) -> None:
        self.version = str(release["version"])
        self.healthy = bool(release["healthy"])
        self.name = socket.gethostname()
        self.stopping = False
        self.answered: set[socket.socket] = set()
        self.lock = threading.Lock()
        super().__init__(address, Visit)

    def server_bind(self) -> None:
        """Bind without looking up the host's own name, which may take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.name, self.server_address[1]

    def serve(self) -> None:
        """Serve until :meth:`stop`, then finish: the backlog, then open requests."""
        self.serve_forever(poll_interval=0.1)
        self.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.process_request(*self.get_request())
        with self.lock:
            for connection in self.answered:
                # What has arrived stays readable; after it the visit ends. A connection
                # that was never answered is not here: its request may be on its way.
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RD)
        self.server_close()

    def get_request(self) -> tuple[socket.socket, object]:
        """Accept a connection, which blocks even where the listener no longer does."""
        connection, address = super().get_request()
        connection.setblocking(True)
        return connection, address

    def stop(self, *_signal: object) -> None:
        """Begin to stop; returns at once (safe in a signal handler)."""
        self.stopping = True
        threading.Thread(target=self.shutdown).start()


class Visit(BaseHTTPRequestHandler):
    """One connection and the requests on it."""

    server: Portal
    protocol_version = "HTTP/1.1"
    timeout = 65
    wbufsize = -1  # head and body leave in one packet
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        """Handle a request; from now on a stop may end the connection.

        A load balancer ends its checks and its spare connections with a reset, which
        is no news.
        """
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True
        with self.server.lock:
            if self.server.stopping:
                self.close_connection = True
            else:
                self.server.answered.add(self.connection)

    def finish(self) -> None:
        """Forget the connection."""
        with self.server.lock:
            self.server.answered.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def do_GET(self) -> None:
        """Answer the paths that the module's documentation names."""
        portal = self.server
        if self.path == "/":
            self.answer(200, f"portal {portal.version} {portal.name}\n")
        elif self.path == "/health":
            word = "ok" if portal.healthy else "starting"
            self.answer(200 if portal.healthy else 503, f"{word} {portal.version}\n")
        elif self.path.startswith("/slow/"):
            try:
                seconds = float(self.path[len("/slow/") :])
            except ValueError:
                self.answer(400, "how many seconds?\n")
                return
            time.sleep(max(0.0, min(SLOWEST, seconds)))
            self.answer(200, f"portal {portal.version} {portal.name}\n")
        else:
            self.answer(404, "not found\n")

    do_HEAD = do_GET  # noqa: N815 - the name is http.server's

    def answer(self, status: int, text: str) -> None:
        """Send an answer, and say so when it is the connection's last."""
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if self.server.stopping:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Keep the journal free of visits; the load balancer counts them."""


def main() -> None:
    """Serve the release beside this file until SIGTERM."""
    folder = Path(__file__).resolve().parent
    release = json.loads((folder / "release.json").read_text(encoding="utf-8"))
    address = os.environ.get("PORTAL_ADDRESS", "")
    portal = Portal((address, int(os.environ.get("PORTAL_PORT", "8080"))), release)
    signal.signal(signal.SIGTERM, portal.stop)
    signal.signal(signal.SIGINT, portal.stop)
    print(f"portal {portal.version} listens on port {portal.server_port}", flush=True)
    portal.serve()


if __name__ == "__main__":
    main()
