# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The size that an event asks for, and what stands in the way."""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.capacity import (
    Event,
    Limits,
    Size,
    obstacles,
    size_for,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from hypothesis import given
from hypothesis import strategies as st

NORMAL = Size(2, 3, 6)


def test_each_zone_carries_the_share_of_the_zones_that_are_left() -> None:
    # 1000 * 1.3 / 100 = 13 instances; with one of three zones gone, 7 in each.
    event = Event(rate=1000, capacity=100, margin=30, zones_lost=1, headroom=0)
    assert size_for(event, 3, NORMAL) == Size(21, 21, 21)


def test_headroom_is_room_for_the_policies() -> None:
    event = Event(rate=1000, capacity=100, margin=0, zones_lost=0, headroom=50)
    assert size_for(event, 2, NORMAL) == Size(10, 10, 15)


def test_a_group_that_is_larger_stays_as_large() -> None:
    event = Event(rate=10, capacity=100)
    assert size_for(event, 3, Size(4, 40, 90)) == Size(40, 40, 90)


@given(
    rate=st.floats(0.1, 1e6),
    capacity=st.floats(0.1, 1e4),
    margin=st.floats(0, 200),
    zones=st.integers(2, 6),
    lost=st.integers(0, 1),
)
def test_what_is_left_serves_the_peak(
    rate: float, capacity: float, margin: float, zones: int, lost: int
) -> None:
    size = size_for(Event(rate, capacity, margin, lost), zones, Size(0, 0, 0))
    left = size.desired * (zones - lost) / zones
    assert left * capacity >= rate * (1 + margin / 100) * (1 - 1e-9)
    assert size.minimum == size.desired <= size.maximum


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"rate": 0}, "requests_per_second"),
        ({"capacity": 0}, "instance_capacity"),
        ({"margin": -1}, "margin"),
        ({"zones_lost": -1}, "zones_lost"),
    ],
)
def test_what_no_size_can_be_computed_from_is_refused(wrong: dict, field: str) -> None:
    with pytest.raises(RunError, match=field):
        Event(**{"rate": 10, "capacity": 1, **wrong})


def test_losing_every_zone_is_refused() -> None:
    with pytest.raises(RunError, match="zones_lost: the group has 1 zone"):
        size_for(Event(10, 1), 1, NORMAL)


def test_obstacles_name_what_there_is_and_what_is_needed() -> None:
    limits = Limits({"a": 100, "b": 5}, vcpus=30, vcpus_each=4, targets=20)
    found = obstacles(Size(23, 23, 30), NORMAL, limits)
    assert [(o["what"], o["have"], o["need"]) for o in found] == [
        ("free addresses in b", 5, 10),
        ("free vCPUs of the quota", 30, 80),
        ("targets", 20, 23),
    ]


def test_what_is_not_known_is_no_obstacle() -> None:
    assert obstacles(Size(23, 23, 30), NORMAL, Limits({})) == []
