# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""One kept-alive HTTP connection, with limits that hold and errors in words.

The standard library's own client, because this runs on managed hosts. Proxies
from the environment are ignored on purpose: what is asked here is this host's
agent or this host's application, never something behind a proxy.
"""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

_CHUNK = 65536
# What is read of an answer unless somebody says otherwise.
MAX_BYTES = 1 << 26


class HttpError(RunError):
    """No answer. `str()` says what happened in two or three words."""


class BadUrlError(RunError):
    """An address that cannot be used as it is written."""


@dataclass(frozen=True)
class Endpoint:
    """Where to connect. `socket_path` is set for a Unix socket, then no port."""

    scheme: str
    host: str
    port: int
    socket_path: str = ""


@dataclass(frozen=True)
class Answer:
    """What a server answered; `seconds` is from the request to the last byte.

    `headers` are found by any spelling of their names.
    """

    status: int
    body: bytes
    seconds: float
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


def parse_url(url: str) -> tuple[Endpoint, str]:
    """Split `http(s)://host[:port][/path][?query]` or `unix:///path` for use.

    Returns the endpoint and the request target (for a Unix socket always "/").
    Raises BadUrlError when scheme or host is missing or the port is not a number.
    """
    parts = urlsplit(url)
    if parts.scheme == "unix":
        if not parts.path.startswith("/"):
            raise BadUrlError(
                f"{url!r}: a Unix socket is written unix:///path/to/socket"
            )
        return Endpoint("http", "localhost", 0, parts.path), "/"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadUrlError(f"{url!r}: expected http://host[:port]/path or https://…")
    if parts.username is not None:
        # Never repeat the address here: it holds a password.
        raise BadUrlError("a URL with user:password@ is refused; use a header instead")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise BadUrlError(f"{url!r}: {error}") from error
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Endpoint(parts.scheme, parts.hostname, port), target


def tls_context(
    ca_path: str = "", validate: bool = True, cert: str = "", key: str = ""
) -> ssl.SSLContext:
    """A client context that trusts `ca_path` only, or the system's authorities.

    Raises RunError when a file cannot be read or is no certificate.
    """
    try:
        context = ssl.create_default_context(cafile=ca_path or None)
        if not validate:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if cert:
            context.load_cert_chain(cert, key or None)
    except (OSError, ssl.SSLError) as error:
        files = ", ".join(path for path in (ca_path, cert, key) if path)
        raise RunError(f"TLS files {files} cannot be used: {error}") from error
    return context


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Connection:
    """Requests to one endpoint over one connection, opened when first needed."""

    def __init__(self, endpoint: Endpoint, tls: ssl.SSLContext | None = None) -> None:
        self._endpoint = endpoint
        self._tls = tls
        self._open: http.client.HTTPConnection | None = None

    def request(
        self,
        method: str,
        target: str,
        *,
        timeout: float,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        max_bytes: int = MAX_BYTES,
    ) -> Answer:
        """Send one request and read the whole answer within `timeout` seconds.

        A kept connection that the server closed meanwhile is opened anew. Where that
        shows only once the request is sent, it is sent once again, unless it is a POST;
        over a fresh connection nothing is. Raises HttpError.
        """
        deadline = time.monotonic() + timeout
        if self._open is not None and _is_closed(self._open.sock):
            self.close()
        reused = self._open is not None and method != "POST"
        while True:
            try:
                return self._attempt(method, target, headers, body, deadline, max_bytes)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                stale = isinstance(error, (ConnectionError, http.client.BadStatusLine))
                if not (reused and stale):
                    raise HttpError(words(error, timeout)) from error
            reused = False

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _attempt(
        self,
        method: str,
        target: str,
        headers: dict[str, str] | None,
        body: bytes | None,
        deadline: float,
        max_bytes: int,
    ) -> Answer:
        started = time.monotonic()
        connection = self._connect(_left(deadline))
        # http.client forgets its socket once an answer without keep-alive has
        # begun; this name keeps it, so that the limit holds for each read.
        sock: Any = connection.sock
        sock.settimeout(_left(deadline))
        connection.request(method, target, body=body, headers=headers or {})
        sock.settimeout(_left(deadline))
        response = connection.getresponse()
        chunks: list[bytes] = []
        size = 0
        while not response.isclosed() and size < max_bytes:
            sock.settimeout(_left(deadline))
            chunk = response.read1(min(_CHUNK, max_bytes - size))
            if not chunk:
                break
            chunks.append(chunk)
            size += len(chunk)
        if not response.isclosed():
            self._finish(response, cut=size >= max_bytes)
        seconds = time.monotonic() - started
        return Answer(response.status, b"".join(chunks), seconds, response.headers)

    def _finish(self, response: http.client.HTTPResponse, cut: bool) -> None:
        if not response.length:
            response.close()
            return
        self.close()
        if not cut:
            raise HttpError("connection closed in the middle of the answer")

    def _connect(self, timeout: float) -> http.client.HTTPConnection:
        if self._open is None:
            self._open = self._new(timeout)
            self._open.connect()
            if not self._endpoint.socket_path:
                sock: Any = self._open.sock
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._open

    def _new(self, timeout: float) -> http.client.HTTPConnection:
        where = self._endpoint
        if where.socket_path:
            return _UnixConnection(where.socket_path, timeout)
        if where.scheme == "https":
            return http.client.HTTPSConnection(
                where.host, where.port, timeout=timeout, context=self._tls
            )
        return http.client.HTTPConnection(where.host, where.port, timeout=timeout)


def _is_closed(sock: socket.socket | None) -> bool:
    """Whether the other end has closed it: an idle server has nothing else to say."""
    if sock is None:
        return True
    readable = select.poll()
    readable.register(sock, select.POLLIN)
    return bool(readable.poll(0))


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise socket.timeout()
    return left


def words(error: BaseException, timeout: float = 0) -> str:
    """Say what went wrong on a connection as a person would."""
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, socket.timeout):
        return f"no answer within {timeout:g} s"
    if isinstance(error, http.client.RemoteDisconnected):
        return "connection closed without an answer"
    if isinstance(error, (ConnectionResetError, BrokenPipeError)):
        return "connection reset"
    if isinstance(error, http.client.BadStatusLine):
        return "the answer is not HTTP"
    if isinstance(error, socket.gaierror):
        return "name not found"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {getattr(error, 'verify_message', '') or error.reason}"
    if isinstance(error, FileNotFoundError):
        return "no such socket"
    if isinstance(error, http.client.IncompleteRead):
        return "connection closed in the middle of the answer"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
