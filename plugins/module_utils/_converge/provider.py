# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What the engine asks of a provider: a table of resource types, and no more.

A resource type reads, creates, updates and deletes things of one kind. It knows
nothing of plans, of order, of references or of Ansible; the engine knows nothing
of clouds. Types are called from several threads at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from .fields import Field


class _Unknown:
    """A value that exists only once something else has been made."""

    def __repr__(self) -> str:
        return "(known after apply)"

    def __bool__(self) -> bool:
        return False


UNKNOWN = _Unknown()


@dataclass(frozen=True)
class Live:
    """One thing as the service has it now.

    id: the service's own identifier.
    properties: in the shape of the type's fields; what was not read is left out.
    attributes: what references may name besides properties (`id`, `arn`, …).
    resource: the logical name in the stack by the thing's own mark; None where it
        carries no mark of this stack.
    owned: it belongs to this stack, by its mark or through its parent.
    raw: what the provider wants to find again (an etag, the service's own shape).
    """

    id: str
    properties: Mapping[str, Any]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    resource: str | None = None
    owned: bool = False
    raw: Any = None


@dataclass(frozen=True)
class Desired:
    """One declared resource with its references resolved.

    While it is read and planned, values not known yet are UNKNOWN (also inside
    lists and groups; a text with an unknown part is UNKNOWN as a whole); when it
    is created or updated everything is known. Values have the kinds of their
    fields: a document is a structure, and what is to be absent is None.
    """

    resource: str
    type: str
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One property that differs: a dotted path and both values.

    Paths: `tags.team`, `subnets[2]`, `rules[443/tcp].source`. `before` is None where
    it is absent, `after` None where it is to be absent.
    """

    path: str
    before: Any
    after: Any
    sensitive: bool = False
    immutable: bool = False


@dataclass(frozen=True)
class Reading:
    """What a type is to read: everything of the stack, and what is declared.

    desired: the declared resources of this type, references into parents resolved.
    parents: the living things of each parent type (its `parents`), by type name;
        those of the stack and those declared.
    everything: things of the stack that are not declared are wanted too (prune,
        absent, drift). When false a type may read only what is declared.
    """

    desired: Sequence[Desired]
    parents: Mapping[str, Sequence[Live]]
    everything: bool = False


class ResourceType(Protocol):
    """One kind of resource.

    name: as declared. fields: its properties. attributes: name to documentation of
    what references may name besides properties; `id` is always one of them.
    parents: types that must be read before, because things of this one are found
    through them. uses: types that this one may refer to (a deletion without a
    declaration is ordered by it; parents are uses as well). volatile: attributes
    that an update changes.
    """

    name: str
    fields: Mapping[str, Field]
    attributes: Mapping[str, str]
    parents: Sequence[str]
    uses: Sequence[str]
    volatile: Sequence[str]

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """What is wrong between fields, in words; values may be UNKNOWN."""

    def identity(self, properties: Mapping[str, Any]) -> str | None:
        """What only one thing can have (a unique name); None where nothing is,
        or while a part is UNKNOWN. Two things with one identity cannot exist side
        by side, so a replacement that keeps it deletes first."""

    def read(self, reading: Reading) -> Sequence[Live]:
        """What lives: the things of the stack, and things of others that have the
        identity of a declared one (with `resource` None and `owned` False)."""

    def create(self, desired: Desired) -> Live:
        """Make it, mark it, wait until others may use it."""

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        """Change what differs, in place, and wait until it has taken effect."""

    def delete(self, live: Live) -> None:
        """Delete it and wait until it is gone; gone already is fine."""


class Provider(Protocol):
    """A service's table of types, and what keeps two runs of a stack apart.

    markable(name): things of this type carry the stack's mark. An unmarked thing
    with a declared identity is then somebody else's and stops the plan; where a
    type cannot carry a mark it is taken as ours by its identity.
    prunable(): the types of which the stack may own things that are not declared,
    so that prune, absent and a survey read them.
    """

    types: Mapping[str, ResourceType]

    def markable(self, name: str) -> bool: ...

    def prunable(self) -> Iterable[str]: ...

    def adoption(self, name: str, resource: str) -> str:
        """How somebody makes an existing thing of this type part of the stack."""

    def lock(self) -> AbstractContextManager[object] | None:
        """Held while a plan that changes anything is made anew, and applied.

        None where nothing keeps two runs apart: then the first plan is applied, for
        another one would be out of date as soon.
        """
