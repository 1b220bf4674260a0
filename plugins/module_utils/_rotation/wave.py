# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""One wave while it is being filled: what still fits, and what holds it back."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.vigie.run.plugins.module_utils._rotation.model import (
    Model,
    Picks,
)


class Wave:
    """The wave at *position*, given how many hosts of each class are left.

    While hosts are away from an earlier run, hosts in service may join only
    where every limit holds with all of those counted, and at least one that is
    away comes back in each wave. Hosts that are away have left already, so
    among them only the wave itself counts. *before*: the wave before this one,
    of which what did not change is taken over; ``as_before`` says so.
    """

    def __init__(
        self,
        model: Model,
        left: Sequence[int],
        position: int,
        before: Wave | None = None,
    ) -> None:
        self.model = model
        self.left = left
        self.cap = self.slots = model.cap(position)
        self.picked: dict[int, int] = {}
        self.back = [0] * len(model.free)
        self.out = [0] * len(model.free)
        self.away_zones: dict[int, set[str]] = {}
        self.leading = False
        self.coming = 0
        # What is ready changes only when the last host of a class is done.
        self.as_before = (
            before is not None
            and not before.leading
            and all(left[index] for index in before.picked)
        )
        if before is not None and self.as_before:
            self.first, self.ready = before.first, before.ready
        else:
            self._look()

    def _look(self) -> None:
        """Find out who is away, and which classes have nothing to wait for."""
        model, left = self.model, self.left
        for index, each in enumerate(model.classes):
            if each.away and left[index]:
                self.leading = True
                for resource, amount in each.uses:
                    self.out[resource] += amount * left[index]
                for service in each.services:
                    self.away_zones.setdefault(service, set()).add(each.zone)
        self.first = model.open_stages(left)
        self.ready = [
            index
            for index, number in enumerate(left)
            if number and model.ready(index, self.first)
        ]

    def room(self, index: int) -> int:
        """How many more hosts of a class that is ready fit."""
        each = self.model.classes[index]
        most = min(self.left[index] - self.picked.get(index, 0), self.slots)
        if not each.away and self.leading and not self.coming:
            most = min(most, self.slots - 1)
        if most <= 0 or (self.leading and self.zone_conflict(index)):
            return 0
        used = self.back if each.away else self.out
        free = self.model.free
        for resource, amount in each.uses:
            fits = (free[resource] - used[resource]) // amount
            if fits < most:
                if fits <= 0:
                    return 0
                most = fits
        return most

    def zone_conflict(self, index: int) -> bool:
        """Whether another zone of one of its services is away, in a leading wave.

        In later waves the order of the stages keeps zones from meeting.
        """
        if not self.model.policy.one_at_a_time:
            return False
        each = self.model.classes[index]
        if not each.away:
            return any(
                self.away_zones.get(service, {each.zone}) != {each.zone}
                for service in each.services
            )
        classes = self.model.classes
        return any(
            classes[other].away
            and classes[other].zone != each.zone
            and not set(classes[other].services).isdisjoint(each.services)
            for other in self.picked
        )

    def take(self, index: int, number: int) -> None:
        """Put *number* hosts of a class into the wave; negative gives back."""
        each = self.model.classes[index]
        total = self.picked.get(index, 0) + number
        if total:
            self.picked[index] = total
        else:
            self.picked.pop(index, None)
        self.slots -= number
        used = self.back if each.away else self.out
        for resource, amount in each.uses:
            used[resource] += amount * number
        if each.away:
            self.coming += number

    def picks(self) -> Picks:
        """What the wave holds."""
        return tuple(sorted(self.picked.items()))


def without(left: Sequence[int], picks: Picks, times: int = 1) -> tuple[int, ...]:
    """What is left after a wave, or after as many equal ones."""
    rest = list(left)
    for index, number in picks:
        rest[index] -= number * times
    return tuple(rest)
