# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key shares in GCP Secret Manager: one secret a place, through its REST API."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

from .document import Document, load
from .places import Place

URL = "https://secretmanager.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
# Answers after which a request is sent once more, and how often.
AGAIN = (429, 500, 502, 503, 504)
TRIES = 6


class GcpPlace(Place):
    """One secret, made at the reservation. Earlier versions stay until destroyed."""

    def __init__(self, url: str, project: str, secret: str, token: str) -> None:
        self.name = f"GCP secret {secret} of {project}"
        self._parent = f"projects/{project}"
        self._secret = secret
        self._url = url
        self._session = _session(token)

    @classmethod
    def from_options(
        cls, given: Mapping[str, Any], where: str, find: Callable[[str], str]
    ) -> GcpPlace:
        """The place as its options describe it. Raises RunError."""
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", given["gcp_secret"]):
            raise RunError(
                f"{where}.gcp_secret: {given['gcp_secret']!r} is no name for a secret:"
                " letters, digits, - and _ make one"
            )
        token, project = given.get("access_token") or "", given.get("project") or ""
        if not token:
            path = given.get("service_account_file") or ""
            token, own = _token(find(path) if path else "", where)
            project = project or own
        if not project:
            raise RunError(f"{where}.project: is required with gcp_secret")
        url = (given.get("endpoint_url") or URL).rstrip("/")
        return cls(url, project, given["gcp_secret"], token)

    def read(self) -> Document | None:
        """What its newest version holds; None without the secret, or any version."""
        path = f"{self._parent}/secrets/{self._secret}/versions/latest:access"
        found = self._ask("GET", path, "read", absent=404)
        if found is None:
            return None
        return load(base64.b64decode(found["payload"]["data"]), self.name)

    def reserve(self, document: Document) -> None:
        """Make the secret if it is missing, then write to it as the shares will be."""
        self._ask(
            "POST",
            f"{self._parent}/secrets",
            "created",
            absent=409,
            params={"secretId": self._secret},
            body={"replication": {"automatic": {}}},
        )
        self.write(document)

    def write(self, document: Document) -> None:
        """A new version."""
        data = base64.b64encode(document.dump().encode()).decode()
        self._ask(
            "POST",
            f"{self._parent}/secrets/{self._secret}:addVersion",
            "written",
            body={"payload": {"data": data}},
        )

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def _ask(
        self,
        method: str,
        path: str,
        what: str,
        *,
        absent: int = 0,
        params: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Any:
        """The decoded answer; None where its status is `absent`. Raises RunError."""
        import requests

        try:
            answer = self._session.request(
                method, f"{self._url}/v1/{path}", params=params, json=body, timeout=60
            )
        except requests.RequestException as error:
            raise RunError(
                f"{self.name} cannot be {what}: {type(error).__name__} at {self._url}"
            ) from None
        if answer.ok:
            return answer.json()
        if answer.status_code == absent:
            return None
        raise RunError(
            f"{self.name} cannot be {what}: {answer.status_code} {_said(answer)}"
        )


def _session(token: str) -> Any:
    import requests
    from urllib3.util import Retry

    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    # A version that was added twice is the same version twice.
    retry = Retry(
        TRIES,
        backoff_factor=0.5,
        status_forcelist=AGAIN,
        allowed_methods=None,
        raise_on_status=False,
    )
    adapter = requests.adapters.HTTPAdapter(max_retries=retry)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _said(answer: Any) -> str:
    """Google's own message and status."""
    try:
        error = answer.json()["error"]
        return f"{error.get('status', '')}: {error.get('message', '')}"
    except (ValueError, KeyError, TypeError, AttributeError):
        return str(answer.reason)


def _token(path: str, where: str) -> tuple[str, str]:
    """An access token and the project of whom google-auth finds us to be."""
    try:
        import google.auth
        import google.auth.transport.requests
    except ImportError as error:
        raise RunError(
            f"{where}: google-auth is missing on the controller; install it with 'pip"
            " install google-auth', or give an access_token"
        ) from error
    try:
        if path:
            found, project = google.auth.load_credentials_from_file(
                path, scopes=[SCOPE]
            )
        else:
            found, project = google.auth.default(scopes=[SCOPE])
        found.refresh(google.auth.transport.requests.Request())
    except google.auth.exceptions.GoogleAuthError as error:
        raise RunError(f"{where}: no credentials for GCP: {error}") from None
    return found.token, project or ""
