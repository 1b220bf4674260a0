# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws_stack in Ansible's own process or as a module: the same answer, no secret."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.vigie.run.tests.unit.plugins.action.plays import environment

HERE = ("-e", f"ansible_python_interpreter={sys.executable}")
SECRET = "correct horse battery staple"
RESOURCES = {
    "key": {"type": "secret", "name": "portal/key", "secret_string": SECRET},
    "network": {"type": "vpd", "cidr_block": "10.0.0.0/16"},
}
SAID = "network.type 'vpd' is unknown; did you mean 'vpc'?"


def call(folder: Path, *options: str, module: str = "aws_stack") -> str:
    """What an ad-hoc task prints at -vvv; nothing is sent, the declaration is wrong."""
    arguments = {
        "name": "portal",
        "region": "ca-central-1",
        "access_key": "test",
        "secret_key": "test-secret-key",
        "resources": RESOURCES,
    }
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("ansible")), "localhost", "-vvv"),
            *("-m", f"vigie.run.{module}", "-a", json.dumps(arguments), *options),
        ],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stdout + done.stderr
    return done.stdout + done.stderr


def sent(output: str) -> bool:
    """A module was packed and run."""
    return "AnsiballZ_" in output


@pytest.mark.parametrize("module", ["aws_stack", "aws_stack_info"])
def test_the_same_python_needs_no_module(tmp_path: Path, module: str) -> None:
    output = call(tmp_path, *HERE, module=module)
    assert SAID in output
    assert not sent(output)
    assert SECRET not in output


def test_another_python_gets_the_module(tmp_path: Path) -> None:
    other = tmp_path / "python"
    other.symlink_to(sys.executable)
    output = call(tmp_path, "-e", f"ansible_python_interpreter={other}")
    assert sent(output)
    assert SECRET not in output


def test_check_mode_reaches_the_work(tmp_path: Path) -> None:
    assert SAID in call(tmp_path, *HERE, "--check")


def test_bad_options_are_named(tmp_path: Path) -> None:
    options = (*HERE, "-a", json.dumps({"name": "portal", "state": "gone"}))
    output = call(tmp_path, *options)
    assert "value of state must be one of: present, absent" in output
