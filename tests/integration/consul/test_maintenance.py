# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Maintenance on a real agent, whose catalog must follow."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.vigie.run.plugins.modules import consul_maintenance

from lab.consul_cluster import Cluster, await_true
from tests.integration.consul.inventories import limited

Run = Callable[..., dict[str, Any]]
WHY = "disk is being replaced (Ana)"


@pytest.fixture
def agent(cluster: Cluster) -> Iterator[Cluster]:
    """The first server is an agent too; it has a service here."""
    service = {"Name": "portal", "ID": "portal-1", "Port": 8080}
    cluster.ask("agent/service/register", "PUT", service)
    yield cluster
    cluster.ask("agent/maintenance?enable=false", "PUT")
    cluster.ask("agent/service/deregister/portal-1", "PUT")


@pytest.fixture
def task(agent: Cluster, capsys: pytest.CaptureFixture[str]) -> Run:
    """The module as a task of that host would have it."""

    def run(state: str, **options: Any) -> dict[str, Any]:
        given = {
            "state": state,
            "consul_url": agent.url,
            "consul_token": agent.token,
            "consul_ca_path": str(agent.ca),
            **options,
        }
        with patch_module_args(given), pytest.raises(SystemExit):
            consul_maintenance.main()
        return json.loads(capsys.readouterr().out)

    return run


def passing(cluster: Cluster) -> list[str]:
    """Where others find the service, as another server says."""
    path = "health/service/portal?passing"
    found = cluster.ask(path, server=cluster.servers[1])
    return [one["Node"]["Node"] for one in found]


def test_a_node_is_out_when_the_task_ends_and_back_when_it_ends(
    agent: Cluster, task: Run
) -> None:
    await_true("the service", lambda: passing(agent) == ["s1"])
    assert task("enabled", reason=WHY)["changed"]
    assert passing(agent) == []
    assert not task("enabled", reason=WHY)["changed"]
    said = task("disabled", reason="deploy")
    assert said["failed"]
    assert f"in maintenance for another reason: {WHY!r}" in said["msg"]
    assert task("disabled", reason=WHY)["changed"]
    assert passing(agent) == ["s1"]
    assert not task("disabled", reason=WHY)["changed"]


def test_a_service_is_out_by_its_id(agent: Cluster, task: Run) -> None:
    assert task("enabled", service="portal-1", reason=WHY)["changed"]
    assert passing(agent) == []
    checks = agent.ask("health/checks/portal")
    assert [check["Notes"] for check in checks] == [WHY]
    assert "no service with the id 'portal'" in task("enabled", service="portal")["msg"]
    assert task("disabled", service="portal-1", reason=WHY)["changed"]
    assert passing(agent) == ["s1"]


def test_a_denial_names_the_rule(agent: Cluster, task: Run) -> None:
    token = limited(agent, 'node_prefix "" { policy = "read" }')
    said = task("enabled", consul_token=token)
    assert "it takes the rule node:write for this node" in said["msg"]
    assert not maintained(agent)


def maintained(cluster: Cluster) -> bool:
    """Whether the agent is in maintenance."""
    return "_node_maintenance" in cluster.ask("agent/checks")


def test_nothing_is_changed_while_nobody_leads(agent: Cluster, task: Run) -> None:
    for server in agent.servers[1:]:
        server.kill()
    await_true("no leader", lambda: agent.ask("status/leader") == "")
    assert "has no cluster leader" in task("enabled")["msg"]
    # Nobody may ask a server without a leader who we are, so look when it has one.
    for server in agent.servers[1:]:
        server.start()
    agent.await_healthy()
    assert not maintained(agent)


def test_the_reason_is_told_as_it_was_written(agent: Cluster, task: Run) -> None:
    """It travels in an address."""
    why = "50 % of disk & memory? yes: «ümläut»"
    task("enabled", reason=why)
    assert agent.ask("agent/checks")["_node_maintenance"]["Notes"] == why
    assert task("disabled", reason=why)["changed"]
