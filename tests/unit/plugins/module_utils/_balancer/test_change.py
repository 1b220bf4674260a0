# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Out of service and back: what is waited for, and what happens if it never comes."""

from __future__ import annotations

import threading

import pytest
from ansible_collections.vigie.run.plugins.module_utils._balancer.change import (
    Request,
    apply,
)
from ansible_collections.vigie.run.plugins.module_utils._balancer.haproxy import (
    HaproxyBackend,
)
from ansible_collections.vigie.run.plugins.module_utils._balancer.runtime_api import (
    RuntimeApi,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.tests.unit.fakes.fake_haproxy import (
    FakeHaproxy,
    six_web_hosts,
)


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        assert seconds > 0
        self.now += seconds


@pytest.fixture
def fake(tmp_path):
    with FakeHaproxy(tmp_path / "admin.sock", six_web_hosts(), chunk=512) as haproxy:
        yield haproxy


def run(fake, *names, state="drain", clock=None, **options):
    clock = clock or Clock()
    backend = HaproxyBackend(RuntimeApi(str(fake.path)), "portal")
    return apply(backend, Request(names, state, **options), clock, clock.sleep)


def at(reading, action):
    """Do something before the n-th reading of the state."""
    return lambda number: action() if number == reading else None


def test_draining_waits_for_the_last_session_and_the_queue(fake):
    fake["web-a1"].scur, fake["web-a2"].qcur = 1, 1

    def ends(number):
        fake["web-a1"].scur = int(number < 8)
        fake["web-a2"].qcur = int(number < 12)

    fake.on_read = ends
    clock = Clock()
    outcome = run(fake, "web-a1", "web-a2", clock=clock)
    assert fake.reads >= 12
    assert clock.now > 0
    result = outcome.result()
    assert result["sessions_left"] == 0
    assert (result["up"], result["total"], result["changed"]) == (4, 6, True)
    assert outcome.diff == {
        "before": {"web-a1": "ready", "web-a2": "ready"},
        "after": {"web-a1": "drain", "web-a2": "drain"},
    }


def test_one_quiet_reading_is_not_trusted(fake):
    """A session that was being assigned shows up a moment after the change."""

    def late(number):
        fake["web-a1"].scur = int(4 <= number < 9)

    fake.on_read = late
    outcome = run(fake, "web-a1")
    assert fake.reads >= 9
    assert outcome.result()["sessions_left"] == 0


def test_sessions_left_are_warned_of_and_counted(fake):
    fake["web-a1"].scur = 3
    clock = Clock()
    outcome = run(fake, "web-a1", timeout=5, clock=clock)
    assert clock.now == pytest.approx(5, abs=0.3)
    assert outcome.result()["sessions_left"] == 3
    assert "after 5 s there are still sessions on web-a1 (3)" in outcome.warnings[0]
    assert fake["web-a1"].admin == 8


def test_giving_up_puts_back_only_whom_this_call_took_out(fake):
    fake["web-a1"].admin, fake["web-a2"].scur = 8, 2
    with pytest.raises(RunError, match=r"on web-a2 \(2\)\. Put back: web-a2 to ready"):
        run(fake, "web-a1", "web-a2", timeout=1, put_back=True)
    assert (fake["web-a1"].admin, fake["web-a2"].admin) == (8, 0)
    assert fake.changes[-1] == "set server portal/web-a2 state ready"


def test_the_limit_refuses_before_anything_is_touched(fake):
    fake["web-b1"].fall()
    with pytest.raises(RunError, match=r"3 of 6 members away.*web-b1 \(down: L4CON"):
        run(fake, "web-a1", "web-a2", max_unavailable="2")
    assert fake.changes == []


def test_the_limit_refuses_maintenance_too(fake):
    with pytest.raises(RunError, match="would leave 2 of 6"):
        run(fake, "web-a1", "web-a2", state="maint", max_unavailable="1")
    assert fake.changes == []


def test_a_first_deployment_may_drain_members_that_are_all_down(fake):
    for server in fake.backends["portal"].values():
        server.fall()
    outcome = run(fake, *fake.backends["portal"], max_unavailable="1")
    assert outcome.changed


def test_two_runs_at_once_cannot_both_pass(fake):
    """Both want one of two places of which one is free; the lock decides."""
    outcomes: list[str] = []

    def attempt(name):
        try:
            run(fake, name, max_unavailable="1")
        except RunError as error:
            outcomes.append(str(error))
        else:
            outcomes.append("passed")

    threads = [
        threading.Thread(target=attempt, args=[name]) for name in ("web-a1", "web-b1")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert outcomes.count("passed") == 1
    assert sum("2 of 6 members away" in text for text in outcomes) == 1


def test_a_second_run_changes_nothing_but_still_waits(fake):
    fake["web-a1"].admin, fake["web-a1"].scur = 8, 1

    def ends(number):
        fake["web-a1"].scur = int(number < 6)

    fake.on_read = ends
    outcome = run(fake, "web-a1", max_unavailable="1")
    assert not outcome.changed
    assert fake.changes == []
    assert fake.reads >= 6


def test_foretelling_touches_nothing_and_obeys_the_limit(fake):
    fake["web-a1"].scur = 5
    outcome = run(fake, "web-a1", max_unavailable="1", dry_run=True)
    assert outcome.changed
    assert outcome.diff["after"] == {"web-a1": "drain"}
    assert (outcome.result()["up"], outcome.result()["sessions_left"]) == (5, 5)
    assert fake.changes == []
    with pytest.raises(RunError, match="max_unavailable"):
        run(fake, "web-a1", "web-a2", max_unavailable="1", dry_run=True)


def test_ready_waits_for_the_health_check(fake):
    server = fake["web-a1"]
    server.admin = 8
    server.fall()
    fake.on_read = at(6, lambda: setattr(server, "op", 2))
    outcome = run(fake, "web-a1", state="ready")
    assert fake.reads >= 6
    assert outcome.result()["members"] == [
        {
            "name": "web-a1",
            "before": "drain",
            "after": "ready",
            "up": True,
            "sessions": 0,
        }
    ]


def test_ready_that_never_comes_up_says_what_the_check_saw(fake):
    fake["web-a1"].admin = 8
    fake["web-a1"].op = 0
    fake["web-a1"].check = ("L7STS", "503", "Layer7 wrong status", "starting 3.0.0")
    with pytest.raises(RunError) as failure:
        run(fake, "web-a1", "web-a2", state="ready", timeout=2)
    text = "web-a1 (down: L7STS 503: Layer7 wrong status, starting 3.0.0)"
    assert f"2 s after being set to ready these are not in service: {text}" in str(
        failure.value
    )
    assert [entry["name"] for entry in failure.value.details["not_up"]] == ["web-a1"]


def test_ready_with_maintenance_that_is_not_ours_to_end_times_out_with_its_name(fake):
    """Such as a server that tracks another one, or whose name does not resolve."""
    fake.on_set = lambda: setattr(fake["web-a1"], "admin", 2)
    fake["web-a1"].admin = 3
    with pytest.raises(RunError, match=r"not in service: web-a1 \(maint\)"):
        run(fake, "web-a1", state="ready", timeout=1)


def test_a_weight_of_zero_is_left_alone_and_warned_of(fake):
    fake["web-a1"].weight = 0
    outcome = run(fake, "web-a1", state="ready")
    assert outcome.warnings == [
        "web-a1: ready, but of weight 0, so no request is sent there."
    ]


def test_somebody_putting_a_member_back_meanwhile_is_noticed(fake):
    fake["web-a1"].scur = 1
    fake.on_read = at(5, lambda: setattr(fake["web-a1"], "admin", 0))
    with pytest.raises(RunError, match=r"web-a1 was set to drain, but is ready again"):
        run(fake, "web-a1")


def test_a_member_named_twice_is_one(fake):
    assert len(run(fake, "web-a1", "web-a1", max_unavailable="1").after) == 1
    assert fake.changes == ["set server portal/web-a1 state drain"]
