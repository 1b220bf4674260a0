# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The wave planner: hosts and a policy in, the fewest waves that hold it out.

Pure: it knows no Ansible, no network and no clock, and the same input gives the
same plan. The rules are those of docs/waves.md:

- limits: per service and wave, the weight of hosts away and lost stays within
  ``max_unavailable``;
- order: roles in ``role_order`` and, one zone at a time, zones in
  ``zones.order`` within each service; services after those they name;
- apart: of each group, one host a wave;
- sizes: canaries and ``wave_size``;
- hosts that are away already come back first, whatever their role or zone, and
  until then count in every limit for hosts that are in service.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._rotation.amounts import (
    count,
    some,
)
from ansible_collections.vigie.run.plugins.module_utils._rotation.bound import (
    Bounds,
    leading_length,
    length,
    tails,
)
from ansible_collections.vigie.run.plugins.module_utils._rotation.checks import (
    NOWHERE,
    Elsewhere,
    Limit,
    check_after,
    check_apart,
    check_names,
    resolve_limits,
)
from ansible_collections.vigie.run.plugins.module_utils._rotation.exact import (
    OutOfBudget,
    Search,
)
from ansible_collections.vigie.run.plugins.module_utils._rotation.greedy import fill
from ansible_collections.vigie.run.plugins.module_utils._rotation.model import (
    Model,
    Runs,
    build_model,
)
from ansible_collections.vigie.run.plugins.module_utils._rotation.policy import (
    Host,
    read_hosts,
    read_policy,
)
from ansible_collections.vigie.run.plugins.module_utils._rotation.reasons import (
    Reasons,
    summarise,
)
from ansible_collections.vigie.run.plugins.module_utils._rotation.wave import without

# The search for fewer waves: with few hosts it is worth seconds in the worst
# case, with many it has to stay far below one.
SMALL = 14
BUDGET_SMALL = 400_000
BUDGET = 50_000
# The search nests a call per wave and class; Python allows about a thousand.
MOST_NESTED = 500


@dataclass(frozen=True)
class Planned:
    """One host in its wave, and why it is there."""

    name: str
    zone: str
    services: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class PlannedWave:
    """Hosts that may be out of service at the same time; *number* from 1."""

    number: int
    canary: bool
    hosts: tuple[Planned, ...]


@dataclass(frozen=True)
class Plan:
    """All waves. ``fewest``: proved that no plan of fewer waves holds the policy."""

    waves: tuple[PlannedWave, ...]
    limits: Mapping[str, Limit]
    done: tuple[str, ...]
    lost: tuple[str, ...]
    fewest: bool
    summary: tuple[str, ...] = field(default=())

    def as_result(self) -> dict[str, Any]:
        """The plan as plain data, as the module returns it."""
        return {
            "waves": [
                {
                    "number": wave.number,
                    "canary": wave.canary,
                    "hosts": [
                        {
                            "name": host.name,
                            "zone": host.zone,
                            "services": list(host.services),
                            "reason": host.reason,
                        }
                        for host in wave.hosts
                    ],
                }
                for wave in self.waves
            ],
            "order": [host.name for wave in self.waves for host in wave.hosts],
            "serial": [len(wave.hosts) for wave in self.waves],
            "limits": {
                name: {"limit": each.limit, "total": each.total, "lost": each.lost}
                for name, each in self.limits.items()
            },
            "done": list(self.done),
            "lost": list(self.lost),
            "fewest": self.fewest,
            "summary": list(self.summary),
        }


def plan_waves(
    raw_hosts: Sequence[Mapping[str, Any]],
    raw_policy: Mapping[str, Any] | None,
    elsewhere: Elsewhere = NOWHERE,
) -> Plan:
    """Plan the waves for hosts and a policy as the module's options hold them.

    The policy may be the platform's: it may name what is *elsewhere*.

    Raises RunError with every mistake in the input at once, also as the list
    ``problems`` among its details; a plan that breaks a rule is never returned.
    """
    problems: list[str] = []
    hosts = read_hosts(raw_hosts, problems)
    policy = read_policy(raw_policy or {}, problems)
    check_names(hosts, policy, problems, elsewhere)
    check_after(hosts, policy, problems)
    check_apart(hosts, policy, problems)
    limits = resolve_limits(hosts, policy, problems, elsewhere)
    _refuse(problems)

    model = build_model(hosts, policy, limits)
    bounds = Bounds(model)
    if bounds.cycle:
        _refuse(
            [
                f"hosts: {', '.join(bounds.cycle)}: this goes in a circle. Change "
                "policy.role_order, policy.zones.order or an after, or the hosts' "
                "roles."
            ]
        )
    runs, fewest = _shortest(model, bounds)
    return _describe(hosts, model, runs, fewest)


def _refuse(problems: Sequence[str]) -> None:
    if len(problems) == 1:
        raise RunError(problems[0], problems=list(problems))
    if problems:
        listed = "\n".join(f"- {problem}" for problem in problems)
        raise RunError(
            f"No waves can be planned, for {len(problems)} reasons:\n{listed}",
            problems=list(problems),
        )


def _shortest(model: Model, bounds: Bounds) -> tuple[Runs, bool]:
    """The best plan found, and whether it is proved to have the fewest waves.

    Hosts that are away come back in as few waves as can be; among the plans
    that do that, the one with the fewest waves is wanted.
    """
    tail = tails(bounds)
    runs = fill(model, tail, heavy_first=False)
    least = (bounds.leading(model.counts, 0), bounds.total(model.counts, 0))
    if _lengths(model, runs) != least:
        rival = fill(model, tail, heavy_first=True)
        runs = min(runs, rival, key=lambda each: _lengths(model, each))
    small = sum(model.counts) <= SMALL
    search = Search(bounds, tail, BUDGET_SMALL if small else BUDGET)
    try:
        runs, leading = _bring_back(model, search, runs, tail)
        shorter = _search(search, model.counts, length(runs), leading)
    except OutOfBudget:
        return runs, False
    return shorter or runs, True


def _lengths(model: Model, runs: Runs) -> tuple[int, int]:
    return leading_length(model, runs), length(runs)


def _bring_back(
    model: Model, search: Search, runs: Runs, tail: Sequence[int]
) -> tuple[Runs, int]:
    """Settle in how many waves hosts that are away come back; a plan with that."""
    leading = leading_length(model, runs)
    away = tuple(
        number if each.away else 0 for number, each in zip(model.counts, model.classes)
    )
    shorter = _search(search, away, leading, leading)
    if not shorter:
        return runs, leading
    lead = [picks for picks, _times in shorter]
    better = min(
        (fill(model, tail, heavy, lead) for heavy in (False, True)), key=length
    )
    return better, len(lead)


def _search(
    search: Search, left: Sequence[int], waves: int, leading: int
) -> Runs | None:
    """A plan of fewer than *waves* waves; None proves that there is none."""
    least = search.bounds.total(left, 0)
    if any(left[i] for i, each in enumerate(search.model.classes) if each.away):
        least = max(least, search.bounds.leading(left, 0))
    if least >= waves:
        return None
    if waves + len(left) > MOST_NESTED:
        raise OutOfBudget
    for most in range(least, waves):
        found = search.within(left, most, min(most, leading))
        if found is not None:
            return [(picks, 1) for picks in found]
    return None


def _describe(hosts: Sequence[Host], model: Model, runs: Runs, fewest: bool) -> Plan:
    """Give the classes their hosts back, in inventory order, with reasons."""
    place = {host.name: index for index, host in enumerate(hosts)}
    queues = [iter(each.members) for each in model.classes]
    reasons = Reasons(model)
    left: tuple[int, ...] = model.counts
    waves: list[PlannedWave] = []
    for picks, times in runs:
        texts: dict[int, str] = {}
        for turn in range(times):
            # From the second of equal waves on, the wave before is the same too.
            if turn < 2:
                texts = reasons.wave(left, len(waves), picks)
                left = without(left, picks)
            chosen = [
                (next(queues[index]), texts[index])
                for index, number in picks
                for _each in range(number)
            ]
            chosen.sort(key=lambda pair: place[pair[0].name])
            waves.append(
                PlannedWave(
                    number=len(waves) + 1,
                    canary=len(waves) < len(model.caps),
                    hosts=tuple(
                        Planned(host.name, host.zone, host.services, text)
                        for host, text in chosen
                    ),
                )
            )
        left = without(left, picks, max(0, times - 2))
    plan = Plan(
        waves=tuple(waves),
        limits=model.limits,
        done=tuple(host.name for host in hosts if host.done),
        lost=tuple(host.name for host in hosts if host.lost),
        fewest=fewest,
    )
    return Plan(**{**vars(plan), "summary": tuple(_summary(plan))})


def _summary(plan: Plan) -> list[str]:
    hosts = sum(len(wave.hosts) for wave in plan.waves)
    head = f"{count(hosts, 'host')} in {count(len(plan.waves), 'wave')}"
    if plan.waves:
        head += ", the fewest possible" if plan.fewest else ", fewer may be possible"
    lines = [head]
    for wave in plan.waves:
        names = [host.name for host in wave.hosts]
        texts = [host.reason for host in wave.hosts]
        lines.append(summarise(wave.number, len(plan.waves), names, wave.canary, texts))
    if plan.done:
        lines.append(f"done already: {some(plan.done)}")
    if plan.lost:
        lines.append(f"lost, and counted in every limit: {some(plan.lost)}")
    return lines
