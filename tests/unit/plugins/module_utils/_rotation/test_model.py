# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts and policy as classes, resources and stages."""

from __future__ import annotations

from ansible_collections.vigie.run.plugins.module_utils._rotation.model import (
    zone_rank,
)
from ansible_collections.vigie.run.plugins.module_utils._rotation.policy import (
    Policy,
)
from ansible_collections.vigie.run.tests.unit.plugins.module_utils._rotation.modelled import (  # noqa: E501
    host,
    modelled,
)


def test_alike_hosts_are_one_class_in_inventory_order():
    model = modelled([host(f"w{n}", zone="ab"[n % 2]) for n in (3, 1, 2, 0)])
    assert [[m.name for m in each.members] for each in model.classes] == [
        ["w2", "w0"],
        ["w3", "w1"],
    ]
    assert model.counts == (2, 2)


def test_done_and_lost_hosts_are_not_planned_but_counted():
    hosts = [host("a"), host("b", done=True), host("c", lost=True)]
    model = modelled(hosts, {"services": {"web": {"max_unavailable": "100%"}}})
    assert model.counts == (1,)
    assert model.free == [2]


def test_groups_apart_split_classes_and_are_resources():
    model = modelled([host("a"), host("b"), host("c")], {"apart": [["a", "b"]]})
    assert sorted(each.uses for each in model.classes) == [((0, 1),), ((0, 1), (1, 1))]


def test_stages_go_by_role_and_then_by_zone_as_ordered():
    hosts = [
        host(f"{role or 'x'}{z}", zone=z, role=role)
        for z in "abc"
        for role in ("leader", "")
    ]
    model = modelled(hosts, {"zones": {"order": ["c"]}})
    assert model.stages == [
        [(2, "c"), (2, "a"), (2, "b"), (4, "c"), (4, "a"), (4, "b")]
    ]
    mixed = modelled(hosts, {"zones": {"one_at_a_time": False}})
    assert mixed.stages == [[(2, ""), (4, "")]]


def test_caps_hold_canaries_within_the_wave_size():
    hosts = [host(f"w{n}") for n in range(10)]
    model = modelled(hosts, {"canary": [1, "15%", 9], "wave_size": "39%"})
    assert [model.cap(position) for position in range(5)] == [1, 2, 3, 3, 3]
    tiny = modelled(hosts, {"wave_size": "1%"})
    assert tiny.cap(0) == 1


def test_a_class_waits_for_stages_and_services():
    hosts = [host("w", "web"), host("l", "lb"), host("r", "web", role="leader")]
    model = modelled(hosts, {"services": {"lb": {"after": ["web"]}}})
    place = {each.members[0].name: n for n, each in enumerate(model.classes)}

    def ready(left):
        first = model.open_stages(
            [left.count(each.members[0].name) for each in model.classes]
        )
        return {name for name in left if model.ready(place[name], first)}

    assert ready("wlr") == {"w"}
    assert ready("lr") == {"r"}
    assert ready("l") == {"l"}


def test_a_service_that_no_host_here_has_is_nothing_to_wait_for():
    model = modelled([host("l", "lb")], {"services": {"lb": {"after": ["web"]}}})
    assert model.after == [()]


def test_zones_that_are_not_listed_come_last_by_name():
    policy = Policy(zone_order=("c", "a"))
    assert sorted(["d", "a", "b", "c", ""], key=lambda z: zone_rank(policy, z)) == [
        "c",
        "a",
        "",
        "b",
        "d",
    ]
