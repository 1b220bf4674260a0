# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What every type of Vault object has: the cluster, and what was written secretly.

A type is one class in its own file under `types/`:

    class Policy(VaultType):
        name = "policy"
        fields = {"name": text("…", required=True), "policy": text("…", required=True)}

Most objects are fields at a path, and one way of reading and writing fits them all:
`paths.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from .._converge.named import NamedType, Scope
from .._converge.provider import UNKNOWN, Live
from .fingerprints import Fingerprints
from .session import Session

_Item = TypeVar("_Item")


@dataclass
class Vault:
    """A state on its cluster: what every type is given.

    parallel: calls at once. absent: everything is to go, and so what cannot be
    deleted by itself counts as gone.
    """

    session: Session
    scope: Scope = field(default_factory=Scope)
    parallel: int = 16
    fingerprints: Fingerprints | None = None
    absent: bool = False

    def each(self, items: Iterable[_Item], ask: Callable[[_Item], Any]) -> list[Any]:
        """What `ask` says of every item, asked at once, in their order."""
        with ThreadPoolExecutor(max_workers=self.parallel) as pool:
            return list(pool.map(ask, items))


class VaultType(NamedType):
    """One kind of Vault object."""

    # Fields that name things of other types, which are made first: field to type and
    # the field there. A reference says the same, and needs no mention.
    names: ClassVar[Mapping[str, tuple[str, str]]] = {}

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self.session = vault.session
        self.scope = vault.scope
        self.fingerprints = vault.fingerprints or Fingerprints(vault.session)

    def identity(self, properties: Mapping[str, Any]) -> str | None:
        """The values of the fields that are unique together, in their one spelling."""
        values = [self._spelled(name, properties.get(name)) for name in self.unique]
        if not values or any(value is UNKNOWN or value is None for value in values):
            return None
        return "/".join(str(value) for value in values)

    def is_ours(self, *names: str) -> bool:
        """Whether the scope has one of a thing's names."""
        return any(name.startswith(self.scope.of(self.name)) for name in names)

    def owned_live(
        self, id_: str, properties: Mapping[str, Any], owned: bool, **more: Any
    ) -> Live:
        """A Live; `more` are its attributes."""
        return Live(id_, properties, {"id": id_, **more}, owned=owned)

    def _spelled(self, name: str, value: Any) -> Any:
        normal = self.fields[name].normal
        return normal(value) if normal and isinstance(value, str) else value
