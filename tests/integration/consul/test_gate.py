# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gates on the health that a real catalog has, while it changes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.vigie.run.plugins.modules import gate

from lab.consul_cluster import Cluster
from tests.integration.consul.inventories import Platform, limited

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def platform(cluster: Cluster) -> Iterator[Platform]:
    """Two web servers in each of two zones; the service carries the platform's mark."""
    made = Platform(cluster)
    for index, name in enumerate(("a1", "a2", "b1", "b2")):
        made.node(name, f"10.0.0.{index}", zone=name[0])
        made.service(name, made.mark, "public" if name.endswith("1") else "internal")
        made.check(name, "service:web", "passing", made.mark)
    yield made
    made.remove()


@pytest.fixture
def look(platform: Platform, capsys: pytest.CaptureFixture[str]) -> Run:
    """One gate on the platform's service, as a task would have it."""

    def run(pace: dict[str, float] | None = None, **options: Any) -> dict[str, Any]:
        one = {"type": "consul", "service": platform.mark, **options}
        given = {
            "gates": [one],
            "timeout": 0,
            "interval": 0.1,
            "consul_url": platform.cluster.url,
            "consul_token": platform.cluster.token,
            "consul_ca_path": str(platform.cluster.ca),
            **(pace or {}),
        }
        with patch_module_args(given), pytest.raises(SystemExit):
            gate.main()
        return json.loads(capsys.readouterr().out)

    return run


def fails(platform: Platform, name: str, status: str = "critical") -> None:
    platform.check(name, "service:web", status, platform.mark)


def test_all_at_least_a_number_or_a_percentage(platform: Platform, look: Run) -> None:
    assert look()["gates"][0]["saw"] == "4 of 4 instances passing"
    fails(platform, "a1")
    assert "3 of 4 instances passing: " in look()["msg"]
    assert f"{platform.mark}-a1 critical" in look()["msg"]
    assert look(min_passing="3")["passed"]
    assert look(min_passing="75%")["passed"]
    assert "3 of 4 instances passing" in look(min_passing="76%")["msg"]
    assert "(5 needed)" in look(min_passing="5")["msg"]


def test_a_warning_counts_as_it_is_said_to(platform: Platform, look: Run) -> None:
    fails(platform, "a1", "warning")
    assert f"{platform.mark}-a1 warning" in look()["msg"]
    assert look(allow_warning=True)["passed"]
    fails(platform, "a1", "critical")
    assert not look(allow_warning=True).get("passed")


def test_a_maintenance_counts_as_it_is_said_to(platform: Platform, look: Run) -> None:
    platform.check("b1", "_node_maintenance", "critical")
    assert look()["passed"]
    said = look(ignore_maintenance=False)["msg"]
    assert f"{platform.mark}-b1 critical: in maintenance: a reason" in said


def test_only_instances_with_the_tags_are_looked_at(
    platform: Platform, look: Run
) -> None:
    fails(platform, "a2")
    assert look(tags=["public"])["gates"][0]["saw"] == "2 of 2 instances passing"
    assert "1 of 2 instances passing" in look(tags=["internal"])["msg"]
    said = look(tags=["public", "internal"])["msg"]
    assert f"no instance of service {platform.mark!r} with public, internal" in said
    assert "gates[0].tags: 'x\" or' cannot be looked for" in look(tags=['x" or'])["msg"]


def test_no_zone_is_carried_by_another(platform: Platform, look: Run) -> None:
    half = {"min_passing": "50%", "in_each": "zone"}
    fails(platform, "a1")
    assert look(**half)["passed"]
    fails(platform, "a2")
    assert look(min_passing="50%")["passed"]
    said = look(**half)["msg"]
    assert "zone a: 0 of 2 instances passing (at least 1 needed)" in said
    assert "zone b: 2 of 2 instances passing" in said


def test_a_failure_during_the_soak_starts_it_over(
    platform: Platform, look: Run
) -> None:
    """Down for the second second of five that are to be good."""
    down = threading.Timer(1.0, fails, (platform, "b2"))
    up = threading.Timer(2.0, fails, (platform, "b2", "passing"))
    down.start()
    up.start()
    out = look({"timeout": 30, "soak": 3})
    up.join()
    assert out["passed"]
    assert out["waited"] >= 5
    assert out["gates"][0]["seconds"] >= 2


def test_it_outlives_the_leader(platform: Platform, look: Run) -> None:
    leader = platform.cluster.leader()
    platform.cluster.servers.sort(key=lambda server: server is leader)
    leader.kill()
    out = look({"timeout": 40, "soak": 1})
    assert out["passed"]


def test_what_consul_refuses_is_what_was_seen(platform: Platform, look: Run) -> None:
    assert "No path to datacenter" in look(datacenter="paris")["msg"]
    assert look(datacenter="lab")["passed"]
    token = limited(platform.cluster, 'node_prefix "" { policy = "read" }')
    assert "the token lacks service:read" in look(token=token)["msg"]
