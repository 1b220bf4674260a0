# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures: a real three-node OpenBao cluster, whole again after each test."""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from lab.bao_cluster import Bao
from lab.bao_cluster import bao as running
from lab.postgres import Postgres, postgres
from tests.integration.front import Answered, Front, first, front
from tests.integration.vault.states import State

# What a node says that is active itself, so that nobody goes round a front.
ACTIVE = '{"is_self": true}'


@pytest.fixture(scope="session")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bao]:
    """The cluster of this test process."""
    with running(tmp_path_factory.mktemp("bao") / "cluster") as cluster:
        yield cluster


@pytest.fixture
def bao(nodes: Bao) -> Iterator[Bao]:
    """The cluster, for a test that may kill, freeze and seal its nodes."""
    yield nodes
    nodes.repair()


@pytest.fixture(scope="session")
def database() -> Iterator[Postgres]:
    """A PostgreSQL server of this test process."""
    with postgres() as server:
        yield server


@pytest.fixture
def state(bao: Bao) -> State:
    """A state of its own on the cluster."""
    return State(bao)


@pytest.fixture
def fronted(state: State) -> Iterator[Front]:
    """The way of `state` to the active node, for a test to make it go wrong."""
    active = SimpleNamespace(url=state.bao.leader().url, ca=state.bao.ca)
    with front(active) as told:
        state.options = {"vault_url": told.url, "vault_ca_path": None}
        told.always = first(math.inf, Answered(200, ACTIVE), "GET", "sys/leader")
        yield told
