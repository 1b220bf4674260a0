# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Take members of any balancer's pool out of service, or put them back."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._balancer.balancer import (
    READY,
    Balancer,
    Member,
    check_limit,
    counted,
    pick,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

# Reading is cheap for the balancer, and a member's last session ends at any time.
POLL_SECONDS = 0.25
# A session that was being assigned while the state changed is counted a moment
# later, so one reading of zero proves nothing yet.
QUIET = 2


@dataclass(frozen=True)
class Request:
    """What is wanted: these members in this state (`ready`, `drain`, `maint`)."""

    names: Sequence[str]
    state: str
    max_unavailable: str | None = None
    timeout: float = 60.0
    """Seconds to wait for the last session, or for the health check."""
    poll: float = POLL_SECONDS
    """Seconds between two readings."""
    put_back: bool = False
    """Where sessions are left at the time-out: put back and fail."""
    dry_run: bool = False


@dataclass
class Outcome:
    """What was done, ready for a module's result."""

    before: list[Member]
    after: list[Member]
    """The same members in the same order, as last seen."""
    pool: list[Member] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether any member's state differs from before."""
        return self.diff["before"] != self.diff["after"]

    @property
    def diff(self) -> dict[str, dict[str, str]]:
        """State by member before and after."""
        return {
            "before": {member.name: member.state for member in self.before},
            "after": {member.name: member.state for member in self.after},
        }

    def result(self) -> dict[str, Any]:
        """Return the fields of the module's result but `diff`."""
        pool = counted(self.pool)
        return {
            "changed": self.changed,
            "members": [
                {
                    "name": now.name,
                    "before": was.state,
                    "after": now.state,
                    "up": now.up,
                    "sessions": now.busy,
                }
                for was, now in zip(self.before, self.after)
            ],
            "sessions_left": 0
            if all(member.state == READY for member in self.after)
            else sum(member.busy for member in self.after),
            "up": sum(member.in_service for member in pool),
            "total": len(pool),
        }


def apply(
    balancer: Balancer,
    request: Request,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Outcome:
    """Bring the members to the state, then wait until that is true in effect.

    Out of service means that no session is left; ready means that the health
    check passes. Raises RunError: unknown member, limit reached (nothing was
    changed), members not up in time, sessions left in time with `put_back`.
    """
    names = list(dict.fromkeys(request.names))
    with balancer.lock():
        pool = balancer.members()
        before = pick(balancer.title, pool, names)
        if request.state != READY and request.max_unavailable is not None:
            check_limit(balancer.title, pool, before, request.max_unavailable)
        wrong = {m.name: request.state for m in before if m.state != request.state}
        if request.dry_run:
            return _foretell(pool, before, request.state)
        if wrong:
            balancer.set_state(wrong)
    outcome = _wait(balancer, request, before, clock, sleep)
    idle = [member.name for member in outcome.after if member.weight == 0]
    if request.state == READY and idle:
        outcome.warnings.append(
            f"{', '.join(idle)}: ready, but of weight 0, so no request is sent there."
        )
    return outcome


def _wait(
    balancer: Balancer,
    request: Request,
    before: list[Member],
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Outcome:
    """Read until the state is true in effect, or until the time-out."""
    names = [member.name for member in before]
    settled, needed = (_is_up, 1) if request.state == READY else (_is_quiet, QUIET)
    deadline = clock() + request.timeout
    readings = 0
    while True:
        pool = balancer.members()
        outcome = Outcome(before, pick(balancer.title, pool, names), pool)
        if request.state != READY:
            _check_still_out(balancer, request, outcome)
        readings = readings + 1 if all(map(settled, outcome.after)) else 0
        if readings >= needed:
            return outcome
        if clock() >= deadline:
            return _late(balancer, request, outcome)
        sleep(min(request.poll, max(deadline - clock(), 0.01)))


def _is_up(member: Member) -> bool:
    return member.state == READY and member.up


def _is_quiet(member: Member) -> bool:
    return member.busy == 0


def _foretell(pool: list[Member], before: list[Member], state: str) -> Outcome:
    """What a run would report at once: states change, the rest is as seen now."""
    future = {member.name: replace(member, state=state) for member in before}
    return Outcome(before, list(future.values()), [future.get(m.name, m) for m in pool])


def _late(balancer: Balancer, request: Request, outcome: Outcome) -> Outcome:
    """Fail or warn at the time-out, with what was seen last."""
    if request.state == READY:
        raise _not_up(balancer, request, outcome)
    busy = [f"{m.name} ({m.load})" for m in outcome.after if m.busy]
    if not busy:
        return outcome
    seen = (
        f"{balancer.title}: after {request.timeout:g} s there are still sessions on "
        f"{', '.join(busy)}."
    )
    if not request.put_back:
        outcome.warnings.append(f"{seen} Going on; they may be cut.")
        return outcome
    undo = {
        was.name: was.state
        for was, now in zip(outcome.before, outcome.after)
        if was.state != now.state
    }
    with balancer.lock():
        balancer.set_state(undo)
    left = ", ".join(f"{name} to {state}" for name, state in undo.items())
    result = outcome.result()
    raise RunError(
        f"{seen} {f'Put back: {left}.' if left else 'They were out before this run.'} "
        "Wait for a quieter time, raise timeout, or let on_timeout be proceed.",
        members=[{**m, "after": m["before"]} for m in result["members"]],
        sessions_left=result["sessions_left"],
    )


def _not_up(balancer: Balancer, request: Request, outcome: Outcome) -> RunError:
    late = [member for member in outcome.after if not _is_up(member)]
    seen = "; ".join(f"{member.name} ({member.why_away})" for member in late)
    return RunError(
        f"{balancer.title}: {request.timeout:g} s after being set to ready these are "
        f"not in service: {seen}. They stay set to ready and get requests as soon as "
        "their health check passes. See to the service on them, or raise timeout.",
        members=outcome.result()["members"],
        not_up=[{"name": member.name, "why": member.why_away} for member in late],
    )


def _check_still_out(balancer: Balancer, request: Request, outcome: Outcome) -> None:
    back = [member.name for member in outcome.after if member.state == READY]
    if back:
        raise RunError(
            f"{balancer.title}: {', '.join(back)} was set to {request.state}, but is "
            "ready again. Somebody else changed it, or the balancer was started anew "
            "without its saved state. Find out who before going on.",
            members=outcome.result()["members"],
        )
