# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A secret that comes wrapped, taken out on the host that it is for, once.

Standard library only: this runs on managed hosts. Who reads a wrapped secret on its
way uses its token up, or has to wrap it anew, from another path; both are seen here.
https://openbao.org/docs/concepts/response-wrapping/
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .._errors import RunError
from .._http import BadUrlError, Connection, HttpError, parse_url, tls_context
from .errors import BusyError, DeniedError, UnreachableError, VaultError, error_of

# Seconds that a question is repeated while nobody is active, and between two tries.
PATIENCE = 30.0
_PAUSE = 0.5
_SECRET_ID = re.compile(r"auth/(?P<mount>.+)/role/[^/]+/secret-id")


class TamperedError(RunError):
    """Somebody may have read the secret on its way."""


@dataclass(frozen=True)
class Server:
    """How this host reaches Vault. `timeout` is seconds for one request."""

    url: str
    namespace: str = ""
    ca_path: str = ""
    timeout: float = 15.0


class Client:
    """Requests to one address; it sends no token but the one that it is given."""

    def __init__(
        self, server: Server, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Raises RunError for an address, a file or a time that cannot be used."""
        if server.timeout <= 0:
            raise RunError("vault_timeout: must be more than 0 seconds")
        try:
            endpoint, prefix = parse_url(server.url)
        except BadUrlError as error:
            raise RunError(f"vault_url: {error}") from error
        tls = tls_context(server.ca_path) if endpoint.scheme == "https" else None
        self.url = server.url
        self._server = server
        self._sleep = sleep
        self._prefix = prefix.rstrip("/")
        self._connection = Connection(endpoint, tls)

    def ask(self, path: str, body: Mapping[str, str]) -> Any:
        """POST what may be asked twice, with patience for an election."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return self.post(path, body)
            except BusyError:
                if time.monotonic() + _PAUSE > end:
                    raise
            self._sleep(_PAUSE)

    def post(self, path: str, body: Mapping[str, str] | None, token: str = "") -> Any:
        """POST once: the decoded answer, None for an empty one.

        Raises the errors of `errors.py`.
        """
        headers = {"X-Vault-Request": "true", "Content-Type": "application/json"}
        if token:
            headers["X-Vault-Token"] = token
        if self._server.namespace:
            headers["X-Vault-Namespace"] = self._server.namespace
        try:
            answer = self._connection.request(
                "POST",
                f"{self._prefix}/v1/{path}",
                timeout=self._server.timeout,
                headers=headers,
                body=json.dumps(body).encode() if body is not None else b"",
            )
        except HttpError as error:
            raise UnreachableError(
                f"Vault at {self.url} cannot be reached from this host: {error}; is"
                " vault_url right?"
            ) from error
        try:
            said = json.loads(answer.body) if answer.body.strip() else None
        except ValueError:
            # A balancer's own page; what it says is nothing that Vault said.
            said = {"errors": ["no answer of Vault"]}
            if answer.status < 300:
                raise VaultError(
                    f"{self.url} does not answer as Vault does; check vault_url"
                ) from None
        if answer.status >= 300:
            errors = (said or {}).get("errors") or ()
            raise error_of(self.url, "POST", path, answer.status, errors)
        return said

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@dataclass(frozen=True)
class Unwrapped:
    """A secret, and what Vault calls it where it may be read by others."""

    secret: str
    accessor: str = ""


def examine(client: Client, token: str, creation_path: str) -> None:
    """See that a wrapping token is unused, and wraps an answer of the right path.

    Raises TamperedError where it does not; the token is not used up.
    """
    try:
        about = client.ask("sys/wrapping/lookup", {"token": token})["data"]
    except VaultError as error:
        if error.status not in (400, 403, 404):
            raise
        raise _used(creation_path) from None
    if about["creation_path"].strip("/") != creation_path:
        raise TamperedError(
            f"token: wraps an answer of {about['creation_path']}, not of"
            f" {creation_path}: somebody may have read the secret and wrapped another"
            " one. Nothing was unwrapped. Revoke what was made, look for this token's"
            " accessor in Vault's audit log, and run again",
            alarm="foreign path",
        )


def unwrap(client: Client, token: str, creation_path: str, field: str) -> Unwrapped:
    """Use a wrapping token up: what it wraps. Raises TamperedError, RunError."""
    # On a kept connection that somebody had closed, it would not be known either.
    client.close()
    try:
        answer = client.post("sys/wrapping/unwrap", None, token) or {}
    except UnreachableError as error:
        # Asking again could not tell our own use of the token from somebody else's.
        raise RunError(
            f"{error}. Whether it unwrapped the answer of {creation_path} before is"
            " not known, and its token is not used again: run again, which has another"
            " secret made"
        ) from None
    except (DeniedError, VaultError) as error:
        if error.status not in (400, 403, 404):
            raise
        raise _used(creation_path) from None
    found = answer.get("data") or answer.get("auth") or {}
    if not isinstance(found.get(field), str):
        names = ", ".join(sorted(found)) or "none"
        raise RunError(
            f"field: what {creation_path} answered has no text {field!r}; its fields"
            f" are {names}"
        )
    return Unwrapped(found[field], found.get(f"{field}_accessor") or "")


def _used(creation_path: str) -> TamperedError:
    return TamperedError(
        "token: Vault does not know this wrapping token. It has expired, or somebody"
        f" unwrapped it, and may have read the answer of {creation_path} that was for"
        " this host. Revoke what was made, look for the token's accessor in Vault's"
        " audit log, and run again",
        alarm="token used or expired",
    )


def auth_mount(creation_path: str) -> str:
    """Where AppRole is mounted, by the path that makes its secret ids.

    Raises RunError for another path.
    """
    found = _SECRET_ID.fullmatch(creation_path)
    if not found:
        raise RunError(
            "role_id: goes with a creation_path such as"
            " auth/approle/role/web/secret-id,"
            f" and that is {creation_path!r}"
        )
    return found["mount"]


def logs_in(client: Client, mount: str, role_id: str, secret_id: str) -> bool:
    """Whether a secret id is good; the token that the login makes is given back.

    Raises VaultError where Vault cannot tell.
    """
    body = {"role_id": role_id, "secret_id": secret_id}
    try:
        answer = client.ask(f"auth/{mount}/login", body)
    except VaultError as error:
        if error.status not in (400, 403):
            raise
        return False
    client.post("auth/token/revoke-self", None, answer["auth"]["client_token"])
    return True
