# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reasons in words."""

from __future__ import annotations

from ansible_collections.vigie.run.plugins.module_utils._rotation.planner import (
    plan_waves,
)
from ansible_collections.vigie.run.plugins.module_utils._rotation.reasons import (
    summarise,
)
from ansible_collections.vigie.run.tests.unit.plugins.module_utils._rotation.modelled import (  # noqa: E501
    host,
)


def why(hosts, policy):
    plan = plan_waves(hosts, policy)
    return {h.name: h.reason for wave in plan.waves for h in wave.hosts}


def test_roles_zones_and_services():
    hosts = [
        host("p", "db", role="primary"),
        host("r", "db", role="replica"),
        host("n", "db", "a"),
        host("l", "lb"),
        host("m", "db"),
    ]
    policy = {"services": {"lb": {"after": ["db"]}, "db": {"max_unavailable": 5}}}
    assert why(hosts, {**policy, "default_max_unavailable": 2}) == {
        "r": "nothing holds it back",
        "m": "no role of db: after its replicas",
        "n": "db: zone (none) before a",
        "p": "primary of db: after its hosts without a role",
        "l": "lb after db",
    }


def test_plurals():
    hosts = [host("p", role="primary"), host("l", role="leader")]
    assert why(hosts, {})["l"].startswith("leader of web: after its primaries")


def test_a_zone_that_is_away():
    hosts = [host("a", zone="a", away=True), host("b", zone="b", away=True)]
    reasons = why(hosts, {"default_max_unavailable": 5})
    assert reasons["b"] == "away already: brought back first; another zone was away"


def test_a_group_apart_of_many():
    hosts = [host(f"h{n}", f"s{n}") for n in range(4)]
    reasons = why(hosts, {"apart": [["h0", "h1", "h2", "h3"]]})
    assert "never away together: h0 and others" in reasons["h3"]


def test_a_long_wave_is_one_line():
    line = summarise(2, 9, [f"h{n}" for n in range(20)], False, ["x", "y", "x"] * 4)
    assert line == "wave 2 of 9: h0, h1, h2, h3, h4, h5, … (20 hosts) [x | y]"
    many = summarise(1, 1, ["a"], True, ["p", "q", "r", "s", "t"])
    assert many == "wave 1 of 1 (canary): a [p | q | r | 2 more]"
