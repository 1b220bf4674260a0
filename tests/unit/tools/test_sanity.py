# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The copy and the home that ansible-test gets."""

from __future__ import annotations

import subprocess

import pytest

from tools import sanity


@pytest.fixture
def checkout(tmp_path):
    folder = tmp_path / "checkout"
    (folder / "plugins").mkdir(parents=True)
    (folder / ".gitignore").write_text("/build/\n")
    (folder / "plugins" / "a.py").write_text("a\n")
    (folder / "plugins" / "b.py").write_text("b\n")
    (folder / "build").mkdir()
    (folder / "build" / "junk").write_text("junk\n")
    subprocess.run(["git", "init", "-q", folder], check=True)
    subprocess.run(["git", "-C", folder, "add", "plugins/a.py"], check=True)
    return folder


def names(folder):
    inside = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(path) for path in inside if path.parts[0] != ".git"}


def test_copy_holds_what_git_tracks_or_would(checkout, tmp_path):
    sanity.copy_checkout(checkout, tmp_path / "copy")
    assert names(tmp_path / "copy") == {".gitignore", "plugins/a.py", "plugins/b.py"}


def test_copy_follows_changes_and_removals(checkout, tmp_path):
    sanity.copy_checkout(checkout, tmp_path / "copy")
    (checkout / "plugins" / "a.py").unlink()
    (checkout / "plugins" / "b.py").write_text("changed\n")
    sanity.copy_checkout(checkout, tmp_path / "copy")
    assert names(tmp_path / "copy") == {".gitignore", "plugins/b.py"}
    assert (tmp_path / "copy" / "plugins" / "b.py").read_text() == "changed\n"


def test_copy_leaves_the_results_of_ansible_test_alone(checkout, tmp_path):
    cache = tmp_path / "copy" / "tests" / "output" / "venv"
    cache.parent.mkdir(parents=True)
    cache.write_text("expensive\n")
    sanity.copy_checkout(checkout, tmp_path / "copy")
    assert cache.read_text() == "expensive\n"


def test_a_run_that_passed_is_repeated_when_anything_changes(checkout):
    first = sanity.fingerprint(checkout, "2.21.5")
    (checkout / "tests" / "output").mkdir(parents=True)
    (checkout / "tests" / "output" / "log").touch()
    assert sanity.fingerprint(checkout, "2.21.5") == first
    assert sanity.fingerprint(checkout, "2.22.0") != first
    (checkout / "plugins" / "a.py").chmod(0o755)
    executable = sanity.fingerprint(checkout, "2.21.5")
    (checkout / "plugins" / "b.py").write_text("c\n")
    assert len({first, executable, sanity.fingerprint(checkout, "2.21.5")}) == 3


def test_only_a_run_that_passed_is_remembered(checkout, tmp_path, monkeypatch):
    monkeypatch.setattr(sanity, "ROOT", checkout)
    for name in ("COPY", "HOME", "PASSED"):
        monkeypatch.setattr(sanity, name, tmp_path / name.lower())
    tool = tmp_path / "bin" / "ansible-test"
    tool.parent.mkdir()
    monkeypatch.setattr(sanity, "search_path", lambda: f"{tool.parent}:/usr/bin:/bin")
    monkeypatch.setenv("PATH", f"{tool.parent}:/usr/bin:/bin")
    calls = tmp_path / "calls"
    for status, runs in ((1, 1), (0, 2), (1, 2)):
        tool.write_text(f"#!/bin/sh\necho >> {calls}\nexit {status}\n")
        tool.chmod(0o755)
        assert sanity.main([]) == (0 if runs == 2 else 1)
        assert len(calls.read_text()) == runs
    (checkout / "plugins" / "a.py").write_text("new\n")
    assert sanity.main([]) == 1


def test_pip_settings_join_files_and_environment():
    listed = (
        "global.index-url='https://mirror.example/simple'\n"
        "install.no-cache-dir='true'\n"
        "freeze.timeout='10'\n"
        "global.find-links='/one\\n/two'\n"
        ":env:.index-url='https://other.example/simple'\n"
    )
    assert sanity.pip_settings(listed) == {
        "index-url": "https://other.example/simple",
        "no-cache-dir": "true",
        "find-links": "/one /two",
    }


def test_home_holds_the_settings_and_the_pip_script(tmp_path):
    sanity.make_home(tmp_path, {"index-url": "https://mirror.example/simple"})
    config = (tmp_path / ".config" / "pip" / "pip.conf").read_text()
    assert config == "[global]\nindex-url = https://mirror.example/simple\n"
    scripts = {path.name for path in (tmp_path / ".ansible/test/cache").iterdir()}
    assert scripts == set(sanity.PIP_SCRIPTS)


def test_pip_script_installs_what_was_asked_without_the_foreign_options(tmp_path):
    (tmp_path / "ensurepip.py").write_text("print('ensurepip')\n")
    (tmp_path / "pip.py").write_text("import sys; print('pip', *sys.argv[1:])\n")
    script = tmp_path / "get_pip.py"
    script.write_text(sanity.PIP_SCRIPT)
    argv = [sanity.sys.executable, script, "pip==25.2", "--no-setuptools"]
    done = subprocess.run(
        argv,
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\n")[:2] == ["ensurepip", "pip install pip==25.2"]


def test_real_interpreters_come_before_shims(tmp_path, monkeypatch):
    for version in ("3.9.18", "3.12.1"):
        folder = tmp_path / "versions" / version / "bin"
        folder.mkdir(parents=True)
        (folder / "python3").touch()
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}/shims")
    folders = sanity.search_path().split(":")
    assert folders[-1] == f"{tmp_path}/shims"
    assert f"{tmp_path}/versions/3.9.18/bin" in folders[1:-1]
