# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Vault's HTTP: requests from many threads, to whichever node they are sent.

On the collection's own connections: Python's standard library is all it takes on a
managed host, and a short request costs a third of what it does with hvac and requests.
Headers are those of https://developer.hashicorp.com/vault/api-docs.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from .._errors import RunError
from .._http import (
    Answer,
    BadUrlError,
    Connection,
    Endpoint,
    HttpError,
    parse_url,
    tls_context,
)

# A standby that does not pass requests on sends to the active node instead.
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 3
# What a path may have as it is; what is quoted already stays so.
_PLAIN = "/%:@!$&'()*+,;=~"


class Transport:
    """Requests to the nodes of one cluster; `url` is the node that is asked.

    Connections are kept alive, as many as there are requests at once. Proxies and
    authorities of the environment are not looked at.
    """

    def __init__(
        self,
        url: str,
        ca_path: str = "",
        client_cert: str = "",
        client_key: str = "",
        namespace: str = "",
    ) -> None:
        """Raises RunError for an address, or TLS files, that cannot be used."""
        endpoint, _prefix = _parsed(url)
        self.url = url
        self.token = ""
        self._secure = endpoint.scheme == "https"
        self._tls: ssl.SSLContext | None = None
        if self._secure:
            self._tls = _trust(ca_path, client_cert, client_key)
        self._headers = {"X-Vault-Request": "true", "Accept": "application/json"}
        if namespace:
            self._headers["X-Vault-Namespace"] = namespace
        self._idle: dict[Endpoint, list[Connection]] = {}

    def send(
        self,
        method: str,
        path: str,
        *,
        timeout: float,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        url: str = "",
    ) -> Answer:
        """The answer to one request to `/v1/<path>`, whatever its status.

        body: anything that JSON has; timeout: seconds for each node that is asked;
        url: another node than the one that is asked else. Raises HttpError where there
        is no answer.
        """
        endpoint, prefix = _parsed(url or self.url)
        target = f"{prefix.rstrip('/')}/v1/{quote(path, safe=_PLAIN)}"
        if params:
            target += f"?{urlencode(params)}"
        sent = {**self._headers, **(headers or {})}
        if self.token:
            sent["X-Vault-Token"] = self.token
        data = None
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
            data = json.dumps(body).encode()
        for _hop in range(1 + _MOST_REDIRECTS):
            answer = self._ask(endpoint, method, target, sent, data, timeout)
            if answer.status not in _REDIRECTS:
                return answer
            location = answer.headers.get("Location") or ""
            endpoint, target = self._next(endpoint, location)
        raise HttpError("it is sent from one node to the next without end")

    def close(self) -> None:
        """Close what is kept open; the next request opens it anew."""
        for kept in self._idle.values():
            while kept:
                kept.pop().close()

    def _ask(
        self,
        endpoint: Endpoint,
        method: str,
        target: str,
        headers: dict[str, str],
        data: bytes | None,
        timeout: float,
    ) -> Answer:
        # The one that was used last is the least likely to have been closed.
        kept = self._idle.setdefault(endpoint, [])
        try:
            connection = kept.pop()
        except IndexError:
            connection = Connection(endpoint, self._tls)
        answer = connection.request(
            method, target, timeout=timeout, headers=headers, body=data
        )
        kept.append(connection)
        return answer

    def _next(self, endpoint: Endpoint, location: str) -> tuple[Endpoint, str]:
        """Where an answer sends to."""
        if location.startswith("/"):
            return endpoint, location
        try:
            following, target = parse_url(location)
        except BadUrlError as error:
            raise HttpError(f"it sends on to {location!r}") from error
        if self._secure and following.scheme != "https":
            raise HttpError("it sends on to http, where a token can be read by others")
        return following, target


def _trust(ca_path: str, cert: str, key: str) -> ssl.SSLContext:
    try:
        return tls_context(ca_path, cert=cert, key=key)
    except RunError as error:
        options = {
            "vault_ca_path": ca_path,
            "vault_client_cert": cert,
            "vault_client_key": key,
        }
        given = ", ".join(name for name, path in options.items() if path)
        raise RunError(f"{given}: {error}") from error


def _parsed(url: str) -> tuple[Endpoint, str]:
    try:
        return parse_url(url)
    except BadUrlError as error:
        raise RunError(f"vault_url: {error}") from error
