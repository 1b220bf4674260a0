# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reference portal on AWS through its whole life: what `make demo-aws` flies."""

from __future__ import annotations

import json

import pytest

from lab import cloud_flight


@pytest.fixture(scope="module")
def phases() -> dict[str, dict]:
    """What build/cloud.json says, by phase; flown once."""
    assert cloud_flight.fly() == 0
    told = json.loads((cloud_flight.BUILD / "cloud.json").read_text())
    return {phase["name"]: phase for phase in told["phases"]}


def test_every_phase_changed_what_it_had_to(phases: dict[str, dict]) -> None:
    assert list(phases) == [each.name for life in cloud_flight.LIVES for each in life]
    assert not [phase["wrong"] for phase in phases.values() if phase["wrong"]]
    assert phases["create"]["resources"] > 50


def test_an_unchanged_run_costs_types_not_resources(phases: dict[str, dict]) -> None:
    unchanged, create = phases["unchanged"], phases["create"]
    assert unchanged["calls"] * 3 < create["calls"]
