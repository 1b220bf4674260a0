# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three servers as the role leaves them: open, audited, private, hardened."""

from __future__ import annotations

import json
import re

testinfra_hosts = ["ssh://deb12-c"]
METRICS = """
import ssl, urllib.request
url = "https://127.0.0.1:8200/v1/sys/metrics?format=prometheus"
trust = ssl.create_default_context(cafile="/etc/openbao/tls/ca.pem")
print(urllib.request.urlopen(url, context=trust).read().decode())
"""


def each(cluster):
    return [(name, cluster.host(name)) for name in cluster.servers]


def test_all_are_open_and_vote(cluster):
    assert cluster.sealed() == set()

    def voting():
        path = "sys/storage/raft/configuration"
        servers = cluster.ask(cluster.active(), path)["data"]["config"]["servers"]
        return {one["node_id"] for one in servers if one["voter"]} == set(
            cluster.servers
        )

    cluster.await_true("three voters", voting)


def test_they_run_start_at_boot_and_after_a_crash(cluster):
    for _name, host in each(cluster):
        service = host.service("openbao")
        assert service.is_running
        assert service.is_enabled
        assert service.systemd_properties["Restart"] == "on-failure"


def test_no_key_share_is_on_a_host(cluster):
    patterns = [f"-e {secret}" for secret in [*cluster.shares, cluster.token]]
    places = "/etc /root /tmp /var/lib/openbao /var/log /run/log"
    for _name, host in each(cluster):
        done = host.run(f"grep -rlFs {' '.join(patterns)} {places}")
        assert done.stdout == ""


def test_configuration_and_keys_are_for_root_and_the_server_only(cluster):
    for _name, host in each(cluster):
        for path in ("vigie.json", "tls/server.pem", "snapshot.json"):
            file = host.file(f"/etc/openbao/{path}")
            assert (file.user, file.group, file.mode) == ("root", "openbao", 0o640)
        token = host.file("/etc/openbao/snapshot-credentials.json")
        assert (token.user, token.mode) == ("openbao", 0o600)


def test_the_unit_is_hardened(cluster):
    for _name, host in each(cluster):
        argv = "systemd-analyze security --no-pager openbao.service"
        told = host.check_output(argv)
        assert float(re.search(r"openbao.service: ([0-9.]+)", told)[1]) < 2.5


def test_requests_are_in_both_audit_logs_and_the_file_rotates(cluster):
    name = cluster.active()
    host = cluster.host(name)
    cluster.ask(name, "sys/policies/acl/before", "PUT", {"policy": "# no right"})
    assert "acl/before" in host.file("/var/log/openbao/audit.log").content_string
    assert host.run("journalctl -t openbao --since -60s | grep acl/before").rc == 0

    host.check_output("logrotate --force /etc/logrotate.d/openbao")
    rotated = host.file("/var/log/openbao/audit.log.1")
    assert "acl/before" in rotated.content_string

    def written():
        cluster.ask(name, "sys/policies/acl/after", "PUT", {"policy": "# no right"})
        return "acl/after" in host.file("/var/log/openbao/audit.log").content_string

    cluster.await_true("the audit log to be written anew", written)


def test_metrics_are_read_without_a_token(cluster):
    host = cluster.host(cluster.active())
    assert "vault_core_unsealed" in host.check_output("python3 -c %s", METRICS)


def test_only_the_active_server_takes_snapshots(cluster):
    for name, host in each(cluster):
        host.check_output("systemctl start openbao-snapshot.service")
        taken = host.run("ls /var/backups/openbao/").stdout.split()
        assert bool(taken) == (name == cluster.active())
        assert host.service("openbao-snapshot.timer").is_running


def test_no_more_snapshots_are_kept_than_wanted(cluster):
    host = cluster.host(cluster.active())
    for _round in range(2):
        # They are named after the second.
        host.check_output("sleep 1; systemctl start openbao-snapshot.service")
    taken = host.check_output("ls /var/backups/openbao/").split()
    assert len(taken) == 2
    path = f"/var/backups/openbao/{taken[-1]}"
    proved = host.check_output("vault-snapshot --prove %s", path)
    assert json.loads(proved)["index"] > 0
