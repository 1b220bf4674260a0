# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Consul's API for many threads: kept-alive connections, patience with elections."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .._errors import RunError
from .client import (
    Access,
    BusyError,
    Client,
    ConsulError,
    NoLeaderError,
    NotFoundError,
    UnreachableError,
)

# Seconds between two tries: from the first to what they grow to.
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0
Version = tuple[int, ...]


class Session:
    """Requests to one agent, from any thread, counted in `calls`.

    patience: seconds that a request is repeated while the cluster elects a leader or
    asks to come again, or does not answer though it did before. datacenter: whose data
    is meant, where it is not the agent's own.

    Every request of ours may be repeated: it says what must be, or carries the index
    that it was planned with.
    """

    def __init__(
        self, access: Access, patience: float = 30.0, datacenter: str = ""
    ) -> None:
        self._access = access
        self._patience = patience
        self._everywhere = {"dc": datacenter} if datacenter else {}
        self._lock = threading.Lock()
        # The first one now: an address or file that cannot be used is said at once.
        self._idle: list[Client] = [Client(access)]
        self._version: Version | None = None
        self._answered = False
        self.calls = 0

    def get(
        self, path: str, params: dict[str, str] | None = None, *, needs: str
    ) -> Any:
        """Read `/v1/<path>`; `needs` names the ACL rule that it takes."""
        return self.call("GET", path, params, needs=needs)

    def put(
        self,
        path: str,
        params: dict[str, str] | None = None,
        *,
        needs: str,
        body: Any = None,
    ) -> Any:
        """Write `/v1/<path>`; a body of bytes is sent as it is, others as JSON."""
        return self.call("PUT", path, params, needs=needs, body=body)

    def delete(
        self, path: str, params: dict[str, str] | None = None, *, needs: str
    ) -> Any:
        """Delete `/v1/<path>`."""
        return self.call("DELETE", path, params, needs=needs)

    def find(
        self, path: str, params: dict[str, str] | None = None, *, needs: str
    ) -> Any:
        """As `get`, and None where there is no such thing."""
        try:
            return self.get(path, params, needs=needs)
        except NotFoundError:
            return None

    def call(
        self,
        method: str,
        path: str,
        params: dict[str, str] | None = None,
        *,
        needs: str,
        body: Any = None,
        made: Callable[[], Any] | None = None,
    ) -> Any:
        """One request, repeated while Consul asks to come again.

        made: for a request that would make a second thing. Asked before it is
        repeated; what it finds is the answer that was lost. Raises what `Client.call`
        raises, in the end.
        """
        params = {**self._everywhere, **(params or {})}
        end = time.monotonic() + self._patience
        pause = FIRST_PAUSE
        while True:
            try:
                with self._client() as client:
                    if made:
                        # A connection that was kept might send the request twice.
                        client.close()
                    return client.call(method, path, params, needs=needs, body=body)
            except UnreachableError:
                # Who never answered may be the wrong address: that is said at once.
                if not self._answered or time.monotonic() + pause > end:
                    raise
            except (NoLeaderError, BusyError):
                if time.monotonic() + pause > end:
                    raise
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            found = made() if made else None
            if found is not None:
                return found

    def version(self) -> Version:
        """The agent's version, such as (1, 8, 7)."""
        if self._version is None:
            config = self.get("agent/self", needs='agent_prefix "" { policy = "read" }')
            self._version = version(config["Config"]["Version"])
        return self._version

    def close(self) -> None:
        """Close what is open; to be called when no request is under way."""
        for client in self._idle:
            client.close()

    @contextmanager
    def _client(self) -> Iterator[Client]:
        with self._lock:
            self.calls += 1
            client = self._idle.pop() if self._idle else None
        client = client or Client(self._access)
        try:
            yield client
            self._answered = True
        except ConsulError as error:
            self._answered |= not isinstance(error, UnreachableError)
            raise
        finally:
            with self._lock:
                self._idle.append(client)


def version(text: str) -> Version:
    """`1.8.7+dfsg1` and `1.20.1+ent` as numbers; what is no version is the oldest."""
    found = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def older(session: Session, since: str) -> str:
    """The server's version where it is older than `since`.

    Empty where it is not, and where the token may not ask.
    """
    try:
        have = session.version()
    except ConsulError:
        return ""
    return ".".join(map(str, have)) if have < version(since) else ""


def refuse_old(session: Session, what: str, since: str) -> None:
    """Raise RunError where the server is older than what `what` takes."""
    have = older(session, since)
    if have:
        raise RunError(
            f"{what} takes Consul {since} or newer, and the server is {have}:"
            " upgrade it, or leave this out"
        )
