# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster that the other tests stand on: encrypted, closed, and survivable."""

from __future__ import annotations

import urllib.error

import pytest

from lab.consul_cluster import Cluster
from lab.processes import await_true


def test_it_is_closed_to_those_without_a_token(cluster: Cluster) -> None:
    with pytest.raises(urllib.error.HTTPError, match="403"):
        cluster.ask("kv/anything", token="")
    assert cluster.ask("operator/keyring")[0]["NumNodes"] == 3


def test_it_outlives_its_leader(cluster: Cluster) -> None:
    leader, asked = cluster.leader(), cluster.followers()[0]
    cluster.ask("kv/test/kept", "PUT", b"1")
    leader.kill()
    assert await_true(
        "another leader",
        lambda: (
            cluster.ask("status/leader", server=asked).split(":")[0]
            not in ("", leader.address)
        ),
    )
    assert cluster.ask("kv/test/kept", server=asked)[0]["Value"] == "MQ=="
