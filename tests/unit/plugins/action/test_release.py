# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive's way to a host, by a real ansible-playbook on this one."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from ansible_collections.vigie.run.tests.unit.plugins.action.plays import environment


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text("print('hello')\n")
    path = tmp_path / "portal-1.0.0.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        tar.add(tmp_path / "app.py", arcname="portal/app.py")
    return path


def call(tmp_path: Path, *options: str, **arguments: str) -> dict:
    """Run the module as an ad-hoc task and return its result."""
    arguments = {
        "path": str(tmp_path / "srv"),
        "version": "1.0.0",
        "state": "staged",
        **arguments,
    }
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("ansible")), "localhost"),
            *("-m", "vigie.run.release", "-a", json.dumps(arguments)),
            *("-e", f"ansible_python_interpreter={sys.executable}", *options),
        ],
        cwd=tmp_path,
        env={
            **environment(tmp_path),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    result = done.stdout.split("=> ", 1)[1]
    return json.loads(result[: result.rindex("}") + 1])


def test_the_archive_is_sent_unpacked_and_not_left_behind(tmp_path, archive):
    result = call(tmp_path, archive=str(archive))
    assert result["staged"]
    assert (tmp_path / "srv/releases/1.0.0/app.py").read_text() == "print('hello')\n"
    assert not list((tmp_path / "remote").rglob("*.tar.gz"))


def test_check_mode_proves_the_archive_and_stages_nothing(tmp_path, archive):
    assert call(tmp_path, "--check", archive=str(archive))["changed"]
    assert not (tmp_path / "srv").exists()
    archive.write_bytes(archive.read_bytes()[:-20])
    assert "portal-1.0.0" in call(tmp_path, "--check", archive=str(archive))["msg"]


def test_a_missing_archive_is_named_with_the_remedy(tmp_path):
    message = call(tmp_path, archive="/nowhere/portal-1.0.0.tar.gz")["msg"]
    assert "there is no file /nowhere/portal-1.0.0.tar.gz on the controller" in message
    assert "build it" in message


def test_archive_and_src_exclude_each_other(tmp_path, archive):
    message = call(tmp_path, archive=str(archive), src="/srv/x.tar.gz")["msg"]
    assert message.startswith("archive, src: both are given")


def test_what_is_staged_already_is_not_sent_again(tmp_path, archive):
    first = call(tmp_path, archive=str(archive))
    assert not first["before"]["staged"]
    again = call(tmp_path, archive=str(archive))
    assert not again["changed"]
    assert again["before"]["staged"]
    assert "staged" not in again, "the module was not even called"


def test_other_content_under_the_same_version_is_refused(tmp_path, archive):
    call(tmp_path, archive=str(archive))
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(tmp_path / "app.py", arcname="portal/other.py")
    assert "1.0.0" in call(tmp_path, archive=str(archive))["msg"]
