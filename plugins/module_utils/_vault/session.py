# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Vault's API for many threads: one login, the active node, patience with elections.

Requests go to the active node where it can be reached: a standby of OpenBao answers
reads itself, and may not know yet what was just written.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .._errors import RunError
from .._http import Answer, HttpError
from .errors import (
    BusyError,
    DeniedError,
    NotFoundError,
    SealedError,
    UnreachableError,
    VaultError,
    error_of,
)
from .login import Credentials, log_in
from .transport import Transport

# Seconds between two tries: from the first to what they grow to.
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0
# Seconds to find out whether the active node can be reached from here.
LEADER_TIMEOUT = 3.0
Shared = Callable[["Access", Credentials, str], str]


@dataclass(frozen=True)
class Access:
    """How to reach Vault. `timeout` is seconds for one request."""

    url: str
    namespace: str = ""
    ca_path: str = ""
    client_cert: str = ""
    client_key: str = ""
    timeout: float = 15.0

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Access:
        """Read the options of the `vigie.run._vault` documentation fragment."""
        url = (params["vault_url"] or "").rstrip("/")
        if not url.startswith(("http://", "https://")):
            raise RunError(
                f"vault_url: {url!r} is no address; use one such as"
                " https://vault.internal:8200, or set VAULT_ADDR"
            )
        if params["vault_timeout"] <= 0:
            raise RunError("vault_timeout: must be more than 0 seconds")
        return cls(
            url=url,
            namespace=params["vault_namespace"] or "",
            ca_path=params["vault_ca_path"] or "",
            client_cert=params["vault_client_cert"] or "",
            client_key=params["vault_client_key"] or "",
            timeout=params["vault_timeout"],
        )


class Session:
    """Requests to one cluster, from any thread, counted in `calls`.

    credentials: whom to be, at the first request that asks; None for nobody.
    patience: seconds that a request is repeated while no node is active, or asks to
    come again, or does not answer though it did before.
    stay: ask this very node, sealed or not, and never look for the active one.
    shared: gives the token of credentials that many share, or another one instead of
    a token that was refused; where it is not given the session logs in by itself.
    """

    def __init__(
        self,
        access: Access,
        credentials: Credentials | None = None,
        patience: float = 30.0,
        *,
        stay: bool = False,
        shared: Shared | None = None,
    ) -> None:
        self.access = access
        self._credentials = credentials
        self._shared = shared if credentials and not credentials.token else None
        self._patience = patience
        self._transport = Transport(
            access.url,
            access.ca_path,
            access.client_cert,
            access.client_key,
            access.namespace,
        )
        self._lock = threading.RLock()
        self._stay = stay
        self._found_leader = stay
        self._answered = False
        self._served = False
        self._logged_in = False
        self._given_up: UnreachableError | None = None
        self.token = ""
        self.calls = 0

    # -- requests --------------------------------------------------------------------

    def read(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The `data` of what is at a path; None where nothing is."""
        answer = self._found("GET", path, params=params)
        return None if answer is None else answer.get("data")

    def keys(self, path: str) -> list[str]:
        """The names under a path, in one call; [] where nothing is."""
        answer = self._found("LIST", path)
        return [] if answer is None else answer["data"]["keys"]

    def listing(self, path: str) -> dict[str, Any]:
        """What a list says of each thing under a path (`key_info`), in one call."""
        answer = self._found("LIST", path)
        return {} if answer is None else answer["data"].get("key_info") or {}

    def write(self, path: str, body: Any = None, **more: Any) -> Any:
        """The answer to a write, whole; None where Vault has nothing to say."""
        return self.request("POST", path, body=body, **more)

    def delete(self, path: str, params: Mapping[str, Any] | None = None) -> None:
        """Delete what is at a path; gone already is fine."""
        self._found("DELETE", path, params=params)

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        wrap_ttl: str = "",
        repeat: bool = True,
    ) -> Any:
        """One request to `/v1/<path>`: the decoded answer, None for an empty one.

        repeat: it may be sent again where its answer was lost; false for what would
        make a second thing. Raises DeniedError, NotFoundError, SealedError, BusyError,
        UnreachableError or VaultError.
        """
        self._ready()
        used = self.token

        def send() -> Any:
            return self._send(method, path, body, params, wrap_ttl)

        try:
            return self.patiently(send, repeat)
        except DeniedError:
            if not self._renewed(used):
                raise
            return self.patiently(send, repeat)

    def patiently(self, ask: Callable[[], Any], repeat: bool = True) -> Any:
        """What the question gives, asked again while it raises BusyError.

        And where it was lost on the way, if it may be repeated, or met a sealed node:
        one that starts again, or whom a standby takes for the active one.
        """
        end = time.monotonic() + self._patience
        pause = FIRST_PAUSE
        while True:
            try:
                return ask()
            except (BusyError, SealedError, UnreachableError) as error:
                if not self._passes(error, repeat) or time.monotonic() + pause > end:
                    raise
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            self._look_for_leader_again()

    def forget_token(self) -> None:
        """Log in anew at the next request."""
        with self._lock:
            self._use("")

    def close(self) -> None:
        """Give back a token that was got by logging in, and close the connections."""
        if self._logged_in and self.token:
            # Where it cannot be, it ends by itself; what was done is done.
            with contextlib.suppress(VaultError):
                self._send("POST", "auth/token/revoke-self")
        self._transport.close()

    # ----------------------------------------------------------------------------------

    def _found(self, method: str, path: str, **more: Any) -> Any:
        try:
            return self.request(method, path, **more)
        except NotFoundError:
            return None

    def _ready(self) -> None:
        """Know the active node and have a token."""
        with self._lock:
            if self._given_up is not None:
                # Whoever waited here need not wait for the same again.
                raise self._given_up
            if not self._found_leader:
                try:
                    self.patiently(self._find_leader)
                except UnreachableError as error:
                    self._given_up = error
                    raise
                self._found_leader = True
            if self._credentials is not None and not self.token:
                self.patiently(self._log_in)

    def _log_in(self) -> None:
        if self._shared:
            self._use(self._shared(self.access, self._credentials, ""))
            return
        token, self._logged_in = log_in(self._credentials, self._send)
        self._use(token)

    def _renewed(self, refused: str) -> bool:
        """Whether those who share the token have another one by now."""
        with self._lock:
            if self._shared and self.token == refused:
                self._use(self._shared(self.access, self._credentials, refused))
            return self.token != refused

    def _use(self, token: str) -> None:
        self.token = token
        self._transport.token = token

    def _passes(self, error: VaultError, repeat: bool) -> bool:
        """Whether another try may do better."""
        if isinstance(error, UnreachableError):
            # Who never answered may be the wrong address: that is said at once.
            return self._answered and repeat
        # So is that a node is sealed, where it was from the beginning.
        return self._served or not isinstance(error, SealedError)

    def _look_for_leader_again(self) -> None:
        """Whoever was active may not be any more, or not be the one to reach it by."""
        if self._stay:
            return
        with self._lock:
            for url in (self.access.url, self._transport.url):
                with contextlib.suppress(VaultError):
                    self._find_leader(url)
                    return

    def _find_leader(self, url: str = "") -> None:
        """Ask a node who is active, and ask that one from now on if it can be reached.

        Others that ask meanwhile are not led astray: a node that lags behind would
        answer them too.
        """
        url = url or self.access.url
        said = self._send("GET", "sys/leader", url=url)
        address = (said or {}).get("leader_address") or ""
        if address and not said.get("is_self") and address != url:
            # Behind a load balancer the nodes' own addresses may lead nowhere.
            with contextlib.suppress(VaultError):
                self._send("GET", "sys/leader", url=address, timeout=LEADER_TIMEOUT)
                url = address
        self._transport.url = url

    def _send(
        self,
        method: str,
        path: str,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        wrap_ttl: str = "",
        timeout: float | None = None,
        url: str = "",
    ) -> Any:
        """One request, once; to `url`, or to who is known to be active."""
        headers = {"X-Vault-Wrap-TTL": wrap_ttl} if wrap_ttl else {}
        if method == "PATCH":
            headers["Content-Type"] = "application/merge-patch+json"
        with self._lock:
            self.calls += 1
        url = url or self._transport.url
        try:
            answer = self._transport.send(
                method,
                path,
                url=url,
                timeout=timeout or self.access.timeout,
                body=body,
                params=params,
                headers=headers,
            )
        except HttpError as error:
            raise UnreachableError(_unreachable(url, error)) from None
        self._answered = True
        said = _decoded(url, method, path, answer)
        self._served = True
        return said


def _decoded(url: str, method: str, path: str, answer: Answer) -> Any:
    fine = answer.status < 300
    try:
        said = json.loads(answer.body) if answer.body.strip() else None
    except ValueError:
        said = None
        if fine:
            raise VaultError(
                f"{url} did not answer {method} {path} as Vault does; check vault_url"
            ) from None
    if fine:
        return said
    errors = said.get("errors", ()) if isinstance(said, dict) else (answer.text,)
    # A list of nothing is a 404 with an empty list of errors and, at times, warnings.
    raise error_of(url, method, path, answer.status, errors or ())


def _unreachable(url: str, error: HttpError) -> str:
    cause, option = error.__cause__, ""
    if isinstance(cause, ssl.SSLError):
        option = " (vault_ca_path)"
    elif isinstance(cause, socket.timeout):
        option = " (vault_timeout)"
    return (
        f"Vault at {url} cannot be reached: {error}{option}; is it running, and is"
        " vault_url right?"
    )
