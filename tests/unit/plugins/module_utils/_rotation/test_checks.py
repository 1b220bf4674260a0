# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistakes between hosts and policy: each with its field and the remedy."""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._rotation.checks import (
    find_cycle,
    resolve_limits,
)
from ansible_collections.vigie.run.plugins.module_utils._rotation.planner import (
    plan_waves,
)
from ansible_collections.vigie.run.plugins.module_utils._rotation.policy import (
    read_hosts,
    read_policy,
)


def host(name, *services, **more):
    return {"name": name, "services": list(services), **more}


def web(number, **more):
    return [host(f"w{n}", "web", **more) for n in range(number)]


def rule(service="web", **entry):
    return {"services": {service: entry}}


CASES = {
    "unknown service": (
        [*web(2), host("c", "consul")],
        rule("wbe", max_unavailable=1),
        "policy.services.wbe: no host is in this service (the hosts have consul, web)",
    ),
    "no services at all": ([], rule(), "policy.services.web: .*(no host has any)"),
    "after an unknown service": (
        web(2),
        rule(after=["db"]),
        "policy.services.web.after: no host is in db (the hosts have web)",
    ),
    "after itself": (
        web(2),
        rule(after=["web"]),
        "policy.services: after goes in a circle: web -> web",
    ),
    "after in a circle": (
        [host("a", "web"), host("b", "lb"), host("c", "db")],
        {
            "services": {
                "web": {"after": ["db"]},
                "lb": {"after": ["web"]},
                "db": {"after": ["lb"]},
            }
        },
        "after goes in a circle: web -> db -> lb -> web",
    ),
    "a host after itself": (
        [host("a", "web", "lb"), host("b", "web")],
        rule("lb", after=["web"]),
        "policy.services.lb.after: a in both lb and web would come after itself: "
        "take web out of after",
    ),
    "unknown role": (
        [host("a", "web", role="boss")],
        {"role_order": ["worker", ""]},
        "hosts: a with role boss, which policy.role_order does not list; it knows "
        'worker, "" (no role)',
    ),
    "no role where one is wanted": (
        web(1),
        {"role_order": ["worker"]},
        "hosts: w0 with no role, which policy.role_order does not list",
    ),
    "unknown host in apart": (
        web(1),
        {"apart": [["w0", "w9"]]},
        "policy.apart[0]: w9 not among the hosts",
    ),
    "a percentage below one host": (
        web(3),
        rule(max_unavailable="20%"),
        "policy.services.web.max_unavailable: 20% of web (3 hosts) is less than one "
        'host, so none could ever be taken: the smallest that works is "34%"',
    ),
    "a default percentage below one host": (
        web(2),
        {"default_max_unavailable": "49%"},
        'policy.default_max_unavailable: 49% of web (2 hosts) .* works is "50%"',
    ),
    "a percentage below one heavy host": (
        web(2, weight=5),
        rule(max_unavailable="5%"),
        '5% of web (2 hosts that weigh 10) .* smallest that works is "50%"',
    ),
    "a host too heavy": (
        [*web(2), host("big", "web", weight=3)],
        rule(max_unavailable=2),
        "policy.services.web.max_unavailable: big of web weighs up to 3, but only 2 "
        "may be away: raise the limit to 3 or more, or lower the weight",
    ),
    "the limit taken by a lost host": (
        [*web(2), host("gone", "web", lost=True)],
        rule(max_unavailable=1),
        "policy.services.web.max_unavailable: web is impossible while gone cannot be "
        "reached: 1 of the 1 that may be away is taken, which leaves no room for "
        "w0, w1. Bring back what is lost, or raise the limit to 2",
    ),
    "a percentage taken by lost hosts": (
        [*web(3), host("g1", "web", lost=True), host("g2", "web", lost=True)],
        rule(max_unavailable="40%"),
        'web is impossible while g1, g2 .* raise the limit to "60%"',
    ),
    "apart from a lost host": (
        [*web(1), host("gone", "db", lost=True)],
        {"apart": [["w0", "gone"]]},
        "policy.apart[0]: gone cannot be reached, so w0 must stay",
    ),
    "orders that contradict each other": (
        [
            host("x", "lb", "site", role="replica"),
            host("y", "web", "site", role="primary"),
        ],
        rule("lb", after=["web"]),
        "hosts: x after y (lb after web), y after x (order of roles and zones in "
        "site): this goes in a circle",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_mistake_one_message(case):
    hosts, policy, says = CASES[case]
    with pytest.raises(RunError) as caught:
        plan_waves(hosts, policy)
    message = str(caught.value)
    assert caught.value.details["problems"] == [message]
    start = 0
    for part in says.split(" .* ") if " .* " in says else says.split(".*"):
        assert part in message[start:], message
        start = message.index(part, start) + len(part)


def test_all_mistakes_at_once():
    with pytest.raises(RunError) as caught:
        plan_waves(
            [*web(2), host("w0", "web"), host("", "web"), host("x", "db", role="boss")],
            {
                "services": {"wbe": {}, "web": {"max_unavailable": "0%"}},
                "canary": ["many"],
                "apart": [["w7"]],
            },
        )
    problems = caught.value.details["problems"]
    fields = sorted(problem.split(":")[0] for problem in problems)
    assert fields == [
        "hosts",
        "hosts[2].name",
        "hosts[3].name",
        "policy.apart[0]",
        "policy.canary[0]",
        "policy.services.wbe",
        "policy.services.web.max_unavailable",
    ]
    assert str(caught.value).startswith("No waves can be planned, for 7 reasons:\n- ")


def test_a_limit_is_of_all_hosts_and_in_weight():
    raw = [
        host("a", "web", weight=3),
        host("b", "web", done=True),
        host("c", "web", lost=True, weight=2),
        host("d", "web"),
    ]
    problems = []
    policy = read_policy(rule(max_unavailable="75%"), problems)
    limit = resolve_limits(read_hosts(raw, problems), policy, problems)["web"]
    assert problems == []
    assert (limit.total, limit.limit, limit.lost, limit.free) == (7, 5, 2, 3)


def test_nothing_to_do_is_never_impossible():
    hosts = [*web(2, done=True), host("gone", "web", lost=True)]
    assert plan_waves(hosts, rule(max_unavailable=1)).waves == ()


def test_cycles():
    assert find_cycle({"a": ["b", "c"], "b": ["c"], "c": []}) == []
    assert find_cycle({"a": ["b"], "b": ["c", "d"], "d": ["b"]}) == ["b", "d", "b"]
