# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Types of services without tags: a thing is known by its name, and owned by a scope.

A declared name is ours. What else is ours, so that a prune may delete it, is told by
the scope: the prefixes of the names that a state owns.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from .._errors import RunError
from .fields import Field
from .provider import UNKNOWN, Change, Desired, Live, Reading
from .references import nearest

# The scope of everything that the service has; and, of types, all of them.
EVERYTHING = "*"


@dataclass(frozen=True)
class Scope:
    """Prefixes of names by type, or for every type under EVERYTHING."""

    prefixes: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.prefixes)

    def of(self, type_: str) -> tuple[str, ...]:
        """The prefixes of a type's names that belong to the state; "" for all."""
        given = self.prefixes.get(type_, self.prefixes.get(EVERYTHING, ()))
        return tuple("" if one == EVERYTHING else one for one in given)

    def types(self, names: Iterable[str]) -> list[str]:
        """The types that have a scope."""
        return [name for name in names if self.of(name)]


def read_scope(given: Any, types: Iterable[str], example: str) -> Scope:
    """The option `scope`: a list of prefixes, or lists by type.

    example: what a user of the service would write. Raises RunError for what is
    neither.
    """
    if given is None:
        return Scope()
    if not isinstance(given, Mapping):
        return Scope({EVERYTHING: _prefixes("scope", given, example)})
    for name in given:
        if name not in types:
            raise RunError(f"scope.{name}: is no type; {nearest(str(name), types)}")
    return Scope(
        {name: _prefixes(f"scope.{name}", one, example) for name, one in given.items()}
    )


def _prefixes(where: str, given: Any, example: str) -> list[str]:
    prefixes = [given] if isinstance(given, str) else given
    fits = isinstance(prefixes, (list, tuple)) and prefixes
    if not fits or not all(isinstance(one, str) and one for one in prefixes):
        raise RunError(
            f"{where}: takes the prefixes of the names that are this state's, such as"
            f" {example}, or ['{EVERYTHING}'] for all there is"
        )
    return list(prefixes)


class NamedType:
    """One kind of thing of a service without tags (see `provider.py`)."""

    name: ClassVar[str]
    fields: ClassVar[Mapping[str, Field]]
    attributes: ClassVar[Mapping[str, str]] = {"id": "The identifier."}
    parents: ClassVar[Sequence[str]] = ()
    uses: ClassVar[Sequence[str]] = ()
    volatile: ClassVar[Sequence[str]] = ()
    # What only one thing of this kind can have: field names.
    unique: ClassVar[Sequence[str]] = ("name",)
    markable: ClassVar[bool] = False

    scope: Scope

    # -- what a type fills in ---------------------------------------------------

    def find(self, reading: Reading) -> Iterable[Live]:
        """All that lives, in as few calls as the service allows."""
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
            owned=scoped is not None and scoped.startswith(self.scope.of(self.name)),
            raw=raw,
        )


class TypeTable(Mapping[str, Any]):
    """Types by name, each the `TYPE` of a module, loaded when first asked for.

    Each costs its compilation, and a declaration uses few.
    """

    def __init__(
        self, package: str, names: Sequence[str], make: Callable[[Any], Any]
    ) -> None:
        self._package = package
        self._names = names
        self._make = make
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._loaded:
            module = importlib.import_module(f"{self._package}.{name}")
            self._loaded[name] = self._make(module.TYPE)
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def written(resources: Mapping[str, Any], types: Mapping[str, Any]) -> dict[str, Any]:
    """The declaration with what goes without saying, as its types know it.

    Where a resource is malformed it is left as it is, for the engine to complain.
    """
    return {
        name: types[body["type"]].written(name, body)
        if isinstance(body, Mapping)
        and isinstance(body.get("type"), str)
        and body["type"] in types
        else body
        for name, body in resources.items()
    }
