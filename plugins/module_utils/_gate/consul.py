# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Gate on Consul: instances of a service pass their checks, as the catalog says."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from ansible_collections.vigie.run.plugins.module_utils._consul.client import (
    Client,
    ConsulError,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.health import (
    is_maintenance,
)
from ansible_collections.vigie.run.plugins.module_utils._gate.model import Seen, short

_NAMED = 3
_RANK = {"passing": 0, "warning": 1, "critical": 2}


@dataclass(frozen=True)
class Instance:
    """One instance of a service: its worst check, and what that check said.

    `group` is what it is judged with: the value of the metadata that `in_each` names.
    """

    node: str
    status: str
    output: str
    group: str = ""


@dataclass
class ConsulGate:
    """Passes when enough instances of `service` are passing in the catalog.

    `scope` is "node" (the instances on the node of the asked agent) or "all".
    `min_passing` is a number or a percentage of the registered instances,
    rounded up; "" means all of them. At least one must pass in any case.
    With `ignore_maintenance`, the checks Consul makes for a maintenance do not
    count, so that a host can be proved healthy before it is put back. Only instances
    with all of `tags` are looked at. With `allow_warning`, a warning is as good as
    passing. With `in_each`, an entry of the nodes' metadata such as the zone, all of
    this must hold among the nodes of each of its values.
    """

    name: str
    service: str
    client: Client
    scope: str = "all"
    min_passing: str = ""
    ignore_maintenance: bool = True
    tags: tuple[str, ...] = ()
    datacenter: str = ""
    allow_warning: bool = False
    in_each: str = ""
    attempt_timeout: float = 5.0
    type: str = field(default="consul", init=False)
    reads_only: bool = field(default=True, init=False)
    _node: str = field(default="", init=False)

    def __post_init__(self) -> None:
        where = "on this node" if self.scope == "node" else "on all nodes"
        if self.datacenter:
            where += f" of {self.datacenter}"
        tagged = f" with {', '.join(self.tags)}" if self.tags else ""
        self.target = f"service {self.service}{tagged} {where}"

    def look(self, limit: float) -> Seen:
        limit = min(limit, self.attempt_timeout)
        try:
            instances = self._read(limit)
        except ConsulError as error:
            return Seen(False, str(error))
        if not instances:
            return Seen(False, self._nothing())
        return judge(instances, self.min_passing, self.in_each)

    def close(self) -> None:
        self.client.close()

    def _read(self, limit: float) -> list[Instance]:
        chosen = [f'"{tag}" in Service.Tags' for tag in self.tags]
        if self.scope == "node":
            if not self._node:
                about = self.client.get("agent/self", needs="agent:read", timeout=limit)
                self._node = about["Config"]["NodeName"]
            chosen.append(f'Node.Node == "{self._node}"')
        params = {"filter": " and ".join(chosen)} if chosen else {}
        if self.datacenter:
            params["dc"] = self.datacenter
        entries = self.client.get(
            f"health/service/{quote(self.service, safe='')}",
            params,
            needs=f"service:read for {self.service!r} and node:read",
            timeout=limit,
        )
        return [self.instance(entry) for entry in entries or []]

    def instance(self, entry: dict[str, Any]) -> Instance:
        """Reduce one entry of `/v1/health/service/…` to its worst check."""
        seen = worst_check(entry, self.ignore_maintenance)
        if seen.status == "warning" and self.allow_warning:
            seen = replace(seen, status="passing")
        if self.in_each:
            group = (entry["Node"]["Meta"] or {}).get(self.in_each, "")
            seen = replace(seen, group=group)
        return seen

    def _nothing(self) -> str:
        where = f" on node {self._node!r}" if self._node else ""
        tagged = f" with {', '.join(self.tags)}" if self.tags else ""
        return (
            f"no instance of service {self.service!r}{tagged}{where} (none is "
            "registered, or the token lacks service:read or node:read)"
        )


def worst_check(entry: dict[str, Any], ignore_maintenance: bool) -> Instance:
    """The instance of an entry of `/v1/health/service/…`, with its worst check."""
    worst = Instance(entry["Node"]["Node"], "passing", "")
    for check in entry["Checks"]:
        maintenance = is_maintenance(check["CheckID"])
        if maintenance and ignore_maintenance:
            continue
        if _RANK.get(check["Status"], 2) > _RANK.get(worst.status, 2):
            said = check["Output"]
            if maintenance:
                said = f"in maintenance: {check['Notes']}"
            worst = Instance(worst.node, check["Status"], said)
    return worst


def needed(min_passing: str, total: int) -> int:
    """How many of `total` instances must pass: "4", "75%" (rounded up), "" all."""
    if not min_passing:
        return max(total, 1)
    if min_passing.endswith("%"):
        return max(math.ceil(total * float(min_passing[:-1]) / 100), 1)
    return int(min_passing)


def judge(instances: list[Instance], min_passing: str, in_each: str = "") -> Seen:
    """Decide over all instances, or over those of each group: then all must hold."""
    if not in_each:
        return _judge(instances, min_passing)
    groups: dict[str, list[Instance]] = {}
    for one in instances:
        groups.setdefault(one.group, []).append(one)
    seen = {group: _judge(groups[group], min_passing) for group in sorted(groups)}
    told = [f"{in_each} {group or '(none)'}: {one.saw}" for group, one in seen.items()]
    return Seen(all(one.ok for one in seen.values()), "; ".join(told))


def _judge(instances: list[Instance], min_passing: str) -> Seen:
    """Decide over the instances and name the first few that do not pass."""
    bad = [one for one in instances if one.status != "passing"]
    passing = len(instances) - len(bad)
    least = needed(min_passing, len(instances))
    saw = f"{passing} of {len(instances)} instances passing"
    if passing < least < len(instances):
        saw += f" (at least {least} needed)"
    elif least > len(instances):
        saw += f" ({least} needed)"
    named = "; ".join(_describe(one) for one in bad[:_NAMED])
    if len(bad) > _NAMED:
        named += f"; and {len(bad) - _NAMED} more"
    return Seen(passing >= least, f"{saw}: {named}" if named else saw)


def _describe(one: Instance) -> str:
    said = short(one.output)
    return f"{one.node} {one.status}" + (f": {said}" if said else "")
