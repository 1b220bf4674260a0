# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A secret that comes wrapped, taken out on the host that it is for, once.

Who reads a wrapped secret on its way uses its token up, or has to wrap it anew, from
another path; both are seen here.
https://openbao.org/docs/concepts/response-wrapping/
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .._errors import RunError
from .errors import UnreachableError, VaultError
from .login import Credentials
from .session import Access, Session

_SECRET_ID = re.compile(r"auth/(?P<mount>.+)/role/[^/]+/secret-id")


class TamperedError(RunError):
    """Somebody may have read the secret on its way."""


@dataclass(frozen=True)
class Unwrapped:
    """A secret, and what Vault calls it where it may be read by others."""

    secret: str
    accessor: str = ""


def asking(access: Access) -> Session:
    """What a host asks Vault with: the one address that it was told, as nobody."""
    return Session(access, stay=True)


def examine(session: Session, token: str, creation_path: str) -> None:
    """See that a wrapping token is unused, and wraps an answer of the right path.

    Raises TamperedError where it does not; the token is not used up.
    """
    try:
        about = session.write("sys/wrapping/lookup", {"token": token})["data"]
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


def unwrap(access: Access, token: str, creation_path: str, field: str) -> Unwrapped:
    """Use a wrapping token up: what it wraps. Raises TamperedError, RunError."""
    # Over a connection of its own, and once: of a request that was sent over one that
    # somebody had closed it would not be known either whether it was heard.
    once = Session(access, _as(token), patience=0.0, stay=True)
    try:
        answer = once.write("sys/wrapping/unwrap") or {}
    except UnreachableError as error:
        # Asking again could not tell our own use of the token from somebody else's.
        raise RunError(
            f"{error}. Whether it unwrapped the answer of {creation_path} before is"
            " not known, and its token is not used again: run again, which has another"
            " secret made"
        ) from None
    except VaultError as error:
        if error.status not in (400, 403, 404):
            raise
        raise _used(creation_path) from None
    finally:
        once.close()
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


def logs_in(session: Session, mount: str, role_id: str, secret_id: str) -> bool:
    """Whether a secret id is good; the token that the login makes is given back.

    Raises VaultError where Vault cannot tell.
    """
    body = {"role_id": role_id, "secret_id": secret_id}
    try:
        answer = session.write(f"auth/{mount}/login", body)
    except VaultError as error:
        if error.status not in (400, 403):
            raise
        return False
    made = Session(session.access, _as(answer["auth"]["client_token"]), stay=True)
    try:
        made.write("auth/token/revoke-self")
    finally:
        made.close()
    return True


def _as(token: str) -> Credentials:
    return Credentials("token", "token", token=token)
