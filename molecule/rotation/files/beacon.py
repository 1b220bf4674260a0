# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers with the generation that it was started with."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

GENERATION = Path(sys.argv[1]).read_text(encoding="utf-8")


class Beacon(BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"generation {GENERATION}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("", 8099), Beacon).serve_forever()
