# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What can be wrong between hosts and policy, found before any planning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.vigie.run.plugins.module_utils._rotation.amounts import (
    Amount,
    count,
    some,
)
from ansible_collections.vigie.run.plugins.module_utils._rotation.policy import (
    Host,
    Policy,
)


@dataclass(frozen=True)
class Limit:
    """The limit of one service, resolved; all three numbers in weight units.

    ``limit`` may be away at a time, out of ``total`` (every host, done and lost
    ones too); ``lost`` of it is taken by hosts that cannot be reached.
    """

    service: str
    limit: int
    total: int
    lost: int
    amount: Amount
    weighted: bool

    @property
    def free(self) -> int:
        """What a wave may take."""
        return self.limit - self.lost


@dataclass(frozen=True)
class Elsewhere:
    """What the platform has besides the hosts to plan, and a policy may name.

    ``services`` has an entry for each service of each other host, so that a
    percentage is one of the whole service.
    """

    services: Sequence[str] = ()
    hosts: Sequence[str] = ()


NOWHERE = Elsewhere()


def known_services(hosts: Sequence[Host], elsewhere: Elsewhere) -> list[str]:
    """Every service that some host has, by name."""
    here = {service for host in hosts for service in host.services}
    return sorted(here.union(elsewhere.services))


def _members(hosts: Sequence[Host]) -> dict[str, list[Host]]:
    members: dict[str, list[Host]] = {}
    for host in hosts:
        for service in host.services:
            members.setdefault(service, []).append(host)
    return members


def check_names(
    hosts: Sequence[Host],
    policy: Policy,
    problems: list[str],
    elsewhere: Elsewhere = NOWHERE,
) -> None:
    """Services, roles and hosts that are named somewhere but do not exist."""
    services = known_services(hosts, elsewhere)
    known = f"the hosts have {some(services, 20)}" if services else "no host has any"
    for service, rule in policy.services.items():
        if service not in services:
            problems.append(
                f"policy.services.{service}: no host is in this service ({known}): "
                "correct the name or take it out."
            )
        for other in rule.after:
            if other not in services:
                problems.append(
                    f"policy.services.{service}.after: no host is in {other} "
                    f"({known}): correct the name or take it out."
                )
    names = {host.name for host in hosts}.union(elsewhere.hosts)
    for index, group in enumerate(policy.apart):
        unknown = [name for name in group if name not in names]
        if unknown:
            problems.append(
                f"policy.apart[{index}]: {some(unknown)} not among the hosts: "
                "correct the name or take it out."
            )
    _check_roles(hosts, policy, problems)


def _check_roles(hosts: Sequence[Host], policy: Policy, problems: list[str]) -> None:
    unknown: dict[str, list[str]] = {}
    for host in hosts:
        if host.role not in policy.role_order:
            unknown.setdefault(host.role, []).append(host.name)
    ranked = ", ".join(role or '"" (no role)' for role in policy.role_order)
    for role, members in unknown.items():
        seen = f"role {role}" if role else "no role"
        problems.append(
            f"hosts: {some(members)} with {seen}, which policy.role_order does not "
            f"list; it knows {ranked or 'none'}: add it there or correct the host."
        )


def check_after(hosts: Sequence[Host], policy: Policy, problems: list[str]) -> None:
    """Services that wait for themselves, and hosts that would."""
    after = {service: rule.after for service, rule in policy.services.items()}
    cycle = find_cycle(after)
    if cycle:
        problems.append(
            f"policy.services: after goes in a circle: {' -> '.join(cycle)} (each "
            "comes after the next): take one of them out."
        )
    members = _members(hosts)
    for service, others in after.items():
        for other in others:
            if other == service:
                continue
            these = {host.name for host in members.get(other, ())}
            both = [h.name for h in members.get(service, ()) if h.name in these]
            if both:
                problems.append(
                    f"policy.services.{service}.after: {some(both)} in both {service} "
                    f"and {other} would come after itself: take {other} out of after, "
                    "or the host out of one service."
                )


def find_cycle(edges: Mapping[str, Sequence[str]]) -> list[str]:
    """The first cycle of a graph as a closed path, or an empty list."""
    settled: set[str] = set()
    for start in edges:
        path = [start]
        trail = [iter(edges.get(start, ()))]
        while trail:
            follower = next(trail[-1], None)
            if follower is None:
                settled.add(path.pop())
                trail.pop()
            elif follower in path:
                return [*path[path.index(follower) :], follower]
            elif follower not in settled:
                path.append(follower)
                trail.append(iter(edges.get(follower, ())))
    return []


def resolve_limits(
    hosts: Sequence[Host],
    policy: Policy,
    problems: list[str],
    elsewhere: Elsewhere = NOWHERE,
) -> dict[str, Limit]:
    """The limit of each service, checked to leave room for each of its hosts."""
    members = _members(hosts)
    others = Counter(elsewhere.services)
    limits = {}
    for service in sorted(members):
        amount = policy.rule(service).limit
        if amount is None:
            continue
        every = members[service]
        total = sum(host.weight for host in every) + others[service]
        limit = Limit(
            service=service,
            limit=amount.down(total),
            total=total,
            lost=sum(host.weight for host in every if host.lost),
            amount=amount,
            weighted=any(host.weight != 1 for host in every),
        )
        problem = _check_limit(limit, every, policy)
        if problem:
            problems.append(problem)
        limits[service] = limit
    return limits


def _check_limit(limit: Limit, every: list[Host], policy: Policy) -> str | None:
    todo = [host for host in every if host.todo]
    if not todo:
        return None
    field = policy.rule(limit.service).source
    heaviest = max(host.weight for host in todo)
    need = heaviest + limit.lost
    share = -(-100 * need // limit.total)
    enough = f'"{share}%"' if limit.amount.percent else str(need)
    if limit.limit == 0:
        size = f"{count(len(every), 'host')}"
        if limit.weighted:
            size += f" that weigh {limit.total}"
        return (
            f"{field}: {limit.amount} of {limit.service} ({size}) is less than one "
            f"host, so none could ever be taken: the smallest that works is {enough}."
        )
    if heaviest > limit.limit:
        heavy = [host.name for host in todo if host.weight > limit.limit]
        return (
            f"{field}: {some(heavy)} of {limit.service} weighs up to {heaviest}, but "
            f"only {limit.limit} may be away: raise the limit to {enough} or more, or "
            "lower the weight."
        )
    if need > limit.limit:
        lost = [host.name for host in every if host.lost]
        stuck = [host.name for host in todo if host.weight > limit.free]
        return (
            f"{field}: {limit.service} is impossible while {some(lost)} cannot be "
            f"reached: {limit.lost} of the {limit.limit} that may be away "
            f"{'is' if limit.lost == 1 else 'are'} taken, which leaves no room for "
            f"{some(stuck)}. Bring back what is lost, or raise the limit to {enough}."
        )
    return None


def check_apart(hosts: Sequence[Host], policy: Policy, problems: list[str]) -> None:
    """Groups with a lost member: no other may leave until it is back."""
    by_name = {host.name: host for host in hosts}
    for index, group in enumerate(policy.apart):
        members = [by_name[name] for name in group if name in by_name]
        lost = [host.name for host in members if host.lost]
        todo = [host.name for host in members if host.todo]
        if lost and todo:
            problems.append(
                f"policy.apart[{index}]: {some(lost)} cannot be reached, so "
                f"{some(todo)} must stay: bring back what is lost, or take it out of "
                "the group."
            )
