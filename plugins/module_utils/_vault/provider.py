# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Vault as the converge engine sees it: the table of types."""

from __future__ import annotations

from collections.abc import Iterable

from .base import Vault
from .registry import table


class VaultProvider:
    """The types of one state on one cluster."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self.types = table(vault)

    def markable(self, name: str) -> bool:
        """Nothing in Vault carries a mark: a declared name is ours."""
        return False

    def prunable(self) -> Iterable[str]:
        """The types that the scope is about."""
        return self._vault.scope.types(self.types)

    def adoption(self, name: str, resource: str) -> str:
        """Never asked: what has the declared name is taken as it is."""
        return "declare it"

    def lock(self) -> None:
        """None: every write says what must be, and two runs would say the same."""
