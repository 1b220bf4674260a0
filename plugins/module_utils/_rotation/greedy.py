# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A short plan, fast: fill wave after wave, the most urgent class first."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.vigie.run.plugins.module_utils._rotation.model import (
    Model,
    Picks,
    Runs,
)
from ansible_collections.vigie.run.plugins.module_utils._rotation.wave import (
    Wave,
    without,
)

# Equal waves are taken together while each of their classes has this many times
# as many hosts as the wave holds, and urgency is looked at again after one host in
# as many: ten thousand waves of one host stay cheap, and classes balanced.
_BULK = 8


def fill(
    model: Model,
    tail: Sequence[int],
    heavy_first: bool,
    lead: Sequence[Picks] = (),
) -> Runs:
    """A plan as runs of equal waves: (picks, how often).

    *tail* is what has to follow each class at least. *heavy_first*: among
    equally urgent classes take the heaviest hosts first, which packs better,
    instead of going by zone. *lead*: how the hosts that are away come back, one
    entry a wave, where that is settled already.
    """
    left: tuple[int, ...] = model.counts
    runs: Runs = []
    position = 0
    wave: Wave | None = None
    order: list[int] = []
    looked_at = todo = sum(left)
    while todo:
        wave = Wave(model, left, position, before=wave)
        if not wave.as_before or todo * _BULK < looked_at * (_BULK - 1):
            order, looked_at = ranked(wave, tail, heavy_first), todo
        settled = position < len(lead)
        for index, number in lead[position] if settled else ():
            wave.take(index, number)
        for index in order:
            if settled and model.classes[index].away:
                continue
            number = wave.room(index)
            if number:
                wave.take(index, number)
            if not wave.slots:
                break
        picks = wave.picks()
        times = 1
        if not wave.leading and position >= len(model.caps):
            times = min(left[index] // number for index, number in picks) // _BULK
        times = max(1, times)
        runs.append((picks, times))
        left = without(left, picks, times)
        todo -= times * sum(number for _index, number in picks)
        position += times
    return runs


def ranked(wave: Wave, tail: Sequence[int], heavy_first: bool = True) -> list[int]:
    """The classes that are ready, most urgent first: the longest way to go.

    Away hosts lead. Then counts what still has to be done in the fullest of the
    stages that a class is in, and after it; then the load of all its stages, in
    waves and in units, which makes the canary a host of the largest service.
    """
    model, left = wave.model, wave.left
    units: dict[tuple[int, int], int] = {}
    for index in wave.ready:
        each = model.classes[index]
        for stage in each.stages:
            units[stage] = units.get(stage, 0) + left[index] * each.weight
    load = {stage: -(-many // model.free[stage[0]]) for stage, many in units.items()}

    def urgency(index: int) -> tuple:
        each = model.classes[index]
        loads = [load[stage] for stage in each.stages]
        own = [-(-left[index] // (model.free[r] // amt)) for r, amt in each.uses]
        longest = tail[index] + max(*loads, *own, 0, 0)
        weight = -each.weight if heavy_first else 0
        bulk = sum(units[stage] for stage in each.stages)
        return (not each.away, -longest, weight, -sum(loads), -bulk, index)

    return sorted(wave.ready, key=urgency)
