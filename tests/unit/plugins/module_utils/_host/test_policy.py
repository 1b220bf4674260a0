# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""policy-rc.d: whom it refuses, for how long, and whose file it never touches."""

from __future__ import annotations

import os
import subprocess

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host import policy
from ansible_collections.vigie.run.plugins.module_utils._host.processes import started

FOREIGN = "#!/bin/sh\nexit 101\n"
REFUSED, ALLOWED = 101, 104


def ask(path, *words):
    return subprocess.run([str(path), *words], check=False).returncode


def dead_process():
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


@pytest.fixture
def path(tmp_path):
    return tmp_path / "policy-rc.d"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["haproxy.service", "restart"], REFUSED),
        (["haproxy", "restart", "5"], REFUSED),
        (["--quiet", "haproxy", "stop"], REFUSED),
        (["haproxy-exporter.service", "restart"], ALLOWED),
        (["ssh.service", "restart"], ALLOWED),
        ([], ALLOWED),
    ],
)
def test_only_the_named_units_are_refused(path, words, answer):
    with policy.refused(["haproxy.service", "app@1.service"], str(path)):
        assert ask(path, *words) == answer
    assert not path.exists()


def test_nothing_is_written_when_nothing_is_to_be_refused(path):
    with policy.refused([], str(path)):
        assert not path.exists()


def test_the_file_goes_when_the_upgrade_fails(path):
    with pytest.raises(ValueError, match="x"), policy.refused(["a"], str(path)):
        raise ValueError("x")
    assert os.listdir(path.parent) == []


def test_a_killed_run_leaves_no_trap(path):
    path.write_text(policy.script(["haproxy"], dead_process(), 1))
    path.chmod(0o755)
    assert ask(path, "haproxy", "restart") == ALLOWED


def test_a_process_that_took_over_the_number_does_not_count(path):
    mine = os.getpid()
    path.write_text(policy.script(["haproxy"], mine, started(mine) + 1))
    path.chmod(0o755)
    assert ask(path, "haproxy", "restart") == ALLOWED


def test_what_a_killed_run_left_is_removed(path):
    path.write_text(policy.script(["haproxy"], dead_process(), 1))
    assert policy.remove_left_over(str(path))
    assert not path.exists()
    assert not policy.remove_left_over(str(path))


def test_a_foreign_file_is_never_touched(path):
    path.write_text(FOREIGN)
    assert not policy.remove_left_over(str(path))
    with pytest.raises(RunError, match="put by someone else"):
        policy.refused(["haproxy"], str(path)).__enter__()
    assert path.read_text() == FOREIGN
    assert os.listdir(path.parent) == ["policy-rc.d"]


def test_another_run_at_the_same_time_is_an_error(path):
    with (
        policy.refused(["haproxy"], str(path)),
        pytest.raises(RunError, match="another run of os_patch"),
    ):
        policy.refused(["haproxy"], str(path)).__enter__()


@pytest.mark.parametrize("name", ["a;reboot", "$(id)", "a|b", ""])
def test_a_name_that_the_shell_would_read_is_refused(name):
    with pytest.raises(RunError, match="is no unit name"):
        policy.script([name], 1, 1)
