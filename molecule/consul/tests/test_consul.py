# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server and a client agent as the role leaves them, and how they bear faults."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

testinfra_hosts = ["ssh://deb12-b", "ssh://deb13-b"]

PROJECT = Path(__file__).parents[3]
MANAGEMENT = "5f0c8d5e-0d3b-4f8e-9a51-6f1d3a1b7c01"
AGENT = "5f0c8d5e-0d3b-4f8e-9a51-6f1d3a1b7c02"

ASK = """
import json, sys, urllib.request
url = "http://127.0.0.1:8500/v1/" + sys.argv[1]
headers = {"X-Consul-Token": sys.argv[2]} if sys.argv[2] else {}
with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
    print(answer.read().decode())
"""


@pytest.fixture
def said(host):
    """When (seconds since 1970) the host's agent first said certain words."""
    log = host.check_output("journalctl -u consul -o short-unix --no-pager")

    def when(words):
        lines = [line for line in log.splitlines() if words in line]
        assert lines, f"never said: {words}"
        return float(lines[0].split()[0])

    return when


@pytest.fixture
def ask(host):
    """Ask the host's agent as a holder of a token would."""

    def get(path, token=MANAGEMENT):
        return json.loads(
            host.check_output("python3 -c %s %s %s", ASK, path, token or "")
        )

    return get


def test_the_agent_runs_starts_at_boot_and_is_started_again(host):
    consul = host.service("consul")
    assert consul.is_running
    assert consul.is_enabled
    assert consul.systemd_properties["Restart"] == "always"


@pytest.mark.parametrize("name", ["vigie.json", "vigie-services.json"])
def test_configuration_is_for_root_and_consul_only(host, name):
    file = host.file(f"/etc/consul.d/{name}")
    assert (file.user, file.group, file.mode) == ("root", "consul", 0o640)


def test_only_the_server_holds_the_management_token(host):
    text = host.file("/etc/consul.d/vigie.json").content_string
    assert (MANAGEMENT in text) == ("deb12" in host.backend.get_hostname())


def test_both_nodes_are_members_with_their_metadata(ask):
    nodes = {node["Node"]: node["Meta"] for node in ask("catalog/nodes")}
    assert set(nodes) == {"deb12-b", "deb13-b"}
    assert all(meta["zone"] == "b" for meta in nodes.values())


def test_a_server_enters_the_catalog_as_soon_as_its_token_is_made(host, said):
    if "deb12" not in host.backend.get_hostname():
        pytest.skip("agents start when their token is there")
    # Consul itself takes up to 3 s for it, and 15 to 30 to repeat what was refused.
    assert said("Synced node info") - said("Updated agent's ACL token") < 10


def test_gossip_is_encrypted(ask):
    assert ask("agent/self")["DebugConfig"]["EncryptKey"] == "hidden"
    assert ask("agent/self")["Stats"]["serf_lan"]["encrypted"] == "true"


def test_without_a_token_one_reads_and_no_more(host, ask):
    assert len(ask("health/service/web", token=None)) == 2
    refused = host.run("python3 -c %s %s ''", ASK, "acl/tokens")
    assert "403" in refused.stderr


def test_the_agents_token_cannot_manage(host):
    refused = host.run("python3 -c %s %s %s", ASK, "acl/tokens", AGENT)
    assert "403" in refused.stderr


def test_each_host_has_a_healthy_service(ask):
    assert {one["Node"]["Node"] for one in ask("health/service/web?passing")} == {
        "deb12-b",
        "deb13-b",
    }


def play(name):
    """Run one of the scenario's own plays from the controller."""
    scripts = str(Path(sys.executable).parent)
    return subprocess.run(
        [
            f"{scripts}/ansible-playbook",
            f"--inventory={PROJECT}/molecule/inventory",
            str(PROJECT / "molecule" / "consul" / name),
        ],
        cwd=PROJECT,
        env={
            **os.environ,
            "PATH": f"{scripts}:{os.environ['PATH']}",
            "ANSIBLE_COLLECTIONS_PATH": str(PROJECT / "build" / "collections"),
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", ["changes.yml", "faults.yml"])
def test_plays(name):
    """Changes to a running cluster, maintenance and gates, and each under faults."""
    done = play(name)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
