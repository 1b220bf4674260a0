# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What every type of Consul object has: a name that is its identity, and a scope.

Consul has no tags. A thing is known by its name, and a declared name is ours; what
else is ours, so that a prune may delete it, is told by the scope: the prefixes of the
names that a state owns.

A type is one class in its own file under `types/`:

    class AclPolicy(ConsulType):
        name = "acl_policy"
        unique = ("name",)
        fields = {"name": text("…", required=True), "rules": text("…")}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from .._converge.fields import Field
from .._converge.provider import UNKNOWN, Change, Desired, Live, Reading
from .session import Session

# The scope of everything that the cluster has.
EVERYTHING = "*"
# What the collection itself keeps in the key-value store; never pruned.
OUR_KEYS = "vigie/"


@dataclass
class Consul:
    """A state on its cluster: what every type is given.

    scope: by type, or for every type under EVERYTHING, the prefixes of names and keys
        that belong to the state; EVERYTHING among them for all.
    prefixes: the key prefixes that the declaration names.
    value_limit: bytes that one value may have (the servers' kv_max_value_size).
    """

    session: Session
    scope: Mapping[str, Sequence[str]] = field(default_factory=dict)
    prefixes: Sequence[str] = field(default_factory=list)
    value_limit: int = 512 * 1024

    def scope_of(self, type_: str) -> Sequence[str]:
        """The prefixes of a type's names that belong to the state; "" for all."""
        given = self.scope.get(type_, self.scope.get(EVERYTHING, ()))
        return ["" if one == EVERYTHING else one for one in given]

    def scoped_types(self, types: Iterable[str]) -> list[str]:
        """The types that have a scope."""
        return [one for one in types if self.scope_of(one)]


class ConsulType:
    """One kind of Consul object, as the engine asks for it (see `provider.py`)."""

    name: ClassVar[str]
    fields: ClassVar[Mapping[str, Field]]
    attributes: ClassVar[Mapping[str, str]] = {"id": "The identifier."}
    parents: ClassVar[Sequence[str]] = ()
    uses: ClassVar[Sequence[str]] = ()
    volatile: ClassVar[Sequence[str]] = ()
    # What only one thing of this kind can have: field names.
    unique: ClassVar[Sequence[str]] = ("name",)
    # The first version of Consul that has it.
    since: ClassVar[str] = "1.4"

    def __init__(self, consul: Consul) -> None:
        self.consul = consul
        self.session = consul.session

    # -- what a type fills in ---------------------------------------------------

    def find(self, reading: Reading) -> Iterable[Live]:
        """All that lives, in as few calls as Consul allows."""
        raise NotImplementedError

    def create(self, desired: Desired) -> Live:
        """Make it."""
        raise NotImplementedError

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        """Change it in place."""
        raise NotImplementedError

    def delete(self, live: Live) -> None:
        """Delete it; gone already is fine."""
        raise NotImplementedError

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """What is wrong between fields."""
        return ()

    def written(self, resource: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """A resource as the user wrote it, with what goes without saying."""
        if "name" in self.fields and "name" not in body:
            return {**body, "name": resource}
        return body

    # -- what the engine calls --------------------------------------------------

    def read(self, reading: Reading) -> Sequence[Live]:
        """All that lives."""
        return list(self.find(reading))

    def identity(self, properties: Mapping[str, Any]) -> str | None:
        """The values of the fields that are unique together."""
        values = [properties.get(name) for name in self.unique]
        if not values or any(value is UNKNOWN or value is None for value in values):
            return None
        return "/".join(str(value) for value in values)

    # -- what types use ---------------------------------------------------------

    def _scope(self) -> tuple[str, ...]:
        return tuple(self.consul.scope_of(self.name))

    def live(
        self,
        id_: str,
        properties: Mapping[str, Any],
        scoped: str | None = None,
        raw: Any = None,
        **attributes: Any,
    ) -> Live:
        """A Live that belongs to the state where `scoped` is in its scope.

        scoped: the name that the scope looks at; None for what is never pruned.
        """
        return Live(
            id=id_,
            properties=properties,
            attributes={"id": id_, **attributes},
            owned=scoped is not None and scoped.startswith(self._scope()),
            raw=raw,
        )
