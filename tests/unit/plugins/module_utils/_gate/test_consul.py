# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Consul gate's judgement, and its words when Consul cannot tell.

The healthy case runs against a real Consul in the role's scenario.
"""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._consul.client import (
    Access,
    Client,
)
from ansible_collections.vigie.run.plugins.module_utils._gate.consul import (
    ConsulGate,
    Instance,
    judge,
    needed,
    worst_check,
)
from ansible_collections.vigie.run.tests.unit.fakes.answering import Answering


def entry(node, *checks):
    """One entry of /v1/health/service as Consul 1.8 answers it, shortened."""
    fields = ("CheckID", "Status", "Output", "Notes")
    return {
        "Node": {"Node": node},
        "Checks": [dict(zip(fields, check, strict=True)) for check in checks],
    }


ALIVE = ("serfHealth", "passing", "Agent alive and reachable", "")
AWAY = ("_node_maintenance", "critical", "", "patching")


@pytest.mark.parametrize(
    ("text", "total", "least"),
    [("", 6, 6), ("", 0, 1), ("4", 6, 4), ("67%", 6, 5), ("50%", 3, 2), ("0%", 3, 1)],
)
def test_percentages_are_rounded_up_and_at_least_one(text, total, least):
    assert needed(text, total) == least


def test_maintenance_is_ignored_or_counts_as_away():
    healthy = entry("web-a1", ALIVE, AWAY, ("service:web", "passing", "200 OK", ""))
    assert worst_check(healthy, ignore_maintenance=True).status == "passing"
    away = worst_check(healthy, ignore_maintenance=False)
    assert (away.status, away.output) == ("critical", "in maintenance: patching")


def test_an_unhealthy_instance_is_seen_through_its_maintenance():
    ill = entry("web-a1", AWAY, ("service:web", "critical", "503 starting", ""))
    seen = worst_check(ill, ignore_maintenance=True)
    assert (seen.status, seen.output) == ("critical", "503 starting")


def test_who_does_not_pass_is_named_with_what_the_check_said():
    several = [
        Instance("web-a1", "passing", ""),
        Instance("web-b1", "critical", "HTTP GET http://127.0.0.1:8080/health: 503"),
        Instance("web-c1", "warning", ""),
    ]
    seen = judge(several, "2")
    assert not seen.ok
    assert seen.saw == (
        "1 of 3 instances passing (at least 2 needed): web-b1 critical: HTTP GET "
        "http://127.0.0.1:8080/health: 503; web-c1 warning"
    )
    assert judge(several, "1").ok


def test_each_group_is_judged_by_itself():
    several = [
        Instance("web-a1", "passing", "", "a"),
        Instance("web-a2", "critical", "refused", "a"),
        Instance("web-b1", "critical", "", "b"),
        Instance("web-x1", "passing", ""),
    ]
    assert judge(several, "50%").ok
    seen = judge(several, "50%", "zone")
    assert not seen.ok
    assert seen.saw == (
        "zone (none): 1 of 1 instances passing; zone a: 1 of 2 instances passing: "
        "web-a2 critical: refused; zone b: 0 of 1 instances passing: web-b1 critical"
    )
    assert judge(several[:2], "50%", "zone").ok


@pytest.mark.parametrize(
    ("answer", "saw"),
    [
        ((500, "No cluster leader"), "has no cluster leader (No cluster leader)"),
        ((403, "Permission denied"), "it takes the rule agent:read"),
        ((403, "ACL not found"), "does not know the token in consul_token"),
        ((200, "<html>"), "did not answer GET agent/self as Consul does"),
    ],
)
def test_errors_are_seen_and_not_raised(answer, saw):
    with Answering(lambda *_request: answer) as consul:
        client = Client(Access(consul.url, token="t"))
        seen = ConsulGate("web", "web", client, scope="node").look(5)
    assert not seen.ok
    assert saw in seen.saw
