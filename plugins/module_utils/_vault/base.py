# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What every type of Vault object has: the cluster, and what was written secretly.

A type is one class in its own file under `types/`:

    class Policy(VaultType):
        name = "policy"
        fields = {"name": text("…", required=True), "policy": text("…", required=True)}
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .._converge.named import NamedType, Scope
from .session import Session

_Item = TypeVar("_Item")


@dataclass
class Vault:
    """A state on its cluster: what every type is given. `parallel`: calls at once."""

    session: Session
    scope: Scope = field(default_factory=Scope)
    parallel: int = 16

    def each(self, items: Iterable[_Item], ask: Callable[[_Item], Any]) -> list[Any]:
        """What `ask` says of every item, asked at once, in their order."""
        with ThreadPoolExecutor(max_workers=self.parallel) as pool:
            return list(pool.map(ask, items))


class VaultType(NamedType):
    """One kind of Vault object."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self.session = vault.session
        self.scope = vault.scope
