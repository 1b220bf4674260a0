# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One node of Vault, sealed or not: what its API says and takes without a token."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._vault.errors import VaultError
from ansible_collections.vigie.run.plugins.module_utils._vault.session import (
    Access,
    Session,
)

# Seconds that Vault may take to answer an initialisation; a given up answer is lost.
INIT_TIMEOUT = 300.0


@dataclass(frozen=True)
class SealStatus:
    """What `sys/seal-status` says; `nonce` names the attempt that is under way."""

    initialized: bool
    sealed: bool
    threshold: int
    total: int
    progress: int
    nonce: str
    recovery: bool

    @classmethod
    def of(cls, said: dict[str, Any]) -> SealStatus:
        """Read an answer. `type` alone tells auto-unseal on servers of before 1.0."""
        return cls(
            initialized=bool(said.get("initialized")),
            sealed=bool(said["sealed"]),
            threshold=int(said.get("t", 0)),
            total=int(said.get("n", 0)),
            progress=int(said.get("progress", 0)),
            nonce=said.get("nonce") or "",
            recovery=bool(said.get("recovery_seal", said.get("type") != "shamir")),
        )

    @property
    def kind(self) -> str:
        """What its shares are for: `unseal`, or with auto-unseal `recovery`."""
        return "recovery" if self.recovery else "unseal"

    def __str__(self) -> str:
        """Such as `sealed (1 of 3 shares)`."""
        if not self.initialized:
            return "not initialised"
        if not self.sealed:
            return "unsealed"
        return f"sealed ({self.progress} of {self.threshold} shares)"


class Node:
    """Requests to one node and no other; nothing is sent twice."""

    def __init__(self, access: Access, url: str = "") -> None:
        self.access = replace(access, url=url or access.url)
        self.url = self.access.url
        self._session = Session(self.access, patience=0.0, stay=True)

    def status(self) -> SealStatus:
        """Sealed or not, and how far. Raises UnreachableError, VaultError."""
        return SealStatus.of(self._session.request("GET", "sys/seal-status"))

    def initialise(self, body: dict[str, Any]) -> dict[str, Any]:
        """Initialise the cluster that begins with this node: shares and root token."""
        patient = replace(self.access, timeout=max(self.access.timeout, INIT_TIMEOUT))
        session = Session(patient, patience=0.0, stay=True)
        try:
            return session.request("PUT", "sys/init", body=body, repeat=False)
        finally:
            session.close()

    def unseal(self, share: str) -> SealStatus:
        """Give one share. VaultError where the shares so far open nothing."""
        return SealStatus.of(
            self._session.request(
                "PUT", "sys/unseal", body={"key": share}, repeat=False
            )
        )

    def reset(self) -> SealStatus:
        """Forget the shares given so far."""
        return SealStatus.of(
            self._session.request("PUT", "sys/unseal", body={"reset": True})
        )

    def close(self) -> None:
        """Close the connection."""
        self._session.close()


__all__ = ["Node", "SealStatus", "VaultError"]
