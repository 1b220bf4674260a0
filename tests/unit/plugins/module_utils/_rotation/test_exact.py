# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search for the shortest plan."""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._rotation.bound import (
    Bounds,
    tails,
)
from ansible_collections.vigie.run.plugins.module_utils._rotation.exact import (
    OutOfBudget,
    Search,
)
from ansible_collections.vigie.run.tests.unit.plugins.module_utils._rotation.modelled import (  # noqa: E501
    host,
    modelled,
)


def search(model, budget=100_000):
    bounds = Bounds(model)
    return Search(bounds, tails(bounds), budget)


@pytest.fixture
def packing():
    """Weights that fill three waves of ten only when paired rightly."""
    weights = [6, 5, 5, 4, 3, 3, 2, 2]
    hosts = [host(f"h{n}", weight=weight) for n, weight in enumerate(weights)]
    return modelled(hosts, {"services": {"web": {"max_unavailable": 10}}})


def test_a_plan_is_found_where_there_is_one(packing):
    plan = search(packing).within(packing.counts, 3, 3)
    assert len(plan) == 3
    loads = [sum(packing.classes[i].weight * n for i, n in wave) for wave in plan]
    assert loads == [10, 10, 10]


def test_none_is_a_proof_that_there_is_none(packing):
    assert search(packing).within(packing.counts, 2, 2) is None


def test_a_search_that_costs_too_much_is_given_up(packing):
    with pytest.raises(OutOfBudget):
        search(packing, budget=5).within(packing.counts, 3, 3)


def test_canaries_are_hosts_of_the_longer_way():
    hosts = [host(f"a{n}", "a") for n in range(5)] + [
        host(f"b{n}", "b") for n in range(4)
    ]
    model = modelled(hosts, {"default_max_unavailable": 2, "canary": [1]})
    assert search(model).within(model.counts, 2, 2) is None
    assert len(search(model).within(model.counts, 3, 3)) == 3


def test_hosts_away_must_be_back_in_time():
    hosts = [host("a", away=True), host("b", away=True), host("w")]
    model = modelled(hosts)
    assert search(model).within(model.counts, 3, 1) is None
    assert len(search(model).within(model.counts, 3, 2)) == 3
