# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP/1.1 request on one connection, and exactly what went wrong with it.

A client library hides what a load test wants to know (it retries, pools and
merges errors), and costs several times the processor. This is the part of
RFC 9112 that a GET needs: status line, headers, a body with a length, in chunks,
or up to the end of the connection.
"""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

MAX_REPLY_BYTES = 4 * 1024 * 1024


class RequestError(Exception):
    """A request without a good answer: `kind` as counted, `seen` for a person."""

    def __init__(self, kind: str, seen: str) -> None:
        super().__init__(f"{kind}: {seen}")
        self.kind = kind
        self.seen = seen


@dataclass(frozen=True)
class Target:
    """Where requests go: an address, a port, a path with its query."""

    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 80 else f"{host}:{self.port}"

    def request(self, keep_alive: bool, headers: tuple[str, ...] = ()) -> bytes:
        """The bytes of a GET for this target."""
        lines = [
            f"GET {self.path} HTTP/1.1",
            f"Host: {self.authority}",
            "User-Agent: vigie-lab",
            "Accept: */*",
            *headers,
            *([] if keep_alive else ["Connection: close"]),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def parse_target(url: str) -> Target:
    """Read a URL that the lab may send load to.

    Only plain HTTP to a loopback or private address: the lab's own hosts are
    there, and a slip of the hand must not put load on somebody else's site.
    Raises ValueError with what is wrong with the URL.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f"{url}: expected http://ADDRESS[:PORT]/PATH")
    host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise ValueError(
            f"{url}: {host} is a name; give the address of a lab host"
        ) from None
    if not (address.is_loopback or address.is_private):
        raise ValueError(f"{url}: {host} is a public address, not a lab host's")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(host, parts.port or 80, path)


@dataclass(frozen=True)
class Reply:
    """A complete answer; `reusable` when the connection may carry another."""

    status: int
    body: bytes
    reusable: bool


@dataclass(frozen=True)
class _Head:
    status: int
    headers: dict[str, str]
    size: int  # bytes of the head, blank line included
    reusable: bool


def _parse_head(data: bytearray) -> _Head | None:
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    first, *rest = bytes(data[:end]).decode("latin-1").split("\r\n")
    version, _space, after = first.partition(" ")
    code = after[:3]
    if not version.startswith("HTTP/1.") or not code.isdigit():
        raise RequestError("status", f"not an HTTP answer: {first[:60]!r}")
    headers: dict[str, str] = {}
    for line in rest:
        name, _colon, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    connection = headers.get("connection", "").lower()
    reusable = "close" not in connection and (
        version != "HTTP/1.0" or "keep-alive" in connection
    )
    return _Head(int(code), headers, end + 4, reusable)


def _parse_chunks(data: bytearray, start: int) -> bytes | None:
    """The body sent in chunks (RFC 9112, 7.1); None while it is incomplete."""
    parts: list[bytes] = []
    at = start
    while True:
        end = data.find(b"\r\n", at)
        if end < 0:
            return None
        try:
            size = int(bytes(data[at:end]).split(b";")[0], 16)
        except ValueError:
            raise RequestError("body", "a chunk without a size") from None
        at = end + 2
        if size == 0:
            return b"".join(parts) if data.find(b"\r\n", at) >= 0 else None
        if len(data) < at + size + 2:
            return None
        parts.append(bytes(data[at : at + size]))
        at += size + 2


def parse_reply(data: bytearray, ended: bool) -> Reply | None:
    """The answer in `data`, None while more has to come.

    `ended` says that the server has closed its side. Raises RequestError when what
    came cannot become an answer.
    """
    head = _parse_head(data)
    if head is None:
        if ended:
            seen = f"closed after {len(data)} bytes, before the end of the headers"
            raise RequestError("reset", seen)
        return None
    if head.headers.get("transfer-encoding", "").lower().endswith("chunked"):
        body = _parse_chunks(data, head.size)
        if body is None and ended:
            raise RequestError("reset", "closed in the middle of a body sent in chunks")
        return None if body is None else Reply(head.status, body, head.reusable)
    declared = head.headers.get("content-length")
    if declared is not None and declared.isdigit():
        length = int(declared)
        have = len(data) - head.size
        if have >= length:
            body = bytes(data[head.size : head.size + length])
            return Reply(head.status, body, head.reusable)
        if ended:
            raise RequestError(
                "reset", f"closed after {have} of {length} bytes of the body"
            )
        return None
    return Reply(head.status, bytes(data[head.size :]), False) if ended else None


class Exchange(asyncio.Protocol):
    """A connection that carries one request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._waiter: asyncio.Future[Reply] | None = None

    @property
    def open(self) -> bool:
        return self.transport is not None and not self.transport.is_closing()

    @property
    def answered(self) -> bool:
        """Whether any byte of the current answer has come."""
        return bool(self._buffer)

    def send(self, request: bytes) -> asyncio.Future[Reply]:
        """Send a request; the future holds the Reply or raises RequestError."""
        self._buffer.clear()
        self._waiter = asyncio.get_running_loop().create_future()
        if self.transport is None or self.transport.is_closing():
            self._fail(RequestError("reset", "closed before the request was sent"))
        else:
            self.transport.write(request)
        return self._waiter

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        if self._waiter is None or self._waiter.done():
            self.abort()  # bytes that nobody asked for: the connection is spoilt
            return
        self._buffer += data
        if len(self._buffer) > MAX_REPLY_BYTES:
            self._fail(RequestError("body", f"more than {MAX_REPLY_BYTES} bytes"))
            self.abort()
            return
        self._try_finish(ended=False)

    def eof_received(self) -> bool:
        self._try_finish(ended=True)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        seen = str(exc) if exc else "closed without an answer"
        self._fail(RequestError("reset", seen))

    def _try_finish(self, ended: bool) -> None:
        if self._waiter is None or self._waiter.done():
            return
        try:
            reply = parse_reply(self._buffer, ended)
        except RequestError as failed:
            self._fail(failed)
            self.abort()
            return
        if reply is not None:
            self._waiter.set_result(reply)

    def _fail(self, failed: RequestError) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(failed)


async def connect(target: Target) -> Exchange:
    """A new connection to the target; raises RequestError, `refused` or `reset`."""
    loop = asyncio.get_running_loop()
    try:
        _transport, exchange = await loop.create_connection(
            Exchange, target.host, target.port
        )
    except ConnectionResetError as error:
        raise RequestError("reset", f"while connecting: {error.strerror}") from None
    except OSError as error:
        raise RequestError("refused", error.strerror or str(error)) from None
    return exchange
