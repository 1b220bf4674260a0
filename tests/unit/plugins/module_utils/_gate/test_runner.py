# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rounds, soak and limit, on a clock that only sleeping moves."""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._gate.model import Seen
from ansible_collections.vigie.run.plugins.module_utils._gate.runner import (
    GatesFailedError,
    Pace,
    wait,
)


class Clock:
    """Time that passes by sleeping."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        assert seconds > 0
        self.now += seconds


class Scripted:
    """A gate that holds when ``holds(seconds since the start)`` says so."""

    type, target, reads_only = "fake", "nowhere", True

    def __init__(self, name, clock, holds, takes=0.0):
        self.name, self.closed = name, False
        self._clock, self._holds, self._takes = clock, holds, takes
        self.limits = []

    def look(self, limit):
        self.limits.append(limit)
        self._clock.now += min(self._takes, limit)
        ok = self._holds(self._clock.now - 100.0)
        return Seen(ok, "good" if ok else "bad")

    def close(self):
        self.closed = True


@pytest.fixture
def clock():
    return Clock()


def run(clock, gates, **pace):
    return wait(gates, Pace(**pace), clock=clock, sleep=clock.sleep)


def test_gates_must_hold_in_the_same_round(clock):
    """One holds until 3 s, the other from 2 s on, with a gap from 2.4 to 4 s."""
    gates = [
        Scripted("early", clock, lambda t: t < 1.9 or t > 5),
        Scripted("late", clock, lambda t: t > 1.9),
    ]
    reports = run(clock, gates, timeout=20)
    assert clock.now - 100 == pytest.approx(5.5, abs=0.01)
    assert [report.seconds for report in reports] == [5.5, 2.0]
    assert all(gate.closed for gate in gates)


def test_a_break_starts_the_soak_over(clock):
    gate = Scripted("flaps", clock, lambda t: not 3 <= t < 3.5)
    (report,) = run(clock, [gate], timeout=20, soak=5)
    assert clock.now - 100 == pytest.approx(8.5, abs=0.01)
    assert report.seconds == 3.5


def test_the_soak_ends_on_time_even_with_a_long_interval(clock):
    run(clock, [Scripted("good", clock, lambda t: True)], soak=2, interval=10)
    assert clock.now - 100 == pytest.approx(2.0)


def test_a_soak_that_was_broken_says_by_what(clock):
    gates = [Scripted("flaps", clock, lambda t: t % 4 >= 1)]
    with pytest.raises(GatesFailedError) as failed:
        run(clock, gates, timeout=10, soak=5)
    assert str(failed.value) == (
        "the gates held for 1.0 s only, not for the soak of 5 s, within 10 s; "
        "gate 'flaps' (fake nowhere) last failed with bad (21 attempts)"
    )


def test_the_wait_ends_at_its_limit_and_looks_are_limited_too(clock):
    slow = Scripted("slow", clock, lambda t: False, takes=4)
    with pytest.raises(GatesFailedError) as failed:
        run(clock, [slow], timeout=10)
    assert clock.now - 100 <= 10.2
    assert slow.limits[0] == 10
    assert failed.value.details["gates"][0]["attempts"] == len(slow.limits)


def test_a_time_out_of_zero_looks_once(clock):
    gate = Scripted("now", clock, lambda t: False)
    with pytest.raises(GatesFailedError, match="1 attempt"):
        run(clock, [gate], timeout=0)
    assert len(gate.limits) == 1
    assert run(clock, [Scripted("now", clock, lambda t: True)], timeout=0)[0].passed
