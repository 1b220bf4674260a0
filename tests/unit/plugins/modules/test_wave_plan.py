# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as a play calls it."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.vigie.run.plugins.modules import wave_plan


def run(capsys, **options):
    check = options.pop("check", False)
    args = {**options, "_ansible_check_mode": check}
    with patch_module_args(args), pytest.raises(SystemExit) as caught:
        wave_plan.main()
    result = json.loads(capsys.readouterr().out)
    assert caught.value.code == (1 if result.get("failed") else 0)
    return result


HOSTS = [
    {"name": f"web-{z}{n}", "zone": z, "services": ["web"]}
    for z in "ab"
    for n in (1, 2)
]
POLICY = {"services": {"web": {"max_unavailable": "50%"}}, "canary": [1]}


@pytest.mark.parametrize("check", [False, True])
def test_a_plan(capsys, check):
    result = run(capsys, hosts=HOSTS, policy=POLICY, check=check)
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


def test_defaults_without_a_policy(capsys):
    result = run(capsys, hosts=HOSTS)
    assert result["serial"] == [1, 1, 1, 1]


def test_numbers_from_templates_are_strings(capsys):
    hosts = [{**host, "weight": "2"} for host in HOSTS]
    policy = {
        "services": {"web": {"max_unavailable": "4"}},
        "wave_size": "1",
        "canary": ["1"],
    }
    assert run(capsys, hosts=hosts, policy=policy)["serial"] == [1, 1, 1, 1]


def test_every_mistake_is_told(capsys):
    result = run(
        capsys,
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
def test_the_options_are_checked(capsys, options, says):
    result = run(capsys, **options)
    assert result["failed"]
    assert says in result["msg"]


def test_a_platform_policy_names_what_this_play_does_not_touch(capsys):
    policy = {
        "services": {**POLICY["services"], "db": {"max_unavailable": 1}},
        "apart": [["web-a1", "db-a1"]],
    }
    refused = run(capsys, hosts=HOSTS, policy=policy)
    assert "db" in refused["msg"]
    assert "db-a1" in refused["msg"]
    platform = {"services": ["db"], "hosts": ["db-a1"]}
    assert not run(capsys, hosts=HOSTS, policy=policy, elsewhere=platform).get("failed")


def test_a_percentage_is_one_of_the_whole_service(capsys):
    policy = {"services": {"web": {"max_unavailable": "34%"}}}
    alone = run(capsys, hosts=HOSTS[:1], policy=policy)
    assert "less than one host" in alone["msg"]
    others = {"services": ["web"] * 5}
    planned = run(capsys, hosts=HOSTS[:1], policy=policy, elsewhere=others)
    assert planned["limits"] == {"web": {"limit": 2, "total": 6, "lost": 0}}


def test_more_lost_than_the_budget_stops_before_the_first_wave(capsys):
    hosts = [{**HOSTS[0], "lost": True}, *HOSTS[1:]]
    refused = run(capsys, hosts=hosts, policy=POLICY)
    assert refused["failed"]
    assert "web-a1" in refused["msg"]
    assert "the budget is 0" in refused["msg"]
    planned = run(capsys, hosts=hosts, policy=POLICY, max_lost="25%")
    assert planned["max_lost"] == 1
    assert planned["lost"] == ["web-a1"]
