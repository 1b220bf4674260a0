# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person sees of a check, and of a row of them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[3] / "tools"


@pytest.fixture
def make(tmp_path):
    """A stand-in for make: a target prints itself, and "broken" fails."""
    path = tmp_path / "make"
    path.write_text('#!/bin/sh\necho "ran $2"\n[ "$2" != broken ]\n')
    path.chmod(0o755)
    return path


def run(*argv: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in argv],
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_parts_run_in_order_and_the_last_one_has_the_last_word(make):
    done = run(TOOLS / "parts.sh", "lint", "flight", MAKE=str(make))
    assert done.returncode == 0
    lines = [line for line in done.stdout.splitlines() if line]
    assert lines[:2] == ["== 1/2 lint ==", "ran lint"]
    assert re.fullmatch(r"== 2/2 flight ==  \(lint \d+ s\)", lines[2])
    assert lines[3:] == ["ran flight"]


def test_parts_stop_at_the_first_that_fails_and_say_which(make):
    done = run(TOOLS / "parts.sh", "lint", "broken", "flight", MAKE=str(make))
    assert done.returncode == 1
    assert "ran flight" not in done.stdout
    last = done.stdout.splitlines()[-1]
    assert last.startswith("broken failed. Before: lint ")
    assert last.endswith("Alone: make broken")


def test_a_step_that_passes_is_one_line():
    done = run(TOOLS / "step.sh", "reuse", "echo", "a lot of text")
    assert done.returncode == 0
    assert re.fullmatch(r"  reuse +ok +\d+ s\n", done.stdout)


def test_a_step_that_fails_shows_what_it_said_and_keeps_its_status():
    done = run(TOOLS / "step.sh", "ruff", "sh", "-c", "echo found; echo it >&2; exit 3")
    assert done.returncode == 3
    assert done.stdout.startswith("found\nit\n  ruff")
    assert "FAILED" in done.stdout
