# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Consul as the converge engine sees it: the table of types, and one run at a time."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from .base import Consul
from .client import Access
from .registry import table


@dataclass(frozen=True)
class Lock:
    """The lock of a state: its name, and how long to wait for it, in seconds."""

    access: Access
    name: str
    wait: float


class ConsulProvider:
    """The types of one state on one cluster; `lock` is None where none is wanted."""

    def __init__(self, consul: Consul, lock: Lock | None = None) -> None:
        self._consul = consul
        self._lock = lock
        self.types = table(consul)

    def markable(self, name: str) -> bool:
        """Nothing in Consul carries a mark: a declared name is ours."""
        return False

    def prunable(self) -> Iterable[str]:
        """The types that the scope is about."""
        return self._consul.scope.types(self.types)

    def adoption(self, name: str, resource: str) -> str:
        """Never asked: what has the declared name is taken as it is."""
        return "declare it"

    def lock(self) -> AbstractContextManager[object] | None:
        """Held while the state changes."""
        if self._lock is None:
            return None
        # A run that changes nothing need not load it.
        from .lock_keeper import held

        wanted = self._lock
        reason = "consul_state changes the configuration"
        return held(wanted.access, wanted.name, reason, wanted.wait)
