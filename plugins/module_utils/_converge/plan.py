# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What is to be done to each resource, decided from what lives; no call is made."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any, Literal

from .._errors import RunError
from .compare import compare
from .conform import top
from .declaration import Declaration, Declared
from .provider import UNKNOWN, Change, Desired, Live, Provider, ResourceType
from .reading import Found, all_users, users, value_of
from .references import MISSING, Reference

Action = Literal["create", "update", "replace", "delete", "keep"]


@dataclass(frozen=True)
class Options:
    """How far a run may go.

    state: "present" or "absent" (everything that the stack owns is deleted).
    prune: delete what the stack owns and the declaration no longer names.
    allow_replace: logical names that may be deleted and made anew.
    parallel: steps at a time. dry_run: plan only.
    """

    state: str = "present"
    prune: bool = False
    allow_replace: Sequence[str] = ()
    parallel: int = 16
    dry_run: bool = False


@dataclass(frozen=True)
class Item:
    """One line of the plan.

    resource: the logical name; the id of what carries none. declared: None for what
    is not declared. delete_first: a replacement whose old thing must go before the
    new one can be. after_delete: it waits for such a replacement, and may use its
    old thing.
    """

    resource: str
    type: ResourceType
    action: Action
    reason: str
    declared: Declared | None = None
    live: Live | None = None
    desired: Desired | None = None
    changes: Sequence[Change] = ()
    delete_first: bool = False
    after_delete: bool = False


@dataclass
class Plan:
    """Items in dependency order, deletions last; and what forbids to apply them.

    problems: errors; refusals: replacements and deletions nobody allowed;
    conflicts: a declared resource and the thing of somebody else in its place.
    users: by type in use, the types whose things may refer to things of it.
    """

    items: list[Item] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    conflicts: list[tuple[Declared, Live]] = field(default_factory=list)
    users: dict[str, list[str]] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        return any(item.action != "keep" for item in self.items)


def compare_declared(declared: Declared, desired: Desired, live: Any) -> list[Change]:
    """The changes to a resource; secret where a sensitive reference is in them."""
    properties = live.properties if live is not None else {}
    changes = compare(declared.type.fields, desired.properties, properties)
    if not declared.tainted:
        return changes
    return [
        dataclasses.replace(change, sensitive=True)
        if top(change.path) in declared.tainted
        else change
        for change in changes
    ]


class Planner:
    """Decides item by item, each after those that it needs."""

    def __init__(
        self,
        declaration: Declaration,
        provider: Provider,
        found: dict[str, Found],
        options: Options,
    ) -> None:
        self.declared = declaration.resources
        self.known = declaration.known
        self.provider = provider
        self.found = found
        self.options = options
        types = {name: one.type for name, one in found.items()}
        self.plan = Plan(users=users(types))
        self._items: dict[str, Item] = {}
        self._living: dict[str, tuple[Desired, Live | None]] = {}
        self._taken: dict[tuple[str, str], str] = {}
        self._leftovers: list[Item] = []

    def present(self) -> Plan:
        """What makes everything as declared."""
        for declared in self.declared.values():
            item = self._decide(declared)
            self._items[declared.resource] = item
            self.plan.items.append(item)
        deletions = self._leftovers
        if self.options.prune:
            deletions += self._unclaimed("no longer declared")
        self.plan.items += self._users_first(deletions)
        return self.plan

    def absent(self) -> Plan:
        """What deletes everything that the stack owns."""
        items = []
        for declared in self.declared.values():
            desired = declared.resolved(self._lookup_living, [], self._known(declared))
            lives = self._found(declared).marked(declared.resource)
            if not lives and not self.provider.markable(declared.type.name):
                lives = self._found(declared).identified(desired)
            items += [self._delete(declared, live, "state is absent") for live in lives]
            likely = lives[0] if len(lives) == 1 else None
            self._living[declared.resource] = (desired, likely)
        items.reverse()
        items += self._unclaimed("state is absent")
        self.plan.items = self._users_first(items)
        return self.plan

    def unclaimed(self) -> list[Item]:
        """What the stack owns and no declared resource was found to be."""
        return self._unclaimed("not declared")

    def _known(self, declared: Declared) -> Desired:
        return self.known[declared.resource]

    def _found(self, declared: Declared) -> Found:
        return self.found[declared.type.name]

    def _decide(self, declared: Declared) -> Item:
        problems: list[tuple[str, str]] = []
        desired = declared.resolved(self._lookup, problems, self._known(declared))
        self.plan.problems += [
            f"{declared.resource}.{path} {said}" for path, said in problems
        ]
        live = self._match(declared, desired)
        changes = compare_declared(declared, desired, live)
        item = Item(
            declared.resource,
            declared.type,
            "keep",
            "as declared",
            declared,
            live,
            desired,
            changes,
        )
        if live is None:
            return dataclasses.replace(item, action="create", reason="does not exist")
        if not changes:
            return item
        forcing = [change for change in changes if change.immutable]
        if forcing:
            return self._replacement(item, forcing)
        paths = ", ".join(change.path for change in changes[:3])
        more = f" and {len(changes) - 3} more" if len(changes) > 3 else ""
        return dataclasses.replace(
            item,
            action="update",
            reason=f"{paths}{more} differ" + ("s" if len(changes) == 1 else ""),
        )

    def _replacement(self, item: Item, forcing: Sequence[Change]) -> Item:
        declared = item.declared
        reason = f"{forcing[0].path} cannot change in place"
        because = self._because(declared)
        if forcing[0].after is UNKNOWN and because:
            reason += f", and follows {because}"
        if declared.protect or item.resource not in self.options.allow_replace:
            self.plan.refusals.append(_refused(item, forcing[0], reason))
        identity = declared.type.identity(item.desired.properties)
        same = identity is not None and identity == declared.type.identity(
            item.live.properties
        )
        follows = self._follows(declared)
        return dataclasses.replace(
            item,
            action="replace",
            reason=reason,
            delete_first=same or follows,
            after_delete=follows,
        )

    def _follows(self, declared: Declared) -> bool:
        """Whether it waits for a replacement that deletes first what it may use.

        It refers to it; or it comes after it, and may have referred to it before.
        """
        more, seen = list(declared.needs), set(declared.needs)
        while more:
            name = more.pop()
            item = self._items[name]
            users = all_users(self.plan.users, item.type.name)
            if item.delete_first and (
                name in declared.refers or declared.type.name in users
            ):
                return True
            more += item.declared.needs - seen
            seen |= item.declared.needs
        return False

    def _because(self, declared: Declared) -> str:
        said = {"create": "is created", "replace": "is replaced", "update": "changes"}
        names = [name for name in self.declared if name in declared.refers]
        causes = [
            f"{name}, which {said[self._items[name].action]}"
            for name in names
            if self._items[name].action in said
        ]
        return "; ".join(causes)

    def _match(self, declared: Declared, desired: Desired) -> Live | None:
        found = self._found(declared)
        marked = found.marked(declared.resource)
        if len(marked) > 1:
            live = self._choose(declared, desired, marked)
        elif marked:
            live = marked[0]
        else:
            live = self._identified(declared, found.identified(desired))
        if live is not None:
            self._taken[declared.type.name, live.id] = declared.resource
        return live

    def _choose(
        self, declared: Declared, desired: Desired, marked: list[Live]
    ) -> Live | None:
        """Several things with one mark: what an interrupted replacement leaves."""
        name = declared.resource
        fitting = [
            live
            for live in marked
            if not any(c.immutable for c in compare_declared(declared, desired, live))
        ]
        ids = ", ".join(live.id for live in marked)
        for live in marked:
            self._taken[declared.type.name, live.id] = name
        if len(fitting) > 1:
            self.plan.problems.append(
                f"{name} is the name of {len(marked)} things of type"
                f" {declared.type.name} ({ids}), and more than one is as declared;"
                " delete the others, or take their marks of this stack off"
            )
            return marked[0]
        kept = fitting[0] if fitting else marked[0]
        if declared.protect or name not in self.options.allow_replace:
            self.plan.refusals.append(
                f"{name} is the name of {len(marked)} things of type"
                f" {declared.type.name} ({ids}), as an interrupted replacement leaves"
                f" them; {_permission(declared)} to keep {kept.id} and delete the rest,"
                " or delete them by hand"
            )
        reason = "left over from an interrupted replacement"
        self._leftovers += [
            self._delete(declared, live, reason) for live in marked if live is not kept
        ]
        return kept

    def _identified(self, declared: Declared, others: list[Live]) -> Live | None:
        """A thing without our mark that has the declared identity."""
        unmarkable = not self.provider.markable(declared.type.name)
        for live in others:
            other = self._taken.get((declared.type.name, live.id)) or live.resource
            if other is not None and other != declared.resource:
                self.plan.problems.append(
                    f"{declared.resource} exists as {live.id}, which belongs to this"
                    f" stack as {other}; declare it under that name, or delete it first"
                )
                return live
            if live.owned or unmarkable:
                return live
            self.plan.conflicts.append((declared, live))
        return None

    def _unclaimed(self, reason: str) -> list[Item]:
        items = []
        for found in self.found.values():
            for live in found.lives:
                if live.owned and (found.type.name, live.id) not in self._taken:
                    name = live.resource or live.id
                    declared = self.declared.get(live.resource or "")
                    if declared and declared.protect:
                        self.plan.refusals.append(
                            f"{name} is protected, and {found.type.name} {live.id}"
                            " would be deleted: its type is no longer the declared one"
                        )
                    items.append(Item(name, found.type, "delete", reason, live=live))
        return sorted(items, key=lambda item: (item.resource, item.live.id))

    def _delete(self, declared: Declared, live: Live, reason: str) -> Item:
        self._taken[declared.type.name, live.id] = declared.resource
        return Item(declared.resource, declared.type, "delete", reason, declared, live)

    def _users_first(self, items: list[Item]) -> list[Item]:
        order = TopologicalSorter(self.plan.users).static_order()
        rank = {name: place for place, name in enumerate(order)}
        return sorted(items, key=lambda item: rank[item.type.name])

    def _lookup(self, reference: Reference) -> Any:
        item = self._items[reference.resource]
        volatile = item.action == "update" and reference.path[0] in item.type.volatile
        live = None if item.action in ("create", "replace") or volatile else item.live
        found = value_of(reference, item.desired, live, MISSING)
        if found is not MISSING:
            return found
        if item.action != "keep":
            return UNKNOWN
        raise RunError(
            f"refers to {reference.text}, but {item.resource} ({item.live.id}) has"
            " none now"
        )

    def _lookup_living(self, reference: Reference) -> Any:
        desired, live = self._living[reference.resource]
        return value_of(reference, desired, live, UNKNOWN)


def _refused(item: Item, change: Change, reason: str) -> str:
    name, there = item.resource, item.live.id
    values = ""
    if not change.sensitive and change.after is not UNKNOWN:
        before, after = (
            "unset" if value is None else f"{value!r:.80}"
            for value in (change.before, change.after)
        )
        values = f" from {before} to {after}"
    return (
        f"{name}.{change.path} cannot change{values} without replacing {there}"
        f" ({reason}); {_permission(item.declared)} to delete it and make it anew, or"
        " put the property back"
    )


def _permission(declared: Declared) -> str:
    lift = "set protect: false and " if declared.protect else ""
    return f"{lift}write allow_replace: [{declared.resource}]"
