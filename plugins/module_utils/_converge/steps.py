# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The steps of a plan and what each waits for.

Things are made after what they need. The old thing of a replacement goes when all
that used it has been changed, unless it stands in the way of the new one: then it
goes first, after what uses it and is replaced as well. Deletions of what nobody
declares follow the order of types.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Literal

from .graph import cyclic
from .plan import Item, Plan
from .reading import all_users

MAKING = ("create", "update", "replace")
DELETING = ("delete", "replace")


@dataclass
class Step:
    """One call on a resource; `pass` is none, a point that others wait for."""

    key: str
    does: Literal["make", "delete", "pass"]
    item: Item | None = None
    waits: set[str] = field(default_factory=set)


def steps_of(plan: Plan) -> dict[str, Step]:
    """The steps by key."""
    steps = _Steps(plan, by_type=True).build()
    if cyclic({key: step.waits for key, step in steps.items()}):
        # The declaration orders two resources against the order of their types. It
        # knows better: types order only what it leaves open, step by step.
        steps = _Steps(plan, by_type=False).build()
    return steps


def make_key(resource: str) -> str:
    """The step that creates or changes a declared resource."""
    return f"make {resource}"


def delete_key(item: Item) -> str:
    """The step that deletes the thing an item knows."""
    return f"delete {item.type.name} {item.live.id}"


class _Steps:
    def __init__(self, plan: Plan, by_type: bool) -> None:
        self.items = plan.items
        self.by_type = by_type
        self.users = plan.users
        self.steps: dict[str, Step] = {}
        self.dependents: dict[str, list[Item]] = defaultdict(list)
        # Deletions of declared resources that wait for their dependents, by name.
        self.late: dict[str, list[str]] = defaultdict(list)
        for item in plan.items:
            if item.declared:
                for need in item.declared.needs:
                    self.dependents[need].append(item)

    def build(self) -> dict[str, Step]:
        for item in self.items:
            if item.action != "delete":
                self._make(item)
            if item.action in DELETING:
                self._add(delete_key(item), "delete", item)
            if (item.declared and item.action == "delete") or self._is_late(item):
                self.late[item.resource].append(delete_key(item))
        self._gates()
        first = {item.type.name for item in self.items if item.delete_first}
        early = {user for name in first for user in all_users(self.users, name)}
        for item in self.items:
            if item.delete_first:
                self._before_new(item)
            elif item.action in DELETING:
                self._after_users(item, item.type.name in early)
        # Declared things first: what is not declared may well use them, while they
        # no longer refer to it.
        for item in sorted(self.items, key=lambda item: item.declared is None):
            if item.delete_first or (not self.by_type and item.action in DELETING):
                self._after_former_users(item)
        return self.steps

    def _add(self, key: str, does: str, item: Item | None = None) -> Step:
        self.steps[key] = step = Step(key, does, item)
        return step

    def _is_late(self, item: Item) -> bool:
        return item.action == "replace" and not item.delete_first

    def _make(self, item: Item) -> None:
        does = "make" if item.action in MAKING else "pass"
        step = self._add(make_key(item.resource), does, item)
        step.waits = {make_key(need) for need in item.declared.needs}
        if item.delete_first:
            step.waits.add(delete_key(item))

    def _gates(self) -> None:
        """Per type: nothing of it uses any longer what is to be deleted."""
        made = self._add("made", "pass")
        for name, using in self.users.items():
            gate = self._add(f"gate {name}", "pass")
            gate.waits = {f"gate {user}" for user in using}
        for item in self.items:
            gate = self.steps[f"gate {item.type.name}"]
            if item.action in MAKING and item.live:
                made.waits.add(make_key(item.resource))
                gate.waits.add(make_key(item.resource))
            ordered = self.by_type or not item.declared
            if ordered and (item.action == "delete" or self._is_late(item)):
                gate.waits.add(delete_key(item))

    def _before_new(self, item: Item) -> None:
        step = self.steps[delete_key(item)]
        for other in self.dependents[item.resource]:
            if other.delete_first and item.resource in other.declared.refers:
                step.waits.add(delete_key(other))
        if not item.after_delete:
            # So that a failure before leaves the old thing in service.
            step.waits |= {make_key(need) for need in item.declared.needs}

    def _after_users(self, item: Item, early: bool) -> None:
        step = self.steps[delete_key(item)]
        if not item.declared:
            # Whatever may have stopped using it has been changed by then; unless a
            # replacement that deletes first may have to wait for it in turn.
            step.waits |= set() if early else {"made"}
        else:
            own = make_key(item.resource)
            step.waits |= {own} & self.steps.keys()
            for other in self.dependents[item.resource]:
                step.waits |= {make_key(other.resource)} & self.steps.keys()
                step.waits |= {*self.late[other.resource]}
        if self.by_type or not item.declared:
            step.waits |= {f"gate {user}" for user in self.users[item.type.name]}

    def _after_former_users(self, item: Item) -> None:
        """A deletion waits for whatever may have used its thing, by type.

        What used it may no longer say so. Never for what itself waits for the
        deletion, such as what is to use the new thing of a replacement.
        """
        waiting: dict[str, list[str]] = defaultdict(list)
        for key, step in self.steps.items():
            for other in step.waits:
                waiting[other].append(key)
        after, more = set(), [delete_key(item)]
        while more:
            key = more.pop()
            if key not in after:
                after.add(key)
                more += waiting[key]
        users = all_users(self.users, item.type.name)
        self.steps[delete_key(item)].waits |= {
            key
            for key, step in self.steps.items()
            if key not in after
            and step.does != "pass"
            and step.item.live
            and step.item.type.name in users
        }
