# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GCP Secret Manager's three calls, refused wherever Google's document refuses them.

Written from the published description of the API (discovery document of
secretmanager v1, revision 20261021): paths, parameters, and the fields of bodies.
There is no emulator of Google's.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

NAME = r"projects/(?P<project>[^/]+)/secrets"
AUTOMATIC = {"customerManagedEncryption": {"kmsKeyName": str}}
CREATE = {
    "annotations": dict,
    "labels": dict,
    "tags": dict,
    "topics": list,
    "expireTime": str,
    "ttl": str,
    "etag": str,
    "replication": {"automatic": AUTOMATIC, "userManaged": dict},
}
ADD = {"payload": {"data": str, "dataCrc32c": str}}
CALLS = [
    ("POST", rf"/v1/{NAME}", {"secretId"}, CREATE, "create"),
    ("POST", rf"/v1/{NAME}/(?P<secret>[^/:]+):addVersion", set(), ADD, "add"),
    (
        "GET",
        rf"/v1/{NAME}/(?P<secret>[^/:]+)/versions/(?P<version>[^/:]+):access",
        set(),
        None,
        "access",
    ),
]


@dataclass
class SecretManager:
    """The secrets (each a list of versions), the tokens seen, refusals to come."""

    url: str = ""
    secrets: dict[str, list[bytes]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    refuse: list[int] = field(default_factory=list)

    def answer(self, method: str, target: str, body: Any) -> tuple[int, Any]:
        """Status and body of the answer to a request."""
        if self.refuse:
            return _error(self.refuse.pop(0), "UNAVAILABLE")
        parts = urlsplit(target)
        for verb, pattern, params, shape, name in CALLS:
            found = re.fullmatch(pattern, parts.path)
            if method != verb or not found:
                continue
            query = {key: value[0] for key, value in parse_qs(parts.query).items()}
            wrong = sorted(set(query) - params) + unknown(body, shape)
            if wrong:
                return _error(400, f"INVALID_ARGUMENT {wrong}")
            return getattr(self, f"_{name}")(found.groupdict(), query, body)
        return _error(404, "no such method")

    def _create(self, _path: dict, query: dict, _body: Any) -> tuple[int, Any]:
        secret = query.get("secretId", "")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", secret):
            return _error(400, "INVALID_ARGUMENT secretId")
        if secret in self.secrets:
            return _error(409, "ALREADY_EXISTS")
        self.secrets[secret] = []
        return 200, {"name": secret}

    def _add(self, path: dict, _query: dict, body: Any) -> tuple[int, Any]:
        if path["secret"] not in self.secrets:
            return _error(404, "NOT_FOUND")
        data = base64.b64decode(body["payload"]["data"], validate=True)
        if len(data) > 65536:
            return _error(400, "INVALID_ARGUMENT payload: 64 KiB")
        self.secrets[path["secret"]].append(data)
        return 200, {"state": "ENABLED"}

    def _access(self, path: dict, _query: dict, _body: Any) -> tuple[int, Any]:
        versions = self.secrets.get(path["secret"])
        if not versions or path["version"] != "latest":
            return _error(404, "NOT_FOUND")
        return 200, {"payload": {"data": base64.b64encode(versions[-1]).decode()}}


def unknown(body: Any, shape: Any, where: str = "body") -> list[str]:
    """Where a body has what its shape has not, or is another type."""
    if shape is None or body is None:
        return [] if body is None and shape is None else [where]
    if not isinstance(shape, dict):
        return [] if isinstance(body, shape) else [where]
    wrong = []
    for key, value in body.items():
        if key not in shape:
            wrong.append(f"{where}.{key}")
        else:
            wrong += unknown(value, shape[key], f"{where}.{key}")
    return wrong


def _error(status: int, said: str) -> tuple[int, Any]:
    return status, {"error": {"code": status, "status": said, "message": said}}


@contextlib.contextmanager
def secret_manager() -> Iterator[SecretManager]:
    """A running one."""
    made = SecretManager()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._do()

        def do_POST(self) -> None:
            self._do()

        def _do(self) -> None:
            made.tokens.add(self.headers.get("Authorization", ""))
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, said = made.answer(self.command, self.path, body)
            data = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
