# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of a wave plan, written down a second time, host by host.

It shares no code with the planner: it is what the planner is measured against.
A host is a plain dictionary as the module takes it; a plan is a list of waves,
each a list of names.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import ceil

ROLES = ["replica", "follower", "", "primary", "leader"]


class Rules:
    """The rules for one input that is known to be well formed."""

    def __init__(self, hosts, policy):
        self.hosts = {host["name"]: host for host in hosts}
        self.policy = policy
        self.zones = policy.get("zones", {})
        self.todo = [
            h["name"] for h in hosts if not h.get("done") and not h.get("lost")
        ]
        self.away = {n for n in self.todo if self.hosts[n].get("away")}
        self.services = {s for host in hosts for s in host.get("services", [])}
        self.limit = {service: self._limit(service) for service in self.services}
        self.lost_names = {h["name"] for h in hosts if h.get("lost")}
        self.earlier = {name: self._earlier(name) for name in self.todo}

    def weight(self, name):
        return self.hosts[name].get("weight", 1)

    def members(self, service):
        return [n for n, h in self.hosts.items() if service in h.get("services", [])]

    def _limit(self, service):
        rule = self.policy.get("services", {}).get(service, {})
        raw = rule.get("max_unavailable", self.policy.get("default_max_unavailable", 1))
        if isinstance(raw, str):
            total = sum(self.weight(name) for name in self.members(service))
            return int(Fraction(raw.rstrip("%")) * total / 100)
        return raw

    def cap(self, position):
        """The most hosts in the wave at *position*, from 0."""

        def number(raw, rounding):
            if isinstance(raw, str):
                raw = rounding(Fraction(raw.rstrip("%")) * len(self.todo) / 100)
            return raw

        canary = self.policy.get("canary", [])
        size = self.policy.get("wave_size", 0)
        most = max(1, number(size, int)) if size else len(self.todo)
        if position < len(canary):
            most = min(most, number(canary[position], ceil))
        return most

    def _zone_key(self, name):
        order = self.zones.get("order", [])
        zone = self.hosts[name].get("zone", "")
        return (order.index(zone), "") if zone in order else (len(order), zone)

    def _earlier(self, name):
        """Hosts that must be in strictly earlier waves than *name*."""
        if name in self.away:
            return set()
        mine = self.hosts[name]
        order = self.policy.get("role_order", ROLES)
        rank = order.index(mine.get("role", ""))
        found = set()
        for service in mine.get("services", []):
            for other in self.todo:
                if service not in self.hosts[other].get("services", []):
                    continue
                their = order.index(self.hosts[other].get("role", ""))
                if their < rank:
                    found.add(other)
                alone = their == rank and self.zones.get("one_at_a_time", True)
                if alone and self._zone_key(other) < self._zone_key(name):
                    found.add(other)
            rule = self.policy.get("services", {}).get(service, {})
            for before in rule.get("after", []):
                found.update(set(self.members(before)) & set(self.todo))
        return found

    def broken(self, wave, left, position):
        """Which rule a wave breaks, with *left* to do before it; or None."""
        wave, left = set(wave), set(left)
        if len(wave) > self.cap(position):
            return "size"
        away = self.away & left
        if away and not away & wave:
            return "away first"
        for name in wave:
            if self.earlier[name] & left:
                return f"order of {name}"
        # Out of service during the wave, for the hosts taken out by it.
        out = wave | away | self.lost_names
        return (
            self._broken_limit(wave, out)
            or self._broken_apart(wave, out)
            or self._broken_zone(wave, out - self.lost_names)
        )

    def _broken_limit(self, wave, out):
        for service in self.services:
            members = set(self.members(service))
            taken = members & wave
            counted = taken | (members & self.lost_names)
            if taken - self.away:
                counted = members & out
            if taken and sum(map(self.weight, counted)) > self.limit[service]:
                return f"limit of {service}"
        return None

    def _broken_apart(self, wave, out):
        for group in self.policy.get("apart", []):
            taken = set(group) & wave
            counted = taken | (set(group) & self.lost_names)
            if taken - self.away:
                counted = set(group) & out
            if taken and len(counted) > 1:
                return f"apart {group}"
        return None

    def _broken_zone(self, wave, out):
        if not self.zones.get("one_at_a_time", True):
            return None
        for service in self.services:
            members = set(self.members(service))
            counted = members & wave
            if counted - self.away:
                counted = members & out
            if len({self.hosts[name].get("zone", "") for name in counted}) > 1:
                return f"zones of {service}"
        return None

    def check(self, plan):
        """Assert that a plan holds every rule and plans each host once."""
        left = list(self.todo)
        for position, wave in enumerate(plan):
            assert wave, "an empty wave"
            assert set(wave) <= set(left), f"planned twice or not to do: {wave}"
            broken = self.broken(wave, left, position)
            assert broken is None, f"wave {position + 1} {wave}: {broken}"
            left = [name for name in left if name not in wave]
        assert left == [], f"not planned: {left}"

    def leading(self, plan):
        """The number of waves until every host that was away is back."""
        return max(
            (n for n, wave in enumerate(plan, 1) if self.away & set(wave)), default=0
        )

    def best(self):
        """(waves until all away are back, all waves) of the best plan, or None.

        Every plan there is, wave by wave, remembering only what is left.
        """
        layer = {(frozenset(self.todo), 0)}
        ends = [(0, 0)] if not self.todo else []
        for position in range(len(self.todo)):
            following = set()
            for left, leading in layer:
                for size in range(1, min(len(left), self.cap(position)) + 1):
                    for wave in combinations(sorted(left), size):
                        if self.broken(wave, left, position) is None:
                            back = position + 1 if self.away & set(wave) else leading
                            rest = left - set(wave)
                            following.add((rest, back))
                            if not rest:
                                ends.append((back, position + 1))
            layer = {state for state in following if state[0]}
        return min(ends) if ends else None
