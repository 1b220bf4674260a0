# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""How many waves are needed at least: what proves a plan to be the shortest.

Each resource is looked at alone, as if it were the only one: the hosts that use
it cannot be done faster than it has room for. A class cannot start before the
stages it waits for could be done. No plan beats these bounds; a plan that meets
them has the fewest waves.
"""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.vigie.run.plugins.module_utils._rotation.checks import (
    find_cycle,
)
from ansible_collections.vigie.run.plugins.module_utils._rotation.model import (
    Model,
    Runs,
)
from ansible_collections.vigie.run.plugins.module_utils._rotation.wave import without

# (released after this wave, number of hosts, units each uses)
Job = tuple[int, int, int]


class Bounds:
    """Lower bounds for one model; ``cycle`` names a deadlock, if there is one."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.cycle: list[str] = []
        self.order: list[int] = []
        # Classes in an order in which they can be done, and when stages end.
        self._events: list[tuple[int, int, tuple[int, ...]]] = []
        self._order_classes()

    def _order_classes(self) -> None:
        model = self.model
        left = list(model.counts)
        closed = [0] * len(model.services)
        stages: dict[tuple[int, int], list[int]] = {}
        for index, each in enumerate(model.classes):
            for stage in each.stages:
                stages.setdefault(stage, []).append(index)
        while any(left):
            first = model.open_stages(left)
            batch = [
                index
                for index, number in enumerate(left)
                if number and model.ready(index, first)
            ]
            if not batch:
                self.cycle = _deadlock(model, left, first)
                return
            for index in batch:
                left[index] = 0
                self.order.append(index)
                self._events.append((index, -1, ()))
            for service, stage in enumerate(model.open_stages(left)):
                until = len(model.stages[service]) if stage < 0 else stage
                for done in range(closed[service], until):
                    members = tuple(stages.get((service, done), ()))
                    self._events.append((-1, service, members))
                closed[service] = until

    def total(self, left: Sequence[int], start: int) -> int:
        """The number of the last wave at least, when *start* waves are over."""
        model = self.model
        done = [start] * len(model.services)
        release = [start] * len(left)
        jobs: dict[int, list[Job]] = {}
        every: list[Job] = []
        away = False
        for index, service, members in self._events:
            if index < 0:
                stage = [
                    (release[each], left[each], self._amount(each, service))
                    for each in members
                    if left[each]
                ]
                if stage:
                    end = self._finish(stage, model.free[service])
                    done[service] = max(done[service], end)
            elif left[index]:
                each = model.classes[index]
                away = away or each.away
                if not each.away:
                    for service, _stage in each.stages:
                        waits = [service, *model.after[service]]
                        latest = max(done[other] for other in waits)
                        release[index] = max(release[index], latest)
                every.append((release[index], left[index], 1))
                for resource, _amount in each.uses[len(each.services) :]:
                    jobs.setdefault(resource, []).append(every[-1])
        ends = [self._finish(group, model.free[r]) for r, group in jobs.items()]
        if every:
            ends.append(self._finish(every, model.size))
        if away:
            hosts = [(n, number) for n, number in enumerate(left) if number]
            ends.append(self._unordered(hosts, start))
        return max([start, *ends, *done])

    def leading(self, left: Sequence[int], start: int) -> int:
        """As `total`, for the hosts that are away alone."""
        each_class = enumerate(self.model.classes)
        return self._unordered(
            [(n, left[n]) for n, each in each_class if each.away and left[n]], start
        )

    def _unordered(self, hosts: Sequence[tuple[int, int]], start: int) -> int:
        """The last wave at least of hosts, (class, number), in any order."""
        model = self.model
        jobs: dict[int, list[tuple[str, Job]]] = {}
        for index, number in hosts:
            each = model.classes[index]
            for resource, amount in each.uses:
                job = (start, number, amount)
                jobs.setdefault(resource, []).append((each.zone, job))
        last = start
        if hosts:
            every = [(start, number, 1) for _index, number in hosts]
            last = self._finish(every, model.size)
        uncapped = max(start, len(model.caps))
        for resource, group in jobs.items():
            free = model.free[resource]
            last = max(last, self._finish([job for _zone, job in group], free))
            if resource < len(model.services) and model.policy.one_at_a_time:
                # Zones take turns, in any order: canaries are left out of this.
                turns = 0
                for zone in {zone for zone, _job in group}:
                    own = [job for other, job in group if other == zone]
                    turns += self._together(uncapped, own, free) - uncapped
                last = max(last, start + turns)
        return last

    def _amount(self, index: int, resource: int) -> int:
        return dict(self.model.classes[index].uses)[resource]

    def _finish(self, jobs: Sequence[Job], free: int) -> int:
        """The last wave of jobs that share a resource of *free* units a wave."""
        if len({job[0] for job in jobs}) == 1:
            return self._together(jobs[0][0], jobs, free)
        latest = 0
        ordered = sorted(jobs, reverse=True)
        for index, job in enumerate(ordered):
            if index + 1 == len(ordered) or ordered[index + 1][0] != job[0]:
                late = self._together(job[0], ordered[: index + 1], free)
                latest = max(latest, late)
        return latest

    def _together(self, start: int, jobs: Sequence[Job], free: int) -> int:
        amounts = [amount for _start, _number, amount in jobs]
        hosts = sum(job[1] for job in jobs)
        light, heavy = min(amounts), max(amounts)
        last = self._advance(start, hosts, free // light, 1)
        if light != heavy:
            units = sum(job[1] * job[2] for job in jobs)
            last = max(last, self._advance(start, units, free, heavy))
            # Of those that take more than half, a wave holds one.
            big = sum(job[1] for job in jobs if 2 * job[2] > free)
            last = max(last, self._advance(start, big, 1, 1))
        return last

    def _advance(self, start: int, work: int, room: int, each: int) -> int:
        """The wave that ends *work* units, *each* the most that one host takes."""
        model = self.model
        while work > 0 and start < len(model.caps):
            work -= min(room, model.caps[start] * each)
            start += 1
        if work > 0:
            start += -(-work // min(room, model.size * each))
        return start


def _deadlock(model: Model, left: Sequence[int], first: Sequence[int]) -> list[str]:
    """A circle of waiting among the classes left: one line per host in it."""
    edges: dict[str, list[str]] = {}
    reasons: dict[tuple[str, str], str] = {}
    for index, each in enumerate(model.classes):
        name = each.members[0].name
        for service, stage in each.stages if left[index] else ():
            for other, rival in enumerate(model.classes):
                blocker = rival.members[0].name
                ahead = stage > first[service] and (service, first[service])
                reason = f"order of roles and zones in {model.services[service]}"
                if not left[other] or ahead not in rival.stages:
                    follows = set(model.after[service]) & set(rival.services)
                    if not left[other] or not follows:
                        continue
                    earlier = model.services[min(follows)]
                    reason = f"{model.services[service]} after {earlier}"
                edges.setdefault(name, []).append(blocker)
                reasons[name, blocker] = reason
    path = find_cycle(edges)
    return [
        f"{late} after {early} ({reasons[late, early]})"
        for late, early in zip(path, path[1:])
    ]


def tails(bounds: Bounds) -> list[int]:
    """Per class: waves needed at least after its last host is done."""
    model = bounds.model
    tail = [0] * len(model.classes)
    members: list[list[list[int]]] = [[[] for _stage in each] for each in model.stages]
    for index, each in enumerate(model.classes):
        if not each.away:
            for service, stage in each.stages:
                members[service][stage].append(index)
    followers: list[list[int]] = [[] for _service in model.services]
    for service, others in enumerate(model.after):
        for other in others:
            followers[other].append(service)
    later: dict[tuple[int, int], int] = {}

    def from_stage(service: int, stage: int) -> int:
        """Waves for a stage of a service and all stages after it."""
        end = len(model.stages[service])
        known = next((s for s in range(stage, end) if (service, s) in later), end)
        best = later.get((service, known), 0)
        for each in range(known - 1, stage - 1, -1):
            best = max(best, _stage_tail(model, service, members[service][each], tail))
            later[service, each] = best
        return best

    for index in reversed(bounds.order):
        for service, stage in model.classes[index].stages:
            waits = [from_stage(other, 0) for other in followers[service]]
            tail[index] = max(tail[index], from_stage(service, stage + 1), *waits)
    return tail


def _stage_tail(
    model: Model, service: int, members: Sequence[int], tail: Sequence[int]
) -> int:
    """Waves for a stage, the classes with the longest tails going first."""
    units = best = 0
    for index in sorted(members, key=lambda each: -tail[each]):
        units += model.counts[index] * model.classes[index].weight
        best = max(best, -(-units // model.free[service]) + tail[index])
    return best


def length(runs: Runs) -> int:
    """The number of waves in a plan of repeated waves."""
    return sum(times for _picks, times in runs)


def leading_length(model: Model, runs: Runs) -> int:
    """The number of waves until every host that was away is back."""
    left = model.counts
    count = 0
    away = [index for index, each in enumerate(model.classes) if each.away]
    for picks, times in runs:
        if not any(left[index] for index in away):
            break
        left = without(left, picks, times)
        count += times
    return count
