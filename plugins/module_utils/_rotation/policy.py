# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What the user wrote, hosts and policy, read into values.

Reading never stops at the first mistake: each one becomes a line in *problems*
that names the field and the remedy, and reading goes on with what is sound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._rotation.amounts import (
    Amount,
    read_amount,
    some,
)

ROLE_ORDER = ("replica", "follower", "", "primary", "leader")
_POLICY_KEYS = (
    "apart",
    "canary",
    "default_max_unavailable",
    "role_order",
    "services",
    "wave_size",
    "zones",
)
_SERVICE_KEYS = ("after", "max_unavailable")
_ZONE_KEYS = ("one_at_a_time", "order")
_HOST_KEYS = ("away", "done", "lost", "name", "role", "services", "weight", "zone")


@dataclass(frozen=True)
class Host:
    """One host as the planner sees it; ``weight`` in the units of the limits."""

    name: str
    zone: str = ""
    services: tuple[str, ...] = ()
    role: str = ""
    weight: int = 1
    away: bool = False
    done: bool = False
    lost: bool = False

    @property
    def todo(self) -> bool:
        """Whether the host has to be planned."""
        return not (self.done or self.lost)


@dataclass(frozen=True)
class ServiceRule:
    """The policy of one service; no ``limit``: what was written is unusable."""

    limit: Amount | None
    source: str
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Policy:
    """Everything a plan must hold."""

    services: Mapping[str, ServiceRule] = field(default_factory=dict)
    default: ServiceRule = ServiceRule(Amount(1), "policy.default_max_unavailable")
    zone_order: tuple[str, ...] = ()
    one_at_a_time: bool = True
    canary: tuple[Amount, ...] = ()
    wave_size: Amount | None = None
    role_order: tuple[str, ...] = ROLE_ORDER
    apart: tuple[tuple[str, ...], ...] = ()

    def rule(self, service: str) -> ServiceRule:
        """The rule of a service, or the default where it has none."""
        return self.services.get(service, self.default)


def read_hosts(raw: Sequence[Mapping[str, Any]], problems: list[str]) -> list[Host]:
    """Read the hosts in inventory order; *problems* gets a line per mistake."""
    hosts: list[Host] = []
    seen: dict[str, int] = {}
    for index, entry in enumerate(raw):
        where = f"hosts[{index}]"
        if not isinstance(entry, Mapping):
            problems.append(f"{where}: not a dictionary: give at least a name.")
            continue
        name = entry.get("name")
        if not isinstance(name, str) or not name.strip():
            problems.append(f"{where}.name: empty: give the inventory name.")
            continue
        if name in seen:
            problems.append(
                f"{where}.name: {name} is hosts[{seen[name]}] already: "
                "name each host once."
            )
            continue
        seen[name] = index
        hosts.append(_read_host(f"{where} ({name})", name, entry, problems))
    return hosts


def _read_host(
    where: str, name: str, entry: Mapping[str, Any], problems: list[str]
) -> Host:
    _unknown(entry, _HOST_KEYS, where, problems)
    services = _names(entry.get("services"), f"{where}.services", problems)
    weight = entry.get("weight", 1)
    if isinstance(weight, bool) or not isinstance(weight, int) or weight < 1:
        problems.append(f"{where}.weight: {weight!r}: use a whole number from 1.")
        weight = 1
    host = Host(
        name=name,
        zone=str(entry.get("zone") or ""),
        services=services,
        role=str(entry.get("role") or ""),
        weight=weight,
        away=bool(entry.get("away")),
        done=bool(entry.get("done")),
        lost=bool(entry.get("lost")),
    )
    if host.away and host.done and not host.lost:
        problems.append(
            f"{where}: both done and away: a host that is still out of service is "
            "not done. Leave done out, so that it is brought back first."
        )
    return host


def read_policy(raw: Mapping[str, Any], problems: list[str]) -> Policy:
    """Read the policy; *problems* gets a line per mistake."""
    _unknown(raw, _POLICY_KEYS, "policy", problems)
    where = "policy.default_max_unavailable"
    default = ServiceRule(
        _amount(raw.get("default_max_unavailable", 1), where, problems), where
    )
    zones = raw.get("zones") or {}
    if not isinstance(zones, Mapping):
        problems.append("policy.zones: not a dictionary: use order, one_at_a_time.")
        zones = {}
    _unknown(zones, _ZONE_KEYS, "policy.zones", problems)
    alone = zones.get("one_at_a_time")
    roles = raw.get("role_order")
    where = "policy.role_order"
    return Policy(
        services=_read_services(raw.get("services") or {}, default, problems),
        default=default,
        zone_order=_unique(zones.get("order"), "policy.zones.order", problems),
        one_at_a_time=True if alone is None else bool(alone),
        canary=_read_canary(raw.get("canary"), problems),
        wave_size=_read_wave_size(raw.get("wave_size"), problems),
        role_order=ROLE_ORDER if roles is None else _unique(roles, where, problems),
        apart=_read_apart(raw.get("apart"), problems),
    )


def _read_services(
    raw: Mapping[str, Any], default: ServiceRule, problems: list[str]
) -> dict[str, ServiceRule]:
    if not isinstance(raw, Mapping):
        problems.append("policy.services: not a dictionary: use service: {...}.")
        return {}
    rules = {}
    for service, entry in raw.items():
        where = f"policy.services.{service}"
        if entry is not None and not isinstance(entry, Mapping):
            problems.append(f"{where}: not a dictionary: use max_unavailable, after.")
            continue
        entry = entry or {}
        _unknown(entry, _SERVICE_KEYS, where, problems)
        after = _names(entry.get("after"), f"{where}.after", problems)
        limit, source = default.limit, default.source
        if entry.get("max_unavailable") is not None:
            source = f"{where}.max_unavailable"
            limit = _amount(entry["max_unavailable"], source, problems)
        rules[str(service)] = ServiceRule(limit, source, after)
    return rules


def _read_canary(raw: Any, problems: list[str]) -> tuple[Amount, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, (list, tuple)):
        problems.append(f"policy.canary: {raw!r} is not a list: use [1] or [1, 5%].")
        return ()
    read = [
        _amount(entry, f"policy.canary[{index}]", problems)
        for index, entry in enumerate(raw)
    ]
    return tuple(amount for amount in read if amount is not None)


def _read_wave_size(raw: Any, problems: list[str]) -> Amount | None:
    if raw is None or (not isinstance(raw, bool) and str(raw).strip() == "0"):
        return None
    return _amount(raw, "policy.wave_size", problems)


def _read_apart(raw: Any, problems: list[str]) -> tuple[tuple[str, ...], ...]:
    if raw is None:
        return ()
    if not isinstance(raw, (list, tuple)):
        problems.append("policy.apart: not a list of lists of host names.")
        return ()
    return tuple(
        _names(group, f"policy.apart[{index}]", problems)
        for index, group in enumerate(raw)
    )


def _amount(raw: Any, where: str, problems: list[str]) -> Amount | None:
    try:
        return read_amount(raw)
    except ValueError as exc:
        problems.append(f"{where}: {exc}.")
        return None


def _names(raw: Any, where: str, problems: list[str]) -> tuple[str, ...]:
    """A list of names that are not empty; a name counts once."""
    names = _strings(raw, where, problems)
    if any(not name.strip() for name in names):
        problems.append(f"{where}: holds an empty name: take it out.")
    return tuple(dict.fromkeys(name for name in names if name.strip()))


def _unique(raw: Any, where: str, problems: list[str]) -> tuple[str, ...]:
    """A ranking: each entry has one place."""
    names = _strings(raw, where, problems)
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        listed = some(name or '""' for name in twice)
        problems.append(f"{where}: {listed} more than once: give each one place.")
    return tuple(dict.fromkeys(names))


def _strings(raw: Any, where: str, problems: list[str]) -> list[str]:
    if raw is None:
        return []
    if not isinstance(raw, (list, tuple)) or not all(isinstance(x, str) for x in raw):
        problems.append(f"{where}: {raw!r} is not a list of names.")
        return []
    return list(raw)


def _unknown(
    raw: Mapping[str, Any], known: Sequence[str], where: str, problems: list[str]
) -> None:
    for key in raw:
        if key not in known:
            problems.append(f"{where}.{key}: unknown; known are {', '.join(known)}.")
