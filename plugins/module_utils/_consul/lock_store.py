# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A lock's keys and sessions in Consul; trouble that passes is waited out.

Under `vigie/lock/NAME/` there are `.record` (see lock_record.py) and, for each holder
that is alive, `.alive/SESSION`, acquired by that session and deleted with it. Both are
changed in one transaction, so a place and the session that shows its holder alive come
together, and one blocking query tells of both.

A session stands on its TTL alone. Consul's default, the health of the agent's own
node, would free the lock of a living run because one agent restarts.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from ansible_collections.vigie.run.plugins.module_utils._consul.client import (
    Access,
    BusyError,
    Client,
    ConsulError,
    NoLeaderError,
    NotFoundError,
    UnreachableError,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_record import (
    Place,
    Record,
    parse,
    render,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

ROOT = "vigie/lock"
RETRY_SECONDS = 0.3
_Result = TypeVar("_Result")
_Op = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Seen:
    """A lock as it was read: `revision` for compare-and-set, `index` for waiting."""

    record: Record
    revision: int
    index: int
    alive: frozenset[str]

    def shows(self, place: Place) -> bool:
        """The holder of this place is alive."""
        return place.session in self.alive


class Store:
    """One lock in Consul. Several agents of one datacenter serve it, one at a time.

    `patience` is how long trouble that may pass is waited out, in seconds; as long as
    one request may take, until somebody sets it. An agent that never answered is no
    such trouble: its address is wrong.
    """

    def __init__(self, agents: Sequence[Access], name: str) -> None:
        """Raises RunError for an address or TLS files that cannot be used."""
        self._clients = [Client(access) for access in agents]
        self._current = 0
        self._answered = False
        self.patience = max(access.timeout for access in agents)
        self.name = name
        self._folder = f"{ROOT}/{name}/"
        self._record_key = f"{self._folder}.record"
        self._rule = f'key:write on "{self._folder}"'
        self._session_rule = "session:write on the node of the agent"

    def read(self, index: int = 0, wait: float = 0.0) -> Seen:
        """Read the lock; with an index, once it is newer, or after `wait` seconds."""
        path = f"kv/{quote(self._folder)}"
        params = {"recurse": "", "consistent": ""}
        found, index = self._patient(
            lambda client: client.watch(
                path, params, needs=self._rule, index=index, wait=wait
            )
        )
        keys = {key["Key"]: key for key in found or ()}
        if self._record_key not in keys:
            self._check_readable()
            return Seen(Record(), 0, index, frozenset())
        entry = keys[self._record_key]
        record = parse(_decoded(entry["Value"]), self._record_key)
        # Of locks in a folder of this one's name nothing begins with .alive.
        alive = {
            key["Session"]
            for name, key in keys.items()
            if name.startswith(f"{self._folder}.alive/") and key.get("Session")
        }
        return Seen(record, entry["ModifyIndex"], index, frozenset(alive))

    def write(
        self, seen: Seen, record: Record, enter: Place | None = None, leave: str = ""
    ) -> bool:
        """Replace what was seen; False when it is not that any more.

        `enter` is shown alive by its session, the session `leave` is not any more. A
        write whose answer was lost is made again: if it had been made, this says False.
        Raises SessionEndedError when the session of `enter` has ended.
        """
        cas = {"Verb": "cas", "Key": self._record_key, "Index": seen.revision}
        ops = [_op(cas, render(record))]
        if enter:
            lock = {"Verb": "lock", "Session": enter.session}
            ops.append(_op({**lock, "Key": self._alive_key(enter.session)}, str(enter)))
        if leave:
            ops.append(_op({"Verb": "delete", "Key": self._alive_key(leave)}))
        try:
            self._patient(lambda client: client.put("txn", needs=self._rule, body=ops))
        except ConsulError as error:
            if error.status != 409:
                raise
            if "invalid session" in error.said:
                raise SessionEndedError(str(error)) from error
            return False
        return True

    def open_session(self, ttl: int) -> str:
        """Make a session that ends, and its keys with it, `ttl` seconds unrenewed.

        Consul takes its time: up to twice as long, and a change of leader starts anew.
        """
        asked = {
            "Name": f"vigie.run lock {self.name}",
            "TTL": f"{ttl}s",
            "Behavior": "delete",
            "LockDelay": "0s",  # no key is ever locked twice; lock.py has its own delay
            "Checks": [],
            "NodeChecks": [],
        }
        made = self._patient(
            lambda client: client.put(
                "session/create", needs=self._session_rule, body=asked
            )
        )
        return made["ID"]

    def renew(self, session: str) -> bool:
        """Say that its holder lives; False when the session has ended."""
        path = f"session/renew/{session}"
        try:
            self._patient(lambda client: client.put(path, needs=self._session_rule))
        except NotFoundError:
            return False
        return True

    def close_session(self, session: str) -> None:
        """End a session; one that has ended is none."""
        path = f"session/destroy/{session}"
        self._patient(lambda client: client.put(path, needs=self._session_rule))

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients:
            client.close()

    def _alive_key(self, session: str) -> str:
        return f"{self._folder}.alive/{session}"

    def _check_readable(self) -> None:
        """A folder that may not be read looks empty; a key by name does not."""
        path = f"kv/{quote(self._record_key)}"
        self._patient(lambda client: client.watch(path, {}, needs=self._rule))

    def _patient(self, ask: Callable[[Client], _Result]) -> _Result:
        """Ask one agent after the other until one answers, or patience ends.

        Each is asked once at least.
        """
        deadline = time.monotonic() + self.patience
        refused = 0
        while True:
            client = self._clients[self._current]
            try:
                answer = ask(client)
            except (NoLeaderError, BusyError):
                self._answered = True
                if time.monotonic() >= deadline:
                    raise
            except UnreachableError:
                refused += 1
                self._current = (self._current + 1) % len(self._clients)
                late = time.monotonic() >= deadline
                if refused >= len(self._clients) and (late or not self._answered):
                    raise
            else:
                self._answered = True
                return answer
            time.sleep(RETRY_SECONDS)


class SessionEndedError(RunError):
    """The session that was to show a holder alive has ended."""


def names(agents: Sequence[Access]) -> list[str]:
    """The names of all locks that the token may see, sorted."""
    store = Store(agents, "*")
    found = store._patient(
        lambda client: client.watch(
            f"kv/{ROOT}/",
            {"keys": "", "consistent": ""},
            needs=f'key:read on "{ROOT}/"',
        )
    )
    store.close()
    ending = "/.record"
    keys = [key for key in found[0] or () if key.endswith(ending)]
    return sorted(key[len(ROOT) + 1 : -len(ending)] for key in keys)


def _op(verb: dict[str, Any], value: str | None = None) -> _Op:
    if value is not None:
        verb = {**verb, "Value": base64.b64encode(value.encode()).decode()}
    return {"KV": verb}


def _decoded(value: str | None) -> str:
    return base64.b64decode(value or "").decode("utf-8", "replace")
