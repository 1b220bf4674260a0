# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What fits into one wave."""

from __future__ import annotations

from ansible_collections.vigie.run.plugins.module_utils._rotation.wave import (
    Wave,
    without,
)
from ansible_collections.vigie.run.tests.unit.plugins.module_utils._rotation.modelled import (  # noqa: E501
    host,
    modelled,
)


def rooms(model, taken=()):
    wave = Wave(model, model.counts, 0)
    place = {each.members[0].name: n for n, each in enumerate(model.classes)}
    for name in taken:
        wave.take(place[name], 1)
    return {name: wave.room(n) for name, n in place.items() if n in wave.ready}


def test_a_wave_takes_no_more_than_the_limit():
    hosts = [host(f"w{n}") for n in range(5)]
    policy = {"services": {"web": {"max_unavailable": 3}}}
    model = modelled(hosts, policy)
    assert rooms(model) == {"w0": 3}
    assert rooms(model, ["w0", "w0"]) == {"w0": 1}
    assert rooms(modelled(hosts, {**policy, "wave_size": 2})) == {"w0": 2}


def test_what_is_taken_can_be_given_back():
    model = modelled([host("a"), host("b")], {"default_max_unavailable": 2})
    wave = Wave(model, model.counts, 0)
    wave.take(0, 2)
    assert (wave.picks(), wave.room(0)) == (((0, 2),), 0)
    wave.take(0, -2)
    assert (wave.picks(), wave.room(0)) == ((), 2)


def test_hosts_away_count_for_those_in_service_but_not_for_each_other():
    hosts = [host(f"a{n}", away=True) for n in range(3)] + [host("w")]
    model = modelled(hosts, {"services": {"web": {"max_unavailable": 2}}})
    assert rooms(model) == {"a0": 2, "w": 0}
    model = modelled(hosts, {"services": {"web": {"max_unavailable": 4}}})
    # In service, but one that is away has to come back in the same wave.
    assert rooms(model, ["a0"]) == {"a0": 2, "w": 1}


def test_a_slot_is_kept_for_a_host_that_is_away():
    hosts = [host("back", "db", away=True), host("w")]
    model = modelled(hosts, {"wave_size": 1})
    assert rooms(model) == {"back": 1, "w": 0}


def test_zones_do_not_meet_while_hosts_are_away():
    hosts = [host("a", zone="a", away=True), host("b", zone="b", away=True)]
    model = modelled(hosts, {"default_max_unavailable": 5})
    assert rooms(model, ["a"]) == {"a": 0, "b": 0}
    mixed = {"default_max_unavailable": 5, "zones": {"one_at_a_time": False}}
    assert rooms(modelled(hosts, mixed), ["a"]) == {"a": 0, "b": 1}


def test_one_of_a_group_apart():
    hosts = [host("a", "x"), host("b", "y"), host("c", "z", away=True)]
    model = modelled(hosts, {"apart": [["a", "b"], ["b", "c"]]})
    assert rooms(model, ["c"]) == {"a": 1, "b": 0, "c": 0}
    assert rooms(model, ["c", "a"]) == {"a": 0, "b": 0, "c": 0}


def test_the_wave_before_is_used_again_only_while_no_class_is_done():
    model = modelled([host(f"w{n}") for n in range(3)] + [host("r", role="leader")])
    first = Wave(model, model.counts, 0)
    index = first.ready[0]
    first.take(index, 1)
    rest = without(model.counts, first.picks())
    assert Wave(model, rest, 1, before=first).as_before
    second = Wave(model, without(model.counts, first.picks(), 3), 1, before=first)
    assert not second.as_before
    assert second.ready != first.ready
