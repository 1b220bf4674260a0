# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures: a real three-server cluster, whole again after each test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from ansible_collections.vigie.run.plugins.module_utils._consul.client import Access
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_record import Me

from lab.consul_cluster import Cluster
from lab.consul_cluster import cluster as running
from tests.integration.consul.locking import Make, Runner, access
from tests.integration.consul.states import State
from tests.integration.front import Front, front


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The cluster of this test process."""
    with running(tmp_path_factory.mktemp("consul") / "cluster") as cluster:
        yield cluster


@pytest.fixture
def cluster(servers: Cluster) -> Iterator[Cluster]:
    """The cluster, for a test that may kill, freeze and sort its servers."""
    order = list(servers.servers)
    yield servers
    servers.servers[:] = order
    disturbed = [server for server in servers.servers if server.process is None]
    for server in servers.servers:
        server.thaw()
    for server in disturbed:
        server.start()
    servers.await_healthy()


@pytest.fixture
def state(cluster: Cluster) -> State:
    """A state of its own on the cluster."""
    return State(cluster)


@pytest.fixture
def runner(cluster: Cluster) -> Make:
    """Makes runs that share a lock of this test's own."""
    name = f"test/{uuid.uuid4()}"

    def make(run: str, *agents: Access, **more: object) -> Runner:
        chosen = list(agents) or [access(cluster, **more)]
        return Runner(name, chosen, Me(run, f"{run}@here"))

    return make


@pytest.fixture
def fronted(state: State) -> Iterator[Front]:
    """The way of `state` to its cluster, for a test to make it go wrong."""
    with front(state.cluster) as told:
        state.options = {"consul_url": told.url, "consul_ca_path": None}
        yield told
