# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A member behind the balancer: says its name, slowly where asked to."""

from __future__ import annotations

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = sys.argv[1]
PORT = {"one": 8081, "two": 8082}[NAME]


class Handler(BaseHTTPRequestHandler):
    """Answers `/health`, `/slow/SECONDS` and anything else."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with the member's name."""
        if self.path.startswith("/slow/"):
            time.sleep(min(float(self.path[6:]), 20))
        body = f"{NAME}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Keep the journal for the balancer."""


class Server(ThreadingHTTPServer):
    """Takes connections as fast as a client makes them."""

    daemon_threads = True
    request_queue_size = 128


Server(("127.0.0.1", PORT), Handler).serve_forever()
