# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lower bounds: what they see, and that they never ask for too much."""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._rotation.bound import (
    Bounds,
    leading_length,
    tails,
)
from ansible_collections.vigie.run.tests.unit.plugins.module_utils._rotation.modelled import (  # noqa: E501
    host,
    modelled,
)


def web(number, **more):
    return [host(f"w{n}", **more) for n in range(number)]


@pytest.mark.parametrize(
    ("hosts", "policy", "least"),
    [
        ([], {}, 0),
        (web(6), {"default_max_unavailable": 4}, 2),
        (web(6), {"default_max_unavailable": 9, "wave_size": 4}, 2),
        (web(7), {"default_max_unavailable": 2, "canary": [1]}, 4),
        # Of hosts that weigh more than half of the limit, a wave holds one.
        (web(4, weight=2), {"default_max_unavailable": 3}, 4),
        ([*web(2, weight=2), host("x", weight=1)], {"default_max_unavailable": 3}, 2),
        # Exactly half is not more than half: two of these go together.
        ([*web(4, weight=2), host("x")], {"default_max_unavailable": 4}, 3),
        # Each zone ends its own last wave.
        (
            [host(f"w{n}", zone="abc"[n % 3]) for n in range(9)],
            {"default_max_unavailable": 2},
            6,
        ),
        (
            [host(f"w{n}", zone="abc"[n % 3]) for n in range(9)],
            {"default_max_unavailable": 2, "zones": {"one_at_a_time": False}},
            5,
        ),
        ([*web(2), host("l", "lb")], {"services": {"lb": {"after": ["web"]}}}, 3),
        ([host("a", "x"), host("b", "y")], {"apart": [["a", "b"]]}, 2),
    ],
)
def test_the_least_number_of_waves(hosts, policy, least):
    model = modelled(hosts, policy)
    assert Bounds(model).total(model.counts, 0) == least


def test_hosts_away_are_bound_by_zones_alone():
    hosts = [host(f"{z}{n}", zone=z, away=True) for z in "ab" for n in range(3)]
    model = modelled([*hosts, host("w", zone="a")], {"default_max_unavailable": 2})
    bounds = Bounds(model)
    assert bounds.leading(model.counts, 0) == 4
    assert bounds.leading(model.counts, 2) == 6


def test_tails_are_what_has_to_follow():
    hosts = [host("r", "db", role="replica"), host("p", "db", role="primary")]
    hosts += [host(f"l{n}", "lb") for n in range(3)]
    model = modelled(hosts, {"services": {"lb": {"after": ["db"]}}})
    tail = {
        e.members[0].name: t
        for e, t in zip(model.classes, tails(Bounds(model)), strict=True)
    }
    assert tail == {"r": 4, "p": 3, "l0": 0}


def test_a_deadlock_is_named():
    model = modelled(
        [
            host("x", "lb site", role="replica"),
            host("y", "web site", role="primary"),
        ],
        {"services": {"lb": {"after": ["web"]}}},
    )
    assert Bounds(model).cycle == [
        "x after y (lb after web)",
        "y after x (order of roles and zones in site)",
    ]


def test_waves_until_all_are_back():
    model = modelled([host("a", away=True), host("b", away=True), host("c")])
    away = next(n for n, each in enumerate(model.classes) if each.away)
    runs = [(((away, 1),), 2), (((1 - away, 1),), 1)]
    assert leading_length(model, runs) == 2
