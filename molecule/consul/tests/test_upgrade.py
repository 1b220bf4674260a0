# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One package version newer: one server at a time, the leader last; other sources."""

from __future__ import annotations

import itertools
import time

testinfra_hosts = ["ssh://deb12-c"]
# The role waits that long with all servers healthy before the next one is restarted.
SOAK = 3


def led(cluster, name, at):
    """Whether a server led at that moment (seconds since 1970), by its journal."""
    words = (
        "cluster leadership acquired",
        r"cluster leadership lost|systemd.*Stopped ",
    )
    acquired, lost = (
        max((then for then in cluster.said(name, word) if then < at), default=0)
        for word in words
    )
    return acquired > lost


def test_the_servers_restart_one_at_a_time_and_the_leader_last(cluster):
    began = time.time()
    cluster.succeed("upgrade.yml")

    restarts = []
    for name in cluster.servers:
        stops = cluster.said(name, r"systemd\[1\]: Stopping ", began)
        starts = cluster.said(name, r"systemd\[1\]: Started ", began)
        assert len(stops) == len(starts) == 1, f"{name} restarted more than once"
        restarts.append((stops[0], starts[0], name))
    restarts.sort()
    for one, other in itertools.pairwise(restarts):
        assert other[0] - one[1] > SOAK, f"{other[2]} did not wait for {one[2]}"
    leaders = [led(cluster, name, stopped) for stopped, _started, name in restarts]
    assert leaders == [False, False, True]
    for name in cluster.nodes:
        assert cluster.host(name).package("consul").version.endswith("+molecule")


def test_a_second_upgrade_restarts_nothing(cluster):
    began = time.time()
    assert "changed=0" in cluster.succeed("upgrade.yml", "--limit=deb12-c")
    assert not cluster.said("deb12-c", "Stopping", began)


def test_from_a_package_to_an_archive_and_back(cluster):
    cluster.succeed("archive.yml")
