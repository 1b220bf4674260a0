# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""How many instances an announced event asks for, and what stands in the way. Pure.

One instance serves `capacity` requests a second, as measured; the event brings
`rate`; the margin covers what a forecast does not know. Zones may fail: those that
are left must serve everything, so each zone gets the share of the zones that stay.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from .._errors import RunError

# The tag of an auto scaling group that remembers its normal size during an event.
TAG = "vigie:surge"


@dataclass(frozen=True)
class Size:
    """The three sizes of an auto scaling group, in instances."""

    minimum: int
    desired: int
    maximum: int

    def public(self) -> dict[str, int]:
        """For a module's result."""
        return {
            "min_size": self.minimum,
            "desired_capacity": self.desired,
            "max_size": self.maximum,
        }


def remembered(value: str | None, now: datetime) -> Size | None:
    """The normal size that a group's tag remembers; None where no event is on."""
    if not value:
        return None
    memory = json.loads(value)
    if memory["end"] and datetime.fromisoformat(memory["end"]) <= now:
        return None
    return Size(memory["min"], memory["desired"], memory["max"])


@dataclass(frozen=True)
class Event:
    """What is expected.

    rate: requests a second at the peak. capacity: requests a second that one
    instance serves with its latency still good. margin: per cent on top of the
    rate. zones_lost: zones that may fail during the event. headroom: per cent by
    which the group may still grow beyond the size computed.
    """

    rate: float
    capacity: float
    margin: float = 30.0
    zones_lost: int = 1
    headroom: float = 50.0

    def __post_init__(self) -> None:
        """Refuse what no size could be computed from."""
        if self.rate <= 0:
            raise RunError(
                f"requests_per_second: {self.rate:g} is no traffic: give the peak"
            )
        if self.capacity <= 0:
            raise RunError(
                f"instance_capacity: {self.capacity:g} is no capacity: measure what one"
                " instance serves in a second"
            )
        for name in ("margin", "headroom"):
            if getattr(self, name) < 0:
                raise RunError(
                    f"{name}: use per cent from 0, not {getattr(self, name)}"
                )
        if self.zones_lost < 0:
            raise RunError(f"zones_lost: use a number from 0, not {self.zones_lost}")


def size_for(event: Event, zones: int, now: Size) -> Size:
    """The size for the event in a group over `zones` zones: never below `now`.

    Raises RunError where losing the zones leaves none.
    """
    left = zones - event.zones_lost
    if left < 1:
        raise RunError(
            f"zones_lost: the group has {zones} zone(s); losing {event.zones_lost}"
            " leaves none to serve. Add zones to the group, or lower zones_lost."
        )
    needed = math.ceil(event.rate * (1 + event.margin / 100) / event.capacity)
    total = max(math.ceil(needed / left) * zones, now.desired)
    highest = max(math.ceil(total * (1 + event.headroom / 100)), now.maximum)
    return Size(max(total, now.minimum), total, highest)


@dataclass(frozen=True)
class Limits:
    """What AWS grants; None where it is not known.

    addresses: free addresses by zone. vcpus: of the account's quota, those that are
    free; vcpus_each: of one instance. targets: most targets the load balancer takes.
    """

    addresses: Mapping[str, int]
    vcpus: float | None = None
    vcpus_each: int | None = None
    targets: int | None = None


def obstacles(wanted: Size, now: Size, limits: Limits) -> list[dict[str, object]]:
    """What keeps the group from `wanted.desired`: what, have, need, remedy."""
    found = []
    more = max(wanted.desired - now.desired, 0)
    each_zone = math.ceil(more / len(limits.addresses)) if limits.addresses else 0
    for zone, free in sorted(limits.addresses.items()):
        if free < each_zone:
            remedy = "add a subnet of this zone to the group"
            found.append(
                _obstacle(f"free addresses in {zone}", free, each_zone, remedy)
            )
    if limits.vcpus is not None and limits.vcpus_each:
        need = more * limits.vcpus_each
        if limits.vcpus < need:
            remedy = "raise 'Running On-Demand instances' in Service Quotas"
            found.append(
                _obstacle("free vCPUs of the quota", limits.vcpus, need, remedy)
            )
    if limits.targets is not None and limits.targets < wanted.desired:
        remedy = "raise the load balancer's targets in Service Quotas"
        found.append(_obstacle("targets", limits.targets, wanted.desired, remedy))
    return found


def _obstacle(what: str, have: float, need: float, remedy: str) -> dict[str, object]:
    return {"what": what, "have": int(have), "need": int(need), "remedy": remedy}
