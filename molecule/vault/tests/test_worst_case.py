# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster that lost all its servers comes back, with its old keys and its data."""

from __future__ import annotations

import time
import urllib.error

import pytest

testinfra_hosts = ["ssh://deb12-c"]


@pytest.fixture
def fetched(cluster):
    """Where snapshots are brought to."""
    return cluster.kept / "snapshots"


def test_losing_all_servers_and_coming_back(cluster, fetched):
    active = cluster.active()
    cluster.ask(active, "sys/policies/acl/kept", "PUT", {"policy": "# worth keeping"})
    cluster.succeed(
        "vigie.run.vault_snapshot",
        vault_snapshot_fetch_dir=str(fetched),
    )
    taken = max(fetched.glob("lab-*.snap"))
    assert taken.stat().st_mode & 0o777 == 0o600

    cluster.succeed("lose.yml")
    restore = {"vault_restore_file": str(taken)}
    refused = cluster.play("vigie.run.vault_restore", **restore)
    assert refused.returncode != 0
    assert "set vault_restore_confirm=lab" in cluster.log.read_text()
    assert not any(
        cluster.host(name).file("/var/lib/openbao/vault.db").exists
        for name in cluster.servers
    )

    restore["vault_restore_confirm"] = "lab"
    told = cluster.succeed("vigie.run.vault_restore", **restore)
    assert not any(share in told for share in [*cluster.shares, cluster.token])
    assert cluster.sealed() == set()
    policy = cluster.ask(cluster.active(), "sys/policies/acl/kept")["data"]["policy"]
    assert policy == "# worth keeping"


def test_the_role_goes_on_with_a_restored_cluster(cluster):
    began = time.time()
    cluster.succeed("upgrade.yml")
    assert cluster.restarts(began) == []
    host = cluster.host(cluster.active())
    host.check_output("systemctl start openbao-snapshot.service")
    assert host.check_output("ls /var/backups/openbao/").startswith("lab-")


def test_what_was_made_after_the_snapshot_goes_with_a_restore(cluster, fetched):
    """The cluster lives: the same play, with a token."""
    cluster.ask(
        cluster.active(), "sys/policies/acl/later", "PUT", {"policy": "# no right"}
    )
    taken = max(fetched.glob("lab-*.snap"))
    cluster.succeed(
        "vigie.run.vault_restore",
        vault_restore_file=str(taken),
        vault_restore_confirm="lab",
    )
    with pytest.raises(urllib.error.HTTPError, match="404"):
        cluster.ask(cluster.active(), "sys/policies/acl/later")
    assert cluster.sealed() == set()
