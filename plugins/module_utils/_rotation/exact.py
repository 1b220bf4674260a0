# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The shortest plan by search, where the fast plan is not proved to be that.

A wave that has room for one more host is never better than the same wave with
that host, for every rule only gets easier with fewer hosts left. So the search
looks at full waves alone, and leaves a branch as soon as a lower bound shows
that it cannot end in time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.vigie.run.plugins.module_utils._rotation.bound import Bounds
from ansible_collections.vigie.run.plugins.module_utils._rotation.greedy import ranked
from ansible_collections.vigie.run.plugins.module_utils._rotation.model import (
    Model,
    Picks,
)
from ansible_collections.vigie.run.plugins.module_utils._rotation.wave import (
    Wave,
    without,
)


class OutOfBudget(Exception):  # noqa: N818 - an outcome, not a mistake
    """The search was given up: nothing is proved."""


class Search:
    """Depth-first search with a budget of steps, so that its time is bounded.

    Steps are counted instead of seconds: the same input must give the same
    plan on every machine.
    """

    def __init__(self, bounds: Bounds, tail: Sequence[int], budget: int) -> None:
        self.model: Model = bounds.model
        self.bounds = bounds
        self.tail = tail
        self.budget = budget
        self._failed: dict[tuple, int] = {}

    def within(
        self, left: Sequence[int], waves: int, leading: int
    ) -> list[Picks] | None:
        """A plan of at most *waves* waves, *leading* of them for hosts away.

        None proves that there is none. Raises OutOfBudget when undecided.
        """
        self._failed.clear()
        return self._down(tuple(left), 0, waves, leading)

    def _down(
        self, left: tuple[int, ...], position: int, waves: int, leading: int
    ) -> list[Picks] | None:
        if not any(left):
            return []
        model = self.model
        away = any(left[i] for i, each in enumerate(model.classes) if each.away)
        # After the canaries all waves are alike: what matters is how many remain.
        key = (left, min(position, len(model.caps)) if not away else position)
        if self._failed.get(key, -1) >= waves - position:
            return None
        self._spend(len(left))
        late = self.bounds.total(left, position) > waves
        if not late and away:
            late = self.bounds.leading(left, position) > leading
        if not late:
            for picks in self._full_waves(left, position):
                rest = self._down(without(left, picks), position + 1, waves, leading)
                if rest is not None:
                    return [picks, *rest]
        self._failed[key] = waves - position
        return None

    def _full_waves(self, left: Sequence[int], position: int) -> Iterator[Picks]:
        wave = Wave(self.model, left, position)
        order = [i for i in ranked(wave, self.tail) if self._fits(wave, i)]
        scarce = sum(wave.left[i] for i in order) > wave.slots
        rivals = [
            wave.leading or scarce or self._contended(index, order[place + 1 :])
            for place, index in enumerate(order)
        ]
        yield from self._choose(wave, order, rivals, 0)

    @staticmethod
    def _fits(wave: Wave, index: int) -> bool:
        # With hosts away the first picks decide which of the others fit.
        return wave.leading or wave.room(index) > 0

    def _contended(self, index: int, others: Sequence[int]) -> bool:
        mine = {resource for resource, _amount in self.model.classes[index].uses}
        return any(
            resource in mine
            for other in others
            for resource, _amount in self.model.classes[other].uses
        )

    def _choose(
        self, wave: Wave, order: Sequence[int], rivals: Sequence[bool], place: int
    ) -> Iterator[Picks]:
        self._spend(1)
        if place == len(order) or not wave.slots:
            if not wave.slots or not any(wave.room(index) for index in order):
                yield wave.picks()
            return
        index = order[place]
        most = wave.room(index)
        # A class that nobody competes with always takes all it can.
        least = 0 if rivals[place] else most
        for number in range(most, least - 1, -1):
            if number:
                wave.take(index, number)
            yield from self._choose(wave, order, rivals, place + 1)
            if number:
                wave.take(index, -number)

    def _spend(self, steps: int) -> None:
        self.budget -= steps
        if self.budget < 0:
            raise OutOfBudget
