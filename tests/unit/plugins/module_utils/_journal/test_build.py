# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from itertools import pairwise

import pytest
from ansible_collections.vigie.run.plugins.module_utils._journal import build, reader
from ansible_collections.vigie.run.plugins.module_utils._journal.model import Span
from ansible_collections.vigie.run.plugins.module_utils._journal.svg import merged_spans


@pytest.fixture(name="run")
def run_fixture(stories):
    def run(name, **options):
        return build.run_of(reader.parse(name, stories[name](**options)))

    return run


def test_a_roll_out_has_its_waves_and_its_canary(run, stories):
    made = run("deploy")
    waves = [wave for wave in made.waves if wave.number]
    assert [(w.number, w.total, w.canary) for w in waves] == [
        (1, 4, True),
        (2, 4, False),
        (3, 4, False),
        (4, 4, False),
    ]
    assert all(a.end == b.start for a, b in pairwise(waves))
    assert waves[-1].end == made.ended
    assert (made.outcome, made.lost, made.losses) == ("ok", [], [])
    assert [host.name for host in build.shown_hosts(made)] == stories["WEB"]


def test_acts_become_spans_of_their_kind(run):
    host = run("deploy").hosts["web-b1"]
    kinds = [span.kind for span in host.spans]
    assert kinds == ["release", "out", "release", "gate", "back", "other"]
    assert host.releases == ["1.0.0", "2.0.0"]
    assert [gate.saw for gate in host.gates] == ["200 ok 2.0.0"]


def test_members_taken_out_together_are_all_away(run):
    """One call on the balancer moves several hosts: each has its span."""
    made = run("deploy")
    first, second = made.hosts["web-a2"], made.hosts["web-b1"]
    assert len(first.away) == len(second.away) == 1
    assert first.away == second.away
    assert made.away_at_most == 2
    steps = made.away_steps()
    assert [away for _at, away in steps] == [1, 0, 2, 0, 2, 0, 1, 0]


def test_consul_maintenance_takes_out_and_puts_back(stories):
    story = stories["Story"]("x.yml", stories["T0"])
    action = "vigie.run.consul_maintenance"
    story.act("c1", action, "Enter", 1, {"state": "enabled", "maintenance": True})
    story.act("c1", "vigie.run.os_patch", "Upgrade", 5, {"upgraded": []})
    story.act("c1", action, "Leave", 1, {"state": "disabled", "maintenance": False})
    host = build.run_of(reader.parse("x", story.end())).hosts["c1"]
    assert [span.kind for span in host.spans] == ["out", "patch", "back"]
    assert host.seconds_away == pytest.approx(7)


def test_a_release_that_fails_goes_back_and_is_told(run):
    made = run("broken")
    host = made.hosts["web-a1"]
    assert host.releases == ["2.0.0", "3.0.0", "2.0.0"]
    assert [(loss.status, loss.host) for loss in made.losses] == [
        ("rescued", "web-a1"),
        ("failed", "web-a1"),
    ]
    assert "last saw 503 starting 3.0.0" in made.losses[0].message
    assert (made.outcome, made.lost) == ("failed", ["web-a1"])
    assert [span.kind for span in host.spans if span.bad] == ["gate", "other"]


def test_a_budget_that_stops_the_run_is_no_loss_of_the_host_it_was_asked_for(stories):
    story = stories["Story"]("deploy.yml", stories["T0"])
    story.wave(["web-a2"], 2, 4)
    budget = "Stop before this wave when too many hosts were lost"
    where = {"delegated_to": "localhost", "msg": "Stopped before web-a2."}
    story.act("web-a2", "ansible.builtin.assert", budget, 0.1, status="failed", **where)
    made = build.run_of(reader.parse("x", story.end("failed")))
    assert made.lost == []
    assert [loss.message for loss in made.losses] == ["Stopped before web-a2."]


def test_a_patch_tells_packages_and_reboots(run):
    host = run("patch").hosts["web-c2"]
    assert len(host.packages) == 6
    assert host.packages[0].name == "libc6"
    assert (host.packages[0].before, host.packages[0].after) == (
        "2.36-9+deb12u9",
        "2.36-9+deb12u10",
    )
    assert (host.reboots, host.reboot_reasons) == (1, ["libc6", "systemd"])
    assert host.restarted == ["cron.service"]


def test_a_killed_run_ends_with_its_last_event_and_leaves_hosts_away(run):
    made = run("killed")
    assert (made.outcome, made.unread) == ("killed", 1)
    assert made.ended == made.hosts["web-a2"].away[-1][1]
    assert made.away_steps()[-1] == (made.ended, 0)


def test_a_host_that_is_not_put_back_stays_away(run):
    made = run("broken")
    host = made.hosts["web-a1"]
    host.spans = [span for span in host.spans if span.kind != "back"]
    assert build._away(host, made.ended)[0][1] == made.ended
    failed = Span("back", "x", made.ended - 2, made.ended - 1, bad=True)
    host.spans.append(failed)
    assert build._away(host, made.ended)[0][1] == made.ended


def test_requests_are_those_of_the_run_and_away_is_what_the_balancer_saw(stories):
    journals = [reader.parse("d", stories["deploy"]())]
    report = build.build("x", journals, [stories["load"](bad=(10, 150))])
    load = report.runs[0].load
    assert (load.requests, load.failures) == (3500, 7)
    assert (report.requests, report.failures) == (22000, 14)
    assert report.runs[0].away_at_most == 2
    assert load.away[0] == (stories["T0"], 0)


def test_loads_at_the_same_time_add_up(stories):
    both = build.merged(
        build.load_of(stories["load"](bad=(3,))) for _number in range(2)
    )
    assert set(both.seconds.values()) == {(200, 0), (200, 14)}


def test_a_run_without_load_has_none(stories):
    journals = [reader.parse("d", stories["deploy"](stories["T0"] + 9000))]
    assert build.build("x", journals, [stories["load"]()]).runs[0].load is None


def test_close_spans_of_a_kind_are_drawn_as_one_but_failures_stay_apart():
    spans = [
        Span("other", "a", 0, 1),
        Span("other", "b", 1.2, 2),
        Span("other", "c", 2, 3, bad=True),
        Span("gate", "d", 3, 4),
        Span("other", "e", 9, 10),
    ]
    merged = merged_spans(spans)
    assert [(s.kind, s.start, s.end) for s in merged] == [
        ("other", 0, 2),
        ("other", 2, 3),
        ("gate", 3, 4),
        ("other", 9, 10),
    ]
