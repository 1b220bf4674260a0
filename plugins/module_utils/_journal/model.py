# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What a report shows, as values: runs, waves, hosts, spans, losses, loads.

Times are epoch seconds. Nothing here knows HTML.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

KINDS = ("out", "release", "patch", "reboot", "gate", "back", "other")


@dataclass(frozen=True)
class Span:
    """One act on one host. `kind` is one of KINDS, `bad` says that it failed."""

    kind: str
    label: str
    start: float
    end: float
    bad: bool = False


@dataclass(frozen=True)
class Wave:
    """One batch of a play that runs in batches; number 0 for a play without."""

    number: int
    total: int
    play: str
    hosts: tuple[str, ...]
    start: float
    end: float
    canary: bool = False


@dataclass(frozen=True)
class Loss:
    """A failed, rescued or unreachable result, with the words of the failure."""

    host: str
    at: float
    task: str
    status: str
    message: str
    delegated_to: str = ""


@dataclass(frozen=True)
class Package:
    """A package that a patch changed; `before` is empty for a new one."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class GateSeen:
    """What a gate saw when it was decided."""

    name: str
    kind: str
    passed: bool
    saw: str
    seconds: float
    attempts: int


@dataclass
class Host:
    """What was done on one host."""

    name: str
    waves: list[int] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    away: list[tuple[float, float]] = field(default_factory=list)
    releases: list[str] = field(default_factory=list)  # in the order they were active
    packages: list[Package] = field(default_factory=list)
    reboots: int = 0
    reboot_reasons: list[str] = field(default_factory=list)
    restarted: list[str] = field(default_factory=list)
    gates: list[GateSeen] = field(default_factory=list)
    tasks: int = 0
    changed: int = 0
    status: str = "ok"  # ok, rescued, failed, unreachable

    @property
    def seconds_away(self) -> float:
        return sum(end - start for start, end in self.away)


@dataclass
class Run:
    """One run of a playbook. `outcome` is ok, failed, stopped, or killed."""

    id: str
    playbook: str
    facts: dict[str, Any]
    started: float
    ended: float
    outcome: str
    unread: int = 0
    plan: list[str] = field(default_factory=list)
    canaries: set[frozenset[str]] = field(default_factory=set)
    waves: list[Wave] = field(default_factory=list)
    hosts: dict[str, Host] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)
    load: Load | None = None

    @property
    def seconds(self) -> float:
        return max(0.0, self.ended - self.started)

    @property
    def wave_count(self) -> int:
        return sum(1 for wave in self.waves if wave.number)

    @property
    def lost(self) -> list[str]:
        """Hosts that ended failed or unreachable."""
        hosts = self.hosts.values()
        return [one.name for one in hosts if one.status in ("failed", "unreachable")]

    @property
    def away_at_most(self) -> int:
        """Seen by the balancer where a load result tells, else told by the run."""
        if self.load and self.load.away:
            return max(count for _at, count in self.load.away)
        return max((count for _at, count in self.away_steps()), default=0)

    def away_steps(self) -> list[tuple[float, int]]:
        """(time, hosts away from then on) as the run itself put them out and back."""
        changes: dict[float, int] = {}
        for host in self.hosts.values():
            for start, end in host.away:
                changes[start] = changes.get(start, 0) + 1
                changes[end] = changes.get(end, 0) - 1
        steps, away = [], 0
        for at in sorted(changes):
            away += changes[at]
            steps.append((at, away))
        return steps


@dataclass
class Load:
    """Requests and failures by second, and hosts away as the balancer saw them."""

    seconds: dict[int, tuple[int, int]] = field(default_factory=dict)
    slowest_ms: dict[int, float] = field(default_factory=dict)
    away: list[tuple[float, int]] = field(default_factory=list)
    requests: int = 0
    failures: int = 0
    by_kind: dict[str, int] = field(default_factory=dict)
    samples: list[dict[str, Any]] = field(default_factory=list)
    latency_ms: dict[str, float] = field(default_factory=dict)

    def between(self, start: float, end: float) -> Load | None:
        """The part of this load in a stretch of time; None when there is none.

        Requests count for the second in which they were due. A second at the edge
        belongs to both sides.
        """
        first, last = int(start), int(end)
        seconds = {t: n for t, n in self.seconds.items() if first <= t <= last}
        if not seconds:
            return None
        inside = [(t, n) for t, n in self.away if start <= t <= end]
        before = [n for t, n in self.away if t < start]
        if before:
            inside.insert(0, (start, before[-1]))
        samples = [one for one in self.samples if start <= one["t"] <= end]
        return Load(
            seconds=seconds,
            slowest_ms={t: self.slowest_ms.get(t, 0.0) for t in seconds},
            away=inside,
            requests=sum(n for n, _bad in seconds.values()),
            failures=sum(bad for _n, bad in seconds.values()),
            samples=samples,
        )


@dataclass
class Report:
    """Everything on the page."""

    title: str
    runs: list[Run]
    loads: list[Load] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return sum(load.requests for load in self.loads)

    @property
    def failures(self) -> int:
        return sum(load.failures for load in self.loads)

    @property
    def hosts(self) -> set[str]:
        return {name for run in self.runs for name in run.hosts}

    @property
    def away_at_most(self) -> int:
        return max((run.away_at_most for run in self.runs), default=0)
