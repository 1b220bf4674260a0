# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Reads what lives, type by type and at once, and finds declared things in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._errors import RunError
from .declaration import Declaration, Declared
from .graph import cyclic, run_all
from .provider import UNKNOWN, Desired, Live, Provider, Reading, ResourceType
from .references import MISSING, Reference, dig, dig_live


class Found:
    """The living things of one type, to be found by mark and by identity."""

    def __init__(self, type_: ResourceType, lives: Sequence[Live]) -> None:
        self.type = type_
        self.lives = lives
        self._marked: dict[str | None, list[Live]] = defaultdict(list)
        self._identified: dict[str | None, list[Live]] = defaultdict(list)
        for live in lives:
            if live.owned and live.resource is not None:
                self._marked[live.resource].append(live)
            self._identified[type_.identity(live.properties)].append(live)

    def marked(self, resource: str) -> list[Live]:
        """Those with the mark of a logical name, in the order of their ids."""
        return sorted(self._marked.get(resource, ()), key=lambda live: live.id)

    def identified(self, desired: Desired) -> list[Live]:
        """Those that a declared thing would collide with."""
        identity = self.type.identity(desired.properties)
        return [] if identity is None else self._identified.get(identity, [])

    def likely(self, desired: Desired) -> Live | None:
        """The thing that a reference would name now, as far as can be told."""
        there = self.marked(desired.resource) or self.identified(desired)
        return there[0] if len(there) == 1 else None


def read(
    declaration: Declaration, provider: Provider, everything: bool
) -> dict[str, Found]:
    """The living things of every type in use, by type.

    Raises RunError naming the type where a read fails.
    """
    types = provider.types
    in_use = _in_use(declaration, provider, provider.prunable() if everything else ())
    # Only those in use are touched: a provider may load its types when asked for.
    used = {name: types[name] for name in types if name in in_use}
    circle = cyclic(users(used))
    if circle:
        raise ValueError(f"types use each other: {' -> '.join(circle)}")
    reader = _Reader(declaration, provider, everything)
    waits = {name: type_.parents for name, type_ in used.items()}
    run_all(waits, reader.read, len(waits))
    return reader.found


def users(types: Mapping[str, ResourceType]) -> dict[str, list[str]]:
    """By type, those of the given types whose things may refer to things of it."""
    table: dict[str, list[str]] = {name: [] for name in types}
    for name, type_ in types.items():
        for used in dict.fromkeys((*type_.parents, *type_.uses)):
            if used != name and used in table:
                table[used].append(name)
    return table


def all_users(table: Mapping[str, Iterable[str]], name: str) -> set[str]:
    """The types that may use a type, or use one that does; `table` as of `users`."""
    found: set[str] = set()
    more = list(table[name])
    while more:
        user = more.pop()
        if user not in found:
            found.add(user)
            more += table[user]
    return found


def _in_use(
    declaration: Declaration, provider: Provider, others: Iterable[str]
) -> set[str]:
    """The declared types and others, and those through which their things are found."""
    wanted = [declared.type.name for declared in declaration.resources.values()]
    wanted += others
    found: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name not in found:
            found.add(name)
            wanted.extend(provider.types[name].parents)
    return found


class _Reader:
    def __init__(
        self, declaration: Declaration, provider: Provider, everything: bool
    ) -> None:
        self.provider = provider
        self.everything = everything
        self.known = declaration.known
        self.found: dict[str, Found] = {}
        self._desired: dict[str, Desired] = {}
        self._likely: dict[str, Live | None] = {}
        self._declared: dict[str, list[Declared]] = defaultdict(list)
        for declared in declaration.resources.values():
            self._declared[declared.type.name].append(declared)

    def read(self, name: str) -> None:
        """Read one type; its parents have been read."""
        type_ = self.provider.types[name]
        ancestors = self._ancestors(name)

        def lookup(reference: Reference) -> Any:
            return self._lookup(reference, ancestors)

        desired = [
            one.resolved(lookup, [], self.known[one.resource])
            for one in self._declared[name]
        ]
        parents = {parent: self.found[parent].lives for parent in type_.parents}
        try:
            lives = type_.read(Reading(desired, parents, self.everything))
            found = Found(type_, lives)
        except RunError:
            raise
        except Exception as error:
            raise RunError(
                f"reading {name}: {type(error).__name__}: {error}"
            ) from error
        for one in desired:
            self._desired[one.resource] = one
            self._likely[one.resource] = found.likely(one)
        self.found[name] = found

    def _ancestors(self, name: str) -> set[str]:
        ancestors: set[str] = set()
        for parent in self.provider.types[name].parents:
            ancestors |= {parent, *self._ancestors(parent)}
        return ancestors

    def _lookup(self, reference: Reference, ancestors: set[str]) -> Any:
        name = reference.resource
        desired = self.known[name]
        live = None
        # Other types may have been read by now or not: that must not matter.
        if desired.type in ancestors:
            desired = self._desired[name]
            live = self._likely[name]
        return value_of(reference, desired, live, UNKNOWN)


def value_of(
    reference: Reference, desired: Desired, live: Live | None, missing: Any
) -> Any:
    """What a reference names: what is declared, else what lives, else `missing`."""
    found = dig(desired.properties, reference.path)
    if (found is MISSING or found is None) and live is not None:
        found = dig_live(live, reference.path)
    return missing if found is MISSING or found is None else found
