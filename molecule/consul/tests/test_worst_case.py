# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster that lost all its servers comes back: its keys, its ACLs, its catalog."""

from __future__ import annotations

import json
import time
import uuid

testinfra_hosts = ["ssh://deb12-c"]

EXTRA = str(uuid.uuid4())


def kept(cluster):
    """What the key `kept` holds; '' where there is none."""
    return cluster.request("deb12-c", "kv/kept?raw", cluster.management).stdout.strip()


def test_losing_all_servers_and_coming_back(cluster):
    cluster.ask("deb12-c", "kv/kept", method="PUT", body="worth keeping")
    token = {"SecretID": EXTRA, "Policies": [{"Name": "vigie-default"}]}
    cluster.ask("deb12-c", "acl/token", method="PUT", body=json.dumps(token))
    cluster.succeed(
        cluster.secrets,
        f"--extra-vars=consul_snapshot_fetch_dir={cluster.fetched}",
        "vigie.run.consul_snapshot",
    )
    taken = max(cluster.fetched.glob("lab-*.snap"))
    assert taken.stat().st_mode & 0o777 == 0o600

    cluster.succeed("lose.yml")
    assert kept(cluster) == ""

    restore = [
        cluster.secrets,
        f"--extra-vars=consul_restore_file={taken}",
        "vigie.run.consul_restore",
    ]
    refused = cluster.play(*restore)
    said = " ".join((refused.stdout + refused.stderr).split())
    assert refused.returncode != 0
    assert "set consul_restore_confirm=lab" in said
    assert "held_now" in said
    assert kept(cluster) == ""

    cluster.succeed("--extra-vars=consul_restore_confirm=lab", *restore)
    assert kept(cluster) == "worth keeping"
    assert cluster.ask("deb12-c", "acl/token/self", EXTRA)["SecretID"] == EXTRA


def test_the_catalog_has_the_hosts_that_are_there_now(cluster):
    """Those made anew have other ids than in the snapshot."""
    deadline = time.monotonic() + 90
    while True:
        passing = cluster.ask("deb12-c", "health/service/web?passing")
        if len(passing) == len(cluster.nodes) or time.monotonic() > deadline:
            break
        time.sleep(1)
    assert {one["Node"]["Node"] for one in passing} == cluster.nodes
    nodes = cluster.ask("deb12-c", "catalog/nodes")
    assert {node["Node"]: node["ID"] for node in nodes} == {
        name: cluster.ask(name, "agent/self")["Config"]["NodeID"]
        for name in cluster.nodes
    }


def test_a_restored_cluster_is_what_the_role_wants(cluster):
    told = cluster.succeed("converge.yml")
    assert told.count("changed=0") == len(cluster.nodes), told[-3000:]
