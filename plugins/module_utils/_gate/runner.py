# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Look at gates until all hold at the same time, for as long as asked."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any, Callable

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._gate.model import Gate, Seen

_FIRST_LOOK = 1.0
_LAST_LOOK = 0.1


@dataclass(frozen=True)
class Pace:
    """All in seconds: the limit of the whole wait (soak included), how long all
    gates must hold without a break, and the pause between two rounds."""

    timeout: float = 60.0
    soak: float = 0.0
    interval: float = 0.5


@dataclass
class Report:
    """State of one gate. `seconds`: from the start to the look since when it
    passes, or to the last look when it does not. `failed` is what was seen at
    the last look that did not pass."""

    name: str
    type: str
    target: str
    passed: bool = False
    saw: str = "nothing"
    seconds: float = 0.0
    attempts: int = 0
    failed: str = ""

    def note(self, seen: Seen, seconds: float) -> None:
        if not (self.passed and seen.ok):
            self.seconds = round(seconds, 2)
        if not seen.ok:
            self.failed = seen.saw
        self.passed, self.saw = seen.ok, seen.saw
        self.attempts += 1

    def public(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if key != "failed"}


class GatesFailedError(RunError):
    """The gates did not hold in time; `gates` in its details has all states."""


def look_once(gates: list[Gate], limit: float) -> list[Report]:
    """Look once at each gate that only reads; others are told as not tried."""
    reports = []
    for gate in gates:
        report = Report(gate.name, gate.type, gate.target)
        if gate.reads_only:
            started = time.monotonic()
            report.note(gate.look(limit), 0.0)
            report.seconds = round(time.monotonic() - started, 2)
        else:
            report.saw = "not tried in check mode"
        reports.append(report)
        gate.close()
    return reports


def wait(
    gates: list[Gate],
    pace: Pace,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Report]:
    """Look at all gates, round by round, until they have held for the soak.

    Each round looks at every gate, so that all hold in the same round; a round
    in which one does not hold starts the soak over. There is always one round.
    Raises GatesFailedError at the limit.
    """
    started = clock()
    deadline = started + pace.timeout
    reports = [Report(gate.name, gate.type, gate.target) for gate in gates]
    since: float | None = None
    try:
        while True:
            for gate, report in zip(gates, reports):
                # Even with no time left a look is given a moment, so that a
                # time-out of 0 means "now", and the last round is a whole one.
                least = _LAST_LOOK if report.attempts else _FIRST_LOOK
                seen = gate.look(max(deadline - clock(), least))
                report.note(seen, clock() - started)
            now = clock()
            if not all(report.passed for report in reports):
                since = None
            elif since is None:
                since = now
            held = 0.0 if since is None else now - since
            if since is not None and held >= pace.soak:
                return reports
            if now >= deadline:
                raise _failed(reports, pace, now - started, held)
            pauses = [pace.interval, deadline - now]
            if since is not None:
                pauses.append(pace.soak - held)
            sleep(min(pauses))
    finally:
        for gate in gates:
            gate.close()


def _failed(
    reports: list[Report], pace: Pace, waited: float, held: float
) -> GatesFailedError:
    """Word the failure: each gate that does not hold, or what broke the soak."""
    lines = [
        f"gate {report.name!r} ({report.type} {report.target}) did not hold within "
        f"{pace.timeout:g} s: last saw {report.saw} ({_times(report.attempts)})"
        for report in reports
        if not report.passed
    ]
    if not lines:
        lines = [
            f"the gates held for {held:.1f} s only, not for the soak of "
            f"{pace.soak:g} s, within {pace.timeout:g} s"
        ]
        lines += [
            f"gate {report.name!r} ({report.type} {report.target}) last failed with "
            f"{report.failed} ({_times(report.attempts)})"
            for report in reports
            if report.failed
        ]
    return GatesFailedError(
        "; ".join(lines),
        gates=[report.public() for report in reports],
        passed=False,
        waited=round(waited, 2),
    )


def _times(attempts: int) -> str:
    return "1 attempt" if attempts == 1 else f"{attempts} attempts"
