# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action as a play calls it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.vigie.run.plugins.action.wave_plan import ActionModule


def run(check=False, **options):
    task = SimpleNamespace(args=options, async_val=0, check_mode=check, diff=False)
    nowhere = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
    action = ActionModule(task, nowhere, None, None, None, None)
    try:
        return action.run(task_vars={})
    except AnsibleActionFail as error:
        return {"failed": True, "msg": str(error)}


HOSTS = [
    {"name": f"web-{z}{n}", "zone": z, "services": ["web"]}
    for z in "ab"
    for n in (1, 2)
]
POLICY = {"services": {"web": {"max_unavailable": "50%"}}, "canary": [1]}


@pytest.mark.parametrize("check", [False, True])
def test_a_plan(check):
    result = run(hosts=HOSTS, policy=POLICY, check=check)
    assert result["changed"] is False
    assert result["order"] == ["web-a1", "web-a2", "web-b1", "web-b2"]
    assert result["serial"] == [1, 1, 2]
    assert result["fewest"] is True
    assert result["limits"] == {"web": {"limit": 2, "total": 4, "lost": 0}}
    assert result["waves"][0] == {
        "number": 1,
        "canary": True,
        "hosts": [
            {
                "name": "web-a1",
                "zone": "a",
                "services": ["web"],
                "reason": "canary: 1 host first",
            }
        ],
    }


def test_defaults_without_a_policy():
    result = run(hosts=HOSTS)
    assert result["serial"] == [1, 1, 1, 1]


def test_numbers_from_templates_are_strings():
    hosts = [{**host, "weight": "2"} for host in HOSTS]
    policy = {
        "services": {"web": {"max_unavailable": "4"}},
        "wave_size": "1",
        "canary": ["1"],
    }
    assert run(hosts=hosts, policy=policy)["serial"] == [1, 1, 1, 1]


def test_every_mistake_is_told():
    result = run(
        hosts=[*HOSTS, HOSTS[0]],
        policy={"services": {"wbe": {}, "web": {"max_unavailable": 0}}},
    )
    assert result["failed"]
    assert len(result["problems"]) == 3
    assert all(problem in result["msg"] for problem in result["problems"])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "missing required arguments: hosts"),
        ({"hosts": [{"zone": "a"}]}, "missing required arguments: name"),
        ({"hosts": [{"name": "a", "weight": "heavy"}]}, "weight"),
        ({"hosts": [], "policy": {"zone": {}}}, "policy.zone"),
        ({"hosts": [], "policy": {"zones": {"ordre": []}}}, "ordre"),
    ],
)
def test_the_options_are_checked(options, says):
    result = run(**options)
    assert result["failed"]
    assert says in result["msg"]


def test_a_platform_policy_names_what_this_play_does_not_touch():
    policy = {
        "services": {**POLICY["services"], "db": {"max_unavailable": 1}},
        "apart": [["web-a1", "db-a1"]],
    }
    refused = run(hosts=HOSTS, policy=policy)
    assert "db" in refused["msg"]
    assert "db-a1" in refused["msg"]
    platform = {"services": ["db"], "hosts": ["db-a1"]}
    assert not run(hosts=HOSTS, policy=policy, elsewhere=platform).get("failed")


def test_a_percentage_is_one_of_the_whole_service():
    policy = {"services": {"web": {"max_unavailable": "34%"}}}
    alone = run(hosts=HOSTS[:1], policy=policy)
    assert "less than one host" in alone["msg"]
    others = {"services": ["web"] * 5}
    planned = run(hosts=HOSTS[:1], policy=policy, elsewhere=others)
    assert planned["limits"] == {"web": {"limit": 2, "total": 6, "lost": 0}}


def test_more_lost_than_the_budget_stops_before_the_first_wave():
    hosts = [{**HOSTS[0], "lost": True}, *HOSTS[1:]]
    refused = run(hosts=hosts, policy=POLICY)
    assert refused["failed"]
    assert "web-a1" in refused["msg"]
    assert "the budget is 0" in refused["msg"]
    planned = run(hosts=hosts, policy=POLICY, max_lost="25%")
    assert planned["max_lost"] == 1
    assert planned["lost"] == ["web-a1"]


def test_the_plan_says_who_was_away_already():
    hosts = [*HOSTS[:3], {**HOSTS[3], "away": True}]
    assert run(hosts=hosts, policy=POLICY)["away"] == ["web-b2"]
