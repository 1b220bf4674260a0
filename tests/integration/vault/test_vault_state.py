# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module in a play: in Ansible's process, and sent as a module."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.vault.states import State
from tests.integration.vault.test_policy import MORE, READ, policy
from tests.unit.plugins.action.plays import play

# A task with an environment of its own is sent as a module.
WAYS = {"here": {}, "sent": {"environment": {"SENT": "1"}}}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What a task says to be done in Ansible's process, or not."""
    return WAYS[request.param]


def test_a_play_configures_and_the_second_changes_nothing(
    state: State, way: dict[str, Any], tmp_path: Path
) -> None:
    options = {**state.access(), "resources": policy(state)}
    tasks = [
        {"vigie.run.vault_state": options, "register": register, **way}
        for register in ("first", "second")
    ]
    proof = ["first is changed", "second is not changed"]
    proof += ["first.results[0].outcome == 'done'"]
    code, said = play(
        tmp_path, {"one": {}}, *tasks, {"ansible.builtin.assert": {"that": proof}}
    )
    assert code == 0, said
    assert state.bao.token not in said
    path = f"sys/policies/acl/{state.prefix}-app"
    assert state.ask(path)["data"]["policy"] == READ


def test_check_mode_and_diff_tell_and_do_not_touch(
    state: State, way: dict[str, Any], tmp_path: Path
) -> None:
    state.apply(policy(state))
    options = {**state.access(), "resources": policy(state, MORE)}
    told = {"vigie.run.vault_state": options, "check_mode": True, "diff": True, **way}
    code, said = play(tmp_path, {"one": {}}, told)
    assert code == 0, said
    assert '+app.policy: path "secret/data/app"' in said
    assert state.actions(policy(state)) == {}
