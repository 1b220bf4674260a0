# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive holds what belongs, and works with the least that Ansible keeps of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

BIN = Path(sys.executable).parent
KEPT = {"meta", "playbooks", "plugins", "roles"}
BELONGS = KEPT | {
    *("MANIFEST.json", "FILES.json", "README.md", "LICENSE", "LICENSES", "REUSE.toml"),
    *("CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "CHANGELOG.md", "changelogs", "docs"),
}


def ansible(folder: Path, *argv: object) -> str:
    """Run a tool that knows no collection but those in ``folder``/collections."""
    done = subprocess.run(
        [str(BIN / str(argv[0])), *map(str, argv[1:])],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(folder / "collections")},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(root, files, tmp_path_factory):
    """The collection as ansible-galaxy installs it from its archive."""
    folder = tmp_path_factory.mktemp("archive")
    for path in files:
        target = folder / "source" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / path, target)
    galaxy = ("ansible-galaxy", "collection")
    ansible(folder, *galaxy, "build", folder / "source", "--output-path", folder)
    (archive,) = folder.glob("vigie-run-*.tar.gz")
    target = folder / "collections"
    ansible(folder, *galaxy, "install", archive, "--offline", "-p", target)
    return folder / "collections" / "ansible_collections" / "vigie" / "run"


def test_archive_holds_only_what_belongs(installed):
    assert {path.name for path in installed.iterdir()} <= BELONGS


def test_works_with_only_the_folders_that_ansible_needs(installed, root):
    for path in installed.iterdir():
        if path.name not in KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    runtime = yaml.safe_load((root / "meta" / "runtime.yml").read_text())
    modules = [f"vigie.run.{name}" for name in runtime["action_groups"]["all"]]
    folder = installed.parents[3]
    told = json.loads(ansible(folder, "ansible-doc", "--json", *modules))
    assert told.keys() == set(modules)
    assert all(entry["doc"]["options"] for entry in told.values())
