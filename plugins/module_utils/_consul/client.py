# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Consul's HTTP API: one kept-alive connection, errors that say what to do.

Answers and error texts are those of Consul 1.8 to 1.20
(https://developer.hashicorp.com/consul/api-docs).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._http import (
    MAX_BYTES,
    Answer,
    BadUrlError,
    Connection,
    HttpError,
    parse_url,
    tls_context,
)

# What agents and servers say while nobody leads, or while the server that an agent
# had in mind is gone.
_NO_LEADER = (
    "no cluster leader",
    "no known consul servers",
    "leader not found",
    "failed to get conn",
)
# What servers say of a request that met an election, or a limit.
_COME_AGAIN = (
    "leadership lost",
    "leadership transfer",
    "not leader",
    "node is not the leader",
    "rpc error making call: eof",
    "connection reset",
    "i/o timeout",
    "timed out enqueuing",
    "rate limit",
    "raft is already shutdown",
)

# The keyring says it with 500 and in words of its own.
_DENIED = ("permission denied", "denied by acls")


class ConsulError(RunError):
    """Consul answered with an error that has no better word.

    `status` is 0 where there was no answer; `said` is the answer's text.
    """

    def __init__(self, message: str, status: int = 0, said: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.said = said


class NoLeaderError(ConsulError):
    """The cluster has no leader, or the agent knows no server."""


class DeniedError(ConsulError):
    """The token is unknown or lacks a rule."""


class BusyError(ConsulError):
    """Consul, or what stands before it, asks to come again: a limit, an election."""


class UnreachableError(ConsulError):
    """No answer: refused, timed out, wrong certificate."""


class NotFoundError(ConsulError):
    """Consul knows no such thing."""


@dataclass(frozen=True)
class Access:
    """How to reach an agent. `timeout` is seconds for one whole request."""

    url: str = "http://127.0.0.1:8500"
    token: str = ""
    ca_path: str = ""
    client_cert: str = ""
    client_key: str = ""
    timeout: float = 10.0

    @classmethod
    def from_params(cls, params: dict[str, Any]) -> Access:
        """Read the options of the `vigie.run._consul` documentation fragment."""
        return cls(
            url=params["consul_url"],
            token=params["consul_token"] or "",
            ca_path=params["consul_ca_path"] or "",
            client_cert=params["consul_client_cert"] or "",
            client_key=params["consul_client_key"] or "",
            timeout=params["consul_timeout"],
        )


class Client:
    """Talks to one agent; not for use by two threads at once."""

    def __init__(self, access: Access) -> None:
        """Raises RunError for an address or TLS files that cannot be used."""
        if access.timeout <= 0:
            raise RunError("consul_timeout: must be more than 0 seconds")
        url = access.url if "://" in access.url else f"http://{access.url}"
        try:
            endpoint, path = parse_url(url)
        except BadUrlError as error:
            raise RunError(f"consul_url: {error}") from error
        tls = None
        if endpoint.scheme == "https":
            tls = tls_context(
                access.ca_path, cert=access.client_cert, key=access.client_key
            )
        self.url = url
        self._timeout = access.timeout
        self._prefix = path.rstrip("/")
        self._connection = Connection(endpoint, tls)
        self._headers = {"Accept": "application/json"}
        if access.token:
            self._headers["X-Consul-Token"] = access.token
        self._has_token = bool(access.token)

    def get(
        self,
        path: str,
        params: dict[str, str] | None = None,
        *,
        needs: str,
        timeout: float | None = None,
    ) -> Any:
        """Read `/v1/<path>`; returns the decoded JSON. `needs` as in `call`."""
        return self.call("GET", path, params, needs=needs, timeout=timeout)

    def put(
        self,
        path: str,
        params: dict[str, str] | None = None,
        *,
        needs: str,
        body: Any = None,
    ) -> Any:
        """Write `/v1/<path>`; returns the decoded JSON, None for an empty answer."""
        return self.call("PUT", path, params, needs=needs, body=body)

    def call(
        self,
        method: str,
        path: str,
        params: dict[str, str] | None = None,
        *,
        needs: str,
        body: Any = None,
        timeout: float | None = None,
    ) -> Any:
        """One request. `needs` names the ACL rule it takes, for the error message.

        `timeout` (seconds) only shortens the client's own. Raises UnreachableError,
        NoLeaderError, DeniedError, NotFoundError, BusyError, or ConsulError.
        """
        answer = self._ask(
            method, path, params, needs=needs, body=body, timeout=timeout
        )
        return self._decode(method, path, answer)

    def watch(
        self,
        path: str,
        params: dict[str, str],
        *,
        needs: str,
        index: int = 0,
        wait: float = 0.0,
    ) -> tuple[Any, int]:
        """Read once there is something newer than `index`, after `wait` seconds anyway.

        Returns the decoded JSON, None where there is nothing, and the index to go on
        with. A wait is cut to what the client's own timeout allows.
        """
        if index:
            # Consul adds up to a sixteenth of the wait, and then has to answer.
            wait = min(wait, max(self._timeout - 1, self._timeout / 2) * 16 / 17)
            milliseconds = max(1, int(wait * 1000))
            params = {**params, "index": str(index), "wait": f"{milliseconds}ms"}
        answer = self._ask("GET", path, params, needs=needs, absent=True)
        found = None if answer.status == 404 else self._decode("GET", path, answer)
        return found, int(answer.headers.get("X-Consul-Index") or 0)

    def _ask(
        self,
        method: str,
        path: str,
        params: dict[str, str] | None,
        *,
        needs: str,
        body: Any = None,
        timeout: float | None = None,
        absent: bool = False,
    ) -> Answer:
        """An answer that is no error; `absent`: neither is an empty 404."""
        target = f"{self._prefix}/v1/{path}"
        if params:
            target += "?" + urlencode(params)
        limit = self._timeout if timeout is None else min(timeout, self._timeout)
        data = None if body is None else _encoded(body)
        try:
            answer = self._connection.request(
                method, target, headers=self._headers, body=data, timeout=limit
            )
        except HttpError as error:
            raise UnreachableError(self._unreachable(str(error))) from error
        nothing = absent and answer.status == 404 and not answer.body.strip()
        if answer.status >= 300 and not nothing:
            raise self._error(method, path, answer, needs)
        return answer

    def leader(self) -> str:
        """Address of the leader. Raises NoLeaderError when there is none."""
        address = self.get("status/leader", needs="nothing")
        if not address:
            raise NoLeaderError(self._no_leader("no leader is elected"))
        return address

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _decode(self, method: str, path: str, answer: Answer) -> Any:
        if not answer.body.strip():
            return None
        try:
            return json.loads(answer.body)
        except ValueError as error:
            if len(answer.body) >= MAX_BYTES:
                raise ConsulError(
                    f"Consul at {self.url} answered {method} {path} with more than "
                    f"{MAX_BYTES >> 20} MB, which is not read: ask for less"
                ) from error
            raise ConsulError(
                f"{self.url} did not answer {method} {path} as Consul does: "
                f"{_short(answer.text)!r}; check consul_url"
            ) from error

    def _error(self, method: str, path: str, answer: Answer, needs: str) -> ConsulError:
        text = answer.text.strip()
        low = text.lower()
        if any(sign in low for sign in _NO_LEADER):
            return NoLeaderError(self._no_leader(text))
        if "acl not found" in low:
            return DeniedError(
                f"Consul at {self.url} does not know the token in consul_token: "
                "it was deleted, or its cluster is another one"
            )
        if answer.status == 403 or any(sign in low for sign in _DENIED):
            who = "the token in consul_token" if self._has_token else "no token"
            return DeniedError(
                f"Consul at {self.url} denied {method} {path}: it takes the rule "
                f"{needs}, and the request was made with {who}"
            )
        if answer.status == 404:
            return NotFoundError(f"Consul at {self.url} has no {path}: {_short(text)}")
        busy = answer.status in (429, 502, 503, 504)
        kind = ConsulError
        if busy or (answer.status == 500 and any(sign in low for sign in _COME_AGAIN)):
            kind = BusyError
        return kind(
            f"Consul at {self.url} answered {method} {path} with {answer.status}: "
            f"{_short(text) or 'nothing'}",
            answer.status,
            text,
        )

    def _no_leader(self, seen: str) -> str:
        return (
            f"Consul at {self.url} has no cluster leader ({_short(seen)}): "
            "look at the servers (consul members, journalctl -u consul)"
        )

    def _unreachable(self, what: str) -> str:
        return (
            f"Consul at {self.url} cannot be reached: {what}; is the agent running, "
            "and is consul_url right?"
        )


def _encoded(body: Any) -> bytes:
    """JSON, but for what is bytes already (the value of a key)."""
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def _short(text: str, limit: int = 200) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
