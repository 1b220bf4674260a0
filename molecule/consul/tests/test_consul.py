# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers and client agents as the role leaves them, and how they bear faults."""

from __future__ import annotations

import json
import re

import pytest

testinfra_hosts = [
    "ssh://deb11-a",
    "ssh://deb12-b",
    "ssh://deb12-c",
    "ssh://deb13-b",
    "ssh://deb13-c",
]


@pytest.fixture
def name(host):
    """The host's own name."""
    return host.backend.get_hostname()


def test_the_agent_runs_starts_at_boot_and_is_started_again(host):
    consul = host.service("consul")
    assert consul.is_running
    assert consul.is_enabled
    assert consul.systemd_properties["Restart"] == "always"


def test_the_agent_is_confined(host):
    """systemd's own judgement: 0 is confined most, one with no options 9.6."""
    told = host.check_output("systemd-analyze security consul.service --no-pager")
    assert float(re.search(r"exposure level[^:]*: ([0-9.]+)", told)[1]) <= 1.5
    pid = host.service("consul").systemd_properties["MainPID"]
    status = host.file(f"/proc/{pid}/status").content_string
    assert re.search(r"^CapBnd:\t0+$", status, re.MULTILINE)
    assert re.search(r"^Seccomp:\t2$", status, re.MULTILINE)


@pytest.mark.parametrize("file", ["vigie.json", "vigie-services.json"])
def test_configuration_is_for_root_and_consul_only(host, file):
    found = host.file(f"/etc/consul.d/{file}")
    assert (found.user, found.group, found.mode) == ("root", "consul", 0o640)


def test_only_servers_hold_the_management_token(host, name, cluster):
    text = host.file("/etc/consul.d/vigie.json").content_string
    assert (cluster.management in text) == (name in cluster.servers)


def test_all_nodes_are_members_with_their_metadata(cluster, name):
    nodes = {
        node["Node"]: node["Meta"]["zone"]
        for node in cluster.ask(name, "catalog/nodes")
    }
    assert nodes == {node: node[-1] for node in cluster.nodes}


def test_all_servers_vote_and_one_may_be_lost(cluster, name):
    health = cluster.ask(name, "operator/autopilot/health")
    assert {server["Name"] for server in health["Servers"] if server["Voter"]} == {
        *cluster.servers
    }
    assert health["FailureTolerance"] == 1


def test_a_server_enters_the_catalog_as_soon_as_its_token_is_made(cluster, name):
    if name not in cluster.servers:
        pytest.skip("agents start when their token is there")
    # Consul itself takes up to 3 s for it, and 15 to 30 to repeat what was refused.
    told = cluster.said(name, "Updated agent's ACL token")[0]
    assert cluster.said(name, "Synced node info")[0] - told < 10


def test_gossip_is_encrypted(cluster, name):
    assert cluster.ask(name, "agent/self")["DebugConfig"]["EncryptKey"] == "hidden"
    assert cluster.ask(name, "agent/self")["Stats"]["serf_lan"]["encrypted"] == "true"


def test_without_a_token_one_reads_and_no_more(cluster, name):
    assert len(cluster.ask(name, "health/service/web", token="")) == len(cluster.nodes)
    refused = cluster.request(name, "acl/tokens", "")
    assert "403" in refused.stderr


def test_the_agents_token_cannot_manage(cluster, name):
    refused = cluster.request(name, "acl/tokens", cluster.agent)
    assert "403" in refused.stderr


def test_each_host_has_a_healthy_service(cluster, name):
    passing = cluster.ask(name, "health/service/web?passing")
    assert {one["Node"]["Node"] for one in passing} == cluster.nodes


def test_metrics_are_kept_for_prometheus(cluster, name):
    path = "agent/metrics?format=prometheus"
    told = cluster.request(name, path, cluster.agent).stdout
    assert "consul_runtime_num_goroutines" in told
    assert not re.search(r"^consul_deb1", told, re.MULTILINE), "named after the host"


def test_programs_resolve_the_domain(host, name):
    found = host.run("getent ahostsv4 consul.service.consul")
    if name in ("deb11-a", "deb12-c", "deb13-c"):
        assert len(set(re.findall(r"^[0-9.]+", found.stdout, re.MULTILINE))) == 3
    else:
        assert found.rc == 2, "consul_dns_forward is empty there"


def test_a_server_takes_snapshots_for_its_own_user_only(host, name, cluster):
    timer = host.service("consul-snapshot.timer")
    if name not in cluster.servers:
        assert not timer.exists
        return
    assert timer.is_running
    assert timer.is_enabled
    for _round in range(3):
        host.check_output("systemctl start consul-snapshot")
    folder = host.file("/var/lib/consul-snapshots")
    assert (folder.user, folder.mode) == ("consul", 0o700)
    kept = [file for file in folder.listdir() if file.endswith(".snap")]
    assert 1 <= len(kept) <= 2, "consul_snapshot_keep is 2"
    for file in kept:
        found = host.file(f"{folder.path}/{file}")
        assert (found.user, found.mode) == ("consul", 0o600)
        host.check_output("consul snapshot inspect %s", found.path)


def test_the_token_for_snapshots_cannot_write_keys(host, name, cluster):
    if name not in cluster.servers:
        pytest.skip("no snapshots there")
    text = host.file("/etc/consul-snapshot.json").content_string
    token = json.loads(text)["environment"]["CONSUL_HTTP_TOKEN"]
    refused = cluster.request(name, "kv/x", token, method="PUT", body="y")
    assert "403" in refused.stderr


@pytest.mark.parametrize("play", ["maintenance.yml", "faults.yml"])
def test_plays(play, cluster):
    """Maintenance and gates, and each under faults."""
    cluster.succeed(play)
