# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes of this machine, told apart and watched."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace

from ansible_collections.vigie.run.plugins.module_utils._consul.process import (
    Process,
    owner,
)


def test_a_number_that_was_given_to_another_is_not_the_same_process():
    ours = Process.of(os.getpid())
    assert ours.alive()
    assert not replace(ours, started="1").alive()
    assert ours.mark() == Process.of(os.getpid()).mark()
    assert ours.mark() != replace(ours, started="1").mark()


def test_its_end_is_noticed_at_once():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1) as other:
        process = Process.of(other.pid)
        with process.watched() as ended:
            assert not ended(0.01)
            other.kill()
            began = time.monotonic()
            assert ended(30), "also while nobody has asked how it ended"
            assert time.monotonic() - began < 5
    assert not process.alive()


def test_a_user_without_a_name_has_a_number(monkeypatch):
    def nameless():
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert owner("deploy.yml").startswith(f"{os.getuid()}@")
    assert owner("deploy.yml").endswith(" (deploy.yml)")
