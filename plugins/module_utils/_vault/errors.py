# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What went wrong with a request to Vault, in words that say what to do."""

from __future__ import annotations

from collections.abc import Sequence

from .._errors import RunError

# What a method takes on a path (https://openbao.org/docs/concepts/policies/).
CAPABILITIES = {
    "GET": '"read"',
    "LIST": '"list"',
    "POST": '"create", "update"',
    "PUT": '"create", "update"',
    "PATCH": '"patch"',
    "DELETE": '"delete"',
}
# What nodes say while there is no active one, or while a mount is being made ready.
_COME_AGAIN = (
    "local node not active",
    "active cluster node not found",
    "upgrading from non-versioned",
    "waiting for the primary to upgrade",
    "context deadline exceeded",
    "node is not the leader",
    "leadership lost",
    "raft is already shutdown",
    "rate limit",
)


class VaultError(RunError):
    """Vault answered with an error that has no better word.

    `status` is 0 where there was no answer; `said` are the answer's own words.
    """

    def __init__(self, message: str, status: int = 0, said: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.said = said


class DeniedError(VaultError):
    """The token is unknown, expired, or lacks a capability."""


class NotFoundError(VaultError):
    """Vault has no such thing."""


class SealedError(VaultError):
    """The node is sealed."""


class BusyError(VaultError):
    """There is no active node, a limit was met, or a mount is being made ready."""


class UnreachableError(VaultError):
    """No answer: refused, timed out, wrong certificate."""


def error_of(
    url: str, method: str, path: str, status: int, errors: Sequence[str]
) -> VaultError:
    """The error of an answer with this status."""
    said = " ".join("; ".join(str(one) for one in errors).split())
    low = said.lower()
    if status == 503 and "sealed" in low:
        return SealedError(
            f"Vault at {url} is sealed: unseal it (vigie.run.vault_unseal), and run"
            " again",
            status,
            said,
        )
    if status == 403:
        return DeniedError(denied(url, method, path), status, said)
    if status == 404:
        return NotFoundError(f"Vault at {url} has no {path}: {said}", status, said)
    again = status in (412, 429, 502, 503, 504)
    kind = VaultError
    if again or (status in (400, 500) and any(sign in low for sign in _COME_AGAIN)):
        kind = BusyError
    return kind(
        f"Vault at {url} answered {method} {path} with {status}:"
        f" {said[:300] or 'nothing'}",
        status,
        said,
    )


def denied(url: str, method: str, path: str) -> str:
    """What a denial needs to be none."""
    takes = CAPABILITIES.get(method, '"read"')
    return (
        f"Vault at {url} denied {method} {path}: the token is expired, or no policy of"
        f' it has path "{path}" {{ capabilities = [{takes}] }}'
    )
