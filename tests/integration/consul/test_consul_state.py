# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module in a play: in Ansible's process, and sent as a module."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.consul.states import State
from tests.integration.consul.test_kv import keys
from tests.unit.plugins.action.plays import play

# A task with an environment of its own is sent as a module.
WAYS = {"here": {}, "sent": {"environment": {"SENT": "1"}}}
SECRET = "hunter2-hunter2"


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What a task says to be done in Ansible's process, or not."""
    return WAYS[request.param]


def task(state: State, resources: Any, **options: Any) -> dict[str, Any]:
    access = {name: value for name, value in state.access().items() if value}
    return {
        **access,
        "name": state.prefix,
        "resources": resources,
        **options,
    }


def tree(state: State, **more: Any) -> dict[str, Any]:
    return {"config": {"type": "kv_tree", "prefix": f"{state.prefix}/", **more}}


def test_a_play_configures_and_the_second_changes_nothing(
    state: State, way: dict[str, Any], tmp_path: Path
) -> None:
    declared = tree(state, keys={"a": "1"}, sensitive_keys={"password": SECRET})
    tasks = [
        {"vigie.run.consul_state": task(state, declared), "register": register, **way}
        for register in ("first", "second")
    ]
    proof = ["first is changed", "second is not changed", "second.calls == 1"]
    proof += ["first.results[0].outcome == 'done'"]
    code, said = play(
        tmp_path, {"one": {}}, *tasks, {"ansible.builtin.assert": {"that": proof}}
    )
    assert code == 0, said
    assert keys(state) == {"a": "1", "password": SECRET}
    assert SECRET not in said


def test_check_mode_and_diff_tell_and_do_not_touch(
    state: State, way: dict[str, Any], tmp_path: Path
) -> None:
    state.cluster.ask(f"kv/{state.prefix}/a", "PUT", b"before")
    declared = tree(state, keys={"a": "after"}, sensitive_keys={"password": SECRET})
    told = {"vigie.run.consul_state": task(state, declared), **way}
    code, said = play(tmp_path, {"one": {}}, {**told, "check_mode": True, "diff": True})
    assert code == 0, said
    assert "-config.keys.a: before" in said
    assert "+config.keys.a: after" in said
    assert "+config.sensitive_keys.password: (sensitive)" in said
    assert SECRET not in said
    assert keys(state) == {"a": "before"}


def test_a_folder_of_the_controller_becomes_keys(
    state: State, way: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "files" / "shop"
    (folder / "db").mkdir(parents=True)
    (folder / "db" / "host").write_text("db.internal\n")
    (folder / "over").write_text("file")
    (folder / ".hidden").write_text("no")
    declared = tree(state, directory="shop", keys={"over": "given"})
    code, said = play(
        tmp_path, {"one": {}}, {"vigie.run.consul_state": task(state, declared), **way}
    )
    assert code == 0, said
    assert keys(state) == {"db/host": "db.internal\n", "over": "given"}


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({"directory": "missing"}, "directory: Could not find or access 'missing'"),
        ({"directory": "binary"}, "is no UTF-8 text; keep it elsewhere"),
        ({"kyes": {}}, "config.kyes is no known property; did you mean 'keys'?"),
        ({"prefix": "/a"}, "end it with a slash, and begin it with none"),
    ],
)
def test_bad_input_is_refused_with_the_remedy(
    state: State, declared: dict[str, Any], words: str, tmp_path: Path
) -> None:
    folder = tmp_path / "files" / "binary"
    folder.mkdir(parents=True)
    (folder / "image").write_bytes(b"\xff\xfe")
    resources = tree(state, **declared)
    code, said = play(
        tmp_path, {"one": {}}, {"vigie.run.consul_state": task(state, resources)}
    )
    assert code == 2
    assert words in said


def test_two_runs_of_one_name_never_change_at_once(
    state: State, tmp_path: Path
) -> None:
    """The second says who holds the lock; what changes nothing needs none."""
    declared = tree(state, keys={"a": "1"})
    state.apply(declared)
    access = {name: value for name, value in state.access().items() if value}
    lock = {**access, "name": f"state/{state.prefix}", "reason": "a migration"}
    other = task(state, tree(state, keys={"a": "2"}), lock_wait=0)
    code, said = play(
        tmp_path,
        {"one": {}},
        {"vigie.run.consul_lock": {**lock, "state": "held"}},
        {"vigie.run.consul_state": task(state, declared, lock_wait=0)},
        {"vigie.run.consul_state": other},
    )
    assert code == 2
    assert "a migration" in said
    assert "ok=2" in said
    assert keys(state) == {"a": "1"}
    assert state.apply(tree(state, keys={"a": "2"}))["changed"]
