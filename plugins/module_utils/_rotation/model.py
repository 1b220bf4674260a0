# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Hosts and policy as small numbers: what the search for waves works on.

Hosts that no rule can tell apart form one class, so that the search counts
hosts instead of naming them. Limits of services and groups kept apart become
*resources*, of which each class uses some and a wave has so much to give.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.vigie.run.plugins.module_utils._rotation.checks import Limit
from ansible_collections.vigie.run.plugins.module_utils._rotation.policy import (
    Host,
    Policy,
)

# A wave as the search knows it: which class gives how many hosts.
Picks = tuple[tuple[int, int], ...]
# A plan as the search knows it: waves, and how often each comes in a row.
Runs = list[tuple[Picks, int]]


@dataclass(frozen=True)
class HostClass:
    """Hosts with the same zone, services, role, weight, state and neighbours.

    ``services`` are indices; ``uses`` pairs of resource and amount per host;
    ``stages`` pairs of service and the stage of it that the class belongs to.
    """

    zone: str
    role: str
    weight: int
    away: bool
    services: tuple[int, ...]
    uses: tuple[tuple[int, int], ...]
    stages: tuple[tuple[int, int], ...]
    members: tuple[Host, ...]


@dataclass
class Model:
    """The problem: classes, what a wave may take, and what has to wait for what.

    ``free``: units a wave may take, per resource: services first, then the
    groups kept apart. ``stages``: per service its stages, (rank, zone) in the
    order in which they are taken; a stage starts when those before it are done.
    ``after``: per service the services that must be done before it starts.
    ``caps``: hosts per canary wave; ``size``: hosts per wave after those.
    """

    policy: Policy
    services: list[str]
    limits: Mapping[str, Limit]
    classes: list[HostClass]
    free: list[int]
    stages: list[list[tuple[int, str]]]
    after: list[tuple[int, ...]]
    caps: list[int]
    size: int
    counts: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.counts = tuple(len(each.members) for each in self.classes)

    def cap(self, position: int) -> int:
        """The most hosts that the wave at *position*, from 0, may hold."""
        return self.caps[position] if position < len(self.caps) else self.size

    def open_stages(self, left: Sequence[int]) -> list[int]:
        """Per service the first stage with hosts left, or -1 when all are done."""
        first = [-1] * len(self.services)
        for index, each in enumerate(self.classes):
            if left[index]:
                for service, stage in each.stages:
                    if first[service] < 0 or stage < first[service]:
                        first[service] = stage
        return first

    def ready(self, index: int, first: Sequence[int]) -> bool:
        """Whether everything that a class waits for is done.

        Hosts that are away already wait for nothing: every wave they are kept
        out of service is one too many.
        """
        each = self.classes[index]
        if each.away:
            return True
        for service, stage in each.stages:
            if stage > first[service]:
                return False
            for other in self.after[service]:
                if first[other] >= 0:
                    return False
        return True


def zone_rank(policy: Policy, zone: str) -> tuple[int, str]:
    """Sort key of a zone: as listed, then those not listed by name."""
    order = policy.zone_order
    return (order.index(zone), "") if zone in order else (len(order), zone)


def build_model(
    hosts: Sequence[Host], policy: Policy, limits: Mapping[str, Limit]
) -> Model:
    """The model of the hosts to do; limits as resolved over all hosts."""
    todo = [host for host in hosts if host.todo]
    services = sorted(limits)
    number = {service: index for index, service in enumerate(services)}
    members = _alike(todo, policy, number)
    stages = _stages(members, policy, len(services))
    most = max(len(todo), 1)
    size = policy.wave_size
    whole = most if size is None else max(1, size.down(len(todo)))
    return Model(
        policy=policy,
        services=services,
        limits=limits,
        classes=_classes(members, policy, stages),
        free=[limits[service].free for service in services] + [1] * len(policy.apart),
        stages=stages,
        after=[
            # A service that none of these hosts has is nothing to wait for.
            tuple(number[each] for each in policy.rule(service).after if each in number)
            for service in services
        ],
        caps=[min(whole, max(1, step.up(len(todo)))) for step in policy.canary],
        size=min(whole, most),
    )


def _alike(
    todo: Sequence[Host], policy: Policy, number: Mapping[str, int]
) -> dict[tuple, list[Host]]:
    """The hosts by all that a plan tells them apart by."""
    groups: dict[str, list[int]] = {}
    for index, group in enumerate(policy.apart):
        for name in group:
            groups.setdefault(name, []).append(len(number) + index)
    ranks = {role: rank for rank, role in enumerate(policy.role_order)}
    members: dict[tuple, list[Host]] = {}
    for host in todo:
        key = (
            zone_rank(policy, host.zone),
            host.zone,
            tuple(sorted(number[service] for service in host.services)),
            ranks[host.role],
            -host.weight,
            host.away,
            tuple(groups.get(host.name, ())),
        )
        members.setdefault(key, []).append(host)
    return members


def _classes(
    members: Mapping[tuple, list[Host]],
    policy: Policy,
    stages: Sequence[Sequence[tuple[int, str]]],
) -> list[HostClass]:
    classes = []
    # Sorted, so that a plan does not depend on the order of the inventory.
    for key in sorted(members):
        _rank, zone, in_services, role, weight, away, apart = key
        stage = (role, zone if policy.one_at_a_time else "")
        classes.append(
            HostClass(
                zone=zone,
                role=policy.role_order[role],
                weight=-weight,
                away=away,
                services=in_services,
                uses=tuple((each, -weight) for each in in_services)
                + tuple((each, 1) for each in apart),
                stages=tuple((each, stages[each].index(stage)) for each in in_services),
                members=tuple(members[key]),
            )
        )
    return classes


def _stages(
    members: Mapping[tuple, list[Host]], policy: Policy, services: int
) -> list[list[tuple[int, str]]]:
    """Per service its stages in order: by role, then, one at a time, by zone."""
    found: list[set[tuple[int, tuple[int, str], str]]] = [
        set() for _service in range(services)
    ]
    for order, zone, in_services, role, _weight, _away, _apart in members:
        for service in in_services:
            alone = policy.one_at_a_time
            found[service].add((role, order, zone) if alone else (role, (0, ""), ""))
    return [[(role, zone) for role, _order, zone in sorted(each)] for each in found]
