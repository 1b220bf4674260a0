# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real HTTP server on loopback whose answers a test decides, request by request."""

from __future__ import annotations

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answering:
    """Calls ``answer(method, path, headers) -> (status, body)`` for each request.

    ``requests`` are the (method, path) seen; ``connections`` how many were opened.
    An answer of ``None`` closes the connection without one.
    """

    def __init__(self, answer):
        self.answer = answer
        self.requests = []
        self.connections = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                outer.connections += 1

            def handle(self):
                # A client that has read enough is part of some tests.
                with contextlib.suppress(ConnectionError):
                    super().handle()

            def _serve(self):
                outer.requests.append((self.command, self.path))
                answered = outer.answer(self.command, self.path, self.headers)
                if answered is None:
                    self.close_connection = True
                    return
                status, body = answered
                data = body.encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    # A client that has given up waiting is part of some tests.
                    with contextlib.suppress(ConnectionError):
                        self.wfile.write(data)

            def __getattr__(self, name):
                if name.startswith("do_"):
                    return self._serve
                raise AttributeError(name)

            def log_message(self, *args):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        # A short poll makes shutdown quick.
        threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        ).start()
        return self

    def __exit__(self, *exc):
        self._server.shutdown()
        self._server.server_close()
