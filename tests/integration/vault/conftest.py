# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures: a real three-node OpenBao cluster, whole again after each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.bao_cluster import Bao
from lab.bao_cluster import bao as running
from tests.integration.vault.states import State


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


@pytest.fixture
def state(bao: Bao) -> State:
    """A state of its own on the cluster."""
    return State(bao)
