# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Whom to be: the ways to a token, checked before anything is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._errors import RunError
from .errors import DeniedError, VaultError

# Where a pod finds its own signed token.
POD_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
# What each method takes, as options without their prefix.
TAKES = {
    "approle": ("role_id", "secret_id"),
    "userpass": ("username", "password"),
    "ldap": ("username", "password"),
    "jwt": ("role", "jwt"),
    "kubernetes": ("role", "jwt"),
    "cert": ("client_cert",),
}


@dataclass(frozen=True)
class Credentials:
    """A token, or what a login takes. Nothing of it is shown."""

    method: str
    mount: str
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    token: str = field(default="", repr=False)

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Credentials:
        """Read the options; RunError names what is missing."""
        method = params["vault_auth"]
        mount = params["vault_auth_mount"] or method
        if method == "token":
            return cls(method, mount, token=_given_token(params))
        values = {name: params[f"vault_{name}"] or "" for name in TAKES[method]}
        if method == "cert":
            values["role"] = params["vault_role"] or ""
        if method == "kubernetes" and not values["jwt"]:
            values["jwt"] = _text(POD_TOKEN, "vault_jwt")
        for name in TAKES[method]:
            if not values[name]:
                raise RunError(f"vault_{name}: is required with vault_auth={method}")
        return cls(method, mount, values)


def _given_token(params: Mapping[str, Any]) -> str:
    if params["vault_token"]:
        return params["vault_token"]
    if params["vault_token_file"]:
        return _text(Path(params["vault_token_file"]), "vault_token_file")
    raise RunError(
        "vault_token: is required with vault_auth=token; give it, set VAULT_TOKEN, or"
        " name a vault_token_file"
    )


def _text(path: Path, option: str) -> str:
    try:
        found = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(f"{option}: {path} cannot be read: {error}") from error
    if not found:
        raise RunError(f"{option}: {path} is empty")
    return found


def log_in(
    credentials: Credentials, send: Callable[[str, str, Any], Any]
) -> tuple[str, bool]:
    """A token, and whether it was made by this login (and is to be given back).

    send: method, path and body to the answer. Raises RunError for a refused login.
    """
    if credentials.token:
        return credentials.token, False
    path, body = _request(credentials)
    try:
        answer = send("POST", path, body)
    except (DeniedError, VaultError) as error:
        if error.status not in (400, 403):
            raise
        names = ", ".join(f"vault_{name}" for name in TAKES[credentials.method])
        raise RunError(
            f"Vault refused the login by {credentials.method} at"
            f" auth/{credentials.mount}: {error.said or 'permission denied'}; check"
            f" {names} and vault_auth_mount"
        ) from None
    return answer["auth"]["client_token"], True


def _request(credentials: Credentials) -> tuple[str, dict[str, str]]:
    values = dict(credentials.values)
    path = f"auth/{credentials.mount}/login"
    if credentials.method in ("userpass", "ldap"):
        return f"{path}/{values['username']}", {"password": values["password"]}
    if credentials.method == "cert":
        return path, {"name": values["role"]} if values["role"] else {}
    return path, values
