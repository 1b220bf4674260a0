# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for locks, with a real process that holds one."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host import locks

HOLD = """
import fcntl, sys
file = open(sys.argv[1], "w")
fcntl.lockf(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def held(tmp_path):
    """A lock file, and the process that holds the lock until its input ends."""
    path = tmp_path / "lock"
    argv = [sys.executable, "-c", HOLD, str(path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield str(path), process
        process.stdin.close()


def test_the_holder_is_found_by_process_and_command(held):
    path, process = held
    found = locks.holder(path)
    assert found.pid == process.pid
    assert "python" in found.command


def test_looking_does_not_take_the_lock(tmp_path):
    path = tmp_path / "lock"
    path.touch()
    assert locks.holder(str(path)) is None
    assert locks.holder(str(path)) is None
    assert locks.holder(str(tmp_path / "missing")) is None


def test_giving_up_names_lock_process_and_remedy(held):
    path, process = held
    with pytest.raises(RunError) as caught:
        locks.wait_free(time.monotonic() + 0.1, [path])
    said = str(caught.value)
    assert f"{path} is held by process {process.pid} (" in said
    assert "lock_timeout" in said
    assert caught.value.details["lock"]["pid"] == process.pid


def test_a_lock_that_is_freed_in_time_is_no_error(held):
    path, process = held
    naps = []

    def nap(seconds):
        naps.append(seconds)
        process.stdin.close()
        process.wait(10)

    locks.wait_free(time.monotonic() + 30, [path], sleep=nap)
    assert len(naps) == 1
