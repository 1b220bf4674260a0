# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fast plan: urgency, equal waves taken together."""

from __future__ import annotations

from ansible_collections.vigie.run.plugins.module_utils._rotation.bound import (
    Bounds,
    tails,
)
from ansible_collections.vigie.run.plugins.module_utils._rotation.greedy import (
    fill,
)
from ansible_collections.vigie.run.tests.unit.plugins.module_utils._rotation.modelled import (  # noqa: E501
    host,
    modelled,
    spelled,
)


def filled(model, **more):
    return spelled(model, fill(model, tails(Bounds(model)), True, **more))


def test_the_longest_way_goes_first():
    hosts = [host("a1", "a"), host("b1", "b"), host("c1", "c"), host("c2", "c")]
    policy = {"services": {"c": {"after": ["b"]}}, "wave_size": 1}
    assert next(iter(filled(modelled(hosts, policy))[0][0])) == "b1"


def test_equal_waves_are_taken_together_until_few_are_left():
    runs = filled(modelled([host(f"w{n}") for n in range(1000)]))
    assert sum(times for _picks, times in runs) == 1000
    assert runs[0] == ({"w0": 1}, 125)
    assert len(runs) < 60


def test_canaries_are_never_taken_together():
    model = modelled([host(f"w{n}") for n in range(100)], {"canary": [1, 1]})
    assert filled(model)[:2] == [({"w0": 1}, 1), ({"w0": 1}, 1)]


def test_how_hosts_come_back_may_be_settled_before():
    model = modelled(
        [host("a", away=True), host("b", away=True), host("w")],
        {"default_max_unavailable": 3},
    )
    away = next(n for n, each in enumerate(model.classes) if each.away)
    lead = [((away, 1),), ((away, 1),)]
    assert filled(model, lead=lead) == [({"a": 1, "w": 1}, 1), ({"a": 1}, 1)]
