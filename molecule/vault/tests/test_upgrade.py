# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A newer release and configuration: one server at a time, the active node last."""

from __future__ import annotations

import itertools
import ssl
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

testinfra_hosts = ["ssh://deb12-c"]
NAME = "vault.example.org"


def test_without_shares_it_stops_after_one_server(cluster):
    """What takes no restart is taken in before: a certificate, audit devices."""
    active, began = cluster.active(), time.time()
    with pytest.raises(ssl.SSLCertVerificationError):
        cluster.greet(active, NAME)
    done = cluster.play("upgrade.yml", vault_keep=[])
    assert done.returncode != 0
    [(_stopped, _started, name)] = cluster.restarts(began)
    assert name != active
    assert f"{name} runs and is sealed" in cluster.log.read_text()
    assert cluster.sealed() == {name}
    assert cluster.active() == active

    for server in cluster.servers:
        cluster.greet(server, NAME)
    [path] = cluster.ask(active, "sys/audit")["data"]
    assert path.startswith("vigie-file-"), "syslog was declared no longer"


def test_with_them_it_goes_on_and_the_active_node_is_last(cluster):
    """The one that was left is opened, and is waited for before the next goes."""
    [behind] = cluster.sealed()
    active, began = cluster.active(), time.time()
    with cluster.writing() as writer, ThreadPoolExecutor() as pool:
        with cluster.without_raft(behind):
            run = pool.submit(cluster.succeed, "upgrade.yml")
            waits = f"[{behind}]: vigie.run.vault : Wait until the server is as far"
            cluster.await_true(
                "the run to wait for the server that is behind",
                lambda: run.done() or waits in cluster.log.read_text(),
            )
            assert not run.done(), run.result()
            assert cluster.sealed() == set()
            assert cluster.restarts(began) == []
        run.result()

    restarts = cluster.restarts(began)
    names = [name for _stopped, _started, name in restarts]
    assert len(names) == 2
    assert sorted([behind, *names]) == sorted(cluster.servers)
    assert names[-1] == active
    ends = [(stopped, cluster.opened(name, since)) for stopped, since, name in restarts]
    for one, other in itertools.pairwise(ends):
        assert one[1] < other[0]
    for stopped, opened in ends:
        assert writer.wrote(stopped, opened), "the others did not serve"
    assert cluster.sealed() == set()


def test_all_run_the_newer_release(cluster):
    for name in cluster.servers:
        host = cluster.host(name)
        pid = host.service("openbao").systemd_properties["MainPID"]
        program = host.check_output(f"readlink /proc/{pid}/exe")
        assert program == "/opt/openbao/releases/1.1/bao"
