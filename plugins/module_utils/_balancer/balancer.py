# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What every load balancer has in common: members, their states, the live limit.

Nothing here knows HAProxy. A further balancer (AWS target groups, GCP backend
services) implements `Balancer`; `change.apply` then drains and restores its
members by the same rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

READY = "ready"
DRAIN = "drain"
MAINT = "maint"

AMOUNT = re.compile(r"(?P<share>[0-9]+(\.[0-9]+)?)\s*%|(?P<count>[0-9]+)")


@dataclass(frozen=True)
class Member:
    """One member of a pool as the balancer sees it at one moment."""

    pool: str
    name: str
    address: str
    state: str
    """What was asked for: `ready`, `drain` (no new sessions) or `maint`."""
    up: bool
    """What the health check says; true where there is no check."""
    sessions: int
    """Sessions that it serves now."""
    queued: int
    """Requests that wait for it."""
    weight: int
    backup: bool
    check: str
    """The last answer of the health check, in the balancer's own words."""

    @property
    def in_service(self) -> bool:
        """Whether new sessions are sent to it."""
        return self.state == READY and self.up and self.weight > 0

    @property
    def busy(self) -> int:
        """Sessions that would be cut if it went away now."""
        return self.sessions + self.queued

    @property
    def load(self) -> str:
        """How busy it is, for messages."""
        return str(self.busy)

    @property
    def why_away(self) -> str:
        """Why it is not in service, in a few words; empty where it is."""
        reasons = [] if self.state == READY else [self.state]
        if not self.up and self.state != MAINT:
            reasons.append(f"down: {self.check}")
        if self.weight == 0:
            reasons.append("weight 0")
        return ", ".join(reasons)


class Balancer(Protocol):
    """What `change.apply` needs from a balancer's pool."""

    @property
    def title(self) -> str:
        """The pool's name in messages, for example `backend portal`."""

    def members(self) -> list[Member]:
        """Read all members of the pool as they are now."""

    def set_state(self, states: dict[str, str]) -> None:
        """Set members (by name) to `ready`, `drain` or `maint`."""

    def lock(self) -> AbstractContextManager[None]:
        """Hold off other runs between the reading and the writing."""


def pick(title: str, members: Iterable[Member], names: Sequence[str]) -> list[Member]:
    """Return the members of these names, in this order.

    Raises RunError that lists the members that do exist.
    """
    known = {member.name: member for member in members}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise RunError(
            f"{title} has no member {', '.join(unknown)}. "
            f"Its members are: {', '.join(known) or 'none'}.",
            unknown=unknown,
        )
    return [known[name] for name in names]


def limit_of(spec: str, total: int) -> int:
    """Turn `max_unavailable` into a number of members.

    A percentage is of `total` and is rounded down, so that no rounding ever
    takes one host more away than was allowed.
    Raises RunError for anything but a number of at least 1 or a percentage.
    """
    match = AMOUNT.fullmatch(spec.strip())
    amount = Fraction(match["share"] or match["count"]) if match else Fraction(0)
    if amount == 0 or (match and match["share"] and amount > 100):
        raise RunError(
            f"max_unavailable: {spec!r} is neither a whole number of at least 1 nor a "
            "percentage above 0% and up to 100%, such as '34%'. With 0 no member "
            "could ever be taken out."
        )
    if match and match["share"]:
        return int(total * amount / 100)
    return int(amount)


def counted(members: Iterable[Member]) -> list[Member]:
    """Return the members that carry the load: spare (backup) ones do not count."""
    return [member for member in members if not member.backup]


def check_limit(
    title: str, members: Sequence[Member], leaving: Sequence[Member], spec: str
) -> None:
    """Refuse to take `leaving` out of service beyond the limit, as seen live.

    Away are all that are not in service now, for whatever reason, and those of
    `leaving` that still are. Where nobody new leaves, nothing gets worse and
    nothing is refused: a stopped run can be started again.
    Raises RunError that says who is away and why.
    """
    pool = counted(members)
    limit = limit_of(spec, len(pool))
    away = [member for member in pool if not member.in_service]
    new = [member for member in counted(leaving) if member.in_service]
    if not new or len(away) + len(new) <= limit:
        return
    now = "; ".join(f"{member.name} ({member.why_away})" for member in away)
    rounded = f" (that is {limit})" if spec.strip().endswith("%") else ""
    raise RunError(
        f"{title}: taking out {', '.join(member.name for member in new)} would leave "
        f"{len(away) + len(new)} of {len(pool)} members away, and max_unavailable is "
        f"{spec}{rounded}. Away now: {now or 'none'}. Nothing was changed. "
        "Bring back who is away, take out fewer at once, or raise max_unavailable.",
        away=[{"name": member.name, "why": member.why_away} for member in away],
        limit=limit,
        total=len(pool),
    )
