# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written where key shares are kept: one small JSON document a place.

A document is there before its shares are: `reserved` proves that the place can be
written, and remains as a trace where an answer with shares was lost.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

# What a document is: room for shares, shares that may not open anything yet (rekey),
# shares that do.
RESERVED, PENDING, KEPT = "reserved", "pending", "kept"


@dataclass(frozen=True)
class Document:
    """Shares by their number, as Vault gave them (base64), and perhaps a root token.

    kind: `unseal` or `recovery`. pgp: shares are encrypted for their holders.
    attempt: what an unfinished ceremony has to remember (nonce, one-time password).
    """

    vault: str
    state: str = KEPT
    made: str = ""
    kind: str = "unseal"
    threshold: int = 0
    total: int = 0
    pgp: bool = False
    shares: Mapping[int, str] = field(default_factory=dict, repr=False)
    root_token: str = field(default="", repr=False)
    root_token_pgp: bool = False
    attempt: Mapping[str, str] = field(default_factory=dict, repr=False)

    def dump(self) -> str:
        """As text; every share on a line of its own."""
        data: dict[str, Any] = {
            "vault": self.vault,
            "state": self.state,
            "made": self.made,
            "kind": self.kind,
            "threshold": self.threshold,
            "total": self.total,
            "pgp": self.pgp,
            "shares": {str(number): one for number, one in self.shares.items()},
        }
        if self.root_token:
            data["root_token"] = self.root_token
            data["root_token_pgp"] = self.root_token_pgp
        if self.attempt:
            data["attempt"] = dict(self.attempt)
        return json.dumps(data, indent=2) + "\n"

    @property
    def secrets(self) -> set[str]:
        """Whatever of it must be shown nowhere."""
        password = self.attempt.get("password", "")
        found = {*self.shares.values(), self.root_token, password}
        return {one for one in found if one}


def load(text: str | bytes, where: str) -> Document:
    """Read a document. RunError names `where`; nothing of the text is shown."""
    try:
        data = json.loads(text)
        return Document(
            vault=str(data["vault"]),
            state=data["state"],
            made=data.get("made", ""),
            kind=data.get("kind", "unseal"),
            threshold=int(data.get("threshold", 0)),
            total=int(data.get("total", 0)),
            pgp=bool(data.get("pgp", False)),
            shares={int(number): str(one) for number, one in data["shares"].items()},
            root_token=data.get("root_token", ""),
            root_token_pgp=bool(data.get("root_token_pgp", False)),
            attempt=data.get("attempt", {}),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise RunError(
            f"{where} holds something else than key shares written by"
            " vigie.run.vault_init; name another place, or move that away"
        ) from None
