# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The failure budget over all batches."""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._rotation.budget import spent


@pytest.mark.parametrize(
    ("lost", "budget", "total", "allowed", "over"),
    [
        ([], 0, 6, 0, False),
        (["a"], 0, 6, 0, True),
        (["a"], 1, 6, 1, False),
        (["a", "b"], 1, 6, 1, True),
        (["a", "a"], "1", 6, 1, False),
        (["a"], "20%", 6, 1, False),
        (["a"], "20%", 4, 0, True),
        (["a", "b", "c"], "50%", 6, 3, False),
        ([], "0%", 6, 0, False),
        ([], 0, 0, 0, False),
    ],
)
def test_what_is_spent(lost, budget, total, allowed, over):
    result = spent(lost, budget, total)
    assert (result.allowed, result.over) == (allowed, over)
    assert result.lost == len(set(lost))


def test_the_message_says_who_and_how_many():
    message = spent(["web-a1", "web-b2"], "20%", 6).message
    assert message.startswith(
        "2 hosts lost (web-a1, web-b2); the budget is 1 (20% of 6)."
    )
    assert "raise the budget" in message
    assert spent([], 1, 6).message == "0 hosts lost; the budget is 1."


@pytest.mark.parametrize("budget", [-1, "many", None, "120%", True, 0.5])
def test_a_budget_that_is_none(budget):
    with pytest.raises(RunError, match=r"failure budget: .* use"):
        spent([], budget, 6)


def test_a_run_of_less_than_no_hosts():
    with pytest.raises(RunError, match="-1 hosts"):
        spent([], 0, -1)
