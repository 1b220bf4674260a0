# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading hosts and policy: what is read, and what each mistake says."""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._rotation.policy import (
    ROLE_ORDER,
    Host,
    read_hosts,
    read_policy,
)


def read(raw):
    problems = []
    return read_policy(raw, problems), problems


def hosts(*raw):
    problems = []
    return read_hosts(raw, problems), problems


def test_a_host_with_nothing_but_a_name():
    assert hosts({"name": "a"}) == ([Host("a")], [])


def test_a_service_counts_once():
    read_one, problems = hosts({"name": "a", "services": ["web", "web"]})
    assert (read_one[0].services, problems) == (("web",), [])


def test_an_empty_policy_has_the_documented_defaults():
    policy, problems = read({})
    assert problems == []
    assert policy.rule("any").limit.down(100) == 1
    assert policy.role_order == ROLE_ORDER
    assert policy.one_at_a_time
    assert (policy.canary, policy.wave_size, policy.apart) == ((), None, ())


def test_a_service_without_a_limit_has_the_default():
    policy, problems = read(
        {
            "services": {"lb": {"after": ["web"]}, "db": None},
            "default_max_unavailable": 3,
        }
    )
    assert problems == []
    assert policy.rule("lb").limit.down(9) == policy.rule("db").limit.down(9) == 3
    assert policy.rule("lb").after == ("web",)


@pytest.mark.parametrize("size", [0, "0", None])
def test_no_wave_size(size):
    assert read({"wave_size": size})[0].wave_size is None


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({"name": ""}, "hosts[0].name: empty: give the inventory name"),
        ({"name": "  "}, "hosts[0].name: empty"),
        ({}, "hosts[0].name: empty"),
        ("web-a1", "hosts[0]: not a dictionary"),
        ({"name": "a", "weight": 0}, "hosts[0] (a).weight: 0: use a whole number"),
        ({"name": "a", "weight": "2"}, "hosts[0] (a).weight: '2'"),
        ({"name": "a", "services": [""]}, "hosts[0] (a).services: holds an empty name"),
        ({"name": "a", "services": "web"}, "services: 'web' is not a list of names"),
        ({"name": "a", "zones": "b"}, "hosts[0] (a).zones: unknown; known are away"),
        (
            {"name": "a", "away": True, "done": True},
            "hosts[0] (a): both done and away: a host that is still out of service",
        ),
    ],
)
def test_what_is_wrong_with_a_host(raw, says):
    problems = hosts(raw)[1]
    assert len(problems) == 1
    assert says in problems[0]


def test_a_host_named_twice():
    read_ones, problems = hosts({"name": "a"}, {"name": "b"}, {"name": "a"})
    assert len(read_ones) == 2
    assert problems == ["hosts[2].name: a is hosts[0] already: name each host once."]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({"canaries": [1]}, "policy.canaries: unknown; known are apart, canary"),
        ({"canary": 1}, "policy.canary: 1 is not a list"),
        ({"canary": [1, 0]}, "policy.canary[1]: 0 is too low"),
        ({"canary": ["1o%"]}, "policy.canary[0]: '1o%' is not a number"),
        ({"wave_size": -1}, "policy.wave_size: -1 is too low"),
        ({"wave_size": "0%"}, "policy.wave_size: '0%' is not a share"),
        ({"wave_size": False}, "policy.wave_size: False is not a number"),
        ({"services": ["web"]}, "policy.services: not a dictionary"),
        ({"services": {"web": 2}}, "policy.services.web: not a dictionary"),
        (
            {"services": {"web": {"max_unavailble": 2}}},
            "policy.services.web.max_unavailble: unknown; known are after, max_",
        ),
        (
            {"services": {"web": {"max_unavailable": 0}}},
            "policy.services.web.max_unavailable: 0 is too low",
        ),
        ({"services": {"web": {"after": "db"}}}, "policy.services.web.after: 'db'"),
        ({"default_max_unavailable": "all"}, "policy.default_max_unavailable: 'all'"),
        ({"zones": ["a"]}, "policy.zones: not a dictionary"),
        ({"zones": {"orders": []}}, "policy.zones.orders: unknown"),
        ({"zones": {"order": ["a", "b", "a"]}}, "policy.zones.order: a more than once"),
        ({"role_order": ["", "x", ""]}, 'policy.role_order: "" more than once'),
        ({"apart": "a"}, "policy.apart: not a list"),
        ({"apart": ["ab"]}, "policy.apart[0]: 'ab' is not a list of names"),
    ],
)
def test_what_is_wrong_with_a_policy(raw, says):
    problems = read(raw)[1]
    assert len(problems) == 1
    assert says in problems[0]
